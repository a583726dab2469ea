"""Word documents: paragraphs, headings, lists and tables as Markdown; a line's source is its paragraph number."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from xml.parsers import expat

from foundation.clock import parse_rfc3339
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.lines import Lines, folded
from memory_fabric.ingest.readers.zip_entries import open_zip, read_entry
from memory_fabric.records import Document

__all__ = ["read"]

_MAX_PROPERTY_CHARS = 1_000
_MAX_TAG_CHARS = 300
_HEADING = re.compile(r"heading\s*([1-9])", re.IGNORECASE)
_MARGIN = re.compile(r"word/(header|footer)(\d{0,4})\.xml")
_MAX_MARGINS = 100
_PAGE_FIELDS = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES"})
_PAGE_WORDS = frozenset(
    "page pages pg p of seite von blatt стр страница страниц с из лист листов página de sur".split()
)
"""What stands around a page number and says nothing without it."""

_WORD = re.compile(r"http://(?:schemas\.openxmlformats|purl\.oclc)\.org/(?:\S+/)?wordprocessingml/\S+ ")


def read(source: Source) -> Iterator[Result]:
    """Yield the document as Markdown; nothing when it has no text.

    Raises:
        UnreadableError: The file is broken, encrypted or a bomb.
    """
    parts = _parts(source)
    if "word/document.xml" not in parts:
        raise UnreadableError("broken docx")
    properties = _Properties()
    if "docProps/core.xml" in parts:
        _parse(parts["docProps/core.xml"], properties.start, properties.end, properties.data)
    styles = _Styles()
    if "word/styles.xml" in parts:
        _parse(parts["word/styles.xml"], styles.start, styles.end, lambda _: None)
    body = _Body(styles.levels)
    for text in _margins(parts, "header"):
        body.lines.add(text, 1)
    _parse(parts["word/document.xml"], body.start, body.end, body.data)
    body.append(_margins(parts, "footer"))
    if not body.lines.is_blank():
        yield Document(
            text=body.lines.text(),
            modality="text",
            format="markdown",
            mime=source.mime,
            title=folded(properties.values.get("title", "")),
            source_lines=body.lines.source_lines(),
            timestamp_s=_moment(properties.values.get("modified", "")),
        )
    yield from body.lines.cuts()


def _parts(source: Source) -> dict[str, bytes]:
    wanted = {"word/document.xml", "word/styles.xml", "docProps/core.xml"}
    with open_zip(source.data, source.limits) as archive:
        margins = (name for name in archive.namelist() if _MARGIN.fullmatch(name))
        wanted.update(islice(dict.fromkeys(margins), _MAX_MARGINS))
        return {
            info.filename: read_entry(archive, info, source.limits, source.budget)
            for info in archive.infolist()
            if info.filename in wanted
        }


def _margins(parts: dict[str, bytes], kind: str) -> list[str]:
    """Return each text of the headers or footers once: pages of a document mostly repeat one another's."""
    found = [match for name in parts if (match := _MARGIN.fullmatch(name)) and match[1] == kind]
    texts: dict[str, None] = {}
    for match in sorted(found, key=lambda match: int(match[2] or 0)):
        margin = _Margin()
        # a broken margin is no reason to lose the text
        with contextlib.suppress(UnreadableError):
            _parse(parts[match[0]], margin.start, margin.end, margin.data)
        texts.update(dict.fromkeys(margin.texts))
    return list(texts)


def _parse(
    xml: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], data: Callable[[str], None]
) -> None:
    """Run a parser that refuses document types, and with them entities of any kind.

    Raises:
        UnreadableError: The XML is malformed or has a document type.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise UnreadableError("broken docx") from error


def _refuse_doctype(*_: object) -> None:
    raise UnreadableError("broken docx")


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    """Return the name of a word-processing tag; other tags keep their namespace, which tells them apart."""
    return _WORD.sub("", tag) if len(tag) <= _MAX_TAG_CHARS else tag


def _value(attributes: dict[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if key.rpartition(" ")[2] == name), "")


def _moment(written: str) -> float | None:
    try:
        return parse_rfc3339(written)
    except (ValueError, OverflowError):
        return None


class _Properties:
    """Title and time of the last change."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._name = ""

    def start(self, tag: str, _: dict[str, str]) -> None:
        self._name = tag.rpartition(" ")[2]

    def end(self, _: str) -> None:
        self._name = ""

    def data(self, text: str) -> None:
        if self._name and len(known := self.values.get(self._name, "")) < _MAX_PROPERTY_CHARS:
            self.values[self._name] = known + text[:_MAX_PROPERTY_CHARS]


class _Styles:
    """Heading levels of paragraph styles, by the style's id, which is translated in localised documents."""

    def __init__(self) -> None:
        self.levels: dict[str, int] = {}
        self._id = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match _local(tag):
            case "style":
                self._id = _value(attributes, "styleId")
            case "name":
                name = _value(attributes, "val")
                if found := _HEADING.fullmatch(name):
                    self.levels[self._id] = int(found[1])
                elif name.lower() == "title":
                    self.levels[self._id] = 1
            case "outlineLvl":
                level = _value(attributes, "val")
                if level.isdigit() and int(level) < 9:
                    self.levels.setdefault(self._id, int(level) + 1)
            case _:
                pass

    def end(self, tag: str) -> None:
        if _local(tag) == "style":
            self._id = ""


class _Margin:
    """Gathers the paragraphs of a header or footer, without the numbers of pages."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._words: list[str] = []
        self._has_page = False
        self._fields: list[str] = []
        self._is_code = False
        self._is_text = False
        self._fallbacks = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name.endswith(" Fallback"):
            self._fallbacks += 1
        match name:
            case "t":
                self._is_text = True
            case "instrText":
                self._is_code = True
            case "tab" | "br" | "cr" | "ptab":
                self._words.append(" ")
            case "fldSimple":
                self._fields.append(_value(attributes, "instr")[:_MAX_TAG_CHARS])
            case "fldChar" if _value(attributes, "fldCharType") == "begin":
                self._fields.append("")
            case "fldChar" if _value(attributes, "fldCharType") == "end" and self._fields:
                self._fields.pop()
            case _:
                pass

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name.endswith(" Fallback"):
            self._fallbacks -= 1
        match name:
            case "t":
                self._is_text = False
            case "instrText":
                self._is_code = False
            case "fldSimple" if self._fields:
                self._fields.pop()
            case "p":
                self._end_paragraph()
            case _:
                pass

    def data(self, text: str) -> None:
        if self._is_code and self._fields and len(self._fields[-1]) < _MAX_TAG_CHARS:
            self._fields[-1] += text[:_MAX_TAG_CHARS]
        elif self._is_text and not self._fallbacks:
            if self._is_in_page_field():
                self._has_page = True
            else:
                self._words.append(text)

    def _is_in_page_field(self) -> bool:
        code = self._fields[-1].split(maxsplit=1) if self._fields else []
        return bool(code) and code[0].upper() in _PAGE_FIELDS

    def _end_paragraph(self) -> None:
        text = folded("".join(self._words))
        words = re.findall(r"\w+", text.lower()) if self._has_page else ["kept"]
        if text and not _PAGE_WORDS.issuperset(words):
            self.texts.append(text)
        self._words, self._has_page = [], False


class _Body:
    """Writes paragraphs and table rows as lines."""

    def __init__(self, levels: dict[str, int]) -> None:
        self.lines = Lines()
        self._levels = levels
        self._paragraphs: list[list[str]] = []
        self._prefix = ""
        self._number = 0
        self._tables = 0
        self._row: list[str] = []
        self._cell: list[str] = []
        self._is_text = False
        self._is_after_item = False
        self._is_after_row = False
        self._fallbacks = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name.endswith(" Fallback"):
            # the same text again, for programs that do not know newer drawings
            self._fallbacks += 1
        if self._fallbacks:
            return
        match name:
            case "p":
                self._paragraphs.append([])
                self._prefix = ""
            case "t":
                self._is_text = True
            case "tab" | "br" | "cr":
                self.add(" ")
            case "noBreakHyphen":
                self.add("-")
            case "pStyle":
                self._set_style(_value(attributes, "val"))
            case "numPr":
                self._prefix = self._prefix or "- "
            case "tbl":
                self._tables += 1
                self._is_after_row = self._tables > 1
            case "tr" if self._tables == 1:
                self._row = []
            case "tc" if self._tables == 1:
                self._cell = []
            case _:
                pass

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name.endswith(" Fallback"):
            self._fallbacks -= 1
        if self._fallbacks:
            return
        match name:
            case "t":
                self._is_text = False
            case "p":
                self._end_paragraph()
            case "tc" if self._tables == 1:
                self._row.append(" ".join(self._cell))
            case "tr" if self._tables == 1:
                self._number += 1
                if any(self._row):
                    if not self._is_after_row:
                        self.lines.gap()
                    self._is_after_row = True
                    self.lines.add(" | ".join(self._row), self._number)
            case "tbl":
                self._tables -= 1
            case _:
                pass

    def data(self, text: str) -> None:
        if self._is_text and not self._fallbacks:
            self.add(text)

    def add(self, text: str) -> None:
        if self._paragraphs:
            self._paragraphs[-1].append(text)

    def append(self, texts: list[str]) -> None:
        """Append paragraphs that stand outside the text, each a line."""
        for place, text in enumerate(texts):
            if not place:
                self.lines.gap()
            self.lines.add(text, max(self._number, 1))

    def _set_style(self, style: str) -> None:
        level = self._levels.get(style, 0)
        if not level and (found := _HEADING.fullmatch(style)):
            level = int(found[1])
        if level:
            self._prefix = "#" * min(level, 6) + " "

    def _end_paragraph(self) -> None:
        text = folded("".join(self._paragraphs.pop()))
        if self._tables:
            if text:
                self._cell.append(text)
            return
        self._number += 1
        if not text:
            return
        is_item = self._prefix == "- "
        if not (is_item and self._is_after_item):
            self.lines.gap()
        self._is_after_item = is_item
        self.lines.add(self._prefix + text, self._number)
        self._prefix = ""
