"""Manifests of the models that Cairn can run; no weights. `README.md` says how to add one."""
