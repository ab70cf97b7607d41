"""One model on the page of models, and the card of what is coming."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.ui import model_words, phrases
from app.ui.controls import ElidedLabel, button, label, round_button
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import ModelInfo, NodeInfo
    from app.thinking import ModelProgress
    from app.ui.bridge import Bridge, Handle
    from app.ui.seam import ClusterSeam

LATELY = 40
"""Pieces of news over which the speed of a download is taken."""


class ModelRow(QWidget):
    """What a model is, where it is, where it fits, and what can be done with it."""

    fetch_asked = Signal(object)
    take_asked = Signal(object, object)
    """The model, and the node to take it from."""
    remove_asked = Signal(object)

    def __init__(self, model: ModelInfo, nodes: Sequence[NodeInfo]) -> None:
        super().__init__()
        self.model = model
        words = QVBoxLayout()
        words.setSpacing(SPACE.XS)
        head = QHBoxLayout()
        head.setSpacing(SPACE.S)
        head.addWidget(label(model.name, weight=QFont.Weight.Medium))
        head.addWidget(label(model_words.role(model.role), tone="accent", scale=TYPE.SMALL))
        if not model.trustworthy:
            head.addWidget(label(tr("too weak to be trusted"), kind="chip", scale=TYPE.SMALL))
        head.addStretch()
        words.addLayout(head)
        lines = [model_words.facts(model)]
        if model.present:
            lines.append(model_words.where(model, nodes))
        lines += [model_words.room(model, nodes), model_words.note(model)]
        self.lines = [line for line in lines if line]
        for line in self.lines:
            words.addWidget(label(line, tone="muted", scale=TYPE.SMALL, wrap=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.L, SPACE.M, SPACE.M, SPACE.M)
        row.setSpacing(SPACE.M)
        row.addLayout(words, 1)
        middle = Qt.AlignmentFlag.AlignVCenter
        self.fetch_button = button(
            tr("Download"), name=tr("Download {name}", name=model.name),
            description=tr("Fetch it from its publisher, check it, and use it"),
            clicked=lambda: self.fetch_asked.emit(model),
        )  # fmt: skip
        row.addWidget(self.fetch_button, 0, middle)
        self.fetch_button.setVisible(not model.present)
        self.take_button = button(tr("Fetch here"), clicked=self._take)
        self.giver = model_words.giver(model, nodes)
        if self.giver is not None:
            told = tr("Fetch {model} from {node} to this machine", model=model.name, node=self.giver.name)
            self.take_button.setAccessibleName(told)
            self.take_button.setToolTip(told)
        row.addWidget(self.take_button, 0, middle)
        self.take_button.setVisible(self.giver is not None)
        self.remove_button = round_button(
            "trash", tr("Remove {name}", name=model.name), kind="icon", size=32,
            description=tr("Delete it from this machine; it can be undone"),
        )  # fmt: skip
        self.remove_button.clicked.connect(lambda: self.remove_asked.emit(model))
        row.addWidget(self.remove_button, 0, middle)
        self.remove_button.setVisible("local" in model.nodes)

    def _take(self) -> None:
        if self.giver is not None:
            self.take_asked.emit(self.model, self.giver)


class Coming(QObject):
    """A model on its way to this machine; it goes on while no page shows it."""

    changed = Signal()
    ended = Signal()
    """`problem` is then "" or a sentence."""

    def __init__(self, bridge: Bridge, cluster: ClusterSeam) -> None:
        super().__init__()
        self._bridge, self._cluster = bridge, cluster
        self._handle: Handle | None = None
        self._rest_of: list[tuple[str, Callable[[], AsyncIterator[ModelProgress]]]] = []
        self._samples: list[tuple[float, int]] = []
        self.name = self.line = self.problem = ""
        self.fraction = 0.0

    @property
    def running(self) -> bool:
        """Whether something is coming."""
        return self._handle is not None

    def start(self, sources: Sequence[str]) -> None:
        """Bring these one after the other: names of the catalogue, whole paths of files, or addresses."""
        self._rest_of = [(_name(source), partial(self._cluster.add_model, source)) for source in sources]
        self.problem = ""
        self._next()

    def take(self, model: ModelInfo, node: NodeInfo) -> None:
        """Bring a model from a node."""
        name = tr("{model} from {node}", model=model.name, node=node.name)
        self._rest_of = [(name, partial(self._cluster.take_model, model, node.id))]
        self.problem = ""
        self._next()

    def cancel(self) -> None:
        """Stop; what has come is kept, and goes on when it is asked for again."""
        handle, self._handle = self._handle, None
        self._rest_of = []
        if handle is not None:
            handle.cancel()
            self.problem = tr("Stopped. What has come is kept.")
            self.ended.emit()

    def _next(self) -> None:
        self.name, make = self._rest_of.pop(0)
        self.line, self.fraction, self._samples = tr("Begins…"), 0.0, []
        self._handle = self._bridge.stream(make, self._told, self._end, self._fail, name="add model")
        self.changed.emit()

    def _told(self, step: ModelProgress) -> None:
        now = time.monotonic()
        self._samples = [*self._samples[-LATELY:], (now, step.done)]
        first = self._samples[0]
        rate = (step.done - first[1]) / (now - first[0]) if now - first[0] > 0.5 else 0.0
        self.line = phrases.download_line(step, rate)
        self.fraction = step.done / step.total if step.total > 0 else 0.0
        self.changed.emit()

    def _end(self) -> None:
        self._handle = None
        if self._rest_of:
            self._next()
        else:
            self.ended.emit()

    def _fail(self, error: BaseException) -> None:
        self._handle = None
        self._rest_of = []
        self.problem = " ".join(part for part in phrases.trouble(error) if part)
        if phrases.is_bug(error):
            self._bridge.failed.emit(error)
        self.ended.emit()


def _name(source: str) -> str:
    return source.partition("#")[0].replace("\\", "/").rpartition("/")[2]


class ComingCard(QFrame):
    """How far what is coming is, with a way to stop it; afterwards what went wrong, if anything did."""

    def __init__(self, coming: Coming) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self._coming = coming
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.L, SPACE.M, SPACE.M, SPACE.M)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        row.setSpacing(SPACE.M)
        words = QVBoxLayout()
        words.setSpacing(SPACE.XS)
        self.title = ElidedLabel()
        words.addWidget(self.title)
        self.text = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        words.addWidget(self.text)
        row.addLayout(words, 1)
        self.cancel_button = button(
            tr("Cancel"), name=tr("Cancel download"), description=tr("Stop; what has come is kept and continued later"),
            clicked=coming.cancel,
        )  # fmt: skip
        row.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignTop)
        self.close_button = round_button("close", tr("Close message"), kind="icon", size=28)
        self.close_button.clicked.connect(self.hide)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Download"))
        column.addWidget(self.bar)
        coming.changed.connect(self._show)
        coming.ended.connect(self._end)
        self.hide()

    def _show(self) -> None:
        coming = self._coming
        self.title.setText(coming.name)
        self.text.setText(coming.line)
        self.setAccessibleName(f"{coming.name}: {coming.line}")
        self.bar.setRange(0, 1000 if coming.fraction > 0 else 0)
        self.bar.setValue(round(coming.fraction * 1000))
        self.bar.show()
        self.cancel_button.show()
        self.close_button.hide()
        self.show()

    def _end(self) -> None:
        problem = self._coming.problem
        self.text.setText(problem)
        self.setAccessibleName(problem)
        self.bar.hide()
        self.cancel_button.hide()
        self.close_button.show()
        self.setVisible(bool(problem))
