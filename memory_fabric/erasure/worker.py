"""The auditor's process: a job comes through standard input, progress and the report go through standard output."""

from __future__ import annotations

import ctypes
import resource
import signal
import sys

import msgspec

from memory_fabric.erasure.job import Job, ScanProgress
from memory_fabric.erasure.scan import Scanner

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Do one audit; returns the exit status."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # its memory holds what is to be forgotten: it must not be left in a file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(Scanner(job, _say).run()) + b"\n")
    sys.stdout.buffer.flush()
    return 0


def _say(progress: ScanProgress) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(progress) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
