"""What answers are worth: the half of the answer set that nothing was learned from, with and without the text model.

    python -m benchmarks.answers [MEMORY]      MEMORY keeps the indexed corpora between runs

Prints one JSON line each. `python scripts/train_answers.py` learns the weights and prints both halves both ways round.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import msgspec

from memory_eval.answers import AnswerReport, evaluate_answers, load_answer_set
from memory_eval.corpora import corpus_folder
from memory_eval.golden import load_set
from memory_fabric.config import EmbedConfig, MemoryConfig
from memory_fabric.fabric import MemoryFabric
from memory_fabric.records import RecallQuery

SETS = ("cairn", "python-library")


def measure(folder: Path, *, has_meaning: bool) -> AnswerReport:
    """Index the corpora into one memory and ask the questions of half 1."""
    embed = EmbedConfig() if has_meaning else EmbedConfig(model="")
    fabric = MemoryFabric.open(MemoryConfig(embed=embed), folder)
    fabric.start()
    try:
        for golden in map(load_set, SETS):
            corpus = corpus_folder(golden.corpus)
            paths = [str(corpus / path) for path in golden.files if (corpus / path).exists()]
            fabric.index(paths, project=golden.corpus, report=lambda _: None, check=lambda: None)
        fabric.wait_until_searchable(is_dense=True, report=lambda _: None, check=lambda: None)
        questions = [question for question in load_answer_set() if question.half == 1]
        return evaluate_answers(questions, lambda text: fabric.ask(RecallQuery(text=text), most=3))
    finally:
        fabric.close()


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(place)
        for has_meaning in (False, True):
            report = msgspec.to_builtins(measure(folder, has_meaning=has_meaning))
            print(json.dumps({"benchmark": "answers", "has_meaning": has_meaning, **report}), flush=True)


if __name__ == "__main__":
    main()
