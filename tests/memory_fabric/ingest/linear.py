"""Measuring that work grows with its input and not with the input's square: the test of every pattern uses this.

A pattern holds the interpreter lock while it matches, so a runaway one can only be stopped from outside: the work is
done in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys

__all__ = ["assert_ends"]


def assert_ends(program: str, *, within_s: float = 20.0) -> str:
    """Run a Python program in a process of its own and return what it prints.

    Args:
        program: Source; what it does takes a small part of `within_s` when it is linear, and hours when it is not.
        within_s: Patience, generous enough for a busy machine.

    Raises:
        AssertionError: The program did not end in time, or failed.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=within_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"still running after {within_s} s") from error
    assert done.returncode == 0, f"exit {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout
