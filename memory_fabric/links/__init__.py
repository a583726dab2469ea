"""Neighbours, paths and maps over what items define and refer to."""
