"""Errors of the client.

CairnError
├── RpcError            the daemon refused or failed; carries its reason, field and advice
└── NoDaemonError       nobody answers on the profile's socket
"""

from __future__ import annotations

from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from foundation.errors import CairnError

__all__ = ["NoDaemonError", "RpcError", "from_call"]


class RpcError(CairnError):
    """The daemon refused or failed.

    Args:
        status: gRPC's status, lower case, e.g. `invalid_argument`.
        reason: Stable reason of the daemon, e.g. `DISK_FULL`.
        message: One line.
        fix: What to do.
        field: The field that was wrong, if one was.
    """

    def __init__(self, status: str, reason: str, message: str, *, fix: str = "", field: str = "") -> None:
        super().__init__(message, fix=fix, fields={"field": field} if field else {})
        self.status = status
        self.reason = reason
        self.field = field


class NoDaemonError(CairnError):
    """Nobody answers on the profile's socket."""

    code = "unavailable"
    is_retryable = True


def from_call(error: Any) -> CairnError:
    """Return a failed gRPC call as one of these."""
    code: grpc.StatusCode = error.code()
    message, reason, fix, field = error.details() or code.name.lower(), code.name, "", ""
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            reason, fix = info.reason, info.metadata.get("fix", "")
        elif detail.Unpack(bad) and bad.field_violations:
            field = bad.field_violations[0].field
    if code is grpc.StatusCode.UNAVAILABLE and status is None:
        return NoDaemonError("the daemon does not answer", fix="start it with `cairn up --detach`")
    return RpcError(code.name.lower(), reason, message, fix=fix, field=field)
