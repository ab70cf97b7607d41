"""Times that a question names: a year, a month, "since March", "last week". Pure; English, German, Spanish."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_MONTHS = {
    1: "january|jan|januar|jänner|enero",
    2: "february|feb|februar|febrero",
    3: "march|märz|maerz|marzo",
    4: "april|apr|abril",
    5: "may|mai|mayo",
    6: "june|jun|juni|junio",
    7: "july|jul|juli|julio",
    8: "august|aug|agosto",
    9: "september|sep|sept|septiembre|setiembre",
    10: "october|oct|oktober|okt|octubre",
    11: "november|nov|noviembre",
    12: "december|dec|dezember|dez|diciembre",
}
_MONTH_NUMBER = {name: number for number, names in _MONTHS.items() for name in names.split("|")}
_MONTH = "(?:" + "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True)) + r")(?!\w)"
_YEAR = r"(?:(?:the year|dem jahr|del año|el año)\s+)?((?:19|20)\d\d)(?![\w-])"
_DAY = r"((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\w)"
_OF = r"(?:of\s+|de\s+|del\s+)?"
_WHEN = rf"(?:{_DAY}|({_MONTH})(?:\s+{_OF}{_YEAR})?|{_YEAR})"
_FROM = r"(?:from|of|dated|(?:written|changed|modified|saved|received|sent|made|created)\s+in|aus|von|vom|de|del)"
_SINCE = r"(?:since|after|seit|ab|nach|desde|después de|despues de)"
_UNTIL = r"(?:before|until|till|vor|bis|antes de|hasta)"
_AT = re.compile(rf"(?<!\w){_FROM}\s+{_WHEN}", re.I)
_AFTER = re.compile(rf"(?<!\w)({_SINCE})\s+{_WHEN}", re.I)
_BEFORE = re.compile(rf"(?<!\w)({_UNTIL})\s+{_WHEN}", re.I)
_BETWEEN = re.compile(
    rf"(?<!\w)(?:between|from|zwischen|von|entre|de|desde)\s+{_YEAR}\s*(?:and|to|until|und|bis|y|a|hasta|-|–)\s*{_YEAR}",
    re.I,
)
_UNITS = {
    "day": "days?|tage?n?|días?|dias?",
    "week": "weeks?|wochen?|semanas?",
    "month": "months?|monate?n?|meses|mes",
    "year": "years?|jahre?n?|años?",
}
_UNIT_NUMBER = {"day": 1, "week": 7, "month": 30, "year": 365}
_LEAD = (
    r"(?:(from|of|since|in|during|aus|von|vom|seit|in|im|de|del|desde|en|durante)\s+)?"
    r"(?:the\s+|den\s+|der\s+|dem\s+|la\s+|el\s+|los\s+|las\s+)?"
)
_LAST = {
    unit: re.compile(
        rf"(?<!\w){_LEAD}(?:(?:last|past|previous|letzte[nrsm]?|vergangene[nrsm]?|vorige[nrsm]?)\s+(?:{words})"
        rf"|(?:{words})\s+(?:pasad[oa]|anterior))(?!\w)",
        re.I,
    )
    for unit, words in _UNITS.items()
}
_THIS = {
    unit: re.compile(rf"(?<!\w){_LEAD}(?:this|diese[nrsm]?|est[ea])\s+(?:{words})(?!\w)", re.I)
    for unit, words in _UNITS.items()
}
_COUNT = {
    unit: re.compile(
        rf"(?<!\w){_LEAD}(?:last|past|letzten|vergangenen|últimos|últimas|ultimos|ultimas)\s+(\d{{1,3}})\s+(?:{words})(?!\w)",
        re.I,
    )
    for unit, words in _UNITS.items()
}
_NAMED_DAYS = (
    (re.compile(rf"(?<!\w){_LEAD}(?:yesterday|gestern|ayer)(?!\w)", re.I), 1, "yesterday"),
    (re.compile(rf"(?<!\w){_LEAD}(?:today|heute|hoy)(?!\w)", re.I), 0, "today"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A time that is named at [start:end) of the question."""

    start: int
    end: int
    since: int | None
    """Seconds since 1970, local time; None = from the beginning."""
    until: int | None
    """The first second after it; None = to the end."""
    told: str
    """In plain words: "changed in 2023"."""
    year: int = 0
    """The year, if just a year is named: it may also stand in a file's name."""
    needs_cue: bool = False
    """So common in plain questions ("today") that it only counts beside a folder or a kind of file."""


def dates_in(text: str, today: date) -> list[Span]:
    """Return the times that `text` names, the most telling first; they may overlap."""
    found: list[Span] = []
    for match in _BETWEEN.finditer(text):
        first, last = sorted((int(match.group(1)), int(match.group(2))))
        found.append(_span(match, date(first, 1, 1), date(last + 1, 1, 1), f"changed from {first} to {last}"))
    for match in _AFTER.finditer(text):
        when = _when(match.groups()[1:], today)
        if when is not None:
            begin, end, name, _ = when
            exclusive = match.group(1).lower() in ("after", "nach", "después de", "despues de")
            word = "after" if exclusive else "since"
            found.append(_span(match, end if exclusive else begin, None, f"changed {word} {name}"))
    for match in _BEFORE.finditer(text):
        when = _when(match.groups()[1:], today)
        if when is not None:
            begin, end, name, _ = when
            inclusive = match.group(1).lower() in ("until", "till", "bis", "hasta")
            word = "until" if inclusive else "before"
            found.append(_span(match, None, end if inclusive else begin, f"changed {word} {name}"))
    for match in _AT.finditer(text):
        when = _when(match.groups(), today)
        if when is not None:
            begin, end, name, year = when
            found.append(_span(match, begin, end, f"of {name}" if year else f"changed in {name}", year=year))
    return found + _relative(text, today)


def _relative(text: str, today: date) -> list[Span]:
    found: list[Span] = []
    tomorrow = today + timedelta(days=1)
    for unit, pattern in _COUNT.items():
        for match in pattern.finditer(text):
            count = int(match.group(2))
            begin = today - timedelta(days=count * _UNIT_NUMBER[unit])
            found.append(_span(match, begin, tomorrow, f"changed in the last {count} {unit}{'s' * (count != 1)}"))
    for unit, pattern in _LAST.items():
        for match in pattern.finditer(text):
            begin, end = _period(unit, today, back=1)
            until = tomorrow if (match.group(1) or "").lower() in ("since", "seit", "desde") else end
            bare = unit == "year" and not match.group(1)
            word = "since last" if until == tomorrow else "last"
            found.append(_span(match, begin, until, f"changed {word} {unit}", needs_cue=bare))
    for unit, pattern in _THIS.items():
        for match in pattern.finditer(text):
            begin, _ = _period(unit, today, back=0)
            found.append(_span(match, begin, tomorrow, f"changed this {unit}", needs_cue=True))
    for pattern, back, name in _NAMED_DAYS:
        for match in pattern.finditer(text):
            begin = today - timedelta(days=back)
            lead = (match.group(1) or "").lower()
            end = tomorrow if lead in ("since", "seit", "desde") else begin + timedelta(days=1)
            found.append(_span(match, begin, end, f"changed {name}", needs_cue=not lead))
    return found


def _period(unit: str, today: date, back: int) -> tuple[date, date]:
    """Return the first day of the calendar's day, week, month or year so far back, and the first day after it."""
    if unit == "day":
        begin = today - timedelta(days=back)
        return begin, begin + timedelta(days=1)
    if unit == "week":
        begin = today - timedelta(days=today.weekday() + 7 * back)
        return begin, begin + timedelta(days=7)
    if unit == "month":
        month = today.year * 12 + today.month - 1 - back
        return date(month // 12, month % 12 + 1, 1), date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(today.year - back, 1, 1), date(today.year - back + 1, 1, 1)


def _when(groups: tuple[str | None, ...], today: date) -> tuple[date, date, str, int] | None:
    """Return first day, first day after, name and, for a plain year, the year; None for a day that does not exist."""
    year, month, day, name, month_year, alone = groups
    if year and month and day:
        try:
            begin = date(int(year), int(month), int(day))
        except ValueError:
            return None
        return begin, begin + timedelta(days=1), begin.isoformat(), 0
    if name:
        number = _MONTH_NUMBER[name.lower()]
        of = int(month_year) if month_year else today.year - (number > today.month)
        begin = date(of, number, 1)
        end = date(of + number // 12, number % 12 + 1, 1)
        return begin, end, f"{_MONTHS[number].split('|')[0].capitalize()} {of}", 0
    assert alone is not None
    return date(int(alone), 1, 1), date(int(alone) + 1, 1, 1), alone, int(alone)


def _span(
    match: re.Match[str], since: date | None, until: date | None, told: str, year: int = 0, needs_cue: bool = False
) -> Span:
    return Span(match.start(), match.end(), _seconds(since), _seconds(until), told, year, needs_cue)


def _seconds(day: date | None) -> int | None:
    return None if day is None else int(datetime(day.year, day.month, day.day).timestamp())
