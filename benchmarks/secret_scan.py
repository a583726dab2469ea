"""How fast a text is looked through for secrets, and how often code is taken for one: the standard library's sources.

A false alarm is every finding of any kind but an e-mail address.
"""

from __future__ import annotations

import json
import sysconfig
import time
from pathlib import Path

from benchmarks.corpus import texts
from memory_fabric.config import ScanConfig
from memory_fabric.scan import Scanner


def run() -> None:
    """Print megabytes a second of code and of prose, and false alarms by file and by line."""
    scanner = Scanner(ScanConfig())
    files = [file for file in Path(sysconfig.get_path("stdlib")).rglob("*.py") if "site-packages" not in file.parts]
    code = [file.read_text(encoding="utf-8", errors="replace") for file in sorted(files)]
    # libraries are loaded with the first number or token that needs them
    scanner.find(code[0] + "+7 916 123-45-67 glpat-" + "a1" * 10)
    alarms = [sum(found.kind != "email" for found in scanner.find(text)) for text in code]
    lines = sum(text.count("\n") for text in code)
    emit("scan_false_alarm_files", sum(map(bool, alarms)) / len(code), "share", files=len(code))
    emit("scan_false_alarm_lines", sum(alarms) / lines, "share", lines=lines)
    for name, sample in (("code", code), ("prose", list(texts(3_000)))):
        started = time.process_time()
        for text in sample:
            scanner.find(text)
        took_s = time.process_time() - started
        emit(f"scan_{name}_mb_per_s", sum(map(len, sample)) / 1e6 / took_s, "MB/s")


def emit(name: str, value: float, unit: str, **extra: object) -> None:
    """Print one figure as a JSON line."""
    print(json.dumps({"name": name, "value": round(value, 5), "unit": unit, **extra}), flush=True)


if __name__ == "__main__":
    run()
