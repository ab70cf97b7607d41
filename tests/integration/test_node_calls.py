"""The node's calls over a real gRPC connection on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import threading
import time
import urllib.parse
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from nodeworker.errors import EngineError, ModelUnsafe
from nodeworker.maker import PacedFolder
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import CODE_KEY, HINT_KEY
from nodeworker.protocol import node_pb2 as pb
from tests.integration.node_serving import client, serving, until
from tests.unit.nodeworker_server.fakes import FakeChat, FakeMaker, FakeShelf, model


class FakeFolder(FakeShelf, PacedFolder):
    """A shelf that also lists, fetches and removes nothing."""

    def __init__(self, folder: Path, *models: object) -> None:
        PacedFolder.__init__(self, ModelFolder(folder, packages=False))
        FakeShelf.__init__(self, *models)  # type: ignore[arg-type]


def ask(id: str = "r", **sampling: float) -> pb.GenerateRequest:
    return pb.GenerateRequest(
        request_id=id,
        messages=[pb.Message(role="user", content="hello")],
        sampling=pb.Sampling(**sampling),  # type: ignore[arg-type]
    )


def code_and_hint(error: grpc.aio.AioRpcError) -> tuple[str, str]:
    metadata: dict[str, str] = dict(cast("Any", error.trailing_metadata()))
    return metadata.get(CODE_KEY, ""), urllib.parse.unquote(metadata.get(HINT_KEY, ""))


async def refused(call: object) -> tuple[grpc.StatusCode, str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        if isinstance(call, grpc.aio.UnaryUnaryCall):
            await call
        else:
            async for _ in call:  # type: ignore[attr-defined]
                pass
    code, hint = code_and_hint(failure.value)
    return failure.value.code(), code, hint


async def test_describe_watch_load_and_answer(home: Path) -> None:
    async with serving(home) as node, client(node.address) as stub:
        about = await stub.Describe(pb.DescribeRequest(), timeout=5)
        assert (about.id, about.name, about.zone, about.simulated) == ("local-1", "test", "attic", True)
        assert about.hardware.cores >= 1 and about.models[0].role == pb.ROLE_CHAT
        watch = aiter(stub.Watch(pb.WatchRequest(), timeout=20))
        first = await anext(watch)
        assert first.engines[0].state == pb.ENGINE_IDLE and first.memory_total_bytes > 0
        reports = [report async for report in stub.Load(pb.LoadRequest(roles=[pb.ROLE_CHAT]), timeout=10)]
        assert reports[-1].done and reports[-1].engines[0].state == pb.ENGINE_READY
        began = time.monotonic()
        changed = await anext(watch)
        assert time.monotonic() - began < 0.9  # on change, not at the next second
        assert changed.engines[0].state == pb.ENGINE_READY and changed.slots == 4
        events = [event async for event in stub.Generate(ask(max_tokens=20), timeout=10)]
        ids = [id for event in events for id in event.token.ids]
        done = events[-1].done
        assert len(ids) == 20 == done.usage.completion_tokens
        assert (done.reason, done.model, len(done.model_sha256)) == ("length", "paced-simulated", 64)
        again = await stub.Describe(pb.DescribeRequest(), timeout=5)
        assert again.models[0].decode_rate == 200 and again.slots == 4


async def test_resuming_goes_on_after_the_last_token(home: Path) -> None:
    async with serving(home) as node, client(node.address) as stub:
        whole = [event.token async for event in stub.Generate(ask("1", max_tokens=12), timeout=10)]
        ids = [id for token in whole for id in token.ids]
        request = ask("2", max_tokens=12)
        request.resume.extend(ids[:5])
        rest = [id async for event in stub.Generate(request, timeout=10) for id in event.token.ids]
        assert ids[:5] + rest[: len(ids) - 5] == ids


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (pb.GenerateRequest(request_id="r"), "bad_request"),
        (pb.GenerateRequest(messages=[pb.Message(role="user")]), "bad_request"),
        (pb.GenerateRequest(request_id="r", messages=[pb.Message(role="root")]), "bad_request"),
        (ask(temperature=float("nan")), "bad_request"),
        (ask(top_p=2.0), "bad_request"),
        (
            pb.GenerateRequest(request_id="r", messages=[pb.Message(role="user", content="x" * 100_000)]),
            "context_overflow",
        ),
    ],
    ids=["no messages", "no id", "role", "nan", "top-p", "overflow"],
)
async def test_bad_requests_have_a_code(home: Path, request_: pb.GenerateRequest, code: str) -> None:
    async with serving(home) as node, client(node.address) as stub:
        status, found, _ = await refused(stub.Generate(request_, timeout=5))
        assert found == code
        expected = grpc.StatusCode.OUT_OF_RANGE if code == "context_overflow" else grpc.StatusCode.INVALID_ARGUMENT
        assert status == expected


async def test_no_deadline_is_refused(home: Path) -> None:
    async with serving(home) as node, client(node.address) as stub:
        status, code, hint = await refused(stub.Generate(ask()))
        assert (status, code) == (grpc.StatusCode.INVALID_ARGUMENT, "bad_request") and "timeout" in hint


async def test_errors_arrive_with_code_sentence_and_hint(home: Path) -> None:
    chat = FakeChat("m")
    folder = FakeFolder(home, model("chat", "m"))
    async with serving(home, maker=FakeMaker(chat), folder=folder) as node, client(node.address) as stub:
        folder.bad["m"] = ModelUnsafe("Gefährlich: m", "Nimm ein anderes Modell – bitte.")
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            async for _ in stub.Generate(ask(), timeout=5):
                pass
        assert failure.value.details() == "Gefährlich: m"
        assert code_and_hint(failure.value) == ("model_unsafe", "Nimm ein anderes Modell – bitte.")
        folder.bad.clear()
        chat.error = EngineError("lost")
        assert (await refused(stub.Generate(ask(), timeout=5)))[:2] == (grpc.StatusCode.INTERNAL, "engine_failed")
        assert (await refused(stub.Embed(pb.EmbedRequest(texts=["x"]), timeout=5)))[:2] == (
            grpc.StatusCode.NOT_FOUND,
            "model_missing",
        )
        assert (await refused(stub.Rerank(pb.RerankRequest(), timeout=5)))[:2] == (
            grpc.StatusCode.UNIMPLEMENTED,
            "unsupported",
        )
        assert (await refused(stub.ReadModel(pb.ReadModelRequest(), timeout=5)))[1] == "model_missing"
        assert (await refused(stub.Load(pb.LoadRequest(roles=[pb.ROLE_UNSPECIFIED]), timeout=5)))[1] == "bad_request"


async def test_queue_positions_cancel_and_deadline_free_the_slot(home: Path) -> None:
    chat = FakeChat("m")
    chat.go = threading.Semaphore(0)
    folder = FakeFolder(home, model("chat", "m"))
    async with (
        serving(home, maker=FakeMaker(chat), folder=folder, limits={"chat": 2}) as node,
        client(node.address) as stub,
    ):
        first = stub.Generate(ask("1"), timeout=20)
        await until(lambda: chat.running == 1)
        second = stub.Generate(ask("2"), timeout=5)
        assert (await anext(aiter(second))).queued.position == 1
        third = stub.Generate(ask("3"), timeout=20)
        events = aiter(third)
        assert (await anext(events)).queued.position == 2
        assert (await refused(stub.Generate(ask("4"), timeout=5)))[:2] == (grpc.StatusCode.RESOURCE_EXHAUSTED, "busy")
        assert (await refused(second))[0] == grpc.StatusCode.DEADLINE_EXCEEDED
        assert (await anext(events)).queued.position == 1
        first.cancel()
        await until(lambda: "1" in chat.stopped)
        for _ in range(3):
            chat.go.release()
        rest = [event async for event in events]
        assert "".join(event.token.text for event in rest) == "abc"
        await until(lambda: node.rooms.chat.active == 0)


async def test_deadline_stops_a_running_answer(home: Path) -> None:
    chat = FakeChat("m")
    chat.go = threading.Semaphore(1)
    folder = FakeFolder(home, model("chat", "m"))
    async with serving(home, maker=FakeMaker(chat), folder=folder) as node, client(node.address) as stub:
        assert (await refused(stub.Generate(ask("1"), timeout=0.5)))[0] == grpc.StatusCode.DEADLINE_EXCEEDED
        await until(lambda: chat.stopped == ["1"] and node.rooms.chat.active == 0)


async def test_a_client_that_vanishes_frees_the_slot(home: Path) -> None:
    chat = FakeChat("m")
    chat.go = threading.Semaphore(1)
    folder = FakeFolder(home, model("chat", "m"))
    async with serving(home, maker=FakeMaker(chat), folder=folder) as node:
        async with client(node.address) as stub:
            events = aiter(stub.Generate(ask("1"), timeout=60))
            await anext(events)
        await until(lambda: chat.stopped == ["1"] and node.rooms.chat.active == 0)


async def test_no_answer_is_made_twice(home: Path) -> None:
    chat = FakeChat("m", slots=2)
    chat.go = threading.Semaphore(0)
    folder = FakeFolder(home, model("chat", "m"))
    async with serving(home, maker=FakeMaker(chat), folder=folder) as node, client(node.address) as stub:
        first = stub.Generate(ask("same"), timeout=20)
        await until(lambda: chat.running == 1)
        status, code, hint = await refused(stub.Generate(ask("same"), timeout=20))
        assert (status, code) == (grpc.StatusCode.ALREADY_EXISTS, "duplicate") and hint
        for _ in range(3):
            chat.go.release()
        assert "".join([event.token.text async for event in first]) == "abc"
        assert (await refused(stub.Generate(ask("same"), timeout=20)))[1] == "duplicate"
        assert node.rooms.chat.active == 0


async def test_embedding_in_slices(home: Path) -> None:
    folder = FakeFolder(home, model("embed", "e"))
    async with serving(home, maker=FakeMaker(), folder=folder) as node, client(node.address) as stub:
        texts = ["x" * (number % 5) for number in range(100)]
        made = await stub.Embed(pb.EmbedRequest(texts=texts), timeout=10)
        assert struct.unpack("<100f", made.vectors) == tuple(float(len(text)) for text in texts)
        assert (made.model, made.dimension, made.max_tokens, len(made.tokens)) == ("e", 1, 9, 100)
        too_many = pb.EmbedRequest(texts=["x"] * 5000)
        assert (await refused(stub.Embed(too_many, timeout=5)))[1] == "bad_request"


async def _sound(*requests: pb.TranscribeRequest) -> AsyncIterator[pb.TranscribeRequest]:
    for request in requests:
        yield request


CONFIG = pb.TranscribeRequest(config=pb.TranscribeConfig(partials=True))


async def test_transcribing(home: Path) -> None:
    folder = FakeFolder(home, model("transcribe", "t"))
    async with serving(home, maker=FakeMaker(), folder=folder) as node, client(node.address) as stub:
        block = pb.TranscribeRequest(pcm16=b"\0" * 3200)
        call = stub.Transcribe(_sound(CONFIG, block, block, pb.TranscribeRequest(end=True)), timeout=10)
        events = [event async for event in call]
        assert events[-1].final.text == "6400" and events[0].partial.text == "3200"
        closed = [event async for event in stub.Transcribe(_sound(CONFIG, block), timeout=10)]
        assert closed[-1].final.text == "3200"
        for wrong in (
            (),
            (block,),
            (CONFIG, CONFIG),
            (CONFIG, pb.TranscribeRequest(pcm16=b"\0")),
        ):
            assert (await refused(stub.Transcribe(_sound(*wrong), timeout=10)))[1] == "bad_request"
        await until(lambda: node.rooms.hearing.active == 0)


async def test_giving_up_a_transcription_frees_the_engine(home: Path) -> None:
    folder = FakeFolder(home, model("transcribe", "t"))
    async with serving(home, maker=FakeMaker(), folder=folder) as node, client(node.address) as stub:

        async def endless() -> AsyncIterator[pb.TranscribeRequest]:
            yield CONFIG
            while True:
                yield pb.TranscribeRequest(pcm16=b"\0" * 320)
                await asyncio.sleep(0.01)

        call = stub.Transcribe(endless(), timeout=20)
        await anext(aiter(call))
        assert node.rooms.hearing.active == 1
        call.cancel()
        await until(lambda: node.rooms.hearing.active == 0)


async def test_models_of_the_local_caller(home: Path) -> None:
    async with serving(home) as node, client(node.address) as stub:
        listed = await stub.ListModels(pb.ListModelsRequest(catalogue=True), timeout=10)
        assert any(not entry.present and entry.download_bytes for entry in listed.models)
        assert (await refused(stub.RemoveModel(pb.RemoveModelRequest(name="nothing"), timeout=5)))[1] == "model_missing"
        fetch = stub.FetchModel(pb.FetchModelRequest(source=str(home / "missing.gguf")), timeout=10)
        status, code, _ = await refused(fetch)
        assert code and status != grpc.StatusCode.UNKNOWN
        assert (await refused(stub.FetchModel(pb.FetchModelRequest(), timeout=5)))[1] == "bad_request"


async def test_draining_refuses_new_work_and_cuts_the_old(home: Path) -> None:
    chat = FakeChat("m")
    chat.go = threading.Semaphore(1)
    folder = FakeFolder(home, model("chat", "m"))
    async with serving(home, maker=FakeMaker(chat), folder=folder) as node, client(node.address) as stub:
        call = stub.Generate(ask("1"), timeout=30)
        await anext(aiter(call))
        draining = asyncio.create_task(node.door.drain(0.5))
        await until(lambda: node.door.draining)
        assert (await refused(stub.Generate(ask("2"), timeout=5)))[:2] == (grpc.StatusCode.UNAVAILABLE, "draining")
        assert (await anext(aiter(stub.Watch(pb.WatchRequest(), timeout=5)))).draining
        assert (await refused(call))[:2] == (grpc.StatusCode.UNAVAILABLE, "draining")
        await draining
        await until(lambda: chat.stopped == ["1"])


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Engine threads end with their node."""
    yield
    deadline = time.monotonic() + 2
    with contextlib.suppress(StopIteration):
        while time.monotonic() < deadline:
            next(thread for thread in threading.enumerate() if thread.name.startswith("engine-")).join(0.1)
