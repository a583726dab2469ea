"""E-mail."""

from __future__ import annotations

import pytest

from memory_fabric.ingest.readers.factory import read_bytes_with_skips
from tests.memory_fabric.ingest.linear import assert_ends
from tests.memory_fabric.ingest.readers.samples import LIMITS, MAIL, check_document, one, place_of, range_of


def test_a_message_with_attachments() -> None:
    """Headers become title, time and metadata; plain text is preferred; attachments are read like files."""
    documents, skipped = read_bytes_with_skips("a.eml", MAIL.encode(), LIMITS)
    message, seeds = documents
    check_document(message)
    assert message.title == "Plans for the garden"
    assert message.timestamp_s == 1_767_323_045.0
    assert message.meta["from"] == "Анна <anna@example.org>"
    assert message.text.endswith("Subject: Plans for the garden\n\nTomatoes go south.\nBeans go north.")
    assert (seeds.inner_path, seeds.text) == ("seeds.csv", "name: bean; count: 12")
    assert [(skip.path, skip.reason) for skip in skipped] == [("a.eml!/photo.png", "image/png is not indexed yet")]


def test_lines_are_those_of_the_message() -> None:
    """Header lines and text lines are cited where they stand."""
    lines = MAIL.split("\n")
    document = read_bytes_with_skips("a.eml", MAIL.encode(), LIMITS)[0][0]
    for words in ("Beans go north.", "To: bo"):
        assert words in lines[place_of(document, words) - 1]


def test_folded_headers_are_cited_whole() -> None:
    """A header that goes on over several lines is cited by all of them, in a mailbox too."""
    head = "To: a@example.org,\r\n\tb@example.org,\r\n c@example.org\r\nSubject: long\r\n and folded\r\n\r\nwords\r\n"
    document = one("a.eml", head)
    assert (range_of(document, "To:"), range_of(document, "Subject:")) == ((1, 3), (4, 5))
    assert range_of(document, "words") == (7, 7)
    separator = "From a Thu Jan  1 00:00:00 2026"
    mbox = f"{separator}\nSubject: one\n\nfirst\n\n{separator}\nSubject: two\n and more\n\nsecond\n"
    documents, _ = read_bytes_with_skips("in.mbox", mbox.encode(), LIMITS)
    assert [range_of(document, "Subject:") for document in documents] == [(2, 2), (7, 8)]


def test_html_only_becomes_markdown() -> None:
    """A message without plain text is read from its HTML."""
    document = one("a.eml", "Subject: s\nContent-Type: text/html\n\n<h2>Hi</h2><p>there</p>")
    assert document.text == "Subject: s\n\n## Hi\n\nthere"
    assert document.format == "markdown"


def test_encoded_bodies() -> None:
    """Quoted-printable, base64 and old charsets are decoded."""
    head = "Subject: s\nContent-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n\n"
    assert one("a.eml", f"{head}=F0=D2=C9=D7=C5=D4").text.endswith("Привет")


def test_a_mailbox_is_a_folder_of_messages() -> None:
    """Each message has an inner path and lines of the mailbox."""
    separator = "From a Thu Jan  1 00:00:00 2026"
    mbox = f"{separator}\nSubject: one\n\nfirst\n\n{separator}\nSubject: two\n\nsecond\n"
    documents, _ = read_bytes_with_skips("in.mbox", mbox.encode(), LIMITS)
    assert [(document.inner_path, document.title) for document in documents] == [("1.eml", "one"), ("2.eml", "two")]
    assert place_of(documents[1], "second") == 9


def test_broken_headers_are_kept_as_written() -> None:
    """Unknown charsets, impossible dates and missing parts do not fail."""
    document = one("a.eml", "Subject: =?nope?b?xx?=\nDate: 99 Foo 12345\nContent-Type: multipart/mixed\n\nwords")
    assert document.timestamp_s is None
    assert "=?nope" in document.title


def test_messages_begin_at_dated_from_lines() -> None:
    """`From` in a letter begins no message: only after an empty line, with a year on it."""
    start = "From a Thu Jan  1 00:00:00 2026"
    mbox = f"{start}\r\nSubject: one\r\n\r\nFrom here on\r\nFrom 2026 on\r\n\r\n{start}\r\nSubject: two\r\n\r\nend\r\n"
    documents, _ = read_bytes_with_skips("in.mbox", mbox.encode(), LIMITS)
    assert [document.title for document in documents] == ["one", "two"]
    assert "From 2026 on" in documents[0].text
    assert place_of(documents[1], "end") == 10


def test_a_page_without_text_is_no_failure() -> None:
    """An HTML body that holds nothing to read leaves the headers."""
    assert one("a.eml", "Subject: s\nContent-Type: text/html\n\n<script>x</script>").text.strip() == "Subject: s"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("x.mbox", "b'From x ' + b'1' * 2_000_000", ""),
        ("x.mbox", "b'From x 2026\\n\\n' * 40_000", ""),
        ("x.eml", "b'Subject: s\\nContent-Type: multipart/mixed; ' + b'\";' * 1_000_000 + b'\\n\\nwords'", ""),
        ("x.eml", "b'Subject: ' + b'=?' * 1_000_000 + b'\\n\\nwords'", ""),
        (
            "x.eml",
            "b''.join(b'Content-Type:multipart/x;boundary=b%d\\n\\n--b%d\\n' %(n,n) for n in range(99))+b'x\\n'*2**21",
            "nests too deep",
        ),
        ("x.eml", "b'Content-Type: multipart/mixed; boundary=b\\n\\n' + b'--b\\n\\n' * 3_000_000", "too many parts"),
        ("x.eml", "b'Content-Type: multipart/mixed; boundary=b\\r\\r' + b'--b\\r\\r' * 3_000_000", "too many parts"),
        ("x.eml", "b'Content-Type: message/delivery-status\\n\\n' + b'\\n' * 3_000_000", "too many parts"),
    ],
)
def test_mail_bombs(name: str, data: str, told: str) -> None:
    """Headers, parts and nests without end are cut or refused in a moment."""
    program = (
        "from memory_fabric.config import IngestConfig\n"
        "from memory_fabric.errors import UnreadableError\n"
        "from memory_fabric.ingest.readers.factory import read_bytes\n"
        f"try: read_bytes({name!r}, {data}, IngestConfig())\n"
        "except UnreadableError as error: print(error.reason)\n"
    )
    assert told in assert_ends(program)
