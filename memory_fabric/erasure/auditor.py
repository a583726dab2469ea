"""Running an audit in a process of its own, and reading what it says."""

from __future__ import annotations

import select
import subprocess
import sys
import threading
from contextlib import suppress

import msgspec

from memory_fabric.erasure.job import Job, ScanProgress, ScanReport
from memory_fabric.errors import AuditError
from memory_fabric.operations import Check, Progress, Report

__all__ = ["audit"]

_POLL_S = 0.1
_READ_BYTES = 1 << 16


def audit(job: Job, *, report: Report, check: Check) -> ScanReport:
    """Look through all places of a job; takes a second for each 50 MB or so.

    Args:
        job: What to look for, and where.
        report: Told how far it is, in bytes.
        check: Asked ten times a second; what it raises ends the process.

    Raises:
        AuditError: The process died or said nothing sensible.
    """
    command = [sys.executable, "-P", "-m", "memory_fabric.erasure.worker"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as worker:  # noqa: S603  # our own module
        try:
            # it may die before it has read everything, and a full pipe would hold us
            feeder = threading.Thread(target=_feed, args=(worker, msgspec.msgpack.encode(job)), daemon=True)
            feeder.start()
            found = _listened(worker, report, check)
            feeder.join()
        finally:
            worker.kill()
        if found is None:
            assert worker.stderr is not None
            # the last line names what went wrong in our code, and quotes nothing
            said = worker.stderr.read().decode(errors="replace").strip().splitlines()
            raise AuditError(f"the scan did not come to an end: {(said or ['its process died'])[-1][:200]}")
        return found


def _feed(worker: subprocess.Popen[bytes], content: bytes) -> None:
    assert worker.stdin is not None
    with suppress(BrokenPipeError), worker.stdin as pipe:
        pipe.write(content)


def _listened(worker: subprocess.Popen[bytes], report: Report, check: Check) -> ScanReport | None:
    assert worker.stdout is not None
    handle, rest = worker.stdout, b""
    while True:
        check()
        if not select.select([handle], [], [], _POLL_S)[0]:
            continue
        piece = handle.read1(_READ_BYTES)  # type: ignore[attr-defined]  # a buffered reader, as pipes are
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            said = msgspec.json.decode(line, type=ScanProgress | ScanReport)
            if isinstance(said, ScanReport):
                return said
            report(Progress(said.done, said.total, "bytes", 0.0, 0.0, "audit", said.path))
        if not piece:
            return None
