"""Rooms: one engine a role, a bounded queue, slots that come free, engines that fail and are replaced."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest

from nodeworker.engines import ChatEvent, ChatRequest, Done, Final, Logprobs, Message, Partial, Prefill, Token
from nodeworker.errors import BadRequest, Busy, ContextOverflow, EngineError, ModelDamaged, ModelMissing, Unsupported
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.engine_call import merge
from nodeworker.serving.roles import checked_roles
from nodeworker.serving.rooms import EMBED_SLICE, Began, EngineRooms, QueuedAt
from nodeworker.threads import Feed
from tests.unit.nodeworker_server.fakes import FakeChat, FakeMaker, FakeShelf, model, until


@contextlib.asynccontextmanager
async def rooms_of(shelf: FakeShelf, maker: FakeMaker, **limits: int) -> AsyncIterator[EngineRooms]:
    rooms = EngineRooms(shelf, maker, limits=limits)
    try:
        yield rooms
    finally:
        await rooms.close()


def asking(id: str = "r") -> ChatRequest:
    return ChatRequest(id, (Message("user", "hello"),))


async def answer(rooms: EngineRooms, id: str = "r", name: str = "") -> str:
    return "".join([event.text async for event in rooms.generate(asking(id), name) if isinstance(event, Token)])


class Reader:
    """Reads an answer in a task of its own and keeps what came."""

    def __init__(self, rooms: EngineRooms, id: str) -> None:
        self.request = asking(id)
        self.events: list[Any] = []
        self.task = asyncio.create_task(self._read(rooms.generate(self.request)))

    async def _read(self, events: AsyncGenerator[Any, None]) -> None:
        async with contextlib.aclosing(events):
            async for event in events:
                self.events.append(event)

    @property
    def position(self) -> int | None:
        return self.events[-1].position if self.events and isinstance(self.events[-1], QueuedAt) else None

    async def cancel(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_answer_loads_lazily_and_once() -> None:
    chat, shelf = FakeChat("m"), FakeShelf(model("chat", "m"))
    async with rooms_of(shelf, FakeMaker(chat)) as rooms:
        await rooms.models()
        assert [status.state for status in rooms.statuses()] == [pb.ENGINE_IDLE] + 6 * [pb.ENGINE_ABSENT]
        assert chat.loads == 0
        events = [event async for event in rooms.generate(asking())]
        assert isinstance(events[0], Began) and events[0].model.name == "m"
        assert isinstance(events[1], Prefill) and isinstance(events[-1], Done)
        assert await answer(rooms) == "abc"
        assert chat.loads == 1 and shelf.verified == ["m"]
        assert rooms.statuses()[0].state == pb.ENGINE_READY
    assert chat.closed


async def test_queue_positions_move_up_and_a_cancel_frees_the_slot() -> None:
    chat = FakeChat("m")
    chat.go = threading.Semaphore(0)
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        first = Reader(rooms, "1")
        await until(lambda: chat.running == 1)
        second, third = Reader(rooms, "2"), Reader(rooms, "3")
        await until(lambda: (second.position, third.position) == (1, 2))
        assert (rooms.chat.active, rooms.chat.queued) == (1, 2)
        await first.cancel()
        await until(lambda: third.position == 1)
        assert chat.stopped == ["1"]
        await second.cancel()
        await until(lambda: rooms.chat.queued == 0)
        for _ in range(3):
            chat.go.release()
        await third.task
        assert third.events[0] == QueuedAt(2) or third.events[0] == QueuedAt(1)
        assert isinstance(third.events[-1], Done)


async def test_cancel_in_the_queue_leaves_it() -> None:
    chat = FakeChat("m")
    chat.go = threading.Semaphore(0)
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        first, second, third = Reader(rooms, "1"), Reader(rooms, "2"), Reader(rooms, "3")
        await until(lambda: third.position == 2)
        await second.cancel()
        await until(lambda: third.position == 1)
        await first.cancel()
        await third.cancel()


async def test_full_queue_is_busy() -> None:
    chat = FakeChat("m")
    chat.go = threading.Semaphore(0)
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat), chat=1) as rooms:
        first, second = Reader(rooms, "1"), Reader(rooms, "2")
        await until(lambda: second.position == 1)
        with pytest.raises(Busy, match="waiting"):
            await answer(rooms, "3")
        await first.cancel()
        await second.cancel()


async def test_several_slots_run_at_once() -> None:
    chat = FakeChat("m", slots=3)
    chat.go = threading.Semaphore(0)
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        readers = [Reader(rooms, str(number)) for number in range(4)]
        await until(lambda: chat.running == 3)
        assert (rooms.chat.active, rooms.chat.queued) == (3, 1)
        for _ in range(12):
            chat.go.release()
        await asyncio.gather(*(reader.task for reader in readers))


async def test_a_crash_drops_the_engine_and_the_next_call_loads_a_new_one() -> None:
    chat = FakeChat("m")
    chat.error = RuntimeError("segment lost")
    maker = FakeMaker(chat)
    async with rooms_of(FakeShelf(model("chat", "m")), maker) as rooms:
        with pytest.raises(EngineError, match="segment lost"):
            await answer(rooms)
        status = rooms.statuses()[0]
        assert status.state == pb.ENGINE_FAILED and "segment lost" in status.message
        maker.chats["m"] = FakeChat("m", ("x",))
        assert await answer(rooms) == "x"
        assert chat.closed
        assert rooms.statuses()[0].state == pb.ENGINE_READY


async def test_a_crash_that_nobody_waits_for_is_noticed_too() -> None:
    chat = FakeChat("m")
    chat.go, chat.crash_when_cancelled = threading.Semaphore(0), RuntimeError("torn down")
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        reader = Reader(rooms, "1")
        await until(lambda: chat.running == 1)
        await reader.cancel()
        await until(lambda: rooms.statuses()[0].state == pb.ENGINE_FAILED)
        await until(lambda: rooms.chat.active == 0)


async def test_a_callers_mistake_keeps_the_engine() -> None:
    chat = FakeChat("m")
    chat.error = ContextOverflow("too long")
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        with pytest.raises(ContextOverflow):
            await answer(rooms)
        assert rooms.statuses()[0].state == pb.ENGINE_READY
        chat.error = None
        assert await answer(rooms) == "abc"
        assert chat.loads == 1


async def test_loading_that_fails_is_shown_and_tried_again() -> None:
    chat, shelf = FakeChat("m"), FakeShelf(model("chat", "m"))
    shelf.bad["m"] = ModelDamaged("m is damaged", "remove it")
    async with rooms_of(shelf, FakeMaker(chat)) as rooms:
        with pytest.raises(ModelDamaged):
            await answer(rooms)
        assert rooms.statuses()[0].state == pb.ENGINE_FAILED
        assert rooms.statuses()[0].message == "m is damaged"
        shelf.bad.clear()
        chat.load_error = ValueError("no such tensor")
        with pytest.raises(EngineError, match="no such tensor"):
            await answer(rooms)
        chat.load_error = None
        assert await answer(rooms) == "abc"


async def test_everyone_who_waits_for_loading_learns_that_it_failed() -> None:
    chat = FakeChat("m")
    chat.hold_load, chat.load_error = threading.Event(), EngineError("broken")
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        both = [asyncio.create_task(answer(rooms, id)) for id in "12"]
        await until(lambda: chat.loads == 1 and rooms.chat.queued == 1)
        chat.hold_load.set()
        results = await asyncio.gather(*both, return_exceptions=True)
        assert [str(result) for result in results] == ["broken", "broken"]
        assert rooms.chat.active == 0


async def test_cancel_while_loading_keeps_the_loading() -> None:
    chat = FakeChat("m")
    chat.hold_load = threading.Event()
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        reader = Reader(rooms, "1")
        await until(lambda: chat.loads == 1)
        await reader.cancel()
        assert rooms.statuses()[0].state == pb.ENGINE_LOADING
        assert rooms.statuses()[0].progress == pytest.approx(0.5)
        later = asyncio.create_task(answer(rooms))
        await until(lambda: rooms.chat.active == 1)
        chat.hold_load.set()
        assert await later == "abc"
        assert chat.loads == 1


async def test_another_model_waits_until_the_engine_is_free() -> None:
    small, large = FakeChat("small"), FakeChat("large", ("L",))
    small.go = threading.Semaphore(0)
    shelf = FakeShelf(model("chat", "small"))
    async with rooms_of(shelf, FakeMaker(small, large)) as rooms:
        first = Reader(rooms, "1")
        await until(lambda: small.running == 1)
        shelf.models.append(model("chat", "large", parameters=9))  # added while the node runs
        second = asyncio.create_task(answer(rooms, "2"))
        await until(lambda: rooms.chat.queued == 1)
        assert small.running == 1
        for _ in range(3):
            small.go.release()
        await first.task
        assert await second == "L"
        assert small.closed
        assert await answer(rooms, "3", "sha-large") == "L"
        with pytest.raises(ModelMissing):
            await answer(rooms, "4", "unknown")


async def test_load_in_parallel_with_progress() -> None:
    chat = FakeChat("m")
    chat.hold_load = threading.Event()
    shelf = FakeShelf(model("chat", "m"), model("embed", "e"))
    async with rooms_of(shelf, FakeMaker(chat)) as rooms:
        seen: list[dict[int, int]] = []
        ended = False
        async for statuses, done in rooms.load(("chat", "embed", "transcribe")):
            ended = done
            states: dict[int, int] = {status.role: status.state for status in statuses}
            seen.append(states)
            if states[pb.ROLE_EMBED] == pb.ENGINE_READY:
                chat.hold_load.set()  # embedding got ready while chat was still loading
        assert ended
        assert seen[-1] == {
            pb.ROLE_CHAT: pb.ENGINE_READY,
            pb.ROLE_EMBED: pb.ENGINE_READY,
            pb.ROLE_TRANSCRIBE: pb.ENGINE_ABSENT,
        }
        assert any(states[pb.ROLE_CHAT] == pb.ENGINE_LOADING for states in seen)
        assert chat.loads == 1


async def test_load_that_is_given_up_frees_its_place() -> None:
    chat = FakeChat("m")
    chat.hold_load = threading.Event()
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        loading = rooms.load(("chat",))
        await anext(loading)
        await until(lambda: chat.loads == 1)
        await loading.aclose()
        assert rooms.chat.active == 0
        chat.hold_load.set()


async def test_a_query_goes_between_the_slices_of_a_large_batch() -> None:
    maker = FakeMaker()
    maker.embedding.hold = threading.Event()
    async with rooms_of(FakeShelf(model("embed", "e")), maker) as rooms:
        texts = ["x" * (number % 7) for number in range(3 * EMBED_SLICE)]
        batch = asyncio.create_task(rooms.embed(texts, "passage"))
        await until(lambda: len(maker.embedding.calls) == 1)
        query = asyncio.create_task(rooms.embed(["hello"], "query"))
        await until(lambda: rooms.embedding.queued == 1)
        maker.embedding.hold.set()
        made = await query
        assert (struct.unpack("<f", made.data), made.tokens, made.max_tokens) == ((5.0,), (5,), 9)
        whole = await batch
        assert struct.unpack(f"<{len(texts)}f", whole.data) == tuple(float(len(text)) for text in texts)
        assert len(whole.tokens) == len(texts)
        assert [kind for kind, _ in maker.embedding.calls] == ["passage", "query", "passage", "passage"]
        assert {size for kind, size in maker.embedding.calls if kind == "passage"} == {EMBED_SLICE}


async def test_a_query_finds_a_place_that_indexing_may_not_take() -> None:
    maker = FakeMaker()
    maker.embedding.slots, maker.embedding.hold = 3, threading.Event()
    async with rooms_of(FakeShelf(model("embed", "e")), maker) as rooms:
        runs = [asyncio.create_task(rooms.embed(["x"] * 3, "passage")) for _ in range(4)]
        await until(lambda: len(maker.embedding.calls) == 2 and rooms.embedding.queued == 2)
        query = asyncio.create_task(rooms.embed(["hello"], "query"))
        await until(lambda: ("query", 1) in maker.embedding.calls)
        assert (rooms.embedding.active, rooms.embedding.queued) == (3, 2)
        maker.embedding.hold.set()
        assert (await query).tokens == (5,)
        await asyncio.gather(*runs)


async def test_no_texts_give_no_vectors_but_the_dimension() -> None:
    async with rooms_of(FakeShelf(model("embed", "e")), FakeMaker()) as rooms:
        made = await rooms.embed([], "passage")
        assert (made.data, made.dimension, made.tokens) == (b"", 1, ())


async def test_sound_flows_and_slow_engines_push_back() -> None:
    maker = FakeMaker()
    maker.hearing.hold = threading.Event()
    async with rooms_of(FakeShelf(model("transcribe", "t")), maker) as rooms:
        cancelled = threading.Event()
        feed = Feed(cancelled, limit=100)
        sent = 0

        async def speak() -> None:
            nonlocal sent
            for _ in range(10):
                await feed.put(b"\0" * 60)
                sent += 1
            feed.end()

        speaking = asyncio.create_task(speak())
        events = rooms.transcribe(feed, cancelled, language="de")
        reading = asyncio.create_task(_all(events))
        await until(lambda: sent == 3)  # one with the engine, two waiting: more than the limit
        await asyncio.sleep(0.02)
        assert sent == 3
        maker.hearing.hold.set()
        heard = await reading
        await speaking
        assert heard[0] == Partial("60", "")
        assert heard[-1] == Final("600", "de", (), 600 / 32000, 0.0)


async def test_a_feed_that_nobody_reads_lets_go_at_the_end() -> None:
    feed = Feed(threading.Event(), limit=10)
    await feed.put(b"\0" * 20)
    stuck = asyncio.create_task(feed.put(b"\0" * 20))
    await asyncio.sleep(0)
    feed.end()
    await asyncio.wait_for(stuck, 1)


def test_merging_keeps_order_and_tokens() -> None:
    done = Done("stop", 1, 0, 3, 0, 0)
    events: list[ChatEvent] = [Prefill(1, 9), Prefill(9, 9), Token((1,), "a"), Token((2,), ""), Token((3,), "b"), done]
    assert list(merge(events)) == [Prefill(9, 9), Token((1, 2, 3), "ab"), done]
    known = [Logprobs(-float(number), (number,), (-float(number),)) for number in (1, 2)]
    thought: list[ChatEvent] = [Token((1,), "", "so", (known[0],)), Token((2,), "x", "", (known[1],))]
    assert list(merge(thought)) == [Token((1, 2), "x", "so", (known[0], known[1]))]


async def test_reranking_scores_every_text() -> None:
    async with rooms_of(FakeShelf(model("rerank", "r")), FakeMaker()) as rooms:
        made = await rooms.rerank("a", ["banana", "kiwi", "papaya"])
        assert (made.model.name, made.scores) == ("r", (3.0, 0.0, 3.0))
        assert (await rooms.rerank("a", [])).scores == ()
        with pytest.raises(ModelMissing):
            await rooms.rerank("a", ["b"], "unknown")


async def test_reranking_without_a_model_is_not_supported() -> None:
    async with rooms_of(FakeShelf(), FakeMaker()) as rooms:
        with pytest.raises(Unsupported, match="no model"):
            await rooms.rerank("a", ["b"])


def test_roles_are_checked() -> None:
    assert checked_roles([]) == ("chat", "embed", "transcribe", "rerank", "ocr", "speak", "vad")
    assert checked_roles(["chat"]) == ("chat",)
    with pytest.raises(BadRequest):
        checked_roles(["wake"])


async def _all(events: AsyncGenerator[Any, None]) -> list[Any]:
    return [event async for event in events]
