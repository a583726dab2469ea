"""Whether a value is a secret: told from names, words, expressions and placeholders by its letters alone."""

from __future__ import annotations

import math
import re
from collections import Counter

__all__ = ["is_password", "is_placeholder", "looks_random"]

_PLACEHOLDER = re.compile(
    r"""(?ix)
    ^(?:[x*.#_\-?•·…]+|0+|1+|(?P<same>.)(?P=same){3,})$            # nothing but filling
    | \[redacted
    | \$\{ | \$\( | ^\$\w+$ | \{\{ | ^\{[^}]*\}$ | ^<.*>$ | ^%\w*%?$ | %\(\w+\) | %[sdr]\b | ^@\w+@$  # of a template
    | \{\w*(?:[.!:][^}]*)?\}
    | \b(?:your|my|some|any|enter|insert|replace|change|put|the)[-_ ]?(?:own[-_ ]?)?
      (?:me|this|it|here|api|access|secret|pass|token|key|user|db|value|strong)
    | change.?me | placeholder | example | dummy | todo | fixme | censored | masked | hidden | not.?set | undefined
    | ^(?:(?:my|the|a|test|new|old|user|db|root|admin|super|default|some|fake|foo|bar)[-_ .]?)*
      (?:pass(?:wor[dt]|wd|phrase|code)?|pwd|pw|secret|token|key|credentials?|creds?|auth|passw0rd|p@ssw0rd
        |пароль|секрет|токен)
      (?:[-_ ]?(?:here|value|string|name|hash|id|key|\d{1,3}))?$
    | ^(?:none|null|nil|true|false|yes|no|on|off|string|str|bytes|int|integer|number|bool|boolean|object|array|any|text
        |char|varchar|required|optional|empty|default|unknown|invalid|valid|admin|root|user|username|guest|postgres
        |mysql|redis|rabbitmq|test(?:ing|er)?|foo|bar|baz|foobar|hello|world|abc(?:123)?|asdf|auto|basic|bearer|digest
        |plain|sha\d*|md5|hs256|rs256|pbkdf2\w*|bcrypt\w*|scrypt|argon2\w*|utf-?8|ascii|base64|hex|aes\w*|rsa\w*|file
        |env|keyring|prompt|stdin|ask|sso|oauth2?)$
    """
)
_SEQUENCE = re.compile(r"(?i)abcdef(?!ace)|qwerty12|1234567|987654|deadbeef|cafebabe|lorem|ipsum")
_EXPRESSION = re.compile(
    r"^[\w.]*\(|\)$|^(?:self|this|os|sys|process|env|config|settings|request|args|options|opts|ctx|params)\."
    r"|->|=>|::|\|\||&&|^&\w|^\*\w|\[\w*\]$"
)
_PATH = re.compile(
    r"^(?:\.{0,2}/|~/|[A-Za-z]:\\|https?://|file:|[a-z_]+/[a-z_]+/[a-z_.]+$|\w+://)"
    r"|\.(?:py|js|ts|json|ya?ml|toml|txt|pem|crt|key|md|cfg|ini|html|php|sh|go|rs|c|h|org|com|net|io|ru)$"
)
_NAME = re.compile(r"(?:[a-z]{2,}|[A-Z]{2,}|[A-Z][a-z]+)(?:[_.-](?:[a-z]+|[A-Z]+|[A-Z][a-z]+))*[_.-]?\d{0,3}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"^\d{4}[-./]\d\d[-./]\d\d|^v?\d+(?:\.\d+)+[\w.-]*$|^\d{1,2}:\d\d")
_STEPS = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])")
_CHARS = re.compile(r"[A-Za-z0-9+/=_.~:@!#$%^&*-]+")


def is_placeholder(value: str) -> bool:
    """Return whether a value stands for a secret instead of being one: `changeme`, `${TOKEN}`, `<password>`, `***`."""
    return _PLACEHOLDER.search(value) is not None


def _entropy(value: str) -> float:
    """Return bits a character, from the frequencies of the characters in `value`."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values()) if size else 0.0


def looks_random(value: str) -> bool:
    """Return whether a value looks as if a machine had drawn it: a token, a key, a hash.

    Letters and digits take turns there, and so do small letters and capitals; names and words have few such steps for
    their length, and they are what high entropy alone would take for secrets.
    """
    if len(value) < 12 or _CHARS.fullmatch(value) is None:
        return False
    if _UUID.fullmatch(value):
        return len(set(value)) > 6
    if _DATE.match(value) or _PATH.search(value) or _EXPRESSION.search(value) or _SEQUENCE.search(value):
        return False
    steps = len(_STEPS.findall(value))
    if steps * 8 < len(value) and not (len(value) >= 40 and steps >= 4):
        return False
    if _is_wordy(value):
        return False
    return _entropy(value) >= (2.8 if len(value) < 20 else 3.0 if set(value.lower()) <= _HEX else 3.4)


_HEX = set("0123456789abcdef-")


def _is_wordy(value: str) -> bool:
    """Whether words make up most of it: `getUserById2`, `sha256_crypt_v1`."""
    words = re.findall(r"[A-Z][a-z]+|[a-z]{2,}|[A-Z]{4,}", value)
    likely = sum(len(word) for word in words if _has_vowels(word))
    letters = sum(map(str.isalpha, value))
    return letters * 2 >= len(value) and likely * 10 >= letters * 8


def _has_vowels(word: str) -> bool:
    vowels = sum(letter in "aeiouyAEIOUY" for letter in word)
    return len(word) <= 5 * vowels <= 4 * len(word)


def is_password(value: str, *, is_plain: bool) -> bool:
    """Return whether a value that is called a password is one.

    Args:
        value: Without quotes.
        is_plain: Whether it stands where nothing but a value can stand (a settings file); else it may be a word or an
            expression.
    """
    if len(value) < 6 or len(value) > 200 or is_placeholder(value) or _PATH.search(value) or _DATE.match(value):
        return False
    if " " in value or _EXPRESSION.search(value):
        return False
    if not value.isascii() and not any(char.isdigit() for char in value):
        return False
    letters = sum(char.isalpha() for char in value)
    digits = sum(char.isdigit() for char in value)
    marks = len(value) - letters - digits - sum(char in "_-.:/,\\" for char in value)
    if is_plain:
        return letters > 0 or digits >= 6
    if letters >= 2 and digits and _is_name(value):
        return False
    return (letters >= 2 and digits >= 1) or (letters >= 3 and marks >= 1)


def _is_name(value: str) -> bool:
    """Whether it is a name of something in a program: words joined by `_`, `-` or `.`, with a number at most behind."""
    return _NAME.fullmatch(value) is not None and (len(value) < 8 or not value.rstrip("0123456789").isalpha())
