"""Barge-in: from a person's first frame of speech to silence, and false stops by the echo of the own voice.

`TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_barge_in.py -s -k NAME`; NAME: server, persons, echo.
server: real PulseAudio, microphone, loudspeaker, node and voice; the microphone hears all that is played. The others:
the real canceller, rule and detector in rooms of numbers, faster than life. FOLDER holds speech/manifest.jsonl.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.voice.barge_in import WINDOW, BargeIn, Verdict
from app.voice.player import DUCKED
from nodeworker.engines import Attention
from nodeworker.engines.attending.engine import ListeningEngine
from nodeworker.models.folder import ModelFolder
from tests.bench.bench_hearing import clips, pcm
from tests.bench.figures import show
from tests.integration.barge_in_probe import TEXT
from tests.integration.test_barge_in import Person, reading

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(900)]
RATE = 16_000
ECHOES = (-6, -12, -20, -30, None)
"""Decibels beside what is played; None: headphones."""
DELAYS = (0.02, 0.1, 0.2)
SPOKEN = 24
"""Clips of persons, every other one 6 dB softer."""
LOUD = (-22.0, -28.0)
"""Decibels of full scale of a person."""
LATE_WINDOWS = 6
"""Until a ducked voice is played: the loudspeaker's buffer."""
GOAL_MS = 150
OWN_SECONDS = 60.0


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListeningEngine]:
    engine = ListeningEngine(ModelFolder(tmp_path_factory.mktemp("models")).find("vad"))
    engine.load(lambda _fraction: None)
    yield engine
    engine.close()


class Ear:
    """The detector of speech, window by window."""

    def __init__(self, engine: ListeningEngine) -> None:
        self._sound: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._told = engine.attend(iter(self._sound.get, None), wake_word=None, cancelled=threading.Event())

    def speech(self, window: Any) -> float:
        self._sound.put(pcm(window))
        while not isinstance(event := next(self._told), Attention):
            pass
        return event.speech


VOLUMES = {Verdict.DUCK: DUCKED, Verdict.HUSH: 0.0}


@cache
def own() -> Any:
    """Return a minute of the packaged voice at 16 kHz."""
    import soxr
    from hibari import Hibari

    voice, gap = Hibari(voice="heart"), np.zeros(RATE // 4, np.float32)
    said = [
        soxr.resample(np.asarray(voice(one + "."), np.float32), 24_000, RATE) for one in TEXT.split(".") if one.strip()
    ]
    whole = np.concatenate([piece for sentence in said for piece in (sentence, gap)])
    return np.resize(whole, round(OWN_SECONDS * RATE) // WINDOW * WINDOW).astype(np.float32)


def answer_of_room(decibels: int | None, delay: float) -> Any:
    """Return what a room with 0.25 s of reverberation makes of a click."""
    if decibels is None:
        return np.zeros(1, np.float32)
    rng, times = np.random.default_rng(5), np.arange(RATE // 4) / RATE
    tail = rng.standard_normal(len(times)) * np.exp(-times * 6.9 / 0.25) * 0.25
    tail[0] = 1.0
    tail *= 10 ** (decibels / 20) / np.sqrt((tail**2).sum())
    return np.concatenate([np.zeros(round(delay * RATE)), tail]).astype(np.float32)


def verdicts(engine: ListeningEngine, played: Any, answer: Any, person: Any) -> Iterator[Verdict]:
    """Yield the verdict on each window; ducking is done."""
    rule, ear, rng = BargeIn(), Ear(engine), np.random.default_rng(1)
    echo = np.zeros(len(played) + len(answer), np.float32)
    volume = np.ones(len(played) // WINDOW + LATE_WINDOWS + 2, np.float32)
    for number, at in enumerate(range(0, len(played), WINDOW)):
        now = played[at : at + WINDOW] * volume[number]
        size = 1 << (WINDOW + len(answer)).bit_length()
        made = np.fft.irfft(np.fft.rfft(now, size) * np.fft.rfft(answer, size))[: WINDOW + len(answer) - 1]
        echo[at : at + len(made)] += made[: len(echo) - at]
        room = rng.standard_normal(WINDOW) * 10 ** (-65 / 20)
        heard = (echo[at : at + WINDOW] + person[at : at + WINDOW] + room).astype(np.float32)
        verdict = rule.judge(ear.speech(rule.hear(heard, now, soft=volume[number] < 1)))
        if verdict is not Verdict.NOTHING:
            late = 0 if verdict is Verdict.HUSH else LATE_WINDOWS  # what lies in the device's buffer is dropped
            volume[number + 1 + late :] = VOLUMES.get(verdict, 1.0)
        yield verdict


def persons() -> list[tuple[Any, int]]:
    """Return clips at their loudness, and where the detector first hears speech in them, in samples."""
    found = []
    heard = [clip for clip in clips(("speech",)) if len(clip.sound) > 1.2 * RATE]
    for number, clip in enumerate(heard[:: max(1, len(heard) // SPOKEN)][:SPOKEN]):
        spoken = clip.sound[np.abs(clip.sound) > 0.01]
        found.append((clip.sound * 10 ** (LOUD[number % 2] / 20) / np.sqrt((spoken**2).mean()), 0))
    return found


def first_speech(engine: ListeningEngine, clip: Any) -> int:
    """Return the first sample of the first window that is speech, where the clip is heard alone."""
    ear, lead = Ear(engine), np.zeros(2 * WINDOW, np.float32)
    sound = np.concatenate([lead, clip, np.zeros(WINDOW, np.float32)]).astype(np.float32)
    for at in range(0, len(sound) - WINDOW + 1, WINDOW):
        if ear.speech(sound[at : at + WINDOW]) >= 0.5:
            return at - len(lead)
    raise AssertionError("a clip without speech")


def test_persons(engine: ListeningEngine) -> None:
    people = [(clip, first_speech(engine, clip)) for clip, _ in persons()]
    for decibels in ECHOES:
        waits, missed = list[float](), 0
        for number, (clip, first) in enumerate(people):
            lead = (3.0, 6.0, 1.2)[number % 3]
            begins, length = round(lead * RATE) // WINDOW * WINDOW, round((lead + 2.5) * RATE) // WINDOW * WINDOW
            person = np.zeros(length, np.float32)
            person[begins : begins + len(clip)] = clip[: length - begins]
            played = np.roll(own(), -number * 2 * RATE)[:length]
            said = list(verdicts(engine, played, answer_of_room(decibels, DELAYS[number % 3]), person))
            silent = [(at + 1) * WINDOW for at, verdict in enumerate(said) if verdict is Verdict.HUSH]
            wait = [1000 * (at - begins - first) / RATE for at in silent if at > begins][:1]
            missed += Verdict.STOP not in said[begins // WINDOW :]
            waits += wait
        name = "headphones" if decibels is None else f"echo {decibels} dB"
        within = sum(wait <= GOAL_MS for wait in waits)
        show(
            f"{name}: first speech to silence",
            waits,
            "ms",
            within=within,
            of=len(people),
            resumed=missed,
            most=max(waits),
        )


def test_echo(engine: ListeningEngine) -> None:
    for decibels in ECHOES:
        stops = ducks = hushes = 0
        for delay in DELAYS:
            said = list(verdicts(engine, own(), answer_of_room(decibels, delay), np.zeros(len(own()), np.float32)))
            stops += said.count(Verdict.STOP)
            ducks += said.count(Verdict.DUCK)
            hushes += said.count(Verdict.HUSH)
        name = "headphones" if decibels is None else f"echo {decibels} dB"
        minutes = len(DELAYS) * OWN_SECONDS / 60
        show(
            f"{name}: false stops in {minutes:.0f} minutes",
            stops,
            "times",
            goal="value <= 0",
            ducked=ducks,
            hushed=hushes,
        )


@pytest.mark.parametrize("decibels", [0, -12, -24])
async def test_server(engine: ListeningEngine, home: Path, tmp_path: Path, decibels: int) -> None:
    waits, never = list[float](), 0
    async with reading(home, 10 ** (decibels / 20)) as now:
        for number, (clip, _) in enumerate(persons()[decibels // -12 :: 3]):
            first = first_speech(engine, clip)
            person = Person.made(tmp_path / f"{number}.wav", np.clip(clip * 32768, -32768, 32767)[: 3 * RATE])
            silent = await now.interrupted(person, (5.0, 2.5)[number % 2])
            if silent is None:
                never += 1
            else:
                waits.append(1000 * (silent - first / RATE))
    within, each = sum(one <= GOAL_MS for one in waits), [round(one) for one in waits]
    name = f"PulseAudio, echo {decibels} dB: first speech to silence"
    show(name, waits, "ms", within=within, of=len(waits) + never, never=never, each=each)
