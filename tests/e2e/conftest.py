"""What the end-to-end tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import write_notes


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Forty small files."""
    folder = tmp_path / "work"
    folder.mkdir()
    write_notes(folder, range(40))
    return folder
