"""The line of the models card that offers to put a model on nodes, and tells how far one is that is on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.ui.controls import button, label
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.pushing import Pushing


class PushRow(QWidget):
    """`asked` comes when the user wants to choose, or to see the nodes one by one."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._pushing: Pushing | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        self.text = label(
            tr("Other machines can have the models of this one."), tone="muted", wrap=True, scale=TYPE.SMALL
        )
        row.addWidget(self.text, 1)
        self.stop_button = button(tr("Cancel"), name=tr("Stop putting the model on nodes"),
                                  description=tr("Stop; nodes keep what they have"), clicked=self._stop)  # fmt: skip
        self.stop_button.hide()
        row.addWidget(self.stop_button)
        self.button = button(
            tr("Put on &nodes…"),
            name=tr("Put a model on nodes"),
            description=tr("Put a model of this machine on other nodes"),
        )
        self.button.clicked.connect(lambda: self.asked.emit())
        row.addWidget(self.button)
        column.addLayout(row)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(tr("Model on its way to nodes"))
        self.bar.hide()
        column.addWidget(self.bar)

    def follow(self, pushing: Pushing) -> None:
        """Show a push, from now to its end."""
        self._pushing = pushing
        pushing.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        if self._pushing is None:
            return
        self.text.setText(self._pushing.line)
        self.bar.setVisible(self._pushing.running)
        self.bar.setValue(round(self._pushing.fraction * 1000))
        self.stop_button.setVisible(self._pushing.running)
        self.button.setText(tr("Show &nodes…") if self._pushing.running else tr("Put on &nodes…"))

    def _stop(self) -> None:
        if self._pushing is not None:
            self._pushing.stop()
