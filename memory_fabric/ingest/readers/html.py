"""HTML pages as Markdown: headings, paragraphs, lists, tables and code, without scripts, styles and navigation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.names.prose import page_links
from memory_fabric.ingest.readers.base import Result, Source
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.ingest.readers.lines import Lines, folded
from memory_fabric.ingest.readers.markup import tokens
from memory_fabric.records import Document

__all__ = ["html_lines", "read"]

_DROPPED = frozenset({
    "button", "iframe", "math", "nav", "noscript", "object", "script", "select", "style", "svg", "template",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "ol", "p", "section",
    "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
})  # fmt: skip
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_TEMPLATE = re.compile(r"\{%|\{\{|<%|<\?php|<\?=")
_MAX_TITLE_CHARS = 1_000
_MAX_DROPPED = 100
"""Elements without text inside one another that are told apart."""

_MIN_PAGE_CHARS = 80
"""Markup with as many visible characters is a page, whatever its elements."""

_PROSE_ELEMENTS = re.compile(r"<(?:!doctype|html|body|p|h[1-6]|blockquote)(?=[\s>])", re.IGNORECASE)
"""What even a short page has: it is a whole document, or holds a paragraph."""

_DIRECTIVE = re.compile(r"\s(?:v-[a-z]|ng-[a-z]|x-[a-z]|hx-[a-z]|th:[a-z]|[*\[(@:#][a-zA-Z][\w.:-]*+[\])]?=)")
"""Attributes that programs fill in, as in Vue, Angular, Alpine, htmx and Thymeleaf."""


_CHAT_PAGE = "var jsonData = ["
"""In the page of a ChatGPT export, which holds all conversations a second time."""


def read(source: Source) -> Iterator[Result]:
    """Yield a page as Markdown, or a template as code; nothing when it is blank.

    Raises:
        UnreadableError: The bytes are no text, or they are the page of a chat export.
    """
    text = decode(source.data)
    if not text or text.isspace():
        return
    if _CHAT_PAGE in text and '"mapping"' in text:
        raise UnreadableError("shows what `conversations.json` beside it holds")
    title, lines = html_lines(text)
    body = lines.text()
    if _TEMPLATE.search(text) or not _is_page(text, body):
        yield Document(text=text, modality="code", format="html", mime=source.mime, language="html", title=title)
        return
    yield Document(
        text=body,
        modality="text",
        format="markdown",
        mime=source.mime,
        title=title,
        source_lines=lines.source_lines(),
        source_ends=lines.source_ends(),
        links=page_links(text),
    )
    yield from lines.cuts()


def _is_page(text: str, body: str) -> bool:
    """Whether there is something to read: enough words, or few in the elements of a document.

    Args:
        text: The markup.
        body: What is visible of it.
    """
    if len(body) >= _MIN_PAGE_CHARS or "<" not in text:
        return True
    if not body or _DIRECTIVE.search(text):
        return False
    return body.startswith("#") or _PROSE_ELEMENTS.search(text) is not None


def html_lines(text: str) -> tuple[str, Lines]:
    """Return the title of a page, and its text with the line of each part.

    Args:
        text: HTML, however broken.
    """
    page = _Page()
    line, counted_to = 1, 0
    for kind, value, offset in tokens(text):
        if kind == "text":
            line += text.count("\n", counted_to, offset)
            counted_to = offset
            page.add(value, line)
        elif kind == "start":
            page.start(value)
        else:
            page.end(value)
    page.finish()
    return folded(page.title), page.lines


class _Page:
    """Gathers blocks; every block becomes one line, `pre` keeps its own."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.title = ""
        self._dropped: list[str] = []
        self._words: list[str] = []
        self._start = 1
        self._end = 0
        """Line at which the block's last word ends; 0 before its first."""
        self._prefix = ""
        self._is_title = False
        self._is_pre = False
        self._cells = 0
        self._previous_kind = ""
        self._main: list[int] = []

    def start(self, tag: str) -> None:
        if self._dropped or tag in _DROPPED:
            if tag in _DROPPED and len(self._dropped) < _MAX_DROPPED:
                self._dropped.append(tag)
        elif tag == "title":
            self._is_title = not self.title
        elif tag in _HEADINGS:
            self._begin(f"{_HEADINGS[tag]} ")
        elif tag == "pre":
            self._begin("")
            self._is_pre = True
        elif tag == "br":
            self._words.append("\n" if self._is_pre else " ")
        elif tag in {"td", "th"}:
            if self._cells:
                self._words.append(" | ")
            self._cells += 1
        elif tag in _BLOCKS:
            self._begin("- " if tag == "li" else "")
            self._cells = 0
            self._mark_main(tag)

    def end(self, tag: str) -> None:
        if self._dropped:
            # a stray end inside, or a missing one, must not swallow the rest of the page
            if tag in _DROPPED and tag in self._dropped:
                while self._dropped.pop() != tag:
                    pass
            elif tag in {"body", "html"}:
                self._dropped.clear()
        elif tag in {"title", "head"}:
            self._is_title = False
        elif tag in _HEADINGS or tag in _BLOCKS or tag == "pre":
            self.end_block()
            self._mark_main(tag)

    def add(self, data: str, line: int) -> None:
        if self._dropped:
            return
        if self._is_title:
            if len(self.title) < _MAX_TITLE_CHARS:
                self.title += data[:_MAX_TITLE_CHARS]
            return
        if data.strip():
            # an empty cell or line may stand before the first word
            if not self._end:
                self._start = line + data.count("\n", 0, len(data) - len(data.lstrip()))
            self._end = line + data.count("\n", 0, len(data.rstrip()))
        if self._words or data.strip() or self._is_pre:
            self._words.append(data)

    def _begin(self, prefix: str) -> None:
        # a list item opened by `<li><p>` keeps its mark
        kept = "" if prefix else self._prefix
        had_words = bool(self._words)
        self.end_block()
        self._prefix = prefix or ("" if had_words else kept)

    def _mark_main(self, tag: str) -> None:
        """Remember where the main part begins and where it ends."""
        if tag == "main" and len(self._main) < 2:
            self._main.append(len(self.lines))

    def finish(self) -> None:
        """Write what is left; keep the main part alone when it is most of the page."""
        self.end_block()
        if not self._main:
            return
        first, end = self._main[0], self._main[1] if len(self._main) > 1 else len(self.lines)
        if self.lines.chars(first, end) * 2 > self.lines.chars():
            self.lines.keep(first, end)
            self.lines.trim()

    def end_block(self) -> None:
        """Write what was gathered."""
        text = "".join(self._words)
        if self._is_pre:
            self._is_pre = False
            self._previous_kind = ""
            if text.strip():
                self.lines.gap()
                body = text.strip("\n")
                mark = "````" if "```" in body else "```"
                self.lines.add(mark, self._start)
                self.lines.add(body, self._start, step=1)
                self.lines.add(mark, self._start + body.count("\n"))
        elif line := folded(text):
            kind = "row" if self._cells else self._prefix
            if kind != self._previous_kind or kind not in {"row", "- "}:
                self.lines.gap()
            self._previous_kind = kind
            self.lines.add(self._prefix + line, self._start, end_line=self._end)
        self._words, self._prefix, self._end = [], "", 0
