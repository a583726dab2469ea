"""What a policy does with what is found."""

from __future__ import annotations

import time

import msgspec
import pytest

from memory_fabric.config import ScanConfig
from memory_fabric.scan import PERSONAL_KINDS, SECRET_KINDS, Scanner

KEY = "AKIA" + "QRSTUVWXYZ234567"
"""Put together, so that this file holds none."""


def test_a_text_without_findings_is_the_same_object() -> None:
    """Nothing is copied for nothing."""
    text = "The quick brown fox is 12 years old."
    assert Scanner(ScanConfig()).scan(text).text is text


def test_a_secret_is_cut_out_by_default_and_counted() -> None:
    """The mark says what was there and is as long."""
    scan = Scanner(ScanConfig()).scan(f"key = {KEY}\n")
    assert scan.text == "key = [redacted:aws-key**]\n"
    assert (scan.redacted, scan.is_personal, scan.refused) == (1, False, "")


def test_an_address_is_kept_and_said_by_default() -> None:
    """Whom to write to is often what is asked for."""
    text = "write to ivan" + "@" + "mail.ru"
    scan = Scanner(ScanConfig()).scan(text)
    assert (scan.text, scan.redacted, scan.is_personal) == (text, 0, True)


def test_a_refused_kind_gives_a_reason_without_the_secret() -> None:
    """What, where, and the setting that says so."""
    scan = Scanner(ScanConfig(cloud_key="refuse")).scan(f"\n\nkey = {KEY}\n")
    assert scan.refused == "holds `aws-key` on line 3 (`memory.scan.cloud_key` is `refuse`)"
    assert scan.text == ""


def test_a_tagged_secret_stays_and_is_said() -> None:
    """Who wants it so knows of it."""
    scan = Scanner(ScanConfig(cloud_key="tag")).scan(f"key = {KEY}\n")
    assert (scan.is_secret, scan.redacted, scan.is_personal) == (True, 0, False)
    assert KEY in scan.text


def test_what_is_off_is_not_looked_for() -> None:
    """Neither one kind nor all of them."""
    everything = dict.fromkeys((*SECRET_KINDS, *PERSONAL_KINDS), "off")
    assert Scanner(ScanConfig(cloud_key="off")).find(KEY) == []
    assert Scanner(msgspec.convert(everything, ScanConfig)).find(f"{KEY} ivan@mail.ru 4111 1111 1111 1111") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1 ",
        "-",
        "password=",
        "password ",
        '"password", ',
        "://a:",
        "@a.",
        "eyJ",
        "AKIA",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n" + "A" * 64,
        "ул. ",
        "ул. А",
        "1 Aa Aa Street ",
        "token: 'aB3",
        "Private-Lines: 9\n" + "A" * 20 + "\n",
        "$6$a",
        "+7 9",
        "curl -u a",
        "sk-aB3" * 5,
        "ghp_",
        "a1-",
        "\\n",
    ],
)
def test_no_text_takes_more_than_its_length(piece: str) -> None:
    """Twice as much of the worst text costs about twice the time, not four times."""
    scanner = Scanner(ScanConfig())
    scanner.find("ghp_" + "aB3" * 20)

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.thread_time()
        scanner.find(text)
        return time.thread_time() - started

    small, large = seconds(50_000), seconds(200_000)
    assert large < 0.3 or large < small * 10, (small, large)
    assert large < 4.0
