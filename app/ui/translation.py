"""The words of the window in the user's language."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication

CONTEXT = "tangnet"
"""All texts are in one context: the same word means the same everywhere."""


def tr(text: str, /, count: int | None = None, **values: Any) -> str:
    """Return `text` in the language of the window; English where there is no translation.

    Call it when the text is shown, never while a module is imported: the language is known only after the start. `text`
    is a literal, so that `packaging/translations.py` finds it.

    Args:
        text: English, with {name} for each of `values` and %n for `count`.
        count: chooses the plural form.
        values: what stands in the places; it is not read for places again.
    """
    found = QCoreApplication.translate(CONTEXT, text, None, -1 if count is None else count)
    return found.format(**values) if values else found
