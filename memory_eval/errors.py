"""Errors of the evaluation.

InputError
└── GoldenSetError      a golden set that is missing or malformed; names file and line
"""

from __future__ import annotations

from foundation.errors import InputError

__all__ = ["GoldenSetError"]


class GoldenSetError(InputError):
    """A golden set is missing or malformed."""
