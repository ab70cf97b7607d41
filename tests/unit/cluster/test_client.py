"""One node over real gRPC: every call, every kind of error, hostile replies, cancelling."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cluster.client import Attempt, NodeClient
from app.cluster.wire import described, one_line, with_status
from app.errors import ModelError, NodeBusy, NodeError, NodeLost, UsageError, VoiceError
from app.events import Generated, Hearing, TokenReceived, Transcribed
from app.thinking import ChatMessage, ChatRequest
from nodeworker.protocol import Code
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from tests.fakes_nodes import FakeNode, Plan, Script, node_info, on_socket, on_tls, until

INFO = node_info("pi")
ATTEMPT = Attempt(ChatRequest((ChatMessage("user", "Hi"),), "r", max_tokens=9), "r", "")


@pytest.fixture
def socket() -> Iterator[Path]:
    # pytest's own folders are too deep for a Unix socket's path.
    with tempfile.TemporaryDirectory(prefix="tn") as folder:
        yield Path(folder) / "s"


@pytest.fixture
async def node(socket: Path) -> AsyncGenerator[tuple[FakeNode, NodeClient], None]:
    fake = FakeNode("pi", Plan())
    async with on_socket(fake, socket) as client:
        yield fake, client


async def test_all_calls(node: tuple[FakeNode, NodeClient]) -> None:
    _, client = node
    info = await client.describe(INFO)
    assert (info.id, info.name, info.simulated) == (INFO.id, INFO.name, True)  # what it calls itself does not count
    events = [event async for event in client.generate(ATTEMPT)]
    assert "".join(event.text for event in events if isinstance(event, TokenReceived)) == "one two three"
    assert isinstance(events[-1], Generated)
    vectors = await client.embed(["a", "bc"], "query")
    assert (vectors.dimension, len(vectors.data), vectors.tokens) == (2, 16, (1, 1))
    steps = [step async for step in client.load(["chat", "embed"])]
    assert [engine.state for engine in steps[-1]] == ["ready", "ready"]
    heard = [event async for event in client.transcribe(_audio(), language="en")]
    assert [type(event) for event in heard] == [Hearing, Hearing, Hearing, Transcribed]
    assert isinstance(heard[-1], Transcribed)
    assert heard[-1].text == "96 bytes"
    assert [model.note for model in await client.models(catalogue=True)] == ["a note"]
    assert [step.model async for step in client.fetch_model("qwen")] == ["", "qwen"]
    assert (await client.remove_model("qwen")).name == "qwen"
    with pytest.raises(UsageError):
        await anext(client.load(["sing"]))


async def test_the_way_is_measured_without_making_the_connection(socket: Path) -> None:
    calls: list[float] = []

    class Counting(FakeNode):
        async def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.Description:
            calls.append(asyncio.get_running_loop().time())
            return await super().Describe(request, context)

    async with on_socket(Counting("pi", Plan()), socket) as client:
        began = asyncio.get_running_loop().time()
        info = await client.describe(INFO)
        took = 1000.0 * (asyncio.get_running_loop().time() - began)
        assert len(calls) == 2
        assert 0 < info.latency_ms <= took - 1000.0 * (calls[0] - began), "what came before the first answer counts"
        again = await client.describe(info)
        assert len(calls) == 3
        assert 0 < again.latency_ms <= info.latency_ms, "the shortest way that was seen"


async def test_what_is_wrong_with_the_sound_is_told_as_it_is(node: tuple[FakeNode, NodeClient]) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"\0" * 48
        raise VoiceError("The microphone is gone.", code="voice_device_lost")

    with pytest.raises(VoiceError, match="The microphone is gone"):
        _ = [event async for event in node[1].transcribe(broken(), language="")]


async def _audio() -> AsyncGenerator[bytes, None]:
    for _ in range(2):
        yield b"\0" * 48


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        (Code.BUSY, NodeBusy, True),
        (Code.DRAINING, NodeLost, True),
        (Code.MODEL_MISSING, ModelError, True),
        (Code.MODEL_DAMAGED, ModelError, True),
        (Code.CONTEXT_OVERFLOW, NodeError, False),
        (Code.BAD_REQUEST, NodeError, False),
        (Code.DUPLICATE, NodeError, True),
        (Code.ENGINE_FAILED, NodeError, True),
    ],
)
async def test_errors_keep_code_sentence_and_hint(
    node: tuple[FakeNode, NodeClient], code: Code, kind: type[NodeError], retryable: bool
) -> None:
    fake, client = node
    fake.plan.refuse = code
    with pytest.raises(NodeError) as caught:
        _ = [event async for event in client.generate(ATTEMPT)]
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.retryable) == (code.value, retryable)
    assert (caught.value.message, caught.value.hint) == ("Das geht nicht.", "Tu das Nötige.")


async def test_nobody_there(socket: Path) -> None:
    client = NodeClient.local(str(socket), "pi")
    with pytest.raises(NodeLost):
        await client.describe(INFO)
    await client.close()
    with pytest.raises(NodeLost):
        await client.describe(INFO)


async def test_lost_in_the_middle(node: tuple[FakeNode, NodeClient]) -> None:
    fake, client = node
    fake.plan.die_after = 2
    events = []
    with pytest.raises(NodeLost):
        async for event in client.generate(ATTEMPT):
            events.append(event)
    assert sum(isinstance(event, TokenReceived) for event in events) == 2


async def test_closing_the_channel_under_a_call_is_a_loss_not_a_cancel(node: tuple[FakeNode, NodeClient]) -> None:
    fake, client = node
    fake.plan.stall_after = 1

    async def reading() -> None:
        async for event in client.generate(ATTEMPT):
            if isinstance(event, TokenReceived):
                started.set()

    started = asyncio.Event()
    task = asyncio.create_task(reading())
    await started.wait()
    await client.close()
    with pytest.raises(NodeLost):
        await task


async def test_cancelled_task_is_cancelled_and_frees_the_node(node: tuple[FakeNode, NodeClient]) -> None:
    fake, client = node
    updates = client.watch(lambda: INFO, heartbeat=5)
    assert (await anext(updates)).state == "ready"
    assert fake.watching == 1
    pending = asyncio.ensure_future(anext(updates))
    fake.heartbeat = False
    await asyncio.sleep(0)
    pending.cancel()
    with contextlib.suppress(StopAsyncIteration), pytest.raises(asyncio.CancelledError):
        await pending
    await until(lambda: fake.watching == 0)


async def test_silence_is_a_loss(node: tuple[FakeNode, NodeClient]) -> None:
    fake, client = node
    fake.heartbeat = False
    with pytest.raises(NodeLost, match="Nothing was heard"):
        await anext(client.watch(lambda: INFO, heartbeat=0.05))


async def test_a_node_at_rest_may_be_silent_for_longer_than_one_that_works(node: tuple[FakeNode, NodeClient]) -> None:
    fake, client = node
    for active, limit in ((0, "Nothing was heard of pi for 2 s."), (1, "Nothing was heard of pi for 1 s.")):
        fake.heartbeat, fake.active = True, active
        updates = client.watch(lambda: INFO, heartbeat=0.6, rest=1.0)
        assert (await anext(updates)).active == active
        assert fake.rests[-1] == 1.0
        fake.heartbeat = False
        with pytest.raises(NodeLost, match=limit):
            while True:
                await anext(updates)


async def test_work_goes_over_a_connection_of_its_own() -> None:
    desktop, own = Identity.create(), Identity.create()
    fake = FakeNode("pi", Plan())
    async with on_tls(fake, own, desktop) as (address, _):
        client = NodeClient.remote(
            address, "pi", pinned=own.certificate, certificate=desktop.certificate, key=desktop.key
        )
        await client.describe(INFO)
        updates = client.watch(lambda: INFO, heartbeat=5)
        await anext(updates)
        assert len(fake.peers) == 1
        assert [event async for event in client.generate(ATTEMPT)]
        assert len(fake.peers) == 2
        await updates.aclose()
        await client.close()


async def test_only_the_pinned_key_is_talked_to() -> None:
    desktop, right, wrong = Identity.create(), Identity.create(), Identity.create()
    async with on_tls(FakeNode("pi", Plan()), right, desktop) as (address, _):
        for pinned, works in ((right, True), (wrong, False)):
            client = NodeClient.remote(
                address, "pi", pinned=pinned.certificate, certificate=desktop.certificate, key=desktop.key
            )
            if works:
                assert (await client.describe(INFO)).models
            else:
                with pytest.raises(NodeLost):
                    await client.describe(INFO)
            await client.close()


async def test_utf8_split_over_tokens(socket: Path) -> None:
    script = Script((b"Stra", b"\xc3", b"\x9fe"))
    async with on_socket(FakeNode("pi", Plan(script)), socket) as client:
        texts = [event.text async for event in client.generate(ATTEMPT) if isinstance(event, TokenReceived)]
    assert texts == ["Stra", "", "ße"]


def test_hostile_description_and_status() -> None:
    models = [pb.Model(name="x\x1b[2J" * 999, sha256="z" * 999, decode_rate=float("nan"))] * 999
    info = described(INFO, pb.Description(id="f" * 64, name="bank", zone="\n" * 99, models=models))
    assert (info.id, info.name, info.zone) == (INFO.id, INFO.name, "")
    assert len(info.models) == 200
    assert info.models[0].name.isprintable()
    assert info.models[0].decode_rate == 0
    engines = [pb.EngineStatus(role=99, state=77, progress=9.0)] * 99  # type: ignore[arg-type]
    status = pb.Status(engines=engines, decode_rate=float("inf"), cpu_percent=-1, slots=0)
    info = with_status(INFO, status)
    assert (info.decode_rate, info.cpu_percent, info.slots, info.state) == (0, 0, 1, "ready")
    assert len(info.engines) <= 8
    assert info.engines[0].progress == 0


def test_one_line() -> None:
    assert one_line(" chat ") == "chat" and one_line("abcdef", 5) == "abcde" and one_line("") == ""
    assert one_line("a\nb\x00\u202ec" + "x" * 500, 5) == "abcxx"
