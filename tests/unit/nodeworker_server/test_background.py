"""Rooms with background work: last in every queue, paused while somebody waits, sent away where it cannot pause."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from nodeworker.engines import ChatRequest, Token
from nodeworker.errors import Busy
from nodeworker.serving.rooms import EMBED_SLICE, EngineRooms
from nodeworker.threads import Feed
from tests.unit.nodeworker_server.fakes import FakeChat, FakeMaker, FakeShelf, model, until
from tests.unit.nodeworker_server.test_rooms import asking, rooms_of


class Pausing(FakeChat):
    """Notes when it is told to let background work rest."""

    def __init__(self, slots: int) -> None:
        super().__init__("m", slots=slots)
        self.go = threading.Semaphore(0)
        self.told: list[bool] = []

    def pause(self, on: bool) -> None:
        self.told.append(on)


@contextlib.asynccontextmanager
async def serving(*engines: FakeChat, **limits: int) -> AsyncIterator[tuple[EngineRooms, FakeMaker]]:
    maker = FakeMaker(*engines)
    shelf = FakeShelf(*(model("chat", engine.name) for engine in engines), model("embed", "e"))
    async with rooms_of(shelf, maker, **limits) as rooms:
        yield rooms, maker


def behind(id: str) -> ChatRequest:
    return replace(asking(id), background=True, cancelled=threading.Event())


def said(rooms: EngineRooms, request: ChatRequest, name: str = "") -> asyncio.Task[str]:
    async def read() -> str:
        return "".join([event.text async for event in rooms.generate(request, name) if isinstance(event, Token)])

    return asyncio.create_task(read())


async def test_background_work_is_last_and_fills_no_queue() -> None:
    engine = Pausing(slots=1)
    async with serving(engine, chat=2) as (rooms, _):
        first = said(rooms, asking("first"))
        await until(lambda: engine.running == 1)
        waiting = [said(rooms, behind(f"b{at}")) for at in range(2)]
        await until(lambda: rooms.chat.background == (0, 2))
        with pytest.raises(Busy):
            await said(rooms, behind("b2"))
        second = said(rooms, asking("second"))
        await until(lambda: rooms.chat.queued == 1)
        assert (rooms.chat.active, rooms.chat.background) == (1, (0, 2))
        assert isinstance(engine.go, threading.Semaphore)
        for _ in range(12):
            engine.go.release()
        done, _pending = await asyncio.wait([second, *waiting], return_when=asyncio.FIRST_COMPLETED)
        assert second in done
        assert await first == await second == await waiting[0] == await waiting[1] == "abc"


async def test_an_engine_that_pauses_has_places_for_those_who_wait() -> None:
    engine = Pausing(slots=2)
    async with serving(engine) as (rooms, _):
        background = [said(rooms, behind(f"b{at}")) for at in range(2)]
        await until(lambda: engine.running == 2)
        assert engine.told == [False] and rooms.chat.active == 0
        asked = [said(rooms, asking(f"a{at}")) for at in range(2)]
        await until(lambda: engine.running == 4)
        assert engine.told[-1] is True and (rooms.chat.active, rooms.chat.background) == (2, (2, 0))
        assert isinstance(engine.go, threading.Semaphore)
        for _ in range(12):
            engine.go.release()
        assert [await task for task in (*asked, *background)] == ["abc"] * 4
        assert engine.told == [False, True, False]


async def test_work_in_one_room_lets_the_background_rest_in_all() -> None:
    engine = Pausing(slots=1)
    async with serving(engine) as (rooms, maker):
        background = said(rooms, behind("b"))
        await until(lambda: engine.running == 1)
        maker.embedding.hold = threading.Event()
        query = asyncio.create_task(rooms.embed(["a query"], "query"))
        await until(lambda: maker.embedding.calls == [("query", 1)])
        assert engine.told == [False, True]
        maker.embedding.hold.set()
        await query
        assert engine.told == [False, True, False]
        assert isinstance(engine.go, threading.Semaphore)
        for _ in range(3):
            engine.go.release()
        assert await background == "abc"


async def test_what_is_made_ahead_rests_only_when_the_sound_has_ended() -> None:
    engine = Pausing(slots=1)
    maker = FakeMaker(engine)
    shelf = FakeShelf(model("chat", "m"), model("transcribe", "w"))
    async with rooms_of(shelf, maker) as rooms:
        background = said(rooms, replace(behind("b"), ahead=True))
        await until(lambda: engine.running == 1)
        cancelled = threading.Event()
        feed = Feed(cancelled, 1000)
        await feed.put(b"\0" * 100)
        texts: list[object] = []

        async def listen() -> None:
            async for event in rooms.transcribe(feed, cancelled):
                texts.append(event)

        listening = asyncio.create_task(listen())
        await until(lambda: len(texts) == 1)
        assert engine.told[-1] is False  # somebody only talks
        maker.hearing.hold = threading.Event()
        await feed.put(b"\0" * 100)
        feed.end()
        await until(lambda: engine.told[-1] is True)
        maker.hearing.hold.set()
        await listening
        await until(lambda: engine.told[-1] is False)
        assert isinstance(engine.go, threading.Semaphore)
        for _ in range(3):
            engine.go.release()
        assert await background == "abc"


async def test_where_nothing_pauses_background_work_is_sent_away_and_waits_outside() -> None:
    engine = FakeChat("m", slots=1)
    engine.go = threading.Semaphore(0)
    async with serving(engine) as (rooms, _):
        background = said(rooms, behind("b"))
        await until(lambda: engine.running == 1)
        asked = said(rooms, asking("a"))
        with pytest.raises(Busy, match="Somebody waits"):
            await background
        await until(lambda: rooms.chat.active == 1 and engine.running == 1)
        assert engine.stopped == ["b"]
        again = said(rooms, behind("b"))
        await until(lambda: rooms.chat.background == (0, 1))
        for _ in range(6):
            engine.go.release()
        assert await asked == await again == "abc"


async def test_a_free_place_is_no_invitation_beside_somebody_who_waits() -> None:
    engine = FakeChat("m", slots=4)
    engine.go = threading.Semaphore(0)
    async with serving(engine) as (rooms, _):
        asked = said(rooms, asking("a"))
        await until(lambda: engine.running == 1)
        background = said(rooms, behind("b"))
        await until(lambda: rooms.chat.background == (0, 1))
        also = said(rooms, asking("c"))
        await until(lambda: engine.running == 2)
        assert rooms.chat.background == (0, 1)
        for _ in range(9):
            engine.go.release()
        assert [await task for task in (asked, also, background)] == ["abc"] * 3


async def test_another_model_that_is_waited_for_sends_everything_in_the_background_away() -> None:
    small, large = Pausing(slots=2), FakeChat("large")
    async with serving(small, large) as (rooms, _):
        background = [said(rooms, behind(f"b{at}"), "m") for at in range(2)]
        await until(lambda: small.running == 2)
        assert await said(rooms, asking("a"), "large") == "abc"
        for task in background:
            with pytest.raises(Busy):
                await task


async def test_vectors_are_whole_although_a_slice_was_sent_away() -> None:
    async with serving() as (rooms, maker):
        maker.embedding.hold = threading.Event()
        texts = ["x" * at for at in range(2 * EMBED_SLICE)]
        background = asyncio.create_task(rooms.embed(texts, "passage", background=True))
        await until(lambda: len(maker.embedding.calls) == 1)
        query = asyncio.create_task(rooms.embed(["a query"], "query"))
        await until(lambda: rooms.embedding.queued == 1)
        maker.embedding.hold.set()
        assert (await query).tokens == (7,)
        made = await background
        assert made.tokens == tuple(range(2 * EMBED_SLICE))
        assert [count for kind, count in maker.embedding.calls if kind == "passage"] == [EMBED_SLICE] * 3
