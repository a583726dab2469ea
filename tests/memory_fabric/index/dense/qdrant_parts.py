"""A Qdrant server as tests have it: the client's local mode, shared by all who connect, and one that refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from qdrant_client import QdrantClient

from memory_fabric.index.dense import qdrant_server

# what a server does with them, the local mode ignores and says so
WARNINGS = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]


class LocalServer:
    """What stays when connections come and go: as a server does."""

    def __init__(self) -> None:
        self.client = QdrantClient(":memory:")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def close(self) -> None:
        """A connection ends, the server does not."""

    def serve(self, monkeypatch: pytest.MonkeyPatch) -> LocalServer:
        """Stand in for every server that is connected to."""
        monkeypatch.setattr(qdrant_server, "connect", lambda _: self)
        return self


class _Refusing(BaseHTTPRequestHandler):
    """Answers nothing but that it cannot."""

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_error(503, "out of order")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _refuse  # noqa: N815 (names of http.server)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def refusing_server() -> Iterator[str]:
    """Serve on loopback and refuse everything; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
