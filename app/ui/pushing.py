"""A model on its way to nodes: goes on while no dialog shows it, and can be stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui import phrases
from app.ui.bridge import Bridge, Handle
from app.ui.seam import ClusterSeam
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import DeploymentInfo, ModelInfo, NodeInfo

SOON_MS = 150
"""From a piece of news to `changed`."""


class Pushing(QObject):
    """Runs from `start` until `ended`; `problem` is then "" or says in a sentence what went wrong."""

    changed = Signal()
    ended = Signal()

    def __init__(
        self, bridge: Bridge, cluster: ClusterSeam, model: ModelInfo, nodes: Sequence[NodeInfo], rate: float
    ) -> None:
        """`rate`: MB/s that each node may fetch with; 0 = no cap."""
        super().__init__()
        self._bridge = bridge
        self._cluster = cluster
        self._handle: Handle | None = None
        self.model = model
        self.nodes = tuple(nodes)
        self.rate = rate
        self.latest: dict[str, DeploymentInfo] = {}
        """The newest word on each node, by id; "local" is this machine, which prepares the model."""
        self.running = False
        self.stopped = False
        self.problem = ""
        # A hundred nodes tell more often than anybody can read.
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.changed)

    @property
    def line(self) -> str:
        """How far it is, in one line."""
        if self.problem:
            return self.problem
        line = phrases.pushing_line(self.model.name, [*self.latest.values()], len(self.nodes))
        return tr("Stopped. {line}; what has come is kept.", line=line) if self.stopped else line

    @property
    def fraction(self) -> float:
        """How much of all bytes is there, 0 to 1."""
        there = sum(info.done for id, info in self.latest.items() if id != "local")
        return there / (max(self.model.bytes, 1) * max(len(self.nodes), 1))

    def start(self) -> None:
        """Begin."""
        self.running = True
        model = self.model.sha256 or self.model.name
        self._handle = self._bridge.stream(
            lambda: self._cluster.deploy(model, self.nodes, rate=self.rate),
            self._told,
            self._rest,
            self._fail,
            name="put model on nodes",
        )

    def stop(self) -> None:
        """Stop giving; nodes keep what they have."""
        if self.running and self._handle is not None:
            self._handle.cancel()
            self.stopped = True
            self._rest()

    def _told(self, info: DeploymentInfo) -> None:
        self.latest[info.node_id] = info
        if not self._soon.isActive():
            self._soon.start()

    def _fail(self, error: BaseException) -> None:
        self.problem = " ".join(phrases.trouble(error)).strip()
        if phrases.is_bug(error):
            self._bridge.failed.emit(error)
        self._rest()

    def _rest(self) -> None:
        self.running = False
        self._soon.stop()
        self.changed.emit()
        self.ended.emit()
