"""Asks for the password of a protected document."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui.controls import button, label
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr


class PasswordDialog(QDialog):
    """One field; `given` carries what was typed."""

    given = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Protected document"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(380)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XL, SPACE.L, SPACE.XL, SPACE.L)
        column.setSpacing(SPACE.S)
        column.addWidget(
            label(tr("{name} is protected", name=name), scale=TYPE.LEAD, weight=QFont.Weight.DemiBold, wrap=True)
        )
        column.addWidget(
            label(tr("Its password is used on this machine to read it, and is not kept."), tone="muted", wrap=True)
        )
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName(tr("Password of {name}", name=name))
        column.addWidget(self.field)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(button(tr("&Cancel"), clicked=self.reject))
        self.read_button = button(tr("&Read it"), kind="primary", clicked=self.accept)
        self.read_button.setEnabled(False)
        self.read_button.setDefault(True)
        self.field.textChanged.connect(lambda text: self.read_button.setEnabled(bool(text)))
        row.addWidget(self.read_button)
        column.addLayout(row)
        self.accepted.connect(lambda: self.given.emit(self.field.text()))
