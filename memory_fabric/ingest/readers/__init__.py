"""One reader a format: bytes in, clean `Document` out."""
