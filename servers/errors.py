"""One table: what each error is called on each wire."""

from __future__ import annotations

from http import HTTPStatus

import grpc
import msgspec

from foundation.errors import CairnError

__all__ = ["STATUSES", "WireStatus", "status_of"]


class WireStatus(msgspec.Struct, frozen=True):
    """An error code on the wires."""

    grpc: grpc.StatusCode
    http: HTTPStatus


STATUSES = {
    "invalid_argument": WireStatus(grpc.StatusCode.INVALID_ARGUMENT, HTTPStatus.BAD_REQUEST),
    "not_found": WireStatus(grpc.StatusCode.NOT_FOUND, HTTPStatus.NOT_FOUND),
    "failed_precondition": WireStatus(grpc.StatusCode.FAILED_PRECONDITION, HTTPStatus.CONFLICT),
    "dimension_mismatch": WireStatus(grpc.StatusCode.FAILED_PRECONDITION, HTTPStatus.CONFLICT),
    "permission_denied": WireStatus(grpc.StatusCode.PERMISSION_DENIED, HTTPStatus.FORBIDDEN),
    "resource_exhausted": WireStatus(grpc.StatusCode.RESOURCE_EXHAUSTED, HTTPStatus.TOO_MANY_REQUESTS),
    "disk_full": WireStatus(grpc.StatusCode.RESOURCE_EXHAUSTED, HTTPStatus.INSUFFICIENT_STORAGE),
    "unreadable": WireStatus(grpc.StatusCode.FAILED_PRECONDITION, HTTPStatus.UNPROCESSABLE_ENTITY),
    "model_unavailable": WireStatus(grpc.StatusCode.FAILED_PRECONDITION, HTTPStatus.SERVICE_UNAVAILABLE),
    "unavailable": WireStatus(grpc.StatusCode.UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE),
    "draining": WireStatus(grpc.StatusCode.UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE),
    "unauthenticated": WireStatus(grpc.StatusCode.UNAUTHENTICATED, HTTPStatus.UNAUTHORIZED),
    "data_loss": WireStatus(grpc.StatusCode.DATA_LOSS, HTTPStatus.INTERNAL_SERVER_ERROR),
    "store_corrupt": WireStatus(grpc.StatusCode.DATA_LOSS, HTTPStatus.INTERNAL_SERVER_ERROR),
    "index_corrupt": WireStatus(grpc.StatusCode.DATA_LOSS, HTTPStatus.INTERNAL_SERVER_ERROR),
    "internal": WireStatus(grpc.StatusCode.INTERNAL, HTTPStatus.INTERNAL_SERVER_ERROR),
}


def status_of(error: CairnError) -> WireStatus:
    """Return the row of an error; a test proves that every class has one."""
    return STATUSES[error.code]
