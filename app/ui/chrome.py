"""What stands around the conversation: status pill, undo bar, side panel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.controls import button, label, round_button, set_state, squeezable
from app.ui.mirror import mirrored
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

UNDO_SECONDS = 8
PASSING_SECONDS = 12
"""So long stands what only says that something was done."""


class StatusPill(QPushButton):
    """Names the node in use; the tooltip says why; a click opens the node list."""

    told = Signal()
    """It says something else now."""

    def __init__(self) -> None:
        super().__init__(tr("Starting…"))
        self.setProperty("kind", "pill")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Status"))
        self.state = "starting"
        self.tell("starting", tr("Starting…"), tr("Tangnet is starting."))

    def tell(self, state: str, text: str, why: str) -> None:
        """Show `state` (starting, ready, thinking, moved, failed) with a short text and the reason behind it."""
        self.state = state
        self.setText(text)
        self.setToolTip("\n".join(filter(None, (why, tr("Click for the list of nodes.")))))
        self.setAccessibleName(tr("Status: {state}", state=text))
        self.setAccessibleDescription(why)
        self.update()
        self.told.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button and the dot whose colour is the state."""
        super().paintEvent(event)
        colours = theme.current()
        dot = {
            "ready": colours.good,
            "thinking": colours.accent,
            "moved": colours.on_notice,
            "failed": colours.on_error,
        }.get(self.state, colours.muted)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(dot))
        spot = QRectF(10.8, self.height() / 2 - 4.2, 8.4, 8.4)
        painter.drawEllipse(mirrored(spot, QRectF(self.rect()), self.layoutDirection()))
        painter.end()


class UndoBar(QFrame):
    """Says what was just removed and offers to take it back for some seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "bar")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.L, SPACE.S, SPACE.S, SPACE.S)
        self._text = squeezable(label())
        row.addWidget(self._text, 1)
        self.undo_button = button(
            tr("&Undo"), name=tr("Undo"), description=tr("Take it back"), shortcut="Ctrl+Z", clicked=self._take_back
        )
        row.addWidget(self.undo_button)
        self._undo: Callable[[], object] | None = None
        self._commit: Callable[[], object] | None = None
        self._timer = QTimer(self, singleShot=True, interval=UNDO_SECONDS * 1000)
        self._timer.timeout.connect(self.settle)
        self.hide()

    def offer(self, text: str, undo: Callable[[], object], commit: Callable[[], object] | None = None) -> None:
        """Show `text`. `undo` is called by the button; `commit` when the time is over."""
        self.settle()
        self._text.setText(text)
        self.setAccessibleName(text)
        self._undo, self._commit = undo, commit
        self.show()
        self._timer.start()

    def settle(self) -> None:
        """Make what was offered final and go away."""
        self._timer.stop()
        self.hide()
        commit, self._undo, self._commit = self._commit, None, None
        if commit is not None:
            commit()

    def _take_back(self) -> None:
        self._timer.stop()
        self.hide()
        undo, self._undo, self._commit = self._undo, None, None
        if undo is not None:
            undo()


class SidePanel(QFrame):
    """The right panel: one page at a time with a title and a close button."""

    opened = Signal()
    closed = Signal()
    widened = Signal(bool)
    """The panel shall have the room of the conversation, or give it back."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "sideright")
        self.setMinimumWidth(360)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.L, SPACE.M, SPACE.M, SPACE.M)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        self._title = squeezable(label(scale=TYPE.TITLE, weight=QFont.Weight.DemiBold))
        row.addWidget(self._title, 1)
        self.wide_button = round_button(
            "wide", tr("Whole width"), kind="icon", size=30, shortcut="Ctrl+Shift+E",
            description=tr("Give this panel the room of the conversation"),
        )  # fmt: skip
        self.wide_button.setCheckable(True)
        self.wide_button.toggled.connect(self.widened)
        row.addWidget(self.wide_button)
        self._close = round_button(
            "close", tr("Close panel"), description=tr("Close this panel (Esc)"), kind="icon", size=30
        )
        self._close.clicked.connect(self.dismiss)
        row.addWidget(self._close)
        column.addLayout(row)
        self._pages = QStackedWidget()
        column.addWidget(self._pages, 1)
        self.hide()

    @property
    def page(self) -> QWidget | None:
        """The page that is shown, None while the panel is closed."""
        return self._pages.currentWidget() if not self.isHidden() else None

    @property
    def title(self) -> str:
        """What stands above the page."""
        return self._title.text()

    def present(self, page: QWidget, title: str) -> None:
        """Show `page` under `title`."""
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        self._title.setText(title)
        self.setAccessibleName(title)
        if self.isHidden():
            self.show()
            self.opened.emit()
        page.setFocus()

    def dismiss(self) -> None:
        """Close the panel."""
        if not self.isHidden():
            self.wide_button.setChecked(False)
            self.hide()
            self.closed.emit()


class TroubleBar(QFrame):
    """A sentence about something that went wrong, with a way on, until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "error")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.L, SPACE.S, SPACE.S, SPACE.S)
        column = QVBoxLayout()
        column.setSpacing(SPACE.XS)
        self.sentence = label(wrap=True)
        self.hint = label(wrap=True, scale=TYPE.SMALL)
        column.addWidget(self.sentence)
        column.addWidget(self.hint)
        row.addLayout(column, 1)
        self.action = button(tr("&Try again"), clicked=self._act)
        row.addWidget(self.action)
        self.other = button(tr("Ask a&bout it"), clicked=self._act_otherwise)
        self.other.hide()
        row.addWidget(self.other)
        close = round_button("close", tr("Close message"), kind="icon", size=30)
        close.clicked.connect(self.settle)
        row.addWidget(close)
        self._retry: Callable[[], object] | None = None
        self._otherwise: Callable[[], object] | None = None
        self._timer = QTimer(self, singleShot=True, interval=PASSING_SECONDS * 1000)
        self._timer.timeout.connect(self._pass)
        self.hide()

    def tell(
        self,
        sentence: str,
        hint: str = "",
        retry: Callable[[], object] | None = None,
        *,
        calm: bool = False,
        action: str = "",
        otherwise: tuple[str, Callable[[], object]] | None = None,
        passing: bool = False,
    ) -> None:
        """Show `sentence`.

        Args:
            sentence: what is told.
            hint: what to do, in smaller print.
            retry: gives it a button that does this.
            calm: it is no error.
            action: what the button says.
            otherwise: what a second button says and does.
            passing: it goes by itself, unless the mouse or the keyboard is on it.
        """
        set_state(self, "kind", "notice" if calm else "error")
        for part in (self.sentence, self.hint):
            part.style().unpolish(part)
            part.style().polish(part)
        self.sentence.setText(sentence)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.setAccessibleName(f"{sentence} {hint}".strip())
        self._retry = retry
        self.action.setText(action or tr("&Try again"))
        self.action.setAccessibleName(self.action.text().replace("&", ""))
        self.action.setVisible(retry is not None)
        text, self._otherwise = otherwise or ("", None)
        if text:
            self.other.setText(text)
            self.other.setAccessibleName(text.replace("&", ""))
        self.other.setVisible(bool(text))
        self.show()
        if passing:
            self._timer.start()
        else:
            self._timer.stop()

    def settle(self) -> None:
        """Go away."""
        self._timer.stop()
        self.hide()

    def _pass(self) -> None:
        focus = self.window().focusWidget()
        if self.underMouse() or (focus is not None and self.isAncestorOf(focus)):
            self._timer.start()
        else:
            self.hide()

    def _act(self) -> None:
        self.hide()
        if self._retry is not None:
            self._retry()

    def _act_otherwise(self) -> None:
        self.hide()
        if self._otherwise is not None:
            self._otherwise()
