"""The queue between a worker and a stream."""

from __future__ import annotations

import itertools

import pytest

from servers.grpc_api.outbox import Outbox


def _never() -> None:
    """Nothing stops the work."""


def test_messages_come_in_order_and_then_the_error() -> None:
    """What was put before the failure is delivered first."""
    outbox: Outbox[int] = Outbox()
    for number in range(3):
        outbox.put(number, _never)
    outbox.close(ValueError("broken"))
    stream = iter(outbox)
    assert list(itertools.islice(stream, 3)) == [0, 1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(stream)


def test_only_the_newest_progress_is_sent_and_before_the_result() -> None:
    """Progress that nobody has seen is replaced."""
    outbox: Outbox[str] = Outbox()
    outbox.offer("10 %")
    outbox.offer("90 %")
    outbox.put("result", _never)
    outbox.close()
    assert list(outbox) == ["90 %", "result"]


def test_the_last_progress_is_delivered_even_when_it_is_early() -> None:
    """The pause between two reports does not hold the end back."""
    outbox: Outbox[str] = Outbox()
    stream = iter(outbox)
    outbox.offer("half")
    assert next(stream) == "half"
    outbox.offer("whole")
    outbox.close()
    assert list(stream) == ["whole"]


def test_a_full_queue_waits_and_can_be_told_to_stop() -> None:
    """The worker is held back until its check raises."""
    outbox: Outbox[int] = Outbox()
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise TimeoutError

    for number in range(256):
        outbox.put(number, check)
    with pytest.raises(TimeoutError):
        outbox.put(256, check)
    outbox.close()
    assert list(outbox) == list(range(256))
