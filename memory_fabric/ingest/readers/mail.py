"""E-mail: single messages and mailboxes; attachments are read like files."""

from __future__ import annotations

import email
import email.header
import email.policy
import mimetypes
import re
from collections.abc import Iterator
from datetime import UTC
from email.message import Message
from email.utils import parsedate_to_datetime

import msgspec

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.base import Result, Source, clean, within
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.ingest.readers.html import html_lines
from memory_fabric.ingest.readers.lines import Lines, folded
from memory_fabric.records import Document, SkippedFile

__all__ = ["read"]

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_PLAIN_TRANSFER = frozenset({"", "7bit", "8bit", "binary"})
_YEAR = re.compile(rb"\d{4}")
_MAX_FROM_BYTES = 1_000
"""Of a line that parts two messages."""

_MAX_PARTS = 1000
_MAX_HEADER_CHARS = 4_000
"""The standard library takes the square of a header's length, wherever the header stands."""

_MULTIPART = re.compile(rb"multipart/", re.IGNORECASE)
_BOUNDARY = re.compile(rb"boundary[\s*\d]*+=", re.IGNORECASE)
_DELIMITER = re.compile(rb"[\r\n]--")
_STATUS = re.compile(rb"delivery-status", re.IGNORECASE)
_BLANK = re.compile(rb"[\r\n]\r?\n|\r\r")
_MAX_DELIMITERS = 50_000
_MAX_COMPARISONS = 10_000_000
"""Lines times boundaries: the standard library compares each line with every boundary that is open."""


class _ShortHeaders(email.policy.Compat32):
    """Cuts every header, those of inner parts too, before anything looks at it."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value of a header as it was read."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MAX_HEADER_CHARS]


_POLICY = _ShortHeaders()


def read(source: Source) -> Iterator[Result]:
    """Yield each message, and what its attachments hold.

    Raises:
        UnreadableError: A part's bytes are no text, or a mailbox holds too much.
    """
    if source.mime != "application/mbox":
        yield from _message(source, source.data)
        return
    starts = list(_starts(source.data))
    if not starts:
        yield from _message(source, source.data)
    before = source.data.count(b"\n", 0, starts[0]) if starts else 0
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(source.data)], strict=True), 1):
        source.budget.take(end - start)
        data = source.data[start:end]
        try:
            for result in _message(source, data):
                yield within(f"{number}.eml", _shifted(result, before))
        except UnreadableError as error:
            yield SkippedFile(f"{number}.eml", error.reason)
        before += data.count(b"\n")


def _starts(data: bytes) -> Iterator[int]:
    """Yield where the messages of a mailbox begin: at a line `From ` with a year, the first or after an empty one."""
    start = 0 if data.startswith(b"From ") else data.find(b"\nFrom ") + 1
    while start or data.startswith(b"From "):
        is_parted = start == 0 or data.endswith((b"\n\n", b"\n\r\n"), max(start - 3, 0), start)
        end = data.find(b"\n", start, start + _MAX_FROM_BYTES)
        if is_parted and end >= 0 and _YEAR.search(data, start, end):
            yield start
        start = data.find(b"\nFrom ", start) + 1
        if not start:
            return


def _shifted(result: Result, lines: int) -> Result:
    """Move a message's own lines to where it stands in its mailbox; attachments have lines of their own."""
    if not isinstance(result, Document) or result.inner_path or result.source_lines is None:
        return result
    ends = result.source_ends
    return msgspec.structs.replace(
        result,
        source_lines=tuple(line + lines for line in result.source_lines),
        source_ends=None if ends is None else tuple(line + lines for line in ends),
    )


def _message(source: Source, data: bytes) -> Iterator[Result]:
    _refuse_bombs(data)
    message = email.message_from_bytes(data, policy=_POLICY)
    bodies, attachments = _split(message)
    lines = Lines()
    _put_headers(lines, message, data)
    is_markdown = False
    for part in bodies:
        lines.gap()
        is_markdown |= _put_body(lines, part, data)
    subject = _header(message, "Subject")
    if not lines.is_blank():
        named = {"from": "From", "to": "To", "date": "Date", "message_id": "Message-ID"}
        named |= {"in_reply_to": "In-Reply-To", "references": "References"}
        yield Document(
            text=lines.text(),
            modality="text",
            format="markdown" if is_markdown else "text",
            mime="message/rfc822",
            title=subject,
            source_lines=lines.source_lines(),
            source_ends=lines.source_ends(),
            timestamp_s=_moment(_header(message, "Date")),
            meta={key: value for key, name in named.items() if (value := _header(message, name))},
        )
    yield from lines.cuts()
    for number, part in enumerate(attachments, 1):
        yield from source.read_member(_attachment_name(part, number), _attachment_bytes(part))


def _refuse_bombs(data: bytes) -> None:
    """Count, before anything is parsed, what makes the standard library slow.

    Raises:
        UnreadableError: The message has too many parts, or nests too deep for its length.
    """
    if _STATUS.search(data) and _count(_BLANK, data) > _MAX_DELIMITERS:
        raise UnreadableError(f"too many parts (> {_MAX_DELIMITERS})")
    if not (nests := _count(_MULTIPART, data)):
        return
    if _count(_DELIMITER, data) > _MAX_DELIMITERS:
        raise UnreadableError(f"too many parts (> {_MAX_DELIMITERS})")
    lines = data.count(b"\n") + data.count(b"\r")
    if min(nests, _count(_BOUNDARY, data)) * lines > _MAX_COMPARISONS:
        raise UnreadableError("e-mail nests too deep for its length")


def _count(pattern: re.Pattern[bytes], data: bytes) -> int:
    return sum(1 for _ in pattern.finditer(data))


def _split(message: Message) -> tuple[list[Message], list[Message]]:
    """Return the parts to read as the message's text, plain preferred over HTML, and the attachments."""
    bodies: list[Message] = []
    attachments: list[Message] = []
    waiting = [message]
    seen = 0
    while waiting and (seen := seen + 1) <= _MAX_PARTS:
        part = waiting.pop(0)
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind == "message/rfc822" and part is not message:
            attachments.append(part)
        elif part.is_multipart() and isinstance(payload, list):
            inner = [child for child in payload if isinstance(child, Message)]
            waiting[:0] = _chosen(inner) if kind == "multipart/alternative" else inner
        elif (
            kind.startswith(("text/", "multipart/"))
            and not part.get_filename()
            and part.get_content_disposition() != "attachment"
        ):
            bodies.append(part)
        else:
            attachments.append(part)
    return bodies, attachments


def _chosen(alternatives: list[Message]) -> list[Message]:
    plain = [part for part in alternatives if part.get_content_type() == "text/plain"]
    return plain[:1] or alternatives[-1:]


def _put_headers(lines: Lines, message: Message, data: bytes) -> None:
    head = re.split(rb"\r?\n\r?\n", data[:65_536], maxsplit=1)[0]
    for name in _SHOWN:
        if value := _header(message, name):
            # a line that begins with white space goes on with the header before it
            written = rb"^" + name.encode() + rb":[^\n]*+(?:\n[ \t][^\n]*+)*+"
            found = re.search(written, head, re.MULTILINE | re.IGNORECASE)
            first = head.count(b"\n", 0, found.start()) + 1 if found else 1
            lines.add(f"{name}: {value}", first, end_line=first + found[0].count(b"\n") if found else 0)


def _put_body(lines: Lines, part: Message, data: bytes) -> bool:
    """Append a text part; return whether it became Markdown."""
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes) or not raw.strip():
        return False
    text = _decoded(raw, part)
    is_plain_transfer = str(part.get("Content-Transfer-Encoding", "")).strip().lower() in _PLAIN_TRANSFER
    start = _line_of(part, raw, data, is_plain_transfer=is_plain_transfer)
    if part.get_content_type() == "text/html":
        _, page = html_lines(text)
        step = 1 if is_plain_transfer else 0
        places = page.source_lines()
        ends = page.source_ends() or places
        for line, place, end in zip(page.text().split("\n"), places, ends, strict=True) if len(page) else ():
            lines.add(line, start + (place - 1) * step, end_line=start + (end - 1) * step)
        return True
    lines.add(text.strip("\n"), start, step=1 if is_plain_transfer else 0)
    return False


def _line_of(part: Message, raw: bytes, data: bytes, *, is_plain_transfer: bool) -> int:
    """Return the line of the message at which a part's content begins."""
    if is_plain_transfer:
        needle = raw.lstrip(b"\r\n")[:200]
    else:
        payload = part.get_payload()
        needle = payload.encode("utf-8", "surrogateescape").lstrip(b"\r\n")[:60] if isinstance(payload, str) else b""
    position = data.find(needle) if needle else -1
    return data.count(b"\n", 0, max(position, 0)) + 1


def _decoded(raw: bytes, part: Message) -> str:
    charset = str(part.get_content_charset() or "")
    if charset and charset not in {"us-ascii", "unknown-8bit"}:
        try:
            return clean(raw.decode(charset, "replace"))
        except (LookupError, ValueError):
            pass
    return decode(raw)


def _header(message: Message, name: str) -> str:
    """Return a header decoded and on one line; as written when its encoding is broken."""
    written = message.get(name)
    if written is None:
        return ""
    text = str(written)[:_MAX_HEADER_CHARS]
    try:
        parts = email.header.decode_header(text)
        text = "".join(
            part if isinstance(part, str) else part.decode(charset or "utf-8", "replace") for part, charset in parts
        )
    except (LookupError, ValueError):
        pass
    return folded(clean(text))


def _moment(written: str) -> float | None:
    try:
        moment = parsedate_to_datetime(written)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _attachment_name(part: Message, number: int) -> str:
    """Return the last part of the name that the sender gave, or one made up."""
    written = clean(str(part.get_filename() or "")).replace("\\", "/").rpartition("/")[2].strip()
    if written and written not in {".", ".."} and written.isprintable():
        return written
    kind = part.get_content_type()
    ending = ".eml" if kind == "message/rfc822" else mimetypes.guess_extension(kind) or ""
    return f"attachment-{number}{ending}"


def _attachment_bytes(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"\n".join(child.as_bytes() for child in payload if isinstance(child, Message))
    raw = part.get_payload(decode=True)
    return raw if isinstance(raw, bytes) else b""
