"""CSV and TSV."""

from __future__ import annotations

import pytest

from memory_fabric.ingest.readers.base import TOO_LONG
from memory_fabric.ingest.readers.factory import read_bytes_with_skips
from memory_fabric.ingest.readers.lines import Lines
from tests.memory_fabric.ingest.readers.samples import LIMITS, one


@pytest.mark.parametrize(("sign", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("|", "a.csv")])
def test_rows_name_their_columns(sign: str, name: str) -> None:
    """Every row reads as text, whatever the delimiter."""
    rows = ["name{0}count{0}note", "bean{0}12{0}", "pea{0}7{0}green"]
    document = one(name, "\n".join(rows).format(sign))
    assert document.text == "name: bean; count: 12\nname: pea; count: 7; note: green"
    assert document.source_lines == (2, 3)
    assert document.format == "csv"


def test_quoted_lines_count_as_source_lines() -> None:
    """A cell over several lines keeps the next row's line right."""
    document = one("a.csv", 'name,note\nbean,"one\ntwo, three"\npea,x\n')
    assert document.text == "name: bean; note: one two, three\nname: pea; note: x"
    assert document.source_lines == (2, 4)
    assert document.source_ends == (3, 4)


def test_quoted_lines_of_a_table_without_names() -> None:
    """The first row, too, is cited by all its lines, whether it is data or names without rows."""
    document = one("a.csv", '1,"2\n3"\n4,5\n')
    assert (document.source_lines, document.source_ends) == ((1, 3), (2, 3))
    document = one("a.csv", 'name,"count\nof all"\n')
    assert (document.text, document.source_lines, document.source_ends) == ("name; count of all", (1,), (2,))


def test_numbers_in_the_first_row_mean_no_header() -> None:
    """A table without column names keeps its first row."""
    assert one("a.csv", "1,2\n3,4\n").text == "1; 2\n3; 4"


def test_a_header_alone_is_kept() -> None:
    """A table without rows still tells its columns."""
    assert one("a.csv", "name,count\n").text == "name; count"


def test_rows_longer_than_the_header() -> None:
    """Cells beyond the header come without a name."""
    assert one("a.csv", "a,b\n1,2,3\n").text == "a: 1; b: 2; 3"


def test_an_open_quote_is_no_failure() -> None:
    """A cell too large for the parser turns the table into plain text."""
    document = one("a.csv", 'a,b\n"' + "x" * 200_000)
    assert (document.format, document.mime) == ("text", "text/plain")


def test_long_headers_do_not_multiply_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beyond what a text may hold are left out, and the reason is told."""
    monkeypatch.setattr(Lines.__init__, "__defaults__", (20_000,))
    header = ",".join(f"{number:080}x"[-80:] for number in range(100))
    data = "\n".join([header, *["1," * 99 + "1"] * 100]).encode()
    documents, skipped = read_bytes_with_skips("a.csv", data, LIMITS)
    assert len(documents[0].text) <= 20_000
    assert [(skip.path, skip.reason) for skip in skipped] == [("a.csv", TOO_LONG)]
