"""Vector indexes: one protocol, one contract suite, several backends."""
