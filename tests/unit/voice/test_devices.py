"""The trial of a microphone, and how PortAudio's lists are read, both over fakes."""

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.errors import VoiceError
from app.voice import portaudio
from app.voice.devices import Trial
from app.voice.microphone import MicrophoneState
from tests.unit.voice.test_microphone import Device


class Loudspeaker:
    """Notes what is played; is done when the test says so."""

    def __init__(self, pcm16: bytes, played: Callable[[], None]) -> None:
        self.sound = pcm16
        self.played = played
        self.opened = asyncio.Event()
        self.closed = False
        self._loop = asyncio.get_running_loop()

    def open(self) -> None:
        if len(self.sound) == 2 * 512:
            raise VoiceError("No loudspeaker was found.", code="voice_no_output")
        self._loop.call_soon_threadsafe(self.opened.set)

    def close(self) -> None:
        self.closed = True


async def test_level_recording_and_playback() -> None:
    device = Device()
    speakers: list[Loudspeaker] = []
    listening, made = asyncio.Event(), asyncio.Event()

    def speaker(pcm16: bytes, played: Callable[[], None]) -> Loudspeaker:
        speakers.append(Loudspeaker(pcm16, played))
        made.set()
        return speakers[-1]

    def state(new: MicrophoneState) -> None:
        if new is MicrophoneState.LISTENING:
            listening.set()

    trial = Trial(recorder=device, playback=speaker, on_state=state)
    await trial.play()  # nothing was recorded: nothing is played
    recording = asyncio.ensure_future(trial.record(seconds=0.1))
    await asyncio.wait_for(listening.wait(), 5)
    device.recorders[0].bring(np.full(512, 9000))
    device.recorders[0].bring(np.full(2048, 7))
    sound = np.frombuffer(await asyncio.wait_for(recording, 5), "<i2")
    assert len(sound) == 1600 and {9000, 7} <= set(sound) and trial.seconds == 0.1
    assert trial.level > 0.5
    playing = asyncio.ensure_future(trial.play())
    await asyncio.wait_for(made.wait(), 5)
    await asyncio.wait_for(speakers[0].opened.wait(), 5)
    assert speakers[0].sound == sound.tobytes()
    speakers[0].played()
    await asyncio.wait_for(playing, 5)
    assert speakers[0].closed
    made.clear()
    playing = asyncio.ensure_future(trial.play())
    await asyncio.wait_for(made.wait(), 5)
    await asyncio.wait_for(speakers[1].opened.wait(), 5)
    trial.stop()
    await asyncio.wait_for(playing, 5)
    assert speakers[1].closed
    device.recorders[0].bring(np.full(512, 7))
    again = asyncio.ensure_future(trial.record(seconds=0.032))
    await asyncio.sleep(0)
    device.recorders[0].bring(np.full(512, 7))
    await asyncio.wait_for(again, 5)
    with pytest.raises(VoiceError, match="No loudspeaker"):
        await trial.play()
    await trial.close()
    assert trial.seconds == 0 and device.recorders[0].closed.is_set()


async def test_a_device_that_is_lost_ends_the_recording() -> None:
    trial = Trial(recorder=Device(trouble=1))
    with pytest.raises(VoiceError, match="taken"):
        await trial.record()
    await trial.close()


class PortAudio:
    """The part of the module sounddevice that lists devices."""

    PortAudioError = OSError

    def __init__(self, apis: list[dict[str, Any]], devices: list[dict[str, Any]]) -> None:
        self._apis = apis
        self._devices = devices

    def query_hostapis(self) -> list[dict[str, Any]]:
        return self._apis

    def query_devices(self, index: int | None = None, kind: str = "") -> Any:
        if kind:
            raise ValueError("no default")
        return self._devices if index is None else self._devices[index]


def test_windows_is_asked_through_wasapi_only() -> None:
    def device(index: int, name: str, api: int, channels: int = 1) -> dict[str, Any]:
        return {"index": index, "name": name, "hostapi": api, "max_input_channels": channels}

    listed = [
        device(0, "Microphone (USB Audio Devi", 0), device(1, "Speakers", 1, 0), device(2, "Array", 1),
        device(3, "Microphone (USB Audio Device)", 1),
    ]  # fmt: skip
    windows = PortAudio(
        [{"name": "MME", "default_input_device": 0}, {"name": "Windows WASAPI", "default_input_device": 3}], listed
    )
    known = portaudio._inputs(windows)
    assert [found["index"] for found in known] == [2, 3]
    assert portaudio._find(windows, known, "", ())["index"] == 3
    assert portaudio._find(windows, known, "Array", ())["index"] == 2
    with pytest.raises(VoiceError, match="not there") as caught:
        portaudio._find(windows, known, "Webcam", ("Table",))
    assert caught.value.hint == "Found: Table, Array, Microphone (USB Audio Device)."
    mac = PortAudio([{"name": "Core Audio", "default_input_device": -1}], listed[:1])
    assert portaudio._find(mac, portaudio._inputs(mac), "", ())["index"] == 0
    nothing = PortAudio([], [])
    with pytest.raises(VoiceError, match="No microphone was found"):
        portaudio._find(nothing, portaudio._inputs(nothing), "", ())
