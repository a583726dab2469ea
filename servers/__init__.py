"""Doors to the daemon: wire formats in, library calls out, no decisions."""
