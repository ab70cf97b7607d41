"""One sentence of shown text as it is said: links, code, numbers, units and signs in words, English or German; pure."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from app.defusing import seen

LONGEST_CODE = 40
"""Characters of inline code that are still said."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """What a language calls things."""

    link: str
    code: str
    lines: str
    """Of a block of code; {} is their number."""
    line: str
    rows: str
    """Those of a table that are left out."""
    row: str
    picture: str
    long_code: str
    to: str
    point: str
    at: str
    months: tuple[str, ...]
    units: Mapping[str, tuple[str, str]]
    """For one, for several."""
    signs: Mapping[str, str]
    short: Mapping[str, str]
    """Abbreviations, as they stand in text."""


_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTHS_DE = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip
ENGLISH = Tongue(
    link="link to {}",
    code="some code",
    lines="Here are {} lines of code.",
    line="Here is a line of code.",
    rows="The table has {} more rows.",
    row="The table has one more row.",
    picture="picture: {}",
    long_code="a long code",
    to="to",
    point="point",
    at="at",
    months=_MONTHS_EN,
    units={
        "km/h": ("kilometre per hour", "kilometres per hour"), "m/s": ("metre per second", "metres per second"),
        "km": ("kilometre", "kilometres"), "cm": ("centimetre", "centimetres"), "mm": ("millimetre", "millimetres"),
        "m²": ("square metre", "square metres"), "m2": ("square metre", "square metres"),
        "km²": ("square kilometre", "square kilometres"), "m³": ("cubic metre", "cubic metres"),
        "kg": ("kilogram", "kilograms"), "mg": ("milligram", "milligrams"), "g": ("gram", "grams"),
        "ml": ("millilitre", "millilitres"), "l": ("litre", "litres"), "m": ("metre", "metres"),
        "ms": ("millisecond", "milliseconds"), "s": ("second", "seconds"), "min": ("minute", "minutes"),
        "h": ("hour", "hours"), "kB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
        "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"), "GiB": ("gibibyte", "gibibytes"),
        "MiB": ("mebibyte", "mebibytes"), "kWh": ("kilowatt hour", "kilowatt hours"), "kW": ("kilowatt", "kilowatts"),
        "W": ("watt", "watts"), "V": ("volt", "volts"), "A": ("ampere", "amperes"), "Hz": ("hertz", "hertz"),
        "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"), "GHz": ("gigahertz", "gigahertz"),
        "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
        "°": ("degree", "degrees"), "%": ("percent", "percent"), "€": ("euro", "euros"),
    },
    signs={
        "±": "plus or minus", "≥": "at least", "≤": "at most", "≈": "about", "≠": "is not equal to", "×": "times",
        "÷": "divided by", "=": "equals", "→": "to", "&": "and", "§§": "sections", "§": "section", "+": "plus",
        "<": "is less than", ">": "is greater than", "^2": "squared", "^3": "cubed",
    },
    short={
        "e.g.": "for example", "i.e.": "that is", "etc.": "and so on", "vs.": "versus", "approx.": "approximately",
        "cf.": "compare", "pp.": "pages", "p.": "page", "fig.": "figure", "Fig.": "Figure", "No.": "Number",
        "no.": "number", "w/o": "without", "incl.": "including", "max.": "at most", "min.": "at least",
    },
)  # fmt: skip
GERMAN = Tongue(
    link="Link zu {}",
    code="etwas Code",
    lines="Hier stehen {} Zeilen Code.",
    line="Hier steht eine Zeile Code.",
    rows="Die Tabelle hat noch {} Zeilen.",
    row="Die Tabelle hat noch eine Zeile.",
    picture="Bild: {}",
    long_code="ein langer Code",
    to="bis",
    point="Punkt",
    at="ät",
    months=_MONTHS_DE,
    units={
        "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"), "m/s": ("Meter pro Sekunde", "Meter pro Sekunde"),
        "km": ("Kilometer", "Kilometer"), "cm": ("Zentimeter", "Zentimeter"), "mm": ("Millimeter", "Millimeter"),
        "m²": ("Quadratmeter", "Quadratmeter"), "m2": ("Quadratmeter", "Quadratmeter"),
        "km²": ("Quadratkilometer", "Quadratkilometer"), "m³": ("Kubikmeter", "Kubikmeter"),
        "kg": ("Kilogramm", "Kilogramm"), "mg": ("Milligramm", "Milligramm"), "g": ("Gramm", "Gramm"),
        "ml": ("Milliliter", "Milliliter"), "l": ("Liter", "Liter"), "m": ("Meter", "Meter"),
        "ms": ("Millisekunde", "Millisekunden"), "s": ("Sekunde", "Sekunden"), "min": ("Minute", "Minuten"),
        "h": ("Stunde", "Stunden"), "kB": ("Kilobyte", "Kilobyte"), "MB": ("Megabyte", "Megabyte"),
        "GB": ("Gigabyte", "Gigabyte"), "TB": ("Terabyte", "Terabyte"), "GiB": ("Gibibyte", "Gibibyte"),
        "MiB": ("Mebibyte", "Mebibyte"), "kWh": ("Kilowattstunde", "Kilowattstunden"), "kW": ("Kilowatt", "Kilowatt"),
        "W": ("Watt", "Watt"), "V": ("Volt", "Volt"), "A": ("Ampere", "Ampere"), "Hz": ("Hertz", "Hertz"),
        "kHz": ("Kilohertz", "Kilohertz"), "MHz": ("Megahertz", "Megahertz"), "GHz": ("Gigahertz", "Gigahertz"),
        "°C": ("Grad Celsius", "Grad Celsius"), "°F": ("Grad Fahrenheit", "Grad Fahrenheit"),
        "°": ("Grad", "Grad"), "%": ("Prozent", "Prozent"), "€": ("Euro", "Euro"),
    },
    signs={
        "±": "plus minus", "≥": "mindestens", "≤": "höchstens", "≈": "etwa", "≠": "ist ungleich", "×": "mal",
        "÷": "geteilt durch", "=": "gleich", "→": "zu", "&": "und", "§§": "Paragraphen", "§": "Paragraph",
        "+": "plus", "<": "ist kleiner als", ">": "ist größer als", "^2": "im Quadrat", "^3": "hoch drei",
    },
    short={
        "z. B.": "zum Beispiel", "z.B.": "zum Beispiel", "d. h.": "das heißt", "d.h.": "das heißt",
        "u. a.": "unter anderem", "u.a.": "unter anderem", "usw.": "und so weiter", "bzw.": "beziehungsweise",
        "ca.": "circa", "Nr.": "Nummer", "vgl.": "vergleiche", "Abs.": "Absatz", "Art.": "Artikel", "S.": "Seite",
        "inkl.": "inklusive", "max.": "höchstens", "min.": "mindestens", "evtl.": "eventuell", "ggf.": "gegebenenfalls",
        "Std.": "Stunden", "Mio.": "Millionen", "Mrd.": "Milliarden", "o. Ä.": "oder Ähnliches",
        "i. d. R.": "in der Regel",
    },
)  # fmt: skip
TONGUES = {"en": ENGLISH, "de": GERMAN}

_WORD = re.compile(r"[a-zäöüß]+")
_SMALL = {
    "en": frozenset(
        ("the", "of", "and", "to", "is", "in", "that", "it", "for", "was", "are", "with", "as", "be", "this", "have")
    ),
    "de": frozenset(
        (
            "der",
            "die",
            "das",
            "und",
            "ist",
            "nicht",
            "ein",
            "eine",
            "zu",
            "den",
            "mit",
            "von",
            "auf",
            "für",
            "im",
            "dem",
        )
    ),
}
_COMMENT = re.compile(r"<!--.*?(-->|$)", re.DOTALL)
_HIDDEN = re.compile(
    r"<(script|style|template)\b[^>]*>.*?(?:</\1\s*>|$)|"
    r"<(\w+)\b[^>]*\b(?:hidden\b|display\s*:\s*none|visibility\s*:\s*hidden)[^>]*>.*?(?:</\2\s*>|$)",
    re.DOTALL | re.IGNORECASE,
)
"""What a browser would not show either."""
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_PICTURE = re.compile(r"!\[([^\]]{0,300})\]\([^)\s]{0,2000}(?:\s+\"[^\"]{0,300}\")?\)")
_LINK = re.compile(r"\[([^\]]{0,300})\]\([^)\s]{0,2000}(?:\s+\"[^\"]{0,300}\")?\)")
_REFERENCE = re.compile(r"\[([^\]]{1,300})\]\[[^\]]{0,100}\]")
_CITATION = re.compile(r"\s*\[\^?[\w-]{0,20}\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]")
_INLINE = re.compile(r"(`+)(.+?)\1")
_URL = re.compile(r"<?\b(?:https?://|www\.)([^\s<>\"')\]/?#:]+)[^\s<>\"')\]]*?(?=[.,;:!?]?(?:[\s<>\"')\]]|$))>?")
_MAIL = re.compile(r"\b([\w.+-]{1,64})@([\w-]+(?:\.[\w-]+)+)\b")
_PATH = re.compile(r"(?<![\w/])(?:~|[A-Za-z]:)?(?:[/\\][\w.@-]+){2,}[/\\]?")
_FILE = re.compile(
    r"\b([\w-]+)\.(pdf|docx?|xlsx?|pptx?|txt|md|csv|json|toml|ya?ml|html?|py|js|png|jpe?g|wav|mp3|zip)\b"
)
_HEX = re.compile(r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{16,}\b")
_STRONG = re.compile(r"(\*\*\*|\*\*|\*|~~)(?=\S)(.+?)(?<=\S)\1")
_UNDERLINE = re.compile(r"(?<!\w)(___|__|_)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_ISO_DATE = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")
_DOTTED_DATE = re.compile(r"\b(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.(\d{4})\b")
_CLOCK_DE = re.compile(r"\b(\d{1,2}):(\d{2}) Uhr\b")
_GROUPED_DE = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?!\.?\d)")
_GROUPED_EN = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!,?\d)")
_SPACED = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}\b)")
_DOTTED = re.compile(r"(?<![\w.])[vV]?\d+(?:\.\d+){2,}(?![\w.]*\d)")
_RANGE = re.compile(r"(?<![\w.-])(\d+(?:[.,]\d+)?)\s?[–—-]\s?(?=\d+(?:[.,]\d+)?(?![\w-]|[.,]\d))")
_MONEY = re.compile(r"(€)\s?(\d+(?:[.,]\d+)*)")
_SIGN_LIKE = re.compile(r"[{}\[\]<>|^~*_#\\]+")
_SPACE = re.compile(r"\s+")
_BEFORE = re.compile(r"\s+([,.;:!?…])")
_EMPTY = re.compile(r"\(\s*[,;]?\s*\)")
_BETWEEN = re.compile(r"(?<=[\w)])(?:\s?([=+&×÷≈≠→])\s?|\s([<>])\s)(?=[\w(])")
"""Signs that are said only between two things."""
_POWER = re.compile(r"(?<=[\w)])(\^[23])(?!\d)")


def language_of(text: str) -> str:
    """Return "de" for text that has more small words of German than of English, else "en"."""
    words = _WORD.findall(text.lower())
    counts = {name: sum(word in small for word in words) for name, small in _SMALL.items()}
    letters = sum(text.lower().count(letter) for letter in "äöüß")
    return "de" if counts["de"] + letters > counts["en"] else "en"


def said(text: str, language: str) -> str:
    """Return a sentence of Markdown as it is said; "" when nothing of it can be. `language`: "de", else English."""
    tongue = TONGUES.get(language, ENGLISH)
    text = _COMMENT.sub(" ", seen(text))
    kept: list[str] = []

    def keep(word: str) -> str:
        # Out of the way of what follows, in a form that none of it touches.
        kept.append(word)
        return f" \ue000{chr(0xE001 + len(kept) - 1)} " if len(kept) < 1000 else ""

    text = text.replace("\ue000", "")
    text = _INLINE.sub(lambda found: keep(_code(found[2], tongue)), text)
    text = html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", text)))
    text = seen(text)
    text = _PICTURE.sub(lambda found: tongue.picture.format(found[1]) if found[1] else "", text)
    text = _LINK.sub(lambda found: found[1], text)
    text = _REFERENCE.sub(lambda found: found[1], text)
    text = _CITATION.sub("", text)
    text = _URL.sub(lambda found: keep(tongue.link.format(_dotted(found[1].removeprefix("www."), tongue))), text)
    text = _MAIL.sub(lambda found: keep(f"{_dotted(found[1], tongue)} {tongue.at} {_dotted(found[2], tongue)}"), text)
    text = _PATH.sub(lambda found: re.split(r"[/\\]", found[0].rstrip("/\\"))[-1], text)
    text = _FILE.sub(lambda found: keep(_dotted(found[0], tongue)), text)
    text = _HEX.sub(lambda _found: keep(tongue.long_code), text)
    for _ in range(2):
        text = _UNDERLINE.sub(r"\2", _STRONG.sub(r"\2", text))
    text = _numbers(text, language, tongue)
    text = _POWER.sub(lambda found: f" {tongue.signs[found[1]]}", text)
    text = _BETWEEN.sub(lambda found: f" {tongue.signs[found[1] or found[2]]} ", text)
    for sign, word in tongue.signs.items():
        if sign in "±≥≤§§":
            text = text.replace(sign, f" {word} ")
    text = _SIGN_LIKE.sub(" ", "".join(one for one in text if _can_be_said(one)))
    for place, word in enumerate(kept):
        text = text.replace(f"\ue000{chr(0xE001 + place)}", word)
    text = _EMPTY.sub("", _SPACE.sub(" ", text))
    text = _BEFORE.sub(r"\1", text).strip()
    return text if any(one.isalnum() for one in text) else ""


def _numbers(text: str, language: str, tongue: Tongue) -> str:
    text = _SPACED.sub("", text)
    for name, (short, long) in _SHORT[language if language in TONGUES else "en"].items():
        if name in text:
            text = short.sub(long, text)
    text = _ISO_DATE.sub(lambda found: _date(int(found[3]), int(found[2]), found[1], language, tongue), text)
    text = _DOTTED_DATE.sub(lambda found: _date(int(found[1]), int(found[2]), found[3], language, tongue), text)
    if language == "de":
        text = _CLOCK_DE.sub(
            lambda found: f"{int(found[1])} Uhr" + (f" {int(found[2])}" if int(found[2]) else ""), text
        )
        text = _GROUPED_DE.sub(lambda found: found[0].replace(".", ""), text)
        text = _MONEY.sub(r"\2 €", text)
    else:
        text = _GROUPED_EN.sub(lambda found: found[0].replace(",", ""), text)
    text = _DOTTED.sub(lambda found: found[0].lstrip("vV").replace(".", f" {tongue.point} "), text)
    text = _RANGE.sub(rf"\1 {tongue.to} ", text)

    def unit(found: re.Match[str]) -> str:
        one, several = tongue.units[found[2]]
        return f"{found[1]} {one if found[1] == '1' else several}"

    return _UNITS[language if language in TONGUES else "en"].sub(unit, text)


def _date(day: int, month: int, year: str, language: str, tongue: Tongue) -> str:
    return f"{day}{'.' if language == 'de' else ''} {tongue.months[month - 1]} {year}"


def _code(code: str, tongue: Tongue) -> str:
    """A name is said in words; more than that is only mentioned."""
    code = code.strip()
    if len(code) <= LONGEST_CODE and re.fullmatch(r"[\w .:/-]+(\(\))?", code):
        return _words(re.sub(r"[./:()]+", " ", code))
    return tongue.code


def _words(name: str) -> str:
    return _SPACE.sub(" ", re.sub(r"[_-]+", " ", name)).strip()


def _dotted(name: str, tongue: Tongue) -> str:
    return _words(name.replace(".", f" {tongue.point if tongue is GERMAN else 'dot'} "))


def _can_be_said(one: str) -> bool:
    return one in "°©®™" or unicodedata.category(one) not in ("So", "Sk")


_SHORT = {
    name: {short: (re.compile(rf"(?<![\w.]){re.escape(short)}(?!\w)"), long) for short, long in tongue.short.items()}
    for name, tongue in TONGUES.items()
}
_UNITS = {
    name: re.compile(
        rf"(?<![\w.,])(-?\d+(?:[.,]\d+)?)\s?({'|'.join(map(re.escape, sorted(tongue.units, key=len, reverse=True)))})"
        r"(?![\w²³/])"
    )
    for name, tongue in TONGUES.items()
}
