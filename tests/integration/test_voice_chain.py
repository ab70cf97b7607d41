"""Spoken words to text through every real part: file or fake microphone, push-to-talk, cluster, local node, Whisper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.cluster.cluster import Cluster
from app.events import Transcribed
from app.settings import Settings
from app.thinking import Spoken
from app.voice.aloud import Aloud
from app.voice.audio_file import pcm_from_file
from app.voice.push_to_talk import PushToTalk
from app.voice.wave_file import WaveFile
from nodeworker.protocol import SAMPLE_RATE
from tests.fakes_voice import FakeMicrophone
from tests.spoken import RECORDINGS, question_wav, word_errors

pytestmark = pytest.mark.models
QUESTION = "When does the warranty of the water pump end?"


@pytest.fixture
async def cluster(home: Path) -> AsyncIterator[Cluster]:
    cluster = Cluster(home, Settings(), discover=False)
    await cluster.start()
    yield cluster
    await cluster.close()


async def _transcript(cluster: Cluster, audio: AsyncIterator[bytes]) -> Transcribed:
    async with asyncio.timeout(120):
        last = [event async for event in cluster.transcribe(audio)][-1]
    assert isinstance(last, Transcribed)
    return last


async def test_a_spoken_question_held_on_the_key_becomes_text(cluster: Cluster, tmp_path: Path) -> None:
    sound = await FakeMicrophone.sound(question_wav(QUESTION, tmp_path))
    microphone = FakeMicrophone()
    talk = PushToTalk(microphone)
    microphone.feed(sound[:SAMPLE_RATE])  # the first half second is spoken before the key is down
    talk.press()
    transcript = asyncio.ensure_future(_transcript(cluster, talk.audio()))
    await microphone.play(sound[SAMPLE_RATE:], speed=8)
    talk.release()
    await microphone.silence(0.5)
    heard = await transcript
    assert word_errors(heard.text, QUESTION) == 0, heard.text
    assert heard.audio_seconds == pytest.approx(len(sound) / 2 / SAMPLE_RATE + 0.25, abs=0.5)


async def test_files_with_a_spoken_question_and_with_people(cluster: Cluster, tmp_path: Path) -> None:
    spoken = [(question_wav(QUESTION, tmp_path), QUESTION, 0.0)]
    spoken += [
        (clip.path, clip.text, 0.1) for clip in map(RECORDINGS.get, ("telephone", "library")) if clip and clip.here
    ]
    for path, text, allowed in spoken:
        heard = await _transcript(cluster, pcm_from_file(path))
        assert word_errors(heard.text, text) <= allowed, heard.text


async def test_an_answer_read_aloud_is_understood_again(cluster: Cluster, tmp_path: Path) -> None:
    """The words go through the packaged voice and back through Whisper; the first sentence sounds before the last."""
    if find_spec("hibari") is None:
        pytest.skip("no voice: pip install hibari-tts==0.2.1 (it is in the speak extra)")
    aloud, made = Aloud(cluster, zones=("local",)), list[Spoken]()
    aloud.feed("The **warranty** of the pump ends in March [1]. It has ")
    with WaveFile(tmp_path / "answer.wav") as file:
        async with asyncio.timeout(120), aclosing(aloud.sound()) as sound:
            async for piece in sound:
                file.add(piece.pcm16, piece.sample_rate)
                made.append(piece)
                if piece.sentence == 0 and piece.last:  # said before the rest was known
                    aloud.feed("never been repaired.\n\n<!-- secret -->")
                    aloud.end()
    assert {piece.node for piece in made} == {"local"} and [piece.sentence for piece in made if piece.last] == [0, 1]
    heard = await _transcript(cluster, pcm_from_file(tmp_path / "answer.wav"))
    said = "The warranty of the pump ends in March. It has never been repaired."
    assert word_errors(heard.text, said) == 0, heard.text
