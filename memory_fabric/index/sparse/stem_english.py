"""English stems in pure Python.

Source: M. F. Porter's description of the English (Porter2) stemming algorithm with the exceptions
of Snowball 3, snowballstem.org/algorithms/english/stemmer.html.
"""

from __future__ import annotations

import re

__all__ = ["stem_english"]

_V = "aeiouy"
_REGION = re.compile(f"[{_V}][^{_V}]")
_R1_PREFIXES = tuple("gener commun arsen past univers later emerg organ inter".split())
_DOUBLES = ("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt")
_LI_BEFORE = "cdeghkmnrt"

_WHOLE = {
    "skis": "ski", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "idly": "idl", "gently": "gentl",
    "ugly": "ugli", "early": "earli", "only": "onli", "singly": "singl",
    **{word: word for word in "sky news howe atlas cosmos bias andes".split()},
}  # fmt: skip
_AFTER_1A = frozenset("inning outing canning herring earring proceed exceed succeed".split())

_STEP_2 = {
    "ization": "ize", "ational": "ate", "ousness": "ous", "iveness": "ive", "fulness": "ful", "tional": "tion",
    "lessli": "less", "biliti": "ble", "entli": "ent", "ation": "ate", "alism": "al", "aliti": "al", "fulli": "ful",
    "ousli": "ous", "iviti": "ive", "enci": "ence", "anci": "ance", "abli": "able", "izer": "ize", "ator": "ate",
    "alli": "al", "bli": "ble",
}  # fmt: skip
_STEP_3 = {
    "ational": "ate", "tional": "tion", "alize": "al", "icate": "ic", "iciti": "ic", "ical": "ic", "ness": "",
    "ful": "",
}  # fmt: skip
_STEP_4 = sorted(
    "al ance ence er ic able ible ant ement ment ent ism ate iti ous ive ize".split(), key=len, reverse=True
)


def stem_english(word: str) -> str:
    """Return the stem of a lower-case English word without apostrophes."""
    if word in _WHOLE:
        return _WHOLE[word]
    if len(word) <= 2:
        return word
    word = _mark_consonant_y(word)
    r1 = _region_1(word)
    r2 = _next_region(word, r1)
    word = _step_1a(word)
    if word in _AFTER_1A:
        return word
    word = _step_1c(_step_1b(word, r1))
    word = _step_3(_step_2(word, r1), r1, r2)
    return _step_5(_step_4(word, r2), r1, r2).replace("Y", "y")


def _mark_consonant_y(word: str) -> str:
    """Write `Y` for a `y` that begins the word or follows a vowel: it is a consonant."""
    letters = list(word)
    for i, letter in enumerate(letters):
        if letter == "y" and (i == 0 or letters[i - 1] in _V):
            letters[i] = "Y"
    return "".join(letters)


def _region_1(word: str) -> int:
    for prefix in _R1_PREFIXES:
        if word.startswith(prefix):
            return len(prefix)
    return _next_region(word, 0)


def _next_region(word: str, start: int) -> int:
    found = _REGION.search(word, start)
    return found.end() if found else len(word)


def _has_vowel(text: str) -> bool:
    return any(letter in _V for letter in text)


def _ends_short(word: str) -> bool:
    """Whether a word ends in a short syllable; `past` counts as one, so that `paste` is not cut to it."""
    if word.endswith("past"):
        return True
    if len(word) == 2:
        return word[0] in _V and word[1] not in _V
    return len(word) > 2 and word[-1] not in "aeiouywxY" and word[-2] in _V and word[-3] not in _V


def _step_1a(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith(("ied", "ies")):
        return word[:-2] if len(word) > 4 else word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")) and _has_vowel(word[:-2]):
        return word[:-1]
    return word


def _step_1b(word: str, r1: int) -> str:
    for ending in ("eedly", "eed"):
        if word.endswith(ending):
            return word[: -len(ending)] + "ee" if len(word) - len(ending) >= r1 else word
    for ending in ("ingly", "edly", "ing", "ed"):
        if word.endswith(ending):
            stem = word[: -len(ending)]
            return _mend(stem, r1) if _has_vowel(stem) else word
    return word


def _mend(stem: str, r1: int) -> str:
    if stem.endswith(("at", "bl", "iz")):
        return stem + "e"
    if stem.endswith(_DOUBLES):
        # `add`, `egg` and `off` are words of their own
        return stem if len(stem) == 3 and stem[0] in "aeo" else stem[:-1]
    return stem + "e" if len(stem) <= r1 and _ends_short(stem) else stem


def _step_1c(word: str) -> str:
    return word[:-1] + "i" if len(word) > 2 and word[-1] in "yY" and word[-2] not in _V else word


def _step_2(word: str, r1: int) -> str:
    for ending, other in _STEP_2.items():
        if word.endswith(ending):
            return word[: -len(ending)] + other if len(word) - len(ending) >= r1 else word
    if word.endswith("ogi"):
        return word[:-1] if len(word) - 3 >= r1 and word[-4:-3] == "l" else word
    if word.endswith("li") and len(word) - 2 >= r1 and word[-3:-2] and word[-3] in _LI_BEFORE:
        return word[:-2]
    return word


def _step_3(word: str, r1: int, r2: int) -> str:
    for ending, other in _STEP_3.items():
        if word.endswith(ending):
            return word[: -len(ending)] + other if len(word) - len(ending) >= r1 else word
    return word[:-5] if word.endswith("ative") and len(word) - 5 >= r2 else word


def _step_4(word: str, r2: int) -> str:
    for ending in _STEP_4:
        if word.endswith(ending):
            return word[: -len(ending)] if len(word) - len(ending) >= r2 else word
    return word[:-3] if word.endswith(("sion", "tion")) and len(word) - 3 >= r2 else word


def _step_5(word: str, r1: int, r2: int) -> str:
    if word.endswith("e"):
        place = len(word) - 1
        return word[:-1] if place >= r2 or (place >= r1 and not _ends_short(word[:-1])) else word
    return word[:-1] if word.endswith("ll") and len(word) - 1 >= r2 else word
