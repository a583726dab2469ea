"""Bytes to text."""

from __future__ import annotations

import contextlib
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.mime import is_binary
from memory_fabric.ingest.readers.east_asian import wide_encoding
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


CHINESE = (
    "中国的经济发展很快。人们的生活水平提高了，城市里有很多新的建筑。\n我们应该保护环境，让孩子们在更好的世界里长大。"
)
JAPANESE = "設定ファイルを開いて、ユーザー名とパスワードを入力してください。\n吾輩は猫である。名前はまだ無い。"
KOREAN = "한국의 경제는 빠르게 성장하고 있다.\n설정 파일을 열고 사용자 이름을 입력하십시오."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gb18030"),
        (CHINESE, "gb2312"),
        ("# 配置文件\ntimeout = 30  # 超时时间\nretries = 5  # 重试次数\n", "gb18030"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        ("# プログラムのテスト\nx = 1\n", "cp932"),
        (KOREAN, "euc_kr"),
    ],
)
def test_east_asian(text: str, encoding: str) -> None:
    """Old encodings of Chinese, Japanese and Korean are told by the letters that such texts are full of."""
    assert decode(text.encode(encoding)) == text
    assert not is_binary(text.encode(encoding))
    long = f"{text}\n" * 10_000
    assert decode(long.encode(encoding)) == long


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [RUSSIAN, FRENCH, CHINESE, JAPANESE, KOREAN, "Привет", "name,count\nbean,12\n"])
def test_utf16_without_its_mark(text: str, encoding: str) -> None:
    """What programs of Windows write is text in either order of bytes, also where it is cut inside a sign."""
    data = text.encode(encoding)
    assert not is_binary(data)
    assert (decode(data), decode(data + b"\x41")) == (text, text)


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<200H", *range(300, 500)),
        struct.pack("<100H", *[300] * 100),
        struct.pack("<400h", *[n * n % 700 - 350 for n in range(400)]),
        struct.pack("<100I", *range(1000, 1100)),
        struct.pack("<100d", *[n / 7 for n in range(100)]),
        b"\x7fELF\x02\x01\x01\x00" + b"\x00\x03\x00\x3e\x00" * 40,
        "text".encode("utf-32-le") * 20,
    ],
)
def test_numbers_are_no_utf16(data: bytes) -> None:
    """Tables of small numbers have the same empty bytes, and are binary still."""
    assert is_binary(data)
    assert not wide_encoding(data)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "koi8-r", "cp866"])
@pytest.mark.parametrize("start", range(0, 400, 7))
def test_no_part_of_a_russian_text_is_taken_for_east_asian(start: int, encoding: str) -> None:
    """Wherever a text begins, and with capitals, numbers and Western names in it, it stays Russian."""
    text = (
        "Проект №5: память хранит то, с чем работает её хозяин. СРОК — 12 мая 2024 г., ответственный Иванов И. И. "
        "Файл config.toml лежит в папке «Документы»; запуск: cairn index ~/docs. Съешь же ещё этих мягких булок. "
    ) * 3
    part = "".join(sign for sign in text[start : start + 60] if sign.encode(encoding, "ignore"))
    assert decode(part.encode(encoding)) == part


@pytest.mark.slow
@pytest.mark.parametrize("unit", [b"\x04", b"\x00", b"\x81", b"\xa1\xa2", b"\x82\xa0", b"\xe9 ", b"\xe9l", b"\xff"])
def test_no_bytes_take_long(unit: bytes) -> None:
    """Only the beginning is tried in every encoding."""
    data = unit * (20_000_000 // len(unit))
    start = time.process_time()
    with contextlib.suppress(UnreadableError):
        decode(data)
    assert time.process_time() - start < 5


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
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and not wide_encoding(data) and b"\n" in data:
        assert text.count("\n") == data.count(b"\n")
