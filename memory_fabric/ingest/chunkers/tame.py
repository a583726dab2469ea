"""Whether a text may be given to a parser: some texts, made to do harm, bring the parser's native code down.

Found by trying long repetitions on the grammars: tens of thousands of open brackets overflow the stack while the parser
recovers from an error, and so do too many open heredocs in Ruby. Neither can be caught from Python, so such a text is
told beforehand, by counting; no program that people write comes near.
"""

from __future__ import annotations

import re

__all__ = ["is_tame"]

_MAX_DEPTH = 1_000
"""Brackets open at once; parsers crash from about 15,000 on and slow down before."""

_MAX_HEREDOCS = 1_000
"""Openers of heredocs in a file of a language that has them; Ruby's scanner crashes above 8,000."""

_MAX_UNCLOSED = 1_000
"""Openers of comments and tags beyond the number of what closes them."""

_OPEN = b"([{"
_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
_HEREDOC = re.compile(rb"<<[-~]?[\"'`]?[A-Za-z_]")
_WITH_HEREDOCS = frozenset({"tree_sitter_bash", "tree_sitter_php", "tree_sitter_ruby"})


def is_tame(source: bytes, module: str) -> bool:
    """Return whether a parser will survive the text; takes linear time.

    Args:
        source: UTF-8.
        module: Import name of the grammar.
    """
    if source.count(b"<!--") - source.count(b"-->") > _MAX_UNCLOSED:
        return False
    if module in _WITH_HEREDOCS and _has_over(_HEREDOC, source, _MAX_HEREDOCS):
        return False
    return not _is_deep(source)


def _has_over(pattern: re.Pattern[bytes], source: bytes, limit: int) -> bool:
    return any(number > limit for number, _ in enumerate(pattern.finditer(source), 1))


def _is_deep(source: bytes) -> bool:
    depth = 0
    for bracket in source.translate(None, _NO_BRACKETS):
        if bracket in _OPEN:
            depth += 1
            if depth > _MAX_DEPTH:
                return True
        elif depth:
            depth -= 1
    return False
