"""The nodes: who they are, what they do now, finding one among many, pairing with them and letting them go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui import cluster_tiles, node_words, phrases
from app.ui.bridge import Bridge
from app.ui.chrome import UndoBar
from app.ui.controls import button, label
from app.ui.seam import RuntimeSeam
from app.ui.search_field import SearchField
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.cluster.history import Past
    from app.events import DeploymentInfo, NodeInfo
    from app.ui.cluster_charts import ClusterCharts
    from app.ui.cluster_deeds import NodeDeeds
    from app.ui.cluster_map import ClusterMap
    from app.ui.cluster_past import PastSource
    from app.ui.cluster_tiles import Tile, Trail
    from app.ui.node_card import NodeCard
    from app.ui.pairing_dialog import PairingDialog

SOON_MS = 200
"""After news of models on their way the list is brought up to date."""
FIGURES_MS = 1000
"""Figures of nodes are brought up to date so often; a state is at once."""
CARD_WIDTH = 340
SEARCH_WIDTH = 320


class NodesPanel(QWidget):
    """Lists the nodes as they change. What is in it is built when it is shown for the first time."""

    failed = Signal(object)
    changed = Signal(object)
    """The nodes, each time that something about them changes."""
    models_asked = Signal(str)
    """Key of a node that a model shall be put on."""

    deeds: NodeDeeds
    past: PastSource
    map: ClusterMap
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
        self._tiles: dict[str, tuple[NodeInfo, Trail, Tile]] = {}
        """The tile of each node beside what it was made of."""
        self.shown = "map"
        """How the nodes are looked at: map, list or charts."""
        self.charts: ClusterCharts | None = None
        self._built = False
        self.pairing: PairingDialog | None = None
        # A hundred nodes that fetch tell it more often than anybody can read.
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._refresh_shown)
        self._tell_soon = QTimer(self, singleShot=True, interval=FIGURES_MS)
        self._tell_soon.timeout.connect(self._tell_now)
        self._standings: dict[str, tuple[object, ...]] = {}
        """What is shown of each node at once when it changes."""

    @property
    def nodes(self) -> tuple[NodeInfo, ...]:
        """The nodes as last heard of, without those being unpaired."""
        return tuple(node for key, node in self._nodes.items() if key not in self._leaving)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime and follow its nodes."""
        self._runtime = runtime
        self._bridge.stream(runtime.cluster.watch, self.show_nodes, None, self.failed.emit, name="watch nodes")
        self._follow_deployments()
        self._attach_parts()

    def showEvent(self, event: QShowEvent) -> None:
        """Build what is in the panel, and catch up: a hidden panel takes no notice of the nodes."""
        super().showEvent(event)
        if not self._built:
            self._build()
            self._built = True
            self._follow_deployments()
            self._attach_parts()
        self.past.start()
        self._refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Go on to the nodes; with a focus proxy instead Tab would jump over what stands above them."""
        super().focusInEvent(event)
        if self._built:
            self._to_nodes()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks at the last hour now."""
        super().hideEvent(event)
        if self._built:
            self.past.stop()

    def show_nodes(self, nodes: Sequence[NodeInfo]) -> None:
        """Show what is known of the nodes now."""
        before, self._nodes = self._nodes, {node.id or node.name: node for node in nodes}
        for key, node in self._nodes.items():
            known = before.get(key)
            if not node.pairing:
                self._pairing_since.pop(key, None)
            elif known is not None and not known.pairing:
                self._pairing_since[key] = time.monotonic()
        standings = {key: node_words.standing(node) for key, node in self._nodes.items()}
        if standings != self._standings:
            self._standings = standings
            self._tell_soon.stop()
            self._tell_now()
        elif not self._tell_soon.isActive():
            self._tell_soon.start()  # figures alone change every second with each of a hundred nodes

    def _tell_now(self) -> None:
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
            tr("{name} is no longer paired.", name=node.name),
            back,
            lambda: self._bridge.run(lambda: cluster.unpair(node.id), back, fail, name="unpair", must_finish=True),
        )

    def _distrust(self, node: NodeInfo) -> None:
        """Unpair for good: somebody may sit between the machines, so there is nothing to undo."""
        if self._runtime is not None:
            cluster = self._runtime.cluster
            self._bridge.run(lambda: cluster.unpair(node.id), None, self.failed.emit, name="unpair", must_finish=True)

    def _attach_parts(self) -> None:
        if self._runtime is not None and self._built:
            self.past.attach(self._runtime.cluster.upkeep)
            self.deeds.attach(self._runtime.cluster.upkeep)

    def _build(self) -> None:
        from app.ui.cluster_deeds import NodeDeeds
        from app.ui.cluster_map import ClusterMap
        from app.ui.cluster_past import PastSource
        from app.ui.node_card import NodeCard

        self.past = PastSource(self._bridge, self)
        self.past.came.connect(self._show_past)
        self.past.failed.connect(self.failed)
        self.deeds = NodeDeeds(self._bridge, self._undo, self.failed.emit)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.M)
        self._alone = label(
            tr("Answers are made by these machines. This one is always there; add others on your network by pairing."),
            tone="muted",
            wrap=True,
        )
        column.addWidget(self._alone)
        column.addLayout(self._finding_row())
        self.summary = label("", tone="muted", scale=TYPE.SMALL)
        column.addWidget(self.summary)
        self.list = TwoLineList(tr("Nodes"), headings=True)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_current())
        self.list.removal_asked.connect(self.unpair)
        self.map = ClusterMap(self.list.rows, tr("Map of the nodes"))
        self.map.setSelectionModel(self.list.selectionModel())
        self.map.removal_asked.connect(self.unpair)
        self._views = QStackedWidget()
        self._views.addWidget(self.map)
        self._views.addWidget(self.list)
        self.card = NodeCard()
        self.card.hide()
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setHandleWidth(SPACE.M)
        parts.setProperty("kind", "quiet")
        parts.setChildrenCollapsible(False)
        parts.addWidget(self._views)
        parts.addWidget(self.card)
        parts.setStretchFactor(0, 1)
        parts.setSizes([640, CARD_WIDTH])
        self._whole = QStackedWidget()
        self._whole.addWidget(parts)
        column.addWidget(self._whole, 1)
        column.addLayout(self._deeds_row())
        self.look("map")

    def _finding_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.looks: dict[str, QPushButton] = {}
        for name, text, description in (
            ("map", tr("&Map"), tr("Nodes as a picture, zone by zone")),
            ("list", tr("&List"), tr("Nodes as a list")),
            ("charts", tr("&Charts"), tr("What all nodes together did in the last hour")),
        ):
            made = button(text, kind="toggle", description=description)
            made.setCheckable(True)
            made.clicked.connect(lambda _on, name=name: self.look(name))
            row.addWidget(made)
            self.looks[name] = made
        self.search = SearchField(
            tr("Search nodes"), tr("By name, zone, label, model, address, or state such as “not reached” or “heat”")
        )
        self.search.setMaximumWidth(SEARCH_WIDTH)
        self.search.textChanged.connect(lambda _text: self._refresh())
        self.search.down.connect(self._to_nodes)
        row.addWidget(self.search, 1)
        self.zones_toggle = button(tr("By zone"), kind="toggle", description=tr("Put the nodes of each zone together"))
        self.zones_toggle.setCheckable(True)
        self.zones_toggle.setChecked(True)
        self.zones_toggle.toggled.connect(lambda _on: self._refresh())
        row.addWidget(self.zones_toggle)
        row.addStretch()
        self.address_button = button(
            tr("Pair by &address…"), name=tr("Pair by address"),
            description=tr("Pair with a node by host and port, or by its link"),
        )  # fmt: skip
        self.address_button.clicked.connect(lambda: self.open_pairing(""))
        row.addWidget(self.address_button)
        row.addWidget(self.deeds.add_button)
        return row

    def _deeds_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.pair_button = button(
            tr("&Pair…"), kind="primary", glyph="key", name=tr("Pair"), description=tr("Pair with the chosen node")
        )
        self.pair_button.clicked.connect(lambda: self.open_pairing(self.list.current_key))
        self.models_button = button(
            tr("&Models…"), name=tr("Put a model on this node"),
            description=tr("Put a model of this machine on the chosen node"),
        )  # fmt: skip
        self.models_button.clicked.connect(lambda: self.models_asked.emit(self.list.current_key))
        self.unpair_button = button(
            tr("&Unpair"), name=tr("Unpair"), description=tr("Stop trusting the chosen node (Delete)"),
            clicked=self._unpair_current,
        )  # fmt: skip
        for part in (self.pair_button, self.models_button, self.deeds.rest_button, self.deeds.name_button):
            row.addWidget(part)
        row.addStretch()
        row.addWidget(self.unpair_button)
        return row

    def look(self, name: str) -> None:
        """Show the nodes as "map" or "list", or the "charts" of all of them."""
        self.shown = name
        for other, made in self.looks.items():
            made.setChecked(other == name)
        if name == "charts":
            if self.charts is None:
                from app.ui.cluster_charts import ClusterCharts

                self.charts = ClusterCharts(self._bridge)
                self._whole.addWidget(self.charts)
            self._whole.setCurrentWidget(self.charts)
            self.charts.show_past(self.past.past)
        else:
            self._views.setCurrentWidget(self.map if name == "map" else self.list)
            self._whole.setCurrentIndex(0)
        self._refresh()

    def _to_nodes(self) -> None:
        (self.map if self.shown == "map" else self.list).setFocus()

    def _show_past(self, past: Past) -> None:
        if self.shown == "charts" and self.charts is not None:
            self.charts.show_past(past)
        elif self.shown == "map":
            self._show_tiles()

    def _show_tiles(self) -> None:
        rates = self.past.past.rates or {}
        tiles = {}
        for node in self.nodes:
            key = node.id or node.name
            trail = rates.get(node.id, ())
            made = self._tiles.get(key)
            if made is None or made[0] is not node or made[1] != trail or made[2].stale:
                made = self._tiles[key] = (node, trail, cluster_tiles.tile(node, trail))
            tiles[key] = made[2]
        for key in self._tiles.keys() - tiles.keys():
            del self._tiles[key]
        self.map.show_tiles(tiles)

    def _refresh_shown(self) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        """Bring the list up to date: rows of nodes that said nothing new are the same ones."""
        if not self._built:
            return
        words = self.search.text().lower().split()
        every = sorted(self.nodes, key=lambda node: node_words.natural(node.name))
        found = [node for node in every if node_words.matches(node, words)]
        groups = node_words.grouped(found)
        zones = {node.zone for node in every if node.trusted and not node.local}
        self.zones_toggle.setVisible(len(zones) > 1 and self.shown == "list")
        by_zone = self.shown == "map" or (len(zones) > 1 and self.zones_toggle.isChecked())
        named = (by_zone and len(groups) > 1) or bool(words)
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
        self.search.setVisible(self.shown != "charts" and (len(every) > 4 or bool(words)))
        summary = node_words.summary(every, len(found))
        self.summary.setVisible(several and bool(summary))
        if self.summary.text() != summary:
            self.summary.setText(summary)
        if self.shown == "map":
            self._show_tiles()
        self._show_current()

    def _row(self, node: NodeInfo) -> Row:
        key = node.id or node.name
        fraction = node_words.coming(self._deployments.get(key, ()))
        made = self._rows.get(key)
        if made is None or made[0] is not node or made[1] != fraction:
            line = node_words.line(node)
            if fraction is not None:
                line = tr("model {share} % there · {line}", share=round(fraction * 100), line=line)
            tip = " · ".join(part for part in (node_words.machine(node), node.hardware, node.address) if part)
            row = Row(key, node_words.title(node), line, tip, node_words.dot(node), fraction)
            made = self._rows[key] = (node, fraction, row)
        return made[2]

    def _unpair_current(self) -> None:
        self.unpair(self.list.current_key)

    def _show_current(self) -> None:
        node = self._nodes.get(self.list.current_key)
        if self.shown == "charts":
            node = None
        self.deeds.names = tuple(other.name for other in self._nodes.values())
        self.deeds.show_node(node, tuple({other.zone for other in self._nodes.values() if other.zone}))
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
