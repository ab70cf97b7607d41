"""Recordings read by the node's engine against faster-whisper alone: same model, sound, beams, threads and run.

`TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_whisper.py -s`. FOLDER holds speech/manifest.jsonl (path,
text, kind, lang); without it only a packaged voice speaks. The two sides alternate, and medians of RUNS are compared,
in seconds of wall time and of processor time: the second is the one to look at where others use the machine too.
"""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodeworker.engines import Final
from nodeworker.engines.speech.whisper import WhisperEngine
from nodeworker.models.folder import ModelFile, ModelFolder
from nodeworker.protocol import SAMPLE_RATE
from tests.spoken import question_wav, word_errors

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(7200)]

RUNS = 3
SECONDS = 300
GAPS = (0.3, 0.5, 0.8, 1.5, 3.0)
"""Seconds between two clips, in turn."""
SENTENCES = (
    "The warranty of the water pump ends in March of next year.",
    "Every lamp in the upper corridor was replaced last week, and the stairs were painted.",
    "Please remember to close the windows before you leave the office in the evening.",
    "The meeting about the new budget begins at ten o'clock in the large room.",
    "Nobody knows who left the gate open, but the goats were found near the river.",
)


@dataclass
class Side:
    """One way to read the recording, and how long it took."""

    read: Callable[[], str]
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    text: str = ""

    def run(self) -> None:
        """Read once."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.text = self.read()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)


def clips(data: str) -> list[tuple[Any, str]]:
    """Sound (float32) and text of each clip: of many speakers, or without a folder of one packaged voice."""
    from faster_whisper.audio import decode_audio

    if not data:
        return [(decode_audio(str(question_wav(text))), text) for text in SENTENCES]
    folder = Path(data, "speech")
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["kind"] == "speech" and row["lang"] == "en" and row["text"]]
    # In an order that mixes the speakers, always the same.
    rows.sort(key=lambda row: sum(row["id"].encode()) * 7919 % 1000)
    return [(decode_audio(str(path)), row["text"]) for row in rows if (path := folder / row["path"]).exists()]


def long_recording(data: str) -> tuple[Any, str]:
    """Clips one after the other with pauses, SECONDS long; and what is said."""
    parts: list[Any] = []
    said: list[str] = []
    length, known = 0, clips(data)
    while length < SECONDS * SAMPLE_RATE:
        sound, text = known[len(said) % len(known)]
        gap = np.random.default_rng(len(said)).normal(0, 1e-4, int(GAPS[len(said) % len(GAPS)] * SAMPLE_RATE))
        parts += [sound, gap.astype(np.float32)]
        said.append(text)
        length += len(sound) + len(gap)
    return np.concatenate(parts), " ".join(said)


def show(figure: str, value: float, unit: str, reference: float) -> None:
    """Print one figure as JSON."""
    ratio = round(value / reference, 3) if reference else None
    line = {"figure": figure, "value": round(value, 4), "unit": unit, "reference": round(reference, 4), "ratio": ratio}
    print(json.dumps(line), flush=True)


def engine_side(model: ModelFile, threads: int, sound: Any) -> tuple[WhisperEngine, Side]:
    """The node's engine, with the recording as it comes over the wire."""
    engine = WhisperEngine(model, threads=threads)
    engine.load(lambda _fraction: None)
    pcm = (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
    blocks = [pcm[at : at + 32_000] for at in range(0, len(pcm), 32_000)]

    def read() -> str:
        events = engine.transcribe(iter(blocks), language="en", cancelled=threading.Event(), recording=True)
        *_, final = events
        assert isinstance(final, Final)
        return final.text

    return engine, Side(read)


def raw_sides(model: ModelFile, threads: int, sound: Any) -> dict[str, Side]:
    """faster-whisper alone: one piece after the other, and its batched pipeline with time marks and without."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    whisper = WhisperModel(str(model.path), device="cpu", compute_type="int8", cpu_threads=threads)
    pipeline = BatchedInferencePipeline(whisper)
    common: dict[str, Any] = {"language": "en", "beam_size": 5, "vad_filter": True, "word_timestamps": True}

    def joined(answer: Any) -> str:
        return "".join(segment.text for segment in answer[0])

    return {
        "unbatched": Side(lambda: joined(whisper.transcribe(sound, **common))),
        "unbatched, each piece for itself": Side(
            lambda: joined(whisper.transcribe(sound, condition_on_previous_text=False, **common))
        ),
        "batched, time marks": Side(
            lambda: joined(pipeline.transcribe(sound, batch_size=4, without_timestamps=False, **common))
        ),
        "batched, no time marks": Side(lambda: joined(pipeline.transcribe(sound, batch_size=4, **common))),
    }


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("speakers", ["one voice", "many speakers"])
def test_a_long_recording(speakers: str, threads: int, tmp_path: Path) -> None:
    data = os.environ.get("TANGNET_BENCH_DATA", "") if speakers == "many speakers" else ""
    if speakers == "many speakers" and not data:
        pytest.skip("TANGNET_BENCH_DATA names no folder")
    model = ModelFolder(tmp_path).find("transcribe", os.environ.get("TANGNET_BENCH_WHISPER", "whisper-tiny.en"))
    sound, said = long_recording(data)
    engine, ours = engine_side(model, threads, sound)
    raw = raw_sides(model, threads, sound)
    try:
        for _ in range(RUNS):
            for side in (ours, *raw.values()):
                side.run()
    finally:
        engine.close()
    what = f"recording of {len(sound) / SAMPLE_RATE:.0f} s, {speakers}, {threads} thread{'s' * (threads > 1)}, against "
    for name, side in raw.items():
        show(f"{what}{name}: wall time", statistics.median(ours.wall), "s", statistics.median(side.wall))
        show(f"{what}{name}: processor time", statistics.median(ours.cpu), "s", statistics.median(side.cpu))
        show(f"{what}{name}: word errors", word_errors(ours.text, said), "share", word_errors(side.text, said))


def test_one_thread_each_or_all_together(tmp_path: Path) -> None:
    """Two readers of one thread against one reader of two threads: how a recording is read, and how it is not."""
    model = ModelFolder(tmp_path).find("transcribe", "whisper-tiny.en")
    sound, _ = long_recording("")
    chunks = [sound[at * 28 * SAMPLE_RATE : (at + 1) * 28 * SAMPLE_RATE] for at in range(4)]
    engine = WhisperEngine(model, threads=2)
    engine.load(lambda _fraction: None)

    def read() -> str:
        return str(len(engine.read(chunks, "en", "")))

    together, each = Side(read), Side(read)
    try:
        for _ in range(RUNS):
            together.run()
            with engine.readers(2):
                each.run()
    finally:
        engine.close()
    figure = "4 chunks, two readers of one thread against one of two: "
    show(figure + "wall time", statistics.median(each.wall), "s", statistics.median(together.wall))
    show(figure + "processor time", statistics.median(each.cpu), "s", statistics.median(together.cpu))
