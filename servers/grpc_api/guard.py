"""What stands before every handler: token, draining, malformed bytes, and errors turned into status with details."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError

from foundation.errors import CairnError
from foundation.ids import new_ulid
from servers.grpc_api.bridge import StoppedError
from servers.grpc_api.status import DrainingError, RequestError, UnauthenticatedError, abort

__all__ = ["Guard"]

log = structlog.get_logger(__name__)

_OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.")
"""Asked before a client can know anything; they carry no content."""


class _Malformed:
    """Stands for a request whose bytes are not the message they should be."""


class Guard(grpc.ServerInterceptor):  # type: ignore[misc]  # gRPC ships no types
    """One interceptor for all services.

    Args:
        token: What TCP clients must send as `authorization: Bearer …`; empty asks for none.
    """

    def __init__(self, token: str = "") -> None:
        self._token = token.encode()
        self.is_draining = threading.Event()

    def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Any], details: grpc.HandlerCallDetails
    ) -> Any:
        """Wrap the handler of a call."""
        handler = continuation(details)
        if handler is None or details.method.startswith(_OPEN):
            return handler
        has_token = not self._token or self._is_known(details.invocation_metadata)
        return self._wrapped(handler, has_token=has_token)

    def _is_known(self, metadata: Any) -> bool:
        given = next((value for key, value in metadata or () if key == "authorization"), "")
        return hmac.compare_digest(str(given).removeprefix("Bearer ").encode(), self._token)

    def _wrapped(self, handler: Any, *, has_token: bool) -> Any:
        if handler.request_streaming:
            behaviour = self._unary(handler.stream_unary, has_token=has_token)
            return grpc.stream_unary_rpc_method_handler(
                behaviour, handler.request_deserializer, handler.response_serializer
            )
        parse = _lenient(handler.request_deserializer)
        if handler.response_streaming:
            stream = self._stream(handler.unary_stream, has_token=has_token)
            return grpc.unary_stream_rpc_method_handler(stream, parse, handler.response_serializer)
        unary = self._unary(handler.unary_unary, has_token=has_token)
        return grpc.unary_unary_rpc_method_handler(unary, parse, handler.response_serializer)

    def _check(self, request: Any, *, has_token: bool) -> None:
        if not has_token:
            raise UnauthenticatedError("no valid token", fix="send it as `authorization: Bearer …`")
        if self.is_draining.is_set():
            raise DrainingError("the daemon is stopping", fix="try again when it has started")
        if isinstance(request, _Malformed):
            raise RequestError([("request", "is not a valid message: wrong types or text that is not UTF-8")])

    def _unary(self, behaviour: Any, *, has_token: bool) -> Any:
        def run(request: Any, context: grpc.ServicerContext) -> Any:
            try:
                self._check(request, has_token=has_token)
                return behaviour(request, context)
            except Exception as error:  # every error leaves as a status with details
                return _end(context, error)

        return run

    def _stream(self, behaviour: Any, *, has_token: bool) -> Any:
        def run(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            try:
                self._check(request, has_token=has_token)
                yield from behaviour(request, context)
            except Exception as error:  # every error leaves as a status with details
                _end(context, error)

        return run


def _lenient(parse: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def run(data: bytes) -> Any:
        try:
            return parse(data)
        except (DecodeError, UnicodeDecodeError):
            return _Malformed()

    return run


def _end(context: grpc.ServicerContext, error: Exception) -> None:
    """End the call; raises, as every abort does.

    Raises:
        Exception: gRPC's own, which ends the handler.
    """
    if not context.is_active() and not isinstance(error, CairnError):
        raise error
    if isinstance(error, StoppedError):
        code = grpc.StatusCode.CANCELLED
        if (context.time_remaining() or 1.0) <= 0.001:
            code = grpc.StatusCode.DEADLINE_EXCEEDED
        context.abort(code, error.message)
    if isinstance(error, CairnError):
        abort(context, error)
    name = new_ulid()
    log.error("request_failed", error_id=name, error=type(error).__name__, exc_info=error)
    abort(context, CairnError(f"an internal error, logged as {name}", fields={"error_id": name}))
