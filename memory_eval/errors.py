"""Errors of the evaluation.

InputError
├── GoldenSetError      a golden set that is missing or malformed; names file and line
└── BenchError          a benchmark's file that is missing or malformed; names file and line
"""

from __future__ import annotations

from foundation.errors import InputError

__all__ = ["BenchError", "GoldenSetError"]


class GoldenSetError(InputError):
    """A golden set is missing or malformed."""


class BenchError(InputError):
    """A file of a benchmark is missing or not in its format.

    Args:
        message: What is wrong, with file and line.
        field: Of the request.
        fix: What would be right.
    """

    def __init__(self, message: str, *, field: str = "paths", fix: str = "") -> None:
        super().__init__(field, message, fix=fix)
