"""LoCoMo: long conversations of two people, questions with the turns that prove the answer.

Source: Maharana et al. 2024, arXiv 2402.17753; github.com/snap-research/locomo, `data/locomo10.json`. Corrected keys:
the lists of errors of github.com/dial481/locomo-audit, or any list of the same fields.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from memory_eval.bench.files import array, decoded
from memory_eval.bench.records import Case, Document, Question, Shape
from memory_eval.errors import BenchError

__all__ = ["SHAPE", "cases"]

SHAPE = Shape(
    "locomo",
    pool="one conversation",
    unit="turn",
    notes=(
        "a turn is searched with its speaker and the caption of its picture",
        "a session stands where its best turn stands",
        "`all` is categories 1 to 4; adversarial questions are given apart",
        "term statistics are those of all pools together",
    ),
)

_PARTS = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
_ADVERSARIAL = 5
_SESSION = re.compile(r"session_(\d+)")
_EVIDENCE = re.compile(r"D:?(\d+):(\d+)")
"""Some keys hold several ids in one string, leading zeros, or a stray colon."""

_QUESTION_ID = re.compile(r"(?:locomo_)?(\d+)_qa(\d+)")


class _Turn(msgspec.Struct, frozen=True):
    speaker: str
    dia_id: str
    text: str = ""
    blip_caption: str | None = None


class _Asked(msgspec.Struct, frozen=True):
    question: str
    category: int
    evidence: list[str] = []


class _Sample(msgspec.Struct, frozen=True):
    conversation: dict[str, msgspec.Raw]
    qa: list[_Asked]
    sample_id: str = ""


class _Correction(msgspec.Struct, frozen=True):
    question_id: str
    correct_evidence: list[str]
    question: str = ""


def cases(paths: Sequence[Path], keys: Sequence[Path] = ()) -> Iterator[Case]:
    """Yield each conversation with its questions.

    Args:
        paths: Files of the format.
        keys: Corrected keys; `question_id` is `locomo_CONVERSATION_qaNUMBER`, both counted from 0.

    Raises:
        BenchError: A file is not of this format, or a correction belongs to another question.
    """
    corrections = _corrections(keys)
    number = -1
    for path in paths:
        for place, raw in enumerate(array(path)):
            number += 1
            where = f"`{path}`, conversation {place}"
            sample = decoded(raw, _Sample, where)
            yield _case(sample, f"c{number:03}", corrections.get(number, {}), where)


def _corrections(keys: Sequence[Path]) -> dict[int, dict[int, _Correction]]:
    found: dict[int, dict[int, _Correction]] = {}
    for path in keys:
        for place, raw in enumerate(array(path)):
            one = decoded(raw, _Correction, f"`{path}`, entry {place}")
            named = _QUESTION_ID.fullmatch(one.question_id)
            if named is None:
                raise BenchError(f"`{path}`, entry {place}: `{one.question_id}` names no question", field="keys")
            found.setdefault(int(named[1]), {})[int(named[2])] = one
    return found


def _case(sample: _Sample, pool: str, corrections: Mapping[int, _Correction], where: str) -> Case:
    documents: list[Document] = []
    names: dict[str, str] = {}
    for key, raw in sample.conversation.items():
        if (found := _SESSION.fullmatch(key)) is None:
            continue
        date = sample.conversation.get(f"{key}_date_time")
        when = decoded(date, str, f"{where}, `{key}_date_time`") if date is not None else ""
        for place, turn in enumerate(decoded(raw, list[_Turn], f"{where}, `{key}`")):
            name = f"{found[1]}/{place}"
            names.update(dict.fromkeys(_ids([turn.dia_id]), name))
            caption = f" [photo: {turn.blip_caption}]" if turn.blip_caption else ""
            text = f"{turn.speaker}: {turn.text}{caption}"
            documents.append(Document(name, text, timestamp=when, modality="conversation"))
    questions: list[Question] = []
    counted: Counter[str] = Counter()
    for number, asked in enumerate(sample.qa):
        corrected = corrections.get(number)
        if corrected is not None and corrected.question and corrected.question != asked.question:
            raise BenchError(f"{where}: `{corrected.question_id}` asks something else in the keys", field="keys")
        ids = _ids(corrected.correct_evidence if corrected is not None else asked.evidence)
        gold = {names[one]: 1.0 for one in ids if one in names}
        counted["evidence ids that name no turn"] += len([one for one in ids if one not in names])
        if not gold:
            counted["no evidence: left out"] += 1
            continue
        sessions = tuple(dict.fromkeys(name.partition("/")[0] for name in gold))
        part = _PARTS.get(asked.category, f"category {asked.category}")
        questions.append(Question(asked.question, pool, part, gold, sessions, asked.category == _ADVERSARIAL))
    if corrections:
        counted["corrected by the keys"] = len(corrections)
    return Case(pool, tuple(documents), tuple(questions), +counted)


def _ids(written: Sequence[str]) -> list[str]:
    """Return dialogue ids in one spelling, each once."""
    return list(dict.fromkeys(f"{int(s)}:{int(t)}" for text in written for s, t in _EVIDENCE.findall(text)))
