"""From a question to ranked, cited fragments."""
