"""Values that a name calls secret: `DB_PASSWORD=…`, `"api_key": "…"`, `пароль: …`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memory_fabric.scan.findings import Finding, Text
from memory_fabric.scan.values import is_password, is_placeholder, looks_random

__all__ = ["find_assignments"]

_NAMES = (b"pass", b"pwd", b"secret", b"token", b"cred", b"key", b"auth")
_RUSSIAN = ("парол", "Парол", "ПАРОЛ", "токен", "Токен", "ТОКЕН", "секрет", "Секрет", "ключ", "Ключ")

_NAME = re.compile(
    r"""(?ix)
    (?P<pass>pass(?:wor[dt]s?|wd|phrase|code)?(?![a-z])|pass(?=[_\s"'=:])|pwd(?![a-z])|парол[а-я]{0,3})
    |(?P<token>secrets?|tokens?|cred(?:ential)?s?(?![a-z])|keys?(?![a-z])|auth(?:oriz[a-z]+|enticat[a-z]+)?(?![a-z])
       |токен[а-я]{0,2}|секрет[а-я]{0,4}|ключ[а-я]{0,2})
    """
)
_QUALIFIED = re.compile(
    r"(?i)(?:api|access|private|secret|sign(?:ing)?|encrypt(?:ion)?|crypto|master|account|storage|licen[sc]e|service|admin|"
    r"deploy|client|shared|webhook|hmac|jwt|session|app|auth|aws|stripe|openai|subscription|consumer)[_\-. ]?$"
)
"""What makes a key a secret one: other keys open dictionaries."""
_TAIL = re.compile(
    r"""(?x)
    [\w.\-]{0,40}[`*_]{0,2}
    (?P<for>\s(?:for|to|of|от|для|на|к)\s\w[\w.-]{0,30}(?:\s\w[\w.-]{0,30})?)?
    (?:
      (?P<call>\()\s{0,3}(?=[rbuRBU]?["'`])
     |(?P<attr>["'][^\S\n]{1,4}value[^\S\n]?=[^\S\n]?)(?=["'])
     |(?P<tag>>)
     |(?P<close>["'`\])]{0,3}(?:\[[^\]\n]{0,40}\])?)
      (?:[^\S\n]?:[^\S\n]{0,2}(?:&?(?:'static[^\S\n])?[Ss]tr(?:ing)?|SecretStr|bytes|char\*?|const[^\S\n]char\*)\??(?=[^\S\n]*=))?
      (?P<sep>[^\S\n]{0,20}(?:=>|:=|[=!]==?|=|::?|->|→)[^\S\n]{0,20}
        |[^\S\n]{1,3}(?:[—–-]|is|это|was)[^\S\n]{1,3}(?:["'`]|(?=\S))(?<!["'`])
        |,[^\S\n]{0,3}(?=[rbu]?["'])
        |(?<=\w)[^\S\n]{1,3}(?=["'`])
        |[^\S\n](?=\S{8,}(?:\s|$)))
    )
    """
)
_QUOTED = re.compile(
    r"[rbuRBU]{0,2}(?P<quote>\"{3}|'{3}|\\?[\"'`])(?P<value>[^\s\"'`\\](?:(?!(?P=quote))[^\n]){0,399}?)(?P=quote)"
)
_BARE = re.compile(r"(?:[^\s\"'`;]|;(?!\w+=)){4,400}")
_TAG_VALUE = re.compile(r"([^<>\s]{4,200})</")
_LINE_HEAD = re.compile(r"[^\S\n]*(?:(?:export|set|setx|ENV|ARG|[-*#/;]+|\$env:)[^\S\n]*)?[\"']?[\w.\-/:]*$")
_HEAD = 40
_BRACKETS = frozenset("()[]{}<>,;|\\")


def find_assignments(text: Text) -> Iterator[Finding]:
    """Yield values of names that speak of secrets, where the value looks like one."""
    end = 0
    for place in _names(text):
        if place < end:
            continue
        match = _NAME.match(text.text, place)
        if match is None:
            continue
        found = _judged(text.text, place, match)
        if found is not None:
            end = found.end
            yield found


def _names(text: Text) -> Iterator[int]:
    places: list[int] = []
    for name in _NAMES:
        place = text.low.find(name)
        while place >= 0:
            places.append(place)
            place = text.low.find(name, place + len(name))
    if not text.is_ascii:
        for word in _RUSSIAN:
            place = text.text.find(word)
            while place >= 0:
                places.append(place)
                place = text.text.find(word, place + len(word))
    return iter(sorted(places))


def _judged(text: str, place: int, name: re.Match[str]) -> Finding | None:
    tail = _TAIL.match(text, name.end())
    if tail is None:
        return None
    head = text[max(0, place - _HEAD) : place].rpartition("\n")[2]
    is_pass = name["pass"] is not None
    if not is_pass and name[0].lower().startswith(("key", "ключ")) and not _is_key(head, text[name.end() : tail.end()]):
        return None
    if is_pass and name[0].lower() == "pass" and not _is_pass(head, text, place, (tail["sep"] or "").strip()):
        return None
    span = _value(text, tail)
    if span is None:
        return None
    start, end, is_quoted = span
    value = text[start:end]
    if is_pass:
        is_plain = _is_plain(head, text, tail, end, is_quoted=is_quoted)
        is_secret = is_password(value, is_plain=is_plain)
        if not is_quoted and not is_plain:
            # without quotes it may be an expression of a program
            is_secret = is_secret and not set(value) & _BRACKETS
        if not is_quoted and tail["sep"] is not None and not tail["sep"].strip():
            # nothing but a space before it: a sentence goes on, unless the value can be no word of it
            is_secret = is_secret and any(char.isdigit() for char in value) and "=" not in value
        return Finding("password", "password", start, end) if is_secret else None
    if is_placeholder(value) or not _is_token(value, is_quoted=is_quoted):
        return None
    return Finding("secret", "secret", start, end)


def _is_key(head: str, tail: str) -> bool:
    return _QUALIFIED.search(head) is not None or re.match(r"(?i)\s?(?:api|доступа|апи|шифрования)", tail) is not None


def _is_pass(head: str, text: str, place: int, sep: str) -> bool:
    """A bare `pass` is a word of many languages; in a name it is what `password` is."""
    if not head.strip(" \t-\"'") and sep in {":", "="}:
        return True
    return head.rstrip().endswith(("_", "-", "user", '{"', "{'")) or text[place : place + 4] == "PASS"


def _value(text: str, tail: re.Match[str]) -> tuple[int, int, bool] | None:
    start = tail.end()
    if tail["tag"] is not None:
        match = _TAG_VALUE.match(text, start)
        return (*match.span(1), True) if match else None
    quoted = _QUOTED.match(text, start)
    if quoted is not None:
        return (*quoted.span("value"), True)
    if tail["call"] is not None or tail["attr"] is not None:
        return None
    bare = _BARE.match(text, start)
    if bare is None:
        return None
    end = bare.end()
    while end > start and text[end - 1] in ".,;:)]}>|\\":
        end -= 1
    return start, end, False


def _is_plain(head: str, text: str, tail: re.Match[str], end: int, *, is_quoted: bool) -> bool:
    """Whether the value stands in a settings file: `NAME=value` with nothing behind it, the name in capitals."""
    sep = tail["sep"]
    if sep is None or sep.strip() not in {"=", ":"} or _LINE_HEAD.fullmatch(head) is None:
        return False
    newline = text.find("\n", end)
    rest = text[end : newline if newline >= 0 else len(text)].strip("\"' \t,")
    line = text[text.rfind("\n", 0, tail.start()) + 1 : tail.end()].strip().removeprefix("export ")
    name = re.split(r"[\s=:\"']", line)[0]
    return not rest and name.isupper() and (is_quoted or sep.strip() == ":" or sep == "=")


def _is_token(value: str, *, is_quoted: bool) -> bool:
    if is_quoted:
        return looks_random(value)
    # without quotes it may be an expression: only what no program would write
    return not set(value) & _BRACKETS and looks_random(value)
