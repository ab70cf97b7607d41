"""Plays a recording from the second that a citation names: one button, the position, and pause."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import phrases
from app.ui.bridge import Bridge, Handle
from app.ui.controls import button, label
from app.ui.tokens import SPACE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.voice.player import Player

TURN_MS = 200
"""How often the position is shown anew."""
RATE = 16_000


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of mono sound."""

    pcm16: bytes
    sample_rate: int = RATE


def loudspeaker(on_started: Callable[[], None], on_hint: Callable[[str], None]) -> Player:
    """Return the system's own output, not opened yet; both are called in the asyncio thread."""
    from app.voice.player import Player

    return Player(on_started=on_started, on_hint=on_hint)


class Playback(QWidget):
    """A row that is there for recordings only. `failed` gets what went wrong, `hint` a sentence."""

    failed = Signal(object)
    hint = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.loudspeaker = loudspeaker
        """Makes what plays, in the asyncio thread."""
        self._player: Player | None = None  # used in the asyncio thread; `stop` may come from here
        self._handle: Handle | None = None
        self._path = ""
        self._start = self._from = 0.0
        self._since: float | None = None
        """When its first sound was heard; None: it is silent."""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.S)
        self.button = button(tr("Play"), kind="plain", clicked=self.toggle)
        row.addWidget(self.button)
        self.position = label("", tone="muted")
        self.position.setAccessibleName(tr("Position in the recording"))
        row.addWidget(self.position)
        row.addStretch(1)
        self._timer = QTimer(self, interval=TURN_MS)
        self._timer.timeout.connect(self._show)
        bridge.at_close(self._close)
        self.hide()

    @property
    def playing(self) -> bool:
        """Whether it plays, or is about to."""
        return self._handle is not None

    @property
    def seconds(self) -> float:
        """The position."""
        return self._from + (time.monotonic() - self._since if self._since is not None else 0.0)

    def present(self, path: str, seconds: tuple[float, float] | None) -> None:
        """Offer the recording at `path` from a second on; None: it is none. What plays is stopped."""
        self.pause()
        self._path = path
        self._start = self._from = seconds[0] if seconds is not None else 0.0
        self.setVisible(seconds is not None)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Be silent when something else is shown."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.pause()

    def toggle(self) -> None:
        """Play, or pause."""
        if self._handle is not None:
            self.pause()
        else:
            self._play()

    def pause(self) -> None:
        """Be silent at once; the position stays."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        self._from = self.seconds
        self._since = None
        if self._player is not None:
            self._player.stop()
        handle.cancel()
        self._timer.stop()
        self._show()

    def _play(self) -> None:
        path, start = Path(self._path), self._from

        async def play() -> bool:
            if self._player is None:
                post = self._bridge.post
                self._player = self.loudspeaker(lambda: post(self._began), lambda said: post(self.hint.emit, said))
            return await self._player.play(sound_from(path, start))

        self._handle = self._bridge.run(play, self._ended, self._fail, name="playback")
        self._timer.start()
        self._show()

    def _began(self) -> None:
        if self._handle is not None and self._since is None:
            self._since = time.monotonic()

    def _ended(self, _whole: bool) -> None:
        self._rest()
        self._from = self._start
        self._show()

    def _fail(self, error: BaseException) -> None:
        self._rest()
        self._show()
        self.failed.emit(error)

    def _rest(self) -> None:
        self._handle = self._since = None
        self._timer.stop()

    def _show(self) -> None:
        at = phrases.moment(self.seconds)
        if self._handle is not None:
            text, what = tr("Pause"), tr("Pause the recording")
        elif self._from > self._start:
            text, what = tr("Go on"), tr("Go on with the recording at {time}", time=at)
        else:
            text, what = tr("Play from {time}", time=at), tr("Play the recording from {time}", time=at)
        self.button.setText(("❚❚  " if self._handle is not None else "▶  ") + text)
        self.button.setAccessibleName(what)
        self.button.setToolTip(tr("{what} (Space in the text)", what=what))
        self.position.setText(at)

    async def _close(self) -> None:
        if self._player is not None:
            await self._player.close()


async def sound_from(path: Path, start: float) -> AsyncIterator[Block]:
    """Yield the sound of a file from a second on; what comes before it is decoded and dropped."""
    from app.streams import ending
    from app.voice.audio_file import pcm_from_file

    skipped = 2 * round(start * RATE)
    async with ending(pcm_from_file(path)) as blocks:
        async for block in blocks:
            if len(block) > skipped:
                yield Block(block[skipped:])
            skipped = max(0, skipped - len(block))
