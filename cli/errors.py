"""Errors of the client.

CairnError
├── RpcError            the daemon refused or failed; carries its reason, field and advice
└── NoDaemonError       nobody answers on the profile's socket
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from foundation.errors import CairnError

__all__ = ["NoDaemonError", "RpcError", "from_call"]


class RpcError(CairnError):
    """The daemon refused or failed.

    Args:
        status: gRPC's status, lower case, e.g. `invalid_argument`; it is the error's `code` too.
        reason: Stable reason of the daemon, e.g. `DISK_FULL`.
        message: One line.
        fix: What to do.
        field: The field that was wrong, if one was.
        retry_after_s: When a retry is sensible; None when it is not.
    """

    def __init__(
        self,
        status: str,
        reason: str,
        message: str,
        *,
        fix: str = "",
        field: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, fix=fix, fields={"field": field} if field else {})
        self.code = status  # type: ignore[misc]  # what the error is, the daemon says
        self.is_retryable = retry_after_s is not None  # type: ignore[misc]  # as above
        self.status = status
        self.reason = reason
        self.field = field
        self.retry_after_s = retry_after_s


class NoDaemonError(CairnError):
    """Nobody answers on the profile's socket."""

    code = "unavailable"
    is_retryable = True


def from_call(error: Any, limit_s: float | None = None) -> CairnError:
    """Return a failed gRPC call as one of these.

    Args:
        error: As gRPC raised it.
        limit_s: Deadline that the call had; None had none.
    """
    code: grpc.StatusCode = error.code()
    details = _details(error)
    if code is grpc.StatusCode.UNAVAILABLE and not details:
        return NoDaemonError("the daemon does not answer", fix="start it with `cairn up --detach`")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED and limit_s is not None:
        # here and there it passes at about the same time: who says so first is luck
        fix = "the daemon may be busy: see `cairn status`, and try again or allow more time"
        return RpcError("deadline_exceeded", code.name, f"no answer within {limit_s:g} s", fix=fix)
    message, reason, fix, field = error.details() or code.name.lower(), code.name, "", ""
    retry_after_s = None
    info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    for detail in details:
        if detail.Unpack(info):
            reason, fix = info.reason, info.metadata.get("fix", "")
        elif detail.Unpack(bad) and bad.field_violations:
            field = bad.field_violations[0].field
        elif detail.Unpack(retry):
            retry_after_s = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return RpcError(code.name.lower(), reason, message, fix=fix, field=field, retry_after_s=retry_after_s)


def _details(error: Any) -> Sequence[Any]:
    """Return what the daemon attached; gRPC's own errors, such as a deadline that passed here, carry nothing."""
    try:
        status = rpc_status.from_call(error)
    except ValueError:
        # the status disagrees with its details: somebody else's server answers
        return ()
    return () if status is None else tuple(status.details)
