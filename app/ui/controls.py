"""Buttons and labels with everything they need at once: look, icon, accessible name, description, tooltip."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMargins, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeySequence, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.ui import theme
from app.ui.icons import SIDE, icon, paint
from app.ui.mirror import leading, mirrored
from app.ui.tokens import SPACE, Colours


def button(
    text: str,
    *,
    kind: str = "",
    glyph: str = "",
    name: str = "",
    description: str = "",
    shortcut: str = "",
    clicked: Callable[[], object] | None = None,
) -> QPushButton:
    """Return a push button. `kind` chooses its look in the style sheet, `glyph` its icon."""
    made = QPushButton(text)
    _dress(made, kind, glyph, name or text.replace("&", ""), description, shortcut)
    if clicked is not None:
        made.clicked.connect(lambda _checked=False: clicked())
    return made


def round_button(
    glyph: str, name: str, *, kind: str = "round", description: str = "", shortcut: str = "", size: int = 36
) -> QToolButton:
    """Return a button that is only an icon; `name` is what a screen reader says."""
    made = QToolButton()
    _dress(made, kind, glyph, name, description or name, shortcut)
    made.setFixedSize(size, size)
    return made


def label(
    text: str = "",
    *,
    tone: str = "",
    scale: float = 1.0,
    weight: QFont.Weight | None = None,
    wrap: bool = False,
    kind: str = "",
) -> QLabel:
    """Return a label that shows `text` as it is: never as HTML, never as a link."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if tone:
        made.setProperty("tone", tone)
    if kind:
        made.setProperty("kind", kind)
    if scale != 1.0 or weight is not None:
        theme.sized(made, scale, weight)
    return made


class ElidedLabel(QLabel):
    """One line that ends in "…" when there is no room; the whole text is its tooltip."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """Show `text`."""
        super().setText(text)
        self.setToolTip(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much as fits."""
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(" ".join(self.text().split()), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), leading(self.layoutDirection()) | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


class ElidedButton(QPushButton):
    """A button as wide as there is room, whose text then ends in "…"."""

    def __init__(self, text: str, *, kind: str, name: str, description: str, clicked: Callable[[], object]) -> None:
        super().__init__()
        self._whole = text
        _dress(self, kind, "", name, description, "")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda _checked=False: clicked())
        self._shorten()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as fits."""
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        room = max(60, self.width() - 30)
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room).replace("&", "&&"))


class Choice(QComboBox):
    """A choice of a few texts, with an arrow in the theme's colours."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field and its arrow."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = 16.0
        box = QRectF(self.width() - side - 8, (self.height() - side) / 2, side, side)
        place = mirrored(box, QRectF(self.rect()), self.layoutDirection())
        paint(painter, "down", theme.current().muted, place)
        painter.end()


class Toggle(QCheckBox):
    """On or off, as a knob that lies at the end of its track or at the beginning."""

    TRACK = QSize(36, 20)
    RING = 3
    """Logical pixels around the track, for the line that says where the keyboard is."""

    def __init__(self) -> None:
        super().__init__()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(self.TRACK.grownBy(QMargins(self.RING, self.RING, self.RING, self.RING)))

    def hitButton(self, at: QPoint) -> bool:
        """Be switched by a click anywhere on it."""
        return self.rect().contains(at)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint track and knob; on and off differ by the place of the knob, not by colour alone."""
        colours, on, focused = theme.current(), self.isChecked(), self.hasFocus()
        over = self.isEnabled() and self.underMouse()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inset = float(self.RING)
        track = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        line = colours.accent_hover if on and over else colours.accent if on or over else colours.muted
        painter.setPen(QPen(QColor(line), 1.4))
        painter.setBrush(QColor(line if on else colours.surface))
        painter.drawRoundedRect(track.adjusted(0.7, 0.7, -0.7, -0.7), track.height() / 2, track.height() / 2)
        side = track.height() - 8
        knob = QRectF(track.right() - side - 4 if on else track.left() + 4, track.top() + 4, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.on_accent if on else colours.muted))
        painter.drawEllipse(mirrored(knob, track, self.layoutDirection()))
        if focused:
            ring = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        painter.end()


def frame(kind: str, parent: QWidget | None = None) -> QFrame:
    """Return a frame with the look `kind`."""
    made = QFrame(parent)
    made.setProperty("kind", kind)
    return made


def retint(root: QWidget, colours: Colours) -> None:
    """Paint the icons of all buttons under `root` in `colours`."""
    for found in root.findChildren(QAbstractButton):
        _tint(found, colours)


def set_glyph(target: QAbstractButton, glyph: str) -> None:
    """Give a button another icon."""
    target.setProperty("glyph", glyph)
    _tint(target, theme.current())


def set_state(target: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and take the new look."""
    if target.property(name) != value:
        target.setProperty(name, value)
        target.style().unpolish(target)
        target.style().polish(target)
        if isinstance(target, QAbstractButton):
            _tint(target, theme.current())


def keys(shortcut: str) -> str:
    """Return what keys are called here: "Ctrl+N" is "Strg+N" in German."""
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


def squeezable(target: QLabel) -> QLabel:
    """Let a label give way when there is no room."""
    target.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return target


def _dress(target: QAbstractButton, kind: str, glyph: str, name: str, description: str, shortcut: str) -> None:
    if kind:
        target.setProperty("kind", kind)
    target.setCursor(Qt.CursorShape.PointingHandCursor)
    target.setAccessibleName(name)
    if shortcut:
        target.setShortcut(QKeySequence(shortcut))
        description = f"{description or name} ({keys(shortcut)})"
    if description:
        target.setAccessibleDescription(description)
        target.setToolTip(description)
    if glyph:
        target.setProperty("glyph", glyph)
        target.setIconSize(QSize(SIDE + _gap(target), SIDE))
        _tint(target, theme.current())


def _tint(target: QAbstractButton, colours: Colours) -> None:
    glyph = target.property("glyph")
    if isinstance(glyph, str) and glyph:
        strong = target.property("kind") == "primary" or target.property("state") == "go"
        gap = _gap(target)
        turned = target.layoutDirection() == Qt.LayoutDirection.RightToLeft
        colour = colours.on_accent if strong else colours.text
        target.setIcon(icon(glyph, colour, *((gap, 0) if turned else (0, gap))))


def _gap(target: QAbstractButton) -> int:
    """Return what is added between the icon of a button and its words, in logical pixels."""
    return SPACE.XS if isinstance(target, QPushButton) and target.text() else 0
