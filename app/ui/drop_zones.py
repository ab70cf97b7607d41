"""What covers the window while files are dragged over it: two zones, ask about them or add them to the library."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.ui.attachment_strip import Glyph
from app.ui.controls import frame, label, set_state
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

ASK = "ask"
LIBRARY = "library"


class _Zone(QFrame):
    """One of the two."""

    def __init__(self, glyph: str, title: str, detail: str) -> None:
        super().__init__()
        self.setProperty("kind", "zone")
        self.setAccessibleName(title)
        self.setAccessibleDescription(detail)
        column = QVBoxLayout(self)
        column.setSpacing(SPACE.S)
        column.addStretch()
        column.addWidget(Glyph(glyph, 32), 0, Qt.AlignmentFlag.AlignHCenter)
        head = label(title, scale=TYPE.TITLE, weight=QFont.Weight.DemiBold, wrap=True)
        words = label(detail, wrap=True)
        for one in (head, words):
            one.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(one)
        column.addStretch()


class DropZones(QFrame):
    """Library above, question below, where the text box is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        curtain = frame("curtain")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(curtain)
        column = QVBoxLayout(curtain)
        column.setContentsMargins(SPACE.XL, SPACE.XL, SPACE.XL, SPACE.XL)
        column.setSpacing(SPACE.L)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.library = _Zone(
            "add-document",
            tr("Add to your library"),
            tr("Read once, found by every question from now on. Whole folders, too."),
        )
        self.question = _Zone(
            "clip", tr("Ask about it"), tr("Goes with your next question alone, and into no library.")
        )
        column.addWidget(self.library, 1)
        column.addWidget(self.question, 1)
        self._asks = True
        self.hide()

    def cover(self, *, asks: bool = True) -> None:
        """Show over the whole parent. `asks`: what is dragged may go with a question."""
        self._asks = asks
        self.question.setVisible(asks)
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()
        self.point(None)

    def point(self, place: QPoint | None) -> str:
        """Mark the zone under `place`, in the parent's coordinates, and return which it is; None marks none."""
        zone = ASK if self._asks and place is not None and place.y() > self.height() / 2 else LIBRARY
        for one, name in ((self.question, ASK), (self.library, LIBRARY)):
            set_state(one, "state", "here" if place is not None and name == zone else "")
        return zone
