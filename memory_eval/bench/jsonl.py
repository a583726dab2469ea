"""Sets of one's own: `docs.jsonl`, `queries.jsonl` and `qrels.json` in one folder.

    docs.jsonl      {"id": "d1", "text": "…", "title"?, "project"?, "session"?, "timestamp"?, "modality"?, "language"?}
    queries.jsonl   {"id": "q1", "text": "…", "project"?, "part"?}
    qrels.json      {"q1": ["d1", …]} or {"q1": {"d1": 2, …}}

A project is a pool. Documents of one `session` are counted together at session level, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from memory_eval.bench.files import decoded, found_file, lines, whole
from memory_eval.bench.records import Case, Document, Question, Shape
from memory_eval.errors import BenchError

__all__ = ["SHAPE", "cases"]

SHAPE = Shape("jsonl", pool="the question's project", unit="document")


class _Doc(msgspec.Struct, frozen=True):
    id: str
    text: str
    title: str = ""
    project: str = ""
    session: str = ""
    timestamp: str = ""
    modality: str = ""
    language: str = ""


class _Query(msgspec.Struct, frozen=True):
    id: str
    text: str
    project: str = ""
    part: str = ""


def cases(paths: Sequence[Path]) -> Iterator[Case]:
    """Yield each project of each folder with its questions.

    Raises:
        BenchError: A file is missing or not of this format.
    """
    pools: dict[tuple[int, str], str] = {}
    for number, folder in enumerate(paths):
        yield from _folder(folder, number, pools)


def _folder(folder: Path, number: int, pools: dict[tuple[int, str], str]) -> Iterator[Case]:
    qrels = found_file(folder, "qrels.json")
    judged = decoded(whole(qrels), dict[str, list[str] | dict[str, float]], str(qrels))
    documents: dict[str, list[Document]] = {}
    names: dict[tuple[str, str], str] = {}
    sessions: dict[tuple[str, str], str] = {}
    for place, line in lines(path := found_file(folder, "docs.jsonl", "corpus.jsonl")):
        row = decoded(line, _Doc, f"{path}:{place}")
        if (row.project, row.id) in names:
            raise BenchError(f"{path}:{place}: the id `{row.id}` occurs twice")
        held = documents.setdefault(row.project, [])
        session = sessions.setdefault((row.project, row.session), str(len(sessions))) if row.session else ""
        name = f"{session}/{len(held)}" if session else str(len(held))
        names[row.project, row.id] = name
        held.append(Document(name, row.text, row.title, row.timestamp, row.modality, row.language))
    questions: dict[str, list[Question]] = {}
    counted: Counter[str] = Counter()
    for place, line in lines(path := found_file(folder, "queries.jsonl")):
        asked = decoded(line, _Query, f"{path}:{place}")
        pool = pools.setdefault((number, asked.project), f"p{len(pools)}")
        gains = judged.get(asked.id, {})
        gains = gains if isinstance(gains, dict) else dict.fromkeys(gains, 1.0)
        gold = {
            names[asked.project, one]: gain for one, gain in gains.items() if (asked.project, one) in names and gain > 0
        }
        if not gold:
            counted["no judged document: left out"] += 1
            continue
        groups = tuple(dict.fromkeys(name.partition("/")[0] for name in gold if "/" in name))
        questions.setdefault(asked.project, []).append(Question(asked.text, pool, asked.part, gold, groups))
    for project, held in documents.items():
        pool = pools.setdefault((number, project), f"p{len(pools)}")
        yield Case(pool, tuple(held), tuple(questions.get(project, ())), dict(counted))
        counted.clear()
