"""What a word of a text is made of: identifiers have parts, numbers have points, compounds have hyphens."""

from __future__ import annotations

import re

__all__ = ["POINT", "cut_word", "identifier_parts"]

POINT = "\u00b7"
"""Stands for the point of a number inside a word, so that it can be told from the end of a sentence."""

_PART = re.compile(
    r"[A-ZÀ-ÖØ-ÞА-ЯЁ]+(?=[A-ZÀ-ÖØ-ÞА-ЯЁ][a-zß-öø-ÿа-яё])"  # the acronym of `HTTPServer`
    r"|[A-ZÀ-ÖØ-ÞА-ЯЁ]?[a-zß-öø-ÿа-яё]+"
    r"|[A-ZÀ-ÖØ-ÞА-ЯЁ]+"
    r"|\d+"
    r"|[^\W\dA-Za-zÀ-ÖØ-öø-ÿА-Яа-яЁё_]+"
)
_BREAK = re.compile(r"[_-]+")
_MOST_PARTS = 8
"""A word of more parts is data (a hash, base64), not a name; its parts would only be noise."""


def identifier_parts(word: str) -> tuple[str, ...]:
    """Return the parts of an identifier as written; nothing when it has fewer than two.

    `HTTPServer2Go` gives `HTTP Server 2 Go`, `parse_config` gives `parse config`; `URLs` is one acronym. More than
    eight parts give nothing either: such a word is data.
    """
    if word.isalpha() and (word[1:].islower() or word.isupper() or (word[-1] == "s" and word[:-1].isupper())):
        return ()
    parts = tuple(_PART.findall(word))
    return parts if 1 < len(parts) <= _MOST_PARTS else ()


def cut_word(word: str) -> list[str]:
    """Return everything that a word should be found by: itself joined, its segments, and their parts.

    `parse_config` gives `parseconfig parse config`, so that it meets `parseConfig`, which gives
    `parseConfig parse Config`. A number with points stays whole beside its parts: `3·11` gives `3·11 3 11`.

    Args:
        word: Letters, digits, underscores, hyphens, and `POINT` between digits.
    """
    segments = [segment for segment in _BREAK.split(word) if segment]
    found = ["".join(segments)] if 1 < len(segments) <= _MOST_PARTS and POINT not in word else []
    for segment in segments:
        if POINT in segment:
            found += _cut_number(segment)
        else:
            found += [segment, *identifier_parts(segment)]
    return found


def _cut_number(word: str) -> list[str]:
    """Cut `3·11`, `v1·2·3` or `python3·11`: the number whole, the word before it, and all parts."""
    head, _, tail = word.partition(POINT)
    name = head.rstrip("0123456789")
    return [f"{head[len(name) :]}{POINT}{tail}", *_PART.findall(name), head[len(name) :], *tail.split(POINT)]
