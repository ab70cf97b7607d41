"""The models: how far loading is, whether the present one can be trusted, and fetching a better one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.ui import phrases
from app.ui.bridge import Bridge, Handle
from app.ui.controls import Choice, button, frame, label
from app.ui.core_words import in_language
from app.ui.progress import Progress
from app.ui.seam import RuntimeSeam
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import EngineInfo, ModelInfo, NodeInfo
    from app.thinking import ModelProgress
    from app.ui.deploy_dialog import DeployDialog
    from app.ui.push_row import PushRow
    from app.ui.pushing import Pushing

ROLES = ("chat", "embed", "transcribe")
MOST_ADVICE = 3
"""Machines that are named on the first page; the page of models names all."""


def _what(role: str) -> str:
    known = {"chat": tr("Answering"), "embed": tr("Searching documents"), "transcribe": tr("Understanding speech")}
    return known[role]


def _state(name: str) -> str:
    known = {
        "idle": tr("waiting"), "loading": tr("loading"), "ready": tr("ready"), "failed": tr("failed"),
    }  # fmt: skip
    return known.get(name, name)


class ModelsCard(QFrame):
    """Warms the engines of this machine in the background and shows it."""

    failed = Signal(object)
    engines_changed = Signal(object)
    came = Signal(str, str)
    """A model was fetched or put on nodes: its name, and "" or what went wrong."""
    page_asked = Signal()
    """Show all models."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self._bridge = bridge
        self._runtime: RuntimeSeam | None = None
        self._fetching: Handle | None = None
        self._samples: list[tuple[float, int]] = []
        self._choices: list[ModelInfo] = []
        self._models: tuple[ModelInfo, ...] = ()
        """Here, on nodes and in the catalogue."""
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.L, SPACE.L, SPACE.L, SPACE.L)
        column.setSpacing(SPACE.S)
        self.title = label(tr("Getting ready on this machine"), weight=QFont.Weight.DemiBold)
        column.addWidget(self.title)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE.M)
        grid.setVerticalSpacing(SPACE.S)
        grid.setColumnStretch(1, 1)
        self.rows: dict[str, tuple[QProgressBar, QLabel]] = {}
        for at, role in enumerate(ROLES):
            grid.addWidget(label(_what(role)), at, 0)
            bar = QProgressBar()
            bar.setTextVisible(False)
            bar.setRange(0, 1000)
            bar.setAccessibleName(_what(role))
            grid.addWidget(bar, at, 1)
            state = label(tr("waiting"), tone="muted", scale=TYPE.SMALL)
            grid.addWidget(state, at, 2, Qt.AlignmentFlag.AlignRight)
            self.rows[role] = (bar, state)
        column.addLayout(grid)
        self.problem = label("", wrap=True, tone="error", scale=TYPE.SMALL)
        self.problem.hide()
        column.addWidget(self.problem)
        self.weak = frame("notice")
        inside = QVBoxLayout(self.weak)
        inside.setContentsMargins(SPACE.M, SPACE.M, SPACE.M, SPACE.M)
        inside.setSpacing(SPACE.S)
        self.weak_text = label("", wrap=True)
        inside.addWidget(self.weak_text)
        self.advice_text = label("", wrap=True)
        self.advice_text.hide()
        inside.addWidget(self.advice_text)
        self.choose_row = QWidget()
        choose = QHBoxLayout(self.choose_row)
        choose.setContentsMargins(0, 0, 0, 0)
        self.choice = Choice()
        self.choice.setAccessibleName(tr("Model to fetch"))
        self.choice.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(12)
        choose.addWidget(self.choice, 1)
        self.fetch_button = button(
            tr("&Get better model"), kind="primary", clicked=self.fetch,
            description=tr("Download the chosen model: this opens a connection outside your network"),
        )  # fmt: skip
        choose.addWidget(self.fetch_button)
        self.page_button = button(tr("All mo&dels…"), description=tr("What is installed where, and other ways to add"))
        self.page_button.clicked.connect(lambda: self.page_asked.emit())
        choose.addWidget(self.page_button)
        inside.addWidget(self.choose_row)
        self.fetch_row = QWidget()
        fetch = QVBoxLayout(self.fetch_row)
        fetch.setContentsMargins(0, 0, 0, 0)
        line = QHBoxLayout()
        self.fetch_text = label("", wrap=True)
        line.addWidget(self.fetch_text, 1)
        self.cancel_button = button(
            tr("Cancel"),
            name=tr("Cancel download"),
            description=tr("Stop; what has come is kept and continued later"),
        )
        self.cancel_button.clicked.connect(self.cancel)
        line.addWidget(self.cancel_button)
        fetch.addLayout(line)
        self.fetch_bar = Progress()
        self.fetch_bar.setTextVisible(False)
        self.fetch_bar.setAccessibleName(tr("Download"))
        fetch.addWidget(self.fetch_bar)
        self.fetch_row.hide()
        inside.addWidget(self.fetch_row)
        self.weak.hide()
        column.addWidget(self.weak)
        self._column = column
        self._nodes: tuple[NodeInfo, ...] = ()
        self.pushing: Pushing | None = None
        self.push_row: PushRow | None = None
        """Built when there is a node that a model could be put on."""
        self.dialog: DeployDialog | None = None

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime and begin to load the engines."""
        self._runtime = runtime
        self._warm()

    def show_engines(self, engines: Sequence[EngineInfo]) -> None:
        """Show how far each engine is."""
        problems = []
        for one in engines:
            if one.role not in self.rows:
                continue
            bar, state = self.rows[one.role]
            fraction = 1.0 if one.state == "ready" else one.progress if one.state == "loading" else 0.0
            bar.setRange(0, 0 if one.state == "loading" and fraction <= 0 else 1000)
            bar.setValue(round(fraction * 1000))
            bar.setVisible(one.state != "ready")
            state.setText(one.model if one.state == "ready" and one.model else _state(one.state))
            state.setToolTip(in_language(one.message))
            if one.state == "failed":
                problems.append(in_language(one.message) or tr("{what} is not available.", what=_what(one.role)))
        self.problem.setText("\n".join(problems))
        self.problem.setVisible(bool(problems))
        ready = [one.role for one in engines if one.state == "ready"]
        everything = all(role in ready for role in ROLES)
        self.title.setText(tr("Ready on this machine") if everything else tr("Getting ready on this machine"))
        self.engines_changed.emit(tuple(engines))

    def show_models(self, models: Sequence[ModelInfo]) -> None:
        """Say so when no chat model here can be trusted, and offer better ones."""
        self._models = tuple(models)
        present = [model for model in models if model.role == "chat" and model.present]
        best = max(present, key=lambda model: (model.trustworthy, model.parameters), default=None)
        if best is not None and best.trustworthy:
            self.weak.hide()
            return
        self._choices = sorted(
            (model for model in models if model.role == "chat" and not model.present and model.trustworthy),
            key=lambda model: model.bytes,
        )
        self.choice.clear()
        for model in self._choices:
            licence = f", {model.licence}" if model.licence else ""
            self.choice.addItem(f"{model.name} ({phrases.megabytes(model.bytes)}{licence})", model.name)
        if best is None:
            self.weak_text.setText(tr("There is no model for answers on this machine yet."))
        else:
            self.weak_text.setText(
                tr(
                    "{name} is a tiny starter model: good to see everything work, too weak to be trusted. "
                    "Check what it says against the sources, or get a better one.",
                    name=best.name,
                )
            )
        self._advise()
        self.choose_row.setVisible(bool(self._choices) and self._fetching is None)
        self.weak.show()

    def _advise(self) -> None:
        """Say what this machine and the nodes that were found could run."""
        from app.model_advice import advice
        from app.ui.model_words import advised

        lines = advised([one for one in advice(self._nodes, self._models) if not one.there])[:MOST_ADVICE]
        self.advice_text.setText("\n".join(lines))
        self.advice_text.setVisible(bool(lines))

    def fetch(self) -> None:
        """Download the chosen model."""
        name = self.choice.currentData()
        if self._runtime is None or self._fetching is not None or not name:
            return
        cluster = self._runtime.cluster
        self._samples = []
        self.fetch_text.setText(tr("Fetching {name}…", name=name))
        self.fetch_bar.setRange(0, 0)
        self.choose_row.hide()
        self.fetch_row.show()
        self._fetching = self._bridge.stream(
            lambda: cluster.add_model(name), self._fetched, self._end, self._fail, name="fetch model"
        )

    def cancel(self) -> None:
        """Stop the download."""
        if self._fetching is not None:
            self._fetching.cancel()
        self._rest()

    def show_nodes(self, nodes: Sequence[NodeInfo]) -> None:
        """Offer to put models on nodes as soon as there are any."""
        self._nodes = tuple(nodes)
        if self._models and not self.weak.isHidden():
            self._advise()
        if self.dialog is not None:
            self.dialog.show_nodes(nodes)
        others = any(node.trusted and not node.local for node in nodes)
        if others and self.push_row is None:
            from app.ui.push_row import PushRow

            self.push_row = PushRow()
            self.push_row.asked.connect(self.put_on_nodes)
            self._column.addWidget(self.push_row)
        if self.push_row is not None:
            self.push_row.setVisible(others or self.pushing is not None)

    def put_on_nodes(self, chosen: str = "") -> None:
        """Ask which model shall be put on which nodes, or show how that goes; `chosen` is the id of a node."""
        if self._runtime is None:
            return
        cluster = self._runtime.cluster
        self._bridge.run(cluster.models, lambda models: self._ask(models, chosen), self.failed.emit, name="models")

    def _ask(self, models: Sequence[ModelInfo], chosen: str) -> None:
        from app.ui.deploy_dialog import DeployDialog

        here = [model for model in models if model.present and "local" in model.nodes]
        if not here:
            self.problem.setText(tr("There is no model on this machine that could be put on nodes."))
            self.problem.show()
            return
        here.sort(key=lambda model: (model.role != "chat", not model.trustworthy, model.name))
        dialog = self.dialog = DeployDialog(here, self._nodes, self.window(), chosen=chosen)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.destroyed.connect(self._forget_dialog)
        dialog.asked.connect(self._push)
        if self.pushing is not None and self.pushing.running:
            dialog.follow(self.pushing)
        dialog.open()

    def _push(self, model: ModelInfo, nodes: Sequence[NodeInfo], rate: float) -> None:
        from app.ui.pushing import Pushing

        if self._runtime is None or (self.pushing is not None and self.pushing.running):
            return
        self.pushing = Pushing(self._bridge, self._runtime.cluster, model, nodes, rate)
        if self.push_row is not None:
            self.push_row.follow(self.pushing)
        if self.dialog is not None:
            self.dialog.follow(self.pushing)
        pushing = self.pushing

        def over() -> None:
            if not pushing.stopped:
                self.came.emit(model.name, pushing.problem)

        pushing.ended.connect(over)
        pushing.start()

    def _forget_dialog(self) -> None:
        self.dialog = None

    def reload(self) -> None:
        """The models are others now: load the best ones."""
        self._warm()

    def _warm(self) -> None:
        if self._runtime is None:
            return
        cluster = self._runtime.cluster
        self._bridge.stream(
            lambda: cluster.warm(ROLES), self.show_engines, self._warmed, self._cold, name="load engines"
        )

    def _warmed(self) -> None:
        if self._runtime is not None:
            cluster = self._runtime.cluster
            self._bridge.run(lambda: cluster.models(catalogue=True), self.show_models, self.failed.emit, name="models")

    def _cold(self, error: BaseException) -> None:
        sentence, hint = phrases.trouble(error)
        self.problem.setText(f"{sentence} {hint}".strip())
        self.problem.show()
        if phrases.is_bug(error):
            self.failed.emit(error)
        else:
            self._warmed()

    def _fetched(self, progress: ModelProgress) -> None:
        now = time.monotonic()
        self._samples = [*self._samples[-40:], (now, progress.done)]
        first = self._samples[0]
        rate = (progress.done - first[1]) / (now - first[0]) if now - first[0] > 0.5 else 0.0
        self.fetch_text.setText(phrases.download_line(progress, rate))
        if progress.total > 0:
            self.fetch_bar.setRange(0, 1000)
            self.fetch_bar.setValue(round(progress.done / progress.total * 1000))

    def _end(self) -> None:
        self._rest()
        self.came.emit(str(self.choice.currentData()), "")
        self.weak.hide()
        self._warm()

    def _fail(self, error: BaseException) -> None:
        self._rest()
        sentence, hint = phrases.trouble(error)
        self.weak_text.setText(f"{sentence} {hint}".strip())
        if phrases.is_bug(error):
            self.failed.emit(error)

    def _rest(self) -> None:
        self._fetching = None
        self.fetch_row.hide()
        self.choose_row.setVisible(bool(self._choices))
