"""Listening for somebody who speaks while an answer is read aloud: microphone, loudspeaker, detector of speech.

What is played and what is heard have no common clock. They are laid beside each other once, when both flow, and counted
in samples from then on; where the counts run apart, they are laid anew and the echo is learnt anew.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from app.errors import TangnetError
from app.streams import ending
from nodeworker.protocol import SAMPLE_RATE

if TYPE_CHECKING:
    from app.thinking import Attendant
    from app.voice.barge_in import BargeIn

WINDOW_BYTES = 1024
AHEAD_BYTES = 2 * WINDOW_BYTES
"""Of what is played, kept before what is heard: blocks of the two do not come in step."""
APART_BYTES = 2 * SAMPLE_RATE * 6 // 10
"""Played and not yet laid beside anything: more than any loudspeaker takes at once."""
log = logging.getLogger(__name__)


class Loudspeaker(Protocol):
    """What is needed of `app.voice.player.Player`."""

    def tap(self, take: Callable[[bytes, int, bool], None] | None) -> None:
        """Hand over all that is played, its rate in Hz, and whether it is ducked, from any thread; None: no longer."""
        ...

    def duck(self, on: bool) -> None:
        """Play more softly while `on`."""
        ...

    def hold(self, on: bool) -> None:
        """Be silent at once and keep what waits while `on`; then go on where it was."""
        ...

    def stop(self) -> None:
        """Be silent at once, and drop what waits."""
        ...


class Interrupting:
    """Of one reading; made and run in the asyncio thread."""

    def __init__(self, attendant: Attendant, loudspeaker: Loudspeaker, on_barge_in: Callable[[float], None]) -> None:
        """`on_barge_in`: called once, after the voice was stopped, with how many seconds ago the person began."""
        self._attendant, self._loudspeaker, self._on_barge_in = attendant, loudspeaker, on_barge_in
        self._played = Played()

    async def run(self, sound: AsyncIterator[bytes]) -> None:
        """Listen until somebody speaks, `sound` ends (16 kHz mono PCM16) or this is cancelled.

        Where the node cannot tell speech or the microphone is lost it ends too: the answer is read to its end then.
        """
        from app.voice.barge_in import BargeIn, Verdict

        rule = BargeIn()
        self._loudspeaker.tap(self._played.take)
        try:
            async with ending(self._attendant.attend(self._left(rule, sound))) as events:
                async for event in events:
                    speech = getattr(event, "speech", None)
                    if speech is None:
                        continue
                    match rule.judge(speech):
                        case Verdict.STOP:
                            self._loudspeaker.stop()
                            self._on_barge_in(rule.seconds_ago)
                            return
                        case Verdict.HUSH:
                            self._loudspeaker.hold(True)
                        case Verdict.RESUME:
                            self._loudspeaker.duck(False)
                            self._loudspeaker.hold(False)
                        case Verdict.DUCK | Verdict.RAISE as verdict:
                            self._loudspeaker.duck(verdict is Verdict.DUCK)
        except TangnetError as error:
            log.info("Nobody can interrupt by voice: %s", error.message)
        finally:
            self._loudspeaker.duck(False)
            self._loudspeaker.hold(False)
            self._loudspeaker.tap(None)

    async def _left(self, rule: BargeIn, sound: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """What is heard, without the echo of what is played, window by window."""
        import numpy as np

        held = bytearray()
        async for block in sound:
            held += block
            while len(held) >= WINDOW_BYTES:
                heard = bytes(held[:WINDOW_BYTES])
                del held[:WINDOW_BYTES]
                played = self._played.beside()
                if played.apart:
                    rule.forget()
                left = rule.hear(_floats(heard), _floats(played.pcm16), soft=played.soft)
                yield (np.clip(left, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


class Beside(NamedTuple):
    """A window of what was played."""

    pcm16: bytes
    apart: bool = False
    """It was laid anew: the echo comes at another time from now on."""
    soft: bool = False
    """It was ducked."""


class Played:
    """What was played, as 16 kHz sound, laid beside what is heard. `take` comes from the loudspeaker's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sound = bytearray()
        self._rate = 0
        self._resampler: Any = None
        self._came = 0
        """Bytes that have come, of which the last are in `_sound`."""
        self._turns: deque[tuple[int, bool]] = deque([(0, False)])
        """From which byte on it was ducked, or not."""
        self._owed = 0
        """Bytes of silence that were laid beside what was heard, for sound that had not come."""
        self._flows = False

    def take(self, pcm16: bytes, rate: int, soft: bool = False) -> None:
        """Take a block of mono sound of `rate` Hz, ducked where it is `soft`."""
        if rate != SAMPLE_RATE:
            if rate != self._rate:
                from app.voice.resampler import LiveResampler

                self._rate, self._resampler = rate, LiveResampler(rate)
            pcm16 = self._resampler.convert(pcm16)
        with self._lock:
            if soft != self._turns[-1][1]:
                self._turns.append((self._came, soft))
            self._sound += pcm16
            self._came += len(pcm16)

    def beside(self) -> Beside:
        """Return the next WINDOW_BYTES."""
        with self._lock:
            if not self._flows:
                if len(self._sound) < AHEAD_BYTES + WINDOW_BYTES:
                    return Beside(bytes(WINDOW_BYTES))
                del self._sound[: -(AHEAD_BYTES + WINDOW_BYTES)]
                self._flows = True
            late = min(self._owed, len(self._sound))
            del self._sound[:late]
            self._owed -= late
            apart = len(self._sound) > APART_BYTES or self._owed > APART_BYTES
            if apart:
                del self._sound[: -(AHEAD_BYTES + WINDOW_BYTES)]
                self._owed = 0
            at = self._came - len(self._sound)
            while len(self._turns) > 1 and self._turns[1][0] <= at:
                self._turns.popleft()
            window = bytes(self._sound[:WINDOW_BYTES])
            del self._sound[: len(window)]
            missing = WINDOW_BYTES - len(window)
            self._owed += missing
            return Beside(window + bytes(missing), apart, self._turns[0][1])


def _floats(pcm16: bytes) -> Any:
    import numpy as np

    return np.frombuffer(pcm16, "<i2").astype(np.float32) / 32768.0
