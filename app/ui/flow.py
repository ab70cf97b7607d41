"""A layout that puts its widgets side by side and goes on in the next line where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QStyle, QWidget

from app.ui.tokens import SPACE


class Flow(QLayout):
    """As wide as there is room, as high as that needs; from right to left where the language is read so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(QMargins())
        self.setSpacing(SPACE.S)

    def addItem(self, item: QLayoutItem) -> None:
        """Take another widget."""
        self._items.append(item)

    def count(self) -> int:
        """Return how many there are."""
        return len(self._items)

    # Qt asks until there is none, and PySide passes its None on; the stubs do not say so.
    def itemAt(self, index: int) -> QLayoutItem:  # type: ignore[override,unused-ignore]  # see above
        """Return one; None beyond the last."""
        return self._items[index] if 0 <= index < len(self._items) else None  # type: ignore[return-value]  # see above

    def takeAt(self, index: int) -> QLayoutItem:  # type: ignore[override,unused-ignore]  # see above
        """Remove one; None beyond the last."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None  # type: ignore[return-value]  # see above

    def expandingDirections(self) -> Qt.Orientation:
        """It takes no more than it needs."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """A narrow one is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return how high it is at that width, in logical pixels."""
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Put the widgets in their places."""
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        """Return the least size."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return the size of the largest widget."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, room: QRect, *, move: bool) -> int:
        parent = self.parentWidget()
        direction = parent.layoutDirection() if parent is not None else Qt.LayoutDirection.LeftToRight
        x, y = room.x(), room.y()
        line: list[tuple[QLayoutItem, QRect]] = []

        def end() -> int:
            """Put the widgets of a line side by side, by their middles; returns how high it is."""
            height = max((box.height() for _item, box in line), default=0)
            for item, box in line if move else ():
                box.translate(0, (height - box.height()) // 2)
                item.setGeometry(QStyle.visualRect(direction, room, box))
            line.clear()
            return height

        for item in self._items:
            widget = item.widget()
            if widget is not None and widget.isHidden():
                continue
            size = item.sizeHint().boundedTo(QSize(max(room.width(), 1), item.sizeHint().height()))
            if x > room.x() and x + size.width() > room.right() + 1:
                x, y = room.x(), y + end() + self.spacing()
            line.append((item, QRect(x, y, size.width(), size.height())))
            x += size.width() + self.spacing()
        return y + end() - room.y()
