"""The push-to-talk session: key presses and live sound in, one utterance at a time out. Lives in the asyncio thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from app.errors import VoiceError
from app.voice.audio_input import PREROLL_SECONDS, SAMPLE_BYTES, AudioInput, Blocks
from app.voice.talk import Effect, Phase, Talk, TalkRules
from app.voice.utterance import Utterance
from nodeworker.protocol import SAMPLE_RATE

GRACE_SECONDS = 1.0
"""How long after the tail the last blocks may still be on their way; then the utterance ends with what is there."""

MUTED = "The microphone sends only silence: is it muted?"


class PushToTalk:
    """One talk key over one source of sound.

    `press` and `release` follow the key (key repeat does no harm), `cancel` throws away what was said. After a press
    that began an utterance, take `audio()` once and hand it to transcription. `on_hint` gets plain sentences for the
    user while they speak; `on_phase` every change of `state`. All calls come from the asyncio thread.
    """

    def __init__(
        self,
        microphone: AudioInput,
        *,
        on_hint: Callable[[str], None] | None = None,
        on_phase: Callable[[Phase], None] | None = None,
        rules: TalkRules | None = None,
        grace: float = GRACE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_hint = on_hint
        self.on_phase = on_phase
        self._microphone = microphone
        self._talk = Talk(rules)
        self._grace = grace
        self._clock = clock
        self._utterance: Utterance | None = None
        self._blocks: Blocks | None = None
        self._pump: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._shown = Phase.IDLE
        self._current: Utterance | None = None
        self._dropping = 0
        self._free_from = 0
        """The first sample that belongs to no utterance: what comes before is never heard again."""

    @property
    def state(self) -> Phase:
        """idle, listening or finishing (the tail after release)."""
        return self._talk.phase

    @property
    def latched(self) -> bool:
        """True while a tap keeps it listening: the next tap ends it."""
        return self._talk.latched

    @property
    def seconds(self) -> float:
        """Length of the utterance so far, the sound before the press included."""
        return self._talk.seconds

    def press(self) -> bool:
        """The key went down. True when this began an utterance: take `audio()` then. Opens the microphone."""
        effects = self._talk.press(self._clock(), self._lag())
        self._apply(effects)
        return Effect.START in effects

    def release(self) -> None:
        """The key went up: the utterance ends after its tail; after a mere tap it goes on until the next one."""
        self._apply(self._talk.release(self._clock(), self._lag()))

    def cancel(self) -> None:
        """Throw the utterance away: `audio()` raises VoiceError with code voice_cancelled, even if sound is waiting."""
        self._apply(self._talk.cancel())

    def _lag(self) -> float:
        """Seconds of sound from before this moment that are still on their way: in the driver, or not yet read."""
        return self._microphone.latency + (self._blocks.waiting if self._blocks is not None else 0.0)

    def audio(self) -> AsyncIterator[bytes]:
        """Return the sound of the utterance begun last: 16 kHz mono PCM16 blocks, the time before the press first.

        Ends after release and tail. Can be read once. Closing it early cancels the utterance.

        Raises:
            VoiceError: no utterance was begun; it was cancelled (voice_cancelled); the microphone failed before
                anything was heard; or it had not started when the key was released (voice_not_ready).
        """
        if self._utterance is None:
            raise VoiceError("Nothing is being recorded.", code="voice_idle", hint="Press the talk key first.")
        utterance, self._utterance = self._utterance, None
        return utterance.read(self._abandon)

    def _abandon(self, utterance: Utterance) -> None:
        if self._current is utterance:
            self.cancel()

    def _apply(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case Effect.START:
                    self._start()
                case Effect.FINISH:
                    self._stop_deadline()
                    wait = self._talk.rules.tail + self._microphone.latency + self._grace
                    self._deadline = asyncio.get_running_loop().call_later(wait, self._no_more_sound)
                case Effect.RESUME:
                    self._stop_deadline()
                case Effect.END:
                    self._end(None)
                case Effect.CANCEL:
                    self._end(VoiceError("The recording was cancelled.", code="voice_cancelled"), drop=True)
                case Effect.TOO_LONG:
                    minutes = self._talk.rules.longest / 60
                    self._hint(f"The recording was ended after {minutes:g} min, the longest it can be.")
                case Effect.MUTED:
                    self._hint(MUTED)
        if self._shown is not self._talk.phase:
            self._shown = self._talk.phase
            if self.on_phase is not None:
                self.on_phase(self._shown)

    def _start(self) -> None:
        self._microphone.open()
        # Not further back than the end of the utterance before, or its last word would be heard twice.
        free = (self._microphone.position - self._free_from) / SAMPLE_RATE
        self._blocks = self._microphone.blocks(before=max(0.0, min(PREROLL_SECONDS, free)))
        self._dropping = max(0, self._free_from - self._microphone.position)
        self._utterance = self._current = Utterance()
        self._pump = asyncio.get_running_loop().create_task(
            self._fill(self._blocks, self._current), name="push-to-talk"
        )

    async def _fill(self, blocks: Blocks, utterance: Utterance) -> None:
        try:
            async for block in blocks:
                if self._dropping:  # said before a cancel, and still on its way then
                    self._dropping = max(0, self._dropping - len(block) // SAMPLE_BYTES)
                    continue
                utterance.put(block)
                self._apply(self._talk.heard(len(block) // SAMPLE_BYTES, zeros=not any(block)))
                if self._current is not utterance:
                    return
            self._source_ended(None)
        except VoiceError as error:
            self._source_ended(error)
        finally:
            blocks.close()

    def _source_ended(self, error: VoiceError | None) -> None:
        """The microphone failed or was closed: what was said until then counts."""
        if self._talk.seconds > 0:
            if error is not None:
                self._hint(f"{error.message} What was said until then is used.")
            self._apply(self._talk.end())
            return
        self._talk.end()
        self._end(error or VoiceError("The microphone was closed.", code="voice_closed"))
        self._apply(())

    def _no_more_sound(self) -> None:
        if self._talk.seconds > 0:
            self._apply(self._talk.end())
            return
        self._source_ended(
            VoiceError(
                "Nothing was recorded: the microphone was still starting.",
                code="voice_not_ready",
                hint="Hold the key until the level meter moves, then speak.",
            )
        )

    def _end(self, error: VoiceError | None, *, drop: bool = False) -> None:
        self._stop_deadline()
        utterance, self._current = self._current, None
        late = round(self._microphone.latency * SAMPLE_RATE) if drop else 0
        waiting = 0.0 if drop or self._blocks is None else self._blocks.waiting
        self._free_from = self._microphone.position - round(waiting * SAMPLE_RATE) + late
        if utterance is not None:
            utterance.end(error, drop=drop)
        pump, self._pump = self._pump, None
        if pump is not None and pump is not asyncio.current_task():
            pump.cancel()

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hint(self, sentence: str) -> None:
        if self.on_hint is not None:
            self.on_hint(sentence)
