"""A second worktree of the same repository costs no call of the model."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from memory_fabric.config import IngestConfig, ScanConfig
from memory_fabric.index.applier import IndexApplier
from memory_fabric.index.dense.exact import ExactIndex
from memory_fabric.index.targets import DenseTarget
from memory_fabric.ingest.pipeline import index_paths
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.store import Store
from tests.memory_fabric.embed.tiny_model import write_model
from tests.memory_fabric.fabric_parts import go_on, ignore
from tests.memory_fabric.git_parts import commit, git, needs_git, repository
from tests.memory_fabric.index.test_targets import Counted

pytestmark = [pytest.mark.slow, needs_git]

ROOT = Path(__file__).resolve().parents[2]


def test_a_second_worktree_reuses_every_vector(tmp_path: Path) -> None:
    """This project's own documents and sources: the chunks are other ones, and what they say is known already."""
    repo = repository(tmp_path / "repo")
    for name in ("docs", "foundation"):
        shutil.copytree(ROOT / name, repo / name, ignore=shutil.ignore_patterns("__pycache__"))
    commit(repo)
    git(repo, "worktree", "add", "-q", "-b", "second", str(tmp_path / "second"))
    store = Store.open(tmp_path / "store")
    model = Counted(write_model(tmp_path / "model"), tmp_path / "model")
    model.asked = []

    def target() -> DenseTarget:
        return DenseTarget(ExactIndex(model.dimension, tmp_path / "dense"), model, store.embeddings, go_on)

    applier = IndexApplier("dense", "exact", store, tmp_path / "dense", "v1", target)
    applier.start()
    store.listen(applier.notify)
    index = partial(
        index_paths,
        store,
        project="",
        limits=IngestConfig(),
        scanner=Scanner(ScanConfig()),
        is_forced=False,
        report=ignore,
        check=go_on,
    )
    try:
        first = index([repo]).chunks
        assert applier.wait_for(store.journal_head(), check=go_on)
        asked = len(model.asked)
        second = index([tmp_path / "second"]).chunks
        assert applier.wait_for(store.journal_head(), check=go_on)
        assert first == second > 100
        assert asked > 100
        assert len(model.asked) == asked
        assert applier.points() == first + second
    finally:
        applier.stop()
        store.close()
