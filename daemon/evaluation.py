"""Golden sets as a service: each corpus has a memory of its own, so that measuring never touches the user's."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from daemon.benching import run_bench, scratch_memory, write_report
from daemon.eval_corpus import Admitted, admit, admit_files, digest_of
from memory_eval.bench.records import BenchReport
from memory_eval.run import evaluate
from memory_fabric.config import MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.ingest.pacing import Pace
from memory_fabric.operations import Check, Report
from orchestrator.ports import BenchRequest, EvalReport

__all__ = ["Evaluation"]

_PROJECT = "eval"
"""Sets that share a corpus share its memory, so the project is everybody's."""

_TOLERANCE = 0.02
"""nDCG@10 below the best report of the same set by more than this is a regression."""


class Evaluation:
    """Answers the `Eval` service.

    Args:
        config: The memory's configuration, used as it is.
        folder: Holds the memories of the corpora and the best report of each set.
        profile: Profile folder; models of its own come before the user's.
        private: Folders of the daemon; no set of the user's own may read them.
    """

    def __init__(self, config: MemoryConfig, folder: Path, profile: Path | None, private: Iterable[Path] = ()) -> None:
        self._config = config
        self._private = tuple(private)
        self._folder = folder
        self._profile = profile
        self._lock = threading.Lock()

    def run(self, set_name: str, *, strategy: str, report: Report, check: Check) -> EvalReport:
        """Index the corpus of a set and ask every question.

        Raises:
            GoldenSetError: There is no such set, or it leads to where nothing may be indexed.
        """
        admitted = admit(set_name, self._config.ingest, self._private)
        config = msgspec.structs.replace(self._config, ingest=admitted.limits)
        with self._turn(check):
            fabric = MemoryFabric.open(config, self._folder / admitted.memory, profile=self._profile)
            fabric.start()
            try:
                return self._measure(fabric, admitted, strategy, report, check)
            finally:
                fabric.close()

    def bench(self, request: BenchRequest, *, report: Report, check: Check) -> BenchReport:
        """Run a public benchmark on files of the user's.

        Raises:
            InputError: A file is missing, not in its format, or where nothing may be indexed.
        """
        paths = admit_files(request.paths, self._config.ingest, self._private, field="paths")
        keys = admit_files(request.keys, self._config.ingest, self._private, field="keys") if request.keys else []
        with self._turn(check), scratch_memory(self._config, self._folder, self._profile) as fabric:
            found = run_bench(fabric, request, paths, keys, report, check)
        name = f"bench-{request.format}-{digest_of(*map(str, paths))}"
        write_report(self._folder / f"{name}.{request.strategy}.json", found)
        return found

    @contextmanager
    def _turn(self, check: Check) -> Iterator[None]:
        """Wait for the run before this one for as long as the client does."""
        while not self._lock.acquire(timeout=0.2):
            check()
        try:
            yield
        finally:
            self._lock.release()

    def _measure(
        self, fabric: MemoryFabric, admitted: Admitted, strategy: str, report: Report, check: Check
    ) -> EvalReport:
        golden = admitted.golden
        fabric.index(admitted.paths, project=_PROJECT, report=report, check=check)
        fabric.wait_until_searchable(is_dense=True, report=report, check=check)
        pace = Pace(report, "questions", "eval", total=len(golden.questions))

        def tick(done: int) -> None:
            check()
            pace.reach(done)

        # the first question loads the model: its time says nothing
        result = evaluate(
            golden,
            admitted.corpus,
            lambda query: fabric.recall(query, check=check),
            project=_PROJECT,
            strategy=strategy,
            on_question=tick,
        )
        fields = {name: getattr(result, name) for name in result.__struct_fields__}
        found = EvalReport(**fields)
        return self._compared(admitted.report, strategy, found)

    def _compared(self, name: str, strategy: str, found: EvalReport) -> EvalReport:
        path = self._folder / f"{name}.{strategy}.json"
        try:
            best = msgspec.json.decode(path.read_bytes(), type=EvalReport)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            best = found
        if found.ndcg_10 >= best.ndcg_10:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(msgspec.json.encode(found))
        return msgspec.structs.replace(found, regressed=found.ndcg_10 < best.ndcg_10 - _TOLERANCE)
