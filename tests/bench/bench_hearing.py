"""Live speech read by the node's engine against faster-whisper alone, and what it makes of sound without speech.

`TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_hearing.py -k NAME -s`; NAME: quiet, noisy, ghosts,
half_hour, release. FOLDER holds speech/manifest.jsonl. TANGNET_BENCH_WHISPER is a model's name or its folder,
TANGNET_BENCH_EVERY=2 takes every second clip. Sound comes in blocks of 0.1 s: for `release` as it is spoken, for all
others as fast as it is read, with a partial text after each second of sound, as on a machine that is never late.
"""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import threading
import time
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodeworker.engines import Final, Partial
from nodeworker.engines.speech.listening import Listening
from nodeworker.engines.speech.whisper import WhisperEngine
from nodeworker.models.folder import ModelFile, ModelFolder
from nodeworker.protocol import SAMPLE_RATE
from tests.bench.figures import DATA, percentile, show

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(7200)]

THREADS = int(os.environ.get("TANGNET_BENCH_THREADS", "1"))
EVERY = int(os.environ.get("TANGNET_BENCH_EVERY", "1"))
BLOCK = SAMPLE_RATE // 10
NO_SPEECH = ("noise", "music", "silence", "ui-sound")
SPOKEN = ("fd-audio-channel-front-left", "fd-audio-channel-rear-center")
"""Interface sounds in which a voice says "front left" and "rear center": text of them is no ghost."""
_SPELT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty"
)
_NUMBERS = {word: str(number) for number, word in enumerate(_SPELT.split())}


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording (float32) and what is said in it."""

    name: str
    sound: Any
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a live transcription told: confirmed texts in order, then the last."""

    confirmed: tuple[str, ...]
    final: str


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    wanted = os.environ.get("TANGNET_BENCH_WHISPER", "whisper-tiny.en")
    folder = ModelFolder(tmp_path_factory.mktemp("models"))
    if not Path(wanted).is_dir():
        return folder.find("transcribe", wanted)
    return replace(folder.find("transcribe", "whisper-tiny.en"), name=Path(wanted).name, path=Path(wanted))


@pytest.fixture(scope="module")
def engine(model: ModelFile) -> Iterator[WhisperEngine]:
    engine = WhisperEngine(model, threads=THREADS)
    engine.load(lambda _fraction: None)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def raw(model: ModelFile) -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(str(model.path), device="cpu", compute_type="int8", cpu_threads=THREADS)


def raw_text(raw: Any, sound: Any) -> str:
    """What faster-whisper alone says of the whole sound: five beams as in ours, everything else as it comes."""
    return "".join(segment.text for segment in raw.transcribe(sound, language="en", beam_size=5)[0])


def clips(kinds: tuple[str, ...], lang: str = "en") -> list[Clip]:
    """The public clips of these kinds; `lang` counts for speech only. Those that are not installed are told."""
    from faster_whisper.audio import decode_audio

    if not DATA:
        pytest.skip("TANGNET_BENCH_DATA names no folder")
    folder = Path(DATA, "speech")
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["kind"] in kinds and (row["kind"] != "speech" or row["lang"] == lang)]
    rows = [row for row in rows if row["kind"] != "speech" or row["text"]]
    here = [row for row in rows if (folder / row["path"]).exists()]
    if len(here) < len(rows):
        print(f"{len(rows) - len(here)} of {len(rows)} clips are not installed", flush=True)
    return [Clip(row["id"], decode_audio(str(folder / row["path"])), row["text"]) for row in here]


def pcm(sound: Any) -> bytes:
    """16-bit sound as it comes over the wire."""
    return bytes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def live(engine: WhisperEngine, sound: Any, language: str = "en") -> Said:
    """Listen to sound in blocks, a partial text after each second of it."""
    data = pcm(sound)
    session = Listening(engine, language, "", clock=lambda: 0.0)
    blocks = (data[at : at + 2 * BLOCK] for at in range(0, len(data), 2 * BLOCK))
    events = list(session.run(blocks, True, lambda: False))
    confirmed = tuple(event.confirmed for event in events if isinstance(event, Partial))
    return Said(confirmed, session.final(0.0).text)


def words(text: str) -> list[str]:
    """Words as they are counted: case, marks, and digits against number words make no difference."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    text = re.sub(r"\bmrs\b", "missus", re.sub(r"\bmr\b", "mister", text))
    text = re.sub(r"\b'|'\b(?!\w)", " ", re.sub(r"[^\w' ]+|_", " ", text))
    return [_NUMBERS.get(word, word) for word in text.split()]


def edits(a: list[str], b: list[str]) -> int:
    """Words to change, add or drop until both are equal."""
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def taken_back(said: Said) -> int:
    """Confirmed words that a later confirmed text does not begin with, over one call."""
    return sum(
        edits(words(one), words(two)[: len(words(one))])
        for one, two in zip(said.confirmed, said.confirmed[1:], strict=False)
    )


def corrected(said: Said) -> int:
    """Words of the last confirmed text that the final one says differently."""
    last = words(said.confirmed[-1]) if said.confirmed else []
    final = words(said.final)
    return min(edits(last, final[:end]) for end in range(len(final) + 1))


def measure(figure: str, heard: list[Clip], engine: WhisperEngine, raw: Any, allowed: float, most: float) -> None:
    """Print both error rates in percent, alternating; `allowed` points more than raw, `most` at all (0: any)."""
    count, ours, theirs, back, changed = 0, 0, 0, 0, 0
    for clip in heard:
        said = live(engine, clip.sound)
        target, plain = words(clip.text), raw_text(raw, clip.sound)
        count += len(target)
        ours += (mine := edits(target, words(said.final)))
        theirs += (other := edits(target, words(plain)))
        back, changed = back + taken_back(said), changed + corrected(said)
        if mine > other:
            print(f"  {clip.name}: {said.final!r} against {plain!r}", flush=True)
    one, two = 100 * ours / count, 100 * theirs / count
    bound = min(two + allowed, most) if most else two + allowed
    show(f"{figure}: word errors", one, "%", two, goal=f"value <= {bound:.3f}", clips=len(heard), words=count)
    show(f"{figure}: confirmed words taken back while speaking", back, "words", goal="value <= 0")
    show(f"{figure}: confirmed words that the final text says differently", 100 * changed / count, "%")


def with_noise(clip: Clip, noises: list[Clip], decibels: float) -> Clip:
    """The clip with one of the noises at this distance, as tools/mix_noise.py of the data mixes it."""
    sound = clip.sound
    noise = np.resize(np.trim_zeros(noises[zlib.crc32(clip.name.encode()) % len(noises)].sound), len(sound))
    gain = np.sqrt((sound**2).mean() / (noise**2).mean() / 10 ** (decibels / 10))
    mixed = sound + gain * noise
    return replace(clip, sound=(mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32))


def test_quiet(engine: WhisperEngine, raw: Any, model: ModelFile) -> None:
    most = 5.0 if "base" in model.name else 0.0
    measure(f"{model.name}, clips as they are", clips(("speech",))[::EVERY], engine, raw, 0.5, most)


def test_noisy(engine: WhisperEngine, raw: Any, model: ModelFile) -> None:
    noises = clips(("noise",))
    noisy = [with_noise(clip, noises, 10.0) for clip in clips(("speech",))[::EVERY]]
    measure(f"{model.name}, noise 10 dB below", noisy, engine, raw, 1.0, 0.0)


def without_speech() -> list[Clip]:
    """The public clips without a voice; those in which there is one all the same are told."""
    found = clips(NO_SPEECH)
    print(f"left out, a voice speaks in them: {[clip.name for clip in found if clip.name in SPOKEN]}", flush=True)
    return [clip for clip in found if clip.name not in SPOKEN]


def made_up(luck: random.Random) -> list[Clip]:
    """Sounds of a room that no clip holds: coughs, a keyboard, applause, steps of a hum, hiss."""
    noise = np.random.default_rng(luck.randrange(1000))

    def shaped(seconds: float, low: float, high: float, fall: float) -> Any:
        count = int(seconds * SAMPLE_RATE)
        spectrum = np.fft.rfft(noise.normal(size=count))
        pitch = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
        spectrum[(pitch < low) | (pitch > high)] = 0
        sound = np.fft.irfft(spectrum, count) * np.exp(-np.arange(count) / SAMPLE_RATE / fall)
        return sound / np.abs(sound).max()

    def placed(seconds: float, times: list[float], one: Any) -> Any:
        sound = np.zeros(int(seconds * SAMPLE_RATE))
        for at in times:
            start = int(at * SAMPLE_RATE)
            piece = one()[: len(sound) - start]
            sound[start : start + len(piece)] += piece * luck.uniform(0.3, 1.0)
        return (sound / max(1.0, np.abs(sound).max())).astype(np.float32)

    at = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    return [
        Clip("cough", placed(3.0, [0.5, 0.9, 1.3], lambda: shaped(0.35, 250, 3500, 0.09)), ""),
        Clip(
            "keyboard",
            placed(6.0, sorted(luck.uniform(0, 5.9) for _ in range(40)), lambda: shaped(0.06, 900, 7000, 0.01)),
            "",
        ),
        Clip(
            "applause",
            placed(6.0, sorted(luck.uniform(0, 5.9) for _ in range(700)), lambda: shaped(0.05, 500, 5000, 0.012)),
            "",
        ),
        Clip("hum", (0.3 * np.sin(2 * np.pi * 100 * at) * (1 + 0.5 * np.sin(9 * at))).astype(np.float32), ""),
        Clip("hiss", (0.1 * noise.normal(size=6 * SAMPLE_RATE)).astype(np.float32), ""),
    ]


def test_ghosts(engine: WhisperEngine, model: ModelFile) -> None:
    """Each clip alone, at three loudnesses, with silence around it."""
    sounds = without_speech() + made_up(random.Random(6))
    quiet = np.zeros(SAMPLE_RATE, np.float32)
    ghosts = []
    for clip in sounds:
        peak = max(float(np.abs(clip.sound).max()), 1e-6)
        for loud in (0.1, 0.5, 1.0):
            sound = clip.sound * (loud / peak) if peak > 1e-5 else clip.sound
            said = live(engine, np.concatenate([quiet, sound, quiet]))
            if said.final or any(said.confirmed):
                ghosts.append((clip.name, loud, said.final))
    show(
        f"{model.name}: texts out of sound without speech", len(ghosts), "texts", goal="value <= 0", of=3 * len(sounds)
    )
    for ghost in ghosts:
        print("  ", *ghost, flush=True)


def test_half_hour(engine: WhisperEngine, model: ModelFile) -> None:
    """30 minutes in which all sounds without speech come at random, over one another, louder and softer."""
    luck = random.Random(30)
    sounds = without_speech() + made_up(luck)
    length = 1800 * SAMPLE_RATE
    mixed = np.random.default_rng(30).normal(0, 0.002, length).astype(np.float32)
    at = 0
    while at < length:
        clip = luck.choice(sounds)
        piece = clip.sound[: length - at] * luck.choice((0.05, 0.3, 1.0))
        mixed[at : at + len(piece)] += piece
        at += int(max(0.1, luck.uniform(-0.5, 2.0) + len(clip.sound) / SAMPLE_RATE) * SAMPLE_RATE)
    said = live(engine, mixed)
    show(f"{model.name}: words in 30 minutes of mixed noise", len(words(said.final)), "words", goal="value <= 0")
    print("  ", said.final[:500], set(said.confirmed[-1:]), flush=True)


def as_spoken(sound: Any, due: list[float]) -> Iterator[bytes]:
    """Blocks when they have been spoken; `due` gets the moment at which the last one was."""
    data, begun = pcm(sound), time.perf_counter()
    for at in range(0, len(data), 2 * BLOCK):
        block = data[at : at + 2 * BLOCK]
        moment = begun + (at + len(block)) / 2 / SAMPLE_RATE
        time.sleep(max(0.0, moment - time.perf_counter()))  # a speaker takes their time: this is what is measured
        due[:] = [moment]
        yield block


def release_to_final(engine: WhisperEngine, sound: Any) -> tuple[float, str]:
    """Seconds from the end of the sound to the Final, and its text."""
    due: list[float] = []
    final: Final | None = None
    for event in engine.transcribe(as_spoken(sound, due), language="en", cancelled=threading.Event()):
        final = event if isinstance(event, Final) else None
    assert final is not None
    return time.perf_counter() - due[0], final.text


@pytest.mark.parametrize("seconds", [5.0, 20.0])
def test_release(seconds: float, engine: WhisperEngine, raw: Any, model: ModelFile) -> None:
    """Clips of about that length, or several one after the other; ended where the clip ends."""
    spoken = sorted(clips(("speech",)), key=lambda clip: abs(len(clip.sound) / SAMPLE_RATE - seconds))
    texts = [(clip.sound, clip.text) for clip in spoken if abs(len(clip.sound) / SAMPLE_RATE - seconds) < seconds / 5]
    short = [clip for clip in spoken if 4 < len(clip.sound) / SAMPLE_RATE < 7]
    for at in range(0, len(short) - 3, 4):
        if len(texts) < 5:
            four = short[at : at + 4]
            texts.append((np.concatenate([clip.sound for clip in four]), " ".join(clip.text for clip in four)))
    ours, theirs, wrong = [], [], [0, 0, 0]
    raw_text(raw, texts[0][0])  # the first reading of a process is slower
    for sound, text in texts[: 8 if seconds < 10 else 5]:
        begun = time.perf_counter()
        plain = raw_text(raw, sound)
        theirs.append(time.perf_counter() - begun)
        waited, said = release_to_final(engine, sound)
        ours.append(waited)
        target = words(text)
        wrong = [
            wrong[0] + edits(target, words(said)), wrong[1] + edits(target, words(plain)), wrong[2] + len(target)
        ]  # fmt: skip
        print(f"  {len(sound) / SAMPLE_RATE:.1f} s: {waited:.3f} s, raw {theirs[-1]:.3f} s", flush=True)
    figure = f"{model.name}, {seconds:.0f} s, {THREADS} thread{'s' * (THREADS > 1)}: release to final text"
    ratios = [one / two for one, two in zip(ours, theirs, strict=True)]
    show(figure, ours, "s", theirs, goal="ratio <= 0.35", worst_ratio=round(percentile(ratios, 1.0), 3))
    show(f"{figure}, word errors", 100 * wrong[0] / wrong[2], "%", 100 * wrong[1] / wrong[2])
    assert statistics.median(ours) > 0
