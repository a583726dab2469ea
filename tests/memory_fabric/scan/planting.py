"""Secrets and personal data as they lie about in files: made anew by every run, nobody's."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Sequence

import msgspec
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from memory_fabric.scan import Kind

__all__ = ["Plant", "plants"]

_ALNUM = string.ascii_letters + string.digits
_URLSAFE = _ALNUM + "-_"
_HEX = "0123456789abcdef"


class Plant(msgspec.Struct, frozen=True):
    """One secret in its surroundings."""

    kind: Kind
    form: str
    """What it is and where it stands, for the list of what was missed."""
    secret: str
    """None of its lines may be found afterwards."""
    name: str
    """Of the file that it would stand in."""
    text: str


def plants(count: int, seed: int = 20_261_121) -> list[Plant]:
    """Return so many plants, the kinds in turn, each in surroundings drawn by lot."""
    rng = random.Random(seed)
    forms = list(_FORMS.items())
    return [_planted(rng, *forms[number % len(forms)]) for number in range(count)]


def _planted(rng: random.Random, form: str, recipe: tuple[Kind, Callable[[random.Random], str], str]) -> Plant:
    kind, make, style = recipe
    secret = make(rng)
    place, name, pattern = rng.choice(_PLACES[style])
    label = rng.choice(_NAMES[form] if form in _NAMES else _NAMES[style])
    value = json.dumps(secret)[1:-1] if name.endswith((".json", ".ipynb")) else secret
    block = secret.replace("\n", "\n    ")
    body = pattern.format(name=label, upper=label.upper().replace("-", "_").replace(" ", "_"), value=value, block=block)
    return Plant(kind, f"{form} in {place}", secret, name, _around(rng, body, name))


def _around(rng: random.Random, body: str, name: str) -> str:
    if name.endswith(".json"):
        return body
    fill = _RUSSIAN if name.endswith("_ru.md") else _FILL.get(name.rpartition(".")[2], _FILL["md"])
    before = "\n".join(rng.choice(fill) for _ in range(rng.randrange(6)))
    after = "\n".join(rng.choice(fill) for _ in range(rng.randrange(4)))
    return f"{before}\n{body}\n{after}" if rng.random() < 0.8 else f"{before}\n{body}"


# ---- what is planted ------------------------------------------------------------------------------------------


def _draw(alphabet: str, low: int, high: int = 0) -> Callable[[random.Random], str]:
    return lambda rng: "".join(rng.choice(alphabet) for _ in range(rng.randint(low, high or low)))


def _after(prefix: str, alphabet: str, low: int, high: int = 0) -> Callable[[random.Random], str]:
    draw = _draw(alphabet, low, high)
    return lambda rng: prefix + draw(rng)


def _jwt(rng: random.Random) -> str:
    def part(data: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    head = part({"alg": rng.choice(["HS256", "RS256"]), "typ": "JWT"})
    return f"{head}.{part({'sub': str(rng.randrange(10**9)), 'iat': 1_700_000_000})}.{_draw(_URLSAFE, 43)(rng)}"


def _pem(rng: random.Random) -> str:
    what = rng.choice(["RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "])
    body = "\n".join(_draw(_ALNUM + "+/", 64)(rng) for _ in range(rng.randint(3, 12)))
    return f"-----BEGIN {what}PRIVATE KEY-----\n{body}\n{_draw(_ALNUM, 22)(rng)}==\n-----END {what}PRIVATE KEY-----"


def _password(rng: random.Random) -> str:
    word = rng.choice(["Sunrise", "tiger", "Москва", "Winter", "kolobok", "Dragon", "garden", "Blue"])
    if not word.isascii():
        word = "Moskva"
    match rng.randrange(3):
        case 0:
            return f"{word}{rng.randint(10, 9999)}{rng.choice('!@#$%&*')}"
        case 1:
            return _draw(_ALNUM, 10, 18)(rng) + str(rng.randint(10, 99))
        case _:
            return f"{word}{rng.choice('-_!.')}{_draw(_ALNUM, 4)(rng)}{rng.randint(1, 9)}"


def _card(rng: random.Random) -> str:
    body = rng.choice(["4276", "5469", "2202", "4111", "5536"]) + _draw(string.digits, 11)(rng)
    digits = body + luhn.calc_check_digit(body)
    return rng.choice(
        [
            digits,
            " ".join(digits[i : i + 4] for i in range(0, 16, 4)),
            "-".join(digits[i : i + 4] for i in range(0, 16, 4)),
        ]
    )


def _iban(rng: random.Random) -> str:
    country, size, letters = rng.choice([("DE", 18, 0), ("GB", 14, 4), ("NL", 10, 4), ("FR", 23, 0), ("ES", 20, 0)])
    bank = {"GB": "NWBK", "NL": "ABNA"}.get(country, "")[:letters]
    while True:
        body = bank + _draw(string.digits, size)(rng)
        check = mod_97_10.calc_check_digits(f"{body}{country}")
        whole = f"{country}{check}{body}"
        from stdnum import iban

        if iban.is_valid(whole):
            return rng.choice([whole, " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))])


def _snils(rng: random.Random) -> str:
    digits = str(rng.randint(100_000_000, 999_999_999))
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits)) % 101 % 100
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]} {total:02d}"


def _inn(rng: random.Random) -> str:
    def check(digits: str, weights: Sequence[int]) -> str:
        return str(sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11 % 10)

    body = "77" + _draw(string.digits, 8)(rng)
    body += check(body, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    return body + check(body, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))


def _phone(rng: random.Random) -> str:
    a, b, c = rng.randint(200, 999), rng.randint(10, 99), rng.randint(10, 99)
    code = rng.choice(["903", "916", "921", "985"])
    forms = [f"+7 {code} {a}-{b}-{c}", f"+7({code}){a}-{b}-{c}", f"8 ({code}) {a}-{b}-{c}", f"+7{code}{a}{b}{c}"]
    return rng.choice([*forms, f"+1 212-{a}-{b}{c}", f"(415) {a}-{b}{c}", f"+44 20 7946 0{a}", f"+49 30 {a}{b}{c}0"])


def _email(rng: random.Random) -> str:
    who = rng.choice(["ivan.petrov", "anna", "j.smith", "kate_w", "o.brien"]) + str(rng.randint(1, 99))
    return f"{who}@{rng.choice(['gmail.com', 'mail.ru', 'yandex.ru', 'corp.acme.io', 'uni-bonn.de'])}"


def _passport(rng: random.Random) -> str:
    series = f"{rng.randint(10, 99)}{rng.choice(['', ' '])}{rng.randint(10, 24):02d}"
    return f"{series} {_draw(string.digits, 6)(rng)}"


def _address(rng: random.Random) -> str:
    house, flat = rng.randint(1, 150), rng.randint(1, 300)
    return rng.choice(
        [
            f"ул. {rng.choice(['Ленина', 'Лесная', 'Большая Садовая'])}, д. {house}, кв. {flat}",
            f"г. Казань, улица Баумана, дом {house}",
            f"Невский проспект, д. {house}",
            f"{house} {rng.choice(['Maple Street', 'Oak Hill Ave', 'Pine Drive'])}, Springfield, IL 62704",
            f"{house} Baker Street, London, NW1 6XE",
        ]
    )


def _ssn(rng: random.Random) -> str:
    return f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"


_FORMS: dict[str, tuple[Kind, Callable[[random.Random], str], str]] = {
    "AWS key id": ("cloud_key", _after("AKIA", string.ascii_uppercase + "234567", 16), "any"),
    "AWS secret": ("secret", _draw(_ALNUM + "+/", 40), "named"),
    "Google key": ("cloud_key", _after("AIza", _URLSAFE, 35), "any"),
    "Yandex key": ("cloud_key", _after("AQVN", _ALNUM, 36), "any"),
    "Azure account key": ("secret", lambda rng: _draw(_ALNUM + "+/", 86)(rng) + "==", "azure"),
    "GitHub token": ("api_token", _after("ghp_", _ALNUM, 36), "any"),
    "GitHub fine token": ("api_token", _after("github_pat_", _ALNUM + "_", 82), "any"),
    "GitLab token": ("api_token", _after("glpat-", _URLSAFE, 20), "any"),
    "Slack token": ("api_token", lambda rng: f"xoxb-{rng.randint(10**11, 10**12)}-{_draw(_ALNUM, 24)(rng)}", "any"),
    "Stripe key": ("api_token", _after("sk_live_", _ALNUM, 24), "any"),
    "OpenAI key": ("api_token", _after("sk-proj-", _ALNUM, 48), "any"),
    "Anthropic key": ("api_token", _after("sk-ant-api03-", _URLSAFE, 93), "any"),
    "npm token": ("api_token", _after("npm_", _ALNUM, 36), "any"),
    "PyPI token": ("api_token", _after("pypi-AgEIcHlwaS5vcmc", _URLSAFE, 90), "any"),
    "SendGrid key": ("api_token", lambda rng: f"SG.{_draw(_URLSAFE, 22)(rng)}.{_draw(_URLSAFE, 43)(rng)}", "any"),
    "Telegram token": (
        "api_token",
        lambda rng: f"{rng.randint(10**8, 10**10 - 1)}:AA{_draw(_URLSAFE, 33)(rng)}",
        "any",
    ),
    "JWT": ("jwt", _jwt, "any"),
    "PEM": ("private_key", _pem, "block"),
    "password": ("password", _password, "named"),
    "URL password": ("connection", _draw(_ALNUM + "!$%^*", 8, 16), "url"),
    "hex key": ("secret", _draw(_HEX, 32, 64), "named"),
    "random token": ("secret", _draw(_ALNUM, 24, 48), "named"),
    "card": ("card", _card, "personal"),
    "IBAN": ("iban", _iban, "personal"),
    "SNILS": ("snils", _snils, "personal"),
    "INN": ("inn", _inn, "called"),
    "passport": ("passport", _passport, "called"),
    "phone": ("phone", _phone, "personal"),
    "e-mail": ("email", _email, "personal"),
    "address": ("address", _address, "personal"),
    "SSN": ("ssn", _ssn, "personal"),
}

_NAMES: dict[str, list[str]] = {
    "any": ["api_key", "token", "value", "x", "client_id"],
    "AWS secret": ["aws_secret_access_key", "secret_access_key", "aws_secret_key"],
    "named": ["api_key", "access_token", "client_secret", "secret_key", "auth_token"],
    "password": ["password", "db_password", "smtp_passwd", "admin_pwd", "user_pass"],
    "azure": ["storage"],
    "block": ["key", "tls", "deploy"],
    "url": ["postgresql", "redis", "mongodb+srv", "amqp", "https"],
    "personal": ["contact", "реквизиты", "data"],
    "INN": ["ИНН", "inn", "ИНН клиента"],
    "passport": ["паспорт", "passport", "Паспорт серия и номер"],
}

Places = list[tuple[str, str, str]]

_SETTINGS: Places = [
    (".env", ".env", "{upper}={value}"),
    (".env, exported", "env.sh", 'export {upper}="{value}"'),
    ("YAML", "app.yaml", "  {name}: {value}"),
    ("quoted YAML", "app.yaml", '  {name}: "{value}"  # rotate me'),
    ("JSON", "config.json", '{{"debug": true, "{name}": "{value}", "port": 80}}'),
    ("TOML", "app.toml", '{name} = "{value}"'),
    ("Python", "app.py", '    {name} = "{value}"'),
    ("a Python call", "app.py", "    client = connect(host, {name}='{value}')"),
    ("JavaScript", "app.js", 'const c = {{ {name}: "{value}" }};'),
    ("a comment", "app.py", "# {name}: {value}"),
]
_PROSE: Places = [
    ("prose", "notes.md", "Here it is, keep it safe: {value}"),
    ("Russian prose", "notes_ru.md", "Вот, сохрани: {value}, пригодится."),
    ("a code span", "notes.md", "Use `{value}` for the staging host."),
    ("a log", "run.log", "2026-01-31 12:00:01 INFO request done value={value} took=12ms"),
]
_PLACES: dict[str, Places] = {
    "any": [*_SETTINGS, *_PROSE],
    "named": [
        *_SETTINGS,
        ("prose", "notes.md", "The {name} is {value}"),
        ("prose, colon", "notes.md", "New {name}: {value}"),
        ("XML", "web.xml", "<{name}>{value}</{name}>"),
        ("a shell call", "run.sh", 'curl -H "{name}: {value}" https://api.acme.io/v1'),
    ],
    "azure": [
        ("a connection string", ".env", "AZURE=AccountName=acme;AccountKey={value};EndpointSuffix=x"),
        ("JSON", "config.json", '{{"cs": "AccountName=acme;AccountKey={value}"}}'),
    ],
    "block": [
        ("a file", "id_rsa", "{value}"),
        ("YAML", "secret.yaml", "  tls.key: |\n    {block}"),
        ("JSON", "config.json", '{{"{name}": "{value}\\n"}}'),
        ("a Python string", "app.py", 'KEY = """{value}"""'),
        ("Markdown", "notes.md", "```\n{value}\n```"),
    ],
    "url": [
        (".env", ".env", "DATABASE_URL={name}://app:{value}@db.acme.io:5432/main"),
        ("Python", "app.py", '    engine = create_engine("{name}://svc_user:{value}@10.0.0.5/main")'),
        ("YAML", "app.yaml", "  url: {name}://app:{value}@cache:6379/0"),
        ("prose", "notes.md", "Connect to {name}://root:{value}@db.acme.io and look."),
        ("JSON", "config.json", '{{"url": "{name}://app:{value}@db.acme.io/main"}}'),
    ],
    "personal": [
        ("prose", "notes.md", "You can reach or pay us here: {value}"),
        ("Russian prose", "notes_ru.md", "Вот данные клиента: {value}."),
        ("JSON", "people.json", '{{"name": "Anna", "{name}": "{value}"}}'),
        ("YAML", "people.yaml", '  {name}: "{value}"'),
        ("Python", "fixtures.py", '    {name} = "{value}"'),
        ("a table", "people.md", "| Anna | {value} | active |"),
        ("line end", "list.txt", "Anna\t{value}"),
    ],
    "called": [
        ("prose", "notes_ru.md", "Данные клиента. {name} {value}, дата 01.02.2020."),
        ("JSON", "people.json", '{{"{name}": "{value}"}}'),
        ("YAML", "people.yaml", "{name}: {value}"),
        ("line end", "list.txt", "Анна, {name}: {value}"),
    ],
}  # fmt: skip

_FILL = {
    "md": [
        "The service starts with `make run` and listens on port 8080.",
        "## Notes",
        "",
        "- build 1.24.3 of 2026-01-31",
    ],
    "py": [
        "    for item in sorted(rows, key=lambda row: row.key):",
        "    token = next(tokens)",
        "",
        "    return total / 3.14159",
    ],
    "js": ["  const total = rows.reduce((a, b) => a + b, 0);", "", "  export default total;"],
    "env": ["DEBUG=1", "PORT=8080", "# settings of the service"],
    "yaml": ["  replicas: 3", "  image: acme/app:1.24.3", "  # settings"],
    "toml": ["port = 8080", 'name = "acme"'],
}
_RUSSIAN = ["Сегодня созвонились и решили подождать.", "Счёт придёт в пятницу.", "", "Отчёт лежит в папке проекта."]
