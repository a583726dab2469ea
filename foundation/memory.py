"""Memory of the process."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["return_memory"]


def return_memory() -> None:
    """Give freed memory back to the system; without this the C library of Linux keeps a part of it for later.

    Measured: a third of an unloaded model; 14 MB after 40,000 chunks were written, in 1 ms.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
