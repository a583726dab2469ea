"""The proof that the truth is what was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from memory_fabric.errors import StoreCorruptError
from memory_fabric.operations import Check
from memory_fabric.store.read_pool import ReadPool
from memory_fabric.store.rows import checksum, unpack_ids

__all__ = ["find_problems"]

_SHOWN = 5
"""Findings of one kind that are worth telling."""

_STEPS = 100_000
"""Instructions of SQLite between two questions whether to go on: some milliseconds."""

_QUESTIONS = (
    (
        "two fragments of item {} have one place",
        "SELECT item_key FROM chunks GROUP BY item_key, ordinal HAVING count(*) > 1",
    ),
    ("item {} lacks a fragment", "SELECT item_key FROM chunks GROUP BY item_key HAVING max(ordinal) + 1 <> count(*)"),
    (
        "chunk {} has an id beyond the counter",
        "SELECT id FROM chunks WHERE id > (SELECT seq FROM sqlite_sequence WHERE name = 'chunks')",
    ),
)


def find_problems(pool: ReadPool, check: Check = lambda: None) -> list[str]:
    """Return what is wrong, seen at one moment; empty when the truth is sound.

    Looked at: pages and indexes, references, places of fragments, the words against their checksums, and the journal,
    which replayed from its beginning must give exactly the chunks that there are.

    Args:
        pool: Connections to the truth.
        check: Asked again and again, also within a query; what it raises ends the work.
    """
    try:
        with pool.snapshot() as connection, _asking(connection, check):
            return list(_problems(connection))
    except StoreCorruptError as error:
        return [error.message]


@contextmanager
def _asking(connection: sqlite3.Connection, check: Check) -> Iterator[None]:
    """Ask `check` while SQLite works: one statement over a large store takes minutes.

    Raises:
        OperationalError: A statement failed by itself.
    """
    reasons: list[BaseException] = []

    def ask() -> bool:
        try:
            check()
        except BaseException as error:  # SQLite only learns that it is to stop; the reason is raised below
            reasons.append(error)
        return bool(reasons)

    connection.set_progress_handler(ask, _STEPS)
    try:
        yield
    except sqlite3.OperationalError:
        if reasons:
            raise reasons[0] from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _problems(connection: sqlite3.Connection) -> Iterator[str]:
    pages = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_SHOWN})") if row[0] != "ok"]
    yield from pages
    if pages:
        # on a damaged tree the other questions would only repeat the finding in other words
        return
    for row in connection.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN):
        yield f"a row of `{row[0]}` refers to nothing"
    for finding, question in _QUESTIONS:
        for row in connection.execute(question).fetchmany(_SHOWN):
            yield finding.format(row[0])
    yield from _changed_words(connection)
    yield from _journal_against_chunks(connection)


def _changed_words(connection: sqlite3.Connection) -> Iterator[str]:
    rows = connection.execute("SELECT id, context, text, checksum FROM chunks WHERE checksum IS NOT NULL")
    changed = [key for key, context, text, expected in rows if not _is_sound(context, text, expected)]
    if changed:
        yield f"the words of {len(changed)} chunks are not what was written, first chunk {changed[0]}"


def _is_sound(context: object, text: object, expected: object) -> bool:
    # a flipped bit may also change the type of a value
    return isinstance(context, str) and isinstance(text, str) and checksum(context, text) == expected


def _journal_against_chunks(connection: sqlite3.Connection) -> Iterator[str]:
    live: set[int] = set()
    for seq, op, blob in connection.execute("SELECT seq, op, ids FROM journal ORDER BY seq"):
        try:
            ids = unpack_ids(blob)
        except (TypeError, ValueError):
            yield f"line {seq} of the journal cannot be read"
            return
        if op == "put":
            live.update(ids)
        else:
            live.difference_update(ids)
    truth = {row[0] for row in connection.execute("SELECT id FROM chunks")}
    if live != truth:
        yield f"the journal and the chunks differ by {len(live ^ truth)}"
