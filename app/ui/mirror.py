"""Places of painted things where one reads from the right: what stands at the left of a box stands at its right."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt


def mirrored(place: QRectF, within: QRectF, direction: Qt.LayoutDirection) -> QRectF:
    """Return `place`, thought from left to right, as it lies in the box `within` for that direction of reading."""
    if direction != Qt.LayoutDirection.RightToLeft:
        return place
    return QRectF(within.left() + within.right() - place.right(), place.top(), place.width(), place.height())


def mirrored_box(place: QRect, within: QRect, direction: Qt.LayoutDirection) -> QRect:
    """Return the same for whole pixels."""
    return mirrored(QRectF(place), QRectF(within), direction).toRect()


def leading(direction: Qt.LayoutDirection) -> Qt.AlignmentFlag:
    """Return how painted words are put to where reading begins, whatever they themselves are written in."""
    left = direction != Qt.LayoutDirection.RightToLeft
    return Qt.AlignmentFlag.AlignAbsolute | (Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight)
