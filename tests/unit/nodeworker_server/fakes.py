"""Fake engines, models and folder for the rooms; they implement the Protocols of `nodeworker`."""

from __future__ import annotations

import asyncio
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from nodeworker.engines import (
    AttendEvent,
    Attention,
    ChatEvent,
    ChatRequest,
    Done,
    Final,
    Partial,
    Prefill,
    Progress,
    Recognised,
    RecognisedLine,
    Spoken,
    Token,
    TranscriptEvent,
    Vectors,
    WakeHeard,
    WakeWord,
)
from nodeworker.errors import ModelMissing
from nodeworker.models.folder import ModelFile


def model(role: str, name: str, *, parameters: int = 1) -> ModelFile:
    """A model that is no file."""
    return ModelFile(role, name, f"sha-{name}", Path(name), bytes=1, parameters=parameters)


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a condition, at most `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (a condition of any kind, not an event)
            await asyncio.sleep(0.005)


class FakeShelf:
    """A list of models; `verified` notes which were checked, `bad` raises for some."""

    def __init__(self, *models: ModelFile) -> None:
        self.models = list(models)
        self.verified: list[str] = []
        self.bad: dict[str, Exception] = {}

    def all(self) -> list[ModelFile]:
        return list(self.models)

    def find(self, role: str, name: str = "") -> ModelFile:
        fitting = [one for one in self.models if one.role == role and name in ("", one.name, one.sha256)]
        if not fitting:
            raise ModelMissing(f"There is no model for {role} here.", "tangnet models add x")
        return max(fitting, key=lambda one: one.parameters)

    def verify(self, model: ModelFile) -> None:
        if model.name in self.bad:
            raise self.bad[model.name]
        self.verified.append(model.name)


class FakeChat:
    """Says `words`, one each time that `go` lets it; or at once when `go` is None."""

    def __init__(self, name: str, words: Sequence[str] = ("a", "b", "c"), slots: int = 1) -> None:
        self.name = name
        self.words = tuple(words)
        self.slots = slots
        self.context = 100
        self.prefill_rate = 10.0
        self.decode_rate = 5.0
        self.go: threading.Semaphore | None = None
        self.hold_load: threading.Event | None = None
        self.error: Exception | None = None
        self.load_error: Exception | None = None
        self.crash_when_cancelled: Exception | None = None
        self.loads = 0
        self.closed = False
        self.running = 0
        self.stopped: list[str] = []

    def load(self, progress: Progress) -> None:
        self.loads += 1
        progress(0.5)
        if self.hold_load is not None:
            assert self.hold_load.wait(5)
        if self.load_error is not None:
            raise self.load_error

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        assert not self.closed
        self.running += 1
        try:
            yield Prefill(1, 1)
            for place, word in enumerate(self.words):
                while self.go is not None and not self.go.acquire(timeout=0.01):
                    if request.cancelled.is_set():
                        if self.crash_when_cancelled is not None:
                            raise self.crash_when_cancelled
                        self.stopped.append(request.request_id)
                        return
                if request.cancelled.is_set():
                    self.stopped.append(request.request_id)
                    return
                yield Token((place,), word)
            if self.error is not None:
                raise self.error
            yield Done("stop", 1, 0, len(self.words), 1.0, 1.0)
        finally:
            self.running -= 1

    def close(self) -> None:
        self.closed = True


class FakeEmbed:
    """One dimension: the length of the text."""

    slots = 1
    dimension = 1
    max_tokens = 9

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self.hold: threading.Event | None = None

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def embed(
        self,
        texts: Sequence[str],
        kind: Literal["query", "passage"],
        cancelled: threading.Event | None = None,
        *,
        background: bool = False,
    ) -> Vectors:
        self.calls.append((kind, len(texts)))
        if self.hold is not None:
            assert self.hold.wait(5)
        data = b"".join(struct.pack("<f", len(text)) for text in texts)
        return Vectors(data, 1, tuple(len(text) for text in texts))

    def close(self) -> None:
        return


class FakeHear:
    """Says how many bytes it heard so far, and in all at the end."""

    def __init__(self) -> None:
        self.hold: threading.Event | None = None

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def transcribe(
        self,
        audio: Iterator[bytes],
        *,
        language: str,
        partials: bool,
        hotwords: tuple[str, ...],
        cancelled: threading.Event,
        recording: bool = False,
        expected_seconds: float = 0.0,
        background: bool = False,
    ) -> Iterator[TranscriptEvent]:
        heard = 0
        for block in audio:
            if self.hold is not None:
                assert self.hold.wait(5)
            heard += len(block)
            if partials:
                yield Partial(str(heard), "")
        if not cancelled.is_set():
            yield Final(str(heard), language or "en", (), heard / 32000, 0.0)

    def close(self) -> None:
        return


class FakeRerank:
    """Scores by how often the query is in the text."""

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def rerank(self, query: str, texts: Sequence[str], cancelled: threading.Event | None = None) -> tuple[float, ...]:
        return tuple(float(text.count(query)) for text in texts)

    def close(self) -> None:
        return


class FakeRecognise:
    """Says how many bytes it was given."""

    slots = 2

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def recognise(
        self, picture: bytes, language: str, cancelled: threading.Event, *, background: bool = False
    ) -> Recognised:
        return Recognised(9, 4, (RecognisedLine(f"{len(picture)} bytes", ((0.0, 0.0),) * 4, 0.5),), 0.01)

    def close(self) -> None:
        return


class FakeSpeak:
    """Says each text as its own bytes, four times; a text of one space has no sound."""

    slots = 2

    def __init__(self) -> None:
        self.said: list[tuple[str, float]] = []
        self.stopped = 0

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def speak(
        self, texts: Iterator[str], *, speed: float, cancelled: threading.Event, background: bool = False
    ) -> Iterator[Spoken]:
        try:
            for number, text in enumerate(texts):
                self.said.append((text, speed))
                sound = text.encode("utf-16-le") if text.strip() else b""
                for _ in range(3):
                    yield Spoken(sound, 24_000, number)
                yield Spoken(sound, 24_000, number, last=True)
        finally:
            self.stopped += 1

    def close(self) -> None:
        return


class FakeAttend:
    """Hears the wake word in each block that says so; every other block holds speech."""

    slots = 4

    def __init__(self) -> None:
        self.asked: list[WakeWord | None] = []
        self.stopped = 0

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def attend(
        self, audio: Iterator[bytes], *, wake_word: WakeWord | None, cancelled: threading.Event
    ) -> Iterator[AttendEvent]:
        self.asked.append(wake_word)
        try:
            for number, block in enumerate(audio, 1):
                yield Attention(number * 0.032, 0.9, 0.5)
                if wake_word and block == b"wake":
                    yield WakeHeard(number * 0.032, 0.99)
        finally:
            self.stopped += 1

    def close(self) -> None:
        return


class FakeMaker:
    """Hands out the engines that the test prepared, by model name, and notes when each was made."""

    def __init__(self, *chats: FakeChat) -> None:
        self.chats = {chat.name: chat for chat in chats}
        self.embedding = FakeEmbed()
        self.hearing = FakeHear()
        self.reranking = FakeRerank()
        self.recognising = FakeRecognise()
        self.speaking = FakeSpeak()
        self.attending = FakeAttend()
        self.made: list[tuple[str, float]] = []

    def chat(self, model: ModelFile) -> FakeChat:
        self.made.append((model.name, time.monotonic()))
        return self.chats[model.name]

    def embed(self, model: ModelFile) -> FakeEmbed:
        return self.embedding

    def transcribe(self, model: ModelFile) -> FakeHear:
        return self.hearing

    def recognise(self, model: ModelFile) -> FakeRecognise:
        return self.recognising

    def speak(self, model: ModelFile) -> FakeSpeak:
        return self.speaking

    def attend(self, model: ModelFile) -> FakeAttend:
        return self.attending

    def rerank(self, model: ModelFile) -> FakeRerank:
        return self.reranking
