"""The line that says how much has left the user's network, counted: see app/outside.py.

The keyboard reaches it: Enter or Space shows what was counted, as the mouse does by resting on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui import theme
from app.ui.controls import ElidedLabel
from app.ui.theme import sized
from app.ui.tokens import TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.outside import Outside, Sent
    from app.ui.bridge import Bridge

LOOK_MS = 10_000
FOCUS_WIDTH = 2
"""Logical pixels of the line under it."""


class Promise(ElidedLabel):
    """Looks every ten seconds; says nothing before it has looked."""

    failed = Signal(object)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__()
        self.setParent(parent)
        self.setProperty("tone", "muted")
        sized(self, TYPE.SMALL)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._bridge = bridge
        self._outside: Outside | None = None
        self._clock = QTimer(self, interval=LOOK_MS)
        self._clock.timeout.connect(self.look)

    def attach(self, outside: Outside) -> None:
        """Begin to look."""
        self._outside = outside
        self._clock.start()
        self.look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show what was counted."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            QToolTip.showText(self.mapToGlobal(QPoint(0, 0)), self.toolTip(), self)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keyboard is here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it is not."""
        super().focusOutEvent(event)
        QToolTip.hideText()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line, underlined while the keyboard is here."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(QColor(theme.current().accent), FOCUS_WIDTH))
            painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
            painter.end()

    def look(self) -> None:
        """Look now."""
        outside = self._outside
        if outside is None:
            return

        async def read() -> Sent:
            import asyncio  # 20 ms that a window does not need before it takes a question

            return await asyncio.to_thread(outside.look)

        self._bridge.run(read, self.show_sent, self.failed.emit, name="sent outside")

    def show_sent(self, sent: Sent) -> None:
        """Say it."""
        line, more = words(sent)
        if line != self.text():
            self.setText(line)
        self.setToolTip(more)
        self.setAccessibleName(line)
        self.setAccessibleDescription(more)


def words(sent: Sent) -> tuple[str, str]:
    """Return the line and what its tooltip says."""
    from app.ui.numbers import size

    day = sent.since[:10]
    if sent.bytes or sent.connections:
        many = tr("Connections outside your network: {many}", many=sent.connections)
        line = tr("{size} sent outside your network", size=size(sent.bytes) or "0 B") if sent.counts_bytes else many
        return line, tr("Counted since {day}. Last to {address}. Downloads that you ask for count too.", day=day,
                        address=sent.last or "?")  # fmt: skip
    if sent.counts_bytes:
        return tr("0 bytes sent outside your network"), tr(
            "Counted since {day}, connection by connection, as the system tells it.", day=day
        )
    return tr("No connection outside your network"), tr(
        "Counted since {day}: connections opened by Tangnet's own code.", day=day
    )
