"""What can be done with a paired node beside asking it: let it rest or wake it, name it, say where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui import node_words, phrases
from app.ui.bridge import Bridge, Handle
from app.ui.chrome import UndoBar
from app.ui.controls import Choice, button, frame, label
from app.ui.seam_upkeep import UpkeepSeam
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import NodeInfo

LONGEST = 40
"""Characters of a name or zone, as `app.cluster.upkeep` takes them."""


class NodeDeeds(QObject):
    """Two buttons for the chosen node; what goes wrong is told to `failed`."""

    def __init__(self, bridge: Bridge, undo: UndoBar, failed: Callable[[BaseException], object]) -> None:
        super().__init__()
        self._bridge = bridge
        self._undo = undo
        self._failed = failed
        self._upkeep: UpkeepSeam | None = None
        self._node: NodeInfo | None = None
        self._zones: tuple[str, ...] = ()
        self.dialog: NameDialog | None = None
        self.pi_dialog: QDialog | None = None
        self.add_button = button(
            tr("&Add a Raspberry Pi…"), name=tr("Add a Raspberry Pi"),
            description=tr("Write the files for its SD card, or the commands for one that runs"), clicked=self.add_pi,
        )  # fmt: skip
        self.names: tuple[str, ...] = ()
        """Of all nodes, so that a new one gets another."""
        self.rest_button = button(tr("&Rest"), name=tr("Rest"), clicked=self._rest)
        self.name_button = button(
            tr("&Name and zone…"), name=tr("Name and zone"),
            description=tr("Call this node something else here, or say where it stands"), clicked=self.open_naming,
        )  # fmt: skip

    def attach(self, upkeep: UpkeepSeam) -> None:
        """Take what does it."""
        self._upkeep = upkeep

    def show_node(self, node: NodeInfo | None, zones: tuple[str, ...]) -> None:
        """Offer what can be done with `node`; `zones` are those that there are."""
        self._node, self._zones = node, zones
        paired = node is not None and node.trusted and not node.local
        self.name_button.setVisible(paired)
        may = node is not None and node_words.may_change(node) and node_words.answers(node)
        self.rest_button.setVisible(may and node is not None and (node.resting or node.state != "draining"))
        if node is not None and may:
            text = tr("&Wake") if node.resting else tr("&Rest")
            if self.rest_button.text() != text:
                self.rest_button.setText(text)
                self.rest_button.setAccessibleName(text.replace("&", ""))
                said = (
                    tr("The node takes new work again")
                    if node.resting
                    else tr("The node takes no new work from anybody; what runs there goes on")
                )
                self.rest_button.setToolTip(said)
                self.rest_button.setAccessibleDescription(said)

    def add_pi(self) -> None:
        """Make a node of a Raspberry Pi."""
        if self._upkeep is None:
            return
        from app.ui.cluster_pi import PiDialog

        self.pi_dialog = PiDialog(self._bridge, self._upkeep, self.names, self._zones, self.add_button.window())
        self.pi_dialog.finished.connect(self._forget_pi)
        self.pi_dialog.open()

    def _forget_pi(self) -> None:
        if self.pi_dialog is not None:
            self.pi_dialog.deleteLater()
            self.pi_dialog = None

    def open_naming(self) -> None:
        """Ask for name and zone of the chosen node."""
        if self._node is None or self._upkeep is None:
            return
        self.dialog = NameDialog(self._bridge, self._upkeep, self._node, self._zones, self.name_button.window())
        self.dialog.finished.connect(self._forget)
        self.dialog.open()

    def _rest(self) -> None:
        node, upkeep = self._node, self._upkeep
        if node is None or upkeep is None:
            return
        resting = not node.resting

        def told(_info: object) -> None:
            self.rest_button.setEnabled(True)
            if resting:
                self._undo.offer(
                    tr("{name} takes no new work.", name=node.name),
                    lambda: self._bridge.run(lambda: upkeep.rest(node.id, False), None, self._failed, name="wake node"),
                )

        def fail(error: BaseException) -> None:
            self.rest_button.setEnabled(True)
            self._failed(error)

        self.rest_button.setEnabled(False)
        self._bridge.run(lambda: upkeep.rest(node.id, resting), told, fail, name="let node rest")

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


class NameDialog(QDialog):
    """Asks what a node is called here and where it stands."""

    def __init__(
        self, bridge: Bridge, upkeep: UpkeepSeam, node: NodeInfo, zones: tuple[str, ...], parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._upkeep = upkeep
        self._node = node
        self._handle: Handle | None = None
        self.save_button = button(tr("&Save"), kind="primary", clicked=self._save)
        self.setWindowTitle(tr("Name and zone of {name}", name=node.name))
        self.setMinimumWidth(420)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XL, SPACE.XL, SPACE.XL, SPACE.L)
        column.setSpacing(SPACE.M)
        column.addWidget(label(self.windowTitle(), scale=TYPE.TITLE, weight=QFont.Weight.DemiBold, wrap=True))
        column.addWidget(label(tr("As it is called on this machine:"), tone="muted"))
        self.name = QLineEdit(node.name)
        self.name.setMaxLength(LONGEST)
        self.name.setAccessibleName(tr("Name"))
        self.name.textChanged.connect(lambda text: self.save_button.setEnabled(bool(text.strip())))
        column.addWidget(self.name)
        column.addWidget(label(tr("Where it stands; empty: where it says itself:"), tone="muted"))
        self.zone = Choice()
        self.zone.setEditable(True)
        self.zone.addItems(sorted(zones))
        self.zone.setCurrentText(node.zone)
        self.zone.setAccessibleName(tr("Zone"))
        column.addWidget(self.zone)
        column.addWidget(
            label(
                tr("Rules about documents speak of zones: the zone decides which of your documents the node may see."),
                tone="muted",
                scale=TYPE.SMALL,
                wrap=True,
            )
        )
        self.problem = frame("error")
        inside = QVBoxLayout(self.problem)
        inside.setContentsMargins(SPACE.M, SPACE.S, SPACE.M, SPACE.S)
        self.problem_text = label("", wrap=True)
        inside.addWidget(self.problem_text)
        self.problem.hide()
        column.addWidget(self.problem)
        row = QHBoxLayout()
        row.addStretch()
        cancel = button(tr("Cancel"), clicked=self.reject)
        cancel.setAutoDefault(False)
        row.addWidget(cancel)
        self.save_button.setDefault(True)
        row.addWidget(self.save_button)
        column.addLayout(row)
        self.name.selectAll()
        self.name.setFocus()

    def done(self, result: int) -> None:
        """Close; what is being saved is given up."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        super().done(result)

    def _save(self) -> None:
        id, name, zone = self._node.id, self.name.text(), self.zone.currentText()
        self.problem.hide()
        self.save_button.setEnabled(False)
        self._handle = self._bridge.run(
            lambda: self._upkeep.relabel(id, name, zone), self._saved, self._fail, name="name node"
        )

    def _saved(self, _info: object) -> None:
        self._handle = None
        self.accept()

    def _fail(self, error: BaseException) -> None:
        self._handle = None
        self.save_button.setEnabled(True)
        self.problem_text.setText(" ".join(part for part in phrases.trouble(error) if part))
        self.problem.show()
        QTimer.singleShot(0, self, self.adjustSize)  # once the sentence is laid out
        if phrases.is_bug(error):
            self._bridge.failed.emit(error)
