"""Whisper for real: recordings, hotwords, bounds of speech, word times, damage; and all of it over gRPC."""

from __future__ import annotations

import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.voice.audio_file import pcm_from_file
from nodeworker.engines import Final, Heard, SpeechEnded, SpeechStarted
from nodeworker.engines.speech.whisper import WhisperEngine
from nodeworker.errors import EngineError, ModelDamaged
from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.models.folder import ModelFile, ModelFolder
from nodeworker.protocol import SAMPLE_RATE
from nodeworker.protocol import node_pb2 as pb
from tests.integration.node_serving import client, serving
from tests.spoken import question_wav, word_errors

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]
SENTENCES = (
    "The warranty of the water pump ends in March of next year.",
    "Every lamp in the upper corridor was replaced last week.",
    "Please remember to close the windows before you leave the office.",
    "The meeting about the new budget begins at ten o'clock.",
)
PAUSE = 1.2


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    return ModelFolder(tmp_path_factory.mktemp("models")).find("transcribe", "whisper-tiny.en")


@pytest.fixture(scope="module")
def ears(model: ModelFile) -> Iterator[WhisperEngine]:
    engine = WhisperEngine(model, threads=2)
    engine.load(lambda _fraction: None)
    yield engine
    engine.close()


async def spoken(text: str) -> bytes:
    return b"".join([block async for block in pcm_from_file(question_wav(text))])


async def meeting(times: int) -> tuple[bytes, str, list[tuple[float, float]]]:
    """Sentences with pauses: the sound, what is said, and where each lies in seconds."""
    sound, places = b"", []
    for sentence in SENTENCES * times:
        said = await spoken(sentence)
        places.append((len(sound) / 2 / SAMPLE_RATE, (len(sound) + len(said)) / 2 / SAMPLE_RATE))
        sound += said + bytes(2 * int(PAUSE * SAMPLE_RATE))
    return sound, " ".join(SENTENCES * times), places


def hear(engine: WhisperEngine, sound: bytes, *, block: int = 7001, **more: Any) -> list[Any]:
    options: dict[str, Any] = {"language": "", "partials": False, "cancelled": threading.Event()} | more
    return list(engine.transcribe((sound[at : at + block] for at in range(0, len(sound), block)), **options))


async def test_a_recording_becomes_text_with_progress_and_times(ears: WhisperEngine) -> None:
    sound, said, places = await meeting(4)
    events = hear(ears, sound, recording=True, expected_seconds=1.0)
    final, heard = events[-1], events[:-1]
    assert isinstance(final, Final) and all(isinstance(event, Heard) for event in heard)
    assert word_errors(final.text, said) < 0.06, final.text
    assert len(heard) >= 2 and "".join(event.text for event in heard).strip() == final.text
    assert [event.seconds for event in heard] == sorted(event.seconds for event in heard)
    assert heard[-1].seconds == heard[-1].total == pytest.approx(len(sound) / 2 / SAMPLE_RATE)
    assert (final.language, final.language_probability) == ("en", 0.0)
    assert " ".join(word.text for word in final.words) == final.text
    assert all(a.start <= a.end <= b.start for a, b in pairwise(final.words))
    assert final.words[0].start >= 0 and final.words[-1].end <= final.audio_seconds
    for word in final.words:
        middle = (word.start + word.end) / 2
        assert any(start - 0.2 <= middle <= end + 0.2 for start, end in places), word


async def test_live_text_is_as_good_and_bounds_are_where_speech_is(ears: WhisperEngine) -> None:
    sound, said, places = await meeting(2)
    events = hear(ears, sound)
    final = events[-1]
    assert isinstance(final, Final) and word_errors(final.text, said) < 0.06, final.text
    started = [event.at for event in events if isinstance(event, SpeechStarted)]
    ended = [event.at for event in events if isinstance(event, SpeechEnded)]
    assert len(started) == len(ended) == len(places)
    # The voice begins and ends with up to 0.5 s of its own silence.
    assert all(start <= at <= start + 0.6 for at, (start, _) in zip(started, places, strict=True))
    assert all(end - 0.8 <= at <= end + 0.2 for at, (_, end) in zip(ended, places, strict=True))


async def test_a_clipped_beginning_is_speech_from_the_first_sample(ears: WhisperEngine) -> None:
    sound = (await spoken(SENTENCES[1]))[2 * SAMPLE_RATE :]
    events = hear(ears, sound)
    assert isinstance(events[0], SpeechStarted) and events[0].at <= 0.2
    assert "corridor was replaced last week" in events[-1].text


async def test_a_second_engine_call_after_a_recording_hears_as_before(ears: WhisperEngine) -> None:
    sound = await spoken(SENTENCES[0])
    assert hear(ears, sound, recording=True)[-1].text == hear(ears, sound)[-1].text == SENTENCES[0]


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Our contract with Thyssenkrupp ends in May.", "Thyssenkrupp"),
        ("Mister Wojciechowski signed the lease on Monday.", "Wojciechowski"),
    ],
)
async def test_a_name_from_the_documents_is_heard(ears: WhisperEngine, sentence: str, name: str) -> None:
    sound = await spoken(sentence)
    assert name not in hear(ears, sound)[-1].text
    others = ("Grafana", "<|endoftext|>", "Marlowe", "x" * 5000)
    for recording in (False, True):
        assert name in hear(ears, sound, hotwords=(*others, name, *others), recording=recording)[-1].text


@pytest.mark.parametrize("kind", ["cough", "keys", "applause"])
def test_a_cough_keys_and_applause_give_no_text(ears: WhisperEngine, kind: str) -> None:
    import numpy as np

    noise = np.random.default_rng(4)
    times, seconds, fall = {"cough": (3, 0.35, 0.09), "keys": (40, 0.06, 0.01), "applause": (700, 0.05, 0.012)}[kind]
    sound = np.zeros(6 * SAMPLE_RATE)
    length = int(seconds * SAMPLE_RATE)
    for at in noise.integers(0, len(sound) - length, times):
        sound[at : at + length] += noise.normal(0, 6000, length) * np.exp(-np.arange(length) / SAMPLE_RATE / fall)
    events = hear(ears, np.clip(sound, -32000, 32000).astype("<i2").tobytes(), partials=True)
    assert [event for event in events if not isinstance(event, SpeechStarted | SpeechEnded)] == [events[-1]]
    assert (events[-1].text, events[-1].words) == ("", ())


@pytest.mark.parametrize("recording", [False, True])
@pytest.mark.parametrize("kind", ["silence", "noise", "hum"])
def test_hotwords_are_not_heard_in_noise(ears: WhisperEngine, kind: str, recording: bool) -> None:
    import numpy as np

    at = np.arange(SAMPLE_RATE * 8)
    noise = {
        "silence": np.zeros(len(at)),
        "noise": np.random.default_rng(2).normal(0, 3000, len(at)),
        "hum": 8000 * np.sin(2 * np.pi * 50 * at / SAMPLE_RATE),
    }[kind]
    names = tuple(f"{first}{last}" for first in ("Ander", "Berg", "Holm") for last in ("son", "mann", "gaard", "stedt"))
    final = hear(ears, noise.astype("<i2").tobytes(), hotwords=names, recording=recording)[-1]
    assert isinstance(final, Final) and (final.text, final.words) == ("", ())


class CountingEars(WhisperEngine):
    """Counts what is read with care."""

    reads = 0

    def read(self, *args: Any, **more: Any) -> list[Any]:
        self.reads += 1
        return super().read(*args, **more)


async def test_what_was_said_before_a_last_pause_is_text_before_the_key_is_let_go(
    model: ModelFile, ears: WhisperEngine
) -> None:
    sound = await spoken(SENTENCES[1]) + bytes(2 * SAMPLE_RATE)
    engine = CountingEars(model, threads=2)
    engine.load(lambda _fraction: None)
    read_before_the_end: list[int] = []

    def speaker() -> Iterator[bytes]:
        for at in range(0, len(sound), 3200):
            yield sound[at : at + 3200]
        read_before_the_end.append(engine.reads)

    *_, final = engine.transcribe(speaker(), language="en", cancelled=threading.Event())
    engine.close()
    assert isinstance(final, Final)
    assert read_before_the_end == [engine.reads] and engine.reads >= 1
    assert final.text == hear(ears, sound)[-1].text == SENTENCES[1]


async def test_a_cancelled_recording_ends_within_a_batch_without_a_final(ears: WhisperEngine) -> None:
    sound, _, _ = await meeting(3)
    cancelled = threading.Event()
    heard = []
    for event in ears.transcribe(iter([sound]), cancelled=cancelled, recording=True):
        heard.append(event)
        cancelled.set()
    assert len(heard) == 1 and isinstance(heard[0], Heard)
    assert hear(ears, sound[: 2 * SAMPLE_RATE])[-1].audio_seconds == 1.0


async def test_closing_during_a_recording_is_an_error_and_no_half_text(model: ModelFile) -> None:
    engine = WhisperEngine(model, threads=1)
    engine.load(lambda _fraction: None)
    sound, _, _ = await meeting(3)
    events = engine.transcribe(iter([sound]), cancelled=threading.Event(), recording=True)
    assert isinstance(next(events), Heard)
    engine.close()
    with pytest.raises(EngineError):
        list(events)


@pytest.mark.parametrize("damage", ["cut", "no tokenizer", "bad tokenizer", "bad config", "no folder"])
def test_a_damaged_model_is_named(model: ModelFile, tmp_path: Path, damage: str) -> None:
    copy = tmp_path / "model"
    if damage != "no folder":
        shutil.copytree(model.path, copy)
        for file in copy.iterdir():
            file.chmod(0o600)
    match damage:
        case "cut":
            data = (copy / "model.bin").read_bytes()
            (copy / "model.bin").write_bytes(data[: len(data) // 2])
        case "no tokenizer":
            (copy / "tokenizer.json").unlink()
        case "bad tokenizer":
            (copy / "tokenizer.json").write_text("{}")
        case "bad config":
            (copy / "config.json").write_text("{")
    with pytest.raises(ModelDamaged) as refused:
        WhisperEngine(replace(model, path=copy), threads=1).load(lambda _fraction: None)
    assert refused.value.hint


async def test_a_recording_over_the_wire_is_told_as_heard(home: Path) -> None:
    sound, said, _ = await meeting(2)

    async def requests() -> AsyncIterator[pb.TranscribeRequest]:
        seconds = len(sound) / 2 / SAMPLE_RATE
        yield pb.TranscribeRequest(
            config=pb.TranscribeConfig(recording=True, expected_seconds=seconds, hotwords=["corridor"])
        )
        for at in range(0, len(sound), 64_000):
            yield pb.TranscribeRequest(pcm16=sound[at : at + 64_000])
        yield pb.TranscribeRequest(end=True)

    folder, maker = ModelFolder(home / "models"), EngineMaker(EngineChoice.parse("llama"), threads=1)
    async with serving(home, folder=folder, maker=maker) as node, client(node.address) as stub:
        events = [event async for event in stub.Transcribe(requests(), timeout=200)]
    kinds = [event.WhichOneof("kind") for event in events]
    assert kinds[-1] == "final" and set(kinds[:-1]) == {"heard"}
    assert word_errors(events[-1].final.text, said) < 0.06
    assert "".join(event.heard.text for event in events[:-1]).strip() == events[-1].final.text


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
async def test_an_absurd_length_is_refused(home: Path, seconds: float) -> None:
    import grpc

    async def requests() -> AsyncIterator[pb.TranscribeRequest]:
        yield pb.TranscribeRequest(config=pb.TranscribeConfig(recording=True, expected_seconds=seconds))

    async with serving(home) as node, client(node.address) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            [event async for event in stub.Transcribe(requests(), timeout=20)]
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
