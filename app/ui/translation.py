"""The words of the window in the user's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

CONTEXT = "tangnet"
"""All texts are in one context: the same word means the same everywhere."""
FOLDER = Path(__file__).with_name("languages")
"""tangnet_LANGUAGE.qm, made by packaging/translations.py."""
SOURCE = "en"
"""The language of the code itself."""


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


def language(wish: str, system: list[str] | None = None) -> str:
    """Return the language to use: `wish` where there is a translation, else the first of the system's that has one.

    Args:
        wish: a code such as "de"; "system" or anything unknown: as the system is.
        system: the system's languages, best first; None asks Qt.
    """
    known = {SOURCE, *(path.stem.removeprefix("tangnet_") for path in FOLDER.glob("tangnet_*.qm"))}
    names = [wish, *(QLocale.system().uiLanguages() if system is None else system)]
    codes = (name.replace("_", "-").partition("-")[0] for name in names)
    return next((code for code in codes if code in known), SOURCE)


def speak(application: QCoreApplication, wish: str) -> str:
    """Give `application` the language `wish` asks for, before its first text; returns the one that it is.

    Numbers and dates follow it, unless it is the system's own language: then they stay as the system writes them.
    """
    code = language(wish)
    for folder, name in ((QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), "qtbase"), (FOLDER, "tangnet")):
        translator = QTranslator(application)
        if translator.load(str(Path(folder, f"{name}_{code}.qm"))):
            application.installTranslator(translator)
    if QLocale.system().name().partition("_")[0] != code:
        QLocale.setDefault(QLocale(code))
    return code
