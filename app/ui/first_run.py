"""The page of an empty conversation: what this is, three ways to begin, two wishes, and how far the models are."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.ui import icons, theme
from app.ui.controls import button, label
from app.ui.models_card import ModelsCard
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

DISC = 38
"""Logical pixels across, behind an icon."""


class BigAction(QPushButton):
    """A card with an icon, a title and a sentence."""

    def __init__(self, glyph: str, title: str, sentence: str) -> None:
        super().__init__()
        self.setProperty("kind", "big")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._glyph = glyph
        column = QVBoxLayout(self)
        self._column = column
        column.setContentsMargins(SPACE.L, SPACE.L + DISC + SPACE.S, SPACE.L, SPACE.L)
        column.setSpacing(SPACE.S)
        self.title = label(title, weight=QFont.Weight.DemiBold, scale=TYPE.LEAD, wrap=True)
        self.sentence = label(sentence, tone="muted", wrap=True, scale=TYPE.BODY)
        for part in (self.title, self.sentence):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(part)
        column.addStretch()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.tell(title, sentence)

    def tell(self, title: str, sentence: str) -> None:
        """Show another title and sentence."""
        self.title.setText(title)
        self.sentence.setText(sentence)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)

    def sizeHint(self) -> QSize:
        """Return the size of the text."""
        return self._column.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the least size of the text."""
        return QSize(130, self._column.minimumSize().height())

    def hasHeightForWidth(self) -> bool:
        """The text wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the wrapped text needs."""
        return self._column.heightForWidth(width)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card and its icon on a round ground."""
        super().paintEvent(event)
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.soft))
        painter.drawEllipse(QRectF(SPACE.L, SPACE.L, DISC, DISC))
        icons.paint(painter, self._glyph, colours.accent, QRectF(SPACE.L + 9, SPACE.L + 9, DISC - 18, DISC - 18))
        painter.end()


class FirstRun(QScrollArea):
    """Shown while the conversation is empty."""

    add_asked = Signal()
    folder_asked = Signal()
    microphone_asked = Signal()
    ask_asked = Signal()
    talk_pressed = Signal()
    talk_released = Signal()

    def __init__(self, models: ModelsCard) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName(tr("Welcome"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        ground = QWidget()
        across = QHBoxLayout(ground)
        across.setContentsMargins(SPACE.XL, SPACE.XL, SPACE.XL, SPACE.XL)
        across.addStretch(0)
        middle = QWidget()
        middle.setMaximumWidth(800)
        across.addWidget(middle, 1)
        across.addStretch(0)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.M)
        column.addStretch(2)
        self.title = label(tr("Ask your own documents"), scale=TYPE.DISPLAY, weight=QFont.Weight.Bold, wrap=True)
        column.addWidget(self.title)
        self.sentence = label(
            tr(
                "Tangnet finds the passage, answers in your words and shows its sources, on machines you own and "
                "without the internet."
            ),
            tone="muted",
            scale=TYPE.LEAD,
            wrap=True,
        )
        column.addWidget(self.sentence)
        column.addSpacing(SPACE.M)
        actions = QHBoxLayout()
        actions.setSpacing(SPACE.M)
        self.drop = BigAction(
            "add-document", tr("Drop documents"), tr("Files or folders, anywhere on this window. Or click.")
        )
        self.drop.clicked.connect(lambda: self.add_asked.emit())
        actions.addWidget(self.drop, 1)
        self.talk = BigAction(
            "mic", tr("Hold {key} to talk", key="F9"), tr("Speak, let go, and your words become the question.")
        )
        self.talk.pressed.connect(self.talk_pressed)
        self.talk.released.connect(self.talk_released)
        actions.addWidget(self.talk, 1)
        self.ask = BigAction(
            "chat", tr("Ask a question"), tr("Type below and press Enter. Sources come with the answer.")
        )
        self.ask.clicked.connect(lambda: self.ask_asked.emit())
        actions.addWidget(self.ask, 1)
        column.addLayout(actions)
        column.addWidget(self._wishes())
        column.addSpacing(SPACE.S)
        column.addWidget(models)
        column.addStretch(3)
        self.setWidget(ground)
        self.viewport().setAutoFillBackground(False)
        ground.setAutoFillBackground(False)

    def _wishes(self) -> QWidget:
        """Return the row of the two things that may be said, now, later or never."""
        self.wishes = QWidget()
        row = QHBoxLayout(self.wishes)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.S)
        row.addWidget(label(tr("If you like, now or later:"), tone="muted"))
        self.folder_button = button(
            tr("Choose a f&older…"), kind="plain", glyph="document",
            description=tr("Its documents are read on your machines, and changes are noticed"),
        )  # fmt: skip
        self.folder_button.clicked.connect(lambda: self.folder_asked.emit())
        self.microphone_button = button(
            tr("Choose a &microphone…"), kind="plain", glyph="mic",
            description=tr("Try which one hears you best; otherwise it is the one of the system"),
        )  # fmt: skip
        self.microphone_button.clicked.connect(lambda: self.microphone_asked.emit())
        row.addWidget(self.folder_button)
        row.addWidget(self.microphone_button)
        row.addStretch()
        return self.wishes

    def show_microphone(self, chosen: bool) -> None:
        """A microphone has been chosen, or none yet: then it can be."""
        self.microphone_button.setHidden(chosen)
        self._show_wishes()

    def _show_wishes(self) -> None:
        self.wishes.setHidden(self.folder_button.isHidden() and self.microphone_button.isHidden())

    def set_talk_key(self, key: str) -> None:
        """Name the hold key."""
        self.talk.tell(tr("Hold {key} to talk", key=key), self.talk.sentence.text())

    def show_documents(self, count: int) -> None:
        """Say how many documents there are."""
        if count:
            there = tr("{number} in your library. Drop more anywhere, or click.", number=count)
            self.drop.tell(tr("Add documents"), there)
        else:
            self.drop.tell(tr("Drop documents"), tr("Files or folders, anywhere on this window. Or click."))
        self.folder_button.setHidden(bool(count))
        self._show_wishes()
