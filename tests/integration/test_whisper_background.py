"""Recordings and talks with the real recogniser: who talks goes first, and what rests says the same in the end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nodeworker.engines import Final, Heard
from nodeworker.engines.speech.whisper import WhisperEngine
from nodeworker.models.folder import ModelFolder
from tests.integration.test_whisper_engine import SENTENCES, hear, meeting, spoken

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhisperEngine]:
    engine = WhisperEngine(ModelFolder(tmp_path_factory.mktemp("models")).find("transcribe", "whisper-tiny.en"))
    engine.load(lambda _fraction: None)
    yield engine
    engine.close()


class Reading(threading.Thread):
    """A recording that is read in a thread of its own."""

    def __init__(self, engine: WhisperEngine, sound: bytes, *, background: bool) -> None:
        super().__init__(daemon=True)
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.cancelled = threading.Event()
        self._engine, self._sound, self._background = engine, sound, background
        self.start()

    def run(self) -> None:
        blocks = (self._sound[at : at + 32_000] for at in range(0, len(self._sound), 32_000))
        for event in self._engine.transcribe(
            blocks, language="", cancelled=self.cancelled, recording=True, background=self._background
        ):
            self.events.put(event)
        self.events.put(None)

    def text(self) -> str:
        """The whole text, when it has ended."""
        while (event := self.events.get(timeout=120)) is not None:
            if isinstance(event, Final):
                return event.text
        raise AssertionError("it ended without a text")


async def test_a_recording_in_the_background_rests_and_loses_nothing(ears: WhisperEngine) -> None:
    sound, _, _ = await meeting(1)
    alone = Reading(ears, sound, background=True).text()
    ears.pause(True)
    try:
        reading = Reading(ears, sound, background=True)
        assert hear(ears, await spoken(SENTENCES[0]))[-1].text == SENTENCES[0]
        assert reading.events.empty() and reading.is_alive()
    finally:
        ears.pause(False)
    assert reading.text() == alone
    ears.pause(True)
    try:
        given_up = Reading(ears, sound, background=True)
        given_up.cancelled.set()
        assert given_up.events.get(timeout=10) is None
    finally:
        ears.pause(False)


async def test_no_recording_is_read_while_somebody_talks(ears: WhisperEngine) -> None:
    sound, _, _ = await meeting(1)
    said = await spoken(SENTENCES[1])
    talking = threading.Event()
    silent: list[bool] = []

    def talk() -> Iterator[bytes]:
        yield said
        talking.set()
        reading_began.wait(30)
        silent.append(not any(isinstance(event, Heard) for event in _taken(reading.events)))

    reading_began = threading.Event()
    talks: list[Any] = []
    talker = threading.Thread(
        target=lambda: talks.extend(ears.transcribe(talk(), language="", partials=False, cancelled=threading.Event()))
    )
    talker.start()
    assert talking.wait(30)
    reading = Reading(ears, sound, background=False)
    reading.join(1.5)
    reading_began.set()
    talker.join(60)
    assert silent == [True] and talks[-1].text == SENTENCES[1]
    assert SENTENCES[2].split()[-1].strip(".") in reading.text()


def _taken(events: queue.SimpleQueue[Any]) -> list[Any]:
    found = []
    while not events.empty():
        found.append(events.get())
    return found
