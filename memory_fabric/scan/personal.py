"""E-mail addresses, telephone numbers and postal addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from memory_fabric.scan.contexts import is_said
from memory_fabric.scan.findings import Finding, Text

__all__ = ["find_addresses", "find_emails", "find_phones"]

_LOCAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-'"
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,5}[A-Za-z]{2,24}(?![\w-]|\.\w|\()"
    r"|(?:[\w-]{1,63}\.){1,5}рф\b"
)
_ENDS = frozenset(
    "com org net edu gov mil int io dev app ai info biz name pro xyz online site tech cloud email me tv cc co us uk ru"
    " su de fr it es pt nl be ch at se no fi dk pl cz sk hu ro bg gr tr ua by kz uz am ge az lt lv ee ie is il in cn"
    " jp kr tw hk sg my th vn id ph au nz ca mx br ar cl pe za eg ng ke ae sa ir рф".split()
)
"""Endings that addresses of people have; a long list would make addresses of `x@y.z` in programs."""
_NOBODY = re.compile(r"(?i)^(?:no-?reply.*|do-?not-?reply|git|hg|svn|.*\[bot\]|mailer-daemon|nobody|root|www)$")
_RESERVED = re.compile(
    r"(?i)(?:^|\.)(?:example|test|invalid|localhost|local|domain|host|server)(?:\.(?:com|org|net|ru|edu))?$|noreply\."
)

_INTERNATIONAL = re.compile(r"(?<![\w+.=/-])\+\d[\d \u00a0().-]{7,20}\d(?![\d%\w])")
_RUSSIAN = re.compile(
    r"(?<![\w+.=/-])[78][ \u00a0-]?\(?[3489]\d{2}\)?[ \u00a0-]?\d{3}[ \u00a0-]?\d{2}[ \u00a0-]?\d{2}(?![\w-]|\.\d)"
)
_AMERICAN = re.compile(r"(?<![\w+.=/)-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?![\w-]|\.\d)")
_FORMS = ((_INTERNATIONAL, None), (_RUSSIAN, "RU"), (_AMERICAN, "US"))
_SAYS_PHONE = re.compile(
    r"(?i)тел|моб|звон|phone|\btel\b|\bcell|mobile|whatsapp|telegram|viber|fax|факс|contact|контакт|call"
)

_STREET_RU = re.compile(
    r"""(?x)
    (?:(?:\d{6},?\s)?(?:г\.\s?|город\s)[А-ЯЁ][\w-]{2,30},?\s)?
    (?:
      (?:ул\.|улица|пр-?т\.?|пр\.|просп\.|проспект|пер\.|переулок|бул\.|б-р|бульвар|шоссе|ш\.|наб\.|набережная|пл\.|площадь)
      \s?[А-ЯЁ0-9][\w\-.]{1,30}(?:\s[А-Яа-яЁё][\w\-.]{1,30}){0,2}
     |[А-ЯЁ][\w-]{2,30}\s(?:улица|ул\.|проспект|пр-т|переулок|шоссе|бульвар|набережная)
    )
    ,?\s(?:(?:д\.|дом)\s?\d{1,4}[а-яА-Я]?|\d{1,4}[а-яА-Я]?(?=,?\s(?:кв|к\.|корп|стр|оф)))
    (?:,?\s?(?:к\.|корп\.?|корпус|стр\.?|строение)\s?\d{1,3})?
    (?:,?\s(?:кв\.|квартира|оф\.|офис)\s?\d{1,4})?
    """
)
_STREET_EN = re.compile(
    r"""(?x)
    \d{1,5}[A-Za-z]?\s(?:[NSEW]\.?\s)?(?:[A-Z][a-z]{2,20}\.?\s){1,3}
    (?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Terrace|Square|Sq)\b\.?
    (?:,?\s(?:Apt|Apartment|Suite|Ste|Unit|Flat)\.?\s?\#?\w{1,6})?
    ,?\s[A-Z][A-Za-z.]{2,20}(?:\s[A-Z][a-z]{2,20})?,?\s
    (?:[A-Z]{2},?\s\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})\b
    """
)
_CODE_EN = re.compile(rb"\d(?:\d{4}|[A-Z]{2})")
"""A part of every postal code: without one there is no address to look for."""
_SIGNS_EN = (b" St", b" Ave", b" Rd", b" Road", b" Bl", b" Lane", b" Ln", b" Dr", b" Court", b" Terrace", b" Sq")
_SIGNS_RU = tuple("ул. улица просп пр-т переул пер. бульвар б-р шоссе наб. набереж площадь пл.".split())
_BEFORE_SIGN, _AFTER_SIGN = 60, 140
_GLUE = frozenset("0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-/")


def find_emails(text: Text) -> Iterator[Finding]:
    """Yield addresses of people: not of robots, nor of the domains that are kept for examples (RFC 2606)."""
    place = text.raw.find(b"@")
    while place >= 0:
        before = text.text[max(0, place - 64) : place]
        local = before[len(before.rstrip(_LOCAL)) :].lstrip(".'%+-")
        if local and text.raw[place + 1 : place + 2] not in {b" ", b"\n", b"("}:
            match = _DOMAIN.match(text.text, place + 1)
            if match and _is_persons(local, match[0]):
                yield Finding("email", "email", place - len(local), match.end())
        place = text.raw.find(b"@", place + 1)


def _is_persons(local: str, domain: str) -> bool:
    end = domain.rpartition(".")[2].lower()
    return end in _ENDS and not _NOBODY.match(local) and not _RESERVED.search(domain) and not local.endswith(".")


def find_phones(text: Text, places: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Yield numbers that the numbering plans know, written as people write them or called a phone.

    Args:
        text: The whole.
        places: Its clusters of digits.
    """
    last = 0
    for start, end in places:
        # what stands just before and after a cluster tells a number from a part of something else
        first, stop = max(start - 4, last), end + 3
        last = end
        for pattern, region in _FORMS:
            match = pattern.search(text.text, first, stop)
            if match is None:
                continue
            # eleven digits without a space are a phone only where somebody says so
            is_bare = region == "RU" and match[0].isdigit()
            # one full stop makes a fraction, not a telephone number
            if (
                match[0].count(".") != 1
                and _is_valid(match[0], region)
                and (not is_bare or is_said(text, *match.span(), _SAYS_PHONE))
            ):
                yield Finding("phone", "phone", *match.span())
                break


def _is_valid(number: str, region: str | None) -> bool:
    # the numbering plans cost time and memory: loaded with the first number that looks right
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(parsed))


def find_addresses(text: Text) -> Iterator[Finding]:
    """Yield postal addresses: a street with a house, in English also a town with its code."""
    if _CODE_EN.search(text.raw) and any(sign in text.raw for sign in _SIGNS_EN):
        for match in _STREET_EN.finditer(text.text):
            if text.text[match.start() - 1 : match.start()] not in _GLUE:
                yield Finding("address", "address", *match.span())
    if not text.is_ascii:
        for sign in _SIGNS_RU:
            place = text.text.find(sign)
            while place >= 0:
                found = _STREET_RU.search(text.text, max(0, place - _BEFORE_SIGN), place + _AFTER_SIGN)
                if found is not None:
                    yield Finding("address", "address", *found.span())
                place = text.text.find(sign, max(place + len(sign), found.end() if found else 0))
