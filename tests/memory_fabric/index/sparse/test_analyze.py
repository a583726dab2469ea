"""From texts and questions to terms."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.index.sparse.analyze import FILLER, Analyzer, fold, storable
from memory_fabric.records import Signals
from tests.contracts.term_index import doc

ANALYZER = Analyzer(lambda word: word)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Hello, World!", "hello world"),
        ("self.stream.write(x)", "self stream write x"),
        ("parseConfig(a)", "parseconfig parse config a"),
        ("C++ and c# on .NET", "cplusplus c and csharp c on dotnet net"),
        ("i++; abc++", "i abc"),
        ("node.js, vue.js", "nodejs node js vuejs vue js"),
        ("Python 3.11. Next", "python 3·11 3 11 next"),
        ("in 2020. Then", "in 2020 then"),
        ("a · b", "a b"),
        ("Ёлка, ёж; Йод", "елка еж йод"),
        ("e\u0301te\u0301 ﬁle ＡＢＣ", "ete file abc"),
        ("soft\u00adhyphen", "softhyphen"),
        ("日本語", "日本 本語"),
        ("字", "字"),
    ],
)
def test_terms(text: str, terms: str) -> None:
    """Texts are cut, folded and spelled as they are asked for."""
    assert ANALYZER.text(text) == terms


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=200))
def test_ascii_is_cut_like_all_else(text: str) -> None:
    """The quick way for plain ASCII gives what the way for all texts gives."""
    assert ANALYZER.text(text).split() == ANALYZER.text(f"{text} я").split()[:-1]


@given(st.text(alphabet="abcàéïñöşßøłžЁёйЙїабвéя", max_size=20))
def test_form_and_case_do_not_matter(text: str) -> None:
    """Composed and decomposed forms give the same terms, upper and lower case the same folded word."""
    decomposed = unicodedata.normalize("NFD", text)
    assert ANALYZER.text(text) == ANALYZER.text(decomposed)
    assert fold(text) == fold(decomposed) == fold(text.upper())


@given(st.text(max_size=80))
def test_terms_hold_no_space(text: str) -> None:
    """A term never holds what separates terms, whatever the text."""
    assert all(len(term.split()) == 1 for term in ANALYZER.terms(text))


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ever new words do not grow the cache without end, and the terms stay right."""
    monkeypatch.setattr("memory_fabric.index.sparse.analyze._CACHED_WORDS", 100)
    analyzer = Analyzer(lambda word: word)
    for n in range(1_000):
        assert analyzer.text(f"w{n}x") == f"w{n}x w {n} x"
    assert len(analyzer._words) <= 101
    analyzer.forget()
    assert not analyzer._words


def test_stems_are_taken_of_folded_words() -> None:
    """The stemmer sees lower-case words without accents, parts included."""
    seen: list[str] = []
    Analyzer(lambda word: seen.append(word) or word).text("Café runningFast")  # type: ignore[func-returns-value]  # records and passes on
    assert set(seen) >= {"cafe", "runningfast", "running", "fast"}


def test_function_words_weigh_less() -> None:
    """Words that every question has weigh less than what it is about, in both languages."""
    english = ANALYZER.query("how do I parse the config", Signals()).body
    russian = ANALYZER.query("как в проекте собрать индекс", Signals()).body
    assert max(english[w] for w in ("how", "do", "i", "the")) < min(english[w] for w in ("parse", "config"))
    assert max(russian[w] for w in ("как", "в")) < min(russian[w] for w in ("проекте", "собрать", "индекс"))


def test_signals_add_weight() -> None:
    """Terms, symbols and files of the signals weigh more than the plain question, symbols as a whole."""
    plain = ANALYZER.query("parse it", Signals())
    lifted = ANALYZER.query("parse it", Signals(("parseConfig",), ("src/net/wire.py",), ("extra",)))
    assert lifted.body["extra"] >= 1.0
    assert lifted.body["parseconfig"] > 0
    assert "config" not in lifted.body
    assert lifted.names["parse"] > plain.names["parse"]
    assert {"net", "wire", "py", "config"} <= lifted.names.keys()
    assert lifted.body.keys() <= lifted.names.keys()


def test_only_turns_are_lengthened() -> None:
    """A short turn counts as a longer text, with a term that no question can hold; nothing else is touched."""
    turn = ANALYZER.body(doc(1, "Anna: hello there", modality="conversation")).split()
    assert turn.count(FILLER) == len(turn) - 3 > 40
    assert FILLER not in ANALYZER.body(doc(1, "hello there")).split()
    assert FILLER not in ANALYZER.query(f"{FILLER} hello {FILLER}", Signals()).body


def test_names_are_the_end_of_a_path_and_the_symbol() -> None:
    """Folder, stem, ending and symbol are names; the rest of a path is not."""
    assert ANALYZER.names(doc(1, "", path="/home/me/src/net/wire.py", symbol="Wire.read")) == "net wire py wire read"
    assert ANALYZER.names(doc(1, "")) == ""


def test_storable() -> None:
    """Half characters are replaced, all else stays."""
    assert storable("обычный text 日本") == "обычный text 日本"
    storable("caf\udce9").encode()
