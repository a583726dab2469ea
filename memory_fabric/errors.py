"""Errors of the memory.

CairnError
├── InputError
│   └── QueryError              a recall that cannot be answered as asked
├── ConflictError
│   └── DimensionError          a vector of the wrong length for its index
├── ResourceError
│   ├── UnreadableError         a source that cannot be read; carries the reason shown in `skipped`
│   ├── StoreFullError          no space left: nothing was acknowledged, nothing was lost
│   ├── ModelError              a model file that is missing or not what its manifest says
│   └── AuditError              a scan for erased bytes that did not come to an end
└── CorruptionError
├── StoreCorruptError       the truth itself is damaged
└── IndexCorruptError       a derived index is damaged and is rebuilt from the truth
"""

from __future__ import annotations

from pathlib import Path

from foundation.errors import ConflictError, CorruptionError, InputError, ResourceError

__all__ = [
    "AuditError",
    "DimensionError",
    "IndexCorruptError",
    "ModelError",
    "QueryError",
    "StoreCorruptError",
    "StoreFullError",
    "UnreadableError",
]


class QueryError(InputError):
    """A recall that cannot be answered as asked."""


class DimensionError(ConflictError):
    """A vector's length differs from its index."""

    code = "dimension_mismatch"


class UnreadableError(ResourceError):
    """A source that cannot be turned into text.

    Args:
        reason: A short stable phrase for the `skipped` list, e.g. `encrypted`, `binary`, `too large (80 MB > 32 MB)`.
    """

    code = "unreadable"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreFullError(ResourceError):
    """No space left on the device: nothing was acknowledged and nothing was lost."""

    code = "disk_full"


class ModelError(ResourceError):
    """A model's files are missing or differ from their manifest."""

    code = "model_unavailable"


class AuditError(ResourceError):
    """A scan for erased bytes did not come to an end: nothing is proved, and nothing is lost."""

    code = "audit_failed"


class StoreCorruptError(CorruptionError):
    """The truth is damaged: it cannot be rebuilt from anything else.

    Args:
        path: The database file.
        what: What is not as it was written, as a clause.
    """

    code = "store_corrupt"

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"the store `{path}` is damaged: {what}", fix="restore it from a backup, or delete it and index again"
        )


class IndexCorruptError(CorruptionError):
    """A derived index is damaged; it is rebuilt from the truth."""

    code = "index_corrupt"
