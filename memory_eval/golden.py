"""Golden sets: questions, each with the passages that answer it.

A set is one JSON-lines file. The first line describes the set and its corpus, every other line is a question:

    {"set": "cairn", "about": "…", "corpus": "repository", "language": "en", "files": ["docs", "memory_fabric"]}
    {"id": "q1", "text": "…", "passages": [{"path": "docs/architecture.md", "contains": "words that stand in it"}]}

A passage is a file and words that occur in exactly one place of it: line numbers would rot with every edit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from memory_eval.errors import GoldenSetError

__all__ = ["GoldenSet", "Passage", "Question", "is_shipped_set", "list_sets", "load_set"]

_T = TypeVar("_T")

FOLDER = Path(__file__).parent / "golden"

_SetName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]+\Z", max_length=100)]
"""Reports are filed under it, so it must be fit for the name of a file."""


class Passage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place that answers a question."""

    path: str
    """Relative to the corpus."""
    contains: str
    """Words of the place, as they stand there; found with white space folded."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question and every passage that answers it."""

    id: str
    text: str
    passages: tuple[Passage, ...]


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    set: _SetName
    about: str
    corpus: str
    language: str
    files: tuple[str, ...] = ()


class GoldenSet(msgspec.Struct, frozen=True):
    """A loaded set."""

    name: str
    about: str
    corpus: str
    """Name of the corpus; `memory_eval.corpora` knows where it lies."""
    language: str
    questions: tuple[Question, ...]
    files: tuple[str, ...] = ()
    """Files and folders of the corpus to index; empty means all of it."""


def list_sets() -> list[str]:
    """Return the names of the shipped sets."""
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def is_shipped_set(name: str) -> bool:
    """Return whether a name is that of a shipped set; any other is the path of a file."""
    return name in list_sets()


def load_set(name: str) -> GoldenSet:
    """Return a shipped set by name, or one by the path of its file.

    Raises:
        GoldenSetError: It does not exist or a line is malformed.
    """
    path = FOLDER / f"{name}.jsonl" if is_shipped_set(name) else Path(name)
    if not (name.endswith(".jsonl") or is_shipped_set(name)) or not path.is_file():
        raise GoldenSetError("set", f"no golden set `{name}`", fix=f"one of {', '.join(list_sets())}")
    lines = path.read_bytes().splitlines()
    header = _decode(lines[0], _Header, path, 1) if lines else None
    if header is None:
        raise GoldenSetError("set", f"`{path}` is empty")
    questions = [_decode(line, Question, path, n) for n, line in enumerate(lines[1:], 2) if line.strip()]
    if doubled := len(questions) - len({question.id for question in questions}):
        raise GoldenSetError("set", f"`{path}`: {doubled} question ids occur twice")
    return GoldenSet(header.set, header.about, header.corpus, header.language, tuple(questions), header.files)


def _decode(line: bytes, kind: type[_T], path: Path, number: int) -> _T:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise GoldenSetError("set", f"{path}:{number}: {error}") from error
