"""Measuring how good the memory really is."""
