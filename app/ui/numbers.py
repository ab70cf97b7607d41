"""Pure: numbers and days as the language of the window writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from PySide6.QtCore import QDate, QLocale

from app.ui.translation import tr


def number(value: float, decimals: int = 0) -> str:
    """Return "1,234.5" in English and "1.234,5" in German, rounded to `decimals`."""
    if not decimals and -1000 < value < 1000:
        return f"{value:.0f}"
    locale = QLocale()
    if locale.language() == QLocale.Language.C:  # it would leave the thousands together
        return f"{value:,.{decimals}f}"
    return locale.toString(float(value), "f", decimals)


def percent(share: float) -> str:
    """Return a share from 0 to 1 as "40 %"."""
    return f"{number(100 * share)} %"


def size(count: int) -> str:
    """Return a size such as "340 B", "12 kB" or "3.4 MB"; "" for none."""
    if count <= 0:
        return ""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{number(count / 1000)} kB"
    return f"{number(count / 1e6, 1)} MB" if count < 1_000_000_000 else f"{number(count / 1e9, 1)} GB"


def day(at: date) -> str:
    """Return "14 Nov 2025"."""
    return QLocale().toString(QDate(at.year, at.month, at.day), tr("d MMM yyyy"))


def moment(at: str) -> str:
    """Return an ISO time as "14 Nov 2025, 09:30", by the clock of this machine; without a zone it is UTC."""
    try:
        then = datetime.fromisoformat(at)
    except ValueError:
        return at
    local = (then if then.tzinfo else then.replace(tzinfo=UTC)).astimezone()
    return f"{day(local.date())}, {local:%H:%M}"


def near_day(at: date) -> str:
    """Return a day of the last week as "Tue 14 Nov"."""
    return QLocale().toString(QDate(at.year, at.month, at.day), tr("ddd d MMM"))


def short_day(at: date) -> str:
    """Return a day of this year as "14 Nov"."""
    return QLocale().toString(QDate(at.year, at.month, at.day), tr("d MMM"))
