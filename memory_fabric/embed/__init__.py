"""Turning text into vectors: the `Embedder` protocol, model manifests, and the ONNX runtime behind them."""
