"""Public benchmarks as a service: from files to a report, in a memory that leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from daemon.evaluation import Evaluation
from foundation.errors import InputError
from memory_eval.bench.records import BenchReport
from memory_eval.errors import BenchError
from memory_fabric.config import EmbedConfig, IngestConfig, MemoryConfig
from orchestrator.ports import BenchRequest
from tests.memory_eval.bench.samples import KEYS, LOCOMO, write
from tests.memory_fabric.fabric_parts import go_on, ignore


def _evaluation(folder: Path) -> Evaluation:
    (folder / "private").mkdir()
    (folder / "open").mkdir()
    ingest = IngestConfig(roots=(str(folder / "open"), str(folder / "private")))
    config = MemoryConfig(embed=EmbedConfig(model=""), ingest=ingest)
    return Evaluation(config, folder / "eval", None, [folder / "private"])


@pytest.mark.slow
def test_a_benchmark_leaves_its_report_and_nothing_else(tmp_path: Path) -> None:
    """Neither its memory nor that of a run that was killed."""
    evaluation = _evaluation(tmp_path)
    path, keys = write(tmp_path / "open/l.json", [LOCOMO]), write(tmp_path / "open/k.json", KEYS)
    (tmp_path / "eval/bench-scratch-old").mkdir(parents=True)
    request = BenchRequest("locomo", (str(path),), keys=(str(keys),))
    report = evaluation.bench(request, report=ignore, check=go_on)
    assert (report.questions, report.rows[0].figures["any@5"]) == (4, 1.0)
    (kept,) = (tmp_path / "eval").iterdir()
    assert msgspec.json.decode(kept.read_bytes(), type=BenchReport) == report
    assert kept.name.startswith("bench-locomo-")
    assert kept.name.endswith(".adaptive.json")


@pytest.mark.slow
def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Whatever stopped it."""
    evaluation = _evaluation(tmp_path)
    path = write(tmp_path / "open/l.json", [LOCOMO, {}])
    with pytest.raises(BenchError, match="conversation 1"):
        evaluation.bench(BenchRequest("locomo", (str(path),)), report=ignore, check=go_on)
    assert list((tmp_path / "eval").iterdir()) == []


@pytest.mark.parametrize(("place", "field"), [("private", "paths"), ("elsewhere", "paths"), ("private", "keys")])
def test_only_allowed_files_are_read(tmp_path: Path, place: str, field: str) -> None:
    """Those that may be indexed; the refusal names the field."""
    evaluation = _evaluation(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    good, bad = write(tmp_path / "open/l.json", [LOCOMO]), write(tmp_path / place / "l.json", [LOCOMO])
    request = BenchRequest("locomo", (str(good),))
    request = msgspec.structs.replace(request, **{field: (str(bad),)})
    with pytest.raises(InputError) as held:
        evaluation.bench(request, report=ignore, check=go_on)
    assert held.value.field == field
    assert not (tmp_path / "eval").exists()
