"""Golden sets as a service."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from daemon.evaluation import Evaluation
from foundation.errors import CairnError
from memory_eval.errors import GoldenSetError
from memory_fabric.config import EmbedConfig, MemoryConfig


class _LeftError(CairnError):
    """The client has left."""


def _leave() -> None:
    raise _LeftError("left")


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    """Before anything is opened."""
    evaluation = Evaluation(MemoryConfig(embed=EmbedConfig(model="")), tmp_path / "eval", None)
    with pytest.raises(GoldenSetError):
        evaluation.run("nowhere", strategy="adaptive", report=lambda _: None, check=lambda: None)
    assert not (tmp_path / "eval").exists()


def test_a_client_that_leaves_does_not_wait_for_its_turn(tmp_path: Path) -> None:
    """The run before it goes on."""
    evaluation = Evaluation(MemoryConfig(embed=EmbedConfig(model="")), tmp_path / "eval", None)
    begun, go_on = threading.Event(), threading.Event()
    ends: list[type[BaseException]] = []

    def hold() -> None:
        begun.set()
        go_on.wait(10)
        _leave()

    def first() -> None:
        try:
            evaluation.run("cairn", strategy="sparse", report=lambda _: None, check=hold)
        except _LeftError as error:
            ends.append(type(error))

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(10)
    with pytest.raises(_LeftError):
        evaluation.run("cairn", strategy="sparse", report=lambda _: None, check=_leave)
    go_on.set()
    thread.join()
    assert ends == [_LeftError]
