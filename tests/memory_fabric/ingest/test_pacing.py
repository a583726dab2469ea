"""Progress is told in time, seldom enough, and ends with the truth."""

from __future__ import annotations

import pytest

from memory_fabric.ingest import pacing
from memory_fabric.ingest.pacing import Pace
from memory_fabric.operations import Progress


class Watch:
    """A hand-moved clock."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Time that moves only when told to."""
    watch = Watch()
    monkeypatch.setattr(pacing, "time", watch)
    return watch


def test_at_most_ten_a_second(watch: Watch) -> None:
    """Ten thousand files in ten seconds give about a hundred reports, in order."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "files", "index", total=10_000)
    for _ in range(10_000):
        watch.now += 0.001
        pace.advance(path="f")
    assert 95 <= len(reports) <= 101
    assert [report.done for report in reports] == sorted(report.done for report in reports)


def test_rate_and_time_to_go(watch: Watch) -> None:
    """A quarter after ten seconds: as fast again, thirty seconds are left."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "chunks", "embed", total=400)
    watch.now += 10
    pace.reach(100, "a.txt")
    report = reports[-1]
    assert (report.done, report.total, report.unit, report.phase, report.path) == (100, 400, "chunks", "embed", "a.txt")
    assert report.rate == pytest.approx(10.0)
    assert report.eta_s == pytest.approx(30.0)


def test_what_was_done_before_is_no_speed(watch: Watch) -> None:
    """An index that holds ninety thousand fragments of a hundred thousand did not write them in no time."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "chunks", "embed", total=100_000, done=90_000)
    pace.reach(90_000)
    assert (reports[-1].rate, reports[-1].eta_s) == (0.0, 0.0)
    watch.now += 2
    pace.reach(90_100)
    assert reports[-1].rate == pytest.approx(50.0)
    assert reports[-1].eta_s == pytest.approx(9_900 / 50)


def test_a_moment_tells_no_rate(watch: Watch) -> None:
    """The first file is done within a microsecond, and the next ones will not be."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "files", "index", total=1_000)
    watch.now += 1e-6
    pace.advance()
    assert (reports[-1].rate, reports[-1].eta_s) == (0.0, 0.0)


def test_the_rate_is_that_of_the_last_seconds(watch: Watch) -> None:
    """After a minute of waiting for questions a fast run is told as fast again."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "chunks", "embed", total=10_000)
    for done in [*range(1, 61), *range(160, 2_160, 100)]:
        watch.now += 1
        pace.reach(done)
    assert reports[59].rate == pytest.approx(1.0)
    assert reports[-1].rate == pytest.approx(100.0)
    assert reports[-1].eta_s == pytest.approx((10_000 - 2_060) / 100)


def test_a_batch_now_and_then_is_a_rate_too(watch: Watch) -> None:
    """Between two batches of a slow model the count stands still; the run does not."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "chunks", "embed", total=100)
    for batch in range(1, 4):
        for _ in range(30):
            pace.reach(8 * (batch - 1))
            watch.now += 1
        pace.reach(8 * batch)
    assert reports[-1].rate == pytest.approx(8 / 30)
    watch.now += 29
    pace.reach(24)
    assert 8 / 60 < reports[-1].rate < 8 / 30


def test_a_count_that_begins_anew_is_no_negative_speed(watch: Watch) -> None:
    """An index that is thrown away holds nothing, and then more and more."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "chunks", "replay", total=1_000, done=1_000)
    for done in (1_000, 0, 100):
        watch.now += 1
        pace.reach(done)
    assert [report.rate for report in reports] == [0.0, 0.0, 100.0]
    assert reports[-1].eta_s == pytest.approx(9.0)


def test_the_last_state_is_told_in_any_case(watch: Watch) -> None:
    """Also right after another report, and when nothing was done."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "files", "index", total=3)
    for _ in range(3):
        pace.advance()
    pace.finish()
    assert (reports[-1].done, reports[-1].eta_s) == (3, 0.0)
    Pace(reports.append, "files", "index").finish()
    assert (reports[-1].done, reports[-1].rate) == (0, 0.0)


def test_an_unknown_total_promises_no_end(watch: Watch) -> None:
    """While the total is 0 nothing is said about time to go."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "files", "scan")
    watch.now += 1
    pace.advance(50)
    assert (reports[-1].total, reports[-1].eta_s) == (0, 0.0)


def test_more_done_than_expected_is_no_negative_time(watch: Watch) -> None:
    """A total that was a guess may be passed."""
    reports: list[Progress] = []
    pace = Pace(reports.append, "chunks", "embed", total=10)
    watch.now += 1
    pace.reach(25)
    assert reports[-1].eta_s == 0.0
