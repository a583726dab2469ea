"""Russian stems in pure Python.

Source: M. F. Porter's description of the Russian stemming algorithm, snowballstem.org/algorithms/russian/stemmer.html.
"""

from __future__ import annotations

import re

__all__ = ["stem_russian"]

_VOWELS = "аеиоуыэюя"
_R1 = re.compile(f"[{_VOWELS}][^{_VOWELS}]")
_RV = re.compile(f"[{_VOWELS}]")

_GERUND = re.compile(r"(?:(?<=[ая])(?:в|вши|вшись)|(?:ив|ивши|ившись|ыв|ывши|ывшись))$")
_REFLEXIVE = re.compile(r"(?:ся|сь)$")
_ADJECTIVE = re.compile(r"(?:ее|ие|ые|ое|ими|ыми|ей|ий|ый|ой|ем|им|ым|ом|его|ого|ему|ому|их|ых|ую|юю|ая|яя|ою|ею)$")
_PARTICIPLE = re.compile(r"(?:(?<=[ая])(?:ем|нн|вш|ющ|щ)|(?:ивш|ывш|ующ))$")
_VERB = re.compile(
    r"(?:(?<=[ая])(?:ла|на|ете|йте|ли|й|л|ем|н|ло|но|ет|ют|ны|ть|ешь|нно)"
    r"|(?:ила|ыла|ена|ейте|уйте|ите|или|ыли|ей|уй|ил|ыл|им|ым|ен|ило|ыло|ено|ят|ует|уют|ит|ыт|ены|ить|ыть|ишь|ую|ю))$"
)
_NOUN = re.compile(
    r"(?:а|ев|ов|ие|ье|е|иями|ями|ами|еи|ии|и|ией|ей|ой|ий|й|иям|ям|ием|ем|ам|ом|о|у|ах|иях|ях|ы|ь|ию|ью|ю|ия|ья|я)$"
)
_DERIVATIONAL = re.compile(r"ость?$")
_SUPERLATIVE = re.compile(r"ейше?$")


def stem_russian(word: str) -> str:
    """Return the stem of a lower-case Russian word whose `ё` is written `е`."""
    vowel = _RV.search(word)
    if vowel is None:
        return word
    head, tail = word[: vowel.end()], word[vowel.end() :]
    tail = _ending(tail).removesuffix("и")
    r2 = _region_2(word)
    found = _DERIVATIONAL.search(tail)
    if found and len(head) + found.start() >= r2:
        tail = tail[: found.start()]
    return head + _tidy(tail)


def _ending(tail: str) -> str:
    """Step 1: a gerund's ending; else the reflexive one and then an adjective's, a verb's or a noun's."""
    stripped, is_found = _cut(_GERUND, tail)
    if is_found:
        return stripped
    tail, _ = _cut(_REFLEXIVE, tail)
    stripped, is_found = _cut(_ADJECTIVE, tail)
    if is_found:
        return _cut(_PARTICIPLE, stripped)[0]
    stripped, is_found = _cut(_VERB, tail)
    return stripped if is_found else _cut(_NOUN, tail)[0]


def _tidy(tail: str) -> str:
    """Step 4: a doubled `н`, a superlative, or a soft sign."""
    if tail.endswith("нн"):
        return tail[:-1]
    stripped, is_found = _cut(_SUPERLATIVE, tail)
    if is_found:
        return stripped[:-1] if stripped.endswith("нн") else stripped
    return tail.removesuffix("ь")


def _region_2(word: str) -> int:
    first = _R1.search(word)
    second = _R1.search(word, first.end()) if first else None
    return second.end() if second else len(word)


def _cut(ending: re.Pattern[str], tail: str) -> tuple[str, bool]:
    found = ending.search(tail)
    return (tail[: found.start()], True) if found else (tail, False)
