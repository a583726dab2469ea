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

from memory_fabric.ingest.readers.base import Result, Source, clean, within
from memory_fabric.ingest.readers.encoding import decode
from memory_fabric.ingest.readers.html import html_lines
from memory_fabric.ingest.readers.lines import Lines, folded
from memory_fabric.records import Document

__all__ = ["read"]

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_PLAIN_TRANSFER = frozenset({"", "7bit", "8bit", "binary"})
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\d{4}[^\n]*\n")
_MAX_PARTS = 1000
_MAX_HEADER_CHARS = 10_000


def read(source: Source) -> Iterator[Result]:
    """Yield each message, and what its attachments hold.

    Raises:
        UnreadableError: A part's bytes are no text, or a mailbox holds too much.
    """
    if source.mime != "application/mbox":
        yield from _message(source, source.data)
        return
    starts = [match.start() for match in _FROM_LINE.finditer(source.data)]
    if not starts:
        yield from _message(source, source.data)
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(source.data)], strict=True), 1):
        source.budget.take(end - start)
        data = source.data[start:end]
        before = source.data.count(b"\n", 0, start)
        for result in _message(source, data):
            yield within(f"{number}.eml", _shifted(result, before))


def _shifted(result: Result, lines: int) -> Result:
    """Move a message's own lines to where it stands in its mailbox; attachments have lines of their own."""
    if not isinstance(result, Document) or result.inner_path or result.source_lines is None:
        return result
    return msgspec.structs.replace(result, source_lines=tuple(line + lines for line in result.source_lines))


def _message(source: Source, data: bytes) -> Iterator[Result]:
    message = email.message_from_bytes(data, policy=email.policy.compat32)
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
        yield Document(
            text=lines.text(),
            modality="text",
            format="markdown" if is_markdown else "text",
            mime="message/rfc822",
            title=subject,
            source_lines=lines.source_lines(),
            timestamp_s=_moment(_header(message, "Date")),
            meta={key: value for key, name in named.items() if (value := _header(message, name))},
        )
    for number, part in enumerate(attachments, 1):
        yield from source.read_member(_attachment_name(part, number), _attachment_bytes(part))


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
            found = re.search(rb"^" + name.encode() + rb":", head, re.MULTILINE | re.IGNORECASE)
            lines.add(f"{name}: {value}", head.count(b"\n", 0, found.start()) + 1 if found else 1)


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
        for line, place in zip(page.text().split("\n"), page.source_lines(), strict=True):
            lines.add(line, start + (place - 1) * step)
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
