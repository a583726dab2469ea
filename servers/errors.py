"""What a door itself refuses, and one table: what each error is called on each wire.

CairnError
├── InputError
│   └── RequestError            one or more bad fields, reported together
├── DrainingError               the daemon is stopping
├── DeadlineError               the client's deadline has passed
├── LeftError                   the client has left
├── UnauthenticatedError        no token, or a wrong one
└── UnknownMethodError          nothing is served under this name
"""

from __future__ import annotations

from http import HTTPStatus

import grpc
import msgspec

from foundation.errors import CairnError, InputError

__all__ = [
    "STATUSES",
    "DeadlineError",
    "DrainingError",
    "LeftError",
    "RequestError",
    "UnauthenticatedError",
    "UnknownMethodError",
    "WireStatus",
    "status_of",
]


class RequestError(InputError):
    """A request with one or more bad fields, all reported together.

    Args:
        violations: Field and what is wrong with it; at least one.
    """

    def __init__(self, violations: list[tuple[str, str]]) -> None:
        field, message = violations[0]
        super().__init__(field, message)
        self.message = "; ".join(f"`{name}`: {text}" for name, text in violations)
        self.violations = violations


class DrainingError(CairnError):
    """The daemon is stopping: it takes no new requests, and ends those that outlast its patience."""

    code = "draining"
    is_retryable = True

    def __init__(self) -> None:
        super().__init__("the daemon is stopping", fix="try again when it has started")


class DeadlineError(CairnError):
    """The client's deadline has passed."""

    code = "deadline_exceeded"

    def __init__(self) -> None:
        super().__init__("the deadline of the call has passed", fix="allow more time")


class LeftError(CairnError):
    """The client has cancelled the call or gone away."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("the client has left")


class UnauthenticatedError(CairnError):
    """No token, or a wrong one."""

    code = "unauthenticated"

    def __init__(self) -> None:
        super().__init__("no valid token", fix="send it as `authorization: Bearer …`")


class UnknownMethodError(CairnError):
    """Nothing is served under this name.

    Args:
        method: As the client wrote it.
    """

    code = "unimplemented"

    def __init__(self, method: str) -> None:
        super().__init__(f"no method `{method}`", fix="the services are listed by server reflection")


class WireStatus(msgspec.Struct, frozen=True):
    """An error code on the wires."""

    grpc: grpc.StatusCode
    http: HTTPStatus


STATUSES = {
    "invalid_argument": WireStatus(grpc.StatusCode.INVALID_ARGUMENT, HTTPStatus.BAD_REQUEST),
    "not_found": WireStatus(grpc.StatusCode.NOT_FOUND, HTTPStatus.NOT_FOUND),
    "unimplemented": WireStatus(grpc.StatusCode.UNIMPLEMENTED, HTTPStatus.NOT_FOUND),
    "failed_precondition": WireStatus(grpc.StatusCode.FAILED_PRECONDITION, HTTPStatus.CONFLICT),
    "dimension_mismatch": WireStatus(grpc.StatusCode.FAILED_PRECONDITION, HTTPStatus.CONFLICT),
    "permission_denied": WireStatus(grpc.StatusCode.PERMISSION_DENIED, HTTPStatus.FORBIDDEN),
    "resource_exhausted": WireStatus(grpc.StatusCode.RESOURCE_EXHAUSTED, HTTPStatus.TOO_MANY_REQUESTS),
    "disk_full": WireStatus(grpc.StatusCode.RESOURCE_EXHAUSTED, HTTPStatus.INSUFFICIENT_STORAGE),
    "unreadable": WireStatus(grpc.StatusCode.FAILED_PRECONDITION, HTTPStatus.UNPROCESSABLE_ENTITY),
    "model_unavailable": WireStatus(grpc.StatusCode.FAILED_PRECONDITION, HTTPStatus.SERVICE_UNAVAILABLE),
    "audit_failed": WireStatus(grpc.StatusCode.INTERNAL, HTTPStatus.INTERNAL_SERVER_ERROR),
    "unavailable": WireStatus(grpc.StatusCode.UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE),
    "draining": WireStatus(grpc.StatusCode.UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE),
    "deadline_exceeded": WireStatus(grpc.StatusCode.DEADLINE_EXCEEDED, HTTPStatus.GATEWAY_TIMEOUT),
    "cancelled": WireStatus(grpc.StatusCode.CANCELLED, HTTPStatus.REQUEST_TIMEOUT),
    "unauthenticated": WireStatus(grpc.StatusCode.UNAUTHENTICATED, HTTPStatus.UNAUTHORIZED),
    "data_loss": WireStatus(grpc.StatusCode.DATA_LOSS, HTTPStatus.INTERNAL_SERVER_ERROR),
    "store_corrupt": WireStatus(grpc.StatusCode.DATA_LOSS, HTTPStatus.INTERNAL_SERVER_ERROR),
    "index_corrupt": WireStatus(grpc.StatusCode.DATA_LOSS, HTTPStatus.INTERNAL_SERVER_ERROR),
    "internal": WireStatus(grpc.StatusCode.INTERNAL, HTTPStatus.INTERNAL_SERVER_ERROR),
}


def status_of(error: CairnError) -> WireStatus:
    """Return the row of an error; a test proves that every class has one."""
    return STATUSES[error.code]
