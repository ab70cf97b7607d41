"""Read-only text that is as tall as its content, wraps with the window, and loads nothing from anywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMoveEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

if TYPE_CHECKING:
    from app.ui.code_blocks import CodeBlocks
    from app.ui.markdown import Code


class TextCard(QTextBrowser):
    """A text in a conversation. Links are only reported by `anchorClicked`, never followed."""

    left = Signal()
    """Neither the mouse nor the keyboard is where it was."""

    def __init__(self, parent: QWidget | None = None, *, hug: bool = False) -> None:
        """`hug`: no wider than its text, for short bubbles."""
        super().__init__(parent)
        self._hug = hug
        self.preview: QWidget | None = None
        """What is shown beside a citation; Esc closes it."""
        self._maths: list[QObject] = []
        """What draws formulas, once there is one."""
        self.blocks: CodeBlocks | None = None
        """Made when the first code is shown."""
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setUndoRedoEnabled(False)
        self.document().setDocumentMargin(2)
        self.setSizePolicy(
            QSizePolicy.Policy.Preferred if hug else QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed
        )
        self.setMinimumWidth(60)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def loadResource(self, type: int, name: QUrl | str) -> object:
        """Refuse: what a model writes must not make this program read a file or reach the network."""
        return None

    def show_codes(self, codes: Sequence[Code]) -> None:
        """Give the code in the text its ground, its head and its colours, at the next `fit`."""
        if self.blocks is None and codes:
            from app.ui.code_blocks import CodeBlocks

            self.blocks = CodeBlocks(self)
        if self.blocks is not None:
            self.blocks.show(codes)

    def show_maths(self) -> None:
        """Draw the formulas in the text."""
        if not self._maths:
            from app.ui.maths_objects import MathsObjects

            self._maths.append(MathsObjects(self))

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy formulas as they were written."""
        made = QMimeData()
        made.setText(self.textCursor().selection().toPlainText().replace("\ufffc", ""))
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground of code below the text."""
        if self.blocks is not None:
            painter = QPainter(self.viewport())
            self.blocks.paint(painter)
            painter.end()
        super().paintEvent(event)

    def fit(self) -> None:
        """Take the height that the text needs at the present width."""
        document = self.document()
        if self._hug:
            self.updateGeometry()
        width = max(40, self.viewport().width())
        if document.textWidth() != width:  # setting it lays everything out anew, also where it is the same
            document.setTextWidth(width)
        height = math.ceil(document.size().height())
        if self.blocks is not None:
            height = max(height, self.blocks.arrange())
        if height != self.height():
            self.setFixedHeight(height)

    def sizeHint(self) -> QSize:
        """Return the width of the longest line and the present height."""
        if not self._hug:
            return QSize(400, self.height())
        probe = self.document().clone()
        probe.setTextWidth(-1)
        return QSize(math.ceil(probe.idealWidth()) + 4, self.height())

    def minimumSizeHint(self) -> QSize:
        """Allow any narrow width."""
        return QSize(60, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Go to the next link, or out of the text; tell which link that is, as it is told under the mouse."""
        went = super().focusNextPrevChild(forward)
        cursor = self.textCursor()
        if went and self.hasFocus() and cursor.hasSelection() and cursor.charFormat().isAnchor():
            self.highlighted.emit(QUrl(cursor.charFormat().anchorHref()))
        return went

    def leaveEvent(self, event: QEvent) -> None:
        """Tell it."""
        super().leaveEvent(event)
        self.left.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell it."""
        super().focusOutEvent(event)
        self.left.emit()

    def moveEvent(self, event: QMoveEvent) -> None:
        """Tell it."""
        super().moveEvent(event)
        self.left.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell it."""
        super().hideEvent(event)
        self.left.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Wrap anew when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the conversation."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave keys that scroll to the conversation; keep those that choose links and copy."""
        if event.key() == Qt.Key.Key_Escape and self.preview is not None and self.preview.isVisible():
            self.left.emit()
        elif event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Escape):
            event.ignore()
        else:
            super().keyPressEvent(event)
