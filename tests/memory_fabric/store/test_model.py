"""Random histories: the store behaves as a dictionary would, and its journal tells the whole story."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from foundation.ids import ChunkId, ItemId
from memory_fabric.store.store import Store
from tests.memory_fabric.store.samples import item, replayed

_PATHS = st.sampled_from(["/a", "/b", "/d/a", "/d/b", "/d/z!/a", "/d/z!/b"])
_FILES = st.sampled_from(["/a", "/b", "/d/a", "/d/b", "/d/z", "/e/new"])
_PROJECTS = st.sampled_from(["p", "q"])
_TEXTS = st.lists(st.sampled_from(["one", "two", "three", ""]), max_size=5)


class StoreModel(RuleBasedStateMachine):
    """Drives a real store and a dictionary side by side."""

    @initialize()
    def begin(self) -> None:
        """Open an empty store."""
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store.open(self.folder)
        self.model: dict[tuple[str, str], tuple[ItemId, list[str]]] = {}
        self.ever: set[int] = set()
        self.last_live: set[int] = set()

    @rule(project=_PROJECTS, drafts=st.dictionaries(_PATHS, _TEXTS, max_size=3))
    def put(self, project: str, drafts: dict[str, list[str]]) -> None:
        """Insert or replace; known items keep their ids."""
        receipt = self.store.write(put=[item(path, *texts, project=project) for path, texts in drafts.items()])
        for (path, texts), item_id in zip(drafts.items(), receipt.item_ids, strict=True):
            known = self.model.get((project, path))
            assert known is None or known[0] == item_id
            self.model[project, path] = (item_id, texts)

    @rule(project=_PROJECTS, paths=st.lists(_PATHS, max_size=3))
    def drop(self, project: str, paths: list[str]) -> None:
        """Delete by address."""
        self.store.write(drop_uris=[(project, path) for path in paths])
        for path in paths:
            self.model.pop((project, path), None)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Delete by id."""
        address = data.draw(st.sampled_from(sorted(self.model)))
        self.store.delete_items([self.model.pop(address)[0]])

    @rule(old=_FILES, new=_FILES)
    def rename(self, old: str, new: str) -> None:
        """Move a file with what is in it."""
        moved = {(p, u): entry for (p, u), entry in self.model.items() if u == old or u.startswith(f"{old}!/")}
        assert self.store.rename_paths([(old, new)]) == (len(moved) if old != new else 0)
        for address in moved:
            del self.model[address]
        for (project, uri), entry in moved.items():
            self.model[project, new + uri[len(old) :]] = entry

    @rule()
    def compact(self) -> None:
        """Shorten the journal."""
        self.store.compact_journal(self.store.journal_head())

    @rule()
    def reopen(self) -> None:
        """Close and open."""
        self.store.close()
        self.store = Store.open(self.folder)

    @invariant()
    def the_store_holds_what_the_model_holds(self) -> None:
        """Addresses, ids and texts agree, chunk ids are never used twice, and the journal replays to the chunks."""
        if not hasattr(self, "store"):
            return
        live = set(self.store.live_chunk_ids().tolist())
        rows = sorted(self.store.chunks([ChunkId(i) for i in live]).values(), key=lambda row: row.ordinal)
        for (project, uri), (item_id, texts) in self.model.items():
            mine = [row for row in rows if row.item_id == item_id]
            assert [row.text for row in mine] == texts
            assert all((row.project, row.uri, row.path) == (project, uri, uri) for row in mine)
        assert len(rows) == sum(len(texts) for _, texts in self.model.values())
        assert self.store.counts().items == len(self.model)
        assert not (live - self.last_live) & self.ever
        self.ever |= live
        self.last_live = live
        assert replayed(self.store) == live

    def teardown(self) -> None:
        """Prove the end state sound."""
        if hasattr(self, "store"):
            assert self.store.verify() == []
            self.store.close()
            shutil.rmtree(self.folder)


StoreModel.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestStoreModel = pytest.mark.slow(StoreModel.TestCase)
