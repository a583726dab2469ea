"""Folders of a profile and the address of its daemon."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from pathlib import Path

import msgspec
import pytest

from foundation.errors import ConflictError, ResourceError
from foundation.places import (
    SOCKET_BYTES,
    Running,
    find_running,
    find_socket,
    is_answering,
    places_of,
    profile_folder,
    socket_path,
)


def test_the_profile_of_the_environment_holds_everything(own_profile: Path) -> None:
    """`CAIRN_PROFILE` puts data, configuration, logs and cache into one folder, mode 0700."""
    profile = profile_folder()
    assert profile == own_profile
    assert stat.S_IMODE(profile.stat().st_mode) == 0o700
    places = places_of(profile)
    assert all(path.is_relative_to(profile) for path in (places.config, places.logs, places.cache))


def test_a_given_profile_comes_before_the_environment(tmp_path: Path) -> None:
    """The command line wins."""
    assert profile_folder(tmp_path / "given") == tmp_path / "given"


def test_without_a_profile_the_xdg_places_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data, configuration, state and cache each where XDG has them."""
    monkeypatch.delenv("CAIRN_PROFILE")
    for name in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    profile = profile_folder()
    places = places_of(profile)
    assert profile == tmp_path / "DATA" / "cairn"
    assert places.config == tmp_path / "CONFIG" / "cairn" / "config.toml"
    assert places.logs.is_relative_to(tmp_path / "STATE" / "cairn")
    assert places.cache == tmp_path / "CACHE" / "cairn"


def test_a_profile_open_to_others_is_closed(tmp_path: Path) -> None:
    """Whoever made the folder, its mode is 0700 afterwards."""
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    assert stat.S_IMODE(profile_folder(folder).stat().st_mode) == 0o700


def test_a_profile_that_cannot_be_closed_to_others_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the system, such as `/proc/self`."""
    if not Path("/proc/self").is_dir():
        pytest.skip("no /proc")
    monkeypatch.setenv("CAIRN_PROFILE", "/proc/self")
    with pytest.raises(ResourceError, match="cannot close") as caught:
        profile_folder()
    assert caught.value.fix == "choose another profile folder"


def test_a_profile_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    """A file in its place, or in its way."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConflictError, match="is not a folder"):
        profile_folder(tmp_path / "file")
    with pytest.raises(ResourceError, match="cannot make"):
        profile_folder(tmp_path / "file" / "below")


def test_a_usual_profile_has_its_socket_inside() -> None:
    """Short and plain paths need nothing special."""
    assert socket_path(Path("/home/me/.local/share/cairn")) == Path("/home/me/.local/share/cairn/cairn.sock")


def test_the_longest_path_of_a_socket_is_used_and_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One number for the door, the configuration and the profile; one byte more goes to a short folder."""
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        profile = Path(short) / ("x" * (SOCKET_BYTES - len(short) - len("//cairn.sock")))
        profile.mkdir()
        path = socket_path(profile)
        assert (path, len(os.fsencode(path))) == (profile / "cairn.sock", SOCKET_BYTES)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
        assert not socket_path(profile.with_name(profile.name + "x")).is_relative_to(short)


@pytest.mark.parametrize("name", ["x" * 120, "a%20b", "a#b", "a?b", "a b", "ё"])
def test_a_deep_or_odd_profile_gets_a_short_socket(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same one each time, in a folder of our own, and another for another profile."""
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        path = socket_path(tmp_path / name)
        assert path == socket_path(tmp_path / name) != socket_path(tmp_path / (name + "y"))
        assert path.is_relative_to(short)
        assert len(os.fsencode(path)) <= SOCKET_BYTES
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_planted_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that all may write to, a link in the place of ours is refused."""
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        folder = socket_path(tmp_path / "a#b").parent
        folder.rmdir()
        folder.symlink_to(tmp_path)
        with pytest.raises(ConflictError, match="belongs to another user"):
            socket_path(tmp_path / "a#b")


def test_a_daemon_is_found_by_what_it_wrote(tmp_path: Path) -> None:
    """Only while somebody listens there."""
    with tempfile.TemporaryDirectory() as short:
        address = str(Path(short) / "s")
        running = Running(1, address, "1", "2026-01-01T00:00:00.000Z")
        (tmp_path / "daemon.json").write_bytes(msgspec.json.encode(running))
        assert find_running(tmp_path) == running
        assert find_socket(tmp_path) is None
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            assert not is_answering(address)
            listener.listen()
            assert find_socket(tmp_path) == Path(address)
        assert find_socket(tmp_path) is None


@pytest.mark.parametrize("data", [b"", b"{", b'{"pid": "x"}', b'{"pid": 1, "socket": "\xff"}'])
def test_a_broken_note_is_no_daemon(tmp_path: Path, data: bytes) -> None:
    """Half a file tells nothing, nor does one with a byte that is no text."""
    (tmp_path / "daemon.json").write_bytes(data)
    assert find_running(tmp_path) is None
    assert find_socket(tmp_path) is None


def test_nobody_answers_at_what_is_no_path(tmp_path: Path) -> None:
    """A flipped bit may make a letter of the address a NUL."""
    running = Running(1, "/run/cairn\0sock", "1", "2026-01-01T00:00:00.000Z")
    (tmp_path / "daemon.json").write_bytes(msgspec.json.encode(running))
    assert find_socket(tmp_path) is None
