"""Logs for machines: one JSON line an event, names and numbers only, never content.

Events are constant snake_case names with fields. What could hold the user's words is dropped whoever logs it: fields
named like content, long strings, objects that are not plain, messages of exceptions, and the messages of libraries.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from io import TextIOWrapper
from pathlib import Path, PurePath
from typing import Any

import structlog

from foundation.errors import ResourceError

__all__ = ["CONTENT_FIELDS", "log_uncaught", "start_logging"]

CONTENT_FIELDS = frozenset(
    {
        "answer",
        "authorization",
        "body",
        "content",
        "message",
        "password",
        "prompt",
        "query",
        "question",
        "secret",
        "snippet",
        "text",
        "title",
        "token",
        "value",
        "vector",
    }
)
"""Names of fields that are never written; a name that ends in one after `_` counts too, and so do plurals."""

_MAX_BYTES = 5 * 1024 * 1024
_KEPT = 3
_MAX_CHARS = 512
"""Longer strings are no names: long enough for most paths and for every reason that Cairn gives."""
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FRAMES = 12

_Event = MutableMapping[str, Any]


def _is_content(name: str) -> bool:
    last = name.rsplit("_", 1)[-1]
    return not CONTENT_FIELDS.isdisjoint({name, last, name.removesuffix("s"), last.removesuffix("s")})


def _without_content(_: Any, __: str, event: _Event) -> _Event:
    if not _EVENT.fullmatch(str(event.get("event", ""))):
        # an event that is not a constant name was put together from something
        event["event"] = "unnamed_event"
    for name, value in event.items():
        # numbers say how much, not what
        is_dropped = _is_content(name) and not isinstance(value, int | float)
        event[name] = "[dropped]" if is_dropped else _plain(value)
    return event


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str() if len(value) > _MAX_CHARS:
            return f"[{len(value)} characters]"
        case str():
            return value
        case PurePath():
            return str(value)
        case Mapping():
            return {
                str(name): "[dropped]"
                if _is_content(str(name)) and not isinstance(inner, int | float)
                else _plain(inner)
                for name, inner in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [_plain(inner) for inner in value]
        case _:
            return f"[{type(value).__name__}]"


def _without_messages(_: Any, __: str, event: _Event) -> _Event:
    """Keep where an exception was raised; its message may quote what the user wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = []
        trace = error.__traceback__
        while trace is not None:
            frames.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
            trace = trace.tb_next
        event["raised"] = type(error).__name__
        event["frames"] = frames[-_FRAMES:]
    return event


def _from_library(_: Any, __: str, event: _Event) -> _Event:
    """A library's message is prose, and prose may quote a document: only where it came from is kept."""
    record: logging.LogRecord = event["_record"]
    event["event"] = "library_message"
    event["place"] = f"{record.module}:{record.lineno}"
    return event


class _OwnFile(logging.handlers.RotatingFileHandler):
    """Rotates; every file of it is its owner's only."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")


def _opened(file: Path) -> _OwnFile:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _OwnFile(file, maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError as error:
        raise ResourceError(
            f"cannot write the log `{file}`: {error.strerror}",
            fix="move away what stands there, or choose another profile folder",
        ) from error


def start_logging(level: str, file: Path | None = None, *, is_quiet: bool = False) -> None:
    """Send events to standard error, and to a rotating file that only its owner may read.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        file: Where to write; None writes no file.
        is_quiet: Whether standard error is left alone.

    Raises:
        ResourceError: The file cannot be written, or its folder not be made.
    """
    handlers: list[logging.Handler] = [] if is_quiet else [logging.StreamHandler(sys.stderr)]
    if file is not None:
        handlers.append(_opened(file))
    last: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _without_messages,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_content,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[*last, _from_library],
    )
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *last,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def log_uncaught() -> None:
    """Log exceptions that end a thread or are raised where nobody can catch them, without their messages."""
    log = structlog.get_logger("foundation.log")

    def in_thread(raised: threading.ExceptHookArgs) -> None:
        if raised.exc_type is not SystemExit:
            log.error("thread_died", thread=raised.thread.name if raised.thread else "", exc_info=raised.exc_value)

    def unraisable(raised: Any) -> None:
        log.error("unraisable", exc_info=raised.exc_value)

    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
