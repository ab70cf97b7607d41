"""Pairing: the eight digits that the other machine shows, typed here, prove both keys to each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QRegularExpression, Signal
from PySide6.QtGui import QFont, QRegularExpressionValidator
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from app.ui import phrases, theme
from app.ui.bridge import Bridge, Handle
from app.ui.controls import button, frame, label
from app.ui.seam import ClusterSeam
from nodeworker.protocol import PAIRING_DIGITS

if TYPE_CHECKING:
    from app.events import NodeInfo


class PairingDialog(QDialog):
    """Asks for the digits, and for the address when no node is given."""

    paired = Signal(object)

    def __init__(
        self,
        bridge: Bridge,
        cluster: ClusterSeam,
        node: NodeInfo | None,
        parent: QWidget | None,
        *,
        opened_at: float | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._cluster = cluster
        self._node = node
        self._handle: Handle | None = None
        self.setWindowTitle(f"Pair with {node.name}" if node else "Pair with a node")
        self.setMinimumWidth(440)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 20)
        column.setSpacing(12)
        column.addWidget(label(self.windowTitle(), scale=1.35, weight=QFont.Weight.DemiBold))
        column.addWidget(
            label(
                "Run  tangnet-node pair  on that machine. It shows eight digits that are good for two minutes.",
                wrap=True,
                tone="muted",
            )
        )
        self.address = QLineEdit()
        self.address.setPlaceholderText("host:port, for example 192.168.1.20:7443")
        self.address.setAccessibleName("Address")
        self.address.setVisible(node is None)
        column.addWidget(self.address)
        self.digits = QLineEdit()
        self.digits.setAccessibleName("Eight digits")
        self.digits.setPlaceholderText("0000 0000")
        self.digits.setMaxLength(PAIRING_DIGITS + 3)
        self.digits.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9 -]*"), self))
        theme.sized(self.digits, 1.7, QFont.Weight.DemiBold)
        column.addWidget(self.digits)
        self.wait = QProgressBar()
        self.wait.setRange(0, 0)
        self.wait.setTextVisible(False)
        self.wait.setAccessibleName("Pairing")
        self.wait.hide()
        column.addWidget(self.wait)
        self.problem = frame("error")
        inside = QVBoxLayout(self.problem)
        inside.setContentsMargins(14, 10, 14, 10)
        self.problem_text = label("", wrap=True)
        inside.addWidget(self.problem_text)
        self.problem.hide()
        column.addWidget(self.problem)
        row = QHBoxLayout()
        row.addStretch()
        self.cancel_button = button("Cancel", clicked=self.reject)
        self.cancel_button.setAutoDefault(False)
        row.addWidget(self.cancel_button)
        self.pair_button = button("&Pair", kind="primary", clicked=self._pair)
        self.pair_button.setDefault(True)
        row.addWidget(self.pair_button)
        column.addLayout(row)
        self.digits.textChanged.connect(self._check)
        self.address.textChanged.connect(self._check)
        self._check()
        (self.digits if node else self.address).setFocus()

    def done(self, result: int) -> None:
        """Close; a pairing under way is given up."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        super().done(result)

    def _code(self) -> str:
        return re.sub(r"\D", "", self.digits.text())

    def _target(self) -> str:
        if self._node is None:
            return self.address.text().strip()
        return self._node.address or self._node.name

    def _check(self) -> None:
        complete = len(self._code()) == PAIRING_DIGITS and bool(self._target())
        self.pair_button.setEnabled(complete and self._handle is None)

    def _pair(self) -> None:
        if not self.pair_button.isEnabled():
            return
        target, code, cluster = self._target(), self._code(), self._cluster
        self.problem.hide()
        self.wait.show()
        self._handle = self._bridge.run(lambda: cluster.pair(target, code), self._succeed, self._fail, name="pair")
        self._check()

    def _succeed(self, node: NodeInfo) -> None:
        self._handle = None
        self.paired.emit(node)
        self.accept()

    def _fail(self, error: BaseException) -> None:
        self._handle = None
        self.wait.hide()
        sentence, hint = phrases.trouble(error)
        self.problem_text.setText(f"{sentence} {hint}".strip())
        self.problem.show()
        self.digits.selectAll()
        self.digits.setFocus()
        self._check()
