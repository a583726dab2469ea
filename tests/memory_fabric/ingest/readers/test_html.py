"""HTML pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.readers.html import html_lines
from tests.memory_fabric.ingest.readers.samples import one, place_of, range_of

PAGE = """\
<!DOCTYPE html>
<html><head><title>The
 garden</title><style>p {color: red}</style></head>
<body>
<nav><a href="/">Home</a></nav>
<h1>Beans</h1>
<p>They climb
and <b>bloom</b> &amp; bear.</p>
<ul><li>early</li><li><p>late</p></li></ul>
<table><tr><th>kind</th><th>days</th></tr><tr><td>runner</td><td>60</td></tr></table>
<pre>sow()
  water()</pre>
<script>var hidden = "<p>no</p>";</script>
<h2>Peas</h2><p>Sweet.</p>
</body></html>
"""


def test_a_page_becomes_markdown() -> None:
    """Headings, paragraphs, lists, tables and code stay; scripts, styles and navigation go."""
    document = one("a.html", PAGE)
    assert document.text == (
        "# Beans\n\nThey climb and bloom & bear.\n\n- early\n- late\n\nkind | days\nrunner | 60\n\n"
        "```\nsow()\n  water()\n```\n\n## Peas\n\nSweet."
    )
    assert (document.title, document.format, document.modality) == ("The garden", "markdown", "text")


def test_lines_are_those_of_the_page() -> None:
    """Each block is cited where it begins in the HTML file."""
    document = one("a.html", PAGE)
    places = {
        words: place_of(document, words) for words in ("# Beans", "They climb", "runner", "sow()", "  water", "Sweet")
    }
    assert places == {"# Beans": 6, "They climb": 7, "runner": 10, "sow()": 11, "  water": 12, "Sweet": 14}


def test_a_block_over_several_lines_is_cited_whole() -> None:
    """A paragraph is cited to the line of its last word, in a message too; the blank lines around it are not its."""
    page = "<p>\n\nThey climb\nand <b>bloom\nlong</b>\n\n</p>\n<ul><li>early\n</ul>"
    document = one("a.html", page)
    assert document.text == "They climb and bloom long\n\n- early"
    assert (range_of(document, "They climb"), range_of(document, "early")) == ((3, 5), (8, 8))
    message = one("a.eml", "Subject: s\nContent-Type: text/html\n\n" + page.replace("\n\n", "", 1))
    assert range_of(message, "They climb") == (4, 6)


def test_what_is_empty_before_the_first_word_does_not_move_a_block() -> None:
    """A row with an empty first cell, and code that begins with a line end, are cited where their words stand."""
    document = one("a.html", "<p>before</p>\n<table>\n<tr><td></td>\n<td>seven</td></tr></table>")
    assert range_of(document, "seven") == (4, 4)
    document = one("a.html", "<p>before</p>\n\n<pre>\n<b>sow()</b>\nwater()</pre>")
    assert (place_of(document, "sow()"), place_of(document, "water()")) == (4, 5)


def test_the_main_part_stands_for_the_page() -> None:
    """Menus around a main part are left out; a small main part is not the page."""
    body = "The words that people come for. " * 5
    page = f"<div>Theme<ul><li>dark</ul></div><main><h1>Guide</h1><p>{body}</p></main><footer>Imprint</footer>"
    assert one("a.html", page).text == f"# Guide\n\n{body.strip()}"
    assert one("a.html", f"<main>tiny</main><p>{body}</p>").text == f"tiny\n\n{body.strip()}"


def test_templates_are_code() -> None:
    """Markup with placeholders is kept as code."""
    document = one("a.html", "<ul>{% for x in y %}<li>{{ x }}</li>{% endfor %}</ul>")
    assert (document.modality, document.language) == ("code", "html")


@pytest.mark.parametrize(
    ("page", "title", "text"),
    [
        (
            "<!DOCTYPE html><html><head><title>Office</title></head><body><p>Closed on Friday. Back on Monday.</p>",
            "Office",
            "Closed on Friday. Back on Monday.",
        ),
        ("<html><body>Переехали в дом 7.</body></html>", "", "Переехали в дом 7."),
        ("<p>The key is under the mat.</p>", "", "The key is under the mat."),
        ("<title>Note</title><h2>Keys</h2><p>Under the mat.</p>", "Note", "## Keys\n\nUnder the mat."),
    ],
)
def test_a_short_page_is_prose(page: str, title: str, text: str) -> None:
    """A page of one sentence is read, not kept as markup; its title and headings are known."""
    document = one("a.html", page)
    assert (document.modality, document.format, document.title, document.text) == ("text", "markdown", title, text)


@pytest.mark.parametrize(
    "markup",
    [
        '<!doctype html><html><head><title>App</title></head><body><div id="root"></div><script src="a.js"></script>',
        "<div><my-widget></my-widget><span>OK</span></div>",
        '<p v-if="seen">Now you see me</p>',
        '<p *ngIf="seen">Now you see me</p>',
        '<body><p :title="hint" @click="go">Go</p></body>',
        '<html><body><p th:text="${name}">name</p></body></html>',
        "<p>{{ greeting }}</p>",
        "<body><p><%= name %></p></body>",
    ],
)
def test_short_markup_without_words_of_its_own_is_code(markup: str) -> None:
    """Shells of applications and templates of any kind stay code."""
    document = one("a.html", markup)
    assert (document.modality, document.language, document.text) == ("code", "html", markup)


def test_an_unclosed_script_does_not_swallow_the_page() -> None:
    """Text before a broken element is kept, and a missing end of `nav` ends with the page."""
    title, lines = html_lines("<body><p>kept</p><nav>menu</body><p>after</p>")
    assert (title, lines.text()) == ("", "kept\n\nafter")


@given(st.text(alphabet="<>/!-=\"' abph1tdr&;\n[]?", max_size=80))
def test_tag_soup_never_fails(text: str) -> None:
    """Whatever is between the brackets, there is text with a line for each line, or nothing."""
    _, lines = html_lines(text)
    assert len(lines.source_lines()) == (lines.text().count("\n") + 1 if len(lines) else 0)
