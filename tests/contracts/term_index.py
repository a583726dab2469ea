"""What every term index must do; `tests/memory_fabric/index/sparse/` runs it for each backend."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.errors import ConflictError
from foundation.ids import ChunkId
from memory_fabric.index.sparse.base import SparseDoc, TermIndex
from memory_fabric.records import Filters, Signals
from tests.contracts.erasing_index import ErasingTermIndexContract

__all__ = ["TermIndexContract", "doc"]

Open = Callable[[Path], TermIndex]

SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)
"""The suite is inherited by each backend's class, and one index may see many examples."""

HOSTILE = (
    "AND",
    "OR NOT",
    'NEAR("a" "b", 5)',
    '"unclosed',
    "body:text",
    "(((",
    ")",
    "* ? ~ ^ : + - !",
    "a\x00b",
    "\ud800 lone",
    "{field} : x",
    "[1 TO 2]",
    "'; DROP TABLE terms; --",
    "🦀 😀",
    "\u200b\u200d",
    "x" * 100_000,
    "слово " * 20_000,
    " ".join(f"w{n}" for n in range(5_000)),
)


def doc(number: int, text: str, **fields: object) -> SparseDoc:
    """Return a document with plain defaults."""
    base = SparseDoc(ChunkId(number), text, "", "", "", "p", "text", "en", 0.0)
    return msgspec.structs.replace(base, **fields)


def _crowd() -> list[SparseDoc]:
    """Return documents about nothing: a word in half of a tiny index has no weight in BM25."""
    return [doc(1_000 + n, f"noise{n} rumble{n} hum{n} whisper{n} clatter{n}") for n in range(20)]


def _filled(index: TermIndex, *docs: SparseDoc) -> TermIndex:
    index.upsert(docs)
    index.flush()
    return index


def _found(index: TermIndex, text: str, k: int = 10, **asked: object) -> list[int]:
    return [hit.id for hit in index.search(text, k, **asked)]  # type: ignore[arg-type]  # fields vary by test


def _passes(document: SparseDoc, filters: Filters) -> bool:
    """Say what a filter means in the plainest way: the oracle."""
    folder = filters.path_prefix.rstrip("/")
    pairs = (
        (document.project, filters.projects),
        (document.modality, filters.modalities),
        (document.language, filters.languages),
        (document.layer, filters.layers),
    )
    is_below = document.path == (folder or "/") or document.path.startswith((f"{folder}/", f"{folder}!/"))
    return (
        all(value in wanted for value, wanted in pairs if wanted)
        and (not filters.path_prefix or is_below)
        and _is_within(document.timestamp_s, filters)
    )


def _is_within(moment: float | None, filters: Filters) -> bool:
    if filters.since_s is None and filters.until_s is None:
        return True
    since, until = filters.since_s, filters.until_s
    return moment is not None and (since is None or moment >= since) and (until is None or moment < until)


class TermIndexContract(ErasingTermIndexContract):
    """Tests over `open_index`, a fixture that the backend's test module gives."""

    @pytest.fixture
    def index(self, open_index: Open, tmp_path: Path) -> TermIndex:
        """Return an empty index."""
        return open_index(tmp_path / "index")

    # ---- writing ----------------------------------------------------------------------------------------------

    def test_finds_after_flush(self, index: TermIndex) -> None:
        """A document is found once it was flushed, and not before."""
        index.upsert([doc(1, "green apples")])
        assert _found(index, "apples") == []
        index.flush()
        assert _found(index, "apples") == [1]

    def test_upsert_replaces(self, index: TermIndex) -> None:
        """Writing an id again replaces its words, within a batch and across flushes."""
        _filled(index, doc(1, "alpha"), doc(1, "beta"))
        _filled(index, doc(1, "gamma"))
        index.upsert([doc(1, "delta")])
        _filled(index, doc(1, "epsilon"))
        assert [_found(index, word) for word in ("alpha", "beta", "gamma", "delta", "epsilon")] == [[], [], [], [], [1]]
        assert index.stats().docs == 1

    def test_upsert_is_idempotent(self, index: TermIndex) -> None:
        """The same batch three times leaves one copy of each document."""
        docs = [doc(n, f"word{n} shared") for n in range(1, 30)]
        for _ in range(3):
            _filled(index, *docs)
        assert sorted(index.ids()) == list(range(1, 30))
        assert len(_found(index, "shared", 100)) == 29

    def test_smaller_ids_may_come_later(self, index: TermIndex) -> None:
        """Ids need not come in order."""
        _filled(index, doc(50, "fifty shared"))
        _filled(index, doc(7, "seven shared"))
        _filled(index, doc(7, "again shared"))
        assert sorted(index.ids()) == [7, 50]

    def test_delete(self, index: TermIndex) -> None:
        """Deleted documents are gone after flush; unknown ids are ignored; deleting twice is fine."""
        _filled(index, doc(1, "one fish"), doc(2, "two fish"))
        index.delete([ChunkId(1), ChunkId(1), ChunkId(99), ChunkId(2**62)])
        index.flush()
        index.delete([ChunkId(1)])
        index.flush()
        assert _found(index, "fish") == [2]
        assert list(index.ids()) == [2]

    def test_delete_before_flush(self, index: TermIndex) -> None:
        """A document that was written and deleted in one go never appears, and may come back."""
        index.upsert([doc(1, "short life")])
        index.delete([ChunkId(1)])
        index.flush()
        assert _found(index, "life") == []
        assert _found(_filled(index, doc(1, "second life")), "life") == [1]

    def test_nothing_to_do(self, index: TermIndex) -> None:
        """Empty batches, empty flushes and an empty index are fine."""
        index.upsert([])
        index.delete([])
        index.flush()
        index.optimize()
        assert (_found(index, "anything"), list(index.ids()), index.stats().docs) == ([], [], 0)
        assert index.score("anything", [ChunkId(1)]) == {1: 0.0}

    @pytest.mark.slow
    def test_optimize_keeps_content(self, index: TermIndex) -> None:
        """Optimising changes nothing that can be seen, and writing goes on."""
        for n in range(1, 25):
            _filled(index, doc(n, f"common word{n}"))
        index.delete([ChunkId(n) for n in range(1, 13)])
        index.flush()
        index.optimize()
        assert sorted(_found(index, "common", 50)) == list(range(13, 25))
        assert _found(_filled(index, doc(90, "later")), "later") == [90]

    def test_reopen(self, open_index: Open, tmp_path: Path) -> None:
        """What was flushed or closed is there when the folder is opened again, and can be replaced."""
        _filled(open_index(tmp_path / "x"), doc(1, "durable words")).close()
        again = open_index(tmp_path / "x")
        assert _found(again, "durable") == [1]
        assert _found(_filled(again, doc(1, "other words")), "words") == [1]
        assert again.stats().docs == 1

    def test_close_flushes(self, open_index: Open, tmp_path: Path) -> None:
        """Closing makes the last writes durable; a closed index refuses."""
        index = open_index(tmp_path / "x")
        index.upsert([doc(1, "last words")])
        index.close()
        index.close()
        with pytest.raises(ConflictError):
            index.search("last", 1)
        with pytest.raises(ConflictError):
            index.upsert([doc(2, "more")])
        assert _found(open_index(tmp_path / "x"), "last") == [1]

    # ---- words ------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("text", "query"),
        [
            ("компонент отрисован", "компонентов"),
            ("свойства компонентов", "компонент"),
            ("Ёлка и ёжик", "елка"),
            ("Индексация документа", "индексацией документов"),
            ("the index is built", "indexes"),
            ("running tests quickly", "run test"),
            ("naïve café", "naive cafe"),
            ("STRASSE", "straße"),
            ("замо́к", "замок"),
            ("cafe\u0301", "café"),
            ("ﬁle name", "file"),
            ("東京都の天気", "東京"),
            ("written in C++ today", "C++"),
            ("c# and F#", "C#"),
            ("built with .NET core", ".net"),
            ("runs on node.js", "nodejs"),
            ("Python 3.11 is here", "3.11"),
            ("release v1.2.3", "1.2.3"),
            ("a well-known fact", "wellknown"),
            ("Caroline's dog", "Caroline"),
            ("def parseConfig(): pass", "parse config"),
            ("parse_config(path)", "parse config"),
            ("class ConfigParser: parse", "parse config"),
            ("HTTPServer2Go", "http server go"),
            ("setMaxRetries", "max_retries"),
            ("MAX_RETRIES = 3", "maxRetries"),
            ("list of URLs", "url"),
            ("__init__", "init"),
        ],
    )
    def test_words_meet(self, index: TermIndex, text: str, query: str) -> None:
        """Forms of a word, spellings of an identifier and odd names find each other."""
        _filled(index, doc(1, text), *_crowd())
        assert _found(index, query)[:1] == [1]

    @pytest.mark.parametrize(
        ("query", "right", "wrong"),
        [
            ("C++", "a book on C++", "a book on C"),
            ("C#", "a book on C#", "a book on C"),
            (".NET", "the .NET book", "the net book"),
            ("3.11", "version 3.11 here", "11 of 3 here"),
            ("XMLHttpRequest", "new XMLHttpRequest()", "xml http request xml http request"),
            ("parse_config", "call parse_config now", "parse the config and parse the config"),
            ("йод", "йод", "иод"),
        ],
    )
    def test_exact_comes_first(self, index: TermIndex, query: str, right: str, wrong: str) -> None:
        """An exact name beats its parts standing alone."""
        assert _found(_filled(index, doc(1, wrong), doc(2, right), *_crowd()), query)[0] == 2

    def test_context_symbol_and_path_are_searched(self, index: TermIndex) -> None:
        """Words of the context, the symbol and the path find a chunk whose text has none of them."""
        code = {"modality": "code", "language": "python"}
        _filled(
            index,
            doc(1, "return 1", context="Guide > Installation"),
            doc(2, "return 2", symbol="Parser.read_header", **code),
            doc(3, "return 3", path="src/net/wire_format.py", **code),
        )
        assert [_found(index, query) for query in ("installation", "read header", "wire format")] == [[1], [2], [3]]

    def test_programming_language_is_searched(self, index: TermIndex) -> None:
        """Naming a language finds code written in it."""
        _filled(
            index,
            doc(1, "sort(v)", modality="code", language="cpp"),
            doc(2, "sort(v)", modality="code", language="python"),
            *_crowd(),
        )
        assert (_found(index, "sort in C++")[0], _found(index, "sort in python")[0]) == (1, 2)

    def test_signals_lift(self, index: TermIndex) -> None:
        """Symbols, terms and file hints lift what they name."""
        _filled(
            index,
            doc(1, "open the file", path="a/store.py", symbol="open_file"),
            doc(2, "open the file", path="a/walk.py", symbol="walk_tree"),
            doc(3, "open the file", path="a/other.py", symbol="other"),
            *_crowd(),
        )
        assert _found(index, "open the file", signals=Signals(code_symbols=("walk_tree",)))[0] == 2
        assert _found(index, "open the file", signals=Signals(file_hints=("other.py",)))[0] == 3
        assert _found(index, "open the file", signals=Signals(terms=("rumble3", "hum3")))[0] == 1_003

    def test_short_turns_do_not_win_by_being_short(self, index: TermIndex) -> None:
        """A one-word turn of a conversation does not beat a turn that says more of what was asked."""
        talk = {"modality": "conversation"}
        _filled(
            index,
            doc(1, "Anna: painting?", **talk),
            doc(2, "Anna: I finished the painting of the lake at sunrise with my sister last summer", **talk),
            *_crowd(),
        )
        assert _found(index, "When did Anna finish the painting?")[0] == 2

    # ---- searching --------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
    def test_any_text_is_legal(self, index: TermIndex, query: str) -> None:
        """No text is read as a query language, and none breaks the search."""
        _filled(index, doc(1, "plain text"), doc(2, query), doc(3, "and or not near"))
        index.search(query, 5)
        index.score(query, [ChunkId(1), ChunkId(2)])
        assert sorted(index.ids()) == [1, 2, 3]

    def test_operators_are_words(self, index: TermIndex) -> None:
        """`NOT` forbids nothing."""
        _filled(index, doc(1, "apples and pears"), doc(2, "apples"))
        assert sorted(_found(index, "apples NOT pears")) == [1, 2]

    @pytest.mark.parametrize("query", ["", "   ", "!?", "—", "\x00", "..."])
    def test_no_term_gives_nothing(self, index: TermIndex, query: str) -> None:
        """Text without a single term finds nothing."""
        assert _found(_filled(index, doc(1, "text")), query) == []

    def test_ties_by_smaller_id(self, index: TermIndex) -> None:
        """Equal documents come by id, also where the list ends among them, in whatever order they were written."""
        numbers = [9, 3, 12, 1, 7, 30, 22, 5, 18, 2]
        for part in (numbers[:4], numbers[4:]):
            _filled(index, *(doc(n, "same words here") for n in part))
        assert _found(index, "same words", 4) == sorted(numbers)[:4]
        assert _found(index, "same words", 100) == sorted(numbers)

    def test_scores_fall(self, index: TermIndex) -> None:
        """Scores are positive, best first, and a shorter list is the beginning of a longer one."""
        _filled(
            index,
            *(doc(n, "term " * (n % 5 // 3) + f"filler{n} " * (n % 7 + 1)) for n in range(1, 60)),
            *_crowd(),
            *_crowd(),
        )
        whole = index.search("term filler7", 60)
        scores = [hit.score for hit in whole]
        assert scores == sorted(scores, reverse=True)
        assert min(scores) > 0
        assert index.search("term filler7", 9) == whole[:9]

    def test_score_equals_search(self, index: TermIndex) -> None:
        """`score` gives each id what `search` would, and 0.0 to what does not match or is not there."""
        _filled(index, *(doc(n, f"alpha{n % 3} beta{n % 5} gamma") for n in range(1, 41)), doc(77, "else"))
        signals = Signals(code_symbols=("beta2",))
        found = {hit.id: hit.score for hit in index.search("alpha1 beta2 gamma", 100, signals=signals)}
        ids = [ChunkId(n) for n in (*range(1, 41), 77, 500)]
        scores = index.score("alpha1 beta2 gamma", ids, signals=signals)
        assert set(scores) == set(ids)
        assert scores == pytest.approx({i: found.get(i, 0.0) for i in ids}, abs=1e-3)
        assert index.score("gamma", []) == {}
        assert index.score("!", [ChunkId(1)]) == {1: 0.0}

    def test_filters_equal_the_oracle(self, index: TermIndex) -> None:
        """Every combination of filters returns exactly what a plain reading of them returns."""
        paths = ("", "/a/b.md", "/a/b/c.py", "/a/bc/d.py", "/z.zip!/in/e.md", "rel/f.txt")
        docs = [
            doc(
                n,
                "shared",
                project=f"p{n % 3}",
                modality=("text", "code")[n % 2],
                language=("en", "ru", "python")[n % 3],
                path=paths[n % 6],
                timestamp_s=None if n % 7 == 0 else n * 10.5,
                layer=("document", "session")[n // 4 % 2],
            )
            for n in range(1, 61)
        ]
        _filled(index, *docs)
        choices = itertools.product(
            ((), ("p0",), ("p1", "p2"), ("none",)),
            ((), ("code",)),
            ((), ("ru", "en")),
            ("", "/a/b", "/a/b/", "/a", "/", "/z.zip", "/z.zip!/in", "rel", "/a/b.md", "/nowhere"),
            ((None, None), (105.0, None), (None, 315.0), (105.0, 315.0)),
            ((), ("session",)),
        )
        for projects, modalities, languages, path, (since, until), layers in choices:
            filters = Filters(projects, modalities, languages, path, since, until, layers)
            found = sorted(_found(index, "shared", 100, filters=filters))
            assert found == [d.id for d in docs if _passes(d, filters)], filters

    def test_what_has_no_date_meets_no_condition_on_time(self, index: TermIndex) -> None:
        """Not even one that everything since long before 1970 meets; and a date given later counts."""
        spans = [Filters(since_s=-1e12), Filters(until_s=1e12), Filters(since_s=-1e12, until_s=1e12)]
        _filled(index, doc(1, "shared", timestamp_s=None), doc(2, "shared", timestamp_s=None))
        assert [_found(index, "shared", filters=span) for span in spans] == [[], [], []]
        _filled(index, doc(2, "shared", timestamp_s=0.0), doc(3, "shared", timestamp_s=-5.0))
        assert [sorted(_found(index, "shared", filters=span)) for span in spans] == [[2, 3]] * 3
        _filled(index, doc(3, "shared", timestamp_s=None))
        assert [_found(index, "shared", filters=span) for span in spans] == [[2]] * 3
        assert sorted(_found(index, "shared")) == [1, 2, 3]

    def test_filters_keep_scores(self, index: TermIndex) -> None:
        """A filter takes documents away and leaves scores as they are."""
        _filled(index, *(doc(n, f"alpha beta{n % 4}", project=f"p{n % 2}") for n in range(1, 30)))
        whole = {hit.id: hit.score for hit in index.search("alpha beta1", 50)}
        part = index.search("alpha beta1", 50, filters=Filters(projects=("p1",), modalities=("text",), since_s=0.0))
        assert part
        assert all(hit.score == pytest.approx(whole[hit.id], abs=1e-3) for hit in part)

    def test_filters_that_all_pass(self, index: TermIndex) -> None:
        """A filter that every document passes holds again as soon as one does not, deleted documents or not."""
        filters = Filters(projects=("one",), languages=("en", "ru"))
        _filled(index, *(doc(n, "shared", project="one") for n in range(1, 9)))
        assert len(_found(index, "shared", filters=filters)) == 8
        index.delete([ChunkId(1), ChunkId(2)])
        _filled(index, doc(20, "shared", project="two"), doc(21, "shared", project="one", language="de"))
        assert sorted(_found(index, "shared", filters=filters)) == list(range(3, 9))

    def test_undecodable_names(self, index: TermIndex) -> None:
        """Half characters in names of files neither break the index nor hide the document."""
        _filled(index, doc(1, "text \udcff here", path="/data/caf\udce9.txt", project="\udce9"))
        assert _found(index, "here", filters=Filters(path_prefix="/data")) == [1]
        assert _found(index, "here", filters=Filters(path_prefix="/data/caf\udce9.txt", projects=("\udce9",))) == [1]

    # ---- together ---------------------------------------------------------------------------------------------

    @pytest.mark.slow
    def test_search_beside_writing(self, index: TermIndex) -> None:
        """Readers see whole states only while a writer replaces, deletes, flushes and optimises."""
        _filled(index, *(doc(n, "stable words", project="old") for n in range(1, 101)))
        failures: list[BaseException] = []
        is_done = threading.Event()

        def read() -> None:
            try:
                while not is_done.is_set():
                    found = _found(index, "stable", 300)
                    assert len(found) == len(set(found)) == 100
                    index.score("stable words", [ChunkId(n) for n in range(1, 50)])
                    assert len(list(index.ids())) == 100
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for turn in range(12):
            index.upsert([doc(n, f"stable words {turn}") for n in range(1, 101)])
            index.flush()
            if turn % 4 == 3:
                index.optimize()
        is_done.set()
        for thread in threads:
            thread.join()
        assert failures == []

    @pytest.mark.slow
    @settings(max_examples=15, deadline=None, suppress_health_check=SHARED)
    @given(data=st.data())
    def test_random_histories_equal_a_dict(
        self, open_index: Open, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        """After any history of writes, deletes, flushes and reopenings the index holds what a dict would hold."""
        folder = tmp_path_factory.mktemp("history") / "index"
        index = open_index(folder)
        held: dict[int, str] = {}
        words = st.sampled_from("alpha beta gamma delta".split())
        steps = st.tuples(st.sampled_from("put drop flush reopen optimize".split()), st.integers(1, 8), words)
        for action, number, word in data.draw(st.lists(steps, max_size=14)):
            match action:
                case "put":
                    index.upsert([doc(number, word)])
                    held[number] = word
                case "drop":
                    index.delete([ChunkId(number)])
                    held.pop(number, None)
                case "flush":
                    index.flush()
                case "optimize":
                    index.optimize()
                case _:
                    index.close()
                    index = open_index(folder)
        index.flush()
        assert sorted(index.ids()) == sorted(held)
        for word in "alpha beta gamma delta".split():
            assert _found(index, word) == sorted(n for n, held_word in held.items() if held_word == word)

    @pytest.mark.slow
    @settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
    @given(text=st.text(max_size=200), query=st.text(max_size=60))
    def test_any_unicode(self, index: TermIndex, text: str, query: str) -> None:
        """Any text can be stored and asked for, and a text finds itself if it has any term."""
        _filled(index, doc(1, text))
        index.search(query, 3)
        assert _found(index, text) in ([], [1])
        if any(c.isascii() and c.isalnum() for c in text):
            assert _found(index, text) == [1]

    def test_frequencies_count_documents(self, index: TermIndex) -> None:
        """In text or names, by term; what occurs nowhere is 0, and a text without terms has none."""
        _filled(index, doc(1, "kettles whistle"), doc(2, "a kettle"), doc(3, "x", path="/p/kettle.md"))
        counts = index.frequencies("kettle whistling zebra")
        assert counts.documents >= 3
        assert counts.holders == {"kettl": 2, "whistl": 1, "zebra": 0} | {"kettl": counts.holders["kettl"]}
        assert 2 <= counts.holders["kettl"] <= 3
        assert index.frequencies("?!").holders == {}
