"""BEIR's format: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv` in one folder.

Source: Thakur et al. 2021, arXiv 2104.08663; github.com/beir-cellar/beir.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from memory_eval.bench.files import decoded, found_file, lines
from memory_eval.bench.records import Case, Document, Question, Shape
from memory_eval.errors import BenchError

__all__ = ["SHAPE", "cases"]

SHAPE = Shape("beir", pool="the whole corpus", unit="document", notes=("gains of nDCG are those of the judgements",))

_COLUMNS = 3
_SPLIT = re.compile(r"[\w-]+")


class _Row(msgspec.Struct, frozen=True, rename={"id": "_id"}):
    id: str
    text: str
    title: str = ""


def cases(paths: Sequence[Path], split: str = "test") -> Iterator[Case]:
    """Yield each folder as one pool with the judged questions.

    Raises:
        BenchError: A file is missing or not of this format.
    """
    if not _SPLIT.fullmatch(split):
        raise BenchError(f"`{split}` is no name of judgements", field="split", fix="test, dev or train")
    for number, folder in enumerate(paths):
        pool = f"corpus{number}"
        judged = _judgements(found_file(folder, f"qrels/{split}.tsv"))
        names: dict[str, str] = {}
        documents: list[Document] = []
        for row in _rows(found_file(folder, "corpus.jsonl")):
            names[row.id] = str(len(names))
            documents.append(Document(names[row.id], row.text or row.title, row.title if row.text else ""))
        questions: list[Question] = []
        counted = 0
        for row in _rows(found_file(folder, "queries.jsonl")):
            known = {names[one]: gain for one, gain in judged.get(row.id, {}).items() if one in names and gain > 0}
            if known:
                questions.append(Question(row.text, pool, "all", known))
            else:
                counted += row.id in judged
        yield Case(
            pool, tuple(documents), tuple(questions), {"no judged document: left out": counted} if counted else {}
        )


def _rows(path: Path) -> Iterator[_Row]:
    for number, line in lines(path):
        yield decoded(line, _Row, f"{path}:{number}")


def _judgements(path: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for number, line in lines(path):
        fields = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
        if len(fields) != _COLUMNS:
            raise BenchError(f"{path}:{number}: question, document and score are needed, with tabs between them")
        try:
            found.setdefault(fields[0], {})[fields[1]] = float(fields[2])
        except ValueError as error:
            if number == 1:
                continue  # the line that names the columns
            raise BenchError(f"{path}:{number}: `{fields[2]}` is no score") from error
    return found
