"""Opening files that may have changed since they were found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.opening import read_regular


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """Nothing is lost or added, up to the last byte allowed."""
    path = tmp_path.resolve() / "a.bin"
    data = os.urandom(3_000_000)
    path.write_bytes(data)
    assert read_regular(str(path), len(data)) == data


def _link_to_a_file(folder: Path, outside: Path) -> Path:
    (folder / "a.txt").symlink_to(outside / "secret.txt")
    return folder / "a.txt"


def _link_above(folder: Path, outside: Path) -> Path:
    (folder / "sub").symlink_to(outside)
    return folder / "sub" / "secret.txt"


def _pipe(folder: Path, outside: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def _folder(folder: Path, outside: Path) -> Path:
    (folder / "a.txt").mkdir()
    return folder / "a.txt"


def _missing(folder: Path, outside: Path) -> Path:
    return folder / "gone"


def _grown(folder: Path, outside: Path) -> Path:
    (folder / "a.txt").write_bytes(b"x" * 101)
    return folder / "a.txt"


@pytest.mark.parametrize(
    ("became", "reason"),
    [
        (_link_to_a_file, "unreadable: "),
        (_link_above, "moved while it was read"),
        (_pipe, "not a regular file"),
        (_folder, "unreadable: "),
        (_missing, "unreadable: No such file or directory"),
        (_grown, "too large (101 B > 100 B)"),
    ],
)
def test_what_is_not_the_file_that_was_found_is_refused(tmp_path: Path, became: object, reason: str) -> None:
    """No link is followed, no pipe waited for, no more read than allowed."""
    folder, outside = tmp_path.resolve() / "in", tmp_path.resolve() / "out"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    with pytest.raises(UnreadableError) as caught:
        read_regular(str(became(folder, outside)), 100)  # type: ignore[operator]
    assert caught.value.reason.startswith(reason)


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    """A file of the kernel says it has no bytes and gives many."""
    path = "/proc/self/environ"
    if not os.path.exists(path):
        pytest.skip("no such file system")
    with pytest.raises(UnreadableError, match=r"too large|moved"):
        read_regular(os.path.realpath(path), 1)
