"""A second look at the best candidates: a small learned ranker, or a cross-encoder that reads question and text."""
