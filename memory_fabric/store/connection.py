"""SQLite as the truth needs it: pragmas, and its errors in the memory's own words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import BusyError, CairnError, InputError, ResourceError
from memory_fabric.errors import StoreCorruptError, StoreFullError

__all__ = ["connect", "give_pages_back", "rewrite", "translated", "wastes_space"]

_MMAP_BYTES = 256 * 1024 * 1024
_LOG_BYTES = 64 * 1024 * 1024
"""What the write-ahead log may keep on disk after a large transaction."""

_WORTH_BYTES = 16 * 1024 * 1024
_WORTH_SHARE = 0.25
"""A file is shortened when so much of it, and this share, is free; less is soon written again."""

_STEP_PAGES = 1_000
"""Pages given back at a time: writers wait for one step, measured 60 ms at most, and not for all."""

_WHOLE_BYTES = 128 * 1024 * 1024
"""What a file from before may hold to be rewritten whole: the copy is made in memory, and writers wait meanwhile."""

_INCREMENTAL = 2

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_LOST = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
_REFUSED = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_BEYOND = {sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_TOOBIG}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def connect(path: Path, *, synchronous: str = "FULL", is_reader: bool = False) -> sqlite3.Connection:
    """Open a connection with the pragmas that durability and erasure need.

    Args:
        path: The database file; created with mode 0600.
        synchronous: `FULL` for the truth, `NORMAL` for what can be computed again.
        is_reader: Whether writing is refused.

    Raises:
        StoreCorruptError: The file is not a sound database.
        StoreFullError: The disk is full.
        ResourceError: The file cannot be opened.
    """
    with translated(path):
        if not path.exists():
            path.touch(mode=0o600)
        is_new = path.stat().st_size == 0
        connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
        try:
            if is_new and not is_reader:
                # before anything is written: later it takes a copy of the whole file
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            _configure(connection, synchronous)
            if is_reader:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection


def _configure(connection: sqlite3.Connection, synchronous: str) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA foreign_keys = ON")
    # freed pages are overwritten: what is forgotten must not be readable in the file
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA mmap_size = {_MMAP_BYTES}")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
    connection.execute("PRAGMA temp_store = MEMORY")


def wastes_space(connection: sqlite3.Connection) -> bool:
    """Return whether so much of the file is free that `give_pages_back` is worth its time."""
    pages, free, page_bytes = (_number(connection, name) for name in ("page_count", "freelist_count", "page_size"))
    return free * page_bytes > _WORTH_BYTES and free > pages * _WORTH_SHARE


def give_pages_back(connection: sqlite3.Connection) -> bool:
    """Shorten the file by a step; to be called outside a transaction until it returns False.

    Not by `VACUUM`: that holds the write lock for as long as it copies the whole file, and puts the copy into memory
    or, readable, into the system's folder for temporary files. Steps move pages from the end into free places through
    the log: readers go on with the state they see, writers come between two steps, and a full disk or a crash leaves
    a sound file. Only a small file that was made before files could be shortened by steps is copied once, in memory.

    Returns:
        Whether there is more to give back.
    """
    free = _number(connection, "freelist_count")
    if _number(connection, "auto_vacuum") == _INCREMENTAL:
        # as a script: each of its rows frees a page, and `execute` stops at the first because it has no columns
        connection.executescript(f"PRAGMA incremental_vacuum({_STEP_PAGES})")
        return 0 < _number(connection, "freelist_count") < free
    used = _number(connection, "page_count") - free
    if used * _number(connection, "page_size") <= _WHOLE_BYTES:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
    return False


def rewrite(connection: sqlite3.Connection, path: Path) -> None:
    """Copy a database page by page into itself; to be called outside a transaction.

    The copy is made in memory, and a large one in a file of the same folder that has no name. It never holds anything
    that is deleted.
    """
    size = _number(connection, "page_count") * _number(connection, "page_size")
    if size > _WHOLE_BYTES:
        # per process and not per connection, but nobody else makes temporary files
        connection.execute(f"PRAGMA temp_store_directory = '{str(path.parent).replace(chr(39), chr(39) * 2)}'")
        connection.execute("PRAGMA temp_store = FILE")
    try:
        connection.execute("VACUUM")
    finally:
        connection.execute("PRAGMA temp_store = MEMORY")


def _number(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's errors, and the operating system's, as the memory's own.

    Raises:
        StoreCorruptError: The database is damaged.
        StoreFullError: The disk is full or fails.
        ResourceError: The file cannot be opened or written.
        BusyError: Another process holds the database.
        InputError: A text is not valid Unicode.
        ProgrammingError: A mistake of ours, shown as it is.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        own = _own_error(path, error)
        raise own from error
    except UnicodeDecodeError as error:
        # the driver words an error with names out of the file, and these may be what is damaged
        raise StoreCorruptError(path, "a name in it is not text") from error
    except UnicodeEncodeError as error:
        raise InputError("text", f"is not valid Unicode at character {error.start}") from error
    except OSError as error:
        raise ResourceError(
            f"cannot open the store `{path}`: {error.strerror}", fix="check the folder and its permissions"
        ) from error


def _own_error(path: Path, error: sqlite3.Error) -> CairnError:
    # the low byte is the class, the rest says which call failed; sqlite3's own conversion errors have no code
    full_code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    code = full_code & 0xFF
    if code in _FULL and full_code not in _LOST:
        return StoreFullError(
            f"cannot write to the store `{path}`: {error}", fix="free space and try again; nothing was lost"
        )
    if code in _REFUSED:
        return ResourceError(f"cannot open the store `{path}`: {error}", fix="check free space and permissions")
    if code in _BEYOND:
        return ResourceError(f"the store `{path}` was asked for more than fits in memory: {error}")
    if code in _BUSY:
        return BusyError(f"the store `{path}` is in use by another process")
    # our statements are constant and tested: one that fails on its own met a table, a row or a text that has changed
    return StoreCorruptError(path, str(error))
