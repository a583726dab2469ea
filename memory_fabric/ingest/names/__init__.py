"""What a document defines and what it refers to, by name; links are made of the two."""
