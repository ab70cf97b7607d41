"""The window's icons, drawn here as paths on a 24 × 24 grid and painted in any colour and pixel density."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

SIDE = 18
"""Logical pixels of an icon in a button."""
_MIC = "R 9 3 6 11 3 M 5.5 11 C 5.5 19.5 18.5 19.5 18.5 11 M 12 17.5 L 12 21"

# M x y, L x y, C x1 y1 x2 y2 x y, Z close, O x y r circle, R x y w h r rounded box; "!" at the start fills.
_PATHS = {
    "plus": "M 12 5 L 12 19 M 5 12 L 19 12",
    "search": "O 10.5 10.5 6 M 15 15 L 20 20",
    "clip": "M 19.5 11 L 11.5 19 C 9.5 21 6.3 20.9 4.5 19 C 2.7 17.1 2.8 14.2 4.7 12.3 L 12.9 4.1 "
    "C 14.3 2.7 16.7 2.7 18 4.1 C 19.4 5.5 19.4 7.7 18 9.1 L 10 17.1 C 9.2 17.9 8 17.9 7.3 17.1 "
    "C 6.6 16.4 6.6 15.2 7.4 14.4 L 14.4 7.4",
    "picture": "R 3.5 4.5 17 15 2 O 8.5 9.5 1.6 M 4 17.5 L 9.5 12.5 L 13 15.5 L 16 13 L 20 16.5",
    "person": "O 12 8 4 M 4.5 20 C 5.3 15.6 8.4 14 12 14 C 15.6 14 18.7 15.6 19.5 20",
    "send": "M 12 19 L 12 5 M 6 11 L 12 5 L 18 11",
    "stop": "! R 7 7 10 10 2",
    "record": "O 12 12 8.5 O 12 12 3.5",
    "mic": _MIC,
    "mic-off": f"{_MIC} M 8 22.5 L 16 22.5",
    "mic-opening": f"{_MIC} M 2.5 21.5 L 2.6 21.5 M 7 22.5 L 7.1 22.5 M 17 22.5 L 17.1 22.5 M 21.5 21.5 L 21.6 21.5",
    "mic-on": f"{_MIC} M 4.5 3.5 C 3 5.5 3 7.5 3.6 9 M 19.5 3.5 C 21 5.5 21 7.5 20.4 9",
    "mic-muted": f"{_MIC} M 3.5 3 L 20.5 21",
    "mic-silent": f"{_MIC} M 1.5 6.5 L 5 6.5 M 19 6.5 L 22.5 6.5",
    "mic-away": f"{_MIC} M 17.5 2 L 22.5 7 M 22.5 2 L 17.5 7",
    "hands-off": "O 12 12 8 M 6.5 17.5 L 17.5 6.5",
    "hands-starting": "O 12 12 8 M 8 12 L 8.1 12 M 12 12 L 12.1 12 M 16 12 L 16.1 12",
    "hands-asleep": "M 13.5 3.5 C 6.5 8 8.5 18.5 19.5 16 C 16 22.5 4 21.5 4 12 C 4 6.5 8.5 3 13.5 3.5 Z",
    "hands-listening": "M 4 10 L 4 14 M 8 7 L 8 17 M 12 3.5 L 12 20.5 M 16 7 L 16 17 M 20 10 L 20 14",
    "hands-thinking": "! O 5 12 2 O 12 12 2 O 19 12 2",
    "hands-deaf": "M 4 10 L 4 14 M 8 7 L 8 17 M 12 3.5 L 12 20.5 M 16 7 L 16 17 M 20 10 L 20 14 M 3 3 L 21 21",
    "document": "M 6 3 L 14 3 L 18.5 7.5 L 18.5 21 L 6 21 Z M 14 3 L 14 7.5 L 18.5 7.5 "
    "M 9 12 L 15.5 12 M 9 16 L 15.5 16",
    "add-document": "M 13 21 L 5 21 L 5 3 L 13 3 L 17.5 7.5 L 17.5 12 M 13 3 L 13 7.5 L 17.5 7.5 "
    "M 18 15 L 18 21 M 15 18 L 21 18",
    "nodes": "R 3.5 4 17 6.5 2 R 3.5 13.5 17 6.5 2 M 7 7.2 L 7.1 7.2 M 7 16.7 L 7.1 16.7 M 11 7.2 L 17 7.2 "
    "M 11 16.7 L 17 16.7",
    "models": "M 12 3 L 20 7.5 L 20 16.5 L 12 21 L 4 16.5 L 4 7.5 Z M 4 7.5 L 12 12 L 20 7.5 M 12 12 L 12 21",
    "settings": "M 4 7 L 13 7 M 18 7 L 20 7 O 15.5 7 2.4 M 4 17 L 6 17 M 11 17 L 20 17 O 8.5 17 2.4",
    "memory": "M 7 4 L 17 4 L 17 20 L 12 16 L 7 20 Z",
    "down": "M 6 9.5 L 12 15.5 L 18 9.5",
    "left": "M 14.5 6 L 8.5 12 L 14.5 18",
    "right": "M 9.5 6 L 15.5 12 L 9.5 18",
    "minus": "M 5 12 L 19 12",
    "wide": "M 4 12 L 20 12 M 8 8 L 4 12 L 8 16 M 16 8 L 20 12 L 16 16",
    "filter": "M 4 6 L 20 6 M 7 12 L 17 12 M 10 18 L 14 18",
    "pages": "R 4 4 6.5 9 1 R 13.5 4 6.5 9 1 M 4 17 L 10.5 17 M 13.5 17 L 20 17 M 4 20 L 10.5 20 M 13.5 20 L 20 20",
    "close": "M 6 6 L 18 18 M 18 6 L 6 18",
    "speaker": "M 4 9.5 L 8 9.5 L 13 5 L 13 19 L 8 14.5 L 4 14.5 Z M 16 9 C 17.6 10.6 17.6 13.4 16 15 "
    "M 18.5 6.5 C 21.5 9.5 21.5 14.5 18.5 17.5",
    "copy": "R 8.5 8.5 11.5 11.5 2 M 15.5 5 L 6 5 C 4.8 5 4 5.8 4 7 L 4 16",
    "retry": "M 19 12 C 19 15.9 15.9 19 12 19 C 8.1 19 5 15.9 5 12 C 5 8.1 8.1 5 12 5 C 14.6 5 16.8 6.3 18 8.4 "
    "M 18.5 4 L 18.5 8.6 L 14 8.6",
    "trash": "M 4.5 7 L 19.5 7 M 9 7 L 9.5 4 L 14.5 4 L 15 7 M 6.5 7 L 7.5 20 L 16.5 20 L 17.5 7",
    "folder": "M 3.5 18.5 L 3.5 6 C 3.5 5.4 4 5 4.5 5 L 9.5 5 L 11.5 7.5 L 19.5 7.5 C 20 7.5 20.5 8 20.5 8.5 L 20.5 18 "
    "C 20.5 18.6 20 19 19.5 19 L 4.5 19 C 4 19 3.5 18.8 3.5 18.5 Z",
    "folder-open": "M 3.5 18.5 L 3.5 6 C 3.5 5.4 4 5 4.5 5 L 9.5 5 L 11.5 7.5 L 18 7.5 C 18.6 7.5 19 8 19 8.5 L 19 11 "
    "M 3.5 18.8 L 6.5 11 L 21.5 11 L 18.8 19 L 4 19",
    "edit": "M 4.5 19.5 L 5.5 15.2 L 15.6 5.1 C 16.4 4.3 17.6 4.3 18.4 5.1 L 18.9 5.6 C 19.7 6.4 19.7 7.6 18.9 8.4 "
    "L 8.8 18.5 Z M 13.8 6.9 L 17.1 10.2",
    "more": "! O 5 12 1.9 O 12 12 1.9 O 19 12 1.9",
    "chat": "M 5 4.5 L 19 4.5 C 20.2 4.5 21 5.3 21 6.5 L 21 14.5 C 21 15.7 20.2 16.5 19 16.5 L 12 16.5 L 7.5 20.5 "
    "L 7.5 16.5 L 5 16.5 C 3.8 16.5 3 15.7 3 14.5 L 3 6.5 C 3 5.3 3.8 4.5 5 4.5 Z",
    "open": "M 13 4.5 L 19.5 4.5 L 19.5 11 M 19.5 4.5 L 11 13 M 10 6 L 4.5 6 L 4.5 19.5 L 18 19.5 L 18 14",
    "key": "O 8 15.5 4 M 11 12.5 L 19.5 4 M 16 7.5 L 19 10.5",
    "knot": "O 8.5 9 4.6 O 15.5 9 4.6 O 12 15.2 4.6",
}


@lru_cache(maxsize=256)
def icon(name: str, colour: str, before: int = 0, after: int = 0) -> QIcon:
    """Return the icon `name` in `colour`, sharp at 1 and 2 device pixels. Raises KeyError for an unknown name.

    Args:
        name: of the path.
        colour: of its lines.
        before: empty logical pixels at its left: Qt leaves 4 between an icon and its words, whatever a style wishes.
        after: the same at its right.
    """
    made = QIcon()
    for ratio in (1.0, 2.0):
        ground = QPixmap(round((before + SIDE + after) * ratio), round(SIDE * ratio))
        ground.setDevicePixelRatio(ratio)
        ground.fill(Qt.GlobalColor.transparent)
        painter = QPainter(ground)
        paint(painter, name, colour, QRectF(before, 0, SIDE, SIDE))
        painter.end()
        made.addPixmap(ground)
    return made


def pixmap(name: str, colour: str, size: int, ratio: float = 2.0) -> QPixmap:
    """Paint the icon `name`, `size` logical pixels wide."""
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    paint(painter, name, colour, QRectF(0, 0, size, size))
    painter.end()
    return made


def paint(painter: QPainter, name: str, colour: str, box: QRectF, line: float = 1.8) -> None:
    """Paint the icon `name` into `box`; `line`: how thick its lines are on the grid of 24."""
    path, filled = _path(name)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(box.width() / 24, box.height() / 24)
    pen = QPen(QColor(colour), line, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    if filled:
        painter.fillPath(path, QColor(colour))
    painter.drawPath(path)
    painter.restore()


def app_icon() -> QIcon:
    """Return the program's own icon: three linked rings on a rounded square."""
    made = QIcon()
    for size in (32, 64, 128):
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square = QPainterPath()
        square.addRoundedRect(QRectF(0, 0, size, size), size * 0.22, size * 0.22)
        painter.fillPath(square, QColor("#0f766e"))
        inset = size * 0.1
        paint(painter, "knot", "#ffffff", QRectF(inset, inset, size - 2 * inset, size - 2 * inset))
        painter.end()
        made.addPixmap(picture)
    return made


@lru_cache(maxsize=64)
def _path(name: str) -> tuple[QPainterPath, bool]:
    words = _PATHS[name].split()
    path = QPainterPath()
    filled = False
    at = 0

    def numbers(count: int) -> list[float]:
        nonlocal at
        values = [float(word) for word in words[at : at + count]]
        at += count
        return values

    while at < len(words):
        command = words[at]
        at += 1
        if command == "!":
            filled = True
        elif command == "M":
            path.moveTo(*numbers(2))
        elif command == "L":
            path.lineTo(*numbers(2))
        elif command == "C":
            path.cubicTo(*numbers(6))
        elif command == "Z":
            path.closeSubpath()
        elif command == "O":
            x, y, radius = numbers(3)
            path.addEllipse(QPointF(x, y), radius, radius)
        else:
            x, y, width, height, radius = numbers(5)
            path.addRoundedRect(QRectF(x, y, width, height), radius, radius)
    return path, filled
