"""One setting on the page of settings."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.settings import Declared
from app.ui.controls import label, round_button
from app.ui.settings_fields import Field, Part, Switch, field_for
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr


class SettingRow(QWidget):
    """A setting: its name and sentence, its control, and a button that sets it back while it is not as at first."""

    changed = Signal(str, object)
    """Dotted name and the value that the user wants."""
    reset_asked = Signal(str)

    def __init__(self, declared: Declared) -> None:
        super().__init__()
        self.declared = declared
        title, sentence = tr(declared.title), tr(declared.sentence)
        self.field: Field = field_for(declared)
        self.field.name(title, sentence)
        words = QVBoxLayout()
        words.setSpacing(SPACE.XS)
        self.title = label(title, weight=QFont.Weight.Medium, wrap=True)
        self.title.setBuddy(self.field.control)
        words.addWidget(self.title)
        if declared.restart:
            sentence = f"{sentence} {tr('Takes effect at the next start.')}"
        if declared.kind == "tray":
            from app.ui.tray import has_tray

            if not has_tray():
                sentence = f"{sentence} {tr('This desktop has no tray now, so closing the window ends Tangnet.')}"
        self.sentence = label(sentence, tone="muted", scale=TYPE.SMALL, wrap=True)
        words.addWidget(self.sentence)
        self.problem = label("", tone="error", scale=TYPE.SMALL, wrap=True)
        self.problem.hide()
        words.addWidget(self.problem)
        self.below = QVBoxLayout()
        words.addLayout(self.below)
        words.addStretch()
        self.reset_button = round_button(
            "retry", tr("Set back: {name}", name=title), kind="icon", size=28, description=tr("As it was at first")
        )
        kept = self.reset_button.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(kept)
        self.reset_button.clicked.connect(lambda: self.reset_asked.emit(declared.name))
        whole = isinstance(self.field, Part) or declared.kind == "colours"
        row = self._row = QHBoxLayout()
        row.setSpacing(SPACE.M)
        row.addLayout(words, 1)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self.reset_button, 0, top)  # before the control: those of all rows end in one line
        if not whole:
            row.addWidget(self.field, 0, top)
        self._foldable, self._folded = not whole and not isinstance(self.field, Switch), False
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.L, SPACE.M, SPACE.L, SPACE.M)
        column.setSpacing(SPACE.S)
        column.addLayout(row)
        if whole:
            column.addWidget(self.field)
        names = " ".join(tr(name) for name in declared.names)
        self.words = f"{title} {sentence} {names} {declared.name}".casefold()
        """What is searched."""
        self.field.changed.connect(lambda: self.changed.emit(declared.name, self.field.value))

    def fold(self, narrow: bool) -> None:
        """Put the control below the words where there is no room beside them."""
        if narrow == self._folded or not self._foldable:
            return
        self._folded = narrow
        if narrow:
            self._row.removeWidget(self.field)
            self._column.insertWidget(1, self.field, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self._column.removeWidget(self.field)
            self._row.addWidget(self.field, 0, Qt.AlignmentFlag.AlignTop)

    def put(self, value: Any) -> None:
        """Show what the setting is."""
        self.field.put(value)
        self.reset_button.setVisible(value != self.declared.default)

    def tell(self, problem: str) -> None:
        """Say what is wrong with what was wanted; "" nothing."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
