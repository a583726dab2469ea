"""What the process ends with."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Exit"]


class Exit(IntEnum):
    """Exit codes, as the command line's contract has them."""

    CLEAN = 0
    FAILED = 1
    USAGE = 2
    """A wrong configuration or command line: starting again cannot help."""
    TAKEN = 75
    """Told to the parent of a detached daemon only: another daemon holds the profile. EX_TEMPFAIL of sysexits.h."""
