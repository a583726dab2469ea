"""Errors as `google.rpc.Status`: ErrorInfo always, BadRequest for bad fields, RetryInfo when waiting helps."""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from foundation.errors import BusyError, CairnError, InputError
from servers.errors import status_of

__all__ = ["DOMAIN", "DrainingError", "RequestError", "UnauthenticatedError", "abort"]

DOMAIN = "cairn"


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
    """The daemon is stopping and takes no new requests."""

    code = "draining"
    is_retryable = True


class UnauthenticatedError(CairnError):
    """No token, or a wrong one."""

    code = "unauthenticated"


def abort(context: grpc.ServicerContext, error: CairnError) -> None:
    """End the call with the status and details of `error`; raises, as every abort does."""
    code = status_of(error).grpc
    details = [error_details_pb2.ErrorInfo(reason=error.code.upper(), domain=DOMAIN, metadata=_metadata(error))]
    packed = [_packed(details[0])]
    if isinstance(error, InputError):
        violations = getattr(error, "violations", None) or [(error.field, error.message)]
        rows = [error_details_pb2.BadRequest.FieldViolation(field=f, description=d) for f, d in violations]
        packed.append(_packed(error_details_pb2.BadRequest(field_violations=rows)))
    if error.is_retryable:
        wait_s = error.retry_after_s if isinstance(error, BusyError) else 1.0
        delay = duration_pb2.Duration(seconds=int(wait_s), nanos=int(wait_s % 1 * 1e9))
        packed.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
    number = code_pb2.Code.Value(code.name)
    context.abort_with_status(
        rpc_status.to_status(status_pb2.Status(code=number, message=error.message, details=packed))
    )


def _metadata(error: CairnError) -> dict[str, str]:
    return {**error.fields, "fix": error.fix} if error.fix else dict(error.fields)


def _packed(message: object) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
