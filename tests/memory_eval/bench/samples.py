"""Small files in the documented formats of the public benchmarks, made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

LOCOMO: Json = {
    "sample_id": "conv-1",
    "conversation": {
        "speaker_a": "Ann",
        "speaker_b": "Bob",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Ann", "dia_id": "D1:1", "text": "I planted red tulips."},
            {
                "speaker": "Bob",
                "dia_id": "D1:2",
                "text": "Look!",
                "blip_caption": "a photo of a grey cat",
                "img_url": ["x"],
            },
        ],
        "session_2_date_time": "2:00 pm on 9 June, 2023",
        "session_2": [{"speaker": "Bob", "dia_id": "D2:1", "text": "My violin broke."}],
        "session_3_date_time": "2:00 pm on 9 July, 2023",
    },
    "qa": [
        {"question": "What did Ann plant?", "answer": "tulips", "evidence": ["D1:1"], "category": 4},
        {"question": "What pet has Bob?", "answer": "cat", "evidence": ["D1:02; D9:9"], "category": 1},
        {"question": "Which instrument broke?", "answer": "violin", "evidence": ["D1:1"], "category": 4},
        {"question": "What did Bob plant?", "adversarial_answer": "tulips", "evidence": ["D1:1"], "category": 5},
        {"question": "Who knows?", "answer": "nobody", "evidence": [], "category": 3},
    ],
}

KEYS: list[Json] = [
    {
        "question_id": "locomo_0_qa2",
        "question": "Which instrument broke?",
        "error_type": "WRONG_CITATION",
        "cited_evidence": ["D1:1"],
        "correct_evidence": ["D2:1"],
        "correct_answer": "violin",
    }
]


def longmemeval(name: str, *, answer: int = 1, is_marked: bool = True) -> Json:
    """Return an entry whose session `answer` answers."""
    sessions = [
        [
            {"role": "user", "content": f"I talk about topic {n}."},
            {"role": "assistant", "content": "Tell me more."},
            {"role": "user", "content": f"The colour of thing {n} is hue{n}."}
            | ({"has_answer": True} if n == answer and is_marked else {}),
        ]
        for n in range(3)
    ]
    return {
        "question_id": name,
        "question_type": "single-session-user",
        "question": f"What colour is thing {answer}?",
        "answer": f"hue{answer}",
        "question_date": "2023/06/01 (Thu) 10:00",
        "haystack_session_ids": ["sharegpt_1", "answer_2", "ultrachat_3"],
        "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 02:21", "2023/05/22 (Mon) 02:21"],
        "haystack_sessions": sessions,
        "answer_session_ids": [["sharegpt_1", "answer_2", "ultrachat_3"][answer]],
    }


def beir(folder: Path) -> Path:
    """Write a set in BEIR's format and return its folder."""
    write_lines(
        folder / "corpus.jsonl",
        {"_id": "a/1", "title": "Tulips", "text": "They are planted in autumn.", "metadata": {}},
        {"_id": "b", "title": "", "text": "A violin has four strings."},
        {"_id": "c", "title": "Only a title", "text": ""},
    )
    write_lines(
        folder / "queries.jsonl",
        {"_id": "1", "text": "when are tulips planted", "metadata": {}},
        {"_id": "2", "text": "strings of a violin"},
        {"_id": "3", "text": "judged, but not here"},
        {"_id": "4", "text": "not judged"},
    )
    rows = ("query-id\tcorpus-id\tscore", "1\ta/1\t2", "1\tc\t1", "2\tb\t1", "2\ta/1\t0", "3\tgone\t1")
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows) + "\n")
    return folder


def write_lines(path: Path, *rows: Json) -> Path:
    """Write one JSON document a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def write(path: Path, value: object) -> Path:
    """Write a JSON file."""
    path.write_text(json.dumps(value))
    return path
