"""Wake words and the detector of speech in the node's engine: what is heard, what wakes it falsely, what it costs.

`TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_waking.py -s -k NAME`; NAME: said, falsely, cost.
FOLDER holds speech/manifest.jsonl. The wake word is said by the packaged voice, quicker and slower, higher and lower
(by playing it at another rate), quietly, and with public noise.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from nodeworker.engines import AttendEvent, Attention, SpeechStarted, WakeHeard, WakeWord
from nodeworker.engines.attending.engine import ListeningEngine
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import SAMPLE_RATE
from tests.bench.bench_hearing import clips, pcm
from tests.bench.figures import show

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(3600)]
WORD = "hey-jarvis"
LANGUAGES = ("en", "es", "fr", "zh")
SPEEDS, PITCHES = (0.7, 0.85, 1.0, 1.15, 1.3), (0.88, 1.0, 1.12)
QUIET = np.zeros(2 * SAMPLE_RATE, np.float32)
BLOCK = 1024


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListeningEngine]:
    pytest.importorskip("pymicro_wakeword", reason="no wake words: pip install pymicro-wakeword==2.5.0")
    folder = ModelFolder(tmp_path_factory.mktemp("models"))
    engine = ListeningEngine(folder.find("vad"))
    engine.load(lambda _fraction: None)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def wake(tmp_path_factory: pytest.TempPathFactory) -> WakeWord:
    return WakeWord(str(ModelFolder(tmp_path_factory.mktemp("models")).find("wake", WORD).main_file))


def told(engine: ListeningEngine, sound: Any, wake: WakeWord | None) -> list[AttendEvent]:
    data = pcm(sound)
    blocks = (data[at : at + BLOCK] for at in range(0, len(data), BLOCK))
    return list(engine.attend(blocks, wake_word=wake, cancelled=threading.Event()))


@cache
def said(text: str, speed: float, pitch: float) -> Any:
    """Return `text` as float32 at 16 kHz."""
    import soxr

    sound = np.asarray(_voice()(text, speed=speed / pitch), np.float32)
    return soxr.resample(sound, 24_000 * pitch, SAMPLE_RATE)


@cache
def _voice() -> Any:
    from hibari import Hibari

    return Hibari(voice="heart")  # the one that is inside the package


def test_said(engine: ListeningEngine, wake: WakeWord) -> None:
    noises = [np.trim_zeros(clip.sound) for clip in clips(("noise",))]
    sayings = [(speed, pitch) for speed in SPEEDS for pitch in PITCHES]
    for name, decibels, gain in (
        ("clearly", 0, 1.0),
        ("at a hundredth of the loudness", 0, 0.01),
        ("with noise 20 dB below", 20, 1.0),
        ("with noise 10 dB below", 10, 1.0),
        ("with noise 5 dB below", 5, 1.0),
    ):
        heard, late = 0, list[float]()
        for speed, pitch in sayings:
            word = said("Hey Jarvis!", speed, pitch)
            sound = np.concatenate([QUIET, word, QUIET]) * gain
            if decibels:
                noise = np.resize(noises[(len(late) + 1) % len(noises)], len(sound))
                sound += noise * np.sqrt((word**2).mean() / (noise**2).mean() / 10 ** (decibels / 10))
            events = told(engine, sound.astype(np.float32), wake)
            times = [event.at for event in events if isinstance(event, WakeHeard)]
            heard += len(times) == 1
            spoken = np.flatnonzero(np.abs(word) > 0.02)[-1] / SAMPLE_RATE
            late += [1000 * (at - 2.0 - spoken) for at in times[:1]]
        show(f"{WORD} said {name}: heard once, of {len(sayings)}", heard, "times")
        if late:
            wait, latest = statistics.median(late), round(max(late))
            show("… from the end of the word until it is heard", wait, "ms", latest=latest)


def test_falsely(engine: ListeningEngine, wake: WakeWord) -> None:
    heard = [clip for lang in LANGUAGES for clip in clips(("speech",), lang)]
    heard += clips(("noise", "music", "ui-sound", "digit"))
    minutes = sum(len(clip.sound) for clip in heard) / SAMPLE_RATE / 60
    wrong = []
    for clip in heard:
        events = told(engine, np.concatenate([clip.sound, QUIET]), wake)
        wrong += [clip.name for event in events if isinstance(event, WakeHeard)]
    show(f"false wakes in {minutes:.0f} minutes of public speech, noise and music", len(wrong), "times", names=wrong)
    near = ("Hey Travis!", "Hey Jamie!", "Jarvis", "Hey, the service is bad.", "They serve us.", "Hey Javier!")
    woke = [text for text in near for speed in SPEEDS for pitch in PITCHES if _woken(engine, wake, text, speed, pitch)]
    of = len(near) * len(SPEEDS) * len(PITCHES)
    show(f"woken by {of} sayings of words that sound alike", len(woke), "times", texts=sorted(set(woke)))


def _woken(engine: ListeningEngine, wake: WakeWord, text: str, speed: float, pitch: float) -> bool:
    sound = np.concatenate([QUIET, said(text, speed, pitch), QUIET])
    return any(isinstance(event, WakeHeard) for event in told(engine, sound, wake))


def test_cost(engine: ListeningEngine, wake: WakeWord) -> None:
    sound = np.concatenate([clip.sound for clip in clips(("speech",))])
    for name, word in (("speech alone", None), ("speech and the wake word", wake)):
        began = time.process_time()
        events = told(engine, sound, word)
        share = (time.process_time() - began) / (len(sound) / SAMPLE_RATE)
        assert sum(isinstance(event, Attention) for event in events) == len(sound) // 512
        show(f"listening for {name}: share of a core", 100 * share, "%", goal="value <= 2")
    late = []
    for clip in clips(("speech",)):
        padded = np.concatenate([QUIET, clip.sound])
        events = told(engine, padded, None)
        first = next((event for event in events if isinstance(event, Attention) and event.speech >= 0.5), None)
        bound = next((event for event in events if isinstance(event, SpeechStarted)), None)
        if first and bound:
            late.append(1000 * (first.at - bound.at))
    show("the first window of speech is told behind its beginning", statistics.median(late), "ms")
