"""The nodes: who they are, what they do now, finding one among many, pairing with them and letting them go."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.ui import node_words, phrases
from app.ui.bridge import Bridge
from app.ui.chrome import UndoBar
from app.ui.controls import button, label
from app.ui.seam import RuntimeSeam
from app.ui.search_field import SearchField
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.events import DeploymentInfo, NodeInfo
    from app.ui.node_card import NodeCard
    from app.ui.pairing_dialog import PairingDialog

SOON_MS = 200
"""After news of models on their way the list is brought up to date."""


class NodesPanel(QWidget):
    """Lists the nodes as they change. What is in it is built when it is shown for the first time."""

    failed = Signal(object)
    changed = Signal(object)
    """The nodes, each time that something about them changes."""
    models_asked = Signal(str)
    """Key of a node that a model shall be put on."""

    list: TwoLineList
    card: NodeCard
    search: SearchField
    zones_toggle: QPushButton
    pair_button: QPushButton
    unpair_button: QPushButton
    """These come with the first showing."""

    def __init__(self, bridge: Bridge, undo: UndoBar) -> None:
        super().__init__()
        self._bridge = bridge
        self._undo = undo
        self._runtime: RuntimeSeam | None = None
        self._nodes: dict[str, NodeInfo] = {}
        self._rows: dict[str, tuple[NodeInfo, float | None, Row]] = {}
        """The row of each node beside what it was made of."""
        self._deployments: dict[str, list[DeploymentInfo]] = {}
        """Models on their way or there, by node."""
        self._leaving: set[str] = set()
        self._pairing_since: dict[str, float] = {}
        """When pairing was seen to open, by key; time.monotonic()."""
        self._built = False
        self.pairing: PairingDialog | None = None
        # A hundred nodes that fetch tell it more often than anybody can read.
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._refresh_shown)

    @property
    def nodes(self) -> tuple[NodeInfo, ...]:
        """The nodes as last heard of, without those being unpaired."""
        return tuple(node for key, node in self._nodes.items() if key not in self._leaving)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime and follow its nodes."""
        self._runtime = runtime
        self._bridge.stream(runtime.cluster.watch, self.show_nodes, None, self.failed.emit, name="watch nodes")
        self._follow_deployments()

    def showEvent(self, event: QShowEvent) -> None:
        """Build what is in the panel, and catch up: a hidden panel takes no notice of the nodes."""
        super().showEvent(event)
        if not self._built:
            self._build()
            self._built = True
            self._follow_deployments()
        self._refresh()

    def show_nodes(self, nodes: Sequence[NodeInfo]) -> None:
        """Show what is known of the nodes now."""
        before, self._nodes = self._nodes, {node.id or node.name: node for node in nodes}
        for key, node in self._nodes.items():
            known = before.get(key)
            if not node.pairing:
                self._pairing_since.pop(key, None)
            elif known is not None and not known.pairing:
                self._pairing_since[key] = time.monotonic()
        self._refresh_shown()
        self.changed.emit(self.nodes)

    def show_deployments(self, deployments: Sequence[DeploymentInfo]) -> None:
        """Show how far models are on their way to nodes."""
        self._deployments = {}
        for info in deployments:
            self._deployments.setdefault(info.node_id, []).append(info)
        if not self._soon.isActive():
            self._soon.start()

    def open_pairing(self, key: str) -> None:
        """Ask for the digits of a node, or for its address too when no key is given."""
        if self._runtime is None:
            return
        from app.ui.pairing_dialog import PairingDialog

        self.pairing = PairingDialog(
            self._bridge,
            self._runtime.cluster,
            self._nodes.get(key),
            self.window(),
            opened_at=self._pairing_since.get(key),
        )
        self.pairing.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.pairing.destroyed.connect(self._forget_dialog)
        self.pairing.unpair_asked.connect(self._distrust)
        self.pairing.open()

    def unpair(self, key: str) -> None:
        """Stop trusting a node; for some seconds that can be undone without pairing again."""
        node = self._nodes.get(key)
        if node is None or node.local or not node.trusted or key in self._leaving or self._runtime is None:
            return
        cluster = self._runtime.cluster
        self._undo.settle()  # before this one counts as leaving: what it makes final shows the nodes anew
        self._leaving.add(key)
        self._refresh()
        self.changed.emit(self.nodes)

        def back(_result: object = None) -> None:
            self._leaving.discard(key)
            self._refresh()
            self.changed.emit(self.nodes)

        def fail(error: BaseException) -> None:
            back()
            self.failed.emit(error)

        self._undo.offer(
            f"{node.name} is no longer paired.",
            back,
            lambda: self._bridge.run(lambda: cluster.unpair(node.id), back, fail, name="unpair", must_finish=True),
        )

    def _distrust(self, node: NodeInfo) -> None:
        """Unpair for good: somebody may sit between the machines, so there is nothing to undo."""
        if self._runtime is not None:
            cluster = self._runtime.cluster
            self._bridge.run(lambda: cluster.unpair(node.id), None, self.failed.emit, name="unpair", must_finish=True)

    def _build(self) -> None:
        from app.ui.node_card import NodeCard

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._alone = label(
            "Answers are made by these machines. This one is always there; add others on your network by pairing.",
            tone="muted",
            wrap=True,
        )
        column.addWidget(self._alone)
        self._finding = QWidget()
        row = QHBoxLayout(self._finding)
        row.setContentsMargins(0, 0, 0, 0)
        self.search = SearchField(
            "Search nodes", "By name, zone, label, model, address, or state such as “not reached” or “heat”"
        )
        self.search.textChanged.connect(lambda _text: self._refresh())
        self.search.down.connect(lambda: self.list.setFocus())
        row.addWidget(self.search, 1)
        self.zones_toggle = button("By zone", kind="toggle", description="Put the nodes of each zone together")
        self.zones_toggle.setCheckable(True)
        self.zones_toggle.setChecked(True)
        self.zones_toggle.toggled.connect(lambda _on: self._refresh())
        row.addWidget(self.zones_toggle)
        column.addWidget(self._finding)
        self.summary = label("", tone="muted", scale=0.9)
        column.addWidget(self.summary)
        self.list = TwoLineList("Nodes", headings=True)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_current())
        self.list.removal_asked.connect(self.unpair)
        self.card = NodeCard()
        self.card.hide()
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setHandleWidth(9)
        parts.setProperty("kind", "quiet")
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.list)
        parts.addWidget(self.card)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 2)
        parts.setSizes([300, 260])
        column.addWidget(parts, 1)
        row = QHBoxLayout()
        self.pair_button = button(
            "&Pair…", kind="primary", glyph="key", name="Pair", description="Pair with the chosen node"
        )
        self.pair_button.clicked.connect(lambda: self.open_pairing(self.list.current_key))
        row.addWidget(self.pair_button)
        self.unpair_button = button(
            "&Unpair", name="Unpair", description="Stop trusting the chosen node (Delete)", clicked=self._unpair_current
        )
        row.addWidget(self.unpair_button)
        self.models_button = button(
            "&Models…", name="Put a model on this node", description="Put a model of this machine on the chosen node"
        )
        self.models_button.clicked.connect(lambda: self.models_asked.emit(self.list.current_key))
        row.addWidget(self.models_button)
        self.address_button = button(
            "By &address…", name="Pair by address", description="Pair with a node by host and port, or by its link"
        )
        self.address_button.clicked.connect(lambda: self.open_pairing(""))
        row.addWidget(self.address_button)
        row.addStretch()
        column.addLayout(row)
        self.setFocusProxy(self.list)

    def _refresh_shown(self) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        """Bring the list up to date: rows of nodes that said nothing new are the same ones."""
        if not self._built:
            return
        words = self.search.text().lower().split()
        every = sorted(self.nodes, key=lambda node: _natural(node.name))
        found = [node for node in every if node_words.matches(node, words)]
        groups = node_words.grouped(found)
        zones = {node.zone for node in every if node.trusted and not node.local}
        self.zones_toggle.setVisible(len(zones) > 1)
        named = (len(zones) > 1 and self.zones_toggle.isChecked()) or bool(words)
        rows = []
        if named:
            for name, nodes in groups:
                if name:
                    rows.append(Row(f"zone {name}", node_words.heading(name, nodes), heading=True))
                rows += [self._row(node) for node in nodes]
        else:
            ordered = sorted(found, key=lambda node: (not node.local, not node.trusted))
            rows = [self._row(node) for node in ordered]
        self.list.rows.replace(rows)
        for key in [key for key in self._rows if key not in self._nodes]:
            del self._rows[key]
        several = len(every) > 1
        self._alone.setVisible(not several)
        self._finding.setVisible(len(every) > 4 or bool(words))
        summary = node_words.summary(every, len(found))
        self.summary.setVisible(several and bool(summary))
        if self.summary.text() != summary:
            self.summary.setText(summary)
        self._show_current()

    def _row(self, node: NodeInfo) -> Row:
        key = node.id or node.name
        fraction = node_words.coming(self._deployments.get(key, ()))
        made = self._rows.get(key)
        if made is None or made[0] is not node or made[1] != fraction:
            line = node_words.line(node)
            if fraction is not None:
                line = f"model {round(fraction * 100)} % there · {line}"
            tip = " · ".join(part for part in (node_words.machine(node), node.hardware, node.address) if part)
            row = Row(key, node_words.title(node), line, tip, node_words.dot(node), fraction)
            made = self._rows[key] = (node, fraction, row)
        return made[2]

    def _unpair_current(self) -> None:
        self.unpair(self.list.current_key)

    def _show_current(self) -> None:
        node = self._nodes.get(self.list.current_key)
        remote = node is not None and not node.local
        refused = remote and node is not None and node.state == "unpaired"
        self.pair_button.setVisible(remote and node is not None and (not node.trusted or refused))
        self.unpair_button.setVisible(remote and node is not None and node.trusted)
        self.card.setVisible(node is not None)
        if node is not None and self._runtime is not None:
            error = self._runtime.cluster.prediction_error(node.id)
            self.card.show_node(node, error, self._deployments.get(node.id, ()))
            self.models_button.setVisible(remote and node_words.may_change(node) and node_words.answers(node))
        else:
            self.models_button.hide()

    def _follow_deployments(self) -> None:
        if self._runtime is None or not self._built:
            return

        def fail(error: BaseException) -> None:
            if phrases.is_bug(error):
                self.failed.emit(error)

        self._bridge.stream(self._runtime.cluster.deployments, self.show_deployments, None, fail, name="deployments")

    def _forget_dialog(self) -> None:
        self.pairing = None


@lru_cache(maxsize=2048)
def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return what names are sorted by, so that pi-2 comes before pi-10."""
    parts = re.split(r"(\d{1,18})", name.lower())
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)
