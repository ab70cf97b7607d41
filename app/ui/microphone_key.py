"""The talk key of the whole desktop, as the window uses it: opened and closed by the settings, told in sentences."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.ui.translation import tr

if TYPE_CHECKING:
    from app.errors import VoiceError
    from app.ui.bridge import Bridge
    from app.ui.talk import Talker
    from app.voice.hotkeys import GlobalKey, KeyEvents

MakeKey = Callable[[str, "KeyEvents"], "GlobalKey"]
AIM_SECONDS = 0.3
"""A desktop that takes longer to say who has the keyboard is not waited for: somebody speaks already."""


async def _unknown() -> None: ...


class TalkKey(QObject):
    """Lets one key talk in every program; the key in the window works beside it."""

    notice = Signal(str)
    """A sentence for the user: no such key, taken by another program, this desktop tells no release, …"""
    escaped = Signal()
    """Escape was pressed, in whatever program, while it was watched for."""

    def __init__(self, bridge: Bridge, talker: Talker, make: MakeKey | None = None) -> None:
        """`make` is `hotkeys.global_key`, unless a test brings its own."""
        super().__init__(talker)
        self._bridge = bridge
        self._talker = talker
        self._make = make
        self._wanted = ""
        self.held = False
        """True while it is held: a window that loses the keyboard to it must not take that for letting go."""
        self._key: GlobalKey | None = None  # made and used in the asyncio thread
        self._open_as = ""
        self._busy = False
        self.aim: Callable[[], Awaitable[int | None]] = _unknown
        """Which window has the keyboard at a press, None where that is not known; awaited in the asyncio thread."""
        self.begins: Callable[[int | None], object] = lambda _window: None
        """Called with that window before the talker hears of a press."""
        self._press: asyncio.Task[None] | None = None
        """A press that is still asked about; what comes after it waits."""
        self._watched: set[str] = set()
        talker.began.connect(lambda: self.watch("talking", True))
        for over in (talker.heard, talker.failed, talker.cancelled):
            over.connect(lambda *_: self.watch("talking", False))
        bridge.at_close(self._close)

    @property
    def key(self) -> str:
        """The key that works everywhere now, "" if none does."""
        return self._open_as if self._key is not None else ""

    def use(self, key: str) -> None:
        """Take `key` as settings write it; "" lets go of it."""
        if key != self._wanted:
            self._wanted = key
            self._bridge.run(self._follow, name="talk key everywhere")

    # ------------------------------------------------------------------ the asyncio thread

    async def _follow(self) -> None:
        """Bring what is open in line with what is wanted, which may change meanwhile."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._open_as != self._wanted:
                wanted = self._wanted
                await self._close()
                self._open_as = wanted
                if wanted:
                    await self._open(wanted)
        finally:
            self._busy = False

    async def _open(self, wanted: str) -> None:
        from app.errors import VoiceError
        from app.voice.hotkeys import KeyEvents, global_key

        post = self._bridge.post
        events = KeyEvents(
            pressed=self._down,
            released=self._up,
            escaped=lambda: post(self._escaped),
            notice=lambda sentence: post(self.notice.emit, sentence),
            lost=self._lost,
        )
        key: GlobalKey | None = None
        try:
            key = (self._make or global_key)(wanted, events)
            await key.open()
        except VoiceError as error:
            self._tell(error)
            if key is not None:
                await key.close()
            return
        self._key = key

    def _down(self) -> None:
        """The desktop says that the key went down: who has the keyboard is asked at once, before that changes."""
        before = self._press

        async def press() -> None:
            if before is not None:
                await asyncio.wait((before,))
            window: int | None = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AIM_SECONDS):
                    window = await self.aim()
            self._bridge.post(self._pressed, window)

        self._press = asyncio.get_running_loop().create_task(press(), name="talk key")

    def _up(self) -> None:
        """It went up: told after the press."""
        press = self._press
        if press is None or press.done():
            self._bridge.post(self._released)
        else:
            press.add_done_callback(lambda _press: self._bridge.post(self._released))

    async def _close(self) -> None:
        if self._press is not None and not self._press.done():
            await asyncio.wait((self._press,))
        key, self._key = self._key, None
        self._open_as = ""
        if key is not None:
            await key.close()

    def _lost(self, error: VoiceError) -> None:
        self._key = None
        self._up()
        self._tell(error)

    def _tell(self, error: VoiceError) -> None:
        sentence = " ".join(
            part for part in (error.message, error.hint, tr("The key still works in this window.")) if part
        )
        self._bridge.post(self.notice.emit, sentence)

    # ------------------------------------------------------------------ the Qt thread

    def _pressed(self, window: int | None) -> None:
        self.held = True
        self.begins(window)
        self._talker.press()

    def _released(self) -> None:
        self.held = False
        self._talker.release()

    def _escaped(self) -> None:
        self._talker.cancel()
        self.escaped.emit()

    def watch(self, why: str, on: bool) -> None:
        """Watch for Escape in every program as long as there is a reason, which `why` names."""
        if on:
            self._watched.add(why)
        else:
            self._watched.discard(why)

        async def watch() -> None:
            if self._key is not None:
                self._key.watch_escape(bool(self._watched))

        if self._wanted:
            self._bridge.run(watch, name="escape everywhere")
