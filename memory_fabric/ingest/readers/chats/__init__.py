"""Chat exports: recognised by what they hold, one document a conversation."""
