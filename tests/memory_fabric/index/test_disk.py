"""Real blocks, not apparent sizes."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from memory_fabric.index.disk import folder_bytes


def test_holes_take_nothing(tmp_path: Path) -> None:
    """A preallocated file of a gigabyte counts what was written into it."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/full").write_bytes(os.urandom(100_000))
    assert 100_000 <= folder_bytes(tmp_path) < 1_000_000


def test_links_are_not_followed(tmp_path: Path) -> None:
    """What a link leads to lies elsewhere."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "big").write_bytes(os.urandom(500_000))
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(outside / "big")
    (inside / "folder").symlink_to(outside)
    assert folder_bytes(inside) < 100_000


def test_a_folder_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    """An index that was never made."""
    assert folder_bytes(tmp_path / "none") == 0


def test_files_and_folders_may_go_while_it_looks(tmp_path: Path) -> None:
    """An engine replaces its files all the time."""
    is_over = threading.Event()
    errors: list[BaseException] = []

    def churn() -> None:
        try:
            while not is_over.is_set():
                for n in range(20):
                    (tmp_path / f"d{n}").mkdir()
                    (tmp_path / f"d{n}/f").write_bytes(b"x" * 5_000)
                for n in range(20):
                    (tmp_path / f"d{n}/f").unlink()
                    (tmp_path / f"d{n}").rmdir()
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        sizes = [folder_bytes(tmp_path) for _ in range(300)]
    finally:
        is_over.set()
        thread.join()
    assert errors == []
    assert min(sizes) >= 0
