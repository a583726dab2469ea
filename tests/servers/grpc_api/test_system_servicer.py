"""Every method of `System` over a real socket."""

from __future__ import annotations

from typing import Any

import pytest

from proto.cairn.v1 import system_pb2 as wire
from proto.cairn.v1.system_pb2_grpc import SystemStub
from tests.servers.grpc_api.serving import Serving


@pytest.fixture
def system(serving: Serving) -> Any:
    """A stub of the service."""
    return SystemStub(serving.channel)  # type: ignore[no-untyped-call]  # generated


def test_info_says_who_runs(system: Any) -> None:
    """All fields arrive."""
    info = system.Info(wire.InfoRequest())
    assert (info.pid, info.version, info.profile, info.uptime_s) == (7, "1.2.3", "/profile", 2.5)
    assert (info.serving, info.rss_mb, info.started_at) == (True, 40.0, "2026-01-01T00:00:00.000Z")


def test_config_and_metrics_are_text(system: Any) -> None:
    """They are passed on as they are."""
    assert system.Config(wire.ConfigRequest()).toml.startswith("[daemon]")
    assert system.Metrics(wire.MetricsRequest()).prometheus == "cairn_items 3\n"


def test_drain_is_answered_before_the_end(serving: Serving, system: Any) -> None:
    """The client learns that its wish was heard."""
    system.Drain(wire.DrainRequest())
    assert serving.system.drained.is_set()


@pytest.mark.parametrize(("is_repairing", "detail"), [(False, "level"), (True, "repaired")])
def test_doctor_streams_its_checks(system: Any, is_repairing: bool, detail: str) -> None:
    """Repair is asked for by name."""
    checks = list(system.Doctor(wire.DoctorRequest(is_repairing=is_repairing)))
    assert [(check.name, check.ok, check.detail) for check in checks] == [
        ("store", True, "sound"),
        ("sparse", True, detail),
    ]
