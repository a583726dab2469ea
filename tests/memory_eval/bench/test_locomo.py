"""LoCoMo's format: turns, evidence, categories, corrected keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory_eval.bench.locomo import cases
from memory_eval.errors import BenchError
from tests.memory_eval.bench.samples import KEYS, LOCOMO, write


def test_turns_and_questions_are_read(tmp_path: Path) -> None:
    """Ids in any spelling, captions with their turns; questions without evidence are counted and left out."""
    (case,) = cases([write(tmp_path / "locomo.json", [LOCOMO])])
    assert [(one.id, one.text) for one in case.documents] == [
        ("1/0", "Ann: I planted red tulips."),
        ("1/1", "Bob: Look! [photo: a photo of a grey cat]"),
        ("2/0", "Bob: My violin broke."),
    ]
    assert case.documents[0].timestamp == "1:56 pm on 8 May, 2023"
    assert [(one.part, one.gold, one.sessions, one.is_apart) for one in case.questions] == [
        ("single-hop", {"1/0": 1.0}, ("1",), False),
        ("multi-hop", {"1/1": 1.0}, ("1",), False),
        ("single-hop", {"1/0": 1.0}, ("1",), False),
        ("adversarial", {"1/0": 1.0}, ("1",), True),
    ]
    assert case.counted == {"evidence ids that name no turn": 1, "no evidence: left out": 1}


def test_corrected_keys_replace_the_evidence(tmp_path: Path) -> None:
    """Of the questions that they name; a single conversation is a file, too."""
    path, keys = write(tmp_path / "locomo.json", LOCOMO), write(tmp_path / "errors.json", KEYS)
    (case,) = cases([path], [keys])
    assert case.questions[2].gold == {"2/0": 1.0}
    assert case.counted["corrected by the keys"] == 1


@pytest.mark.parametrize(
    ("value", "keys", "said"),
    [
        ([{"qa": []}], [], "conversation 0"),
        ("text", [], "locomo.json"),
        ([LOCOMO], [{**KEYS[0], "question": "Something else?"}], "asks something else"),
        ([LOCOMO], [{**KEYS[0], "question_id": "who"}], "names no question"),
        ([LOCOMO], {"correct_evidence": 5}, "keys.json"),
        ([{**LOCOMO, "conversation": {"session_1": [{"speaker": "A"}]}}], [], "session_1"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, value: object, keys: object, said: str) -> None:
    """With the place of the mistake."""
    paths = [write(tmp_path / "locomo.json", value)], [write(tmp_path / "keys.json", keys)]
    with pytest.raises(BenchError, match=said):
        list(cases(*paths))
