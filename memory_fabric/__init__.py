"""What the assistant can remember: items, ingest, embedders, indexes, recall. A library: no bus, no gRPC."""
