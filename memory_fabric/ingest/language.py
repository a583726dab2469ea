"""Which natural language a text is written in: by script first, by small words second."""

from __future__ import annotations

import re

__all__ = ["natural_language"]

_SAMPLE_CHARS = 600
"""Characters whose words are looked at; more would not change the answer and this runs for every fragment."""

_SAMPLE_LETTERS = 160
"""Characters, evenly spaced over the whole text, whose scripts are counted."""

_MARKUP = re.compile(r"`[^`\n]*`|https?://\S+|[\w./-]*[_/][\w./-]*|\w+\.\w+(?:\(\))?")
"""Code, links and paths in a sentence say nothing of its language.

It takes the square of a text's length, and so is given no more than `_SAMPLE_CHARS` characters.
"""

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NO_LEADS = bytes(range(0xC0))

_CYRILLIC_LEADS = bytes((0xD0, 0xD1, 0xD2, 0xD3))
_OTHER_LEADS = {
    "el": bytes((0xCD, 0xCE, 0xCF)),
    "he": bytes((0xD6, 0xD7)),
    "ar": bytes((0xD8, 0xD9, 0xDA, 0xDB)),
    "hi": bytes((0xE0,)),
    "zh": bytes((0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9)),
    "ko": bytes((0xEA, 0xEB, 0xEC, 0xED)),
}
"""First bytes of a script's letters in UTF-8 (Unicode 16, chapter 3.9): counting bytes is the quickest way to know."""

_KANA = re.compile(r"[\u3041-\u30ff]")
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")
_THAI = re.compile(r"[\u0e01-\u0e4e]")

_SMALL = {
    "en": frozenset(
        "the of and to in is that for it with as on are be this by an or from at not have was but you "
        "can which will how what when where why who does do if has there their we use used".split()
    ),
    "de": frozenset("der die das und ist nicht ein eine zu den von mit für auf dem sich des im wird werden".split()),
    "fr": frozenset("le la les des et est une un dans pour que qui sur pas avec ce par plus sont du".split()),
    "es": frozenset("el la los las de y es una un en que por con para se del no como su al".split()),
    "it": frozenset("il la le di e che un una per non con del della sono è gli dei nel".split()),
    "pt": frozenset("o os as de e que um uma para não com do da em no na por se mais".split()),
    "nl": frozenset("de het een en van is dat in op te met voor niet zijn aan er".split()),
}
_ANY_SMALL = frozenset().union(*_SMALL.values())


def natural_language(text: str) -> str:
    """Return an ISO 639-1 code, or `und` where there is too little to tell.

    Latin text without a majority of another language's small words counts as English: technical prose is full of
    English words, and the English analyzer does it no harm.
    """
    if text.isascii():
        return _latin_language(text[:_SAMPLE_CHARS])
    data = text[:: len(text) // _SAMPLE_LETTERS + 1].encode("utf-8", "surrogatepass")
    leads = data.translate(None, _NO_LEADS)
    cyrillic = len(leads) - len(leads.translate(None, _CYRILLIC_LEADS))
    latin = len(data) - len(data.translate(None, _LETTERS))
    if len(leads) > cyrillic:
        other, count = _other_script(text, leads)
        if count > cyrillic and count * 3 > latin:
            return other
    # Russian prose about programs is full of Latin names: a third of Cyrillic is enough
    if cyrillic and (cyrillic * 2 >= latin or (cyrillic * 10 >= latin and _is_cyrillic(text[:_SAMPLE_CHARS]))):
        return _cyrillic_language(text[:_SAMPLE_CHARS])
    return _latin_language(text[:_SAMPLE_CHARS])


def _other_script(text: str, leads: bytes) -> tuple[str, int]:
    """Return the language of the commonest script that is neither Latin nor Cyrillic, and its letters."""
    if max(leads) < min(_OTHER_LEADS["el"]):
        return "und", 0
    counts = {code: len(leads) - len(leads.translate(None, marks)) for code, marks in _OTHER_LEADS.items()}
    code = max(counts, key=lambda name: counts[name])
    count = counts[code]
    if code == "zh":
        # Japanese is written with Chinese characters too; its own letters decide
        code = "ja" if _KANA.search(text) else "zh"
    elif code == "hi" and not _DEVANAGARI.search(text):
        code = "th" if _THAI.search(text) else "und"
    return code, count


def _is_cyrillic(sample: str) -> bool:
    """Whether Cyrillic prevails once code, links and paths are left out."""
    data = _MARKUP.sub(" ", sample[:_SAMPLE_CHARS]).encode("utf-8", "surrogatepass")
    latin = len(data) - len(data.translate(None, _LETTERS))
    cyrillic = len(data) - len(data.translate(None, _CYRILLIC_LEADS))
    return cyrillic > 0 and cyrillic * 2 >= latin


def _cyrillic_language(sample: str) -> str:
    """Tell the languages of one script by letters that only some of them have."""
    count = sample.lower().count
    letters = len(sample) - sample.count(" ")
    if count("ў") * 100 > letters:
        return "be"
    if (count("і") + count("ї") + count("є") + count("ґ")) * 50 > letters:
        return "uk"
    if (count("ј") + count("љ") + count("њ") + count("ћ") + count("ђ")) * 50 > letters:
        return "sr"
    if count("ъ") * 80 > letters and not (count("ы") or count("э") or count("ё")):
        return "bg"
    return "ru"


def _latin_language(sample: str) -> str:
    lowered = sample.lower()
    words = lowered.split()
    small = _ANY_SMALL.intersection(words)
    if not small:
        return "en" if _has_letters(lowered) else "und"
    counts = {code: len(small & own) for code, own in _SMALL.items()}
    best = max(counts, key=lambda code: counts[code])
    if best == "en" or counts[best] <= counts["en"] * 1.5:
        return "en"
    hits = sum(map(_SMALL[best].__contains__, words))
    return best if hits * 8 >= len(words) else "en"


def _has_letters(lowered: str) -> bool:
    """Whether three letters or more stand in a text: fewer say nothing."""
    data = lowered.encode("utf-8", "surrogatepass")
    return len(data) - len(data.translate(None, _LETTERS)) >= 3
