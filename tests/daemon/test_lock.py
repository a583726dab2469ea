"""One daemon a profile."""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from pathlib import Path

import pytest

from daemon.lock import ProfileLockedError, locked_profile
from foundation.errors import ResourceError
from foundation.places import is_held


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    """By process id, with what to do."""
    with locked_profile(tmp_path):
        with (
            pytest.raises(ProfileLockedError, match=f"process {os.getpid()}; .*cairn down") as caught,
            locked_profile(tmp_path),
        ):
            pass
        assert caught.value.fields == {"pid": str(os.getpid())}
        assert stat.S_IMODE((tmp_path / "daemon.lock").stat().st_mode) == 0o600


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    """What a dead daemon left in the file does not matter, however long it is."""
    (tmp_path / "daemon.lock").write_text("123456789 and more than thirty-two characters of it")
    for _ in range(2):
        with locked_profile(tmp_path):
            assert (tmp_path / "daemon.lock").read_text() == f"{os.getpid()}\n"


def test_others_can_see_whether_a_profile_is_held(tmp_path: Path) -> None:
    """Before, while and after; looking takes nothing away."""
    assert not is_held(tmp_path)
    with locked_profile(tmp_path):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    with locked_profile(tmp_path):
        pass


def test_who_only_looks_keeps_nobody_out(tmp_path: Path) -> None:
    """`cairn down` looks many times a second; a daemon that starts at that moment gets its lock."""
    looker = os.open(tmp_path / "daemon.lock", os.O_RDONLY | os.O_CREAT)
    fcntl.flock(looker, fcntl.LOCK_SH)
    leaving = threading.Timer(0.02, os.close, (looker,))
    leaving.start()
    with locked_profile(tmp_path):
        assert is_held(tmp_path)
    leaving.join()


def test_two_profiles_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Each has its own lock."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with locked_profile(tmp_path / "a"), locked_profile(tmp_path / "b"):
        pass


def test_a_profile_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    """A folder in the place of the lock file."""
    (tmp_path / "daemon.lock").mkdir()
    with pytest.raises(ResourceError, match="cannot lock"), locked_profile(tmp_path):
        pass
