"""The one place that touches PortAudio (through sounddevice): devices, opening, errors as sentences. All of it blocks.

PortAudio's calls are not safe against each other, so one lock covers all of them. sounddevice is imported on first use.
"""

from __future__ import annotations

import platform
import re
import threading
from array import array
from collections.abc import Callable
from typing import Any

from app.errors import VoiceError
from app.voice.audio_input import BLOCK_SAMPLES
from nodeworker.protocol import SAMPLE_RATE

_lock = threading.Lock()
_streams = 0
"""Opened streams of this process; PortAudio can look for new devices only while there are none."""


def devices() -> list[str]:
    """Return the names of all inputs, the system's default first. Blocks for up to a second: call it in a thread.

    Raises:
        VoiceError: PortAudio is not installed or does not work.
    """
    with _lock:
        sounddevice = _sounddevice()
        _look_again(sounddevice)
        names: dict[str, None] = {}
        default = _default_input(sounddevice)
        if default is not None:
            names[str(default["name"])] = None
        for device in sounddevice.query_devices():
            if device["max_input_channels"] > 0:
                names[str(device["name"])] = None
        return list(names)


class Capture:
    """One input stream. `take` gets mono PCM16 blocks of `rate` Hz in PortAudio's own thread and must be quick."""

    def __init__(self, device: str, take: Callable[[bytes], None]) -> None:
        self.rate = SAMPLE_RATE
        self.latency = 0.0
        """Seconds, as the driver says."""
        self.finished = False
        """True when PortAudio ended the stream by itself or by `close`."""
        self._device = device
        self._take = take
        self._stream: Any = None

    def open(self) -> None:
        """Open and start. Raises VoiceError; nothing stays open then."""
        global _streams
        with _lock:
            sounddevice = _sounddevice()
            _look_again(sounddevice)
            index, info = _find(sounddevice, self._device)
            self._stream = self._opened(sounddevice, index, info)
            _streams += 1
        self.latency = float(self._stream.latency)

    def close(self) -> None:
        """Stop and release; safe to call at any time and twice."""
        global _streams
        with _lock:
            stream, self._stream = self._stream, None
            if stream is not None:
                _streams -= 1
                stream.close(ignore_errors=True)

    def _opened(self, sounddevice: Any, index: int, info: dict[str, Any]) -> Any:
        """Ask for 16 kHz mono, then for what the device can do by nature."""
        native = round(info["default_samplerate"]) or 48_000
        channels = int(info["max_input_channels"])
        failure: Any = None
        for rate, count in dict.fromkeys([(SAMPLE_RATE, 1), (native, 1), (SAMPLE_RATE, channels), (native, channels)]):
            stream = None
            try:
                stream = sounddevice.RawInputStream(
                    samplerate=rate,
                    blocksize=max(1, round(BLOCK_SAMPLES * rate / SAMPLE_RATE)),
                    device=index,
                    channels=count,
                    dtype="int16",
                    callback=self._callback(count),
                    finished_callback=self._on_finished,
                )
                stream.start()
            except sounddevice.PortAudioError as error:
                failure = error
                if stream is not None:
                    stream.close(ignore_errors=True)
                continue
            self.rate = rate
            return stream
        name = info["name"]
        raise VoiceError(
            f"The microphone “{name}” could not be opened.",
            code="voice_open_failed",
            hint=f"Another program may be using it. The sound system says: {_reason(failure)}",
        ) from failure

    def _callback(self, channels: int) -> Callable[[Any, int, Any, Any], None]:
        take = self._take
        if channels == 1:

            def mono(data: Any, _frames: int, _times: Any, _status: Any) -> None:
                take(bytes(data))

            return mono

        def first_channel(data: Any, _frames: int, _times: Any, _status: Any) -> None:
            take(array("h", bytes(data))[::channels].tobytes())

        return first_channel

    def _on_finished(self) -> None:
        self.finished = True


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise VoiceError(
            "The Python package sounddevice is not installed.",
            code="voice_not_installed",
            hint='Install it with: pip install "tangnet[desktop]"',
        ) from error
    except OSError as error:
        raise VoiceError(
            "The sound library PortAudio is not installed.", code="voice_no_portaudio", hint=_portaudio_hint()
        ) from error
    return sounddevice


def _portaudio_hint() -> str:
    if platform.system() == "Linux":
        return "Install it with: sudo apt install libportaudio2 libasound2-plugins"
    return "Install PortAudio, then start again."


def _look_again(sounddevice: Any) -> None:
    """Make PortAudio read the list of devices anew: it does so only when it is initialised."""
    if _streams:
        return
    try:
        sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise VoiceError(
            "The sound system cannot be used.", code="voice_no_sound_system", hint=f"It says: {_reason(error)}"
        ) from error


def _default_input(sounddevice: Any) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = sounddevice.query_devices(kind="input")
    except (sounddevice.PortAudioError, ValueError):
        return None  # there is none
    return found


def _find(sounddevice: Any, name: str) -> tuple[int, dict[str, Any]]:
    inputs = [device for device in sounddevice.query_devices() if device["max_input_channels"] > 0]
    if not name:
        default = _default_input(sounddevice) or (inputs[0] if inputs else None)
        if default is None:
            raise VoiceError("No microphone was found.", code="voice_no_device", hint="Plug one in, or ask by typing.")
        return int(default["index"]), default
    for same in (lambda there: there == name, lambda there: _plain(there) == _plain(name)):
        for device in inputs:
            if same(str(device["name"])):
                return int(device["index"]), device
    known = ", ".join(dict.fromkeys(str(device["name"]) for device in inputs)) or "none"
    raise VoiceError(f"The microphone “{name}” is not there.", code="voice_no_device", hint=f"Found: {known}.")


def _plain(name: str) -> str:
    """ALSA appends "(hw:1,0)", and the numbers change from one start to the next."""
    return re.sub(r"\s*\(hw:[\d,]+\)$", "", name)


def _reason(error: Any) -> str:
    return str(error.args[0]) if error is not None and error.args else "nothing"
