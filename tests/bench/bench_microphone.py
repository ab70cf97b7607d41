"""The first word when the key comes late, and live resampling beside FFmpeg's.

`TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_microphone.py -s`. FOLDER holds speech/manifest.jsonl;
without it a packaged voice speaks. No sound hardware and no sound server: what a real server adds is measured by
tests/integration/test_microphone.py (sample for sample, by PulseAudio).
"""

from __future__ import annotations

import asyncio
import math
import random
import re
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.voice.push_to_talk import PushToTalk
from app.voice.resampler import LiveResampler, Resampler
from nodeworker.engines import Final
from nodeworker.engines.speech.whisper import WhisperEngine
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import SAMPLE_RATE
from tests.bench.bench_whisper import clips
from tests.bench.figures import DATA, show
from tests.fakes_voice import BLOCK_SECONDS, FakeMicrophone

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

LATE = 0.4
"""Seconds from the first sound of speech to the key."""
CLIPS = 100
BY_MODEL = 20
LATENCY = 0.064
"""Seconds that PulseAudio holds sound back (as PortAudio told it here)."""


def _onset(sound: Any) -> int:
    """Return the sample at which speech begins: the first 10 ms within 30 dB of the loudest."""
    size = SAMPLE_RATE // 100
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    loud = np.sqrt((frames.astype(float) ** 2).mean(axis=1))
    return int(np.argmax(loud > loud.max() * 10 ** (-30 / 20))) * size


async def _held(sound: Any, luck: random.Random) -> bytes:
    """Play a clip to a talk key that goes down LATE after its speech begins; return the utterance."""
    before = np.random.default_rng(luck.randrange(1000)).normal(0, 3, SAMPLE_RATE + luck.randrange(512))
    spoken = np.concatenate([before, sound, np.zeros(SAMPLE_RATE)]).astype("<i2").tobytes()
    now = [0.0]
    microphone = FakeMicrophone(latency=LATENCY)
    talk = PushToTalk(microphone, clock=lambda: now[0])
    pressed_at = (len(before) + _onset(sound)) / SAMPLE_RATE + LATE
    released_at = (len(before) + len(sound)) / SAMPLE_RATE
    utterance: asyncio.Task[bytes] | None = None
    released = False
    size = 2 * 512
    for at in range(0, len(spoken), size):
        now[0] = at / 2 / SAMPLE_RATE + BLOCK_SECONDS + LATENCY  # when this block arrives
        if utterance is None and now[0] >= pressed_at:
            assert talk.press()
            utterance = asyncio.ensure_future(_collect(talk))
        if not released and now[0] >= released_at:
            talk.release()
            released = True
        microphone.feed(spoken[at : at + size])
        await asyncio.sleep(0)
    assert utterance is not None
    return await asyncio.wait_for(utterance, 10)


async def _collect(talk: PushToTalk) -> bytes:
    return b"".join([block async for block in talk.audio()])


def _first_word(engine: WhisperEngine, pcm: bytes) -> str:
    blocks = [pcm[at : at + 32_000] for at in range(0, len(pcm), 32_000)]
    *_, final = engine.transcribe(iter(blocks), language="en", cancelled=threading.Event(), partials=False)
    assert isinstance(final, Final)
    return next(iter(re.findall(r"[a-z0-9']+", final.text.lower())), "")


@pytest.mark.models
def test_the_first_word_when_the_key_is_late(tmp_path: Path) -> None:
    known = [(np.round(sound * 32767).astype("<i2"), text) for sound, text in clips(DATA)]
    luck = random.Random(6)
    model = ModelFolder(tmp_path).find("transcribe", "whisper-tiny.en")
    engine = WhisperEngine(model, threads=1)
    engine.load(lambda _fraction: None)
    kept = same = 0
    try:
        for number in range(CLIPS):
            sound, _ = known[number % len(known)]
            utterance = asyncio.run(_held(sound, luck))
            speech = sound[_onset(sound) :].tobytes()
            kept += speech in utterance
            if number < BY_MODEL:
                silence = bytes(SAMPLE_RATE)
                same += _first_word(engine, utterance) == _first_word(engine, silence + sound.tobytes() + silence)
    finally:
        engine.close()
    late = f"key {LATE * 1000:.0f} ms late"
    show(f"{late}, every sample from the onset on kept", kept, f"of {CLIPS}", goal=f"value >= {CLIPS}")
    show(
        f"{late}, first word as in the whole clip", same, f"of {BY_MODEL}", goal=f"value >= {BY_MODEL}", model="tiny.en"
    )
    assert kept == CLIPS and same == BY_MODEL


def _live(rate: int, sound: Any) -> Any:
    stream, size = LiveResampler(rate), rate * 32 // 1000
    pieces = [stream.convert(sound[at : at + size].tobytes()) for at in range(0, len(sound), size)]
    return np.frombuffer(b"".join(pieces), "<i2")


def _ffmpeg(rate: int, sound: Any) -> Any:
    from av import AudioFrame

    resampler, size, pieces = Resampler(), rate * 32 // 1000, []
    for at in range(0, len(sound), size):
        frame = AudioFrame.from_ndarray(sound[at : at + size].reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        pieces.append(resampler.convert(frame))
    return np.frombuffer(b"".join(pieces), "<i2")


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_resampling(rate: int) -> None:
    def tone(frequency: int) -> Any:
        return np.round(20_000 * np.sin(2 * np.pi * frequency * np.arange(10 * rate) / rate)).astype("<i2")

    def gain(sound: Any) -> float:
        level = math.sqrt(float((sound[2000:-2000].astype(float) ** 2).mean()))
        return 20 * math.log10(max(level, 1e-3) / (20_000 / math.sqrt(2)))

    for frequency in (7000, 7500, 8200, 9000):
        sound = tone(frequency)
        ours, theirs = gain(_live(rate, sound)), gain(_ffmpeg(rate, sound))
        show(f"{rate} Hz to 16 kHz, level of {frequency} Hz: soxr", ours, "dB")
        show(f"{rate} Hz to 16 kHz, level of {frequency} Hz: FFmpeg", theirs, "dB")
    sound = tone(1000)
    seconds = []
    for convert in (_live, _ffmpeg):
        began = time.process_time()
        for _ in range(5):
            convert(rate, sound)
        seconds.append((time.process_time() - began) / 50 * 1000)
    show(f"{rate} Hz to 16 kHz, processor time a second of sound, beside FFmpeg", seconds[0], "ms", seconds[1])
