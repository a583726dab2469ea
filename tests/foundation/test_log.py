"""Logs hold names and numbers, never content."""

from __future__ import annotations

import json
import logging
import re
import stat
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from foundation.errors import ResourceError
from foundation.log import log_uncaught, start_logging

PLANTED = "xylophone"


class Note(msgspec.Struct):
    """Something that would print itself whole."""

    words: str


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A log file in use."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    path = tmp_path / "logs" / "daemon.jsonl"
    before = structlog.get_config()
    # detect-secrets captures warnings when it is imported, in whatever test that happens
    logging.captureWarnings(capture=False)
    start_logging("info", path, is_quiet=True)
    yield path
    for handler in root.handlers[:]:
        handler.close()
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.configure(**before)


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the events of a log."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_event_is_one_json_line(file: Path) -> None:
    """Name, level, logger, RFC 3339 time in UTC, and the fields."""
    structlog.get_logger("some.where").info("index_opened", points=3, folder=Path("/a"), names=("x", "y"))
    (event,) = lines(file)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", event.pop("time"))
    assert event == {
        "event": "index_opened",
        "level": "info",
        "logger": "some.where",
        "points": 3,
        "folder": "/a",
        "names": ["x", "y"],
    }


def test_a_level_below_is_not_written(file: Path) -> None:
    """`info` leaves out `debug`."""
    structlog.get_logger().debug("quiet_event")
    assert lines(file) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"text": PLANTED},
        {"query": PLANTED},
        {"snippets": [PLANTED]},
        {"chunk_text": PLANTED},
        {"vector": [PLANTED]},
        {"auth_token": PLANTED},
        {"details": {"body": PLANTED}},
        {"rows": [{"title": PLANTED}]},
        {"note": Note(PLANTED)},
        {"data": PLANTED.encode()},
        {"reason": PLANTED * 100},
        {"error": ValueError(PLANTED)},
    ],
)
def test_content_is_dropped_whoever_logs_it(file: Path, fields: dict[str, Any]) -> None:
    """By the field's name, its type or its length, however deep."""
    structlog.get_logger().info("something_done", **fields)
    assert PLANTED not in file.read_text()
    assert lines(file)[0]["event"] == "something_done"


def test_numbers_of_content_are_kept(file: Path) -> None:
    """How many tokens is a figure, not content."""
    structlog.get_logger().info("packed", tokens=7, query_chars=3)
    assert lines(file)[0]["tokens"] == 7
    assert lines(file)[0]["query_chars"] == 3


def test_an_event_put_together_from_something_loses_its_name(file: Path) -> None:
    """Event names are constants."""
    structlog.get_logger().info(f"asked {PLANTED}")
    assert lines(file)[0]["event"] == "unnamed_event"


def test_an_exception_keeps_its_place_and_loses_its_message(file: Path) -> None:
    """Messages quote what the user wrote."""
    try:
        raise ValueError(PLANTED)
    except ValueError:
        structlog.get_logger().exception("request_failed")
    (event,) = lines(file)
    assert event["raised"] == "ValueError"
    assert event["frames"][-1].startswith("test_log.py:")
    assert PLANTED not in file.read_text()


def test_libraries_are_heard_but_not_quoted(file: Path) -> None:
    """Records and warnings of others keep where they came from."""
    logging.getLogger("some_library").warning("cannot parse %s", PLANTED)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(PLANTED, stacklevel=1)
    first, second = lines(file)
    assert (first["event"], first["logger"], first["place"]) == (
        "library_message",
        "some_library",
        "test_log:" + first["place"].split(":")[1],
    )
    assert second["logger"] == "py.warnings"
    assert PLANTED not in file.read_text()


def test_a_thread_that_dies_is_logged_without_its_message(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes to standard error past the log."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr("sys.unraisablehook", lambda _: None)
    log_uncaught()

    def die() -> None:
        raise ValueError(PLANTED)

    thread = threading.Thread(target=die, name="worker")
    thread.start()
    thread.join()
    (event,) = lines(file)
    assert (event["event"], event["thread"], event["raised"]) == ("thread_died", "worker", "ValueError")
    assert PLANTED not in file.read_text()


@pytest.mark.parametrize("name", ["logs", "logs/daemon.jsonl"])
def test_a_log_that_cannot_be_written_says_what_to_do(name: str, tmp_path: Path) -> None:
    """A file where the folder belongs, and a folder where the file does."""
    if name == "logs":
        (tmp_path / name).write_text("")
    else:
        (tmp_path / name).mkdir(parents=True)
    before = logging.getLogger().handlers[:]
    with pytest.raises(ResourceError, match="cannot write the log") as caught:
        start_logging("info", tmp_path / "logs" / "daemon.jsonl", is_quiet=True)
    assert "another profile folder" in caught.value.fix
    assert logging.getLogger().handlers == before


def test_every_file_of_the_log_is_its_owners_only(file: Path) -> None:
    """Also after the log was turned over."""
    structlog.get_logger().info("before")
    handler = next(h for h in logging.getLogger().handlers if isinstance(h, logging.handlers.RotatingFileHandler))
    handler.doRollover()
    structlog.get_logger().info("after")
    files = sorted(file.parent.iterdir())
    assert [path.name for path in files] == ["daemon.jsonl", "daemon.jsonl.1"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
