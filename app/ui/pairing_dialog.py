"""Pairing: the eight digits that the other machine shows, or its link, prove both keys to each other."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.errors import TangnetError
from app.ui import phrases, theme
from app.ui.bridge import Bridge, Handle
from app.ui.controls import button, frame, label
from app.ui.progress import Progress
from app.ui.seam import ClusterSeam
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from nodeworker.protocol import PAIRING_DIGITS, PAIRING_SECONDS, PAIRING_TRIES

if TYPE_CHECKING:
    from app.events import NodeInfo

LINK = "tangnet://pair/"
_LINK = re.compile(re.escape(LINK) + r"[^\s'\"]*")


class PairingDialog(QDialog):
    """Asks for digits or link, and for the address when no node is given; then shows what both sides show."""

    paired = Signal(object)
    unpair_asked = Signal(object)
    """The node whose fingerprint was not the same on both sides."""

    def __init__(
        self,
        bridge: Bridge,
        cluster: ClusterSeam,
        node: NodeInfo | None,
        parent: QWidget | None,
        *,
        opened_at: float | None = None,
    ) -> None:
        """`opened_at`: when pairing was seen to open on `node`, time.monotonic(); None: not seen."""
        super().__init__(parent)
        self._bridge = bridge
        self._cluster = cluster
        self._node = node
        self._opened_at = opened_at
        self._handle: Handle | None = None
        self._wrong = 0
        self.setWindowTitle(tr("Pair with {name}", name=node.name) if node else tr("Pair with a node"))
        self.setMinimumWidth(460)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XL, SPACE.XL, SPACE.XL, SPACE.XL)
        column.setSpacing(SPACE.M)
        self.title = label(self.windowTitle(), scale=TYPE.TITLE, weight=QFont.Weight.DemiBold, wrap=True)
        column.addWidget(self.title)
        self.asking = label(
            tr(
                "Run  tangnet-node pair  on that machine. It shows eight digits and a link, good for two minutes. "
                "Type the digits here, or paste the link."
            ),
            wrap=True,
            tone="muted",
        )
        column.addWidget(self.asking)
        self.address = QLineEdit()
        self.address.setPlaceholderText(tr("host:port, for example 192.168.1.20:7443"))
        self.address.setAccessibleName(tr("Address"))
        column.addWidget(self.address)
        self.address.setVisible(node is None)
        self.digits = QLineEdit()
        self.digits.setAccessibleName(tr("Eight digits, or a link"))
        self.digits.setPlaceholderText("0000 0000")
        theme.sized(self.digits, TYPE.DISPLAY, QFont.Weight.DemiBold)
        column.addWidget(self.digits)
        self.time_line = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        self.time_line.hide()
        column.addWidget(self.time_line)
        self.wait = Progress()
        self.wait.setRange(0, 0)
        self.wait.setTextVisible(False)
        self.wait.setAccessibleName(tr("Pairing"))
        self.wait.hide()
        column.addWidget(self.wait)
        self.problem = frame("error")
        inside = QVBoxLayout(self.problem)
        inside.setContentsMargins(SPACE.M, SPACE.M, SPACE.M, SPACE.M)
        self.problem_text = label("", wrap=True)
        inside.addWidget(self.problem_text)
        self.problem.hide()
        column.addWidget(self.problem)
        self._column = column
        row = QHBoxLayout()
        row.addStretch()
        self.cancel_button = button(tr("Cancel"), clicked=self.reject)
        self.cancel_button.setAutoDefault(False)
        row.addWidget(self.cancel_button)
        self.pair_button = button(tr("&Pair"), kind="primary", clicked=self._pair)
        self.pair_button.setDefault(True)
        row.addWidget(self.pair_button)
        column.addLayout(row)
        self.digits.textEdited.connect(self._tidy)
        self.digits.textChanged.connect(self._check)
        self.address.textChanged.connect(self._address_changed)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self.show_time)
        self.show_time()
        self._check()
        (self.digits if node else self.address).setFocus()

    def show_time(self, now: float | None = None) -> None:
        """Say how long pairing stays open, where that is known; `now` is time.monotonic()."""
        if self._opened_at is None:
            return
        left = round(self._opened_at + PAIRING_SECONDS - (time.monotonic() if now is None else now))
        if left > 0:
            self.time_line.setText(tr("The digits are good for {left} s at most.", left=left))
            self._clock.start()
        else:
            self.time_line.setText(tr("The time is over. Run  tangnet-node pair  again for new digits."))
            self._clock.stop()
        self.time_line.show()

    def done(self, result: int) -> None:
        """Close; a pairing under way is given up."""
        self._clock.stop()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        super().done(result)

    def _tidy(self, typed: str) -> None:
        """Leave only what digits or a link may hold; a pasted link may stand in quotes or in a sentence."""
        found = _LINK.search(typed)
        if found:
            clean = found.group()
        elif typed.startswith("tangnet:") or LINK.startswith(typed):
            clean = typed
        else:
            clean = re.sub(r"[^0-9 -]", "", typed)[: PAIRING_DIGITS + 3]
        if clean != typed:
            at = self.digits.cursorPosition()
            self.digits.setText(clean)
            self.digits.setCursorPosition(min(at, len(clean)))

    def _address_changed(self, text: str) -> None:
        found = _LINK.search(text)
        if found:  # a link that was pasted into the wrong field
            self.address.clear()
            self.digits.setText(found.group())
            self.digits.setFocus()
        self._check()

    def _link(self) -> str:
        text = self.digits.text().strip()
        return text if text.startswith(LINK) and "?" in text else ""

    def _code(self) -> str:
        return "" if self._link() else re.sub(r"\D", "", self.digits.text())

    def _target(self) -> str:
        if self._node is None:
            return self.address.text().strip()
        return self._node.address or self._node.name

    def _check(self) -> None:
        link = self._link()
        if self._node is None and self.address.isHidden() != bool(link):
            self.address.setVisible(not link)
            self._fit()
        large = not self.digits.text().startswith("tangnet")
        theme.sized(self.digits, TYPE.DISPLAY if large else TYPE.BODY, QFont.Weight.DemiBold if large else None)
        complete = bool(link) or (len(self._code()) == PAIRING_DIGITS and bool(self._target()))
        self.pair_button.setEnabled(complete and self._handle is None)
        self.pair_button.setText(tr("&Pair with {place}", place=_place(link)) if link else tr("&Pair"))

    def _pair(self) -> None:
        if not self.pair_button.isEnabled():
            return
        target, code, cluster = self._link() or self._target(), self._code(), self._cluster
        self.problem.hide()
        self.wait.show()

        async def both() -> tuple[NodeInfo, str]:
            node = await cluster.pair(target, code)
            return node, await cluster.shared_fingerprint(node.id)

        self._handle = self._bridge.run(both, self._succeed, self._fail, name="pair")
        self._check()

    def _succeed(self, found: tuple[NodeInfo, str]) -> None:
        self._handle = None
        self._clock.stop()
        node, mark = found
        for part in (
            self.asking,
            self.address,
            self.digits,
            self.time_line,
            self.problem,
            self.wait,
            self.pair_button,
            self.cancel_button,
        ):
            part.hide()
        self.setWindowTitle(tr("{name} is paired", name=node.name))
        self.title.setText(self.windowTitle())
        ground = frame("card")
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(SPACE.L, SPACE.M, SPACE.L, SPACE.M)
        self.mark = label(mark, scale=TYPE.DISPLAY, weight=QFont.Weight.DemiBold)
        self.mark.setAccessibleName(tr("Fingerprint {mark}", mark=mark))
        inside.addWidget(self.mark)
        self._column.insertWidget(1, ground)
        sentence = label(
            tr(
                "Both machines show these sixteen digits now. If the other one shows others, somebody sits between "
                "them: unpair at once."
            ),
            wrap=True,
            tone="muted",
        )
        self._column.insertWidget(2, sentence)
        row = QHBoxLayout()
        row.addStretch()
        self.differ_button = button(tr("They &differ: unpair"), clicked=lambda: self._differ(node))
        self.differ_button.setAutoDefault(False)
        row.addWidget(self.differ_button)
        self.done_button = button(tr("They are the &same"), kind="primary", clicked=self.accept)
        self.done_button.setDefault(True)
        row.addWidget(self.done_button)
        self._column.addLayout(row)
        self.done_button.setFocus()
        self._fit()
        self.paired.emit(node)

    def _fit(self) -> None:
        """Be as tall as the wrapped sentences need, once they are laid out."""
        QTimer.singleShot(0, self, self.adjustSize)

    def _differ(self, node: NodeInfo) -> None:
        self.unpair_asked.emit(node)
        self.accept()

    def _fail(self, error: BaseException) -> None:
        self._handle = None
        self.wait.hide()
        sentence, hint = phrases.trouble(error)
        self.problem_text.setText(" ".join(part for part in (sentence, hint, self._tries(error)) if part))
        self.problem.show()
        self._fit()
        self.digits.selectAll()
        self.digits.setFocus()
        self._check()
        if phrases.is_bug(error):
            self._bridge.failed.emit(error)

    def _tries(self, error: BaseException) -> str:
        """Say how many tries the digits have left; the node counts, and has a new count with new digits."""
        if not isinstance(error, TangnetError) or error.code != "pairing_failed":
            return ""
        self._wrong = (self._wrong + 1) % PAIRING_TRIES
        left = PAIRING_TRIES - self._wrong
        words = {1: tr("One try is left with these digits."), 2: tr("Two tries are left with these digits.")}
        return words.get(left, "")


def _place(link: str) -> str:
    return link.removeprefix(LINK).partition("?")[0][:40].replace("&", "&&")
