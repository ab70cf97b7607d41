"""Where questions are made: the text box, the talk button with level meter and partial text, send and stop."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
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
from app.ui.attachment_strip import AttachmentStrip
from app.ui.collection_choice import CollectionButton
from app.ui.controls import frame, label, round_button, set_glyph, set_state
from app.ui.microphone_mark import MicrophoneMark
from app.ui.motion import stepped
from app.ui.personas_button import PersonaButton
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.where import WhereButton

LINES_LEAST = 4
"""The text box may grow to so many lines in the lowest window; in others to a third of the window."""
HISTORY_MOST = 200


class LevelMeter(QWidget):
    """How loud it is, as bars that light up from left to right."""

    BARS = 14

    def __init__(self) -> None:
        super().__init__()
        self._level = 0.0
        self.setAccessibleName(tr("Microphone level"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def level(self) -> float:
        """What is shown, 0…1."""
        return self._level

    def show_level(self, level: float) -> None:
        """Show `level`, 0…1."""
        level = stepped(min(1.0, max(0.0, level)))
        if level != self._level:
            self._level = level
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
    """Text that grows to a third of the window. Enter sends, Shift+Enter breaks the line, Up at the top recalls."""

    entered = Signal()
    files_pasted = Signal(object)
    """Paths of files that were copied elsewhere."""
    picture_pasted = Signal(QImage)
    recall = Signal(int)
    focus_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Question"))
        self.setAccessibleDescription(
            tr("Enter sends, Shift and Enter begins a new line, Up recalls earlier questions.")
        )
        self.setPlaceholderText(tr("Ask a question…"))
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
        most = max(LINES_LEAST, int(self.window().height() / 3 / max(1, self.fontMetrics().lineSpacing())))
        lines = min(most, max(1, int(self.document().size().height())))
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

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasImage() or source.hasUrls() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        files = [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile() and url.toLocalFile()]
        if files:
            self.files_pasted.emit(files)
        elif source.hasImage() and not source.text().strip():
            self.picture_pasted.emit(QImage(source.imageData()))
        else:
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
    attach_asked = Signal()
    files_pasted = Signal(object)
    picture_pasted = Signal(QImage)
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
        self._complete = False
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.M, SPACE.S, SPACE.M, SPACE.S)
        column.setSpacing(SPACE.XS)
        self.voice_strip = frame("strip")
        strip = QHBoxLayout(self.voice_strip)
        strip.setContentsMargins(SPACE.XS, SPACE.XS, SPACE.XS, SPACE.XS)
        strip.setSpacing(SPACE.M)
        self.meter = LevelMeter()
        strip.addWidget(self.meter, 0, Qt.AlignmentFlag.AlignTop)
        self.partial = QLabel()
        self.partial.setTextFormat(Qt.TextFormat.RichText)
        self.partial.setWordWrap(True)
        self.partial.setAccessibleName(tr("What was understood so far"))
        strip.addWidget(self.partial, 1)
        self.voice_strip.hide()
        column.addWidget(self.voice_strip)
        self.attachments = AttachmentStrip()
        self.attachments.changed.connect(self._attached)
        column.addWidget(self.attachments)
        self.box = _Box()
        self.attachments.left.connect(self.box.setFocus)
        self.box.files_pasted.connect(self.files_pasted)
        self.box.picture_pasted.connect(self.picture_pasted)
        column.addWidget(self.box)
        row = self._row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.attach_button = round_button(
            "clip", tr("Attach files"), description=tr("Attach files to this question; they go into no library"),
            shortcut="Ctrl+Shift+A", kind="icon",
        )  # fmt: skip
        self.attach_button.clicked.connect(lambda: self.attach_asked.emit())
        row.addWidget(self.attach_button)
        QShortcut(QKeySequence("Ctrl+O"), self, self.add_asked.emit)
        self.documents_toggle = QPushButton(tr("My documents"))
        self.documents_toggle.setProperty("kind", "toggle")
        self.documents_toggle.setCheckable(True)
        self.documents_toggle.setChecked(True)
        self.documents_toggle.setCursor(Qt.CursorShape.PointingHandCursor)
        self.documents_toggle.setAccessibleName(tr("Answer from my documents"))
        self.documents_toggle.setToolTip(
            tr("On: answers come from your documents, with sources.\nOff: just the model.")
        )
        row.addWidget(self.documents_toggle)
        self.collection = CollectionButton()
        row.addWidget(self.collection)
        self.documents_toggle.toggled.connect(self._tell_documents)
        self.collection.add_asked.connect(self.add_asked)
        self.persona = PersonaButton()
        row.addWidget(self.persona)
        self.where = WhereButton()
        self.where.changed.connect(self._where_changed)
        row.addWidget(self.where)
        row.addStretch(1)
        self.microphone = MicrophoneMark()
        row.addWidget(self.microphone)
        self.talk_button = round_button("mic", tr("Hold to talk"))
        self.talk_button.pressed.connect(self.talk_pressed)
        self.talk_button.released.connect(self.talk_released)
        row.addWidget(self.talk_button)
        self.send_button = round_button("send", tr("Send"), description=tr("Send the question (Enter)"))
        self.send_button.clicked.connect(self._go)
        set_state(self.send_button, "state", "go")
        row.addWidget(self.send_button)
        column.addLayout(row)
        self.where_line = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        self.where_line.setContentsMargins(SPACE.S, 0, SPACE.S, SPACE.XS)
        self.where_line.hide()
        column.addWidget(self.where_line)
        self.box.entered.connect(self._enter)
        self.box.recall.connect(self._recall)
        self.box.focus_changed.connect(lambda there: set_state(self, "focused", there))
        for choice in (self.collection, self.persona, self.where):
            choice.told.connect(self._fit)
        self.set_talk_key("F9")
        self._complete = True

    @property
    def draft(self) -> str:
        """What is typed and not sent."""
        return self.box.toPlainText()

    def show_draft(self, text: str) -> None:
        """Put what was typed earlier in the place of what is in the box, and the cursor behind it."""
        self.box.setPlainText(text)
        self.box.moveCursor(self.box.textCursor().MoveOperation.End)

    def _attached(self) -> None:
        """A question with files is about these: say so, and rest what chooses documents."""
        from app.ui.attachment_strip import shown_name

        paths = self.attachments.paths
        if len(paths) == 1:
            ask = tr("Ask about {name}…", name=shown_name(str(paths[0])))
        else:
            ask = tr("Ask about {many} files…", many=len(paths)) if paths else tr("Ask a question…")
        self.box.setPlaceholderText(ask)
        self._tell_documents()

    def _tell_documents(self) -> None:
        alone = bool(self.attachments.paths)
        self.documents_toggle.setEnabled(not alone)
        self.collection.setEnabled(not alone and self.documents_toggle.isChecked())

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
        """Let the buttons say less where there is little room."""
        super().resizeEvent(event)
        self._fit()
        self.box.grow()

    def changeEvent(self, event: QEvent) -> None:
        """Larger letters want more room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self._complete:
            self._fit()

    def _fit(self) -> None:
        """Let the row say as much as fits: first some, then all of its buttons are short."""
        margins = self._column.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        for level in range(3):
            self.documents_toggle.setText(tr("My documents") if level < 2 else tr("Documents"))
            self._row.setSpacing(SPACE.S if level < 2 else SPACE.XS)
            self.persona.shorten(level > 0)
            self.microphone.shorten(level > 0)
            self.where.shorten(level > 1)
            self.collection.shorten(level > 1)
            items = [self._row.itemAt(at) for at in range(self._row.count())]
            widgets = [widget for item in items if item is not None and (widget := item.widget()) is not None]
            widths = [max(widget.sizeHint().width(), widget.minimumWidth()) for widget in widgets]
            if sum(widths) + self._row.spacing() * len(widths) <= room:
                break

    def set_talk_key(self, key: str, *, elsewhere: bool = False, kept: bool = False) -> None:
        """Name the hold key at the talk button. `elsewhere`: a paired node may hear it; `kept`: sound is kept."""
        lines = [
            tr(
                "Hold this button, or {key}, and speak; let go when done. A short tap starts, another one ends.",
                key=key,
            ),
            tr("Esc cancels. What the microphone does now stands beside this button."),
            tr("The sound of questions is kept, as the settings say.") if kept else tr("Nothing of the sound is kept."),
            tr("A paired node may hear it, as the settings say.")
            if elsewhere
            else tr("Sound never leaves this machine."),
        ]
        self.talk_button.setToolTip("\n".join(lines))
        self.talk_button.setAccessibleDescription(tr("Hold {key} and speak; let go when done.", key=key))

    def set_busy(self, busy: bool) -> None:
        """While an answer is made the send button stops it."""
        self._busy = busy
        set_glyph(self.send_button, "stop" if busy else "send")
        self.send_button.setToolTip(tr("Stop the answer (Esc)") if busy else tr("Send the question (Enter)"))
        self.send_button.setAccessibleName(tr("Stop") if busy else tr("Send"))

    def show_listening(self, on: bool) -> None:
        """Show or hide the level meter and the partial text."""
        set_state(self.talk_button, "state", "go" if on else "")
        self.meter.show_level(0.0)
        self.show_partial("", tr("Opening the microphone…") if on else "")
        self.voice_strip.setVisible(on)

    def show_live(self) -> None:
        """Sound arrives: say that it is heard."""
        if self.partial.text() == self._said("", tr("Opening the microphone…")):
            self.show_partial("", tr("Listening…"))

    def show_finishing(self) -> None:
        """The key was let go: nothing more is heard, the text is on its way."""
        set_state(self.talk_button, "state", "")
        self.meter.show_level(0.0)
        if self.partial.text() in (self._said("", tr("Opening the microphone…")), self._said("", tr("Listening…"))):
            self.show_partial("", tr("Writing down what you said…"))

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
            self.show_draft("")
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
