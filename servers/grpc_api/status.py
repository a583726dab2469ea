"""Errors as `google.rpc.Status`: ErrorInfo always, BadRequest for bad fields, RetryInfo when waiting helps."""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from foundation.errors import BusyError, CairnError, InputError
from servers.errors import status_of
from servers.grpc_api.wire_text import clipped

__all__ = ["DOMAIN", "abort", "to_status"]

DOMAIN = "cairn"

_MESSAGE_BYTES = 600
_FIELD_BYTES = 200
_ROWS = 6
"""A status travels in trailers, and clients refuse trailers over 8 KiB: what quotes the user is cut."""


def abort(context: grpc.ServicerContext, error: CairnError) -> None:
    """End the call with the status and details of `error`; raises, as every abort does."""
    context.abort_with_status(rpc_status.to_status(to_status(error)))


def to_status(error: CairnError) -> status_pb2.Status:
    """Return an error as sent."""
    metadata = {**error.fields, "fix": error.fix} if error.fix else error.fields
    metadata = {name: clipped(text, _FIELD_BYTES) for name, text in list(metadata.items())[:_ROWS]}
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.code.upper(), domain=DOMAIN, metadata=metadata),
    ]
    if isinstance(error, InputError):
        details.append(_bad_request(error))
    if error.is_retryable:
        details.append(_retry_info(error.retry_after_s if isinstance(error, BusyError) else 1.0))
    packed = [any_pb2.Any() for _ in details]
    for box, detail in zip(packed, details, strict=True):
        box.Pack(detail)
    number = code_pb2.Code.Value(status_of(error).grpc.name)
    return status_pb2.Status(code=number, message=clipped(error.message, _MESSAGE_BYTES), details=packed)


def _bad_request(error: InputError) -> error_details_pb2.BadRequest:
    violations = getattr(error, "violations", None) or [(error.field, error.message)]
    rows = [
        error_details_pb2.BadRequest.FieldViolation(
            field=clipped(field, _FIELD_BYTES), description=clipped(text, _FIELD_BYTES)
        )
        for field, text in violations[:_ROWS]
    ]
    return error_details_pb2.BadRequest(field_violations=rows)


def _retry_info(wait_s: float) -> error_details_pb2.RetryInfo:
    delay = duration_pb2.Duration(seconds=int(wait_s), nanos=int(wait_s % 1 * 1e9))
    return error_details_pb2.RetryInfo(retry_delay=delay)
