"""From bytes to text: Unicode where it is valid, else the old encoding that the bytes look most like."""

from __future__ import annotations

import codecs
import re

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.east_asian import multibyte_encoding, wide_encoding

__all__ = ["decode"]

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 64 * 1024
_HEAD_BYTES = 8192
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{2,}")
_CYRILLIC_ENCODINGS = ("cp1251", "koi8-r", "cp866")

_LETTERS = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_WEIGHT = {letter: 1.0 - place / 40 for place, letter in enumerate(_LETTERS)}
"""By frequency in Russian, commonest first. Source: the Russian National Corpus, order of letters."""

_MAX_BROKEN_SHARE = 0.01
"""Of a UTF-8 text's non-ASCII bytes that may be invalid, e.g. in a log cut in the middle of a letter."""


def decode(data: bytes) -> str:
    """Return the text with the line feed as its only line end and without a byte-order mark.

    The number of line feeds before any place is kept, so lines are those that editors and `grep -n` show.

    Raises:
        UnreadableError: The bytes are no text (`binary`, `not utf-8 text`).
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _line_ends(_decode_wide(data, encoding))
    if wide := wide_encoding(data[:_HEAD_BYTES]):
        # a file cut inside a sign loses that
        return _line_ends(_decode_wide(data[: len(data) // 2 * 2], wide))
    if b"\x00" in data:
        raise UnreadableError("binary")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = _decode_old(data)
    return _line_ends(text.removeprefix("\ufeff"))


def _line_ends(text: str) -> str:
    if "\r" not in text:
        return text
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        # a lone return ends a line only in files that know no other end; elsewhere it redraws one, as in progress bars
        text = text.replace("\r", " " if "\n" in text else "\n")
    return text


def _decode_wide(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError("not utf-8 text") from error
    if "\x00" in text:
        raise UnreadableError("binary")
    return text


def _decode_old(data: bytes) -> str:
    if (damaged := _decode_damaged(data)) is not None:
        return damaged
    first = _HIGH.search(data)
    # not inside a sign of two bytes: only from the first high byte on can there be one
    start = first.start() if first else 0
    sample = data[start : start + _SAMPLE_BYTES]
    high = len(_HIGH.findall(sample))
    in_runs = sum(map(len, _HIGH_RUN.findall(sample)))
    if in_runs * 2 > high:
        # Russian words are runs of high bytes; in Western European ones such bytes stand alone
        encoding = max(_CYRILLIC_ENCODINGS, key=lambda name: _likeness(sample.decode(name, "replace")))
        if _likeness(sample.decode(encoding, "replace")) > high * 0.5:
            return data.decode(encoding, "replace")
    if encoding := multibyte_encoding(sample):
        return data.decode(encoding, "replace")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decode_damaged(data: bytes) -> str | None:
    """Return UTF-8 with its few invalid bytes replaced; None when there are more than a few."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    valid = len(data) - len(data.translate(None, bytes(range(0x80, 0x100))))
    if broken <= max(1, valid * _MAX_BROKEN_SHARE) and valid >= 20 * broken:
        return text
    return None


def _likeness(text: str) -> float:
    """Return how much the text looks like Russian: common small letters count most, foreign signs against it."""
    score = 0.0
    previous_is_small = False
    for sign in text:
        if sign.isascii():
            previous_is_small = False
            continue
        weight = _WEIGHT.get(sign)
        if weight is not None:
            score += weight
            previous_is_small = True
            continue
        capital = _WEIGHT.get(sign.lower())
        if capital is None:
            score -= 0.5
        else:
            score += -0.5 if previous_is_small else capital * 0.9
        previous_is_small = False
    return score
