"""Index files deleted, cut, and with bytes flipped: noticed or harmless, built again from the truth, answers the same.

Each memory is opened in a process of its own: an engine that maps a damaged file can be killed by it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import pytest

from tests.memory_fabric.embed.tiny_model import MANIFEST, write_model
from tests.memory_fabric.index_faults_child import Answers, Job, Outcome

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
_FAR = 4 << 20
"""Of a preallocated file only so much is looked through for bytes that were written."""

HARMLESS = (".managed.json", ".lock", ".json-tmp")
"""Names of files that no answer depends on."""


shares = pytest.mark.parametrize("share", [7, pytest.param(1, marks=pytest.mark.soak)])
"""One damage of so many is tried: all of them take minutes."""


class Case:
    """A memory that was closed, or whose process died, and what it answers when nothing is wrong."""

    def __init__(self, folder: Path, models: Path, ending: str, leg: str) -> None:
        self.folder = folder
        model = "tiny" if leg == "dense" else ""
        self._environment = {**os.environ, "CAIRN_MODELS": str(models), "FAULTS_MODEL": model}
        folder.mkdir()
        done = subprocess.run(self._command("make", ending), env=self._environment, cwd=ROOT, capture_output=True)
        assert done.returncode == (9 if ending == "crashed" else 0), done.stderr.decode()[-2_000:]
        # an index that was built again knows nothing of what was forgotten: equal scores may come in another order
        sound = self.outcomes([Job("", "none"), Job("", "replay")])
        self.good: list[Answers] = [outcome.answers for outcome in sound]
        assert [outcome.doctor for outcome in sound] == [[], []]
        assert all(all(hits) for answers in self.good for hits in answers.values())

    def _command(self, work: str, *rest: str) -> list[str]:
        return [sys.executable, "-m", "tests.memory_fabric.index_faults_child", work, str(self.folder), *rest]

    def outcomes(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Return what became of each job; a process that dies fails the test and names the damage."""
        lines = b"".join(msgspec.json.encode(job) + b"\n" for job in jobs)
        done = subprocess.run(self._command("try"), env=self._environment, cwd=ROOT, input=lines, capture_output=True)
        found = [msgspec.json.decode(line, type=Outcome) for line in done.stdout.splitlines() if line[:1] == b"{"]
        assert len(found) == len(jobs), (
            f"exit status {done.returncode} at {jobs[len(found)]}: {done.stderr.decode(errors='replace')[-1_500:]}"
        )
        return found

    def files(self, leg: str) -> list[Path]:
        """Return the files of one index."""
        return sorted(path for path in (self.folder / "sound/indexes" / leg).rglob("*") if path.is_file())

    def name(self, path: Path) -> str:
        """Return a path as jobs name it."""
        return str(path.relative_to(self.folder / "sound"))

    def damages(self, paths: Sequence[Path], *, is_running: bool = False) -> Iterator[Job]:
        """Yield every kind of damage to each file: bytes are flipped where bytes were written, and at the ends."""
        for path in paths:
            size = path.stat().st_size
            with path.open("rb") as file:
                written = [at for at, byte in enumerate(file.read(_FAR)) if byte]
            yield Job(self.name(path), "delete", is_running=is_running)
            if not size:
                continue
            middle = written[len(written) // 2 :: max(len(written) // 3, 1)][:2]
            for at in sorted({0, size - 1, *written[:1], *middle, *written[-1:]}):
                yield Job(self.name(path), "flip", at, is_running=is_running)
            if not is_running:
                # cutting a file that an engine has mapped kills the process at the next look at it
                for length in sorted({0, size // 2, size - 1}):
                    yield Job(self.name(path), "cut", length)

    def wrong(self, outcome: Outcome) -> str:
        """Return what is not as promised, or an empty string."""
        if outcome.doctor:
            return f"{outcome.job}: doctor says {outcome.doctor}"
        if outcome.answers not in self.good:
            return f"{outcome.job}: other answers, rebuilt {outcome.rebuilt}"
        return ""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with the tiny model."""
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "tiny")
    (folder / "tiny.toml").write_text(MANIFEST)
    return folder


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Callable[[str, str], Case]:
    """Memories by how they ended and which index is to be damaged, each made once."""
    return lru_cache(lambda ending, leg: Case(tmp_path_factory.mktemp(ending) / leg, models, ending, leg))


def thinned(paths: Sequence[Path]) -> list[Path]:
    """Return one file of each name: the vector index has one set of alike files for every filter field."""
    return list({path.name: path for path in reversed(paths)}.values())


@shares
@pytest.mark.parametrize("leg", ["sparse", "dense"])
def test_every_damage_to_a_closed_index_is_noticed(cases: Callable[[str, str], Case], leg: str, share: int) -> None:
    """The seal tells, and no damaged file is ever given to the engine."""
    closed = cases("closed", leg)
    outcomes = closed.outcomes(list(closed.damages(thinned(closed.files(leg))))[::share])
    assert [wrong for outcome in outcomes if (wrong := closed.wrong(outcome))] == []
    assert [outcome.job for outcome in outcomes if list(outcome.rebuilt) != [leg]] == []


@shares
@pytest.mark.parametrize("leg", ["sparse", "dense"])
def test_damage_after_a_crash_is_noticed_or_harmless(cases: Callable[[str, str], Case], leg: str, share: int) -> None:
    """Without a seal the files' own checksums and the truth are asked."""
    crashed = cases("crashed", leg)
    outcomes = crashed.outcomes(list(crashed.damages(thinned(crashed.files(leg))))[::share])
    assert [wrong for outcome in outcomes if (wrong := crashed.wrong(outcome))] == []


@pytest.mark.parametrize("ending", ["closed", "crashed"])
@pytest.mark.parametrize("leg", ["sparse", "dense"])
def test_whole_folders_seals_and_marks(cases: Callable[[str, str], Case], ending: str, leg: str) -> None:
    """Missing, cut or altered, with the files or without them."""
    case = cases(ending, leg)
    beside = [path for path in (case.folder / "sound/indexes").glob(f"{leg}.*") if path.is_file()]
    jobs = [Job(f"indexes/{leg}", "delete"), Job("indexes", "delete"), *case.damages(beside)]
    outcomes = case.outcomes(jobs)
    assert [wrong for outcome in outcomes if (wrong := case.wrong(outcome))] == []
    assert leg in outcomes[0].rebuilt


@shares
def test_damage_to_an_open_term_index_is_repaired(cases: Callable[[str, str], Case], share: int) -> None:
    """`doctor --repair` finds by checksums what answers would not show, and builds the index again."""
    closed = cases("closed", "sparse")
    outcomes = closed.outcomes(list(closed.damages(closed.files("sparse"), is_running=True))[::share])
    assert [wrong for outcome in outcomes if (wrong := closed.wrong(outcome))] == []
    silent = [outcome.job for outcome in outcomes if not outcome.found]
    assert [job for job in silent if not job.file.endswith(HARMLESS) and not _is_in_footer(closed, job)] == []


def _is_in_footer(case: Case, job: Job) -> bool:
    """Whether the byte belongs to the version that stands behind the checksummed part of a Tantivy file."""
    data = (case.folder / "sound" / job.file).read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    return job.damage == "flip" and len(data) - 8 - length <= job.at < len(data) - 8


@pytest.mark.parametrize("leg", ["sparse", "dense"])
def test_an_index_deleted_under_an_open_memory_is_repaired(cases: Callable[[str, str], Case], leg: str) -> None:
    """The files are gone though the engine still holds them: `doctor` sees it and brings them back."""
    closed = cases("closed", leg)
    [outcome] = closed.outcomes([Job(f"indexes/{leg}", "delete", is_running=True)])
    assert closed.wrong(outcome) == ""
    assert outcome.found != []
    assert leg in outcome.rebuilt
