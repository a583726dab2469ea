"""Bytes to text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.encoding import decode

RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю.\nПамять хранит то, с чем работает её хозяин."
FRENCH = "Où sont les élèves ? Ils étaient là, près de la forêt, à l'été."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1251", "koi8-r", "cp866"])
def test_russian_in_every_common_encoding(encoding: str) -> None:
    """Russian text is read whatever the encoding it was saved in."""
    assert decode(RUSSIAN.encode(encoding)) == RUSSIAN


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
@pytest.mark.parametrize("text", ["Привет", "# Привет, это файл с кодом\nprint('да')\n", "ГЛАВА ПЕРВАЯ\n\nО том о сём"])
def test_short_russian(encoding: str, text: str) -> None:
    """A few words, capitals and code around them are enough to tell the encoding."""
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_western_european(encoding: str) -> None:
    """High bytes that stand alone are Western letters, not Russian ones."""
    assert decode(FRENCH.encode(encoding)) == FRENCH


def test_line_ends_become_one_kind() -> None:
    """Windows and old Macintosh ends become line feeds; a return within a line does not make one."""
    assert decode(b"a\r\nb\r\n") == "a\nb\n"
    assert decode(b"a\rb\r") == "a\nb\n"
    assert decode(b"10%\r20%\ndone\n") == "10% 20%\ndone\n"


def test_a_log_cut_inside_a_letter_stays_utf8() -> None:
    """One broken letter does not turn a whole text into another encoding."""
    assert decode(RUSSIAN.encode()[1:]) == "\ufffd" + RUSSIAN[1:]


@pytest.mark.parametrize("data", [b"a\x00b", b"\xfe\xff\x00\x00"])
def test_nul_is_binary(data: bytes) -> None:
    """A NUL is in no text."""
    with pytest.raises(UnreadableError, match="binary"):
        decode(data)


def test_a_broken_wide_text_is_refused() -> None:
    """Half a surrogate pair in UTF-16 is no text."""
    with pytest.raises(UnreadableError, match="not utf-8 text"):
        decode(b"\xff\xfe\x00\xd8a\x00")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\ufeff")))
def test_utf8_comes_back_unchanged(text: str) -> None:
    """Valid UTF-8 with plain line ends is returned as it is."""
    assert decode(text.encode()) == text


@given(st.binary())
def test_any_bytes_give_text_or_the_one_error(data: bytes) -> None:
    """No bytes make it fail in another way, and line feeds are kept."""
    try:
        text = decode(data)
    except UnreadableError:
        return
    text.encode()
    assert "\r" not in text
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\n" in data:
        assert text.count("\n") == data.count(b"\n")
