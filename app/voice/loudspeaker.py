"""A loudspeaker: what an output is, and the one through PortAudio."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from app.errors import VoiceError
from app.voice import portaudio

LATENCY_SECONDS = 0.1
"""Of the device's buffer: with less, a busy machine makes gaps. Stopping drops it, so it costs nothing then."""
SETTLED_SECONDS = 0.15
"""A device that was just opened gets silence until it has taken so much without a gap: sound servers drop what they
were given before they were ready."""
BLOCK_SECONDS = 0.01
NO_OUTPUT = "Plug one in, or choose another as the system's output."


class Output(Protocol):
    """An open loudspeaker that asks for its sound."""

    @property
    def rate(self) -> int:
        """In Hz."""
        ...

    @property
    def active(self) -> bool:
        """Whether it still asks."""
        ...

    def silence(self) -> None:
        """Drop what it has not played yet."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


Fill = Callable[[int], bytes]
"""Returns that many samples of mono PCM16; called in the loudspeaker's thread."""
Tap = Callable[[bytes, int, bool], None]
"""Gets mono PCM16 as it is played, its rate in Hz, and whether it is ducked."""
Open = Callable[[str, int, Fill], Output]
"""Opens a loudspeaker by name ("" = the system's default), best at that rate. Raises VoiceError."""


@dataclass(frozen=True, slots=True)
class _Shape:
    rate: int
    channels: int


class PortAudioOutput:
    """A loudspeaker through PortAudio; all of it blocks but what PortAudio calls."""

    def __init__(self, device: str, rate: int, fill: Fill) -> None:
        """Open and start. Raises VoiceError."""
        self.rate = rate
        self._fill = fill
        self._channels = 1
        self._stopped = False
        self._settled = 0
        """Samples taken without a gap since it was opened."""
        self._stream = portaudio.open_stream(lambda sounddevice: self._opened(sounddevice, device))

    @property
    def active(self) -> bool:
        """Whether PortAudio still asks for sound."""
        return not self._stopped

    def silence(self) -> None:
        """Drop what lies in the device's buffer and begin anew, silent."""
        with contextlib.suppress(Exception):  # a device that has just gone; `active` says so
            self._stream.abort()
            self._stopped = False
            self._stream.start()

    def close(self) -> None:
        """Close the stream."""
        portaudio.close_stream(self._stream)

    def _opened(self, sounddevice: Any, device: str) -> Any:
        try:
            info = sounddevice.query_devices(device or None, "output")
        except (sounddevice.PortAudioError, ValueError) as error:
            name = f"“{device}”" if device else "of this system"
            raise VoiceError(f"There is no loudspeaker {name}.", code="voice_no_output", hint=NO_OUTPUT) from error
        native = _Shape(round(info["default_samplerate"]) or 48_000, min(2, int(info["max_output_channels"])))
        shapes = dict.fromkeys((_Shape(self.rate, 1), _Shape(native.rate, 1), native))
        failure: Exception | None = None
        for shape in shapes:
            stream = None
            try:
                stream = sounddevice.RawOutputStream(
                    samplerate=shape.rate,
                    blocksize=round(BLOCK_SECONDS * shape.rate),
                    device=int(info["index"]),
                    channels=shape.channels,
                    dtype="int16",
                    latency=LATENCY_SECONDS,
                    callback=self._take,
                    finished_callback=self._on_finished,
                )
                self.rate, self._channels = shape.rate, shape.channels
                stream.start()
            except sounddevice.PortAudioError as error:
                failure = error
                if stream is not None:
                    stream.close(ignore_errors=True)
                continue
            self._stopped = False
            return stream
        raise VoiceError(
            f"The loudspeaker “{info['name']}” could not be opened.", code="voice_no_output", hint=NO_OUTPUT
        ) from failure

    def _take(self, out: Any, frames: int, _times: Any, status: Any) -> None:
        if self._settled < SETTLED_SECONDS * self.rate:
            self._settled = 0 if status.output_underflow else self._settled + frames
            out[:] = bytes(len(out))
            return
        mono = self._fill(frames)
        if self._channels == 1:
            out[:] = mono
        else:
            wide = bytearray(len(mono) * self._channels)
            for channel in range(self._channels):
                for byte in (0, 1):
                    wide[2 * channel + byte :: 2 * self._channels] = mono[byte::2]
            out[:] = wide

    def _on_finished(self) -> None:
        self._stopped = True
