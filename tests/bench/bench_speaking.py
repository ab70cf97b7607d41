"""Speech output: its speed beside hibari itself, the first sound of an answer, and how soon it is silent.

pytest -m bench tests/bench/bench_speaking.py -s                 all of it
pytest -m bench tests/bench/bench_speaking.py -k silent -s       one figure
Sentences go through the real cluster, its local node and the engine process; the loudspeaker through PortAudio and
a PulseAudio server; what a recorder at the other end still hears is counted.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from app.cluster.cluster import Cluster
from app.settings import Settings
from app.voice.aloud import Aloud
from tests.bench.figures import ROUNDS, show
from tests.integration.soundserver import SoundServer
from tests.integration.test_player import RATE, loudspeaker

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(900)]
SENTENCES = (
    "The tide turns at noon, and the water falls until the evening.",
    "Most of the harbour is dry at low water.",
    "Boats that lie outside of the wall can leave at any time.",
    "The warranty of the water pump ends in March, two years after it was bought.",
)


@pytest.fixture
async def cluster(home: Path) -> AsyncIterator[Cluster]:
    pytest.importorskip("hibari", reason="no voice: pip install hibari-tts==0.2.1 (it is in the speak extra)")
    cluster = Cluster(home, Settings(), discover=False)
    await cluster.start()
    async with aclosing(cluster.warm(("speak",))) as steps:
        async for _ in steps:
            pass
    yield cluster
    await cluster.close()


async def test_speed_beside_the_raw_library(cluster: Cluster) -> None:
    import hibari

    raw = hibari.Hibari()
    raw("Warm up.")
    ours, theirs, seconds = [], [], 0.0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for sentence in SENTENCES:
            raw(sentence)
        theirs.append(time.perf_counter() - began)
        aloud = Aloud(cluster, zones=("local",), language="en")
        began, seconds = time.perf_counter(), 0.0
        aloud.feed(" ".join(SENTENCES))
        aloud.end()
        async with aclosing(aloud.sound()) as sound:
            async for piece in sound:
                seconds += len(piece.pcm16) / 2 / piece.sample_rate
        ours.append(time.perf_counter() - began)
    show("speaking four sentences", ours, "s", theirs, goal="ratio <= 1.2", sound_seconds=round(seconds, 2))
    show("speaking: seconds of work for a second of sound", [one / seconds for one in ours], "s")


async def test_first_sound_after_the_first_words(cluster: Cluster) -> None:
    waited = []
    for _ in range(4 * ROUNDS):
        aloud = Aloud(cluster, zones=("local",), language="en")
        async with aclosing(aloud.sound()) as sound:
            began = time.perf_counter()
            aloud.feed(SENTENCES[0] + " And")
            await anext(sound)
            waited.append(1000 * (time.perf_counter() - began))
            aloud.end()
    show("first sound after the first clause of an answer", waited, "ms", most=round(max(waited), 1))


async def test_silent_after_stop() -> None:
    if reason := SoundServer.missing():
        pytest.skip(reason)
    server, waited, draw = SoundServer(), list[float](), random.Random(1)
    try:
        assert not await server.start()
        async with loudspeaker(server) as speaker:
            for _ in range(4 * ROUNDS):
                speaker.forget()
                speaker.tell("long")
                await speaker.loud(0.2)
                await asyncio.sleep(draw.uniform(0, 0.05))  # not always just after a block
                before = len(speaker.heard)
                speaker.tell("stop")
                await speaker.event("ended")
                await speaker.quiet(0.5)
                # What the recorder had delivered before counts as heard now: its own delay is in the figure.
                after = np.flatnonzero(np.abs(speaker.heard[before:]) > 100)
                waited.append(1000 * (int(after[-1]) + 1) / RATE if len(after) else 0.0)
    finally:
        await server.stop()
    show("sound still heard after stop", waited, "ms", goal="value <= 50", most=round(max(waited), 1))
