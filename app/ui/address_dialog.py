"""Asks for the address of a model, and for the SHA-256 that its publisher tells."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui.controls import button, label
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

WIDTH = 520


class AddressDialog(QDialog):
    """`given` carries the address, with "#sha256=…" behind it where one was told."""

    given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Download a model"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XL, SPACE.L, SPACE.XL, SPACE.L)
        column.setSpacing(SPACE.M)
        column.addWidget(label(tr("Download a model"), scale=TYPE.TITLE, weight=QFont.Weight.DemiBold))
        column.addWidget(
            label(
                tr(
                    "Tangnet opens a connection to this address, outside your network, and to no other. It sends "
                    "nothing but the request for the file."
                ),
                tone="muted", wrap=True,
            )
        )  # fmt: skip
        form = QFormLayout()
        form.setHorizontalSpacing(SPACE.M)
        form.setVerticalSpacing(SPACE.S)
        self.address = QLineEdit()
        self.address.setPlaceholderText("https://…/model.gguf")
        self.address.setAccessibleName(tr("Address"))
        form.addRow(label(tr("Address")), self.address)
        self.hash = QLineEdit()
        self.hash.setPlaceholderText(tr("64 digits and letters, where its publisher tells them"))
        self.hash.setAccessibleName(tr("SHA-256"))
        form.addRow(label(tr("SHA-256")), self.hash)
        column.addLayout(form)
        self.problem = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        column.addWidget(self.problem)
        row = QHBoxLayout()
        row.addStretch()
        cancel = button(tr("&Cancel"), clicked=self.reject)
        cancel.setAutoDefault(False)
        row.addWidget(cancel)
        self.download_button = button(tr("&Download"), kind="primary", clicked=self.accept)
        self.download_button.setDefault(True)
        row.addWidget(self.download_button)
        column.addLayout(row)
        for field in (self.address, self.hash):
            field.textChanged.connect(lambda _text: self._look())
        self.accepted.connect(lambda: self.given.emit(self.source))
        self._look()

    @property
    def source(self) -> str:
        """What the node is asked for."""
        address, sha256 = self.address.text().strip().partition("#")[0], self._hash()
        return f"{address}#sha256={sha256}" if sha256 else address

    def _hash(self) -> str:
        return "".join(self.hash.text().split()).lower().removeprefix("sha256:")

    def _look(self) -> None:
        address, sha256 = self.address.text().strip(), self._hash()
        right = bool(re.fullmatch(r"https://[^\s/@]+/\S*\.gguf(\?\S*)?(#\S*)?", address, re.IGNORECASE))
        good = not sha256 or bool(re.fullmatch(r"[0-9a-f]{64}", sha256))
        if address and not right:
            told = tr("An address begins with https:// and leads to a .gguf file.")
        elif not good:
            told = tr("That is no SHA-256.")
        elif right and not sha256:
            told = tr("Without its SHA-256 nobody can tell whether it is the file that its publisher meant.")
        else:
            told = ""
        self.problem.setText(told)
        self.download_button.setEnabled(right and good)
