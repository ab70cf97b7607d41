"""The real microphone behind the window's Ear: push-to-talk over it, standby, and what is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from app.ui import phrases

if TYPE_CHECKING:
    from app.errors import VoiceError
    from app.voice.audio_input import Blocks
    from app.voice.microphone import MakeRecorder, MicrophoneState
    from app.voice.talk import Phase


class MicrophoneEar:
    """Open while somebody wants it, and 3 s longer, so that no first word is lost. All of it in the asyncio thread."""

    def __init__(
        self,
        device: str,
        on_hint: Callable[[str], None],
        on_phase: Callable[[str], None],
        on_state: Callable[[str, str], None],
        *,
        recorder: MakeRecorder | None = None,
    ) -> None:
        """See OpenEar; nothing is opened yet. `recorder`: what hears, None is PortAudio."""
        from app.voice.microphone import Microphone
        from app.voice.portaudio import Capture
        from app.voice.push_to_talk import PushToTalk
        from app.voice.standby import Standby

        self._on_hint, self._on_phase, self._on_state = on_hint, on_phase, on_state
        self._flowed = False
        self._microphone = Microphone(
            device,
            on_error=self._lost,
            on_open=self._flows,
            on_state=self._state,
            on_notice=on_hint,
            recorder=recorder or Capture,
        )
        self._standby = Standby(self._microphone)
        self._session = PushToTalk(self._microphone, on_hint=on_hint, on_phase=self._phase)

    @property
    def level(self) -> float:
        """Loudness now, 0…1."""
        return self._microphone.level

    @property
    def live(self) -> bool:
        """True while sound arrives."""
        return self._microphone.is_open

    def want(self, who: str) -> None:
        """Keep the microphone open for `who`."""
        self._standby.want(who)

    def unwant(self, who: str) -> None:
        """`who` needs it no more: it closes 3 s later unless somebody else wants it."""
        self._standby.unwant(who)

    def press(self) -> bool:
        """The key went down."""
        self._standby.want("talking")
        return self._session.press()

    def release(self) -> None:
        """The key went up."""
        self._session.release()

    def cancel(self) -> None:
        """Throw the utterance away."""
        self._session.cancel()

    def audio(self) -> AsyncIterator[bytes]:
        """Return the sound of the utterance."""
        return self._session.audio()

    def blocks(self, before: float = 0.0) -> Blocks:
        """Return live sound; see AudioInput."""
        return self._microphone.blocks(before)

    async def close(self) -> None:
        """Let go of the microphone; returns when the device is free."""
        self._session.cancel()
        self._standby.close()
        await self._microphone.wait_closed()

    def _phase(self, phase: Phase) -> None:
        if phase.value == "idle":
            self._standby.unwant("talking")
        self._on_phase(str(phase.value))

    def _flows(self) -> None:
        self._flowed = True
        self._state(self._microphone.state)

    def _state(self, state: MicrophoneState) -> None:
        if state.value == "closed":
            self._flowed = False
        self._on_state(str(state.value), self._microphone.label if self._microphone.is_open else "")

    def _lost(self, error: VoiceError) -> None:
        sentence = " ".join(phrases.trouble(error)).strip()
        self._on_state("away", sentence)
        if self._flowed:  # who has no microphone and types is not told of it again and again: the mark shows it
            self._on_hint(sentence)
        self._flowed = False
