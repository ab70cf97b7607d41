"""Rooms whose engines live in real processes, with engines of tests.engine_factories; and what tests ask of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

from nodeworker.engines import ChatRequest, Message, Token
from nodeworker.hosting.fed import HostedAttend, HostedSpeak, HostedTranscribe
from nodeworker.hosting.hosted import (
    EngineSpec,
    HostedChat,
    HostedEmbed,
    HostedRecognise,
    HostedRerank,
)
from nodeworker.models.folder import ModelFile
from nodeworker.serving.rooms import EngineRooms
from tests.integration.test_node_process import alive
from tests.unit.nodeworker_server.fakes import FakeShelf, model

FACTORIES = "tests.engine_factories"


class ProcessMaker:
    """Every engine in a process of its own, none with native code."""

    def __init__(self, *, chat: str = "BatchingChat", patience: float = 30.0, slots: int = 16) -> None:
        self._chat = EngineSpec(f"{FACTORIES}:{chat}", {"slots": slots})
        self._patience = patience

    def chat(self, model: ModelFile) -> HostedChat:
        return HostedChat(model, self._chat, patience=self._patience)

    def embed(self, model: ModelFile) -> HostedEmbed:
        return HostedEmbed(model, EngineSpec(f"{FACTORIES}:Embed"))

    def rerank(self, model: ModelFile) -> HostedRerank:
        return HostedRerank(model, EngineSpec(f"{FACTORIES}:Rerank"))

    def recognise(self, model: ModelFile) -> HostedRecognise:
        return HostedRecognise(model, EngineSpec(f"{FACTORIES}:Recognise"))

    def speak(self, model: ModelFile) -> HostedSpeak:
        return HostedSpeak(model, EngineSpec(f"{FACTORIES}:Speak"))

    def attend(self, model: ModelFile) -> HostedAttend:
        return HostedAttend(model, EngineSpec(f"{FACTORIES}:Attend"))

    def transcribe(self, model: ModelFile) -> HostedTranscribe:
        return HostedTranscribe(model, EngineSpec(f"{FACTORIES}:Hear"))


@contextlib.asynccontextmanager
async def rooms_of(maker: ProcessMaker | None = None, *chats: str) -> AsyncIterator[EngineRooms]:
    models = [model("chat", name) for name in chats or ("m",)]
    shelf = FakeShelf(
        *models,
        model("embed", "e"),
        model("transcribe", "t"),
        model("rerank", "r"),
        model("ocr", "o"),
        model("speak", "s"),
        model("vad", "v"),
    )
    rooms = EngineRooms(shelf, maker or ProcessMaker())
    try:
        yield rooms
    finally:
        pids = [engine.pid for engine in rooms.processes().values()]
        await rooms.close()
        assert not any(alive(pid) for pid in pids if pid)


def asking(text: str, id: str = "r") -> ChatRequest:
    return ChatRequest(id, (Message("user", text),))


async def answer(rooms: EngineRooms, text: str, id: str = "r", name: str = "") -> str:
    return "".join([event.text async for event in rooms.generate(asking(text, id), name) if isinstance(event, Token)])


def said(id: str, words: int) -> str:
    return "".join(f"{id}.{number} " for number in range(1, words + 1))


async def first_token(events: AsyncGenerator[Any, None]) -> None:
    async for event in events:
        if isinstance(event, Token):
            return
    raise AssertionError("no token came")


def chat_pid(rooms: EngineRooms) -> int:
    engine = rooms.chat.engine
    return engine.pid if isinstance(engine, HostedChat) else 0


def children(parent: int = 0) -> list[int]:
    """Engine processes of a process; of this one without `parent`."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            mine = int(place.joinpath("stat").read_text().rpartition(")")[2].split()[1]) == (parent or os.getpid())
            if mine and alive(int(place.name)) and b"nodeworker.hosting.host" in place.joinpath("cmdline").read_bytes():
                found.append(int(place.name))
    return found
