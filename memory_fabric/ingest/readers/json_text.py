"""JSON as lines of text: `path.key: value`."""

from __future__ import annotations

from memory_fabric.ingest.readers.json_scan import Leaf, label, scan
from memory_fabric.ingest.readers.lines import Lines

__all__ = ["flatten"]

_JOINED_CHARS = 160
"""Width up to which the values of an array stand on one line."""


def flatten(text: str, first_line: int = 1) -> Lines:
    """Return every leaf of one JSON document with its line.

    Args:
        text: The document.
        first_line: Line of the source at which it begins.

    Raises:
        ValueError: It is no JSON.
    """
    lines = Lines()
    previous: Leaf | None = None
    for leaf in scan(text):
        if lines.is_cut:
            break
        line = leaf.line + first_line - 1
        if previous is not None and _is_joined(previous, leaf) and lines.last_width() < _JOINED_CHARS:
            lines.extend_last(f", {leaf.text}", line)
        else:
            path = leaf.path[:-1] if leaf.path and isinstance(leaf.path[-1], int) else leaf.path
            name = label(path)
            lines.add(f"{name}: {leaf.text}" if name else leaf.text, line)
        previous = leaf
    return lines


def _is_joined(previous: Leaf, leaf: Leaf) -> bool:
    """Whether two values are neighbours in one array and short enough to share a line."""
    path = leaf.path
    return (
        bool(path)
        and isinstance(path[-1], int)
        and path[-1] > 0
        and previous.path[:-1] == path[:-1]
        and "\n" not in leaf.text
        and len(leaf.text) < _JOINED_CHARS
    )
