"""Jupyter notebooks."""

from __future__ import annotations

from tests.memory_fabric.ingest.readers.samples import notebook, one, place_of, range_of


def test_cells_become_markdown() -> None:
    """Prose stays, code and text outputs are fenced, pictures are left out."""
    document = one("a.ipynb", notebook())
    assert document.text == (
        "# Study\n\nSome words.\n\n```python\nx = 42\nprint('answer', x)\n```\n\n```text\nanswer 42\n<Figure>\n```"
    )
    assert (document.format, document.modality) == ("markdown", "text")
    assert document.meta == {"kernel_language": "python"}


def test_lines_are_those_of_the_file() -> None:
    """Each line of a cell is cited where it stands in the notebook's JSON."""
    source = notebook()
    document = one("a.ipynb", source)
    for words in ("# Study", "x = 42", "answer 42"):
        assert words in source.split("\n")[place_of(document, words) - 1]


def test_sources_as_one_string() -> None:
    """Old tools write a cell as one string."""
    document = one("a.ipynb", '{"cells": [{"cell_type": "code", "source": "a = 1\\nb = 2"}]}')
    assert document.text == "```python\na = 1\nb = 2\n```"


def test_a_line_written_in_parts_is_cited_by_all_of_them() -> None:
    """Strings of a cell that do not end their line go on in the next string."""
    document = one("a.ipynb", '{"cells": [{"cell_type": "markdown", "source": [\n"some ",\n"words\\n",\n"more"\n]}]}')
    assert document.text == "some words\nmore"
    assert (range_of(document, "some words"), range_of(document, "more")) == ((2, 3), (4, 4))


def test_long_outputs_are_cut() -> None:
    """A thousand printed lines are not a thousand lines of memory."""
    output = "".join(f"{number}\\n" for number in range(1000))
    cell = f'{{"cell_type": "code", "source": "x", "outputs": [{{"text": "{output}"}}]}}'
    document = one("a.ipynb", f'{{"cells": [{cell}]}}')
    assert document.text.count("\n") < 120
    assert document.text.endswith("…\n```")


def test_what_is_no_notebook_is_text() -> None:
    """JSON without cells, or broken JSON, is kept as text."""
    assert one("a.ipynb", '{"a": 1}').mime == "text/plain"
    assert one("a.ipynb", '{"cells": [').mime == "text/plain"
