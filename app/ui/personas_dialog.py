"""Making and changing personas: names on the left, the chosen one on the right; each change is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.personas import LONGEST_INSTRUCTIONS, LONGEST_NAME, Persona
from app.ui import phrases
from app.ui.bridge import Bridge
from app.ui.controls import Choice, button, frame, label
from app.ui.personas_button import shown_name
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.events import ModelInfo
    from app.ui.seam import ClusterSeam, PersonasSeam

SETTLE_MS = 400
"""After the last key, what is typed is kept."""


class PersonasDialog(QDialog):
    """`changed` carries all personas after each change."""

    changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        bridge: Bridge,
        personas: PersonasSeam,
        cluster: ClusterSeam,
        chosen: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`chosen`: id of the persona to show first."""
        super().__init__(parent)
        self._bridge = bridge
        self._personas = personas
        self._known: tuple[Persona, ...] = ()
        self._select = chosen
        self._gone: Persona | None = None
        self._shown = ""
        """Id of the persona in the form."""
        self._filling = False
        self.setWindowTitle(tr("Personas"))
        self.resize(760, 560)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(lambda: self._keep(due=True))
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XL, SPACE.L, SPACE.XL, SPACE.L)
        column.setSpacing(SPACE.M)
        column.addWidget(label(tr("Personas"), scale=TYPE.TITLE, weight=QFont.Weight.DemiBold))
        says = tr("A persona says how answers shall be. Each conversation has its own, chosen at the text box.")
        column.addWidget(label(says, tone="muted", wrap=True))
        parts = QHBoxLayout()
        parts.setSpacing(SPACE.L)
        self.names = TwoLineList(tr("Personas"))
        self.names.selectionModel().currentChanged.connect(lambda *_: self._show_chosen())
        self.names.removal_asked.connect(self.remove)
        parts.addWidget(self.names, 2)
        parts.addLayout(self._form(), 3)
        column.addLayout(parts, 1)
        self.problem = label("", tone="error", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        column.addWidget(self._undo_bar())
        column.addLayout(self._buttons())
        QShortcut(QKeySequence("Ctrl+W"), self, self.accept)
        self.finished.connect(self._leave)
        self._do(lambda: None)
        bridge.run(cluster.models, self._offer, None, name="models for personas")

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setSpacing(SPACE.S)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setAccessibleName(tr("Name"))
        form.addRow(tr("&Name"), self.name)
        self.instructions = QPlainTextEdit()
        self.instructions.setProperty("kind", "input")
        self.instructions.setTabChangesFocus(True)
        self.instructions.setAccessibleName(tr("Instructions"))
        self.instructions.setPlaceholderText(tr("How shall answers be? Say it as you would say it to a person."))
        self.instructions.setMinimumHeight(150)
        form.addRow(tr("&Instructions"), self.instructions)
        self.used = label("", tone="muted", scale=TYPE.SMALL)
        form.addRow(self.used)
        self.voice, self.model = Choice(), Choice()
        for one, name in ((self.voice, tr("Voice")), (self.model, tr("Model"))):
            one.setAccessibleName(name)
            one.addItem(tr("as in the settings"), "")
            one.currentIndexChanged.connect(self._touched)
        form.addRow(tr("&Voice that reads its answers aloud"), self.voice)
        form.addRow(tr("&Model to prefer"), self.model)
        self.name.textEdited.connect(self._touched)
        self.instructions.textChanged.connect(self._touched)
        return form

    def _undo_bar(self) -> QWidget:
        self.undo = frame("bar")
        row = QHBoxLayout(self.undo)
        row.setContentsMargins(SPACE.L, SPACE.XS, SPACE.S, SPACE.XS)
        self.told = label("")
        row.addWidget(self.told, 1)
        self.undo_button = button(tr("&Undo"), name=tr("Undo"), shortcut="Ctrl+Z", clicked=self._bring_back)
        self.undo_button.setAutoDefault(False)
        row.addWidget(self.undo_button)
        self.undo.hide()
        return self.undo

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.add_button = button(tr("Ne&w"), glyph="plus", name=tr("New persona"), clicked=self.add)
        self.copy_button = button(tr("&Duplicate"), name=tr("Duplicate this persona"), clicked=self.duplicate)
        self.remove_button = button(
            tr("De&lete"), glyph="trash", name=tr("Delete this persona"), clicked=lambda: self.remove(self.chosen_id)
        )
        self.reset_button = button(
            tr("&Reset"),
            name=tr("Reset this persona"),
            description=tr("Have it back as it came with Tangnet"),
            clicked=self.reset,
        )
        self.all_button = button(
            tr("Bring back &all"),
            name=tr("Bring back all that came with Tangnet"),
            description=tr("Have all personas that came with Tangnet back as they were; yours stay"),
            clicked=lambda: self._do(lambda: self._personas.reset()),
        )
        close = button(tr("&Close"), kind="primary", clicked=self.accept)
        for one in (self.add_button, self.copy_button, self.remove_button, self.reset_button, self.all_button):
            row.addWidget(one)
        row.addStretch()
        row.addWidget(close)
        for at in range(row.count()):
            item = row.itemAt(at)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setProperty("autoDefault", False)
        return row

    # ------------------------------------------------------------------ what can be done

    @property
    def chosen_id(self) -> str:
        """Id of the persona that is shown; "" = none."""
        return self.names.current_key

    def add(self) -> None:
        """Make a new persona and let the user name it."""
        self._keep()
        self._make(Persona("", self._free(tr("New persona")), ""))

    def duplicate(self) -> None:
        """Make another one like that which is shown."""
        self._keep()
        chosen = self._chosen()
        if chosen is not None:
            self._make(replace(chosen, id="", name=self._free(shown_name(chosen))))

    def remove(self, id: str) -> None:
        """Delete one; the bar below brings it back."""
        gone = next((one for one in self._known if one.id == id), None)
        if gone is None:
            return
        self._settle.stop()
        self._gone, self._select = gone, ""

        def told() -> None:
            self.told.setText(tr("{name} was deleted.", name=shown_name(gone)))
            self.undo.show()

        self._do(lambda: self._personas.remove(id), told)

    def reset(self) -> None:
        """Have the persona that is shown back as it came."""
        self._settle.stop()
        id = self.chosen_id
        self._do(lambda: self._personas.reset(id))

    def _bring_back(self) -> None:
        gone, self._gone = self._gone, None
        if gone is not None:
            self._select = gone.id
            self._do(lambda: self._personas.put(gone))

    def _make(self, persona: Persona) -> None:
        def put() -> None:
            self._select = self._personas.put(persona).id

        def focus() -> None:
            self.name.setFocus()
            self.name.selectAll()

        self._do(put, focus)

    def _free(self, name: str) -> str:
        """Return a name that nobody has."""
        taken = {one.name.casefold() for one in self._known} | {shown_name(one).casefold() for one in self._known}
        numbered = (f"{name[: LONGEST_NAME - 4]} {n}" for n in range(2, 1000))
        return next(one for one in (name, *numbered) if one.casefold() not in taken)

    def _touched(self) -> None:
        self._count()
        if not self._filling:
            self._settle.start()

    def _keep(self, *, due: bool = False) -> None:
        """Keep what is typed, where it differs."""
        if not due and not self._settle.isActive():
            return
        self._settle.stop()
        chosen = next((one for one in self._known if one.id == self._shown), None)
        if chosen is None:
            return
        name = self.name.text().strip()
        made = replace(
            chosen,
            name=chosen.name if name == shown_name(chosen) else name,
            instructions=self.instructions.toPlainText().strip(),
            voice=str(self.voice.currentData() or ""),
            model=str(self.model.currentData() or ""),
        )
        if made != chosen:
            self._do(lambda: self._personas.put(made), typed=True)

    def _leave(self) -> None:
        self._keep()
        self.deleteLater()

    # ------------------------------------------------------------------ what comes back

    def _do(
        self, change: Callable[[], object], then: Callable[[], object] | None = None, *, typed: bool = False
    ) -> None:
        """Change something and read all anew, both in a thread; what is `typed` stands in the form already."""
        self.undo.hide()

        async def work() -> Sequence[Persona]:
            import asyncio

            await asyncio.to_thread(change)
            return await asyncio.to_thread(self._personas.all)

        def show(personas: Sequence[Persona]) -> None:
            if not isValid(self):  # closed meanwhile; what was changed is kept all the same
                return
            self._show(personas, typed)
            if then is not None:
                then()

        self._bridge.run(work, show, self._fail, name="personas", must_finish=True)

    def _show(self, personas: Sequence[Persona], typed: bool) -> None:
        self._known = tuple(personas)
        self.problem.hide()
        chosen, self._select = self._select or self.chosen_id, ""
        typing = typed and self.chosen_id == chosen
        self._filling = typing
        self.names.rows.replace([Row(one.id, shown_name(one), _first(one.instructions)) for one in personas])
        self.names.select(chosen if any(one.id == chosen for one in personas) else "")
        if not self.chosen_id and personas:
            self.names.select(personas[0].id)
        self._filling = False
        self._show_chosen(typing)
        self.changed.emit(self._known)

    def _show_chosen(self, typing: bool = False) -> None:
        """Fill the form, unless somebody is typing in it."""
        if self._filling:
            return
        if self.chosen_id != self._shown:
            self._keep()
        chosen = self._chosen()
        self._shown = self.chosen_id
        self._filling = True
        if not typing:
            self.name.setText(shown_name(chosen) if chosen else "")
            self.instructions.setPlainText(chosen.instructions if chosen else "")
            self._choose(self.voice, chosen.voice if chosen else "")
            self._choose(self.model, chosen.model if chosen else "")
        self._filling = False
        self._count()
        for one in (self.name, self.instructions, self.voice, self.model, self.copy_button, self.remove_button):
            one.setEnabled(chosen is not None)
        original = self._personas.original(chosen.id) if chosen is not None else None
        self.reset_button.setEnabled(original is not None and original != chosen)

    def _count(self) -> None:
        used = len(self.instructions.toPlainText())
        self.used.setText(tr("{used} of {most} characters; short ones work best", used=used, most=LONGEST_INSTRUCTIONS))

    def _offer(self, models: Sequence[ModelInfo]) -> None:
        self._filling = True
        for choice, role in ((self.voice, "speak"), (self.model, "chat")):
            for name in sorted({model.name for model in models if model.role == role and model.present}):
                if choice.findData(name) < 0:
                    choice.addItem(name, name)
        self._filling = False

    def _choose(self, choice: Choice, value: str) -> None:
        if choice.findData(value) < 0:
            choice.addItem(value, value)
        choice.setCurrentIndex(choice.findData(value))

    def _chosen(self) -> Persona | None:
        return next((one for one in self._known if one.id == self.chosen_id), None)

    def _fail(self, error: BaseException) -> None:
        if phrases.is_bug(error):
            self.failed.emit(error)
        self.problem.setText(" ".join(phrases.trouble(error)))
        self.problem.show()


def _first(instructions: str) -> str:
    """Return the beginning of the instructions, on one line."""
    words = " ".join(instructions.split())
    return words if len(words) <= 60 else f"{words[:59]}…"
