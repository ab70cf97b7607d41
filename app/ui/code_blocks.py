"""Code within a text: its ground, a line above it with the language and a button that copies it, and its colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QPainter, QPen, QTextBlock, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import theme
from app.ui.code_words import Span, known, name_of, spans
from app.ui.controls import button, label
from app.ui.markdown_look import CODE_HEAD
from app.ui.tokens import SPACE, TYPE, Colours
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.markdown import Code
    from app.ui.text_card import TextCard

RADIUS = 8
COPIED_MS = 1_500
GROWN = 1.3
"""Code that grows is coloured again when it is so many times as long."""
_COLOURED = 1
"""State of the first block of code that has its colours."""


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "code-colours")


class _Post(QObject):
    """Brings what the thread found into the Qt thread. It outlives every text: one that is gone hears nothing."""

    found = Signal(str, str, object)
    """Language, text, and its spans."""


@cache
def _post() -> _Post:
    return _Post()


class CodeHead(QWidget):
    """The line above code."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._code = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.M, SPACE.XS, SPACE.XS, 0)
        row.setSpacing(SPACE.XS)
        self.language = label("", tone="muted", scale=TYPE.SMALL)
        row.addWidget(self.language)
        row.addStretch(1)
        self.copy_button = button(tr("Copy"), kind="plain", glyph="copy", clicked=self._copy)
        theme.sized(self.copy_button, TYPE.SMALL)
        row.addWidget(self.copy_button)

    def present(self, code: Code) -> None:
        """Stand above `code`."""
        self._code = code.text
        name = name_of(code.language) or tr("Code")
        if name != self.language.text():
            self.language.setText(name)
            self.copy_button.setAccessibleName(tr("Copy code ({language})", language=name))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._code)
        self.copy_button.setText(tr("Copied"))
        self.copy_button.setAccessibleDescription(tr("Copied"))
        QTimer.singleShot(COPIED_MS, self.copy_button, self._again)

    def _again(self) -> None:
        self.copy_button.setText(tr("Copy"))
        self.copy_button.setAccessibleDescription("")


class CodeBlocks(QObject):
    """What belongs to the code in one text."""

    def __init__(self, card: TextCard) -> None:
        super().__init__(card)
        self._card = card
        self._codes: tuple[Code, ...] = ()
        self._asked: dict[int, int] = {}
        """How long the code at a position was when its colours were asked for."""
        self._painted: dict[int, int] = {}
        """How long it was when it got them."""
        self.heads: list[CodeHead] = []
        self._boxes: list[QRectF] = []
        self._waiting: set[tuple[str, str]] = set()
        self._later = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._later.timeout.connect(self._ask_again)
        _post().found.connect(self._take)

    def show(self, codes: Sequence[Code]) -> None:
        """Take what code there is in the text now; `arrange` comes when that has its room."""
        self._codes = tuple(codes)
        while len(self.heads) < len(codes):
            head = CodeHead(self._card)
            QWidget.setTabOrder(self.heads[-1].copy_button if self.heads else self._card, head.copy_button)
            self.heads.append(head)
        for head in self.heads[len(codes) :]:
            head.deleteLater()
        del self.heads[len(codes) :]
        for code, head in zip(codes, self.heads, strict=True):
            head.present(code)
            self._colour(code)

    def arrange(self) -> int:
        """Put everything where the code stands after it was laid out; returns the height that this needs."""
        width = self._card.viewport().width()
        self._boxes = []
        for code, head in zip(self._codes, self.heads, strict=True):
            first, last = self._ends(code)
            layout = self._card.document().documentLayout()
            top = layout.blockBoundingRect(first).top() - CODE_HEAD
            bottom = layout.blockBoundingRect(last).bottom() + SPACE.M
            self._boxes.append(QRectF(1, top, width - 2, bottom - top))
            head.setGeometry(1, round(top) + 1, width - 2, CODE_HEAD - 2)
            head.show()
        return max((math.ceil(box.bottom()) + 2 for box in self._boxes), default=0)

    def paint(self, painter: QPainter) -> None:
        """Paint the ground of the code."""
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(QColor(colours.code))
        for box in self._boxes:
            painter.drawRoundedRect(box.translated(QPointF(0.5, 0.5)), RADIUS, RADIUS)

    def _ends(self, code: Code) -> tuple[QTextBlock, QTextBlock]:
        document = self._card.document()
        first = document.findBlock(code.position)
        return first, document.findBlockByNumber(first.blockNumber() + code.text.count("\n"))

    def _colour(self, code: Code) -> None:
        if not known(code.language, code.text) or not code.text.strip():
            return
        first, _ = self._ends(code)
        long, asked = len(code.text), self._asked.get(code.position, 0)
        if first.userState() == _COLOURED:
            if asked == long:
                return
            if code is self._codes[-1] and asked < long < asked * GROWN:
                self._later.start()
                return
        self._ask(code)

    def _ask_again(self) -> None:
        """Colour the end of code that grew a little, and no more."""
        if self._codes and self._asked.get(self._codes[-1].position) != len(self._codes[-1].text):
            self._ask(self._codes[-1])

    def _ask(self, code: Code) -> None:
        self._asked[code.position] = len(code.text)
        if (code.language, code.text) in self._waiting:
            return
        self._waiting.add((code.language, code.text))

        post = _post()

        def tell(done: Future[tuple[Span, ...]]) -> None:
            post.found.emit(code.language, code.text, done.result())

        _thread().submit(spans, code.language, code.text).add_done_callback(tell)

    def _take(self, language: str, text: str, found: Sequence[Span]) -> None:
        self._waiting.discard((language, text))
        for code in self._codes:
            if code.language == language and code.text.startswith(text):
                fresh = self._ends(code)[0].userState() != _COLOURED
                if fresh or self._painted.get(code.position, 0) < len(text):
                    self._painted[code.position] = len(text)
                    self._paint_words(code, found)

    def _paint_words(self, code: Code, found: Sequence[Span]) -> None:
        looks = _looks(theme.current())
        block, _ = self._ends(code)
        block.setUserState(_COLOURED)
        begin, at = block.position(), 0
        lines = code.text.split("\n")
        spans_left = iter(found)
        span = next(spans_left, None)
        for line in lines:
            ranges = []
            while span is not None and span[0] <= at + len(line):
                start, end = max(span[0], at), min(span[0] + span[1], at + len(line))
                if end > start:
                    one = QTextLayout.FormatRange()
                    one.start = _units(line, start - at)
                    one.length = _units(line, end - at) - one.start
                    one.format = looks[span[2]]
                    ranges.append(one)
                if span[0] + span[1] > at + len(line):
                    break  # it goes on in the next line
                span = next(spans_left, None)
            block.layout().setFormats(ranges)
            at += len(line) + 1
            if span is None or not block.next().isValid():
                break
            block = block.next()
        self._card.document().markContentsDirty(begin, block.position() + block.length() - begin)


def _units(line: str, at: int) -> int:
    """Return where character `at` is in Qt's count."""
    return at if line.isascii() else at + sum(sign > "\uffff" for sign in line[:at])


def _looks(colours: Colours) -> dict[str, QTextCharFormat]:
    found = {}
    for role, colour in (
        ("keyword", colours.code_keyword), ("string", colours.code_string), ("number", colours.code_number),
        ("comment", colours.code_comment), ("name", colours.code_name),
    ):  # fmt: skip
        look = QTextCharFormat()
        look.setForeground(QBrush(QColor(colour)))
        if role == "comment":
            look.setFontItalic(True)
        found[role] = look
    return found
