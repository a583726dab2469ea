"""E-mail."""

from __future__ import annotations

from memory_fabric.ingest.readers.factory import read_bytes_with_skips
from tests.memory_fabric.ingest.readers.samples import LIMITS, MAIL, check_document, one, place_of


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
