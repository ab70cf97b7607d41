"""The words of the window in the user's language: what is asked for is found, and nothing is missing or differs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QApplication

from app.ui.translation import CONTEXT, FOLDER, language, tr

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def translations() -> ModuleType:
    """packaging/translations.py."""
    if "translations" not in sys.modules:
        spec = importlib.util.spec_from_file_location("translations", ROOT / "packaging" / "translations.py")
        assert spec is not None and spec.loader is not None
        made = sys.modules["translations"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
    return sys.modules["translations"]


def test_without_a_translation_it_is_english() -> None:
    assert tr("New conversation") == "New conversation"
    assert tr("{node} answers {what}", node="pi-3", what="{node}") == "pi-3 answers {node}"
    assert tr("%n left", 3) == "3 left"


def test_the_language_is_the_chosen_one_or_the_systems_first_that_there_is() -> None:
    assert language("de", ["en-GB"]) == "de"
    assert language("system", ["de-AT", "en"]) == "de"
    assert language("system", ["xx", "de_DE"]) == "de"
    assert language("system", ["xx"]) == language("xx", ["yy"]) == "en"
    assert language("en", ["de"]) == "en"


@pytest.mark.parametrize(("code", "one", "several"), [("en", "1 file", "3 files"), ("de", "1 Datei", "3 Dateien")])
def test_plurals(qapp: QApplication, code: str, one: str, several: str) -> None:
    translator = QTranslator()
    assert translator.load(str(FOLDER / f"tangnet_{code}.qm"))
    QCoreApplication.installTranslator(translator)
    try:
        assert (tr("%n files", count=1), tr("%n files", count=3)) == (one, several)
    finally:
        QCoreApplication.removeTranslator(translator)


def test_a_text_that_cannot_be_found_is_refused(translations: ModuleType, tmp_path: Path) -> None:
    code = tmp_path / "page.py"
    code.write_text("def show(name: str) -> str:\n    return tr('Known') + tr(name)\n")
    with pytest.raises(translations.UnreadableError, match=r"page\.py:2: .*name"):
        list(translations._said(code, "app/ui/page.py"))


@pytest.mark.parametrize(
    ("english", "german", "fault"),
    [
        ("{node} answers", "{knoten} antwortet", "other places"),
        ("{node} answers", "antwortet", "other places"),
        ("&Save", "Speichern", "the key after & is missing or too much"),
        ("Use `tangnet nodes`.", "`tangnet knoten` benutzen.", "another command"),
        ("Save…", "Speichern", "… at one end only"),
        (" and more", "und mehr", "other spaces at its ends"),
        ("Save && close", "Speichern", None),
        ("&Save {name}…", "{name} &speichern…", None),
    ],
)
def test_what_differs_is_told(translations: ModuleType, english: str, german: str, fault: str | None) -> None:
    assert list(translations._differences(english, german, False)) == ([fault] if fault else [])


def test_a_plural_needs_both_its_forms(translations: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    word = translations.Word("%n nodes", plural=True, places=["app/ui/x.py"])
    for forms, finished, wrong in ((["%n Knoten"], True, 1), (["ein Knoten", "%n Knoten"], True, 0),
                                   (["%n Knoten", "%n Knoten"], False, 1), (["", "%n Knoten"], True, 1)):  # fmt: skip
        had = {"%n nodes": translations.Translation(forms, finished)}
        monkeypatch.setattr(translations, "read", lambda _language, had=had: had)
        assert len(translations.faults("de", {"%n nodes": word})) == wrong, forms
    monkeypatch.setattr(translations, "read", lambda _language: {"gone": translations.Translation(["weg"], True)})
    assert len(translations.faults("de", {})) == 1


def test_every_text_is_in_every_language(translations: ModuleType) -> None:
    found = translations.words()
    wrong = [fault for code in translations.languages() for fault in translations.faults(code, found)]
    told = "\n".join(wrong[:40])
    assert not wrong, (
        f"{told}\n\nRun: python packaging/translations.py\nThen translate what is unfinished in app/ui/languages and "
        "run it again; docs/translation.md says how."
    )


def test_what_qt_reads_is_what_was_translated(translations: ModuleType, tmp_path: Path) -> None:
    found = translations.words()
    for code in translations.languages():
        translations.compile_one(code, tmp_path / f"{code}.qm")
        made, kept = QTranslator(), QTranslator()
        assert made.load(str(tmp_path / f"{code}.qm")) and kept.load(str(FOLDER / f"tangnet_{code}.qm"))
        for source, word in translations.wanted(code, found).items():
            for count in (1, 2) if word.plural else (-1,):
                said = [one.translate(CONTEXT, source, None, count) for one in (made, kept)]
                assert said[0] == said[1], f"{source!r}: run python packaging/translations.py"
