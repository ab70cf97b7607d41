"""Where questions are made: the text box, the talk button with level meter and partial text, send and stop."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.collection_choice import CollectionButton
from app.ui.controls import frame, label, round_button, set_glyph, set_state
from app.ui.microphone_mark import MicrophoneMark
from app.ui.where import WhereButton

LINES_MOST = 8
HISTORY_MOST = 200
NARROW = 620
"""Narrower than this the buttons say less."""
TIP_WIDTH = 800
"""Narrower than this there is no room for the tip about keys."""
OPENING = "Opening the microphone…"
LISTENING = "Listening…"


class LevelMeter(QWidget):
    """How loud it is, as bars that light up from left to right."""

    BARS = 14

    def __init__(self) -> None:
        super().__init__()
        self._level = 0.0
        self.setAccessibleName("Microphone level")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def level(self) -> float:
        """What is shown, 0…1."""
        return self._level

    def show_level(self, level: float) -> None:
        """Show `level`, 0…1."""
        self._level = min(1.0, max(0.0, level))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return QSize(self.BARS * 6, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for at in range(self.BARS):
            height = 6 + 16 * (1 - abs(at - self.BARS / 2 + 0.5) / (self.BARS / 2)) * max(0.15, self._level)
            lit = at < self._level * self.BARS
            painter.setBrush(QColor(colours.accent if lit else colours.border))
            painter.drawRoundedRect(QRectF(at * 6, (self.height() - height) / 2, 3.5, height), 1.7, 1.7)
        painter.end()


class _Box(QPlainTextEdit):
    """Text that grows to LINES_MOST lines. Enter sends, Shift+Enter breaks the line, Up in the first line recalls."""

    entered = Signal()
    recall = Signal(int)
    focus_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Question")
        self.setAccessibleDescription("Enter sends, Shift and Enter begins a new line, Up recalls earlier questions.")
        self.setPlaceholderText("Ask a question…")
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)  # the window takes files; text still comes by paste
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(5)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self.grow())
        self.grow()

    def grow(self) -> None:
        """Be as tall as the text, within limits."""
        lines = min(LINES_MOST, max(1, int(self.document().size().height())))
        wanted = lines * self.fontMetrics().lineSpacing() + 14
        if wanted != self.height():
            self.setFixedHeight(wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.textCursor().insertText("\n")
                self.ensureCursorVisible()
            else:
                self.entered.emit()
        elif key == Qt.Key.Key_Up and self.textCursor().blockNumber() == 0 and not event.modifiers():
            self.recall.emit(-1)
        elif key == Qt.Key.Key_Down and self.textCursor().blockNumber() == self.blockCount() - 1:
            self.recall.emit(1)
        elif key == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        self.insertPlainText(source.text())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.grow()


class Composer(QFrame):
    """The lower edge of the conversation."""

    submitted = Signal(str)
    stop_asked = Signal()
    add_asked = Signal()
    talk_pressed = Signal()
    talk_released = Signal()
    where_chosen = Signal(str)
    """Where answers of this conversation shall be made; see app.ui.where."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self._busy = False
        self._history: list[str] = []
        self._recalled = 0
        self._draft = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 10, 8)
        column.setSpacing(4)
        self.voice_strip = frame("strip")
        strip = QHBoxLayout(self.voice_strip)
        strip.setContentsMargins(4, 2, 4, 2)
        strip.setSpacing(12)
        self.meter = LevelMeter()
        strip.addWidget(self.meter, 0, Qt.AlignmentFlag.AlignTop)
        self.partial = QLabel()
        self.partial.setTextFormat(Qt.TextFormat.RichText)
        self.partial.setWordWrap(True)
        self.partial.setAccessibleName("What was understood so far")
        strip.addWidget(self.partial, 1)
        self.voice_strip.hide()
        column.addWidget(self.voice_strip)
        self.box = _Box()
        column.addWidget(self.box)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.add_button = round_button(
            "add-document", "Add documents", description="Add documents…", shortcut="Ctrl+O", kind="icon"
        )
        self.add_button.clicked.connect(lambda: self.add_asked.emit())
        row.addWidget(self.add_button)
        self.documents_toggle = QPushButton("My documents")
        self.documents_toggle.setProperty("kind", "toggle")
        self.documents_toggle.setCheckable(True)
        self.documents_toggle.setChecked(True)
        self.documents_toggle.setCursor(Qt.CursorShape.PointingHandCursor)
        self.documents_toggle.setAccessibleName("Answer from my documents")
        self.documents_toggle.setToolTip("On: answers come from your documents, with sources.\nOff: just the model.")
        row.addWidget(self.documents_toggle)
        self.collection = CollectionButton()
        row.addWidget(self.collection)
        self.documents_toggle.toggled.connect(self.collection.setEnabled)
        self.where = WhereButton()
        self.where.changed.connect(self._where_changed)
        row.addWidget(self.where)
        row.addStretch(1)
        self.tip = label("Enter sends · Shift+Enter new line", tone="muted", scale=0.85)
        row.addWidget(self.tip)
        self.microphone = MicrophoneMark()
        row.addWidget(self.microphone)
        self.talk_button = round_button("mic", "Hold to talk")
        self.talk_button.pressed.connect(self.talk_pressed)
        self.talk_button.released.connect(self.talk_released)
        row.addWidget(self.talk_button)
        self.send_button = round_button("send", "Send", description="Send the question (Enter)")
        self.send_button.clicked.connect(self._go)
        set_state(self.send_button, "state", "go")
        row.addWidget(self.send_button)
        column.addLayout(row)
        self.where_line = label("", tone="muted", scale=0.85, wrap=True)
        self.where_line.setContentsMargins(6, 0, 6, 2)
        self.where_line.hide()
        column.addWidget(self.where_line)
        self.box.entered.connect(self._enter)
        self.box.recall.connect(self._recall)
        self.box.focus_changed.connect(lambda there: set_state(self, "focused", there))
        self.set_talk_key("F9")

    def show_where(self, value: str, setting: str | None = None) -> None:
        """Show where the answers of the conversation are made; `setting` is what counts where it says nothing."""
        if setting is not None:
            self.where.follow_setting(setting)
        self.where.show_value(value)
        self._tell_where()

    def _where_changed(self, value: str) -> None:
        self._tell_where()
        self.where_chosen.emit(value)

    def _tell_where(self) -> None:
        self.where_line.setText(self.where.sentence)
        self.where_line.setVisible(bool(self.where.sentence))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the tip out where there is no room for it."""
        super().resizeEvent(event)
        self.tip.setVisible(event.size().width() > TIP_WIDTH)
        self.collection.shorten(event.size().width() < NARROW)
        self.where.shorten(event.size().width() < NARROW)
        self.microphone.shorten(event.size().width() < NARROW)

    def set_talk_key(self, key: str, *, elsewhere: bool = False) -> None:
        """Name the hold key in the explanation of the talk button; `elsewhere`: a paired node may hear it, too."""
        where = "a paired node may hear it, as the settings say" if elsewhere else "sound never leaves this machine"
        self.talk_button.setToolTip(
            f"Hold this button, or {key}, and speak; let go when done. A short tap starts, another one ends.\n"
            "Esc cancels. What the microphone does now stands beside this button;\n"
            f"nothing is kept, and {where}."
        )
        self.talk_button.setAccessibleDescription(f"Hold {key} and speak; let go when done.")

    def set_busy(self, busy: bool) -> None:
        """While an answer is made the send button stops it."""
        self._busy = busy
        set_glyph(self.send_button, "stop" if busy else "send")
        self.send_button.setToolTip("Stop the answer (Esc)" if busy else "Send the question (Enter)")
        self.send_button.setAccessibleName("Stop" if busy else "Send")

    def show_listening(self, on: bool) -> None:
        """Show or hide the level meter and the partial text."""
        set_state(self.talk_button, "state", "go" if on else "")
        self.meter.show_level(0.0)
        self.show_partial("", OPENING if on else "")
        self.voice_strip.setVisible(on)

    def show_live(self) -> None:
        """Sound arrives: say that it is heard."""
        if self.partial.text() == self._said("", OPENING):
            self.show_partial("", LISTENING)

    def show_finishing(self) -> None:
        """The key was let go: nothing more is heard, the text is on its way."""
        set_state(self.talk_button, "state", "")
        self.meter.show_level(0.0)
        if self.partial.text() in (self._said("", OPENING), self._said("", LISTENING)):
            self.show_partial("", "Writing down what you said…")

    def show_partial(self, confirmed: str, rest: str) -> None:
        """Show what was understood: `confirmed` in full strength, `rest`, which may still change, in grey."""
        self.partial.setText(self._said(confirmed, rest))

    def _said(self, confirmed: str, rest: str) -> str:
        grey = theme.current().muted
        gap = " " if confirmed and rest and not rest.startswith(" ") else ""
        return f'{_escaped(confirmed)}{gap}<span style="color:{grey}">{_escaped(rest)}</span>'

    def put(self, text: str) -> None:
        """Add spoken text to what is in the box."""
        before = self.box.toPlainText()
        self.box.setPlainText(f"{before.rstrip()} {text}".strip() if before.strip() else text)
        self.box.moveCursor(self.box.textCursor().MoveOperation.End)
        self.box.setFocus()

    def remember(self, text: str) -> None:
        """Put a sent question into the history that Up recalls."""
        if not self._history or self._history[-1] != text:
            self._history = [*self._history, text][-HISTORY_MOST:]
        self._recalled = 0

    def _go(self) -> None:
        if self._busy:
            self.stop_asked.emit()
        else:
            self._enter()

    def _enter(self) -> None:
        text = self.box.toPlainText().strip()
        if text and not self._busy:
            self.box.clear()
            self.submitted.emit(text)

    def _recall(self, step: int) -> None:
        wanted = self._recalled - step
        if not 0 <= wanted <= len(self._history) or wanted == self._recalled:
            return
        if self._recalled == 0:
            self._draft = self.box.toPlainText()
        self._recalled = wanted
        self.box.setPlainText(self._draft if wanted == 0 else self._history[-wanted])
        self.box.moveCursor(self.box.textCursor().MoveOperation.End)


def _escaped(text: str) -> str:
    """Return `text` so that rich text shows it as it is."""
    return text.translate({ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"})
