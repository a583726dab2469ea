"""The scan itself: every file of a profile is read, by a process that asks nobody and shares nothing with the daemon.

Not by the daemon: SQLite loses its locks on a file when any descriptor of it is closed in the same process.
Source: sqlite.org/howtocorrupt.html, 2.2.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from memory_fabric.erasure.decoders import codes_of, is_packed, refused, unpacked
from memory_fabric.erasure.dictionaries import dictionaries_below, left_over, left_terms
from memory_fabric.erasure.job import Finding, Job, PlaceReport, ScanProgress, ScanReport
from memory_fabric.erasure.windows import Matcher, windows_of

__all__ = ["Scanner"]

_PIECE = 1 << 20
_OVERLAP = 64
"""More than the longest pattern, so that one across two pieces is seen."""
_VECTOR_BYTES = 32
_VECTOR_SAMPLES = 4
_UTF16_EVERY = 2
_CODE_STEP, _SAME_CODES = 16, 0.95
_MOST_FINDINGS = 1_000
_SHOWN_EVERY_S = 0.2

_Show = Callable[[ScanProgress], None]


class Scanner:
    """One audit.

    Args:
        job: What to look for, and where.
        show: Told how far it is.
    """

    def __init__(self, job: Job, show: _Show) -> None:
        self._job = job
        self._show = show
        self._patterns: list[bytes] = []
        self._kinds: list[str] = []
        self._owners: list[int] = []
        self._findings: list[Finding] = []
        self._found: dict[str, set[object]] = defaultdict(set)
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._unread: dict[str, list[str]] = defaultdict(list)
        self._shown_at = 0.0

    def run(self) -> ScanReport:
        """Look, and return what was seen."""
        started = time.monotonic()
        texts = self._distinctive()
        vectors, shared = self._vectors()
        heard = {self._job.owners[n] for n in texts} | {vectors_owner.owner for vectors_owner in vectors}
        self._add_texts(texts)
        self._add_vectors([np.frombuffer(needle.numbers, "<f4") for needle in vectors], [v.owner for v in vectors])
        matcher = Matcher(self._patterns)
        files = self._files()
        total, done = sum(size for _, size in files), 0
        for path, size in files:
            self._look(matcher, path)
            done += size
            self._tell(done, total, path)
        folders = sorted({path.parent for path, _ in files})
        self._ask_dictionaries(folders)
        self._compare_codes(folders, vectors)
        owners = set(self._job.owners) - {-1}
        return ScanReport(
            places=tuple(self._report(name) for name in dict.fromkeys(place.name for place in self._job.places)),
            findings=tuple(self._findings),
            patterns=len(self._patterns),
            common=len(self._job.patterns) - len(texts),
            vectors=len(vectors),
            shared_vectors=shared,
            terms=sum(map(len, self._job.terms.values())),
            silent=len(owners - heard),
            took_s=time.monotonic() - started,
        )

    def _report(self, name: str) -> PlaceReport:
        counts = self._counts[name]
        return PlaceReport(
            name, counts["files"], counts["bytes"], counts["unpacked"], counts["terms"], len(self._found[name]),
            tuple(self._unread[name]),
        )  # fmt: skip

    def _tell(self, done: int, total: int, path: Path) -> None:
        if time.monotonic() - self._shown_at > _SHOWN_EVERY_S:
            self._shown_at = time.monotonic()
            self._show(ScanProgress(done, total, path.name))

    # ---- what to look for -------------------------------------------------------------------------------------

    def _distinctive(self) -> list[int]:
        """Return the patterns that stand in nothing that stays."""
        matcher = Matcher(self._job.patterns)
        common: set[int] = set()
        for text in self._staying():
            common.update(number for number, _ in matcher.found_in(text))
        return [number for number in range(len(self._job.patterns)) if number not in common]

    def _staying(self) -> Iterator[bytes]:
        yield from self._job.texts
        for stays in self._job.stays:
            with closing(sqlite3.connect(f"{Path(stays.database).as_uri()}?mode=ro", uri=True)) as database:
                # what is damaged or half a character is a text all the same
                database.text_factory = bytes
                if stays.truth:
                    database.execute("ATTACH DATABASE ? AS truth", (f"{Path(stays.truth).as_uri()}?mode=ro",))
                yield from _joined(database.execute(stays.sql))

    def _vectors(self) -> tuple[list[Any], int]:
        """Return the vectors to look for, and how many are left out because a fragment that stays has the same."""
        wanted = {np.frombuffer(v.numbers, "<f4").astype("<f2").tobytes() for v in self._job.vectors}
        shared: set[bytes] = set()
        if wanted and Path(self._job.cache).exists():
            sql = "SELECT vector FROM vectors WHERE hash IN (SELECT content_hash FROM truth.chunks)"
            with closing(sqlite3.connect(f"{Path(self._job.cache).as_uri()}?mode=ro", uri=True)) as database:
                database.execute("ATTACH DATABASE ? AS truth", (f"{Path(self._job.store).as_uri()}?mode=ro",))
                shared = {row[0] for row in database.execute(sql) if row[0] in wanted}
        kept = [v for v in self._job.vectors if np.frombuffer(v.numbers, "<f4").astype("<f2").tobytes() not in shared]
        return kept, len(self._job.vectors) - len(kept)

    def _add(self, pattern: bytes, kind: str, owner: int) -> None:
        # the matcher takes windows that tell something from nothing
        if windows_of(pattern[:16], 16):
            self._patterns.append(pattern)
            self._kinds.append(kind)
            self._owners.append(owner)

    def _add_texts(self, numbers: Sequence[int]) -> None:
        for place, number in enumerate(numbers):
            pattern, owner = self._job.patterns[number], self._job.owners[number]
            self._add(pattern, "text", owner)
            if place % _UTF16_EVERY == 0:
                text = pattern.decode("utf-8", "ignore")
                for encoding in ("utf-16-le", "utf-16-be"):
                    if len(wide := text.encode(encoding)) >= _OVERLAP // 4:
                        self._add(wide, "utf-16", owner)

    def _add_vectors(self, vectors: Sequence[Any], owners: Sequence[int]) -> None:
        for vector, owner in zip(vectors, owners, strict=True):
            for form in ("<f4", "<f2"):
                content = vector.astype(form).tobytes()
                # the whole of the last one counts too: a page may cut a vector anywhere
                step = max((len(content) - _VECTOR_BYTES) // (_VECTOR_SAMPLES - 1), _VECTOR_BYTES)
                for start in range(0, len(content), step):
                    self._add(content[start : start + _VECTOR_BYTES], "vector", owner)

    # ---- looking ----------------------------------------------------------------------------------------------

    def _place_of(self, path: Path) -> str:
        text = str(path)
        for place in self._job.places:
            if text == place.path or text.startswith(f"{place.path}/"):
                return place.name
        return self._job.places[-1].name

    def _files(self) -> list[tuple[Path, int]]:
        """Return every regular file with its size; the places themselves may be links, nothing below them."""
        found: dict[tuple[int, int], tuple[Path, int]] = {}
        for place in self._job.places:
            for parent, folders, files in os.walk(place.path, onerror=self._cannot_list):
                for name in (*folders, *files):
                    path = Path(parent, name)
                    try:
                        status = path.lstat()
                    except OSError:
                        continue
                    if stat.S_ISREG(status.st_mode):
                        found.setdefault((status.st_dev, status.st_ino), (path, status.st_blocks * 512))
                    elif stat.S_ISLNK(status.st_mode) and str(path) not in {p.path for p in self._job.places}:
                        self._cannot_read(path, "a link is not followed")
        return sorted(found.values())

    def _cannot_list(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            self._cannot_read(Path(error.filename), error.strerror or "cannot be listed")

    def _cannot_read(self, path: Path, why: str) -> None:
        self._unread[self._place_of(path)].append(f"{path.name}: {why}")

    def _look(self, matcher: Matcher, path: Path) -> None:
        name = self._place_of(path)
        try:
            with path.open("rb") as file:
                if how := refused(file.read(8)):
                    self._cannot_read(path, f"it is packed as {how}")
                for offset, content in _pieces(file):
                    self._counts[name]["bytes"] += min(len(content), _PIECE)
                    self._match(matcher, name, path, content, offset)
            if is_packed(path):
                for content in _gathered(unpacked(path)):
                    self._counts[name]["unpacked"] += len(content)
                    self._match(matcher, name, path, content, -1)
            self._counts[name]["files"] += 1
        except FileNotFoundError:
            # replaced while we looked: what replaced it was made without what is gone from the store
            return
        except (OSError, ValueError, KeyError) as error:
            self._cannot_read(path, getattr(error, "strerror", None) or str(error))

    def _match(self, matcher: Matcher, name: str, path: Path, content: bytes, offset: int) -> None:
        for number, at in matcher.found_in(content):
            pattern = self._patterns[number]
            if content[at : at + len(pattern)] == pattern:
                place = -1 if offset < 0 else offset + at
                self._note(Finding(name, str(path), self._kinds[number], place, self._owners[number]), number)

    def _note(self, finding: Finding, what: object) -> None:
        self._found[finding.place].add(what)
        if len(self._findings) < _MOST_FINDINGS:
            self._findings.append(finding)

    def _ask_dictionaries(self, folders: Sequence[Path]) -> None:
        for place in dictionaries_below(folders) if self._job.terms else []:
            name = self._place_of(place)
            try:
                for field, term in left_terms(place, self._job.terms):
                    self._note(Finding(name, str(place), "term", -1), (field, term))
                self._counts[name]["terms"] += sum(map(len, self._job.terms.values()))
                for file in left_over(place, self._job.since_s) if place.is_dir() else []:
                    self._cannot_read(place / file, "it is left over from an earlier commit")
            except (OSError, ValueError, KeyError, sqlite3.Error) as error:
                self._cannot_read(place, f"its dictionary cannot be read: {error}")

    def _compare_codes(self, folders: Sequence[Path], needles: Sequence[Any]) -> None:
        """Look for the rounded form of vectors, which depends on each segment's own scale."""
        by_size: dict[int, list[Any]] = defaultdict(list)
        for needle in needles:
            by_size[len(needle.numbers)].append(needle)
        for folder in folders:
            if not (folder / "quantized.meta.json").is_file():
                continue
            for group in by_size.values():
                vectors = np.stack([np.frombuffer(needle.numbers, "<f4") for needle in group])
                try:
                    self._look_for_codes(folder, codes_of(folder / "quantized.meta.json", vectors), group)
                except FileNotFoundError:
                    continue  # replaced while we looked, as any other file may be
                except (OSError, ValueError) as error:
                    self._cannot_read(folder / "quantized.data", str(error))

    def _look_for_codes(self, folder: Path, codes: Sequence[bytes], needles: Sequence[Any]) -> None:
        path = folder / "quantized.data"
        data = path.read_bytes()
        at = [(n, start) for n, code in enumerate(codes) for start in range(0, len(code) - 15, _CODE_STEP)]
        matcher = Matcher([codes[n][start : start + 16] for n, start in at])
        for number, place in matcher.found_in(data):
            which, start = at[number]
            if _is_same(data[max(place - start, 0) : place - start + len(codes[which])], codes[which]):
                finding = Finding(self._place_of(path), str(path), "quantized", place, needles[which].owner)
                self._note(finding, ("quantized", which))


def _is_same(found: bytes, code: bytes) -> bool:
    """Return whether two codes are of one vector: the engine rounds a number at the border its own way."""
    equal = sum(one == other for one, other in zip(found, code, strict=False))
    return len(found) == len(code) and equal >= _SAME_CODES * len(code)


def _joined(rows: Iterator[tuple[Any, ...]] | sqlite3.Cursor) -> Iterator[bytes]:
    """Yield the texts of many rows in pieces of about a megabyte."""
    parts: list[bytes] = []
    size = 0
    for row in rows:
        for value in row:
            if isinstance(value, bytes):
                parts.append(value)
                size += len(value)
        if size > _PIECE:
            yield b"\n".join(parts)
            parts, size = [], 0
    yield b"\n".join(parts)


def _gathered(contents: Iterator[bytes]) -> Iterator[bytes]:
    """Yield small contents together: a search costs a moment, whatever it looks through."""
    parts: list[bytes] = []
    size = 0
    for content in contents:
        parts.append(content)
        size += len(content)
        if size > _PIECE:
            yield b"\n".join(parts)
            parts, size = [], 0
    yield b"\n".join(parts)


def _pieces(file: Any) -> Iterator[tuple[int, bytes]]:
    """Yield place and content of what was written of a file, each with the beginning of the next; no holes.

    Raises:
        OSError: It cannot be read.
    """
    handle, at = file.fileno(), 0
    size = os.fstat(handle).st_size
    while at < size:
        try:
            at = os.lseek(handle, at, os.SEEK_DATA)
            end = os.lseek(handle, at, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole up to the end, or cut short meanwhile
                return
            raise
        for start in range(at, end, _PIECE):
            content = os.pread(handle, min(_PIECE, end - start) + _OVERLAP, start)
            if content.count(0) < len(content):
                yield start, content
        at = end
