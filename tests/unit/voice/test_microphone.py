"""The microphone over a recorder that the test plays: opening, losing, coming back, other rates."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest

from app.errors import VoiceError
from app.voice.microphone import MUTED, UNMUTED, Microphone, MicrophoneState, Patience
from app.voice.push_to_talk import PushToTalk

QUICK = Patience(first_block=0.1, stall=0.1, watch=0.01, retry=(0.01, 0.02))


class Device:
    """Makes recorders, one after the other; `trouble` says which openings fail."""

    def __init__(self, *, rate: int = 16_000, trouble: int = 0, silent: bool = False) -> None:
        self.rate = rate
        self.label = "Table"
        self.trouble = trouble
        self.silent = silent
        self.recorders: list[FakeRecorder] = []

    def __call__(self, name: str, take: Callable[[bytes], None]) -> "FakeRecorder":
        recorder = FakeRecorder(self, take)
        self.recorders.append(recorder)
        return recorder


class FakeRecorder:
    """Brings one block when it is opened, further ones by `bring`."""

    def __init__(self, device: Device, take: Callable[[bytes], None]) -> None:
        self.rate = device.rate
        self.latency = 0.02
        self.finished = False
        self.label = device.label
        self.muted: bool | None = None
        self.gone = False
        self.closed = threading.Event()
        self._device = device
        self._take = take

    def open(self) -> None:
        if self._device.trouble:
            self._device.trouble -= 1
            raise VoiceError("It is taken.", code="voice_open_failed")
        if not self._device.silent:
            self.bring(np.ones(512 * self.rate // 16_000, "<i2"))

    def close(self) -> None:
        self.closed.set()

    def bring(self, samples: np.ndarray) -> None:
        """Deliver in a thread of its own, as PortAudio does."""
        thread = threading.Thread(target=self._take, args=(samples.astype("<i2").tobytes(),))
        thread.start()
        thread.join()


class Heard:
    """A microphone over a Device, with what it said."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.errors: list[str] = []
        self.notices: list[str] = []
        self.states: list[str] = []
        self.noticed = asyncio.Event()
        self.changed = asyncio.Event()
        self.open = asyncio.Event()
        self.microphone = Microphone(
            on_error=lambda error: self.errors.append(error.message),
            on_open=self.open.set,
            on_state=self._state,
            on_notice=self._notice,
            patience=QUICK,
            recorder=device,
        )

    def _state(self, state: MicrophoneState) -> None:
        self.states.append(state.value)
        self.changed.set()

    async def until(self, state: MicrophoneState) -> None:
        async with asyncio.timeout(5):
            while self.microphone.state is not state:
                self.changed.clear()
                await self.changed.wait()

    def _notice(self, sentence: str) -> None:
        self.notices.append(sentence)
        self.noticed.set()

    async def opened(self) -> None:
        async with asyncio.timeout(5):
            await self.open.wait()
        self.open.clear()

    async def close(self) -> None:
        self.microphone.close()
        await self.microphone.wait_closed()
        assert all(recorder.closed.is_set() for recorder in self.device.recorders)
        assert not self.microphone.is_open


async def test_opens_delivers_and_releases() -> None:
    heard = Heard(Device())
    heard.microphone.open()
    heard.microphone.open()
    blocks = heard.microphone.blocks()
    assert bool(heard.microphone.is_open) is False  # honest: nothing flows yet
    await heard.opened()
    assert (bool(heard.microphone.is_open), heard.microphone.latency) == (True, 0.02)
    heard.device.recorders[0].bring(np.full(512, 7))
    assert [np.frombuffer(await anext(blocks), "<i2")[0] for _ in range(2)] == [1, 7]
    await heard.close()
    assert [block async for block in blocks] == []
    assert len(heard.device.recorders) == 1 and heard.errors == []


async def test_trouble_is_told_once_and_tried_again_until_it_opens() -> None:
    heard = Heard(Device(trouble=3))
    heard.microphone.open()
    await heard.opened()
    assert heard.errors == ["It is taken."]
    assert len(heard.device.recorders) == 4
    await heard.close()


@pytest.mark.parametrize("how", ["finished", "stalled"])
async def test_lost_and_found_again(how: str) -> None:
    heard = Heard(Device())
    heard.microphone.open()
    await heard.opened()
    blocks = heard.microphone.blocks()
    heard.device.recorders[0].finished = how == "finished"
    await heard.opened()
    with pytest.raises(VoiceError, match="went away"):
        await anext(blocks)
    assert heard.errors == ["The microphone went away."]
    assert heard.device.recorders[0].closed.is_set()
    assert heard.microphone.is_open
    await heard.close()


async def test_muted_silent_and_moved_are_told() -> None:
    heard = Heard(Device())
    heard.microphone.patience = Patience(watch=0.01, silent=0.5)
    heard.microphone.open()
    assert heard.microphone.state is MicrophoneState.OPENING
    await heard.opened()
    (recorder,) = heard.device.recorders
    recorder.muted = True
    await heard.until(MicrophoneState.MUTED)
    assert heard.microphone.is_open and heard.notices == [MUTED]
    recorder.muted = False
    await heard.until(MicrophoneState.LISTENING)
    recorder.bring(np.zeros(8192))
    await heard.until(MicrophoneState.SILENT)
    recorder.label = "Headset"
    recorder.bring(np.full(512, 7))
    await heard.until(MicrophoneState.LISTENING)
    assert heard.notices == [MUTED, UNMUTED, "Listening to “Headset” now."]
    await heard.close()
    assert heard.states == ["opening", "listening", "muted", "listening", "silent", "listening", "closed"]


async def test_after_sleep_the_stream_is_made_anew_and_said() -> None:
    heard, slept = Heard(Device()), [100.0]
    heard.microphone.patience = Patience(watch=0.01, retry=(0.01,))
    heard.microphone.asleep = lambda: slept[0]
    heard.microphone.open()
    await heard.opened()
    slept[0] += 3600
    await heard.opened()
    assert heard.errors == ["The computer was asleep."]
    assert len(heard.device.recorders) == 2
    await heard.close()


@pytest.mark.parametrize("device", ["", "Table"])
async def test_another_default_is_followed_unless_a_device_was_chosen(device: str) -> None:
    heard, default = Heard(Device()), ["1"]
    heard.microphone.patience = Patience(watch=0.01, retry=(0.01,))
    heard.microphone.device = device
    heard.microphone.default = lambda: default[0]
    heard.microphone.open()
    await heard.opened()
    default[0] = "2"
    if device:
        heard.device.recorders[0].label = "Still there"  # what is looked at last was looked at
        await asyncio.wait_for(heard.noticed.wait(), 5)
        assert heard.errors == [] and len(heard.device.recorders) == 1
    else:
        await heard.opened()
        assert heard.errors == ["This computer uses another microphone now."]
    await heard.close()


async def test_a_stream_that_the_server_lost_is_not_waited_for() -> None:
    heard = Heard(Device())
    heard.microphone.patience = Patience(watch=0.01, pause=0.05, stall=60, retry=(0.01,))
    heard.microphone.open()
    await heard.opened()
    heard.device.recorders[0].gone = True
    await heard.opened()
    assert heard.errors == ["The microphone went away."]
    await heard.close()


async def test_another_rate_after_it_came_back() -> None:
    heard = Heard(Device(rate=44_100))
    heard.microphone.open()
    await heard.opened()
    assert heard.microphone.latency == pytest.approx(0.065)
    heard.device.rate = 16_000
    heard.device.recorders[0].finished = True
    await heard.opened()
    assert heard.microphone.latency == 0.02
    blocks = heard.microphone.blocks()
    heard.device.recorders[1].bring(np.full(512, 7))
    assert set(np.frombuffer(await anext(blocks), "<i2")) == {7}
    await heard.close()


async def test_device_that_opens_but_sends_nothing() -> None:
    heard = Heard(Device(silent=True))
    heard.microphone.open()
    with pytest.raises(VoiceError, match="sends no sound"):
        await anext(heard.microphone.blocks())
    await heard.close()


async def test_pressing_while_the_device_is_away_tries_at_once() -> None:
    device = Device(trouble=1)
    heard = Heard(device)
    heard.microphone.patience = Patience(retry=(60.0,))
    heard.microphone.open()
    with pytest.raises(VoiceError, match="taken"):
        await anext(heard.microphone.blocks())
    await asyncio.sleep(0)
    talk = PushToTalk(heard.microphone)
    talk.press()
    await heard.opened()
    talk.cancel()
    await heard.close()


async def test_closing_while_it_opens_leaves_nothing_open() -> None:
    heard = Heard(Device())
    heard.microphone.open()
    await asyncio.sleep(0)
    await heard.close()


async def test_other_rates_come_out_as_sixteen_kilohertz_in_whole_blocks() -> None:
    heard = Heard(Device(rate=48_000))
    heard.microphone.open()
    await heard.opened()
    blocks = heard.microphone.blocks()
    tone = 10_000 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    for start in range(0, 48_000, 1536):
        heard.device.recorders[0].bring(tone[start : start + 1536])
    sound: list[np.ndarray] = []
    async with asyncio.timeout(5):
        while len(sound) < 29:
            sound.append(np.frombuffer(await anext(blocks), "<i2"))
    assert {len(block) for block in sound} == {512}
    heard_tone = np.concatenate(sound)[2000:]
    spectrum = np.abs(np.fft.rfft(heard_tone))
    assert np.argmax(spectrum) * 16_000 / len(heard_tone) == pytest.approx(440, abs=2)
    assert np.abs(heard_tone).max() == pytest.approx(10_000, rel=0.02)
    assert heard.microphone.level > 0.7
    await heard.close()


async def test_a_bug_in_the_recorder_ends_waiting_readers() -> None:
    def broken(name: str, take: Callable[[bytes], None]) -> FakeRecorder:
        raise ZeroDivisionError("broken")

    errors: list[str] = []
    microphone = Microphone(on_error=lambda error: errors.append(error.message), recorder=broken)
    microphone.open()
    with pytest.raises(VoiceError, match="failed"):
        await anext(microphone.blocks())
    assert errors == ["The microphone failed."]


def test_importing_voice_costs_nothing() -> None:
    modules = ["audio_file", "audio_input", "level", "microphone", "portaudio", "push_to_talk", "resampler", "talk"]
    modules += ["devices", "hotkeys", "hotkeys_listener", "hotkeys_portal", "hotkeys_x11", "sound_server", "standby"]
    program = "import sys\n" + "".join(f"import app.voice.{name}\n" for name in modules)
    program += "print(*{'av', 'numpy', 'sounddevice', 'soxr', 'pulsectl', 'dbus_fast'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
