"""Snippets: the window with the match, and its marks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.recall.snippet import _densest, cut_snippet, query_words


def test_a_short_text_is_shown_whole() -> None:
    """Nothing is cut when it fits."""
    assert cut_snippet("one two", query_words("two"), 100) == ("one two", ((4, 7),))


def test_the_window_holds_the_most_different_words() -> None:
    """A place with two query words beats many repeats of one."""
    text = "alpha " * 50 + "\n" + "filler " * 50 + "\nalpha meets omega here\n" + "filler " * 50
    snippet, marks = cut_snippet(text, query_words("alpha omega"), 120)
    assert "alpha meets omega" in snippet
    assert {snippet[a:b] for a, b in marks} == {"alpha", "omega"}


def test_code_keeps_the_indentation_of_its_first_line() -> None:
    """The first line is shown as it stands in the file."""
    text = "\n\n    def find(self):\n        return self.needle\n"
    snippet, _ = cut_snippet(text, query_words("needle"), 500)
    assert snippet.startswith("    def find")


def test_russian_forms_are_marked() -> None:
    """Another ending of the same word is marked."""
    snippet, marks = cut_snippet("индексы перестраиваются сами", query_words("перестройка индексов"), 100)
    assert [snippet[a:b] for a, b in marks] == ["индексы", "перестраиваются"]


@given(text=st.text(max_size=600), query=st.text(max_size=40), size=st.integers(20, 400))
def test_a_snippet_is_part_of_its_text(text: str, query: str, size: int) -> None:
    """A snippet is cut out of the text, never made up, and marks lie inside it."""
    snippet, marks = cut_snippet(text, query_words(query), size)
    assert snippet in text
    assert all(0 <= a < b <= len(snippet) for a, b in marks)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 60), st.sampled_from("abc")), max_size=40), st.integers(1, 50)
)
def test_the_densest_window_is_what_trying_all_gives(words: list[tuple[int, int, str]], max_chars: int) -> None:
    """The window that slides sees what looking at every window sees."""
    matches, place = [], 0
    for gap, length, stem in words:
        matches.append((place + gap, place + gap + length, stem))
        place += gap + length
    best, best_value = 0, -1
    for i, (begin, _, _) in enumerate(matches):
        inside = [stem for _, end, stem in matches[i:] if end <= begin + max_chars]
        value = len(set(inside)) * 100 + len(inside)
        if value > best_value:
            best, best_value = begin, value
    assert _densest(matches, max_chars) == best


def test_a_word_that_only_begins_alike_gives_way_to_the_word_itself() -> None:
    """`confirm` is shown for `configuration` where nothing better stands, and not where it does."""
    text = "confirm the confidence of the crew. " * 12 + "The configurations lie in the attic."
    words = query_words("configuration")
    snippet, marks = cut_snippet(text, words, 100)
    assert [snippet[a:b] for a, b in marks] == ["configurations"]
    snippet, marks = cut_snippet("confirm it", words, 100)
    assert [snippet[a:b] for a, b in marks] == ["confirm"]
