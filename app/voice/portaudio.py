"""The one place that touches PortAudio (through sounddevice): devices, opening, errors as sentences. All of it blocks.

PortAudio's calls are not safe against each other, so one lock covers all of them. sounddevice is imported on first use.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import re
import sys
import threading
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.errors import VoiceError
from app.voice import sound_server
from app.voice.audio_input import BLOCK_SAMPLES
from app.voice.resampler import LiveResampler
from nodeworker.protocol import SAMPLE_RATE

_lock = threading.Lock()
_marks = itertools.count(1)
_streams = 0
"""Opened streams of this process; PortAudio can look for new devices only while there are none."""


WASAPI = "Windows WASAPI"
"""Of the four ways that Windows offers, the one that names devices in full and sees them come and go."""
_SERVERS = ("pulse", "pipewire", "default")
"""PortAudio's names of the sound server, the best first."""


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A microphone that can be chosen."""

    name: str
    """What the setting voice.device holds."""
    label: str
    """For people."""
    default: bool = False
    """True for the one that the system uses now."""
    muted: bool = False
    """True when the sound server says so; elsewhere it is not known."""


def inputs() -> list[InputDevice]:
    """Return all microphones, the system's default first. Blocks for up to a second: call it in a thread.

    With PulseAudio or PipeWire these are the server's, without what is being played (unless there is nothing else);
    otherwise PortAudio's.

    Raises:
        VoiceError: PortAudio is not installed or does not work.
    """
    with _lock:
        sounddevice = _sounddevice()
        _look_again(sounddevice)
        known = _inputs(sounddevice)
        default = _default_input(sounddevice)
        heard = sound_server.sources() if _server(known) is not None else []
    if heard:
        real = [source for source in heard if not source.monitor or source.default] or heard
        found = [InputDevice(source.name, source.label, source.default, source.muted) for source in real]
    else:
        first = str(default["name"]) if default is not None else ""
        names = dict.fromkeys(str(device["name"]) for device in known)
        found = [InputDevice(name, _plain(name), name == first) for name in names]
    return sorted(found, key=lambda device: not device.default)


def devices() -> list[str]:
    """Return the names of `inputs()` for people. Raises VoiceError."""
    return [device.label for device in inputs()]


def open_stream(make: Callable[[Any], Any]) -> Any:
    """Return the started stream that `make` opens with the module sounddevice. All streams go through here.

    PortAudio looks for new devices only while none is open, and must not do so while one is. Raises what `make` raises,
    and VoiceError.
    """
    global _streams
    with _lock:
        sounddevice = _sounddevice()
        _look_again(sounddevice)
        stream = make(sounddevice)
        _streams += 1
        return stream


def close_stream(stream: Any) -> None:
    """Stop and release what `open_stream` returned, once."""
    global _streams
    with _lock:
        _streams -= 1
        stream.close(ignore_errors=True)


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
        self._label = ""
        self._watch: sound_server.SourceWatch | None = None

    @property
    def label(self) -> str:
        """What is heard, for people; "" as long as the sound server has not said. Changes when it moves the stream."""
        if self._watch is None:
            return self._label
        return self._watch.source.label if self._watch.source is not None else ""

    @property
    def muted(self) -> bool | None:
        """Whether the sound server says that it is muted; None where nobody knows."""
        source = self._watch.source if self._watch is not None else None
        return source.muted if source is not None else None

    @property
    def gone(self) -> bool:
        """True when the sound server has no such stream any more."""
        return self._watch is not None and self._watch.gone

    def open(self) -> None:
        """Open and start. Raises VoiceError; nothing stays open then."""
        self._stream = open_stream(self._start)
        self.latency = float(self._stream.latency)

    def close(self) -> None:
        """Stop and release; safe to call at any time and twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            close_stream(stream)
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def _start(self, sounddevice: Any) -> Any:
        known = _inputs(sounddevice)
        server = _server(known)
        if server is None:
            info = _find(sounddevice, known, self._device, ())
            self._label = _plain(str(info["name"]))
            return self._opened(sounddevice, info)
        source = ""
        if self._device:
            heard = sound_server.sources()
            source = next((there.name for there in heard if self._device in (there.name, there.label)), "")
            if not source:
                server = _find(sounddevice, known, self._device, tuple(there.label for there in heard))
        mark = f"{os.getpid()}-{next(_marks)}"
        with _said_to_server(source, mark):
            stream = self._opened(sounddevice, server if self._device else _find(sounddevice, known, "", ()))
        self._watch = sound_server.SourceWatch(mark)
        return stream

    def _opened(self, sounddevice: Any, info: dict[str, Any]) -> Any:
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
                    device=int(info["index"]),
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


class Playback:
    """Plays sound once through the system's default output, in PortAudio's own thread."""

    def __init__(self, pcm16: bytes, played: Callable[[], None]) -> None:
        """`pcm16`: 16 kHz mono. `played` is called in any thread when all was heard, or it was closed."""
        self._sound = pcm16
        self._played = played
        self._at = 0
        self._stream: Any = None

    def open(self) -> None:
        """Begin. Raises VoiceError; nothing stays open then."""
        self._stream = open_stream(self._start)

    def close(self) -> None:
        """Stop at once; safe at any time and twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            close_stream(stream)

    def _start(self, sounddevice: Any) -> Any:
        try:
            native = round(sounddevice.query_devices(kind="output")["default_samplerate"])
        except (sounddevice.PortAudioError, ValueError) as error:
            raise VoiceError(
                "No loudspeaker was found.", code="voice_no_output", hint="Plug one in, or switch it on."
            ) from error

        def fill(out: Any, _frames: int, _times: Any, _status: Any) -> None:
            piece = self._sound[self._at : self._at + len(out)]
            self._at += len(piece)
            out[: len(piece)] = piece
            if len(piece) < len(out):
                out[len(piece) :] = bytes(len(out) - len(piece))
                raise sounddevice.CallbackStop

        failure: Any = None
        for rate in dict.fromkeys((SAMPLE_RATE, native)):
            if rate != SAMPLE_RATE:
                self._sound = LiveResampler(SAMPLE_RATE, rate).convert(self._sound, last=True)
            stream = None
            try:
                stream = sounddevice.RawOutputStream(
                    samplerate=rate, channels=1, dtype="int16", callback=fill, finished_callback=self._played
                )
                stream.start()
            except sounddevice.PortAudioError as error:
                failure = error
                if stream is not None:
                    stream.close(ignore_errors=True)
                continue
            return stream
        raise VoiceError(
            "The loudspeaker could not be opened.",
            code="voice_no_output",
            hint=f"The sound system says: {_reason(failure)}",
        ) from failure


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


def _inputs(sounddevice: Any) -> list[dict[str, Any]]:
    """Return PortAudio's inputs; under Windows those of WASAPI only, for the others are the same ones again."""
    wasapi = {index for index, api in enumerate(sounddevice.query_hostapis()) if api["name"] == WASAPI}
    return [
        device
        for device in sounddevice.query_devices()
        if device["max_input_channels"] > 0 and (not wasapi or device["hostapi"] in wasapi)
    ]


def _default_input(sounddevice: Any) -> dict[str, Any] | None:
    for api in sounddevice.query_hostapis():
        if api["name"] == WASAPI and api["default_input_device"] >= 0:
            wanted: dict[str, Any] = sounddevice.query_devices(api["default_input_device"])
            return wanted
    try:
        found: dict[str, Any] = sounddevice.query_devices(kind="input")
    except (sounddevice.PortAudioError, ValueError):
        return None  # there is none
    return found


def _server(known: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return PortAudio's device for the sound server; None where there is none."""
    if sys.platform != "linux":
        return None
    by_name = {str(device["name"]): device for device in reversed(known)}
    return next((by_name[name] for name in _SERVERS if name in by_name), None)


@contextlib.contextmanager
def _said_to_server(source: str, mark: str) -> Iterator[None]:
    """Let what is opened meanwhile record from this source of the sound server, and bear a mark.

    "" leaves the choice to the server. libpulse and PipeWire read these variables when a stream is made; ALSA, between
    them and PortAudio, has no way to say it.
    """
    before = {variable: os.environ.get(variable) for variable in ("PULSE_SOURCE", "PIPEWIRE_NODE", "PULSE_PROP")}
    try:
        if source:
            os.environ.update(PULSE_SOURCE=source, PIPEWIRE_NODE=source)
        os.environ["PULSE_PROP"] = f"{before['PULSE_PROP'] or ''} {sound_server.MARK}={mark}".strip()
        yield
    finally:
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value


def _find(sounddevice: Any, inputs: list[dict[str, Any]], name: str, others: tuple[str, ...]) -> dict[str, Any]:
    """Return PortAudio's input of that name, the default for "". Raises VoiceError, which lists `others` too."""
    if not name:
        default = _default_input(sounddevice) or (inputs[0] if inputs else None)
        if default is None:
            raise VoiceError("No microphone was found.", code="voice_no_device", hint="Plug one in, or ask by typing.")
        return default
    for same in (lambda there: there == name, lambda there: _plain(there) == _plain(name)):
        for device in inputs:
            if same(str(device["name"])):
                return device
    known = ", ".join(dict.fromkeys([*others, *(str(device["name"]) for device in inputs)])) or "none"
    raise VoiceError(f"The microphone “{name}” is not there.", code="voice_no_device", hint=f"Found: {known}.")


def _plain(name: str) -> str:
    """ALSA appends "(hw:1,0)", and the numbers change from one start to the next."""
    return re.sub(r"\s*\(hw:[\d,]+\)$", "", name)


def _reason(error: Any) -> str:
    return str(error.args[0]) if error is not None and error.args else "nothing"
