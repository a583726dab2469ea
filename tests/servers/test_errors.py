"""The table of statuses is whole."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import grpc
import pytest

from foundation.errors import CairnError
from servers.errors import STATUSES, RequestError, status_of

_PACKAGES = ("foundation", "memory_fabric", "memory_eval", "orchestrator", "servers", "daemon", "cli")


def _all_errors(kind: type[CairnError] = CairnError) -> Iterator[type[CairnError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all_errors(child)


def _import_everything() -> None:
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


@pytest.mark.slow
def test_every_error_of_every_package_has_a_row() -> None:
    """A new error without a status fails here, by name."""
    _import_everything()
    own = [kind for kind in _all_errors() if kind.__module__.partition(".")[0] in _PACKAGES]
    assert len(own) > 15
    assert [kind.__name__ for kind in own if kind.code not in STATUSES] == []


def test_no_error_is_called_a_success() -> None:
    """Every row is an error on both wires."""
    assert all(row.grpc is not grpc.StatusCode.OK and row.http >= 400 for row in STATUSES.values())


def test_a_request_error_tells_all_its_fields() -> None:
    """The message names each field and what is wrong with it."""
    error = RequestError([("k", "must be from 1 to 1000, is 0"), ("text", "must not be empty")])
    assert error.message == "`k`: must be from 1 to 1000, is 0; `text`: must not be empty"
    assert status_of(error).grpc is grpc.StatusCode.INVALID_ARGUMENT
