"""Derived indexes. Each can be thrown away and built again from the truth."""
