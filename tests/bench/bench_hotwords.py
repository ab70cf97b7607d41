"""Names out of documents as hotwords: sentences spoken with them and public clips without, each heard with and without.

`TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_hotwords.py -s`: the smallest Whisper, the packaged voice.
The hotwords are those that the app picks out of the documents below, at most as many as it takes.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from app.hotwords import MOST_NAMES
from app.rag.names import chosen
from nodeworker.engines import Final
from nodeworker.engines.speech.whisper import WhisperEngine
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import SAMPLE_RATE
from tests.bench.bench_hearing import BLOCK, Clip, clips, pcm
from tests.bench.figures import show
from tests.spoken import question_wav, word_errors

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(1800)]

NAMES = (
    "Lindqvist", "Kowalczyk", "Tangnet", "Okonkwo", "Brandvold", "Szymanski", "Halvorsen", "Quillfeather",
    "Merrivale", "Thessaly", "Zephyrine", "Vantablack", "Norrköping", "Ashgabat", "Fjordvik", "Marchetti",
)  # fmt: skip
DOCUMENT = (
    "The contract with {0} was signed in May; later a letter came from {0}.",
    "As the minutes say, the invoice of {0} is due, and the plan is kept by {0}.",
)
OTHERS_SECONDS, LONGEST_SECONDS = 240.0, 30.0
"""Of public speech without these names: in all, and of one clip."""
SAID = (
    "When does the contract with {0} end?",
    "What did {0} write about the water pump?",
    "How much do we still owe to {0}?",
)


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhisperEngine]:
    folder = ModelFolder(tmp_path_factory.mktemp("models"))
    engine = WhisperEngine(folder.find("transcribe", "whisper-tiny.en"), threads=1)
    engine.load(lambda _fraction: None)
    yield engine
    engine.close()


def heard(ears: WhisperEngine, sound: bytes, hotwords: Sequence[str]) -> str:
    """What the engine writes down of live sound."""
    blocks = (sound[at : at + 2 * BLOCK] for at in range(0, len(sound), 2 * BLOCK))
    *_, last = ears.transcribe(
        blocks, language="en", partials=False, hotwords=tuple(hotwords), cancelled=threading.Event()
    )
    assert isinstance(last, Final)
    return last.text


def picked() -> list[str]:
    """The hotwords that the app makes of a library in which each name stands in two passages."""
    texts = [sentence.format(name) for name in NAMES for sentence in DOCUMENT]

    def counts(stems: Iterable[str]) -> tuple[Mapping[str, int], int]:
        low = [text.lower() for text in texts]
        return {stem: sum(stem in text for text in low) for stem in stems}, len(texts)

    return chosen(texts, counts, MOST_NAMES)


def some(all_of_them: list[Clip]) -> list[Clip]:
    """At most `OTHERS_SECONDS` of clips, spread over all."""
    picked, seconds = [], 0.0
    for clip in random.Random(7).sample(all_of_them, len(all_of_them)):
        length = len(clip.sound) / SAMPLE_RATE
        if length <= LONGEST_SECONDS and seconds + length <= OTHERS_SECONDS:
            picked.append(clip)
            seconds += length
    return picked


def test_names_of_documents(ears: WhisperEngine, tmp_path: Path) -> None:
    """Word errors and names right."""
    from faster_whisper.audio import decode_audio

    words = picked()
    missing = set(NAMES) - set(words)
    spoken = [(name, text.format(name)) for name in NAMES for text in SAID]
    sounds = [pcm(decode_audio(str(question_wav(text, tmp_path)))) for _, text in spoken]
    for how, hotwords in (("without", []), ("with", words)):
        errors, right = 0.0, 0
        for (name, text), sound in zip(spoken, sounds, strict=True):
            said = heard(ears, sound, hotwords)
            errors += word_errors(said, text) * len(text.split())
            right += bool(re.search(rf"\b{name}\b", said, re.IGNORECASE))
        rate = 100 * errors / sum(len(text.split()) for _, text in spoken)
        show(f"word errors in sentences with names, {how} hotwords", rate, "%", picked=len(words), missed=len(missing))
        show(f"… names right, {how} hotwords", right, "names", of=len(spoken))


def test_speech_without_these_names(ears: WhisperEngine) -> None:
    """What the hotwords do where none of them is said."""
    words, others = picked(), some(clips(("speech",)))
    false: Counter[str] = Counter()
    for how, hotwords in (("without", []), ("with", words)):
        errors, count = 0.0, 0
        for clip in others:
            said = heard(ears, pcm(clip.sound), hotwords)
            errors += word_errors(said, clip.text) * len(clip.text.split())
            count += len(clip.text.split())
            if hotwords:
                false.update(set(re.findall(r"\w+", said)) & set(words) - set(re.findall(r"\w+", clip.text)))
        show(
            f"word errors in {len(others)} public clips without these names, {how} hotwords", 100 * errors / count, "%"
        )
    show("… hotwords heard that nobody said", sum(false.values()), "words", goal="value <= 0", words=len(words))
