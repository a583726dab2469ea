"""When a question speaks of: "in May", "last spring", "8 May 2023", «прошлой весной», «в мае», «три дня назад».

Only what cannot mean anything else is read; of two readings that differ by a year both are taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

__all__ = ["Period", "periods_of"]

_YEARS_BACK = 20
"""For a month without a year: what is remembered may be old."""

_MOST = 8
"""Expressions of one question that are read."""

_EN_MONTHS = "january february march april may june july august september october november december".split()
_RU_MONTHS = "январ феврал март апрел ма июн июл август сентябр октябр ноябр декабр".split()
_EN_SEASONS = {"winter": 12, "spring": 3, "summer": 6, "autumn": 9, "fall": 9}
_RU_SEASONS = {"зим": 12, "весн": 3, "лет": 6, "осен": 9}
_COUNTED = "one two three four five six seven eight nine ten".split()
_WORDED = {word: number for number, word in enumerate(_COUNTED, 1)}
_WORDED |= {
    "a": 1,
    "an": 1,
    "два": 2,
    "две": 2,
    "три": 3,
    "четыре": 4,
    "пять": 5,
    "шесть": 6,
    "семь": 7,
    "восемь": 8,
    "девять": 9,
    "десять": 10,
}
_UNITS = (("day", "дн", "день"), ("week", "недел"), ("month", "месяц"), ("year", "год", "лет"))
_UNIT_DAYS = (1, 7, 31, 366)

_EN_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_RU_MONTH = r"(?P<month>январ|феврал|март|апрел|ма(?=[йяе]\b)|июн|июл|август|сентябр|октябр|ноябр|декабр)\w*"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"


class Period(msgspec.Struct, frozen=True):
    """A span of time, seconds since the epoch, `until_s` exclusive."""

    since_s: float
    until_s: float

    def holds(self, moment_s: float) -> bool:
        """Return whether a moment lies in it."""
        return self.since_s <= moment_s < self.until_s


def periods_of(text: str, now_s: float) -> tuple[Period, ...]:
    """Return the spans of time that a question names; none where it names none.

    Args:
        text: The question.
        now_s: What "last" and "ago" count from.
    """
    now = datetime.fromtimestamp(now_s, UTC)
    found: list[Period] = []
    taken: list[tuple[int, int]] = []
    for pattern, read in _FORMS:
        for match in pattern.finditer(text):
            begin, end = match.span()
            if len(taken) >= _MOST or any(begin < last and first < end for first, last in taken):
                continue
            taken.append((begin, end))
            found += read(match, now)
    return tuple(dict.fromkeys(found))


def _period(since: datetime, until: datetime) -> Period:
    return Period(since.timestamp(), until.timestamp())


def _date(match: re.Match[str], now: datetime) -> Iterator[Period]:
    """Yield a day, a month or a year; without a year, that of every year of late."""
    groups = match.groupdict()
    month = _month(groups.get("month") or "")
    day = int(groups.get("day") or 0)
    years = [int(groups["year"])] if groups.get("year") else range(now.year, now.year - _YEARS_BACK, -1)
    for year in years:
        try:
            since = datetime(year, month or 1, day or 1, tzinfo=UTC)
        except ValueError:
            # 30 February, or the 29th of a common year
            continue
        # what happened on a day is told on that day or the next
        length = timedelta(days=2) if day else None
        yield _period(since, since + length if length else _next(since, month))


def _next(since: datetime, month: int) -> datetime:
    if not month:
        return since.replace(year=since.year + 1)
    return (since + timedelta(days=31)).replace(day=1)


def _month(name: str) -> int:
    if name.isdecimal():
        return int(name)
    name = name.casefold()
    if name in _RU_MONTHS:
        return _RU_MONTHS.index(name) + 1
    return next((number for number, month in enumerate(_EN_MONTHS, 1) if name and month.startswith(name)), 0)


def _named_day(match: re.Match[str], now: datetime) -> Iterator[Period]:
    back = {"today": 0, "сегодня": 0, "yesterday": 1, "вчера": 1, "позавчера": 2}[match[0].casefold()]
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
    yield _period(day, day + timedelta(days=1))


def _ago(match: re.Match[str], now: datetime) -> Iterator[Period]:
    """Yield the day, week, month or year around a distance: people round."""
    word = match["count"].casefold()
    count = int(word) if word.isdecimal() else _WORDED[word]
    unit = _unit(match["unit"])
    around = timedelta(days=_UNIT_DAYS[unit] / 2 if unit else 1)
    try:
        middle = now - timedelta(days=count * _UNIT_DAYS[unit])
        yield _period(middle - around, middle + around)
    except OverflowError:
        # before the calendar begins
        return


def _unit(name: str) -> int:
    name = name.casefold()
    return next(number for number, stems in enumerate(_UNITS) if name.startswith(stems))


def _span(match: re.Match[str], now: datetime) -> Iterator[Period]:
    """Yield this or the last week, month, year or season."""
    is_last = match["which"].casefold().startswith(("last", "previous", "прошл", "последн"))
    name = match["span"].casefold()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    seasons = {**_EN_SEASONS, **_RU_SEASONS}
    season = next((month for stem, month in seasons.items() if name.startswith(stem)), 0)
    if season:
        yield _season(season, now, is_last=is_last)
    elif name.startswith(("week", "недел")):
        monday = today - timedelta(days=today.weekday() + 7 * is_last)
        yield _period(monday, monday + timedelta(days=7))
    elif name.startswith(("month", "месяц")):
        first = today.replace(day=1)
        first = (first - timedelta(days=1)).replace(day=1) if is_last else first
        yield _period(first, _next(first, first.month))
    elif month := _month(name):
        year = now.year - (1 if is_last and month >= now.month else 0)
        first = datetime(year, month, 1, tzinfo=UTC)
        yield _period(first, _next(first, month))
    else:
        first = today.replace(year=today.year - is_last, month=1, day=1)
        yield _period(first, _next(first, 0))


def _season(month: int, now: datetime, *, is_last: bool) -> Period:
    """Return the season that runs, or the last one that is over."""
    first = datetime(now.year, month, 1, tzinfo=UTC)
    while first > now:
        first = first.replace(year=first.year - 1)
    over = _three_months(first)
    if is_last and over > now:
        first = first.replace(year=first.year - 1)
    return _period(first, _three_months(first))


def _three_months(first: datetime) -> datetime:
    for _ in range(3):
        first = _next(first, first.month)
    return first


_Reader = Callable[[re.Match[str], datetime], Iterator[Period]]


def _form(pattern: str, read: _Reader) -> tuple[re.Pattern[str], _Reader]:
    return re.compile(pattern, re.IGNORECASE), read


_RU_SPAN = r"недел\w+|месяц\w*|год\w*|зим\w+|весн\w+|лет(?:о|ом|а)|осен\w+"
_COUNT = rf"(?P<count>\d{{1,4}}|{'|'.join(_WORDED)})"
_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    _form(rf"\b{_YEAR}-(?P<month>0[1-9]|1[0-2])(?:-{_DAY})?\b", _date),
    _form(rf"\b{_DAY}\.(?P<month>0[1-9]|1[0-2])\.{_YEAR}\b", _date),
    _form(rf"\b{_DAY}(?:st|nd|rd|th)?(?: of)? {_EN_MONTH},? {_YEAR}\b", _date),
    _form(rf"\b{_EN_MONTH} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}\b", _date),
    _form(rf"\b{_EN_MONTH},? {_YEAR}\b", _date),
    _form(rf"\b{_DAY} {_RU_MONTH} {_YEAR}\b", _date),
    _form(rf"\b{_RU_MONTH} {_YEAR}\b", _date),
    _form(r"\b(?P<which>last|previous|this) (?P<span>week|month|year|winter|spring|summer|autumn|fall)\b", _span),
    _form(rf"\b(?P<which>last|this) (?P<span>{'|'.join(_EN_MONTHS)})\b", _span),
    _form(rf"\b(?P<which>прошл\w+|последн\w+|эт(?:а|о|ой|им|ом|у|от)) (?P<span>{_RU_SPAN})\b", _span),
    _form(rf"\b{_COUNT} (?P<unit>days?|weeks?|months?|years?) ago\b", _ago),
    _form(rf"\b{_COUNT} (?P<unit>дн\w+|день|недел\w+|месяц\w*|год\w*|лет) назад\b", _ago),
    _form(rf"\b{_DAY}(?:st|nd|rd|th)?(?: of)? (?P<month>{'|'.join(_EN_MONTHS)})\b", _date),
    _form(rf"\b(?P<month>{'|'.join(_EN_MONTHS)}) {_DAY}(?:st|nd|rd|th)?\b", _date),
    _form(rf"\b(?:in|during) (?P<month>{'|'.join(_EN_MONTHS)})\b", _date),
    _form(rf"\b{_DAY} {_RU_MONTH}", _date),
    _form(rf"\bв(?:о)? {_RU_MONTH}", _date),
    _form(rf"\b(?:in|during|в) {_YEAR}\b", _date),
    _form(r"\b(?:today|yesterday|сегодня|вчера|позавчера)\b", _named_day),
)
"""The longest first: what one has read, none after it reads again."""
