"""Public benchmarks on files that the user supplies: retrieval only, nothing is downloaded."""
