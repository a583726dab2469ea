"""The history of a repository as memory: each commit an item with its message, author, time, and what it touched."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

import msgspec

from memory_fabric.config import IngestConfig
from memory_fabric.ingest.drafts import draft_document
from memory_fabric.ingest.git import read_head
from memory_fabric.ingest.git_run import run_git
from memory_fabric.ingest.screening import Screen, marked
from memory_fabric.operations import Check
from memory_fabric.records import Document
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.drafts import ItemDraft, Reference
from memory_fabric.store.store import Store

__all__ = ["HistoryTally", "commit_uri", "remember_histories"]

_QUALITY = 0.2
"""Below a file's .5: a commit says what was meant once, a file what is true."""

_BATCH = 200
_MAX_MESSAGE_CHARS = 20_000
_MAX_FILES = 300
"""Touched by one commit; more is a move of everything, and links nothing to anything."""

_SHORT = 10
"""Digits of a hash in a title; git's own default grows from 7."""

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FIELDS = 5
_FORMAT = "--format=%x00%H%x00%an%x00%ct%x00%B%x00"


class HistoryTally(msgspec.Struct, frozen=True):
    """What a look at history wrote."""

    items: int = 0
    chunks: int = 0
    redacted: int = 0


class _Commit(msgspec.Struct, frozen=True):
    name: str
    author: str
    timestamp_s: float
    message: str
    files: tuple[str, ...]


def commit_uri(repo: str, commit: str) -> str:
    """Return the address of a commit."""
    return f"git:{repo}@{commit}"


def remember_histories(
    store: Store,
    roots: Sequence[str],
    *,
    limits: IngestConfig,
    scanner: Scanner,
    check: Check,
    is_thorough: bool = True,
) -> HistoryTally:
    """Bring the memory level with the history of every repository at or below `roots`.

    Only commits that are new are read; those that are not reachable from HEAD any more, or older than the newest
    `git_commits`, are forgotten. A repository of which nothing is indexed has no history here.

    Args:
        store: The truth.
        roots: Resolved folders.
        limits: How many commits are kept.
        scanner: Cuts out what must not be stored.
        check: Raises to stop; what is written stays, and the next look goes on.
        is_thorough: Whether repositories that are gone are looked for: that reads every address.
    """
    if is_thorough:
        _forget_gone(store, roots)
    if not limits.git_commits:
        return HistoryTally()
    tally = HistoryTally()
    with store.names() as names:
        homes = names.repositories_below([root for root in roots if os.path.isdir(root)])
    for repo, project in homes:
        if _is_below(repo, roots):
            check()
            more = _remember(store, repo, project, limits, scanner, check)
            tally = HistoryTally(tally.items + more.items, tally.chunks + more.chunks, tally.redacted + more.redacted)
    return tally


def _forget_gone(store: Store, roots: Sequence[str]) -> None:
    """Forget the history of repositories at or below `roots` that are there no more."""
    with store.names() as names:
        held = [pair for root in roots for pair in names.uris_from(f"git:{root}")]
    homes = {uri: uri.removeprefix("git:").rpartition("@")[0] for _, uri in held}
    gone = {home for home in set(homes.values()) if not os.path.exists(f"{home}/.git")}
    uris = [(project, uri) for project, uri in held if homes[uri] in gone and _is_below(homes[uri], roots)]
    if uris:
        store.write(drop_uris=uris)


def _is_below(repo: str, roots: Sequence[str]) -> bool:
    return any(repo == root or repo.startswith(f"{root.rstrip('/')}/") for root in roots)


def _remember(
    store: Store, repo: str, project: str, limits: IngestConfig, scanner: Scanner, check: Check
) -> HistoryTally:
    head = read_head(repo).commit
    if not head:
        return HistoryTally()
    with store.names() as names:
        known = {uri for home, uri in names.uris_from(f"git:{repo}@") if home == project}
    # INVARIANT: HEAD is written last, so that a run that was stopped is told by its absence
    if commit_uri(repo, head) in known:
        return HistoryTally()
    listed = run_git(repo, "rev-list", f"--max-count={limits.git_commits}", head)
    if listed is None:
        return HistoryTally()
    wanted = [name for name in listed.decode("ascii", "replace").split() if _HASH.fullmatch(name)]
    fresh = [name for name in reversed(wanted) if commit_uri(repo, name) not in known]
    gone = known.difference(commit_uri(repo, name) for name in wanted)
    if fresh:
        store.note_history()
    items = chunks = redacted = 0
    for start in range(0, len(fresh), _BATCH):
        check()
        drafts = [
            _draft(commit, repo, project, limits, scanner) for commit in _read(repo, fresh[start : start + _BATCH])
        ]
        kept = [draft for draft in drafts if draft is not None]
        chunks += store.write(put=kept).chunks
        items += len(kept)
        redacted += sum(draft.redacted for draft in kept)
    if gone:
        store.write(drop_uris=[(project, uri) for uri in sorted(gone)])
    return HistoryTally(items, chunks, redacted)


def _read(repo: str, names: Sequence[str]) -> Iterator[_Commit]:
    said = run_git(
        repo,
        *("log", "--stdin", "--no-walk=unsorted", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv"),
        *("--encoding=UTF-8", _FORMAT),
        stdin="\n".join(names).encode(),
    )
    # a message holds no NUL: fields cannot be mistaken, whatever is written in them
    parts = (said or b"").decode("utf-8", "replace").split("\x00")[1:]
    for start in range(0, len(parts) - _FIELDS + 1, _FIELDS):
        name, author, when, message, touched = parts[start : start + _FIELDS]
        if _HASH.fullmatch(name) and when.lstrip("-").isdecimal():
            files = tuple(line for line in touched.split("\n") if line and not line.startswith('"'))
            yield _Commit(name, author, float(when), message.strip()[:_MAX_MESSAGE_CHARS], files)


def _draft(commit: _Commit, repo: str, project: str, limits: IngestConfig, scanner: Scanner) -> ItemDraft | None:
    """Return what is kept of a commit; None where it must not be kept. One without words is kept by its title."""
    short = commit.name[:_SHORT]
    document = Document(
        text=commit.message or f"commit {short}",
        modality="text",
        format="text",
        mime="text/x-git-commit",
        title=f"commit {short}",
        timestamp_s=commit.timestamp_s,
        meta={"author": commit.author, "commit": commit.name},
        links=tuple((file, 1) for file in commit.files[:_MAX_FILES]),
    )
    screen = Screen(scanner)
    clean = screen.document(document)
    if screen.refused:
        return None
    touched = tuple(Reference("touches", "file", file.rpartition("/")[2], file, "", 0) for file, _ in clean.links)
    if len(commit.files) > _MAX_FILES:
        touched = ()
    draft = draft_document(
        msgspec.structs.replace(clean, links=()),
        "",
        project=project,
        limits=limits,
        fallback_time_s=None,
        repo=repo,
        commit=commit.name,
    )
    draft = msgspec.structs.replace(
        draft,
        uri=commit_uri(repo, commit.name),
        layer="episodic",
        quality=_QUALITY,
        references=(*draft.references, *touched),
    )
    return marked(draft, screen)
