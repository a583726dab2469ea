"""JSON: chats as conversations, all else as lines `path.key: value`; of one document a line record by record."""

from __future__ import annotations

from collections.abc import Iterator

from memory_fabric.ingest.readers.base import MAX_TEXT_CHARS, Result, Source
from memory_fabric.ingest.readers.chats.factory import read_chats
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.ingest.readers.json_scan import label, scan
from memory_fabric.ingest.readers.json_text import flatten
from memory_fabric.ingest.readers.lines import Lines, folded
from memory_fabric.records import Document

__all__ = ["read"]


def read(source: Source) -> Iterator[Result]:
    """Yield the document flattened; nothing when it is blank.

    Raises:
        UnreadableError: The bytes are no text.
        ValueError: The text is no JSON.
    """
    if (conversations := read_chats(source)) is not None:
        yield from conversations
        return
    text = decode(source.data)
    if not text or text.isspace():
        return
    is_lines = source.mime == "application/jsonl"
    if not is_lines:
        try:
            lines = flatten(text)
        except ValueError:
            # several documents in one `.json` are common; the first line tells
            is_lines = _is_record(text.lstrip().partition("\n")[0])
            if not is_lines:
                raise
    if is_lines:
        lines = _records(text)
    if not lines.is_blank():
        yield Document(
            text=lines.text(),
            modality="text",
            format="jsonl" if is_lines else "json",
            mime=source.mime,
            source_lines=lines.source_lines(),
            source_ends=lines.source_ends(),
        )
    yield from lines.cuts()


def _records(text: str) -> Lines:
    """Render each line as `key: value; …`; a line that is no JSON stays as it is."""
    lines = Lines()
    for number, line in enumerate(text.split("\n"), 1):
        if lines.is_cut:
            break
        if line.strip():
            lines.add(_record(line), number)
    return lines


def _record(line: str) -> str:
    """Return one record as text, no longer than a whole text may be."""
    fields: list[str] = []
    chars = 0
    try:
        for leaf in scan(line):
            fields.append(f"{label(leaf.path)}: {folded(leaf.text)}" if leaf.path else leaf.text)
            chars += len(fields[-1])
            if chars > MAX_TEXT_CHARS:
                break
    except ValueError:
        fields = [line]
    return folded("; ".join(fields))


def _is_record(line: str) -> bool:
    if not line.startswith(("{", "[")):
        return False
    try:
        for _ in scan(line):
            pass
    except ValueError:
        return False
    return True
