"""Passwords inside addresses, headers and commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_fabric.scan.findings import Finding, Text
from memory_fabric.scan.values import is_placeholder, looks_random

__all__ = ["find_connections"]

_USERINFO = re.compile(r"://[^\s/:@\"'<>`?#]{0,100}:([^\s/\"'<>`]{1,200})@(?=[\w\[*.-])")
_BEARER = re.compile(r"(?i)\b(?:bearer|token|apikey|api-key|basic)\s+([A-Za-z0-9._~+/=-]{16,2000})")
_CURL = re.compile(r"(?:\s-u|--user|--proxy-user|\s-U)[ =]?\s?[\"']?([\w.@\\-]{1,64}):([^\s\"']{4,200})")
_MYSQL = re.compile(r"\bmysql\w*\s[^\n]{0,200}?\s-p([^\s\"'=]{4,100})|\bsshpass\s+-p\s?[\"']?([^\s\"']{4,100})")
_NETRC = re.compile(r"\b(?:login|user)\s+\S{1,100}\s+password\s+(\S{3,200})")
_HASH = re.compile(
    r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}"
    r"|\$(?:[156y]|apr1)\$(?:rounds=\d+\$)?[./\w]{1,32}\$[./\w]{22,}"
    r"|\$argon2(?:id?|d)\$v=\d+\$[\w=,]+\$[\w+/]+\$[\w+/]+"
)
"""Of passwords, as `/etc/shadow` and web frameworks keep them: what they hide can be guessed."""
_HTTP_NAMES = (b"bearer ", b"basic ", b"token ", b"apikey ", b"api-key ")


def find_connections(text: Text) -> Iterator[Finding]:
    """Yield passwords and tokens that an address, an HTTP header or a command carries."""
    yield from _userinfo(text)
    if b"$" in text.raw:
        for match in _HASH.finditer(text.text):
            yield Finding("password", "password-hash", *match.span())
    if b"bearer" in text.low or b"authorization" in text.low:
        yield from _headers(text)
    if b"curl " in text.raw or b"wget " in text.raw:
        for match in _CURL.finditer(text.text):
            if not is_placeholder(match[2]):
                yield Finding("connection", "password", *match.span(2))
    if b"mysql" in text.raw or b"sshpass" in text.raw:
        for match in _MYSQL.finditer(text.text):
            if not is_placeholder(match[match.lastindex or 0]):
                yield Finding("connection", "password", *match.span(match.lastindex or 0))
    if b"password " in text.raw and (b"machine" in text.raw or b"default" in text.raw):
        for match in _NETRC.finditer(text.text):
            if not is_placeholder(match[1].strip("\"'")):
                yield Finding("connection", "password", *match.span(1))


def _headers(text: Text) -> Iterator[Finding]:
    for name in _HTTP_NAMES:
        place = text.low.find(name)
        while place >= 0:
            match = _BEARER.match(text.text, place)
            if match and not is_placeholder(match[1]) and looks_random(match[1]):
                yield Finding("secret", "token", *match.span(1))
            place = text.low.find(name, place + len(name))


def _userinfo(text: Text) -> Iterator[Finding]:
    place = text.raw.find(b"://")
    while place >= 0:
        # the cheaper question first: most addresses name no user
        if text.raw.find(b"@", place, place + 310) >= 0:
            match = _USERINFO.match(text.text, place)
            if match and not is_placeholder(match[1]):
                yield Finding("connection", "password", *match.span(1))
        place = text.raw.find(b"://", place + 3)
