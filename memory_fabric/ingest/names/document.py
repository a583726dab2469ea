"""What one document defines and refers to, whatever its kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from memory_fabric.ingest.names.prose import link_references, prose_references
from memory_fabric.records import Document
from memory_fabric.store.drafts import Definition, Reference

if TYPE_CHECKING:
    from memory_fabric.ingest.chunkers.code import OnTree
    from memory_fabric.ingest.names.code import CodeNames

__all__ = ["NameFinder", "message_names"]

_PROSE = frozenset({"markdown", "rst", "html", "docx", "text"})
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_MAX_ANCESTORS = 20
"""Messages of a thread that one answer names; its `References` grow with every answer."""


class NameFinder:
    """Collects names while a document is cut.

    Args:
        document: From a reader.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._code: CodeNames | None = None

    @property
    def on_tree(self) -> OnTree | None:
        """What the chunker of code is to call with its tree."""
        if self._document.modality != "code":
            return None
        # only for code: the parser and its grammars cost a tenth of a second at start
        from memory_fabric.ingest.names.code import CodeNames

        self._code = CodeNames()
        return self._code.take

    def definitions(self) -> tuple[Definition, ...]:
        """Return what the document defines, at lines of its source."""
        if self._code is not None:
            lines = self._document.source_lines
            return tuple(_placed(d, lines) for d in self._code.definitions) if lines else self._code.definitions
        return message_names(self._document.meta)[0]

    def references(self) -> tuple[Reference, ...]:
        """Return what the document refers to, at lines of its source."""
        document = self._document
        found = list(self._code.references if self._code is not None else ())
        if document.modality == "text" and document.format in _PROSE:
            found += prose_references(document.text)
        if lines := document.source_lines:
            found = [msgspec.structs.replace(r, line=_source_line(r.line, lines)) for r in found]
        found += link_references(document.links)
        found += message_names(document.meta)[1]
        return tuple(found)


def message_names(meta: dict[str, str]) -> tuple[tuple[Definition, ...], tuple[Reference, ...]]:
    """Return the id of a mail or turn as a definition, and what it answers as references.

    Args:
        meta: What the source says: `message_id`, `in_reply_to`, `references`, as mail writes them or bare.
    """
    own = _ids(meta.get("message_id", ""))
    answered = _ids(meta.get("in_reply_to", ""))
    thread = _ids(meta.get("references", ""))[-_MAX_ANCESTORS:]
    named = dict.fromkeys([*answered[:1], *reversed(thread)])
    return (
        tuple(Definition(name, name, "message", "", 1, 1) for name in own[:1]),
        tuple(Reference("replies", "message", name, "", "", 1) for name in named),
    )


def _ids(text: str) -> list[str]:
    marked = _MESSAGE_ID.findall(text)
    return marked or (
        [text.strip()] if text.strip() and len(text) <= 250 and not set(text.strip()) & set(" <>") else []
    )


def _source_line(line: int, lines: tuple[int, ...]) -> int:
    return lines[min(line, len(lines)) - 1]


def _placed(definition: Definition, lines: tuple[int, ...]) -> Definition:
    first, last = (_source_line(line, lines) for line in (definition.line_start, definition.line_end))
    return msgspec.structs.replace(definition, line_start=min(first, last), line_end=max(first, last))
