"""From ranked fragments to evidence and answers: quotes under a token budget, and the sentences that answer."""
