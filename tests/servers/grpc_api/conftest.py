"""A server for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.grpc_api.serving import Serving, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that only we may enter."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def serving(folder: Path) -> Iterator[Serving]:
    """A running server over a fake memory."""
    with serve(folder) as running:
        yield running
