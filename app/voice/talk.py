"""Pure: the rules of push-to-talk. Takes times and sample counts, returns what to do; touches no sound and no clock.

Hold: press, talk, release. Tap (shorter than `tap` seconds): the first tap starts, the next one ends.
After the end a short tail is still recorded, because people let go of the key with the last syllable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nodeworker.protocol import SAMPLE_RATE


class Phase(StrEnum):
    """Where a session stands."""

    IDLE = "idle"
    LISTENING = "listening"
    FINISHING = "finishing"


class Effect(StrEnum):
    """What the caller must do now."""

    START = "start"
    """Begin an utterance, the sound before the press first."""
    FINISH = "finish"
    """The tail begins; no more than `tail` seconds of sound follow."""
    RESUME = "resume"
    """The key was pressed again during the tail: the utterance goes on."""
    END = "end"
    """The utterance is complete."""
    CANCEL = "cancel"
    """Throw the utterance away."""
    TOO_LONG = "too_long"
    """The longest length is reached; FINISH comes with it."""
    MUTED = "muted"
    """Nothing but zeros for a while: the microphone is probably muted. Once in an utterance."""


@dataclass(frozen=True, slots=True)
class TalkRules:
    """Lengths in seconds."""

    tap: float = 0.2
    """A press shorter than this is a tap."""
    tail: float = 0.25
    """Recorded after release."""
    longest: float = 300.0
    """Longest utterance."""
    muted: float = 0.7
    """All-zero sound this long raises the hint."""


class Talk:
    """The state machine of one push-to-talk key. `now` is any clock in seconds that never goes back."""

    def __init__(self, rules: TalkRules | None = None) -> None:
        self.rules = rules or TalkRules()
        self.phase = Phase.IDLE
        self.latched = False
        """True while a tap keeps it listening without a key held."""
        self._pressed_at = 0.0
        self._samples = 0
        self._tail_left = 0
        self._zeros = 0
        self._warned = False

    @property
    def seconds(self) -> float:
        """Length of the utterance so far."""
        return self._samples / SAMPLE_RATE

    def press(self, now: float, latency: float = 0.0) -> tuple[Effect, ...]:
        """The key went down. While a tap keeps it listening this ends the utterance (`latency` as in `release`)."""
        if self.phase is Phase.IDLE:
            self.phase = Phase.LISTENING
            self.latched = self._warned = False
            self._pressed_at = now
            self._samples = self._zeros = 0
            return (Effect.START,)
        if self.phase is Phase.FINISHING:
            # The first press counts on: key repeat, which sends release and press in turn, must not look like a tap.
            self.phase = Phase.LISTENING
            self.latched = False
            return (Effect.RESUME,)
        return self._finish(latency) if self.latched else ()

    def release(self, now: float, latency: float = 0.0) -> tuple[Effect, ...]:
        """The key went up; sound of this moment arrives `latency` seconds later, so the tail is that much longer."""
        if self.phase is not Phase.LISTENING or self.latched:
            return ()
        if now - self._pressed_at < self.rules.tap:
            self.latched = True
            return ()
        return self._finish(latency)

    def cancel(self) -> tuple[Effect, ...]:
        """Escape, or the window closed."""
        if self.phase is Phase.IDLE:
            return ()
        self.phase = Phase.IDLE
        self.latched = False
        return (Effect.CANCEL,)

    def heard(self, samples: int, *, zeros: bool) -> tuple[Effect, ...]:
        """A block of sound came; `zeros`: every sample in it is 0."""
        if self.phase is Phase.IDLE:
            return ()
        effects: list[Effect] = []
        self._samples += samples
        self._zeros = self._zeros + samples if zeros else 0
        if self._zeros > self.rules.muted * SAMPLE_RATE and not self._warned:
            self._warned = True
            effects.append(Effect.MUTED)
        if self.phase is Phase.FINISHING:
            self._tail_left -= samples
            if self._tail_left <= 0:
                effects += self.end()
        elif self._samples >= self.rules.longest * SAMPLE_RATE:
            effects += (Effect.TOO_LONG, *self._finish(0.0))
        return tuple(effects)

    def end(self) -> tuple[Effect, ...]:
        """The tail is over, or no more sound comes."""
        if self.phase is Phase.IDLE:
            return ()
        self.phase = Phase.IDLE
        self.latched = False
        return (Effect.END,)

    def _finish(self, latency: float) -> tuple[Effect, ...]:
        self.phase = Phase.FINISHING
        self.latched = False
        self._tail_left = round((self.rules.tail + max(0.0, latency)) * SAMPLE_RATE)
        return (Effect.FINISH,)
