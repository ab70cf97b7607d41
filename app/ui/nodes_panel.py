"""The nodes: who they are, what they do now, pairing with them and letting them go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.cluster.routing import pick_model
from app.ui import phrases
from app.ui.bridge import Bridge
from app.ui.chrome import UndoBar
from app.ui.controls import button, label
from app.ui.pairing_dialog import PairingDialog
from app.ui.seam import RuntimeSeam
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.events import NodeInfo

_DOTS = {"ready": "good", "busy": "accent", "loading": "accent", "unreachable": "on_error"}


class NodesPanel(QWidget):
    """Lists the nodes as they change."""

    failed = Signal(object)
    changed = Signal(object)
    """The nodes, each time that something about them changes."""

    def __init__(self, bridge: Bridge, undo: UndoBar) -> None:
        super().__init__()
        self._bridge = bridge
        self._undo = undo
        self._runtime: RuntimeSeam | None = None
        self._nodes: dict[str, NodeInfo] = {}
        self._leaving: set[str] = set()
        self.pairing: PairingDialog | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(
            label(
                "Answers are made by these machines. This one is always there; add others on your network by pairing.",
                tone="muted",
                wrap=True,
            )
        )
        self.list = TwoLineList("Nodes")
        self.list.chosen.connect(self._show_actions)
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_actions())
        self.list.removal_asked.connect(self.unpair)
        column.addWidget(self.list, 1)
        self.detail = label("", tone="muted", wrap=True, scale=0.9)
        column.addWidget(self.detail)
        row = QHBoxLayout()
        self.pair_button = button(
            "&Pair…", kind="primary", glyph="key", name="Pair", description="Pair with the chosen node"
        )
        self.pair_button.clicked.connect(lambda: self.open_pairing(self.list.current_key))
        row.addWidget(self.pair_button)
        self.unpair_button = button(
            "&Unpair", name="Unpair", description="Stop trusting the chosen node", clicked=self._unpair_current
        )
        row.addWidget(self.unpair_button)
        self.address_button = button(
            "By &address…", name="Pair by address", description="Pair with a node by host and port"
        )
        self.address_button.clicked.connect(lambda: self.open_pairing(""))
        row.addWidget(self.address_button)
        row.addStretch()
        column.addLayout(row)
        self.setFocusProxy(self.list)
        self._show_actions()

    @property
    def nodes(self) -> tuple[NodeInfo, ...]:
        """The nodes as last heard of, without those being unpaired."""
        return tuple(node for node in self._nodes.values() if node.name not in self._leaving)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime and follow its nodes."""
        self._runtime = runtime
        self._bridge.stream(runtime.cluster.watch, self.show_nodes, None, self.failed.emit, name="watch nodes")

    def show_nodes(self, nodes: Sequence[NodeInfo]) -> None:
        """Show what is known of the nodes now."""
        self._nodes = {node.id or node.name: node for node in nodes}
        rows = []
        for node in self.nodes:
            title = "This machine" if node.local else node.name
            trust = "" if node.trusted or node.local else ", pairing is open" if node.pairing else ""
            state = phrases.STATE_NAMES.get(node.state, node.state) + trust
            best = pick_model(node)
            chat = best.name if best is not None else ""
            parts = [part for part in (state, chat, phrases.load_line(node)) if part]
            dot = _DOTS.get(node.state, "muted")
            rows.append(Row(node.id or node.name, title, " · ".join(parts), _tooltip(node), dot))
        self.list.rows.replace(rows)
        self._show_actions()
        self.changed.emit(self.nodes)

    def open_pairing(self, key: str) -> None:
        """Ask for the digits of a node, or for its address too when no key is given."""
        if self._runtime is None:
            return
        node = self._nodes.get(key)
        self.pairing = PairingDialog(self._bridge, self._runtime.cluster, node, self.window())
        self.pairing.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.pairing.destroyed.connect(self._forget_dialog)
        self.pairing.open()

    def unpair(self, key: str) -> None:
        """Stop trusting a node; for some seconds that can be undone without pairing again."""
        node = self._nodes.get(key)
        if node is None or node.local or not node.trusted or self._runtime is None:
            return
        cluster = self._runtime.cluster
        self._leaving.add(node.name)
        self.show_nodes(tuple(self._nodes.values()))

        def back(_result: object = None) -> None:
            self._leaving.discard(node.name)
            self.show_nodes(tuple(self._nodes.values()))

        def fail(error: BaseException) -> None:
            back()
            self.failed.emit(error)

        self._undo.offer(
            f"{node.name} is no longer paired.",
            back,
            lambda: self._bridge.run(lambda: cluster.unpair(node.name), back, fail, name="unpair", must_finish=True),
        )

    def _unpair_current(self) -> None:
        self.unpair(self.list.current_key)

    def _show_actions(self, _key: str = "") -> None:
        node = self._nodes.get(self.list.current_key)
        remote = node is not None and not node.local
        self.pair_button.setVisible(remote and node is not None and not node.trusted)
        self.unpair_button.setVisible(remote and node is not None and node.trusted)
        self.detail.setText(_tooltip(node) if node is not None else "")
        self.detail.setVisible(node is not None)

    def _forget_dialog(self) -> None:
        self.pairing = None


def _tooltip(node: NodeInfo) -> str:
    from nodeworker.protocol.identity import fingerprint

    lines = [node.hardware] if node.hardware else []
    if node.address and not node.local:
        lines.append(f"Address {node.address}")
    if node.zone:
        lines.append(f"Zone {node.zone}")
    if node.id and not node.local:
        lines.append(f"Key {fingerprint(node.id)}")
    names = ", ".join(model.name for model in node.models)
    if names:
        lines.append(f"Models: {names}")
    if node.simulated:
        lines.append("This node is simulated.")
    return "\n".join(lines)
