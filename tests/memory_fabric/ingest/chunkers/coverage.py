"""What must hold for the spans of any document, and texts to try it on."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from memory_fabric.records import ChunkSpan
from tests.memory_fabric.ingest.chunkers.samples import SAMPLES

__all__ = ["assert_covers", "mangled", "pieces_of_code", "texts"]

_BITS = [
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\u2028",
    "\x0b",
    "\x00",
    "\ufeff",
    " ",
    "\t",
    "# Заголовок\n",
    "=====\n",
    "-----\n",
    "Title\n",
    "```\n",
    "~~~ python\n",
    "---\n",
    "| a | b |\n",
    "- item\n",
    "def f(x):\n",
    "class Ж:\n",
    "    return 'ünïcödé 😀'\n",
    "}\n",
    "{",
    "/* open",
    "*/",
    '"""',
    "<div id='x'>",
    "</div>",
    "word " * 60,
    "слово. " * 40,
    "日本語。" * 50,
    "x" * 300,
    "😀" * 90,
]

texts = st.lists(st.one_of(st.sampled_from(_BITS), st.text(max_size=20)), max_size=25).map("".join)
"""Any text: line ends of every kind, marks of every chunker, long lines, letters of many scripts."""


def assert_covers(text: str, spans: Sequence[ChunkSpan], max_chars: int) -> None:
    """Check that nothing is lost or doubled, that lines are right, and that no span is too long."""
    assert "".join(text[span.start : span.end] for span in spans) == text
    position = 0
    for span in spans:
        assert span.start == position
        assert 0 < span.end - span.start <= max_chars
        assert span.line_start == text.count("\n", 0, span.start) + 1
        assert span.line_end == text.count("\n", 0, span.end - 1) + 1
        position = span.end


def mangled(source: str, seed: int) -> str:
    """Return a program broken at random: parts left out, doubled and moved, letters of other scripts put in."""
    chance = random.Random(seed)
    cuts = sorted(chance.randrange(len(source) + 1) for _ in range(chance.randrange(1, 6)))
    parts = [source[a:b] for a, b in zip([0, *cuts], [*cuts, len(source)], strict=True)]
    chance.shuffle(parts)
    return "".join(part + chance.choice(["", "", "é😀", "\r", "\n", "{", "'''", part]) for part in parts)


pieces_of_code = st.builds(
    lambda name, seed: (name, mangled(SAMPLES[name].source, seed)), st.sampled_from(sorted(SAMPLES)), st.integers(0)
)
"""A language and a broken program in it."""
