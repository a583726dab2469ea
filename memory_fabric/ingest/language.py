"""Which natural language a text is written in: by script first, by small words second."""

from __future__ import annotations

import re

__all__ = ["natural_language"]

_SAMPLE = 2_000
"""Characters that are looked at; more would not change the answer."""

_MARKUP = re.compile(r"`[^`\n]*`|https?://\S+|[\w./-]*[_/][\w./-]*|\w+\.\w+(?:\(\))?")
"""Code, links and paths in a sentence say nothing of its language."""

_CYRILLIC = re.compile(r"[а-яёіїєґА-ЯЁІЇЄҐ]")
_LATIN = re.compile(r"[a-zA-ZÀ-ÿ]")
_OTHER = {
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
}
_UKRAINIAN = re.compile(r"[іїєґІЇЄҐ]")
_WORD = re.compile(r"[a-zà-ÿß]+")
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


def natural_language(text: str) -> str:
    """Return an ISO 639-1 code, or `und` where there is too little to tell.

    Latin text without a majority of another language's small words counts as English: technical prose is full of
    English words, and the English analyzer does it no harm.
    """
    sample = _MARKUP.sub(" ", text[:_SAMPLE])
    cyrillic, latin = len(_CYRILLIC.findall(sample)), len(_LATIN.findall(sample))
    for code, script in _OTHER.items():
        if (count := len(script.findall(sample))) > cyrillic and count * 3 > latin:
            # Japanese is written with Chinese characters too; its own letters decide
            return "ja" if code == "zh" and _OTHER["ja"].search(sample) else code
    if cyrillic == 0 and latin < 3:
        return "und"
    # Russian prose about programs is full of Latin names: a third of Cyrillic is enough
    if cyrillic * 2 >= latin:
        return "uk" if len(_UKRAINIAN.findall(sample)) * 50 > cyrillic else "ru"
    return _latin_language(sample)


def _latin_language(sample: str) -> str:
    words = _WORD.findall(sample.lower())
    counts = {code: sum(word in small for word in words) for code, small in _SMALL.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] > counts["en"] * 1.5 and counts[best] * 8 >= len(words) else "en"
