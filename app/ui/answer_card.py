"""One answer as it grows: text, notices, sources, the node line, and what to do when it failed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui import citation_preview, markdown, phrases, pinpoint, theme
from app.ui.announcing import Announcer, announce
from app.ui.controls import ElidedButton, button, frame, label, round_button
from app.ui.core_words import in_language
from app.ui.hints import in_window
from app.ui.message_actions import Versions
from app.ui.text_card import TextCard
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.turn_chart import TurnChart

if TYPE_CHECKING:
    from app.events import Answered, Moved, Passage
    from app.messages import StoredMessage

RENDER_MS = 50
"""Shortest time between two layouts of a growing answer; longer when a layout takes long."""


class AnswerCard(QFrame):
    """An answer. `cited` carries the passage, `link` an outside address; `retry` asks the question anew."""

    cited = Signal(object, object)
    """The passage, and the sentences of the answer that cite it."""
    link = Signal(QUrl)
    retry = Signal()
    aloud = Signal()
    """To be read aloud, or not any more."""
    grown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.message = 0
        """Its id in the store; 0 as long as that is not known."""
        self.text = ""
        self.passages: dict[int, Passage] = {}
        self.moves: list[Moved] = []
        self._moved_at: list[int] = []
        """How many characters stood there at each move."""
        self._reason = ""
        self._read = False
        self._doubts: tuple[str, ...] = ()
        """Sentences that no passage supports."""
        self._shown_until = 0
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE.L, SPACE.L, SPACE.L, SPACE.M)
        self._column.setSpacing(SPACE.S)
        self.status = label(tr("Thinking…"), tone="muted")
        self._column.addWidget(self.status)
        self.limits = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        self.limits.setToolTip(tr("Your question named these limits. Ask it without those words to search everywhere."))
        self.limits.hide()
        self._column.addWidget(self.limits)
        self.mark = label(tr("Not from your documents"), kind="chip")
        self.mark.setToolTip(tr("No passage of your documents supports this answer."))
        self.mark.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.mark.hide()
        self._column.addWidget(self.mark)
        self.body = TextCard()
        self.body.setAccessibleName(tr("Answer"))
        self.body.hide()
        self._growing = markdown.Growing(self.body.document(), drawn=True)
        self.body.anchorClicked.connect(self._clicked)
        citation_preview.attach(self.body, self._cited)
        self._live = False
        """It was written just now, in this window."""
        self._announcer = Announcer(self, self._announce)
        self._column.addWidget(self.body)
        self.doubt = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        self.doubt.hide()
        self._column.addWidget(self.doubt)
        self._notices = QVBoxLayout()
        self._notices.setSpacing(SPACE.S)
        self._column.addLayout(self._notices)
        self._sources = QVBoxLayout()
        self._sources.setSpacing(SPACE.S)
        self._column.addLayout(self._sources)
        self.chart = TurnChart()
        self._column.addWidget(self.chart)
        self._footer = QHBoxLayout()
        self._footer.setSpacing(SPACE.S)
        lines = QVBoxLayout()
        lines.setSpacing(SPACE.XS)
        self.node_line = label(tone="muted", scale=TYPE.SMALL, wrap=True)
        lines.addWidget(self.node_line)
        self.why = label(tone="muted", scale=TYPE.SMALL, wrap=True)
        self.why.setAccessibleDescription(tr("Why this node was chosen"))
        self.why.hide()
        lines.addWidget(self.why)
        self._footer.addLayout(lines, 1)
        self.retry_button = button(
            tr("&Try again"), glyph="retry", description=tr("Ask the same question again"), clicked=self.retry.emit
        )
        self.retry_button.hide()
        self._footer.addWidget(self.retry_button)
        self.aloud_button = button(
            tr("Read aloud"), kind="plain", glyph="speaker", name=tr("Read answer aloud"), clicked=self.aloud.emit
        )
        self.aloud_button.hide()
        self._footer.addWidget(self.aloud_button)
        self.copy_button = button(
            tr("Copy"), kind="plain", glyph="copy", name=tr("Copy answer"),
            description=tr("Copy the answer as Markdown"), clicked=self._copy,
        )  # fmt: skip
        self.copy_button.hide()
        self._footer.addWidget(self.copy_button)
        self.more_button = round_button(
            "more", tr("More about this answer"), kind="icon", description=tr("Answer again, branch")
        )
        self.more_button.hide()
        self._footer.addWidget(self.more_button)
        self.versions = Versions()
        self._footer.insertWidget(1, self.versions)
        self._column.addLayout(self._footer)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._render)

    @property
    def in_use(self) -> bool:
        """Whether it is being read aloud, or some of it is selected."""
        return self._read or self.body.textCursor().hasSelection()

    @property
    def words(self) -> TextCard:
        """What it says."""
        return self.body

    # ------------------------------------------------------------------ while it grows

    def tell(self, sentence: str) -> None:
        """Say what is going on before the first word comes."""
        if not self.text:
            self.status.setText(sentence)

    def found(self, passages: Sequence[Passage], filters: Sequence[str] = ()) -> None:
        """Remember the passages that [n] refers to, and show the limits that the search took from the question."""
        self.limits.setText(tr("Searched only: {limits}", limits=", ".join(filters)) if filters else "")
        self.limits.setVisible(bool(filters))
        self.passages = {passage.n: passage for passage in passages}
        if passages:
            self.tell(
                tr("Reading {number} passages…", number=len(passages))
                if len(passages) > 1
                else tr("Reading one passage…")
            )

    def append(self, text: str) -> None:
        """Add text; it is laid out at most 20 times a second."""
        if not self.text:
            self.status.hide()
            self.body.show()
        self.text += text
        self._live = True
        if not self._timer.isActive():
            self._timer.start(0 if not self._shown_until else RENDER_MS + self._shown_until)

    def notice(self, sentence: str, hint: str = "") -> None:
        """Show a calm sentence inside the answer."""
        self._notices.addWidget(_message("notice", sentence, in_window(hint)))
        self.grown.emit()

    def chosen(self, reason: str) -> None:
        """Remember why the node was chosen; it stands below the answer once that is complete."""
        self._reason = reason

    def moved(self, move: Moved) -> None:
        """Say, where it happens, that the answer goes on elsewhere."""
        self.moves.append(move)
        self._moved_at.append(len(self.text))

    # ------------------------------------------------------------------ when it ends

    def finish(self, answer: Answered) -> None:
        """Show the complete answer, its sources, and who made it."""
        self.text = answer.text
        self._doubts = tuple(answer.text[one.start : one.end] for one in answer.sentences if not one.supported)
        doubt = phrases.doubt_line(len(self._doubts), len(answer.sentences)) if answer.citations else ""
        self.doubt.setText(doubt)
        self.doubt.setVisible(bool(doubt))
        self.body.setAccessibleDescription(" ".join([doubt, *self._doubts]) if doubt else "")
        self._end(phrases.node_line(answer, self.moves))
        if self._live:
            self._announcer.ended(self.text, self.node_line.text())
        self.chart.show_trace(answer.trace)
        if answer.citations:  # documents, attached files or the memory
            self.mark.setText(tr("Only partly from its sources"))
            self.mark.setToolTip(tr("Some of this answer stands in none of its sources."))
        self.mark.setVisible(not answer.grounded and not answer.stopped)
        self._show_sources([citation.n for citation in answer.citations])

    def stop(self) -> None:
        """Keep what was shown."""
        self._end(_state("stopped"))
        self._announcer.ended(self.text, self.node_line.text())

    def fail(self, error: BaseException) -> None:
        """Say in plain words what went wrong; what was shown stays."""
        sentence, hint = phrases.trouble(error)
        self._end("")
        self._announcer.ended(self.text, sentence)
        self._notices.addWidget(_message("error", sentence, hint))
        self.retry_button.show()
        self.grown.emit()

    def present(self, versions: Sequence[int]) -> None:
        """Offer what can be done with an answer that the store knows; `versions` are the ids of all of them."""
        self.versions.present(versions, self.message)
        self.more_button.setVisible(bool(self.message))

    def load(self, message: StoredMessage) -> None:
        """Show an answer from the store."""
        from app.events import Answered, Moved

        self.message = message.id
        self.present(message.versions)
        self.found(message.passages)
        self.text = message.text
        self._reason = message.reason
        for move in message.moves:
            self.moves.append(Moved(move.from_, move.to, move.reason, move.gap_ms, move.exact))
            self._moved_at.append(move.at)
        if message.state == "complete":
            self.finish(Answered(message.text, message.citations, message.grounded, message.node, message.usage,
                                 message.timings, sentences=message.sentences,
                                 trace=message.trace))  # fmt: skip
        else:
            self._end(_state(message.state))
            self.retry_button.setVisible(message.state in ("failed", "interrupted"))
            self._show_sources([citation.n for citation in message.citations])
        if message.error:
            self._notices.addWidget(_message("error", in_language(message.error), in_window(message.hint)))

    def repaint_text(self) -> None:
        """Lay out anew, in the colours of now."""
        if self.text:
            self._render()

    def show_reading(self, on: bool) -> None:
        """Whether this answer is being read aloud now."""
        self._read = on
        self.aloud_button.setText(tr("Stop reading") if on else tr("Read aloud"))
        self.aloud_button.setAccessibleName(tr("Stop reading aloud") if on else tr("Read answer aloud"))
        self.aloud_button.setVisible(on or self.copy_button.isVisibleTo(self))

    def _end(self, line: str) -> None:
        self._timer.stop()
        self.status.hide()
        self.body.setVisible(bool(self.text))
        self._render()
        self.node_line.setText(line)
        self.why.setText(phrases.sentence(self._reason))
        self.why.setVisible(bool(self._reason) and bool(line))
        self.copy_button.setVisible(bool(self.text))
        self.aloud_button.setVisible(bool(self.text) or self._read)

    def _render(self) -> None:
        began = time.perf_counter()
        notes = [
            markdown.Note(at, phrases.moved_line(move), in_language(move.reason))
            for at, move in zip(self._moved_at, self.moves, strict=True)
        ]
        if self._live:
            self._announcer.grew(self.text)
        self._growing.show(self.text, theme.current(), self.passages.keys(), notes,
                           self._doubts if self.doubt.text() else ())  # fmt: skip
        if self._growing.maths:
            self.body.show_maths()
        self.body.show_codes(self._growing.codes)
        self.body.fit()
        self.grown.emit()
        # A quarter of the time at most goes into layout, however long the answer is.
        self._shown_until = 1 + round((time.perf_counter() - began) * 3000)

    def _show_sources(self, numbers: Sequence[int]) -> None:
        cited = [self.passages[n] for n in dict.fromkeys(numbers) if n in self.passages]
        if cited:
            self._sources.addWidget(label(tr("Sources"), tone="muted", scale=TYPE.SMALL, weight=QFont.Weight.DemiBold))
        for passage in cited:
            self._sources.addWidget(self._source(passage))
        others = [passage for passage in self.passages.values() if passage not in cited]
        if others and self.text:
            several = len(others) > 1
            if cited:
                count = tr("{number} passages were read besides", number=len(others))
                count = count if several else tr("1 passage was read besides")
            else:
                count = tr("{number} passages were read", number=len(others)) if several else tr("1 passage was read")
            more = button(
                count,
                kind="plain",
                name=tr("Show the other passages"),
            )
            row = QHBoxLayout()
            row.addWidget(more)
            row.addStretch()
            self._sources.addLayout(row)

            def unfold() -> None:
                more.hide()
                for passage in others:
                    self._sources.addWidget(self._source(passage))

            more.clicked.connect(unfold)
        self.grown.emit()

    def _source(self, passage: Passage) -> QWidget:
        where = phrases.source(passage)
        section = f" · {passage.section}" if passage.section else ""
        made = ElidedButton(
            f"[{passage.n}]  {where}{section}",
            kind="source",
            name=tr("Source {number}: {place}", number=passage.n, place=where),
            description=tr("Show the passage in {path}", path=passage.path),
            clicked=lambda: self._show(passage),
        )
        return made

    def _clicked(self, url: QUrl) -> None:
        number = markdown.citation_of(url)
        if number is None:
            self.link.emit(url)
        elif number in self.passages:
            self._show(self.passages[number])

    def _cited(self, number: int) -> tuple[Passage, Sequence[str]] | None:
        passage = self.passages.get(number)
        return (passage, pinpoint.claims(self.text, number)) if passage is not None else None

    def _announce(self, text: str) -> None:
        if not self._read and self.isVisible():
            announce(self.body, text)

    def _show(self, passage: Passage) -> None:
        self.cited.emit(passage, pinpoint.claims(self.text, passage.n))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self.copy_button.setText(tr("Copied"))
        QTimer.singleShot(1500, self.copy_button, lambda: self.copy_button.setText(tr("Copy")))


def _state(state: str) -> str:
    """Return what is said of an answer that is no whole one; "" for one that is."""
    known = {
        "stopped": tr("Stopped. What was shown is kept."),
        "interrupted": tr("Interrupted: Tangnet was closed while this answer was written."),
        "writing": tr("This answer is still being written."),
    }
    return known.get(state, "")


def _message(kind: str, sentence: str, hint: str) -> QFrame:
    made = frame(kind)
    column = QVBoxLayout(made)
    column.setContentsMargins(SPACE.M, SPACE.M, SPACE.M, SPACE.M)
    column.setSpacing(SPACE.XS)
    column.addWidget(label(sentence, wrap=True))
    if hint:
        column.addWidget(label(hint, wrap=True, scale=TYPE.SMALL))
    made.setAccessibleName(f"{sentence} {hint}".strip())
    return made
