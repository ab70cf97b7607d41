"""The page of the memory: the facts that are kept, to add, find, change, forget and save."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QLocale, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from app.ui.controls import button, label
from app.ui.empty_state import EmptyState
from app.ui.search_field import SearchField
from app.ui.tokens import SPACE
from app.ui.translation import tr
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.events import Passage
    from app.memory.facts import Fact, Facts
    from app.ui.bridge import Bridge
    from app.ui.chrome import UndoBar
    from app.ui.seam import RuntimeSeam
    from app.ui.window import MainWindow

PAGE_WIDTH = 760
"""Logical pixels; longer lines are hard to read."""


class MemoryPage(QWidget):
    """Lists the facts while it is shown."""

    failed = Signal(object)
    settings_asked = Signal()

    def __init__(self, bridge: Bridge, undo: UndoBar) -> None:
        super().__init__()
        self._bridge = bridge
        self._undo = undo
        self._runtime: RuntimeSeam | None = None
        self._editing = 0
        """Id of the fact that the field changes; 0 = it adds one."""
        self.facts: list[Fact] = []
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        middle = QWidget()
        middle.setMaximumWidth(PAGE_WIDTH)
        across.addWidget(middle, 1)
        across.addStretch(0)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.M)
        column.addWidget(
            label(
                tr('What you asked to be remembered, by "remember that …" or here. It stays on this machine until an '
                   "answer uses it."),
                tone="muted", wrap=True,
            )
        )  # fmt: skip
        column.addLayout(self._field())
        self.search = SearchField(tr("Find in the memory"), tr("Shows the facts that hold these words"))
        self.search.textChanged.connect(lambda _text: self._fill())
        column.addWidget(self.search)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._empty())
        self.list = TwoLineList(tr("What is remembered"))
        self.list.removal_asked.connect(lambda _key: self.forget())
        self.list.chosen.connect(lambda _key: self._show_buttons())
        self.list.doubleClicked.connect(lambda _index: self.edit())
        self.list.selectionModel().currentChanged.connect(lambda _now, _before: self._show_buttons())
        self.search.down.connect(self.list.setFocus)
        self.stack.addWidget(self.list)
        column.addWidget(self.stack, 1)
        column.addLayout(self._buttons())
        self._fill()

    def _field(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.field = QLineEdit()
        self.field.setMaxLength(500)
        self.field.setAcceptDrops(False)
        self.keep_button = button(tr("&Remember"), kind="primary", clicked=self.keep)
        self.field.textChanged.connect(lambda text: self.keep_button.setEnabled(bool(text.strip())))
        self.field.returnPressed.connect(self.keep_button.click)
        self.cancel_button = button(tr("Cancel"), kind="plain", clicked=lambda: self._begin(None))
        row.addWidget(self.field, 1)
        row.addWidget(self.keep_button)
        row.addWidget(self.cancel_button)
        self._begin(None)
        return row

    def _empty(self) -> QWidget:
        self.clear_button = button(tr("Show all"), clicked=self.search.clear)
        self.empty = EmptyState("memory", act=self.clear_button)
        return self.empty

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.edit_button = button(tr("&Edit"), glyph="edit", clicked=self.edit)
        self.forget_button = button(
            tr("&Forget"), glyph="trash", description=tr("Delete it from the memory (Delete)"), clicked=self.forget
        )
        self.all_button = button(tr("Forget &all"), kind="plain", clicked=self.forget_all)
        self.save_button = button(
            tr("E&xport…"), kind="plain", description=tr("Save all facts as Markdown or JSON"), clicked=self.export
        )
        settings = button(
            tr("Memory &settings"), kind="plain", glyph="settings", clicked=lambda: self.settings_asked.emit()
        )
        row.addWidget(self.edit_button)
        row.addWidget(self.forget_button)
        row.addStretch()
        for one in (self.all_button, self.save_button, settings):
            row.addWidget(one)
        return row

    # ------------------------------------------------------------------ the page comes and goes

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self.refresh()

    def enter(self) -> None:
        """The page is shown."""
        self.refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The list gets the keyboard; the field while there is nothing in it."""
        super().focusInEvent(event)
        (self.list if self.facts else self.field).setFocus(event.reason())

    def refresh(self) -> None:
        """Read the facts anew."""
        self._do(lambda facts: None)

    # ------------------------------------------------------------------ what the user does

    @property
    def chosen(self) -> Fact | None:
        """The fact of the current row."""
        return next((fact for fact in self.facts if str(fact.id) == self.list.current_key), None)

    def select(self, id: int) -> None:
        """Make a fact the current one."""
        self.search.clear()
        self.list.select(str(id))
        self._wanted = id

    def keep(self) -> None:
        """Keep what the field holds, as a new fact or in place of the one that is edited."""
        text, id = self.field.text().strip(), self._editing
        if text:
            self._begin(None)
            self._do(lambda facts: facts.edit(id, text) if id else facts.remember(text))

    def edit(self) -> None:
        """Put the chosen fact into the field."""
        self._begin(self.chosen)

    def forget(self) -> None:
        """Forget the chosen fact, with a way back."""
        if (fact := self.chosen) is not None:
            self._forget([fact.id], tr("Forgotten: {text}", text=fact.text))

    def forget_all(self) -> None:
        """Forget everything, with a way back."""
        if self.facts:
            said = tr("All is forgotten: %n facts", len(self.facts)) if len(self.facts) > 1 else tr("All is forgotten")
            self._forget([fact.id for fact in self.facts], said)

    def export(self) -> None:
        """Ask for a file and write all facts to it."""
        forms = f"{tr('Markdown')} (*.md);;JSON (*.json)"
        path, _ = QFileDialog.getSaveFileName(self, tr("Export the memory"), "memory.md", forms)
        if path:
            facts = tuple(self.facts)
            self._bridge.run(lambda: asyncio.to_thread(_write, Path(path), facts), None, self.failed.emit,
                             name="export memory", must_finish=True)  # fmt: skip

    def _forget(self, ids: Sequence[int], told: str) -> None:
        self._begin(None)
        self._do(lambda facts: facts.forget(ids))
        self._undo.offer(told, lambda: self._do(lambda facts: facts.restore(ids)),
                         lambda: self._do(lambda facts: facts.purge()))  # fmt: skip

    def _begin(self, fact: Fact | None) -> None:
        self._editing = fact.id if fact is not None else 0
        name = tr("Change what is remembered") if fact is not None else tr("Something to remember")
        self.field.setAccessibleName(name)
        self.field.setPlaceholderText(tr("Something to remember, in your words"))
        self.field.setText(fact.text if fact is not None else "")
        self.keep_button.setText(tr("&Save") if fact is not None else tr("&Remember"))
        self.keep_button.setEnabled(fact is not None)
        self.cancel_button.setVisible(fact is not None)
        if fact is not None:
            self.field.setFocus()

    def _do(self, change: Callable[[Facts], object]) -> None:
        """Change the facts and show what there is then."""
        if self._runtime is None:
            return
        facts = self._runtime.memory.facts

        def work() -> list[Fact]:
            change(facts)
            return facts.all()

        self._bridge.run(lambda: asyncio.to_thread(work), self._show, self.failed.emit, name="memory", must_finish=True)

    _wanted = 0

    def _show(self, facts: list[Fact]) -> None:
        self.facts = facts
        self._fill()
        if self._wanted:
            self.list.select(str(self._wanted))
            self._wanted = 0

    def _fill(self) -> None:
        words = self.search.text().casefold().split()
        shown = [fact for fact in self.facts if all(word in fact.text.casefold() for word in words)]
        self.list.rows.replace([Row(str(fact.id), fact.text, _detail(fact), fact.text) for fact in shown])
        if self.facts:
            self.empty.tell(tr("Nothing is found"), tr("No fact holds these words."))
        else:
            self.empty.tell(
                tr("Nothing is remembered yet"),
                tr('Write "remember that …" in a conversation, or type something above.'),
            )
        self.clear_button.setVisible(bool(self.facts))
        self.stack.setCurrentIndex(1 if shown else 0)
        self.search.setVisible(bool(self.facts))
        self._show_buttons()

    def _show_buttons(self) -> None:
        for one in (self.edit_button, self.forget_button):
            one.setEnabled(self.chosen is not None)
        for one in (self.all_button, self.save_button):
            one.setEnabled(bool(self.facts))


def memory_page(window: MainWindow) -> MemoryPage:
    """Make the page of a window."""
    page = MemoryPage(window.bridge, window.undo)
    page.settings_asked.connect(lambda: window.show_settings("memory.use"))
    return page


def show_recalled(window: MainWindow, passage: Passage) -> None:
    """Show where a recalled passage comes from: the fact in the memory, or the turn in its conversation."""
    kind, _, rest = passage.path.partition(":")
    if kind == "memory":
        page = window.views.present("memory")
        assert isinstance(page, MemoryPage)
        page.select(int(rest))
        return
    runtime = window.runtime
    if runtime is None:
        return
    id, _, message = rest.partition(":")
    store = runtime.conversations

    async def read() -> str:
        return (await asyncio.to_thread(store.get, id)).title

    def show(title: str) -> None:
        window.pane.open_conversation(id, title, int(message))
        window.views.back()

    window.bridge.run(read, show, window.show_error, name="earlier conversation")


def _detail(fact: Fact) -> str:
    day = QLocale().toString(
        QDate.fromString(fact.created_at[:10], Qt.DateFormat.ISODate), QLocale.FormatType.LongFormat
    )
    parts = [day, tr("said in a conversation") if fact.conversation else tr("written here")]
    if fact.private:
        parts.append(tr("only for conversations that stay on this machine"))
    return " · ".join(parts)


def _write(path: Path, facts: Sequence[Fact]) -> None:
    """Write facts as JSON or Markdown, by the name's ending. Raises StoreError."""
    from app.errors import StoreError

    if path.suffix.lower() == ".json":
        text = json.dumps([asdict(fact) for fact in facts], indent=2, ensure_ascii=False) + "\n"
    else:
        text = f"# {tr('Memory')}\n\n" + "".join(f"- {fact.text} ({fact.created_at[:10]})\n" for fact in facts)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        told = tr("{path} cannot be written: {reason}.", path=path, reason=error.strerror or error)
        raise StoreError(told, code="export") from error
