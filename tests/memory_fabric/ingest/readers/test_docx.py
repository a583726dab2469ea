"""Word documents."""

from __future__ import annotations

import pytest

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.factory import read_bytes
from tests.memory_fabric.ingest.readers.samples import LIMITS, docx, one, paragraph, zipped

STYLES = '<w:style w:styleId="1"><w:name w:val="heading 2"/></w:style>'
TABLE = (
    "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>kind</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>days</w:t></w:r></w:p></w:tc>"
    "</w:tr></w:tbl>"
)
ITEM = "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>"


def test_paragraphs_headings_lists_and_tables() -> None:
    """Structure becomes Markdown; source lines are paragraph numbers."""
    body = (
        paragraph("Top", "Heading1") + paragraph("Глава", "1") + paragraph("") + paragraph("words")
        + ITEM.format("one") + ITEM.format("two") + TABLE
    )  # fmt: skip
    document = one("a.docx", docx(body, styles=STYLES, title="T"))
    assert document.text == "# Top\n\n## Глава\n\nwords\n\n- one\n- two\n\nkind | days"
    assert document.source_lines == (1, 1, 2, 2, 4, 4, 5, 6, 6, 7)
    assert (document.title, document.format, document.timestamp_s) == ("T", "markdown", 1_767_323_045.0)


def test_runs_tabs_and_breaks_join() -> None:
    """A word split into runs is whole, a tab and a line break are spaces."""
    body = "<w:p><w:r><w:t>wo</w:t></w:r><w:r><w:t>rd</w:t><w:tab/><w:t>x</w:t><w:br/><w:t>y</w:t></w:r></w:p>"
    assert one("a.docx", docx(body)).text == "word x y"


def test_a_document_type_is_refused() -> None:
    """Entities could expand without end, so no document type is accepted."""
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(UnreadableError, match=r"^broken docx$"):
        read_bytes("a.docx", docx(paragraph("&b;"), prologue=bomb), LIMITS)


def test_broken_xml_is_told() -> None:
    """Markup that does not close is a broken document."""
    data = zipped({"[Content_Types].xml": "", "word/document.xml": "<w:document><w:p>"})
    with pytest.raises(UnreadableError, match=r"^broken docx$"):
        read_bytes("a.docx", data, LIMITS)
