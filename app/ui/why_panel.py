"""Why this answer: where its time went, which node and why, passages with their scores, the prompt, as a report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from app.answer_report import report
from app.ui import phrases
from app.ui.controls import button, label
from app.ui.numbers import number
from app.ui.tokens import SPACE, TYPE
from app.ui.trace_bar import TraceBar
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import Passage
    from app.messages import StoredMessage
    from app.tracing import AnswerTrace
    from app.ui.bridge import Bridge
    from app.ui.seam import RuntimeSeam
    from app.ui.window import MainWindow

COPIED_MS = 1500
PROMPT_HEIGHT = 260


class WhyPanel(QWidget):
    """Explains one answer. `cited` carries a passage that shall be shown."""

    cited = Signal(object)
    failed = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.text = ""
        """The report."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName(tr("Why this answer"))
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.viewport().setAutoFillBackground(False)
        column.addWidget(self.area, 1)
        row = QHBoxLayout()
        self.copy_button = button(
            tr("Copy report"), glyph="copy", description=tr("Copy all of this as Markdown"), clicked=self._copy
        )
        row.addWidget(self.copy_button)
        row.addStretch()
        column.addLayout(row)

    def present(self, runtime: RuntimeSeam, conversation: str, message: int) -> None:
        """Read what is known of an answer and show it."""
        store, traces = runtime.conversations, runtime.traces
        self.text = ""
        self.copy_button.setEnabled(False)

        def read() -> tuple[str, StoredMessage, AnswerTrace | None] | None:
            question = ""
            for one in store.messages(conversation):
                if one.id == message:
                    return question, one, traces.get(conversation, message)
                question = one.text if one.role == "user" else question
            return None

        async def look() -> tuple[str, StoredMessage, AnswerTrace | None] | None:
            return await asyncio.to_thread(read)

        self._bridge.run(look, self._show, self.failed.emit, name="why this answer")

    def _show(self, found: tuple[str, StoredMessage, AnswerTrace | None] | None) -> None:
        if found is None:
            return
        question, message, trace = found
        self.text = report(question, message, trace)
        self.copy_button.setEnabled(True)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SPACE.S, 0)
        column.setSpacing(SPACE.S)
        self.bar = TraceBar()
        if trace is not None and trace.steps:
            column.addWidget(_heading(tr("Where the time went")))
            column.addWidget(self.bar)
            self.bar.present(trace)
        else:
            column.addWidget(label(tr("Where the time went was not kept for this answer."), tone="muted", wrap=True))
        column.addWidget(_heading(tr("Who answered")))
        for line in _who(message):
            column.addWidget(label(line, wrap=True))
        if message.passages:
            column.addWidget(_heading(tr("Passages")))
            for passage in message.passages:
                column.addWidget(self._passage(passage, any(one.n == passage.n for one in message.citations)))
        if trace is not None and trace.settings:
            column.addWidget(_heading(tr("Settings")))
            said = " · ".join(f"{_setting(name)} {_shown(value)}" for name, value in trace.settings.items())
            column.addWidget(label(said, tone="muted", wrap=True))
        if trace is not None and trace.prompt:
            column.addWidget(_heading(tr("Prompt as sent")))
            prompt = QPlainTextEdit("\n\n".join(f"{role}:\n{text}" for role, text in trace.prompt))
            prompt.setReadOnly(True)
            prompt.setTabChangesFocus(True)
            prompt.setAccessibleName(tr("Prompt as sent"))
            prompt.setFixedHeight(PROMPT_HEIGHT)
            prompt.setProperty("kind", "quote")
            column.addWidget(prompt)
        column.addStretch(1)
        self.area.setWidget(inside)
        inside.setAutoFillBackground(False)  # setWidget switches it on

    def _passage(self, passage: Passage, cited: bool) -> QWidget:
        place = f"[{passage.n}] {phrases.place(passage)}"
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.XS)
        column.addWidget(
            button(place.replace("&", "&&"), kind="source", name=place, clicked=lambda: self.cited.emit(passage))
        )
        values = {tr("meaning"): passage.similarity, tr("words"): passage.overlap, tr("together"): passage.score}
        if passage.reranked is not None:
            values[tr("reranker")] = passage.reranked
        said = " · ".join(f"{name} {number(value, 2)}" for name, value in values.items())
        scores = label(f"{said} · {tr('cited')}" if cited else said, tone="muted", scale=TYPE.SMALL, wrap=True)
        scores.setContentsMargins(SPACE.M, 0, 0, 0)  # under the words of the button
        column.addWidget(scores)
        return made

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self.copy_button.setText(tr("Copied"))
        QTimer.singleShot(COPIED_MS, self.copy_button, lambda: self.copy_button.setText(tr("Copy report")))


def explain(window: MainWindow, message: int) -> None:
    """Explain an answer in the right panel of a window."""
    if window.runtime is None:
        return
    panel = window.side.findChild(WhyPanel)
    if panel is None:
        panel = WhyPanel(window.bridge)
        panel.cited.connect(window.reading.show_passage)
        panel.failed.connect(window.show_error)
    window.side.present(panel, tr("Why this answer"))
    panel.present(window.runtime, window.pane.conversation, message)


def _setting(name: str) -> str:
    """Return what a setting that an answer was made with is called."""
    known = {
        "longest answer": tr("longest answer"),
        "temperature": tr("temperature"),
        "seed": tr("seed"),
        "model wished": tr("model wished"),
        "node wished": tr("node wished"),
        "where": tr("where"),
        "zones": tr("zones"),
    }
    return known.get(name, name)


def _shown(value: str | int | float) -> str:
    return number(value, 1) if isinstance(value, float) else str(value)


def _heading(text: str) -> QWidget:
    made = label(text, weight=QFont.Weight.DemiBold)
    made.setContentsMargins(0, SPACE.L, 0, 0)
    return made


def _who(message: StoredMessage) -> list[str]:
    lines = [tr("{node} answered.", node=phrases.node_name(message.node, start=True))]
    if message.reason:
        lines.append(phrases.sentence(message.reason))
    for move in message.moves:
        lines.append(
            tr("It moved from {one} to {other}: {reason}", one=phrases.node_name(move.from_),
               other=phrases.node_name(move.to), reason=phrases.sentence(move.reason))
        )  # fmt: skip
    if message.model:
        lines.append(tr("Model: {model}", model=message.model))
    usage = message.usage
    if usage.prompt_tokens or usage.completion_tokens:
        lines.append(
            tr("{read} tokens were read, {known} of them known before; {written} were written.",
               read=usage.prompt_tokens, known=usage.cached_tokens, written=usage.completion_tokens)
        )  # fmt: skip
    return lines
