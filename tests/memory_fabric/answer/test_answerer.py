"""Answers over a real memory, by words alone: what every machine can do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory_fabric.errors import IndexCorruptError
from memory_fabric.fabric import MemoryFabric
from memory_fabric.records import RecallQuery
from tests.memory_fabric.fabric_parts import go_on, index, open_fabric

pytestmark = pytest.mark.slow

KETTLE = """# Kettle

The kettle holds two litres. It whistles when the water boils.

## Care

Descale the kettle with vinegar once a month, because lime makes it slow.
"""
CHAIR = """# Чайник

Чайник свистит, когда вода кипит. Накипь снимают уксусом раз в месяц.
"""
CODE = '''def boil(litres: float) -> float:
    """Return the seconds that water needs to boil.

    Args:
        litres: Of cold water.
    """
    return litres * 150.0
'''
OTHERS = "".join(
    f"# Note {n}\n\nThe number {n} tool hangs on hook {n} in the shed beside shelf {n}.\n\n" for n in range(40)
)


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryFabric]:
    """A memory of three files among others."""
    folder = tmp_path_factory.mktemp("answers")
    for name, text in (("kettle.md", KETTLE), ("чайник.md", CHAIR), ("boil.py", CODE), ("shed.md", OTHERS)):
        (folder / "src").mkdir(exist_ok=True)
        (folder / "src" / name).write_text(text)
    with open_fabric(folder / "memory") as fabric:
        index(fabric, folder / "src")
        yield fabric


@pytest.mark.parametrize(
    ("question", "sentence", "file", "line"),
    [
        ("when does the kettle whistle", "It whistles when the water boils.", "kettle.md", 3),
        (
            "why descale the kettle with vinegar",
            "Descale the kettle with vinegar once a month, because",
            "kettle.md",
            7,
        ),
        ("когда свистит чайник", "Чайник свистит, когда вода кипит.", "чайник.md", 3),
        ("seconds that water needs to boil", "Return the seconds that water needs to boil.", "boil.py", 2),
    ],
)
def test_the_sentence_that_answers_is_quoted_with_its_own_line(
    fabric: MemoryFabric, question: str, sentence: str, file: str, line: int
) -> None:
    """In prose of two languages and in code; the words are those of the source."""
    answer = fabric.ask(RecallQuery(text=question), most=3)
    assert answer.is_answered
    first = answer.sentences[0]
    assert first.text.startswith(sentence)
    assert (Path(first.cite.path).name, first.cite.line) == (file, line)
    assert [one.number for one in answer.sentences] == list(range(1, len(answer.sentences) + 1))
    assert answer.nearest == ()
    for one in answer.sentences:
        lines = Path(one.cite.path).read_text().split("\n")[one.cite.line - 1 : one.cite.line_end]
        assert one.text.split()[-1] in " ".join(lines)


@pytest.mark.parametrize(
    "question", ["how do I pay an invoice with a card", "кто выиграл чемпионат мира", "zzzzqqqq", "?"]
)
def test_what_is_not_in_memory_is_said_to_be_so(fabric: MemoryFabric, question: str) -> None:
    """With what comes nearest, when anything does."""
    answer = fabric.ask(RecallQuery(text=question), most=3)
    assert not answer.is_answered
    assert answer.sentences == ()
    assert len(answer.nearest) <= 3


def test_no_more_sentences_than_wanted(fabric: MemoryFabric) -> None:
    """One is enough where one is asked for."""
    answer = fabric.ask(RecallQuery(text="kettle whistles water boils"), most=1)
    assert len(answer.sentences) == 1


def test_an_answer_keeps_to_its_filters(fabric: MemoryFabric) -> None:
    """Code only."""
    answer = fabric.ask(RecallQuery(text="water boil seconds", modality=("code",)), most=5)
    assert {Path(one.cite.path).suffix for one in answer.sentences} == {".py"}


def test_counts_that_cannot_be_read_are_told(fabric: MemoryFabric, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word weighs the same then, and the answer says that it is less than it could be."""
    answerer = fabric.answerer()
    legs = answerer._legs
    sparse = legs.sparse()
    assert sparse is not None

    def refuse(_: str) -> None:
        raise IndexCorruptError("the term index cannot be read")

    monkeypatch.setattr(sparse, "frequencies", refuse)
    answer = answerer.ask(RecallQuery(text="when does the kettle whistle"), most=1, check=go_on)
    assert answer.is_answered
    assert any("how common words are is not known" in reason for reason in answer.degraded)
