"""What every vector index must do; `tests/memory_fabric/index/dense/` runs it for each backend.

`durable_vector_index.py` adds what an index with a folder must do.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.errors import ConflictError
from foundation.ids import ChunkId
from memory_fabric.embed.base import Vectors
from memory_fabric.errors import DimensionError
from memory_fabric.index.dense.base import DensePoint, Scored, VectorIndex
from memory_fabric.index.dense.exact import ExactIndex
from memory_fabric.records import Filters
from tests.contracts.erasing_index import ErasingVectorIndexContract

__all__ = ["DIMENSION", "GRAPH_FROM", "VectorIndexContract", "assert_same", "clustered", "filled", "point", "units"]

DIMENSION = 32

GRAPH_FROM = 1_000
"""Points from which the tested backends build a graph."""

NEAR = 1e-5
"""How far a cosine may be from the anchor's: both add float32 products, in different orders."""

Open = Callable[[Path], VectorIndex]

SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)
"""The suite is inherited by each backend's class."""

PATHS = ("", "/a/b", "/a/b/c.py", "/a/bc/d.py", "/a/b.md", "/z.zip!/in/e.md", "rel/f.txt", "/a/b c/é/日.md")
PREFIXES = ("", "/a/b", "/a/b/", "/a", "/", "/z.zip", "/z.zip!/in", "rel", "/a/b.md", "/a/b c", "/a/b c/é", "/nowhere")
SPANS = ((None, None), (105.0, None), (None, 315.0), (105.0, 315.0), (105.25, 105.75), (210.5, 210.5), (-5.0, 0.5))


def units(count: int, seed: int = 0, dimension: int = DIMENSION) -> Vectors:
    """Return (count, dimension) random rows of unit length."""
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def clustered(count: int, seed: int = 0) -> Vectors:
    """Return unit vectors around 50 centres, as embeddings of real text lie."""
    rng = np.random.default_rng(seed)
    rows = units(50, 99)[rng.integers(0, 50, count)] + 0.1 * rng.normal(size=(count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def point(number: int, vector: Vectors, **fields: object) -> DensePoint:
    """Return a point with plain defaults."""
    base = DensePoint(ChunkId(number), vector, "text", "p", "text", "en", "/a/b/c.md", 0.0)
    return msgspec.structs.replace(base, **fields)


def filled(index: VectorIndex, points: Iterable[DensePoint]) -> VectorIndex:
    """Return the index with points written and flushed."""
    index.upsert(list(points))
    index.flush()
    return index


def assert_same(found: Sequence[Scored], anchor: Sequence[Scored], exact: dict[ChunkId, float]) -> None:
    """Fail unless `found` is as good a list as the anchor's.

    Two lists of the k nearest may differ where cosines differ by rounding only: so each score must be the true one,
    and rank by rank the scores must be the anchor's.
    """
    ids = [hit.id for hit in found]
    assert len(ids) == len(set(ids)) == len(anchor)
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in anchor], abs=NEAR)
    assert [hit.score for hit in found] == pytest.approx([exact[i] for i in ids], abs=NEAR)
    assert list(found) == sorted(found, key=lambda hit: (-hit.score, hit.id))


def passes(candidate: DensePoint, filters: Filters) -> bool:
    """Say what a filter means in the plainest way: the oracle."""
    folder = filters.path_prefix.rstrip("/")
    pairs = (
        (candidate.project, filters.projects),
        (candidate.modality, filters.modalities),
        (candidate.language, filters.languages),
        (candidate.layer, filters.layers),
    )
    is_below = candidate.path == (folder or "/") or candidate.path.startswith((f"{folder}/", f"{folder}!/"))
    return (
        all(value in wanted for value, wanted in pairs if wanted)
        and (not filters.path_prefix or is_below)
        and _is_within(candidate.timestamp_s, filters)
    )


def _is_within(moment: float | None, filters: Filters) -> bool:
    if filters.since_s is None and filters.until_s is None:
        return True
    since, until = filters.since_s, filters.until_s
    return moment is not None and (since is None or moment >= since) and (until is None or moment < until)


def varied(count: int) -> list[DensePoint]:
    """Return points that differ in every field that filters look at."""
    vectors = units(count, 5)
    return [
        point(
            n + 1,
            vectors[n],
            name=("text", "code")[n % 2],
            project=f"p{n % 3}",
            modality=("text", "code", "conversation")[n // 2 % 3],
            language=("en", "ru", "python", "")[n // 3 % 4],
            path=PATHS[n % len(PATHS)],
            timestamp_s=None if n % 7 == 6 else n * 10.5,
            layer=("document", "session")[n // 4 % 2],
        )
        for n in range(count)
    ]


def every_filter() -> list[Filters]:
    """Return every combination of some values of each field."""
    return [
        Filters(projects, modalities, languages, path, since, until, layers)
        for projects, modalities, languages, path, (since, until), layers in itertools.product(
            ((), ("p0",), ("p1", "p2"), ("none",)),
            ((), ("code",), ("conversation", "text")),
            ((), ("ru", "en"), ("",)),
            PREFIXES,
            SPANS,
            ((), ("session",)),
        )
    ]


def few_filters() -> list[Filters]:
    """Return each value alone, and a sample of the combinations that is the same in every run."""
    every = every_filter()
    alone = [f for f in every if sum(getattr(f, name) != getattr(Filters(), name) for name in f.__struct_fields__) <= 1]
    spans = [Filters(since_s=since, until_s=until) for since, until in SPANS]
    return [*alone, *spans, *random.Random(3).sample(every, 150)]


class VectorIndexContract(ErasingVectorIndexContract):
    """Tests over `open_index`, a fixture that the backend's test module gives."""

    @pytest.fixture
    def index(self, open_index: Open, tmp_path: Path) -> VectorIndex:
        """Return an empty index."""
        return open_index(tmp_path / "index")

    # ---- writing ----------------------------------------------------------------------------------------------

    def test_empty(self, index: VectorIndex) -> None:
        """An empty index answers everything with nothing; empty batches are fine."""
        index.upsert([])
        index.delete([])
        index.delete([ChunkId(5)])
        index.flush()
        index.optimize()
        query = units(1)[0]
        assert index.search(query, 10) == []
        assert index.score(query, []) == index.score(query, [ChunkId(1)]) == {}
        assert index.vectors([]) == index.vectors([ChunkId(1)]) == {}
        assert (list(index.ids()), index.stats().points, index.dimension) == ([], 0, DIMENSION)

    def test_upsert_replaces(self, index: VectorIndex) -> None:
        """Writing an id again replaces vector, name and fields, within a batch and across flushes."""
        old, newer, new = units(3)
        filled(index, [point(1, old, project="old"), point(1, newer, project="newer")])
        assert index.score(newer, [ChunkId(1)]) == pytest.approx({1: 1.0}, abs=NEAR)
        filled(index, [point(1, new, project="new", name="code")])
        assert index.stats().points == 1
        assert [hit.id for hit in index.search(new, 5)] == [1]
        assert index.search(new, 5, names=("text",)) == []
        assert index.search(new, 5, filters=Filters(projects=("old", "newer"))) == []
        assert np.allclose(index.vectors([ChunkId(1)])[ChunkId(1)], new, atol=NEAR)

    def test_upsert_is_idempotent(self, index: VectorIndex) -> None:
        """The same batch three times leaves one copy of each point."""
        points = [point(n + 1, row) for n, row in enumerate(units(30))]
        for _ in range(3):
            filled(index, points)
        assert sorted(index.ids()) == list(range(1, 31))
        assert len(index.search(points[0].vector, 100)) == index.stats().points == 30

    def test_writing_is_seen_at_once(self, index: VectorIndex) -> None:
        """Reads see a write as soon as it returned; only durability waits for `flush`."""
        vector = units(1)[0]
        index.upsert([point(3, vector)])
        assert [hit.id for hit in index.search(vector, 1)] == [3]
        index.delete([ChunkId(3)])
        assert (index.search(vector, 1), list(index.ids())) == ([], [])

    def test_delete(self, index: VectorIndex) -> None:
        """Deleted points are gone from every answer; unknown ids are ignored; deleting twice is fine."""
        vectors = units(4)
        filled(index, (point(n + 1, row) for n, row in enumerate(vectors)))
        for _ in range(2):
            index.delete([ChunkId(1), ChunkId(1), ChunkId(99), ChunkId(2**62)])
            index.flush()
        assert sorted(index.ids()) == sorted(hit.id for hit in index.search(vectors[0], 10)) == [2, 3, 4]
        assert index.score(vectors[0], [ChunkId(1)]) == index.vectors([ChunkId(1)]) == {}
        assert index.stats().points == 3
        filled(index, [point(1, vectors[0])])
        assert index.search(vectors[0], 1)[0].id == 1

    def test_wrong_length(self, index: VectorIndex) -> None:
        """A vector of another length is refused, and nothing of its batch is written."""
        right, wrong = units(1)[0], units(1, dimension=DIMENSION + 1)[0]
        with pytest.raises(DimensionError):
            index.upsert([point(1, right), point(2, wrong)])
        with pytest.raises(DimensionError):
            index.search(wrong, 1)
        with pytest.raises(DimensionError):
            index.score(wrong, [ChunkId(1)])
        with pytest.raises(DimensionError):
            index.search(units(1), 1)
        assert list(index.ids()) == []

    def test_the_caller_may_use_its_array_again(self, index: VectorIndex) -> None:
        """What was stored does not change with the array that it came from, nor with one that was handed out."""
        rows = units(2)
        kept = rows.copy()
        filled(index, (point(n + 1, row) for n, row in enumerate(rows)))
        rows[:] = 0.0
        handed = index.vectors([ChunkId(1)])[ChunkId(1)]
        if handed.flags.writeable:
            handed[:] = 0.0
        assert index.score(kept[0], [ChunkId(1)]) == pytest.approx({1: 1.0}, abs=NEAR)

    def test_close(self, open_index: Open, tmp_path: Path) -> None:
        """A closed index refuses, and may be closed again."""
        index = filled(open_index(tmp_path / "x"), [point(1, units(1)[0])])
        index.close()
        index.close()
        with pytest.raises(ConflictError):
            index.search(units(1)[0], 1)
        with pytest.raises(ConflictError):
            index.upsert([point(2, units(1)[0])])

    # ---- reading ----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("k", [1, 7, 200, 10_000])
    @pytest.mark.parametrize("names", [("text", "code"), ("text",), ("code",), ()])
    def test_search_equals_the_anchor(self, index: VectorIndex, k: int, names: tuple[str, ...]) -> None:
        """Searches give what brute force gives: any k, any names, with deleted and replaced points in between."""
        points = varied(200)
        anchor = ExactIndex(DIMENSION)
        for one in (index, anchor):
            filled(one, points)
            one.delete([p.id for p in points[::7]])
            filled(one, [msgspec.structs.replace(p, vector=-p.vector) for p in points[::5]])
        for query in units(10, 1):
            exact = anchor.score(query, list(anchor.ids()))
            assert_same(index.search(query, k, names=names), anchor.search(query, k, names=names), exact)

    @pytest.mark.slow
    @settings(max_examples=20, suppress_health_check=SHARED)
    @given(data=st.data())
    def test_random_histories_equal_the_anchor(
        self, open_index: Open, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        """After any history of writes, deletes, flushes and optimisations the index answers as the anchor does."""
        index, anchor = open_index(tmp_path_factory.mktemp("history") / "index"), ExactIndex(DIMENSION)
        pool = varied(40)
        steps = st.tuples(st.sampled_from("put drop flush optimize".split()), st.integers(1, 12), st.integers(0, 39))
        for action, number, row in data.draw(st.lists(steps, max_size=20)):
            match action:
                case "put":
                    for one in (index, anchor):
                        one.upsert([msgspec.structs.replace(pool[row], id=ChunkId(number))])
                case "drop":
                    for one in (index, anchor):
                        one.delete([ChunkId(number)])
                case "flush":
                    index.flush()
                case _:
                    index.optimize()
        assert sorted(index.ids()) == sorted(anchor.ids())
        query = pool[0].vector
        exact = anchor.score(query, list(anchor.ids()))
        for filters in (Filters(), Filters(projects=("p0", "p1"), path_prefix="/a")):
            for k in (3, 50):
                found, wanted = (one.search(query, k, filters=filters) for one in (index, anchor))
                assert_same(found, wanted, exact)

    def test_ties_by_smaller_id(self, index: VectorIndex) -> None:
        """Equal vectors come by id, also where the list ends among them, in whatever order they were written."""
        same, other = units(2)
        numbers = [9, 3, 12, 1, 7, 30, 22, 5, 18, 2]
        for part in (numbers[:4], numbers[4:]):
            filled(index, (point(n, same, name=("text", "code")[n % 2]) for n in part))
        filled(index, [point(40, other)])
        assert [hit.id for hit in index.search(same, 100)] == [*sorted(numbers), 40]
        assert [hit.id for hit in index.search(same, 4)] == sorted(numbers)[:4]
        assert [hit.id for hit in index.search(same, 1)] == [1]

    def test_score_is_the_cosine(self, index: VectorIndex) -> None:
        """`score` gives the cosine of known ids, negative ones too, and leaves unknown and doubled ids out."""
        points = varied(60)
        filled(index, points)
        query = units(1, 8)[0]
        ids = [ChunkId(n) for n in (*range(1, 41), 5, 6, 500, 2**62)]
        scores = index.score(query, ids)
        assert scores == pytest.approx({p.id: float(p.vector @ query) for p in points[:40]}, abs=NEAR)
        assert min(scores.values()) < 0
        assert index.score(points[3].vector, [ChunkId(4)]) == pytest.approx({4: 1.0}, abs=NEAR)
        assert index.score(-points[3].vector, [ChunkId(4)]) == pytest.approx({4: -1.0}, abs=NEAR)

    def test_vectors_round_trip(self, index: VectorIndex) -> None:
        """Stored vectors come back as float32, bit for bit but for the last; unknown ids are left out."""
        points = varied(50)
        filled(index, points)
        back = index.vectors([*(p.id for p in points), ChunkId(999)])
        assert back.keys() == {p.id for p in points}
        for p in points:
            assert back[p.id].dtype == np.float32
            assert np.allclose(back[p.id], p.vector, atol=1e-6)

    def test_stats(self, index: VectorIndex) -> None:
        """The count of points follows writes and deletes; no more are indexed than there are."""
        filled(index, varied(20))
        index.delete([ChunkId(1), ChunkId(2)])
        index.flush()
        stats = index.stats()
        assert stats.points == len(list(index.ids())) == 18
        assert 0 <= stats.indexed <= 20
        assert stats.disk_bytes >= 0

    # ---- filters ----------------------------------------------------------------------------------------------

    @pytest.mark.slow
    def test_filters_equal_the_oracle(self, index: VectorIndex) -> None:
        """Filters, alone and together, return exactly what a plain reading of them returns."""
        points = varied(120)
        filled(index, points)
        query = units(1, 2)[0]
        for filters in few_filters():
            found = sorted(hit.id for hit in index.search(query, 200, filters=filters))
            assert found == [p.id for p in points if passes(p, filters)], filters

    def test_filters_keep_scores_and_order(self, index: VectorIndex) -> None:
        """A filter takes points away and leaves the rest as it is, also where the list is cut."""
        filled(index, varied(120))
        query = units(1, 2)[0]
        filters = Filters(projects=("p1", "p2"), path_prefix="/a", since_s=100.0)
        allowed = {p.id for p in varied(120) if passes(p, filters)}
        wanted = [hit for hit in index.search(query, 200) if hit.id in allowed]
        found = index.search(query, 5, filters=filters)
        assert [hit.id for hit in found] == [hit.id for hit in wanted[:5]]
        assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted[:5]], abs=NEAR)

    def test_a_folder_is_no_prefix_of_letters(self, index: VectorIndex) -> None:
        """`/a/b` means that file or folder, never `/a/bc`; a slash at the end changes nothing."""
        row = units(1)[0]
        paths = ("/a/b", "/a/b/c", "/a/bc", "/a/b.md", "/x/a/b")
        filled(index, (point(n + 1, row, path=path) for n, path in enumerate(paths)))
        for prefix in ("/a/b", "/a/b/"):
            found = index.search(row, 10, filters=Filters(path_prefix=prefix))
            assert sorted(hit.id for hit in found) == [1, 2]

    @pytest.mark.parametrize(
        ("since", "until", "wanted"),
        [
            (10.5, None, [2, 3, 4]),
            (10.25, None, [2, 3, 4]),
            (10.75, None, [3, 4]),
            (None, 10.5, [1]),
            (None, 10.75, [1, 2]),
            (10.5, 10.5, []),
            (10.0, 11.0, [1, 2]),
            (11.5, 10.0, []),
            (1.7e9 + 0.25, 1.7e9 + 0.5, [4]),
        ],
    )
    def test_times_are_half_open(
        self, index: VectorIndex, since: float | None, until: float | None, wanted: list[int]
    ) -> None:
        """`since` is inside and `until` outside, to the fraction of a second."""
        row = units(1)[0]
        filled(index, (point(n + 1, row, timestamp_s=t) for n, t in enumerate((10.0, 10.5, 11.0, 1.7e9 + 0.25))))
        found = index.search(row, 10, filters=Filters(since_s=since, until_s=until))
        assert sorted(hit.id for hit in found) == wanted

    def test_what_has_no_date_meets_no_condition_on_time(self, index: VectorIndex) -> None:
        """Not even one that everything since long before 1970 meets; and a date given later counts."""
        row = units(1)[0]

        def found(filters: Filters) -> list[int]:
            return sorted(hit.id for hit in index.search(row, 10, filters=filters))

        spans = [Filters(since_s=-1e12), Filters(until_s=1e12), Filters(since_s=-1e12, until_s=1e12)]
        filled(index, [point(1, row, timestamp_s=None), point(2, row, timestamp_s=None)])
        assert [found(span) for span in spans] == [[], [], []]
        filled(index, [point(2, row, timestamp_s=0.0), point(3, row, timestamp_s=-5.0)])
        assert [found(span) for span in spans] == [[2, 3]] * 3
        filled(index, [point(3, row, timestamp_s=None)])
        assert [found(span) for span in spans] == [[2]] * 3
        assert found(Filters()) == [1, 2, 3]

    def test_undecodable_names(self, index: VectorIndex) -> None:
        """Half characters in names of files and projects neither break the index nor hide the point."""
        row = units(1)[0]
        odd = point(1, row, path="/data/caf\udce9/x.txt", project="\udce9")
        filled(index, [odd, point(2, row, path="/data/cafe/x.txt", project="e")])
        for filters in (
            Filters(path_prefix="/data/caf\udce9"),
            Filters(path_prefix=odd.path),
            Filters(projects=("\udce9", "\udc00")),
        ):
            assert [hit.id for hit in index.search(row, 5, filters=filters)] == [1]
        assert len(index.search(row, 5, filters=Filters(path_prefix="/data"))) == 2

    # ---- together ---------------------------------------------------------------------------------------------

    @pytest.mark.slow
    def test_reading_beside_writing(self, index: VectorIndex) -> None:
        """Readers always see the points that stay, while a writer adds, replaces, deletes, flushes and optimises."""
        rows = clustered(400, 1)
        filled(index, (point(n + 1, rows[n], project="stays") for n in range(200)))
        stays = Filters(projects=("stays",))
        failures: list[BaseException] = []
        is_done = threading.Event()

        def read() -> None:
            try:
                while not is_done.is_set():
                    assert len(index.search(rows[3], 500, filters=stays)) == 200
                    assert len(index.score(rows[3], [ChunkId(n) for n in range(1, 201)])) == 200
                    assert set(range(1, 201)) <= set(index.ids())
                    assert len(index.vectors([ChunkId(1), ChunkId(2)])) == 2
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for turn in range(8):
            index.upsert([point(1_000 + n, rows[200 + (n + turn) % 200]) for n in range(100)])
            index.upsert([point(n + 1, rows[n], project="stays") for n in range(50)])
            index.delete([ChunkId(1_000 + n) for n in range(turn, 100, 3)])
            index.flush()
            if turn % 4 == 3:
                index.optimize()
        is_done.set()
        for thread in threads:
            thread.join()
        assert failures == []
