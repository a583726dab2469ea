"""The truth: one SQLite database with items, chunks and the ingest journal."""
