"""One daemon for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.commands.home import Home, home_in


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose daemon runs."""
    with home_in(tmp_path_factory.mktemp("home")) as running:
        yield running
