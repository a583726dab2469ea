"""Each kind of finding on its own: what is found, exactly where, and what only looks like it."""

from __future__ import annotations

import pytest

from memory_fabric.config import ScanConfig
from memory_fabric.scan import Scanner

SCANNER = Scanner(ScanConfig())
RANDOM = "kJ8x2Lq9vB4nR7tY1wZ3"
BODY = "MIIEpAIBAAKCAQEA" + RANDOM * 3


def found(text: str) -> list[tuple[str, str]]:
    """Return kind and words of each finding."""
    return [(one.kind, text[one.start : one.end]) for one in SCANNER.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'curl -H "Authorization: Bearer {RANDOM}" x', [("secret", RANDOM)]),
        ("curl -u admin:" + "Sunrise77 https://x", [("connection", "Sunrise77")]),
        ("machine api.acme.io login me password " + "Sunrise77", [("connection", "Sunrise77")]),
        ("redis://:" + "Sunrise77@cache:6379/0", [("connection", "Sunrise77")]),
        ("postgres://app:" + "p@ss@db.acme.io/main", [("connection", "p@ss")]),
        ("postgres://user:password@db/main", []),
        ("mysql -u root -p" + "Sunrise77 main", [("connection", "Sunrise77")]),
        ("sshpass -p '" + "Sunrise77' ssh me@host", [("connection", "Sunrise77")]),
        ("postgres://app:${PASSWORD}@db/main", []),
        ("https://acme.io/a:b/c@d", []),
        ("root:$6$" + "saltsalt$" + RANDOM + "AAAA:1", [("password", "$6$saltsalt$" + RANDOM + "AAAA")]),
    ],
)
def test_addresses_headers_and_commands(text: str, expected: list[tuple[str, str]]) -> None:
    """The password alone is found, not what stands around it; placeholders are none."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DB_PASSWORD=" + "correcthorse\n", [("password", "correcthorse")]),
        ("пароль от почты: " + "Снег2024", [("password", "Снег2024")]),
        ('<add key="Password" value="' + 'Sunrise77" />', [("password", "Sunrise77")]),
        ("user: anna\npass: " + "Sunrise77\n", [("password", "Sunrise77")]),
        ("    pass\n    pass  # nothing2do here\n", []),
        ("password = config['password']", []),
        ("token = self._next_token(line1)", []),
        ('key = "' + RANDOM + '"', []),
        ('api_key = "' + RANDOM + '"', [("secret", RANDOM)]),
        ("password: ${{ secrets.DB_PASSWORD }}", []),
        ("assert password == 'required'", []),
    ],
)
def test_names_and_values(text: str, expected: list[tuple[str, str]]) -> None:
    """A name, a value that looks like it, and no expression of a program."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n{BODY}\n-----END RSA PRIVATE KEY-----\n", 1),
        (f"-----BEGIN PRIVATE KEY-----\n{BODY}\ncut off here, and words follow", 1),
        (f'{{"key": "-----BEGIN EC PRIVATE KEY-----\\n{BODY}\\n-----END EC PRIVATE KEY-----\\n"}}', 1),
        (f"PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n{BODY}\nPrivate-MAC: 0\n", 1),
        ("the file begins with -----BEGIN RSA PRIVATE KEY----- and then comes the key", 0),
        (f"-----BEGIN CERTIFICATE-----\n{BODY}\n-----END CERTIFICATE-----\n", 0),
    ],
)
def test_private_keys(text: str, count: int) -> None:
    """Whole, cut off, on one line, of PuTTY; neither talk about keys nor certificates."""
    findings = [one for one in SCANNER.find(text) if one.kind == "private_key"]
    assert len(findings) == count
    assert BODY not in SCANNER.scan(text).text or not count


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("4111 1111 1111 1111", []),
        ("pay with 4276 0123 4567 8908", []),
        ("pay with 4012 8888 8888 1881", ["card"]),
        ("DE89 3704 0044 0532 0130 00", ["iban"]),
        ("DE88 3704 0044 0532 0130 00", []),
        ("112-233-445 95", ["snils"]),
        ("112-233-445 96", []),
        ("ИНН 500100732259", ["inn"]),
        ("order 500100732259", []),
        ("паспорт 45 08 123456", ["passport"]),
        ("паспорт 4508 № 123456", ["passport"]),
        ("version 45 08 123456", []),
        ("0.4012888888881881", []),
        ("sha 4012888888881881ab", []),
    ],
)
def test_numbers(text: str, kinds: list[str]) -> None:
    """A checksum, and a form or a word that says what it is; fractions and hashes hold such digits by chance."""
    assert [kind for kind, _ in found(text)] == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("anna" + "@" + "gmail.com", ["email"]),
        ("git" + "@" + "github.com:acme/app.git", []),
        ("someone" + "@" + "example.com", []),
        ("total = a" + "@" + "b.T", []),
        ("+7 916 123-45-67", ["phone"]),
        ("позвони 89161234567", ["phone"]),
        ("id 89161234567", []),
        ("+7 000 000-00-00", []),
        ("(415) 555-2671.", ["phone"]),
        ("living at 12 Oak Hill Ave, Springfield, IL 62704", ["address"]),
        ("в доме 5 на улице Ленина", []),
        ("ул. Ленина, д. 5, кв. 12", ["address"]),
        ("12 Main Street is a film", []),
    ],
)
def test_people(text: str, kinds: list[str]) -> None:
    """Addresses and phones as people write them; neither robots nor examples nor programs."""
    assert [kind for kind, _ in found(text)] == kinds
