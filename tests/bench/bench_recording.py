"""A long recording through the whole program (file, parts, node, text) against faster-whisper's batched pipeline.

`TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_recording.py -s`; TANGNET_BENCH_MINUTES is the length (10;
the goal is for 60), TANGNET_BENCH_PEERS what it is compared with (plain marks). FOLDER as in bench_whisper. The same
model, threads, beams and run: ours first, then theirs, as often as TANGNET_BENCH_ROUNDS says (1). Ours includes finding
the cuts and keeping each part; neither includes loading the model for the first time. Memory is that of this program,
its node and the engine's process together.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
import wave
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from app.cluster.cluster import Cluster
from app.events import Transcribed
from app.settings import Settings
from app.thinking import Recording, RecordingRead
from app.voice.audio_file import info_of, pcm_from_file
from nodeworker.hardware import free_cores
from nodeworker.models.folder import ModelFolder
from tests.bench.bench_whisper import GAPS, clips, show
from tests.spoken import word_errors

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(7200)]

MINUTES = float(os.environ.get("TANGNET_BENCH_MINUTES", "10"))
PEERS = os.environ.get("TANGNET_BENCH_PEERS", "plain marks").split()
"""Their pipeline without and with time marks, which is the quicker one."""
ROUNDS = int(os.environ.get("TANGNET_BENCH_ROUNDS", "1"))
RATE = 16_000


def long_file(folder: Path) -> tuple[Path, str]:
    """Write clips one after the other, with pauses, and return what is said."""
    known = clips(os.environ.get("TANGNET_BENCH_DATA", ""))
    path, length = folder / "long.wav", 0
    said: list[str] = []
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        while length < MINUTES * 60 * RATE:
            sound, text = known[len(said) % len(known)]
            gap = np.random.default_rng(len(said)).normal(0, 1e-4, int(GAPS[len(said) % len(GAPS)] * RATE))
            both = np.concatenate([sound, gap.astype(np.float32)])
            file.writeframes((np.clip(both, -1, 1) * 32767).astype("<i2").tobytes())
            said.append(text)
            length += len(both)
    return path, " ".join(said)


def memory() -> float:
    """Return MB that this process and all below it hold."""
    me = psutil.Process()
    total = 0
    for process in (me, *me.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


async def ours(one: Cluster, path: Path, held: list[tuple[float, float]]) -> tuple[str, float, float]:
    """Return the text, and seconds until it was there and until reading began."""
    given = Recording(partial(pcm_from_file, path), info_of(path).seconds or 1.0)
    began, first, text = time.perf_counter(), 0.0, ""
    async with aclosing(one.read_recordings([given], language="en")) as events:
        async for event in events:
            if isinstance(event, RecordingRead):
                assert isinstance(event.result, Transcribed), event.result
                text = event.result.text
                took = time.perf_counter() - began
            elif event.seconds:
                first = first or time.perf_counter() - began
                held.append((event.seconds / event.total, memory()))
    return text, took, first


def steady(held: list[tuple[float, float]]) -> None:
    """Print whether memory grows."""
    early = [mb for share, mb in held if 0.2 < share < 0.5]
    late = [mb for share, mb in held if share > 0.5]
    figure = f"recording, {MINUTES:.0f} min: most memory in the second half, reference the second to fifth tenth"
    show(figure, max(late), "MB", max(early))


def theirs(pipeline: Any, path: Path, marks: bool) -> tuple[str, float]:
    began = time.perf_counter()
    segments, _ = pipeline.transcribe(
        str(path),
        language="en",
        beam_size=5,
        batch_size=4,
        word_timestamps=True,
        without_timestamps=not marks,
    )
    text = "".join(segment.text for segment in segments)
    return text, time.perf_counter() - began


async def test_a_long_recording(tmp_path: Path, home: Path) -> None:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    path, said = await asyncio.to_thread(long_file, tmp_path)
    model = ModelFolder(tmp_path / "models").find("transcribe", "whisper-tiny.en")
    held: list[tuple[float, float]] = []
    times: dict[str, list[float]] = {"ours": [], "plain": [], "marks": []}
    texts: dict[str, str] = {}
    one = Cluster(home, Settings(), discover=False)
    await one.start()
    try:
        async for _ in one.warm(["transcribe"]):
            pass
        whisper: Any = None
        for _ in range(ROUNDS):
            texts["ours"], took, first = await ours(one, path, held if whisper is None else [])
            times["ours"].append(took)
            print(f"ours {took:.1f} s, first progress after {first:.1f} s", flush=True)
            if whisper is None:
                steady(held)
                whisper = WhisperModel(str(model.path), device="cpu", compute_type="int8", cpu_threads=free_cores())
            pipeline = BatchedInferencePipeline(whisper)
            for name in PEERS:
                texts[name], took = await asyncio.to_thread(theirs, pipeline, path, name == "marks")
                times[name].append(took)
    finally:
        await one.close()
    middle = {name: statistics.median(found) for name, found in times.items() if found}
    minutes = f"{MINUTES:.0f} min, {free_cores()} threads"
    for name, words in (("plain", "batched"), ("marks", "batched with time marks")):
        if name in PEERS:
            show(f"recording, {minutes}: wall time, reference {words}", middle["ours"], "s", middle[name])
    for name, text in texts.items():
        show(f"recording, {minutes}: words wrong, {name}", 100 * word_errors(text, said), "%", 0.0)
