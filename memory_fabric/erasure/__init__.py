"""Erasure with evidence: what was forgotten leaves every file of the profile, and a signed receipt says so."""
