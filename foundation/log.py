"""Logs for machines: one JSON line an event, names and numbers only, never content.

Events are constant snake_case names with fields. A field that could hold what the user wrote is dropped, whoever logs
it.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

__all__ = ["CONTENT_FIELDS", "start_logging"]

CONTENT_FIELDS = frozenset(
    {
        "text",
        "query",
        "question",
        "snippet",
        "content",
        "body",
        "token",
        "vector",
        "secret",
        "password",
        "title",
        "value",
    }
)
"""Names of fields that are never written."""

_MAX_BYTES = 5 * 1024 * 1024
_KEPT = 3


def _drop_content(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in CONTENT_FIELDS & event.keys():
        event[name] = "[dropped]"
    return event


def _without_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
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
        event["frames"] = frames[-12:]
    return event


def start_logging(level: str, file: Path | None = None, *, is_quiet: bool = False) -> None:
    """Send events to standard error, and to a rotating file that only its owner may read.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        file: Where to write; None writes no file.
        is_quiet: Whether standard error is left alone.
    """
    handlers: list[logging.Handler] = [] if is_quiet else [logging.StreamHandler(sys.stderr)]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        handlers.append(logging.handlers.RotatingFileHandler(file, maxBytes=_MAX_BYTES, backupCount=_KEPT))
    logging.basicConfig(level=level.upper(), format="%(message)s", handlers=handlers, force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _drop_content,
            _without_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
