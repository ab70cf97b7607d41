"""When the microphone is open: while anybody wants it, and a little longer for a glance elsewhere."""

from __future__ import annotations

import asyncio

from app.voice.audio_input import AudioInput

LINGER_SECONDS = 3.0
"""A sound server takes up to 2 s to bring the first sound: coming back within this loses no word."""


class Standby:
    """Opens and closes a microphone for all who want it.

    They have names: "window" (it is in front), "hands-free", "talking". Opening early is what keeps the first word
    whole: see the pre-roll. All calls come from the asyncio thread.
    """

    def __init__(self, microphone: AudioInput, *, linger: float = LINGER_SECONDS) -> None:
        """`linger`: seconds that it stays open when nobody wants it any more."""
        self._microphone = microphone
        self._linger = linger
        self._wanted: set[str] = set()
        self._closing: asyncio.TimerHandle | None = None

    @property
    def wanted(self) -> frozenset[str]:
        """Who wants it now: what an indicator names as the reason."""
        return frozenset(self._wanted)

    def want(self, who: str) -> None:
        """Open it, or keep it open; as often as one likes."""
        self._stop_closing()
        self._wanted.add(who)
        self._microphone.open()

    def unwant(self, who: str) -> None:
        """Close it soon, unless somebody else wants it; unknown names are ignored."""
        if who not in self._wanted:
            return
        self._wanted.discard(who)
        if not self._wanted:
            self._closing = asyncio.get_running_loop().call_later(self._linger, self.close)

    def close(self) -> None:
        """Close it now, whoever wants it: the program ends, or the user switched the microphone off."""
        self._stop_closing()
        self._wanted.clear()
        self._microphone.close()

    def _stop_closing(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
