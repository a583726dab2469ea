"""The root of every error that Cairn raises on purpose.

    CairnError                  code, is_retryable, fields
    ├── InputError              the caller's mistake: names the field
    ├── NotFoundError           the thing named does not exist
    ├── ConflictError           the state forbids it (a second daemon, a closed store)
    ├── DeniedError             not allowed by what the user configured
    ├── BusyError               backpressure: wait and try again
    ├── ResourceError           the world's mistake: full disk, missing file, no permission
    └── CorruptionError         stored bytes are not what was written

Each package derives its own leaves from these. `servers/errors.py` maps every code to a wire status.
Messages are one line, lower case, without a final period, the user's words in backticks.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "BusyError",
    "CairnError",
    "ConflictError",
    "CorruptionError",
    "DeniedError",
    "InputError",
    "NotFoundError",
    "ResourceError",
]


class CairnError(Exception):
    """Says what happened, where, and what to do.

    Args:
        message: One line: what happened and where.
        fix: What the user can do; shown after the message.
        fields: Names and values that identify the case; never content or secrets.
    """

    code: ClassVar[str] = "internal"
    is_retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, fix: str = "", fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.fields = fields or {}

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}" if self.fix else self.message


class InputError(CairnError):
    """The caller sent something that cannot be accepted.

    Args:
        field: The name of the offending field, dotted when nested.
        message: One line about what is wrong with it.
        fix: What would be right.
    """

    code = "invalid_argument"

    def __init__(self, field: str, message: str, *, fix: str = "") -> None:
        super().__init__(f"`{field}`: {message}", fix=fix, fields={"field": field})
        self.field = field


class NotFoundError(CairnError):
    """The thing named does not exist."""

    code = "not_found"


class ConflictError(CairnError):
    """The present state forbids the request."""

    code = "failed_precondition"


class DeniedError(CairnError):
    """The user's configuration or policy does not allow it."""

    code = "permission_denied"


class BusyError(CairnError):
    """A queue is full; waiting helps.

    Args:
        message: What is full.
        retry_after_s: Seconds after which a retry is sensible.
    """

    code = "resource_exhausted"
    is_retryable = True

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message, fix=f"try again in {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class ResourceError(CairnError):
    """The machine failed us: disk full, permission, missing file."""

    code = "unavailable"


class CorruptionError(CairnError):
    """Stored bytes are not what was written."""

    code = "data_loss"
