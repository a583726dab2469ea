"""The part of a fragment that shows why it was found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

__all__ = ["QueryWords", "cut_snippet", "query_words"]

_WORD = re.compile(r"\w+")
_STEM_CHARS = 5
_ENDING_CHARS = 4
"""Words that share this many first letters may be the same; they surely are where no more than an ending differs."""

QueryWords = Mapping[str, frozenset[str]]
"""Words of a query that are worth marking, in lower case, by their first letters."""

_Match = tuple[int, int, str]


def query_words(text: str) -> QueryWords:
    """Return the words of a query that are worth marking."""
    words: dict[str, set[str]] = {}
    for word in _WORD.findall(text.casefold()):
        if len(word) > 2:
            words.setdefault(word[:_STEM_CHARS], set()).add(word)
    return {stem: frozenset(those) for stem, those in words.items()}


def cut_snippet(text: str, words: QueryWords, max_chars: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the window of `text` with the most different query words, and where they stand in it.

    A word that only begins like one of the query counts where the text has no better one: BM25 has decided already.

    Args:
        text: The fragment.
        words: From `query_words`.
        max_chars: Wanted length; the window is widened to whole lines where they fit.

    Returns:
        The snippet and character ranges of its matches.
    """
    matches = _matches(text, words)
    start, end = (0, len(text)) if len(text) <= max_chars else _best_window(text, matches, max_chars)
    while start < end and text[start].isspace() and text[start] != "\t":
        start += 1
    # the first line keeps its indentation, so that code stays readable
    line_start = text.rfind("\n", 0, start) + 1
    if not text[line_start:start].strip():
        start = line_start
    snippet = text[start:end].rstrip()
    marks = tuple((a - start, b - start) for a, b, _ in matches if a >= start and b - start <= len(snippet))
    return snippet, marks


def _matches(text: str, words: QueryWords) -> list[_Match]:
    found: list[_Match] = []
    sure: list[_Match] = []
    for match in _WORD.finditer(text):
        stem = match[0][:_STEM_CHARS].casefold()
        if (wanted := words.get(stem)) is not None:
            entry = (match.start(), match.end(), stem)
            found.append(entry)
            if _is_form(match[0].casefold(), wanted):
                sure.append(entry)
    stems = {stem for *_, stem in sure}
    return sorted([*sure, *(entry for entry in found if entry[2] not in stems)])


def _is_form(word: str, wanted: frozenset[str]) -> bool:
    return any(
        word[:kept] == other[:kept] for other in wanted for kept in (max(len(word), len(other)) - _ENDING_CHARS,)
    )


def _best_window(text: str, matches: list[_Match], max_chars: int) -> tuple[int, int]:
    best = _densest(matches, max_chars)
    start = max(0, best - max_chars // 6)
    reach = max(0, start - 120)
    line = text.rfind("\n", reach, best) + 1
    # a line begins at the last break, or at the text's own beginning when that is near; else in mid-sentence
    start = line if line or not reach else _word_start(text, start)
    end = min(len(text), start + max_chars)
    if end < len(text):
        break_at = max(text.rfind("\n", start + max_chars // 2, end), text.rfind(" ", end - 40, end))
        end = break_at if break_at > start else end
    return start, end


def _densest(matches: list[_Match], max_chars: int) -> int:
    """Return where the window with the most different stems begins, then with the most matches, then the first."""
    best, best_value = 0, -1
    inside: Counter[str] = Counter()
    size = ahead = 0
    for place, (begin, _, stem) in enumerate(matches):
        # a word longer than the window is not inside its own
        ahead = max(ahead, place)
        while ahead < len(matches) and matches[ahead][1] <= begin + max_chars:
            inside[matches[ahead][2]] += 1
            size += 1
            ahead += 1
        value = len(inside) * 100 + size
        if value > best_value:
            best, best_value = begin, value
        if ahead > place:
            size -= 1
            inside[stem] -= 1
            if not inside[stem]:
                del inside[stem]
    return best


def _word_start(text: str, position: int) -> int:
    space = text.find(" ", position, position + 40)
    return space + 1 if position > 0 and space >= 0 else position
