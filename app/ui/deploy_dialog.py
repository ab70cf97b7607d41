"""Putting a model of this machine on nodes: which model, which nodes, and how far each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui import node_words, phrases
from app.ui.controls import Choice, button, label
from app.ui.core_words import in_language
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.events import ModelInfo, NodeInfo
    from app.ui.pushing import Pushing

RATES = (0.0, 20.0, 5.0, 1.0)
"""MB/s to choose from; 0 = no cap."""


class DeployDialog(QDialog):
    """Asks, and shows the push that `asked` led to; closing it lets the push go on."""

    asked = Signal(object, object, float)
    """Model, nodes, and MB/s that each of them may fetch with (0 = no cap)."""

    def __init__(
        self, models: Sequence[ModelInfo], nodes: Sequence[NodeInfo], parent: QWidget | None, *, chosen: str = ""
    ) -> None:
        """`models` are here; `chosen` is the id of a node that is ticked at first."""
        super().__init__(parent)
        self._models = list(models)
        self._nodes = {node.id: node for node in nodes if node.trusted and not node.local}
        self._ticked = {chosen} & self._nodes.keys()
        self._pushing: Pushing | None = None
        self.setWindowTitle(tr("Put a model on nodes"))
        self.resize(560, 620)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XL, SPACE.XL, SPACE.XL, SPACE.L)
        column.setSpacing(SPACE.S)
        column.addWidget(label(tr("Put a model on nodes"), scale=TYPE.TITLE, weight=QFont.Weight.DemiBold))
        column.addWidget(
            label(
                tr("The nodes fetch it from this machine and from each other, and check every piece of it."),
                tone="muted",
                wrap=True,
            )
        )
        self.model = Choice()
        self.model.setAccessibleName(tr("Model"))
        for model in self._models:
            self.model.addItem(f"{model.name} ({phrases.megabytes(model.bytes)})")
        self.model.currentIndexChanged.connect(lambda _at: self._show())
        column.addWidget(self.model)
        self._finding = QWidget()
        row = QHBoxLayout(self._finding)
        row.setContentsMargins(0, 0, 0, 0)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search nodes: name, zone, label"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(tr("Search nodes"))
        self.search.textChanged.connect(lambda _text: self._show())
        row.addWidget(self.search, 1)
        self.all_button = button(
            tr("Tick &all"), description=tr("Tick all nodes that are shown"), clicked=self._tick_all
        )
        self.all_button.setAutoDefault(False)
        row.addWidget(self.all_button)
        column.addWidget(self._finding)
        self.list = TwoLineList(tr("Nodes to put the model on"))
        self.list.chosen.connect(self._tick)
        column.addWidget(self.list, 1)
        self.line = label("", wrap=True)
        self.line.setAccessibleName(tr("Progress"))
        column.addWidget(self.line)
        row = QHBoxLayout()
        self.rate = Choice()
        for rate in RATES:
            self.rate.addItem(
                tr("{rate} MB/s for each node", rate=f"{rate:g}") if rate else tr("As fast as it goes"), rate
            )
        self.rate.setAccessibleName(tr("How much each node may fetch at most"))
        row.addWidget(self.rate)
        row.addStretch()
        self.close_button = button(
            tr("Close"), description=tr("Close this window; what runs goes on"), clicked=self.reject
        )
        self.close_button.setAutoDefault(False)
        row.addWidget(self.close_button)
        self.stop_button = button(
            tr("&Stop"), description=tr("Stop giving the model away; nodes keep what they have"), clicked=self._stop
        )
        self.stop_button.setAutoDefault(False)
        row.addWidget(self.stop_button)
        self.again_button = button(
            tr("Choose &others"), description=tr("Choose nodes again"), clicked=self._choose_again
        )
        self.again_button.setAutoDefault(False)
        row.addWidget(self.again_button)
        self.start_button = button(tr("&Put it there"), kind="primary", clicked=self._start)
        self.start_button.setDefault(True)
        row.addWidget(self.start_button)
        column.addLayout(row)
        self._show()
        self.list.setFocus()

    def follow(self, pushing: Pushing) -> None:
        """Show a push, from now to its end."""
        self._pushing = pushing
        self._ticked = {node.id for node in pushing.nodes}
        at = next((at for at, model in enumerate(self._models) if model.sha256 == pushing.model.sha256), -1)
        self.model.setCurrentIndex(at)
        pushing.changed.connect(self._show)
        self._show()

    def show_nodes(self, nodes: Sequence[NodeInfo]) -> None:
        """Take what is known of the nodes now."""
        self._nodes = {node.id: node for node in nodes if node.trusted and not node.local}
        self._show()

    def _start(self) -> None:
        at = self.model.currentIndex()
        nodes = [self._nodes[id] for id in self._nodes if id in self._ticked and not self._reason(self._nodes[id])]
        if 0 <= at < len(self._models) and nodes:
            self.asked.emit(self._models[at], nodes, float(self.rate.currentData()))

    def _choose_again(self) -> None:
        if self._pushing is not None:
            self._pushing.changed.disconnect(self._show)
        self._pushing = None
        self._ticked = set()
        self._show()

    def _stop(self) -> None:
        if self._pushing is not None:
            self._pushing.stop()

    def _tick(self, id: str) -> None:
        if self._pushing is None and id in self._nodes and not self._reason(self._nodes[id]):
            self._ticked ^= {id}
            self._show()

    def _tick_all(self) -> None:
        shown = {row.key for row in self.list.rows.rows if row.checked is not None}
        self._ticked = self._ticked - shown if shown <= self._ticked else self._ticked | shown
        self._show()

    def _reason(self, node: NodeInfo) -> str:
        """Return why the model cannot be put on a node, "" when it can."""
        at = self.model.currentIndex()
        model = self._models[at] if 0 <= at < len(self._models) else None
        if not node_words.answers(node):
            return node_words.state(node)
        if not node_words.may_change(node):
            return tr("models may not be put there from here: run tangnet-node grant on it")
        if model is not None and any(one.sha256 == model.sha256 for one in node.models):
            return tr("has it")
        if model is not None and 0 < node.disk_free_bytes < model.bytes:
            return tr("has only {size} free", size=phrases.megabytes(node.disk_free_bytes))
        return ""

    def _show(self) -> None:
        pushing = self._pushing
        running = pushing is not None and pushing.running
        words = self.search.text().lower().split()
        nodes = pushing.nodes if pushing is not None else [*self._nodes.values()]
        rows = [self._row(node) for node in nodes if node_words.matches(node, words)]
        # What can be ticked comes first, otherwise in the order of the list of nodes.
        self.list.rows.replace(rows if pushing is not None else sorted(rows, key=lambda row: row.checked is None))
        count = sum(not self._reason(node) for id, node in self._nodes.items() if id in self._ticked)
        self.line.setText(
            pushing.line if pushing is not None else "" if count else tr("Tick the nodes that shall have it.")
        )
        self.line.setVisible(bool(self.line.text()))
        self._finding.setVisible(len(nodes) > 4 or bool(words))
        self.model.setEnabled(pushing is None)
        for part in (self.all_button, self.rate, self.start_button):
            part.setVisible(pushing is None)
        self.stop_button.setVisible(running)
        self.again_button.setVisible(pushing is not None and not running)
        self.start_button.setEnabled(count > 0)
        self.start_button.setText(tr("&Put it there") if count < 2 else tr("&Put it on {number} nodes", number=count))

    def _row(self, node: NodeInfo) -> Row:
        info = self._pushing.latest.get(node.id) if self._pushing is not None else None
        title = f"{node.name} · {node.zone}" if node.zone else node.name
        if info is not None:
            fraction = info.done / info.total if info.total and not info.ended else None
            dot = {"ready": "good", "failed": "on_error", "unreachable": "on_error"}.get(info.state, "accent")
            return Row(node.id, title, phrases.deployment_line(info), in_language(info.message), dot, fraction)
        if self._pushing is not None:
            return Row(
                node.id, title, tr("waits for its turn") if self._pushing.running else tr("not begun"), "", "muted"
            )
        reason = self._reason(node)
        if reason:
            return Row(node.id, title, reason, "", "muted")
        free = tr("{size} free", size=phrases.megabytes(node.disk_free_bytes)) if node.disk_free_bytes else ""
        parts = [part for part in (free, ", ".join(node.labels), node.hardware) if part]
        return Row(node.id, title, " · ".join(parts), checked=node.id in self._ticked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes; a push goes on."""
        if event.key() == Qt.Key.Key_Escape:
            self.reject()
        else:
            super().keyPressEvent(event)
