"""How far the library's queue is: what is worked on, the rate, the time left; pause, go on, stop."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import phrases
from app.ui.controls import ElidedLabel, button, label, set_state
from app.ui.numbers import number, percent
from app.ui.progress import Progress
from app.ui.tokens import SPACE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.library_state import LibraryState


class QueueStrip(QWidget):
    """Shown while there is something to do."""

    pause_asked = Signal(bool)
    """True: pause; False: go on."""
    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._paused = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.XS)
        line = QHBoxLayout()
        line.setSpacing(SPACE.S)
        self.text = label("", wrap=True)
        line.addWidget(self.text, 1)
        self.pause_button = button(
            tr("&Pause"), kind="plain", name=tr("Pause indexing"), description=tr("Pause; goes on any time")
        )
        self.pause_button.clicked.connect(lambda: self.pause_asked.emit(not self._paused))
        line.addWidget(self.pause_button)
        self.cancel_button = button(
            tr("&Cancel"), kind="plain", name=tr("Cancel adding"), description=tr("Stop adding; what is done stays")
        )
        self.cancel_button.clicked.connect(lambda: self.cancel_asked.emit())
        line.addWidget(self.cancel_button)
        column.addLayout(line)
        self.bar = Progress()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of adding documents"))
        column.addWidget(self.bar)
        self.now = ElidedLabel()
        set_state(self.now, "tone", "muted")
        column.addWidget(self.now)
        self.hide()

    def show_state(self, state: LibraryState) -> None:
        """Show how far the queue is; hides when there is nothing to do."""
        busy = bool(state.working or state.waiting or state.reason)
        self.setVisible(busy)
        if not busy:
            return
        self._paused = state.paused
        self.text.setText(summary(state))
        self.pause_button.setText(tr("&Go on") if state.paused else tr("&Pause"))
        self.pause_button.setAccessibleName(tr("Go on indexing") if state.paused else tr("Pause indexing"))
        self.cancel_button.setVisible(bool(state.working or state.waiting))
        if state.total:
            parts = sum(one.fraction or 0.0 for one in state.working)
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * min(1.0, (state.done + parts) / state.total)))
        else:
            self.bar.setRange(0, 0)
        now = working_line(state)
        self.now.setText(now)
        self.now.setVisible(bool(now))

    def say(self, sentence: str) -> None:
        """Show a sentence while nothing is known of the queue yet."""
        self.text.setText(sentence)
        self.bar.setRange(0, 0)
        self.now.hide()
        self.show()


def summary(state: LibraryState) -> str:
    """Return "12 of 300 files · 41 passages/s · about 2 min left", or why nothing goes on."""
    parts = [
        tr("{done} of {total} files", done=number(state.done), total=number(state.total))
        if state.total
        else tr("Looking at the files…")
    ]
    if state.paused:
        parts.insert(0, tr("Paused"))
    elif state.reason:
        return f"{phrases.sentence(state.reason)} {parts[0]}."
    else:
        if state.chunks_per_second >= 0.1:
            rate = number(state.chunks_per_second, 0 if state.chunks_per_second >= 10 else 1)
            parts.append(tr("{rate} passages/s", rate=rate))
        left = phrases.time_left(state.seconds_left)
        if left:
            parts.append(left)
    return " · ".join(parts)


def working_line(state: LibraryState) -> str:
    """Return what is being done now: "Reading report.pdf, 40 %"."""
    if state.paused or not state.working:
        return ""
    first = state.working[0]
    share = f", {percent(first.fraction)}" if first.fraction else ""
    more = tr(" and {n} more", n=len(state.working) - 1) if len(state.working) > 1 else ""
    return f"{_doing(first.step, os.path.basename(first.path))}{share}{more}"


def _doing(step: str, name: str) -> str:
    known = {
        "reading": tr("Reading {name}", name=name),
        "recognising": tr("Recognising the text of {name}", name=name),
        "transcribing": tr("Listening to {name}", name=name),
        "embedding": tr("Indexing {name}", name=name),
        "writing": tr("Indexing {name}", name=name),
    }
    return known.get(step, name)
