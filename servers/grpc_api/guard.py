"""What stands before every handler: token, draining, malformed bytes, and errors turned into status with details."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError

from foundation.errors import BusyError, CairnError
from foundation.ids import new_ulid
from servers.errors import DrainingError, RequestError, UnauthenticatedError, UnknownMethodError
from servers.grpc_api.malformed import Malformed
from servers.grpc_api.status import abort

__all__ = ["Guard"]

log = structlog.get_logger(__name__)

_OPEN = "/grpc.health.v1.Health/"
"""Asked by probes that know no token, also while draining; it carries nothing but a state."""


class Guard(grpc.ServerInterceptor):  # type: ignore[misc]  # gRPC ships no types
    """One interceptor for all services of a server.

    Args:
        token: What clients must send as `authorization: Bearer …`; empty asks for none.
        max_streams: Streams that may be open at once; they never take the threads of quick calls.
    """

    def __init__(self, token: str = "", *, max_streams: int) -> None:
        self._token = token.encode()
        self._max_streams = max_streams
        self._in_flight = 0
        self._streams = 0
        self._is_draining = False
        self._changed = threading.Condition()

    # ---- draining ---------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Refuse all calls from now on."""
        with self._changed:
            self._is_draining = True

    def wait_idle(self, patience_s: float) -> bool:
        """Wait until no call is in flight; return whether that came true within `patience_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._in_flight == 0, patience_s)

    def _enter(self, context: grpc.ServicerContext, *, is_stream: bool) -> bool:
        """Count a call until its last byte is sent, which is later than its handler's return; False: too many."""
        with self._changed:
            self._in_flight += 1
            self._streams += is_stream
            is_free = self._streams <= self._max_streams

        def leave() -> None:
            with self._changed:
                self._in_flight -= 1
                self._streams -= is_stream
                self._changed.notify_all()

        if not context.add_callback(leave):
            leave()
        return is_free or not is_stream

    # ---- every call -------------------------------------------------------------------------------------------

    def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Any], details: grpc.HandlerCallDetails
    ) -> Any:
        """Wrap the handler of a call."""
        handler = continuation(details)
        if details.method.startswith(_OPEN) and handler is not None:
            return handler
        if not self._is_known(details.invocation_metadata):
            return _refusal(UnauthenticatedError())
        if handler is None:
            return _refusal(UnknownMethodError(details.method))
        return self._wrapped(handler, details.method)

    def _is_known(self, metadata: Any) -> bool:
        given = next((value for key, value in metadata or () if key == "authorization"), "")
        return not self._token or hmac.compare_digest(str(given).encode(), b"Bearer " + self._token)

    def _wrapped(self, handler: Any, method: str) -> Any:
        parse, write = _lenient(handler.request_deserializer, method), handler.response_serializer
        match handler.request_streaming, handler.response_streaming:
            case False, False:
                return grpc.unary_unary_rpc_method_handler(self._one(handler.unary_unary), parse, write)
            case False, True:
                return grpc.unary_stream_rpc_method_handler(self._many(handler.unary_stream), parse, write)
            case True, False:
                behaviour = self._one(handler.stream_unary, is_stream=True)
                return grpc.stream_unary_rpc_method_handler(behaviour, parse, write)
            case _:
                return grpc.stream_stream_rpc_method_handler(self._many(handler.stream_stream), parse, write)

    def _admitted(self, request: Any, context: grpc.ServicerContext, *, is_stream: bool) -> Any:
        """Count the call and return its request, or its checked stream of requests.

        Raises:
            DrainingError: The daemon is stopping.
            BusyError: Too many streams are open.
        """
        is_free = self._enter(context, is_stream=is_stream)
        if self._is_draining:
            raise DrainingError
        if not is_free:
            raise BusyError("too many streams are open")
        if hasattr(request, "__next__"):
            return map(_well_formed, request, count(1))
        return _well_formed(request)

    def _one(self, behaviour: Any, *, is_stream: bool = False) -> Any:
        def run(request: Any, context: grpc.ServicerContext) -> Any:
            try:
                return behaviour(self._admitted(request, context, is_stream=is_stream), context)
            except Exception as error:  # every error leaves as a status with details
                return _end(context, error)

        return run

    def _many(self, behaviour: Any) -> Any:
        def run(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            try:
                yield from behaviour(self._admitted(request, context, is_stream=True), context)
            except Exception as error:  # every error leaves as a status with details
                _end(context, error)

        return run


def _lenient(parse: Callable[[bytes], Any], method: str) -> Callable[[bytes], Any]:
    """GRPC answers INTERNAL when a request cannot be parsed; the mistake is the client's, so it is told by us."""

    def run(data: bytes) -> Any:
        try:
            return parse(data)
        except (DecodeError, UnicodeDecodeError):
            return Malformed(data, method)

    return run


def _well_formed(request: Any, number: int = 0) -> Any:
    """Return a request; `number` is its place in a stream of them, 0 where it is the only one.

    Raises:
        RequestError: Its bytes are no message.
    """
    if isinstance(request, Malformed):
        field, text = request.violation()
        raise RequestError([(field, f"{text}, in message {number} of the stream" if number else text)])
    return request


def _refusal(error: CairnError) -> Any:
    """Return a handler of any shape of call that ends it at once: it reads no request."""

    def run(_: Any, context: grpc.ServicerContext) -> None:
        abort(context, error)

    return grpc.stream_unary_rpc_method_handler(run)


def _end(context: grpc.ServicerContext, error: Exception) -> None:
    """End the call; raises, as every abort does.

    Raises:
        Exception: gRPC's own, which ends the handler.
    """
    if isinstance(error, CairnError):
        abort(context, error)
    if isinstance(error, grpc.RpcError) and not context.is_active():
        # the stream of requests broke off because the client has left: there is nobody to tell
        raise error
    name = new_ulid()
    log.error("request_failed", error_id=name, error=type(error).__name__, exc_info=error)
    abort(context, CairnError("an internal error", fix=f"see `{name}` in the log", fields={"error_id": name}))
