"""The hands-free session: live sound goes to whoever notices the wake word, utterances come out of it.

Lives in the asyncio thread, as long as the sound lasts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import VoiceError
from app.streams import ending
from app.voice.audio_input import SAMPLE_BYTES
from app.voice.handsfree import Begin, Effect, Effects, HandsFree, HandsFreeRules, Stage
from app.voice.utterance import Utterance
from nodeworker.protocol import SAMPLE_RATE

if TYPE_CHECKING:
    from app.thinking import Attendant

KEPT_SECONDS = 5.0
"""Of the sound, in memory: an utterance begins before its first word was noticed."""

LATE_SECONDS = 2.5
"""Sound that was not attended to for so long is lost on a node that is away."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What a session tells; each is called in the asyncio thread."""

    stage: Callable[[Stage], object]
    """Every change of the stage."""
    begun: Callable[[AsyncGenerator[bytes, None], bool], object]
    """An utterance began: its sound, and whether by the wake word. Who takes it reads it once; closing it early
    cancels it, and VoiceError with code voice_cancelled is raised where it is cancelled here."""
    ready: Callable[[bool], object] = lambda _on: None
    """Whether sound is attended to, so that the wake word can be heard: not before the first of it, not while the node
    is away."""


class HandsFreeSession:
    """Over one stream of live sound; all calls come from the asyncio thread."""

    def __init__(
        self,
        attendant: Attendant,
        calls: Calls,
        *,
        wake_word: str,
        threshold: float = 0.0,
        language: str = "",
        rules: HandsFreeRules | None = None,
    ) -> None:
        """`wake_word` and `threshold` as in `Attendant.attend`; `language` as in `HandsFree`."""
        self._attendant, self._calls = attendant, calls
        self._wake_word, self._threshold = wake_word, threshold
        self._rules = HandsFree(rules, language)
        self._shown = self._rules.stage
        self._kept: deque[bytes] = deque()
        self._bytes = 0
        """How much sound has come."""
        self._utterance: Utterance | None = None
        self._lost: VoiceError | None = None
        self._ready = False

    @property
    def stage(self) -> Stage:
        """Where the conversation stands."""
        return self._rules.stage

    async def run(self, sound: AsyncIterator[bytes]) -> None:
        """Listen until `sound` ends; then an utterance that has begun ends with it.

        Raises:
            VoiceError: the microphone was lost.
            NodeError: as `Attendant.attend`.
        """
        attended = self._attendant.attend(self._through(sound), wake_word=self._wake_word, threshold=self._threshold)
        try:
            async with ending(attended) as events:
                async for event in events:
                    self._apply(self._rules.attended(event))
                    self._attends()
            if self._lost is not None:
                raise self._lost
        finally:
            self._apply(self._rules.cancel())

    def text(self, text: str) -> None:
        """Take what is understood so far of the utterance, without the wake word."""
        self._rules.text(text)

    def thinking(self) -> None:
        """What was said is being answered."""
        self._rules.thinking()
        self._apply(())

    def speaking(self) -> None:
        """The answer can be heard."""
        self._rules.speaking()
        self._apply(())

    def over(self, follow_up: bool) -> None:
        """The answer is over, or there is none; `follow_up`: listen for more for a while."""
        self._rules.over(follow_up)
        self._apply(())

    def interrupted(self, ago: float) -> None:
        """Somebody speaks since `ago` seconds while the answer is spoken: listen to them."""
        self._apply(self._rules.interrupted(ago))

    def cancel(self) -> None:
        """Escape: asleep at once."""
        self._apply(self._rules.cancel())

    def yielded(self, on: bool) -> None:
        """The talk key went down, or what was said with it is known."""
        self._apply(self._rules.yielded(on))

    async def _through(self, sound: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        most = round(KEPT_SECONDS * SAMPLE_RATE) * SAMPLE_BYTES
        held = 0
        try:
            async for block in sound:
                self._kept.append(block)
                self._bytes += len(block)
                held += len(block)
                while held - len(self._kept[0]) >= most:
                    held -= len(self._kept.popleft())
                if self._utterance is not None:
                    self._utterance.put(block)
                if self._ready:
                    self._attends()
                yield block
        except VoiceError as error:  # for `run`: what attends need not know of microphones
            self._lost = error

    def _attends(self) -> None:
        ready = self._bytes / SAMPLE_BYTES / SAMPLE_RATE - self._rules.now < LATE_SECONDS
        if ready is not self._ready:
            self._ready = ready
            self._calls.ready(ready)

    def _apply(self, effects: Effects) -> None:
        for effect in effects:
            if isinstance(effect, Begin):
                self._finish(None)
                self._utterance = Utterance()
                for block in self._since(effect.at):
                    self._utterance.put(block)
                self._calls.begun(self._utterance.read(self._abandoned), effect.woken)
            elif effect is Effect.END:
                self._finish(None)
            else:
                self._finish(VoiceError("The recording was cancelled.", code="voice_cancelled"))
        if self._shown is not self._rules.stage:
            self._shown = self._rules.stage
            self._calls.stage(self._shown)

    def _finish(self, error: VoiceError | None) -> None:
        utterance, self._utterance = self._utterance, None
        if utterance is not None:
            utterance.end(error, drop=error is not None)

    def _abandoned(self, utterance: Utterance) -> None:
        if self._utterance is utterance:
            self.cancel()

    def _since(self, at: float) -> list[bytes]:
        """Return the sound from `at` seconds on, as far back as it is kept."""
        wanted = self._bytes - round(at * SAMPLE_RATE) * SAMPLE_BYTES
        found: list[bytes] = []
        for block in reversed(self._kept):
            if wanted <= 0:
                break
            found.append(block[-wanted:] if len(block) > wanted else block)
            wanted -= len(block)
        return found[::-1]
