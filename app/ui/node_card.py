"""One node in full: its state in words, what is wrong and what to do, its figures, its models, those on their way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from app.ui import node_words, phrases
from app.ui.controls import frame, label
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import DeploymentInfo, NodeInfo

MODELS_MOST = 12
"""Models that are listed by name; the rest is a number."""


class NodeCard(QScrollArea):
    """Shows one node at a time; what does not change is not touched, so that a reader of the screen is left alone."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(120)
        card = frame("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(SPACE.L, SPACE.M, SPACE.L, SPACE.M)
        column.setSpacing(SPACE.S)
        self.title = label("", scale=TYPE.LEAD, weight=QFont.Weight.DemiBold, wrap=True)
        column.addWidget(self.title)
        self.state = label("", tone="muted", wrap=True)
        column.addWidget(self.state)
        self.advice = frame("notice")
        inside = QVBoxLayout(self.advice)
        inside.setContentsMargins(SPACE.M, SPACE.S, SPACE.M, SPACE.S)
        self.advice_text = label("", wrap=True, scale=TYPE.SMALL)
        inside.addWidget(self.advice_text)
        self.advice.hide()
        column.addWidget(self.advice)
        self._deployments = QVBoxLayout()
        self._deployments.setSpacing(SPACE.S)
        column.addLayout(self._deployments)
        self.lines: dict[str, DeploymentLine] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE.M)
        self._grid.setVerticalSpacing(SPACE.XS)
        self._grid.setColumnStretch(1, 1)
        column.addLayout(self._grid)
        self._facts: dict[str, tuple[QLabel, QLabel]] = {}
        self.models = label("", wrap=True, scale=TYPE.SMALL)
        column.addWidget(self.models)
        column.addStretch()
        self.setWidget(card)
        self.viewport().setAutoFillBackground(False)

    def show_node(self, node: NodeInfo, error: float | None, deployments: Sequence[DeploymentInfo] = ()) -> None:
        """Show `node`; `error` is how far predictions were off, `deployments` are those on this node."""
        _say(self.title, node_words.title(node))
        state = ", ".join([node_words.state(node), *node_words.troubles(node)])
        _say(self.state, f"{state[:1].upper()}{state[1:]}.")
        advice = node_words.advice(node)
        _say(self.advice_text, advice)
        self.advice.setVisible(bool(advice))
        facts = node_words.facts(node, error)
        for what, value in facts:
            _say(self._fact(what)[1], value)
        known = {what for what, _ in facts}
        for what, (name, said) in self._facts.items():
            name.setVisible(what in known)
            said.setVisible(what in known)
        models = _models(node)
        _say(self.models, models)
        self.models.setVisible(bool(models))
        self._show_deployments(deployments)
        told = "; ".join([self.state.text(), advice, *(f"{what}: {value}" for what, value in facts), models])
        if self.accessibleDescription() != told:
            self.setAccessibleName(node_words.title(node))
            self.setAccessibleDescription(told)

    def _fact(self, what: str) -> tuple[QLabel, QLabel]:
        if what not in self._facts:
            # A row for each kind of fact, in the order in which node_words.facts gives them.
            name, said = label(what, tone="muted", scale=TYPE.SMALL), label("", wrap=True, scale=TYPE.SMALL)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            row = node_words.fact_names().index(what)
            self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(said, row, 1)
            self._facts[what] = (name, said)
        return self._facts[what]

    def _show_deployments(self, deployments: Sequence[DeploymentInfo]) -> None:
        shown = {one.sha256: one for one in deployments if one.state not in ("ready", "removed")}
        for sha256 in [sha256 for sha256 in self.lines if sha256 not in shown]:
            gone = self.lines.pop(sha256)
            self._deployments.removeWidget(gone)
            gone.deleteLater()
        for sha256, info in shown.items():
            if sha256 not in self.lines:
                self.lines[sha256] = DeploymentLine()
                self._deployments.addWidget(self.lines[sha256])
            self.lines[sha256].show_deployment(info, info.model)


class DeploymentLine(QWidget):
    """How far one model is on one node: a sentence and, while it comes, a bar."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.XS)
        self.text = label("", wrap=True, scale=TYPE.SMALL)
        column.addWidget(self.text)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        column.addWidget(self.bar)

    def show_deployment(self, info: DeploymentInfo, name: str) -> None:
        """Show `info` under `name`, the model's or the node's."""
        _say(self.text, f"{name}: {phrases.deployment_line(info)}")
        coming = info.state in ("hashing", "fetching", "verifying", "waiting")
        self.bar.setVisible(coming)
        if coming:
            unknown = info.total <= 0 or (info.state == "waiting" and not info.done)
            self.bar.setRange(0, 0 if unknown and info.state != "waiting" else 1000)
            self.bar.setValue(0 if unknown else round(info.done / info.total * 1000))
        self.bar.setAccessibleName(tr("{name} on its way", name=name))


def _models(node: NodeInfo) -> str:
    if not node.models:
        return ""
    named = [f"{model.name} ({phrases.megabytes(model.bytes)})" if model.bytes else model.name
             for model in node.models[:MODELS_MOST]]  # fmt: skip
    rest, names = len(node.models) - len(named), ", ".join(named)
    return tr("Models: {names} and {rest} more", names=names, rest=rest) if rest else tr("Models: {names}", names=names)


def _say(target: QLabel, text: str) -> None:
    if target.text() != text:
        target.setText(text)
