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


SIMPLE_PAGE = (
    '<w:p><w:r><w:t>Page </w:t></w:r><w:fldSimple w:instr=" PAGE "><w:r><w:t>7</w:t></w:r></w:fldSimple></w:p>'
)


def field(code: str, result: str) -> str:
    """Return a field as Word writes it, in five runs."""
    marks = {kind: f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")}
    code = f"<w:r><w:instrText>{code}</w:instrText></w:r>"
    return f"{marks['begin']}{code}{marks['separate']}<w:r><w:t>{result}</w:t></w:r>{marks['end']}"


def test_headers_and_footers_are_read_once() -> None:
    """Letterhead and small print belong to a document: each text once, headers before it and footers behind it."""
    data = docx(
        paragraph("Top", "Heading1") + paragraph("words"),
        header1=paragraph("ООО «Ромашка», договор № 17-Б"),
        header2=paragraph("ООО «Ромашка», договор № 17-Б") + paragraph("Draft"),
        footer1=paragraph("Confidential"),
        footer10=paragraph("Last"),
        footer2=paragraph("Confidential") + SIMPLE_PAGE,
    )
    document = one("a.docx", data)
    assert document.text == ("ООО «Ромашка», договор № 17-Б\nDraft\n\n# Top\n\nwords\n\nConfidential\nLast")
    assert document.source_lines == (1, 1, 1, 1, 1, 2, 2, 2, 2)


def test_numbers_of_pages_are_no_text() -> None:
    """Page fields go, and the words that mean nothing without them; what else stands beside them stays."""
    pages = f"<w:r><w:t>Стр. </w:t></w:r>{field(' PAGE  ', '3')}<w:r><w:t> из </w:t></w:r>{field('NUMPAGES', '9')}"
    dated = f"<w:p><w:r><w:t>Acme, </w:t></w:r>{field('DATE', '1 May')}<w:r><w:tab/></w:r>{field('PAGE', '3')}</w:p>"
    alone = f"<w:p><w:r><w:t>- </w:t></w:r>{field('PAGE', '3')}<w:r><w:t> -</w:t></w:r></w:p>"
    footer = f"<w:p>{pages}</w:p>{dated}{alone}{SIMPLE_PAGE}"
    assert one("a.docx", docx(paragraph("words"), footer1=footer)).text == "words\n\nAcme, 1 May"


def test_a_broken_margin_does_not_lose_the_text() -> None:
    """What stands in the document is read without it."""
    assert one("a.docx", docx(paragraph("words"), header1="<w:p>")).text == "words"
