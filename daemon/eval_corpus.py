"""What an evaluation may read: the shipped sets read what they name, a set of the user's own what may be indexed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from foundation.errors import InputError
from memory_eval.corpora import corpus_folder, is_shipped_corpus
from memory_eval.errors import GoldenSetError
from memory_eval.golden import GoldenSet, is_shipped_set, load_set
from memory_fabric.config import IngestConfig
from memory_fabric.ingest.roots import allowed_roots

__all__ = ["Admitted", "admit", "admit_files", "digest_of"]


class Admitted(msgspec.Struct, frozen=True):
    """A set whose every path was looked at."""

    golden: GoldenSet
    corpus: Path
    paths: tuple[str, ...]
    """What is indexed."""
    limits: IngestConfig
    """By which it is indexed."""
    memory: str
    """Name of the memory of this corpus and these files; nothing of it comes from the client."""
    report: str
    """Name of the set's reports: a set of the user's own never replaces a shipped one's."""


def admit(name: str, limits: IngestConfig, private: Iterable[Path]) -> Admitted:
    """Load a set and look at all that it would read.

    Args:
        name: Of a shipped set, or the path of a file.
        limits: The user's own.
        private: Folders of the daemon, denied to sets of the user's own beside the configured ones.

    Raises:
        GoldenSetError: There is no such set, or it leads to where nothing may be indexed.
    """
    anywhere = msgspec.structs.replace(limits, roots=("/",))
    if is_shipped_set(name):
        golden = load_set(name)
        corpus = corpus_folder(golden.corpus)
        return _admitted(golden, corpus, anywhere, golden.name)
    guarded = msgspec.structs.replace(limits, denied=(*limits.denied, *map(str, private)))
    if Path(name).exists():
        _look([name], guarded)
    golden = load_set(name)
    corpus = corpus_folder(golden.corpus)
    if is_shipped_corpus(golden.corpus):
        # it ships with Cairn and holds no secret, wherever it lies
        guarded = msgspec.structs.replace(anywhere, roots=(str(corpus),))
    _look([str(corpus)], guarded)
    named = [*golden.files, *(passage.path for question in golden.questions for passage in question.passages)]
    inner = sorted({str(corpus / path) for path in named if (corpus / path).exists()})
    for path in inner:
        if not Path(path).resolve().is_relative_to(corpus.resolve()):
            raise GoldenSetError("set", f"`{path}` lies outside its corpus `{corpus}`", fix="name files of the corpus")
    _look(inner, guarded)
    return _admitted(golden, corpus, guarded, f"{golden.name}-{digest_of(str(Path(name).resolve()))}")


def admit_files(paths: Iterable[str], limits: IngestConfig, private: Iterable[Path], *, field: str) -> list[Path]:
    """Return the files and folders of a benchmark, each of which the user allowed to be indexed.

    Raises:
        InputError: One does not exist, or lies where nothing may be indexed; names the field.
    """
    guarded = msgspec.structs.replace(limits, denied=(*limits.denied, *map(str, private)))
    try:
        return allowed_roots(list(paths), guarded)
    except InputError as error:
        raise InputError(field, error.message.removeprefix("`paths`: "), fix=error.fix) from error


def _look(paths: list[str], limits: IngestConfig) -> None:
    if not paths:
        return
    try:
        allowed_roots(paths, limits)
    except InputError as error:
        raise GoldenSetError("set", error.message.removeprefix("`paths`: "), fix=error.fix) from error


def _admitted(golden: GoldenSet, corpus: Path, limits: IngestConfig, report: str) -> Admitted:
    paths = [str(corpus / name) for name in golden.files if (corpus / name).exists()] or [str(corpus)]
    return Admitted(golden, corpus, tuple(paths), limits, digest_of(str(corpus.resolve()), *golden.files), report)


def digest_of(*texts: str) -> str:
    """Return a short name of some texts that no text can choose."""
    return hashlib.blake2b(b"\0".join(map(os.fsencode, texts)), digest_size=12).hexdigest()
