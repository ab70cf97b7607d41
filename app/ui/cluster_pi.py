"""Adding a Raspberry Pi: asks for its name, network and key, and writes the files for its SD card, or the commands."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

import app
from app import sd_card
from app.errors import UsageError
from app.sd_card import Pi
from app.ui import phrases
from app.ui.bridge import Bridge, Handle
from app.ui.controls import Choice, button, frame, label, set_state
from app.ui.progress import Progress
from app.ui.seam_upkeep import UpkeepSeam
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

Write = Callable[[Pi, Path, Path | None], list[Path]]


class PiDialog(QDialog):
    """What it writes lets one machine join within a day; it shows up in the list of nodes by itself."""

    def __init__(
        self, bridge: Bridge, upkeep: UpkeepSeam, names: Sequence[str], zones: Sequence[str], parent: QWidget | None
    ) -> None:
        """`names` are taken; `zones` are those that there are."""
        super().__init__(parent)
        self._bridge = bridge
        self._upkeep = upkeep
        self._handle: Handle | None = None
        self.program = Path(app.__file__).parent.parent
        """Where the program is that the Pi gets."""
        self.choose_folder: Callable[[str], str] = lambda title: QFileDialog.getExistingDirectory(self, title)
        self.setWindowTitle(tr("Add a Raspberry Pi"))
        self.setMinimumWidth(560)
        column = QVBoxLayout(self)
        self._column = column
        column.setContentsMargins(SPACE.XL, SPACE.XL, SPACE.XL, SPACE.L)
        column.setSpacing(SPACE.M)
        column.addWidget(label(self.windowTitle(), scale=TYPE.TITLE, weight=QFont.Weight.DemiBold))
        column.addWidget(
            label(
                tr(
                    "Write Raspberry Pi OS Lite (64-bit) on a card with Raspberry Pi Imager, without its own settings, "
                    "and leave the card in. Tangnet then adds what makes a node of it. A Pi 5 or 4 with 4 GB or more "
                    "is useful."
                ),
                tone="muted",
                wrap=True,
            )
        )
        form = QGridLayout()
        form.setHorizontalSpacing(SPACE.M)
        form.setVerticalSpacing(SPACE.S)
        self.name = self._field(form, tr("Name"), free_name(names))
        self.zone = Choice()
        self.zone.setEditable(True)
        self.zone.addItems(["", *sorted(zones)])
        self.zone.setAccessibleName(tr("Zone"))
        _row(form, tr("Zone"), self.zone)
        self.wifi = self._field(form, tr("Wi-Fi"), hint=tr("empty: it is connected by cable"))
        self.password = self._field(form, tr("Wi-Fi password"))
        self.password.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
        self.country = self._field(form, tr("Country"), hint=tr("two letters, such as GB, for Wi-Fi"))
        self.key = self._field(form, tr("SSH key"), hint=tr("a public key; empty: nobody can log in over the network"))
        column.addLayout(form)
        self.note = frame("notice")
        inside = QVBoxLayout(self.note)
        inside.setContentsMargins(SPACE.M, SPACE.S, SPACE.M, SPACE.S)
        self.note_text = label("", wrap=True)
        inside.addWidget(self.note_text)
        self.note.hide()
        column.addWidget(self.note)
        self.wait = Progress()
        self.wait.setRange(0, 0)
        self.wait.setTextVisible(False)
        self.wait.setAccessibleName(tr("Writing"))
        self.wait.hide()
        column.addWidget(self.wait)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.script_button = button(
            tr("For a &running Pi…"), description=tr("Write the program and its commands to a folder"),
            clicked=lambda: self._write(tr("Folder for the program and its commands"), sd_card.save, self._told_script),
        )  # fmt: skip
        self.script_button.setAutoDefault(False)
        row.addWidget(self.script_button)
        row.addStretch()
        close = button(tr("Close"), clicked=self.reject)
        close.setAutoDefault(False)
        row.addWidget(close)
        self.card_button = button(
            tr("&Write to the card…"), kind="primary", description=tr("Choose the drive called bootfs"),
            clicked=lambda: self._write(tr("The card: the drive called bootfs"), sd_card.write, self._told_card),
        )  # fmt: skip
        self.card_button.setDefault(True)
        row.addWidget(self.card_button)
        column.addLayout(row)
        bridge.run(upkeep.let_in, None, self._fail, name="let machines in")  # those of cards written before
        self.name.selectAll()
        self.name.setFocus()
        self._fit()

    @property
    def wanted(self) -> Pi:
        """What was typed, without a token."""
        return Pi(
            name=self.name.text().strip().lower(),
            token="",
            zone=self.zone.currentText().strip(),
            ssh_key=self.key.text().strip(),
            wifi=self.wifi.text(),
            wifi_password=self.password.text(),
            country=self.country.text().strip().upper(),
        )

    def done(self, result: int) -> None:
        """Close; what is being written is given up."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        super().done(result)

    def _field(self, form: QGridLayout, name: str, text: str = "", *, hint: str = "") -> QLineEdit:
        made = QLineEdit(text)
        made.setPlaceholderText(hint)
        made.setAccessibleName(name)
        made.setAccessibleDescription(hint)
        _row(form, name, made)
        return made

    def _write(self, title: str, write: Write, told: Callable[[list[Path]], None]) -> None:
        """Ask for a folder, make a token and write everything there."""
        from dataclasses import replace

        self.note.hide()
        pi = self.wanted
        try:
            pi.check()
        except UsageError as error:
            self._fail(error)
            return
        folder = self.choose_folder(title)
        if not folder:
            return

        async def work() -> list[Path]:
            if write is sd_card.write:
                await asyncio.to_thread(sd_card.look, Path(folder))  # before a token is made
            token = await self._upkeep.take_in()
            return await asyncio.to_thread(_packed, write, replace(pi, token=token), Path(folder), self.program)

        def succeeded(written: list[Path]) -> None:
            self._rest()
            told(written)

        self._busy(True)
        self._handle = self._bridge.run(work, succeeded, self._fail, name="write card")

    def _told_card(self, written: list[Path]) -> None:
        self._tell(
            tr(
                "On the card now: {files}. Eject it, put it into the Pi and switch the Pi on: it sets itself up, which "
                "takes some tens of minutes and needs the internet there, and then shows up here by itself.",
                files=_names(written),
            ),
            written,
        )

    def _told_script(self, written: list[Path]) -> None:
        self._tell(
            tr(
                "In {folder} now: {files}. Copy them to the Pi, for example with scp, and run there: sh {script}",
                files=_names(written), folder=written[0].parent, script=sd_card.SCRIPT,
            ),
            written,
        )  # fmt: skip

    def _tell(self, sentence: str, written: list[Path]) -> None:
        parts = [sentence]
        if not any(path.name == sd_card.PROGRAM for path in written):
            parts.append(tr("Put the program itself beside them, packed as {name}.", name=sd_card.PROGRAM))
        parts.append(
            tr(
                "Leave Tangnet open until the Pi has come: for one day it listens on port 7445 for this one machine. "
                "The files hold a secret until then."
            )
        )
        set_state(self.note, "kind", "notice")
        self.note_text.setText("\n".join(parts))
        self.note.show()
        self._fit()

    def _fail(self, error: BaseException) -> None:
        self._rest()
        if isinstance(error, OSError):
            sentence = tr("It cannot be written: {why}.", why=error.strerror or str(error))
        else:
            sentence = " ".join(part for part in phrases.trouble(error) if part)
            if phrases.is_bug(error):
                self._bridge.failed.emit(error)
        set_state(self.note, "kind", "error")
        self.note_text.setText(sentence)
        self.note.show()
        self._fit()

    def _fit(self) -> None:
        """Be as tall as the sentences need, once they are laid out; adjustSize stops at two thirds of a screen."""
        QTimer.singleShot(0, self, lambda: self.resize(self.width(), self._column.totalHeightForWidth(self.width())))

    def _rest(self) -> None:
        self._handle = None
        self._busy(False)

    def _busy(self, on: bool) -> None:
        self.wait.setVisible(on)
        self.card_button.setEnabled(not on)
        self.script_button.setEnabled(not on)


def _row(form: QGridLayout, name: str, field: QWidget) -> None:
    row = form.rowCount()
    form.addWidget(label(name), row, 0)
    form.addWidget(field, row, 1)


def free_name(names: Sequence[str]) -> str:
    """Return pi-N with the smallest N that is free."""
    taken = {name.lower() for name in names}
    return next(f"pi-{number}" for number in range(1, len(taken) + 2) if f"pi-{number}" not in taken)


def _packed(write: Write, pi: Pi, folder: Path, root: Path) -> list[Path]:
    with tempfile.TemporaryDirectory() as place:
        program = Path(place) / sd_card.PROGRAM
        return write(pi, folder, program if sd_card.pack(root, program) else None)


def _names(written: Sequence[Path]) -> str:
    names = [path.name for path in written]
    return tr("{most} and {last}", most=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else names[0]
