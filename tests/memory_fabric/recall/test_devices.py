"""Asking a disk without waiting for one that hangs."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from memory_fabric.recall import devices
from memory_fabric.recall.devices import Device, local_devices

FAR = 999_999


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> int:
    """The number of a device that is local."""
    monkeypatch.setattr(devices, "local_devices", lambda: frozenset({7}))
    return 7


def test_a_quick_look_at_a_local_disk_wakes_no_thread(near: int) -> None:
    """It is done when `begin` returns, on the thread that asked."""
    seen: list[threading.Thread] = []
    assert Device(near, 1.0).begin(lambda: seen.append(threading.current_thread()), is_quick=True) is None
    assert seen == [threading.current_thread()]


@pytest.mark.parametrize(("number", "is_quick"), [(7, False), (FAR, True)])
def test_what_may_take_long_has_a_thread(near: int, number: int, is_quick: bool) -> None:
    """Reading, and whatever asks another machine; one thread for all of it."""
    device, seen = Device(number, 1.0), set[str]()
    for _ in range(3):
        done = device.begin(lambda: seen.add(threading.current_thread().name), is_quick=is_quick)
        assert done is not None
        assert done.wait(10)
    assert seen == {"cairn-freshness"}
    device.close()


def test_nothing_is_begun_behind_a_look_that_hangs() -> None:
    """Until it ends; then the device answers again."""
    device, gate, begun = Device(FAR, 0.0), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        assert gate.wait(30)

    first = device.begin(hang, is_quick=True)
    assert begun.wait(10)
    assert device.begin(lambda: pytest.fail("it was begun"), is_quick=True) is None
    gate.set()
    assert first is not None
    assert first.wait(10)
    again = device.begin(begun.clear, is_quick=True)
    assert again is not None
    assert again.wait(10)
    assert not begun.is_set()
    device.close()


def test_local_disks_are_known() -> None:
    """By the kind of their file system; a pseudo file system is none."""
    assert os.stat("/proc").st_dev not in local_devices()


def test_a_system_that_does_not_tell_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Everything is asked on threads then."""
    (tmp_path / "mountinfo").write_text("what an old kernel may say\n")
    monkeypatch.setattr(devices, "_MOUNTS", str(tmp_path / "mountinfo"))
    assert local_devices() == frozenset()
    monkeypatch.setattr(devices, "_MOUNTS", str(tmp_path / "nowhere"))
    assert local_devices() == frozenset()
