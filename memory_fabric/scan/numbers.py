"""Numbers that belong to a person, known by their checksums: cards, accounts, insurance, tax, passports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from memory_fabric.scan.contexts import is_said
from memory_fabric.scan.findings import Finding, Text

__all__ = ["clusters", "find_numbers", "has_digits"]

_NOT_DIGITS = bytes(c for c in range(256) if not 48 <= c <= 57)
_CLUSTER = re.compile(r"\d(?:[ \u00a0.()/-]{0,2}\d){8,40}")
_ONES = bytes(49 if 48 <= c <= 57 else 32 for c in range(256))
_SPARSE = 100
"""Characters for one digit from which on hopping is faster."""
_LEAST_DIGITS = 9
_EDGE = frozenset("0123456789_.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ#%")
_CARD = re.compile(r"(?:\d{4}([ \u00a0-])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{5}|\d{13,19})")
_CARD_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}$|5[1-5]\d{14}$|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}$|3[47]\d{13}$|220[0-4]\d{12,15}$"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}$|35\d{14}$|3(?:0[0-5]|[68]\d)\d{11}$|62\d{14,17}$|5[06-8]\d{14}$"
)
"""Visa, Mastercard, American Express, Mir, Discover, JCB, Diners, UnionPay, Maestro (ISO/IEC 7812 ranges)."""
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")
_SNILS = re.compile(r"\d{3}[- ]\d{3}[- ]\d{3}[- ]\d{2}$|\d{11}$")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}$")
_PASSPORT = re.compile(r"\d{2} ?\d{2} ?(?:№ ?|N ?)?\d{6}$|\d{2} ?(?:№ ?)?\d{7}$|\d{9}$")

_SAYS_INN = re.compile(r"(?i)(?<![^\W_])инн(?![^\W_])|(?<![a-z])inn(?![a-z])|tax[_ -]?id|taxpayer")
_SAYS_SNILS = re.compile(r"(?i)снилс|snils")
_SAYS_PASSPORT = re.compile(r"(?i)паспорт|passport|серия")
_SAYS_CARD = re.compile(r"(?i)card|карт|visa|mastercard|\bмир\b|\bpan\b|\bcc\b|pay|оплат")


def has_digits(text: Text, count: int) -> bool:
    """Return whether `text` holds so many digits at all: most prose does not."""
    return len(text.raw.translate(None, _NOT_DIGITS)) >= count


def clusters(text: Text) -> list[tuple[int, int]]:
    """Return where at least nine digits stand close together, whatever parts them."""
    count = len(text.raw.translate(None, _NOT_DIGITS))
    if count < _LEAST_DIGITS:
        return []
    if count * _SPARSE > len(text.raw):
        return [match.span() for match in _CLUSTER.finditer(text.text)]
    return list(_sparse_clusters(text))


def _sparse_clusters(text: Text) -> Iterator[tuple[int, int]]:
    """Hop from digit to digit: in prose that is five times as fast as looking at every character."""
    ones = text.raw.translate(_ONES)
    place = ones.find(b"1")
    while place >= 0:
        match = _CLUSTER.match(text.text, place)
        if match is not None:
            yield match.span()
        # if no cluster begins at the first digit of a run, none does at a later one
        place = ones.find(b"1", match.end() if match else _run_end(ones, place))


def _run_end(ones: bytes, start: int) -> int:
    space = ones.find(b" ", start)
    return space if space >= 0 else len(ones)


def find_numbers(text: Text, places: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Yield numbers whose checksum is right and whose form or surroundings say what they are.

    Args:
        text: The whole.
        places: Its clusters of digits.
    """
    last = 0
    for start, end in places:
        yield from _ibans(text, max(start - 40, last), min(end + 40, len(text.text)), start)
        last = end
        if _is_part_of_word(text.text, start, end):
            continue
        # neighbours in a table come as one cluster
        yield from _parts(text, start, text.text[start:end])
    yield from _spaced_passports(text)


def _is_part_of_word(string: str, start: int, end: int) -> bool:
    before = string[start - 1 : start]
    after = string[end : end + 1]
    # a full stop after a number may end a sentence; one before it makes a fraction
    return (before in _EDGE and before != "") or (after in _EDGE and after not in {"", "."})


def _parts(text: Text, start: int, cluster: str) -> Iterator[Finding]:
    digits = re.sub(r"\D", "", cluster)
    end = start + len(cluster)
    if 13 <= len(digits) <= 19 and _CARD.fullmatch(cluster) and _is_card(digits):
        is_grouped = not cluster.isdigit()
        if is_grouped or len(digits) == 16 or is_said(text, start, end, _SAYS_CARD):
            yield Finding("card", "card", start, end)
            return
    is_formed = not cluster.isdigit()
    if _SNILS.fullmatch(cluster) and _is_snils(digits) and (is_formed or is_said(text, start, end, _SAYS_SNILS)):
        yield Finding("snils", "snils", start, end)
        return
    if cluster.isdigit() and len(digits) in {10, 12} and is_said(text, start, end, _SAYS_INN) and _is_inn(digits):
        yield Finding("inn", "inn", start, end)
        return
    if _SSN.fullmatch(cluster) and _is_ssn(cluster):
        yield Finding("ssn", "ssn", start, end)
        return
    if len(digits) in {9, 10} and _PASSPORT.fullmatch(cluster) and is_said(text, start, end, _SAYS_PASSPORT):
        yield Finding("passport", "passport", start, end)


def _spaced_passports(text: Text) -> Iterator[Finding]:
    """Where the sign for a number stands between series and number, they are no cluster."""
    if not text.is_ascii and "№" in text.text:
        for match in re.finditer(r"(?<!\d)\d{2} ?\d{2},? ?(?:номер )?№ ?\d{6}(?!\d)", text.text):
            if is_said(text, *match.span(), _SAYS_PASSPORT):
                yield Finding("passport", "passport", *match.span())


def _ibans(text: Text, start: int, end: int, digit: int) -> Iterator[Finding]:
    if not any(65 <= byte <= 90 for byte in text.raw[start:end]):
        return
    for match in _IBAN.finditer(text.text, start, end):
        if match.start() <= digit + 1 and _is_iban(match[0]):
            yield Finding("iban", "iban", *match.span())


def _is_card(digits: str) -> bool:
    from stdnum import luhn

    return _CARD_ISSUERS.match(digits) is not None and len(set(digits)) > 3 and bool(luhn.is_valid(digits))


def _is_iban(value: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(value))


def _is_inn(digits: str) -> bool:
    from stdnum.ru import inn

    return len(set(digits)) > 2 and bool(inn.is_valid(digits))


def _is_ssn(value: str) -> bool:
    from stdnum.us import ssn

    return bool(ssn.is_valid(value))


def _is_snils(digits: str) -> bool:
    """Checksum of the Pension Fund: the sum of nine digits by place, modulo 101, 100 and 101 standing for 00."""
    if digits[:9] <= "001001998" or len(set(digits)) < 3:
        return False
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:9])) % 101
    return total % 100 == int(digits[9:])
