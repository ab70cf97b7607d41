"""Pages as pictures, for the fake library."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageWriter


@dataclass(frozen=True)
class Drawing:
    """A page as a picture, as the library returns it."""

    width: int
    height: int
    png: bytes
    page_width: float
    page_height: float


def drawing(width: int, page: int = 1) -> Drawing:
    """Return a page of 600 × 800 points: white, with a black line across at a height that tells the page."""
    image = QImage(width, round(width * 800 / 600), QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    for x in range(width):
        image.setPixel(x, min(image.height() - 1, 10 * page), 0)
    out = QBuffer()
    out.open(QIODevice.OpenModeFlag.WriteOnly)
    assert QImageWriter(out, QByteArray(b"png")).write(image)
    return Drawing(image.width(), image.height(), bytes(out.data().data()), 600.0, 800.0)
