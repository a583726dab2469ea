"""Settings for the whole suite: soak runs are asked for by name, and no test sees the user's own profile."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

# a busy machine generates slowly: that says nothing about the code under test
settings.register_profile("cairn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cairn")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--run-soak`."""
    parser.addoption("--run-soak", action="store_true", help="run tests that take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave soak runs out unless they are asked for."""
    if config.getoption("--run-soak"):
        return
    kept = [item for item in items if "soak" not in item.keywords]
    left_out = [item for item in items if "soak" in item.keywords]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# the default prints every local variable of every frame: objects of native libraries, too, that other threads are using
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S"),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# a run in the background of a shell inherits an ignored Ctrl-C and hands it on to every command that a test starts
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a profile folder of its own."""
    folder = tmp_path / "profile"
    monkeypatch.setenv("CAIRN_PROFILE", str(folder))
    return folder
