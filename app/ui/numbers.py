"""Pure: numbers as the language of the window writes them."""

from __future__ import annotations

from PySide6.QtCore import QLocale


def number(value: float, decimals: int = 0) -> str:
    """Return "1,234.5" in English and "1.234,5" in German, rounded to `decimals`."""
    locale = QLocale()
    if locale.language() == QLocale.Language.C:  # it would leave the thousands together
        return f"{value:,.{decimals}f}"
    return locale.toString(float(value), "f", decimals)


def percent(share: float) -> str:
    """Return a share from 0 to 1 as "40 %"."""
    return f"{number(100 * share)} %"
