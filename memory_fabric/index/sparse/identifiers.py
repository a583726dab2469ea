"""What a word of a text is made of: identifiers have parts, numbers have dots, names have odd signs."""

from __future__ import annotations

import re

__all__ = ["cut_word", "identifier_parts"]

_PART = re.compile(
    r"[A-ZÀ-ÖØ-ÞА-ЯЁ]+(?=[A-ZÀ-ÖØ-ÞА-ЯЁ][a-zß-öø-ÿа-яё])"  # the acronym of `HTTPServer`
    r"|[A-ZÀ-ÖØ-ÞА-ЯЁ]?[a-zß-öø-ÿа-яё]+"
    r"|[A-ZÀ-ÖØ-ÞА-ЯЁ]+"
    r"|\d+"
    r"|[^\W\dA-Za-zÀ-ÖØ-öø-ÿА-Яа-яЁё_]+"
)
_BREAK = re.compile(r"[_.\-'’]+")
_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s")
_MOST_PARTS = 8
"""A word of more parts is data (a hash, base64), not a name; its parts would only be noise."""


def identifier_parts(word: str) -> tuple[str, ...]:
    """Return the parts of an identifier as written; nothing when it has fewer than two.

    `HTTPServer2Go` gives `HTTP Server 2 Go`, `parse_config` gives `parse config`. Longer than eight parts gives
    nothing either: such a word is data.
    """
    if _PLURAL_ACRONYM.fullmatch(word):
        return ()
    parts = tuple(_PART.findall(word))
    return parts if 1 < len(parts) <= _MOST_PARTS else ()


def cut_word(word: str) -> list[str]:
    """Return everything that a word should be found by: itself joined, its segments, and their parts.

    `parse_config` gives `parseconfig parse config`, so that it meets `parseConfig`, which gives
    `parseConfig parse Config`. A number with dots stays whole beside its parts: `3.11` gives `3·11 3 11`.

    Args:
        word: Letters, digits and underscores, with inner dots before digits, hyphens or apostrophes.
    """
    segments = [segment for segment in _BREAK.split(word) if segment]
    if len(segments) == 1:
        return [segments[0], *identifier_parts(segments[0])]
    if "." in word:
        return _cut_number(word, segments)
    found = [] if "'" in word or "’" in word else ["".join(segments)]
    for segment in segments:
        found += [segment, *identifier_parts(segment)]
    return found


def _cut_number(word: str, segments: list[str]) -> list[str]:
    """Cut `3.11`, `v1.2.3` or `python3.11`: the number whole, the letters before it, and the parts."""
    number = word[_first_digit_run(word) :]
    head = [part for part in identifier_parts(segments[0]) if not part.isdigit()]
    return [number.replace(".", "\u00b7"), *head, *[s for s in segments if s.isdigit()]]


def _first_digit_run(word: str) -> int:
    dot = word.index(".")
    start = dot
    while start > 0 and word[start - 1].isdigit():
        start -= 1
    return start
