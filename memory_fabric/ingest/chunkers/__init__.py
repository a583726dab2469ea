"""Cutting a document into fragments that cover it whole."""
