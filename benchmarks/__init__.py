"""Speed and quality, measured: each module prints JSON lines."""
