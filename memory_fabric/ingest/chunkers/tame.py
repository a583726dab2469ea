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

_MAX_SIGNS = 4_000
"""Operators in one statement; parsers crash from about 30,000 on, such as `a<b,a<b,…` in Java, C# and TypeScript."""

_SIGNS = b"<>=*/%!&|"
_NO_SIGNS = bytes(set(range(256)) - set(_SIGNS + b";{}\n"))
_STATEMENT_END = re.compile(rb"[;{}]")
_LINE_END = re.compile(rb"[;{}\n]")
_BY_LINES = frozenset({"tree_sitter_bash", "tree_sitter_python", "tree_sitter_ruby"})
_FLAT = frozenset({"tree_sitter_css", "tree_sitter_html", "tree_sitter_sql"})
"""Grammars without operators; they survived every repetition."""

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
    return module in _FLAT or not (_is_deep(source) or _has_endless_statement(source, module))


def _has_over(pattern: re.Pattern[bytes], source: bytes, limit: int) -> bool:
    return any(number > limit for number, _ in enumerate(pattern.finditer(source), 1))


def _has_endless_statement(source: bytes, module: str) -> bool:
    end = _LINE_END if module in _BY_LINES else _STATEMENT_END
    # a preprocessor's line is a statement, and long lists of them are common
    signs = source.replace(b"\n#", b";").translate(None, _NO_SIGNS)
    return any(len(run) > _MAX_SIGNS and run.count(b"\n") + _MAX_SIGNS < len(run) for run in end.split(signs))


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
