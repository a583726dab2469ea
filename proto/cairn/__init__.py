"""The wire schema."""
