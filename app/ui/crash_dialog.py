"""The dialog that shows a mistake of the program: a sentence, the report, a button that copies it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from app.ui.controls import button, label
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr


class CrashDialog(QDialog):
    """Says that it is not the user's fault, and gives what a bug report needs."""

    def __init__(self, details: str, sentence: str = "") -> None:
        """`sentence`: what is said first, when it is not about now."""
        super().__init__()
        self.setWindowTitle(tr("Tangnet has a problem"))
        self.setWindowModality(Qt.WindowModality.ApplicationModal)
        self.resize(640, 420)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XL, SPACE.XL, SPACE.XL, SPACE.L)
        column.setSpacing(SPACE.M)
        title = sentence or tr("Something went wrong inside Tangnet")
        column.addWidget(label(title, scale=TYPE.TITLE, weight=QFont.Weight.DemiBold, wrap=True))
        column.addWidget(
            label(
                tr(
                    "This is a mistake in the program, not yours. Your documents and conversations are safe. The "
                    "report below is kept on this machine and sent to nobody. If you pass it on, look through it "
                    "first: it may hold file names."
                ),
                wrap=True,
                tone="muted",
            )
        )
        self.details = QPlainTextEdit(details)
        self.details.setProperty("kind", "quote")
        self.details.setReadOnly(True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setAccessibleName(tr("Details"))
        column.addWidget(self.details, 1)
        row = QHBoxLayout()
        self.copy_button = button(tr("&Copy details"), glyph="copy", clicked=self._copy)
        row.addWidget(self.copy_button)
        row.addStretch()
        self.close_button = button(tr("Go on"), kind="primary", clicked=self.accept)
        self.close_button.setDefault(True)
        row.addWidget(self.close_button)
        column.addLayout(row)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        self.copy_button.setText(tr("Copied"))
