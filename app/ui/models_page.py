"""The page of models: what is installed where, what would fit where, and adding, downloading and removing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.model_advice import advice
from app.ui import model_words, theme
from app.ui.controls import button, frame, label
from app.ui.model_row import Coming, ComingCard, ModelRow
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import ModelInfo, NodeInfo
    from app.ui.bridge import Bridge
    from app.ui.chrome import UndoBar
    from app.ui.seam import RuntimeSeam
    from app.ui.window import MainWindow

PAGE_WIDTH = 860


class ModelsPage(QWidget):
    """Lists models when it is shown; what is coming goes on while it is not."""

    failed = Signal(object)
    changed = Signal()
    """The models of this machine are others now."""
    came = Signal(str, str)
    """A model has come, or was not brought: its name, and "" or what went wrong."""

    def __init__(self, bridge: Bridge, undo: UndoBar, put_on_nodes: Callable[[], object]) -> None:
        """`put_on_nodes` asks which model shall go to which nodes."""
        super().__init__()
        self._bridge, self._undo = bridge, undo
        self._runtime: RuntimeSeam | None = None
        self._models: list[ModelInfo] = []
        self._nodes: tuple[NodeInfo, ...] = ()
        self._gone: set[str] = set()
        """sha256 of those that are being removed."""
        self.coming: Coming | None = None
        self.rows: list[ModelRow] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.M)
        actions = QHBoxLayout()
        actions.setSpacing(SPACE.S)
        self.file_button = button(
            tr("Add a &file…"), kind="primary", description=tr("A GGUF chat model on this machine"),
            clicked=self.choose_file,
        )  # fmt: skip
        self.folder_button = button(
            tr("F&older…"), name=tr("Add models of a folder"), description=tr("All GGUF chat models in a folder"),
            clicked=self.choose_folder,
        )  # fmt: skip
        self.address_button = button(
            tr("&Address…"), name=tr("Download from an address"),
            description=tr("A GGUF chat model at an https:// address of your choice"), clicked=self.choose_address,
        )  # fmt: skip
        for one in (self.file_button, self.folder_button, self.address_button):
            actions.addWidget(one)
        actions.addStretch()
        self.push_button = button(
            tr("Put on &nodes…"), kind="plain", description=tr("Put a model of this machine on other nodes"),
            clicked=put_on_nodes,
        )  # fmt: skip
        self.push_button.hide()
        actions.addWidget(self.push_button)
        column.addLayout(actions)
        self._coming_place = QVBoxLayout()
        column.addLayout(self._coming_place)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        column.addWidget(self._scroll, 1)
        self._show()

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self.coming = Coming(self._bridge, runtime.cluster)
        self.coming.ended.connect(self._came)
        self.card = ComingCard(self.coming)
        self._coming_place.addWidget(self.card)
        self._nodes = runtime.cluster.nodes()
        if self.isVisible():
            self.enter()

    def enter(self) -> None:
        """The page is shown: list what there is now."""
        if self._runtime is None:
            return
        cluster = self._runtime.cluster
        self._nodes = cluster.nodes()
        self._bridge.run(lambda: cluster.models(catalogue=True), self._listed, self.failed.emit, name="models")

    def show_nodes(self, nodes: Sequence[NodeInfo]) -> None:
        """Take the nodes there are; shown anew only where it makes a difference to what is said of models."""
        before, self._nodes = self._nodes, tuple(nodes)
        if self.isVisible() and _said(before) != _said(self._nodes):
            self.enter()

    # ------------------------------------------------------------------ adding and removing

    def choose_file(self) -> None:
        """Ask for a file."""
        name, _ = QFileDialog.getOpenFileName(self, tr("Add a model"), os.path.expanduser("~"), "GGUF (*.gguf)")
        if name:
            self.add([name])

    def choose_folder(self) -> None:
        """Ask for a folder; all models in it are added."""
        name = QFileDialog.getExistingDirectory(self, tr("Add models of a folder"), os.path.expanduser("~"))
        if not name:
            return

        async def find() -> list[str]:
            import asyncio

            return await asyncio.to_thread(lambda: sorted(str(path) for path in Path(name).glob("*.gguf")))

        def found(paths: list[str]) -> None:
            if paths:
                self.add(paths)
            else:
                from app.errors import ModelError

                problem = tr("There is no GGUF file in {folder}.", folder=name)
                self.failed.emit(ModelError(problem, code="model_missing", hint=tr("Choose the folder that holds it.")))

        self._bridge.run(find, found, self.failed.emit, name="models of a folder")

    def choose_address(self) -> None:
        """Ask for an address, and for the SHA-256 that its publisher tells."""
        from app.ui.address_dialog import AddressDialog

        dialog = AddressDialog(self.window())
        dialog.given.connect(lambda source: self.add([source]))
        dialog.open()

    def add(self, sources: Sequence[str]) -> None:
        """Bring models here, by name, path or address; one lot at a time."""
        if self.coming is not None and sources and not self.coming.running:
            self.coming.start(sources)
            self._show_busy()

    def take(self, model: ModelInfo, node: NodeInfo) -> None:
        """Bring a model from a node to this machine."""
        if self.coming is not None and not self.coming.running:
            self.coming.take(model, node)
            self._show_busy()

    def remove(self, model: ModelInfo) -> None:
        """Delete a model of this machine as soon as that is not taken back."""
        if self._runtime is None:
            return
        cluster = self._runtime.cluster
        self._undo.settle()
        self._gone.add(model.sha256)
        self._show()

        def back(_result: object = None) -> None:
            self._gone.discard(model.sha256)
            self.enter()
            self.changed.emit()

        def fail(error: BaseException) -> None:
            back()
            self.failed.emit(error)

        self._undo.offer(
            tr("{name} is removed from this machine.", name=model.name),
            back,
            lambda: self._bridge.run(
                lambda: cluster.remove_model(model.sha256), back, fail, name="remove model", must_finish=True
            ),
        )

    def _came(self) -> None:
        if self.coming is not None:
            self.came.emit(self.coming.name, self.coming.problem)
        self._show_busy()
        self.enter()
        self.changed.emit()

    # ------------------------------------------------------------------ the list

    def _listed(self, models: list[ModelInfo]) -> None:
        self._models = models
        self._show()

    def _show(self) -> None:
        at = self._scroll.verticalScrollBar().value()
        inside = QWidget()
        inside.setAutoFillBackground(False)
        middle = QWidget()
        middle.setMaximumWidth(PAGE_WIDTH)
        across = QHBoxLayout(inside)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(middle, 1)
        across.addStretch(0)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, SPACE.M, SPACE.XL)
        column.setSpacing(SPACE.S)
        self.rows = []
        shown = [model for model in self._models if model.sha256 not in self._gone]
        order = {role: at for at, role in enumerate(model_words.ORDER)}
        shown.sort(key=lambda one: (order.get(one.role, 99), not one.trustworthy, one.bytes))
        self.advice = model_words.advised(advice(self._nodes, shown))[:3]
        if not self.advice and (line := model_words.too_much(shown, self._nodes)):
            self.advice = [line]
        if self.advice:
            self._head(column, tr("What your machines could run"))
            card = frame("card")
            words = QVBoxLayout(card)
            words.setContentsMargins(SPACE.L, SPACE.M, SPACE.M, SPACE.M)
            words.setSpacing(SPACE.XS)
            for line in self.advice:
                words.addWidget(label(line, wrap=True))
            column.addWidget(card)
        present = [model for model in shown if model.present]
        others = [model for model in shown if not model.present]
        if present:
            self._head(column, tr("On your machines"))
            self._card(column, present)
        if others:
            self._head(column, tr("To download"))
            words_below = label(
                tr(
                    "Only Download and Address open a connection outside your network, and only when you press them. "
                    "Each file listed here is used only when its SHA-256 is right."
                ),
                tone="muted", scale=TYPE.SMALL, wrap=True,
            )  # fmt: skip
            column.addWidget(words_below)
            self._card(column, others)
        if not shown:
            column.addWidget(label(tr("Looking what there is…"), tone="muted"))
        column.addStretch()
        self._scroll.setWidget(inside)
        self._scroll.verticalScrollBar().setValue(at)
        self.push_button.setVisible(any(node.trusted and not node.local for node in self._nodes))
        self._show_busy()

    def _head(self, column: QVBoxLayout, text: str) -> None:
        head = label(text)
        theme.sized(head, TYPE.LEAD, QFont.Weight.DemiBold)
        if column.count():
            head.setContentsMargins(0, SPACE.M, 0, 0)
        column.addWidget(head)

    def _card(self, column: QVBoxLayout, models: Sequence[ModelInfo]) -> None:
        card = frame("card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(0, SPACE.XS, 0, SPACE.XS)
        inside.setSpacing(0)
        for at, model in enumerate(models):
            if at:
                line = frame("line")
                line.setFixedHeight(1)
                inside.addWidget(line)
            row = ModelRow(model, self._nodes)
            row.fetch_asked.connect(lambda one: self.add([one.name]))
            row.remove_asked.connect(self.remove)
            row.take_asked.connect(self.take)
            self.rows.append(row)
            inside.addWidget(row)
        column.addWidget(card)

    def _show_busy(self) -> None:
        busy = self.coming is not None and self.coming.running
        for one in (self.file_button, self.folder_button, self.address_button):
            one.setEnabled(not busy and self._runtime is not None)
        for row in self.rows:
            for one in (row.fetch_button, row.take_button):
                one.setEnabled(not busy)


def _said(nodes: Sequence[NodeInfo]) -> list[tuple[object, ...]]:
    return [(node.id, node.trusted, node.memory_total_bytes, node.models) for node in nodes]


def models_page(window: MainWindow) -> ModelsPage:
    """Return the page of a window."""
    page = ModelsPage(window.bridge, window.undo, window.pane.models.put_on_nodes)
    window.nodes.changed.connect(page.show_nodes)
    page.changed.connect(window.pane.models.reload)
    page.came.connect(window.pane.models.came)
    return page
