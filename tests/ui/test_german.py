"""The window in German: nothing that has a translation is said in English, and nothing is cut off."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import QLibraryInfo, QLocale, QModelIndex, Qt, QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTableView,
    QTextEdit,
    QWidget,
)
from pytestqt.exceptions import TimeoutError
from pytestqt.qtbot import QtBot

from app.errors import NodeLost
from app.ui import model_words, phrases
from app.ui.address_dialog import AddressDialog
from app.ui.controls import ElidedButton, ElidedLabel
from app.ui.core_words import in_language
from app.ui.deploy_dialog import DeployDialog
from app.ui.document_menu import document_menu, folders_menu
from app.ui.message_widgets import answer_menu
from app.ui.numbers import day, number, percent
from app.ui.pairing_dialog import PairingDialog
from app.ui.password_dialog import PasswordDialog
from app.ui.translation import FOLDER
from nodeworker.models.catalogue import CATALOGUE
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import STARTER
from tests.ui.stage import (
    BILL,
    DOCUMENTS,
    LONG,
    LONG_ANSWER,
    MANUAL,
    PAST,
    SHORT,
    SHORT_ANSWER,
    Stage,
    furnish,
)

_PLACE = re.compile(r"\{\w+\}|%n")
_WORDS = re.compile(
    r"\b(the|of|and|is|are|with|from|your|this|that|not|to|for|by|it|its|you|can|be|nodes?|documents?|passages?|pages?"
    r"|files?|ready|busy|waiting|sources?|copy|aloud|size|changed|machine|answers?|settings|open|click|close|search|voice"
    r"|sound|questions?|kept|microphone|recordings?|folders?|conversations?|nothing|today|yesterday|about|tokens|left|ago)\b",
    re.IGNORECASE,
)
"""Words that English texts of the window have and no German one."""
SHOWN = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
CONTENT = tuple(
    text[:24]
    for text in (*PAST, SHORT, SHORT_ANSWER, LONG, LONG_ANSWER, MANUAL.text, MANUAL.section, BILL.text,
                 "My daughter", "The bin", "I read kWh",
                 *(Path(document.path).stem for document in DOCUMENTS), "Answer from the passages", "it is there.")
)  # fmt: skip
"""What people and documents say stays in its language."""


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    """German for the time of a test, ours and Qt's."""
    before, given = QLocale(), []
    for folder, name in ((QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), "qtbase"), (FOLDER, "tangnet")):
        translator = QTranslator()
        assert translator.load(f"{folder}/{name}_de.qm")
        qapp.installTranslator(translator)
        given.append(translator)
    QLocale.setDefault(QLocale("de_DE"))
    yield
    QLocale.setDefault(before)
    for translator in given:
        qapp.removeTranslator(translator)


@cache
def translated() -> dict[str, str]:
    """Return the English of each text whose German is another, with the German."""
    found = {}
    for message in ElementTree.parse(FOLDER / "tangnet_de.ts").getroot().iter("message"):
        told = message.find("translation")
        assert told is not None
        english, german = message.findtext("source", ""), told.findtext("numerusform") or told.text or ""
        if english.strip() and german != english:
            found[english] = german
    return found


@cache
def patterns() -> list[re.Pattern[str]]:
    """Return what the English with places looks like once these are filled, where enough of it is words."""
    return [
        re.compile(".+".join(map(re.escape, _PLACE.split(english))), re.DOTALL)
        for english in translated()
        if _PLACE.search(english) and len(re.findall(r"[a-z]", _PLACE.sub("", english))) > 5
    ]


def is_english(text: str) -> bool:
    """Tell whether `text` is one of ours, or a sentence, in English."""
    if not text or any(content in text for content in CONTENT):
        return False
    if text in translated() or any(pattern.fullmatch(text) for pattern in patterns()):
        return text not in translated().values()
    return bool(_WORDS.search(re.sub(r"tangnet[- ][\w -]+|/\S+|\S+\.\w+|\w+://\S+", "", text)))


def texts(widget: QWidget) -> Iterator[str]:
    """Yield what a widget says to eyes and to screen readers."""
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
    if isinstance(widget, QAbstractButton | QLabel):
        yield widget.text()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(at) for at in range(widget.count()))
    if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
        yield widget.placeholderText()
    if isinstance(widget, QAbstractItemView) and (model := widget.model()) is not None:
        columns = range(model.columnCount(QModelIndex()) if isinstance(widget, QTableView) else 1)
        for row, column, role in product(range(min(50, model.rowCount(QModelIndex()))), columns, SHOWN):
            yield str(model.index(row, column).data(role) or "")
        for at in columns if isinstance(widget, QTableView) else ():
            yield str(model.headerData(at, Qt.Orientation.Horizontal) or "")
    if isinstance(widget, QMenu):
        yield from (action.text() for action in widget.actions())


def said(window: QWidget) -> Iterator[tuple[QWidget, str]]:
    """Yield each text of all parts that are seen."""
    for widget in (window, *window.findChildren(QWidget)):
        if widget.isVisibleTo(window):
            for text in texts(widget):
                plain = re.sub(r"<[^>]*>", "", text).split("\t")[0]
                yield widget, plain


def cut_off(window: QWidget) -> Iterator[str]:
    """Yield buttons and labels whose text has less room than it needs, and pages that are wider than their room."""
    for area in window.findChildren(QScrollArea):
        off = area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        inside, room = area.widget(), area.viewport().width()
        if area.isVisible() and off and inside is not None and inside.width() > room + 1:
            yield f"{type(area).__name__} {area.accessibleName()!r}: {room} of {inside.width()} pixels wide"
    for widget in window.findChildren(QWidget):
        if (
            not widget.isVisible()
            or not isinstance(widget, QAbstractButton | QLabel)
            or isinstance(widget, ElidedButton | ElidedLabel)
        ):
            continue
        if not widget.text():
            continue
        needs, has = widget.sizeHint(), widget.size()
        if isinstance(widget, QLabel) and widget.wordWrap():
            if widget.heightForWidth(has.width()) > has.height() + 1:
                yield f"{widget.text()!r}: {has.height()} of {widget.heightForWidth(has.width())} pixels high"
        elif needs.width() > has.width() + 1:
            yield f"{widget.text()!r}: {has.width()} of {needs.width()} pixels wide"


class Reader:
    """Reads what stands in windows, and remembers what is wrong."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.english: set[str] = set()
        self.short: set[str] = set()

    @property
    def wrong(self) -> list[str]:
        """What is in English or cut off."""
        return sorted(self.english | self.short)

    def read(self, where: str, window: QWidget) -> None:
        """Look at all parts of `window` that are seen."""
        for widget, text in said(window):
            if is_english(text):
                self.english.add(f"{where}: {type(widget).__name__} {text!r}")
        try:  # parts that were shown just now get their places a little later
            self._qtbot.waitUntil(lambda: not list(cut_off(window)), timeout=20_000)
        except TimeoutError:
            self.short.update(f"{where}: {told}" for told in cut_off(window))


@pytest.mark.parametrize("size", [(1180, 780), (860, 640)], ids=["usual", "narrow"])
def test_all_views_are_german_and_whole(german: None, scene: Scene, size: tuple[int, int]) -> None:
    furnish(scene.runtime)
    scene.window.resize(*size)
    scene.attach()
    stage = Stage(scene.window, scene.runtime, lambda done: scene.until(done, 60))
    reader = Reader(scene.qtbot)
    for name in stage.views:
        stage.show(name)
        reader.read(name, scene.window)
    assert not reader.wrong, "\n".join(reader.wrong)


def test_all_dialogs_are_german_and_whole(german: None, scene: Scene) -> None:
    furnish(scene.runtime)
    scene.attach()
    window, nodes, reader = scene.window, scene.runtime.cluster.known, Reader(scene.qtbot)
    made: tuple[QDialog, ...] = (
        PairingDialog(scene.bridge, scene.runtime.cluster, None, window),
        PairingDialog(scene.bridge, scene.runtime.cluster, nodes[3], window),
        DeployDialog(scene.runtime.cluster.kept, nodes, window),
        PasswordDialog("plan.pdf", window),
        AddressDialog(window),
    )
    for dialog in made:
        dialog.open()
        scene.until(dialog.isVisible)
        reader.read(type(dialog).__name__, dialog)
        dialog.reject()
    assert not reader.wrong, "\n".join(reader.wrong)


def test_all_menus_are_german(german: None, scene: Scene) -> None:
    furnish(scene.runtime)
    scene.attach()
    Stage(scene.window, scene.runtime, lambda done: scene.until(done, 60)).show("conversation")
    pane, composer = scene.window.pane, scene.window.pane.composer
    panel = scene.window.documents
    scene.window.views.present("library")
    scene.until(lambda: panel.view.shelf.arranged.total >= len(DOCUMENTS))
    panel.view.choose([DOCUMENTS[0].path], DOCUMENTS[0].path)
    chosen = document_menu(panel)
    assert chosen is not None
    menus = (chosen, folders_menu(panel), answer_menu(pane.view, pane.view.answers[-1]))
    texts = [action.text() for menu in menus for action in menu.actions()]
    for choice in (composer.where, composer.collection, composer.persona):
        texts += [action.text() for action in choice.menu_actions]
    assert len(texts) > 25
    english = [text for text in texts if is_english(text.split("\t")[0])]
    assert not english, english


def test_what_is_english_and_what_is_cut_off_is_noticed(german: None, qtbot: QtBot) -> None:
    for text in ("New conversation", "2 documents", "3 of 17 can answer", "pi-3 has gone.", "Copy", "is being read"):
        assert is_english(text), text
    for text in ("", "Neues Gespräch", "2 Dokumente", "3 von 17 können antworten", "pi-3", "Cluster", "qwen2.5-1.5b"):
        assert not is_english(text), text
    ground = QWidget()
    qtbot.addWidget(ground)
    row = QHBoxLayout(ground)
    narrow, wide, low = QPushButton("Neues Gespräch"), QPushButton("Neues Gespräch"), QLabel("Neues Gespräch " * 9)
    narrow.setFixedWidth(40)
    low.setWordWrap(True)
    low.setFixedSize(120, 20)
    for part in (narrow, wide, low):
        row.addWidget(part)
    ground.show()
    qtbot.waitExposed(ground)
    assert len(list(cut_off(ground))) == 2


def test_numbers_days_and_the_core_follow_the_language(german: None) -> None:
    assert number(1234.5, 1) == "1.234,5" and number(999) == "999" and percent(0.4) == "40 %"
    assert day(date(2026, 3, 14)) == "14. März 2026"
    assert phrases.megabytes(1_117_000_000) == "1,1 GB" and phrases.seconds(400) == "0,4 s"
    assert in_language("pi-3 has gone. Pair again.") == "pi-3 ist weg. Noch einmal koppeln."
    reason = "This machine is quickest: about 1.2 s (0.8 s queue, 900 tokens remembered), pi-3 about 9.5 s."
    told = "Dieser Rechner ist am schnellsten: etwa 1,2 s (0,8 s Warten, 900 Token schon bekannt), pi-3 etwa 9,5 s."
    assert in_language(reason) == told
    assert phrases.trouble(NodeLost("pi-3 did not answer in time.", hint="`tangnet nodes` shows its load.")) == (
        "pi-3 hat nicht rechtzeitig geantwortet.", "Die Seite Knoten zeigt, wie es jedem geht, und koppelt weitere.",
    )  # fmt: skip


def test_notes_of_models_name_no_command_and_come_in_the_language_of_the_window(qapp: QApplication) -> None:
    shorter = [model_words.note(replace(STARTER, note=entry.note)) for entry in CATALOGUE]
    assert all(note and "tangnet" not in note for note in shorter)
    assert "Starter model: shows that everything works, but is too weak to be trusted." in shorter


def test_notes_of_models_are_german(german: None) -> None:
    said = {entry.note: model_words.note(replace(STARTER, note=entry.note)) for entry in CATALOGUE}
    assert not [one for english, one in said.items() if english.startswith(one[:12])]
