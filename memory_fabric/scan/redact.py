"""Putting a mark where a finding was: lines keep their number and their length, so that citations stay right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory_fabric.scan.findings import Finding

__all__ = ["is_rest_of", "mark", "redacted"]

_SHORT = "[redacted]"
_MARK = re.compile(r"\[redacted[^\]\n]{0,4000}\]|\*+")


def mark(label: str, size: int) -> str:
    """Return a mark of exactly `size` characters, as telling as they allow: `[redacted:aws-key***]`, `[redacted]`."""
    full = f"[redacted:{label}]"
    if size >= len(full):
        return f"{full[:-1]}{'*' * (size - len(full))}]"
    if size >= len(_SHORT):
        return f"{_SHORT[:-1]}{'*' * (size - len(_SHORT))}]"
    return "*" * size


def redacted(text: str, findings: Sequence[Finding]) -> str:
    """Return `text` with a mark for each finding; of one that spans lines, every line.

    Args:
        text: What was scanned.
        findings: In order of place, none overlapping.
    """
    parts: list[str] = []
    end = 0
    for finding in findings:
        parts.append(text[end : finding.start])
        lines = text[finding.start : finding.end].split("\n")
        parts.append("\n".join(_line_mark(finding.label, line) for line in lines))
        end = finding.end
    parts.append(text[end:])
    return "".join(parts)


def _line_mark(label: str, line: str) -> str:
    """What stands before a line of a key block is the indentation of its surroundings."""
    body = line.lstrip()
    return line[: len(line) - len(body)] + mark(label, len(body))


def is_rest_of(rest: str, source: str) -> bool:
    """Return whether `rest` stands in `source`, whatever stands there where it has marks."""
    if "*" not in rest and "[redacted" not in rest:
        return rest in source
    pattern, end = [], 0
    for found in _MARK.finditer(rest):
        pattern += [re.escape(rest[end : found.start()]), rf"[^\n]{{{len(found[0])}}}"]
        end = found.end()
    return re.search("".join([*pattern, re.escape(rest[end:])]), source) is not None
