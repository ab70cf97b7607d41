"""Engines in real processes of their own: kills, crashes, hangs, nonsense; the node and the other engines go on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import struct
import sys
import tempfile
import time
from pathlib import Path

import pytest

from nodeworker.errors import EngineError, EngineLost, ModelTooLarge
from nodeworker.hosting import hosted
from nodeworker.hosting.hosted import EngineSpec, HostedChat
from nodeworker.protocol import node_pb2 as pb
from tests.engine_rooms import FACTORIES, ProcessMaker, answer, asking, chat_pid, children, first_token, rooms_of, said
from tests.integration.node_serving import client, command
from tests.integration.test_node_process import PARENT, alive
from tests.unit.nodeworker_server.fakes import model, until


async def test_kill_in_the_middle_of_answers_and_other_roles_go_on() -> None:
    async with rooms_of() as rooms:
        assert (await rooms.embed(["warm"], "query")).dimension == 1
        running = [rooms.generate(asking("say 100000", str(number))) for number in range(3)]
        for events in running:
            await first_token(events)
        first, embedder = chat_pid(rooms), rooms.processes()["embed"].pid
        os.kill(first, signal.SIGKILL)
        for events in running:
            with pytest.raises(EngineError, match=r"The chat engine was killed \(SIGKILL\)\.") as caught:
                async for _ in events:
                    pass
            assert str(caught.value.code) == "engine_failed" and caught.value.hint
        assert (await rooms.embed(["abc"], "query")).tokens == (3,)
        assert rooms.processes()["embed"].pid == embedder
        # Nobody asks, and yet it comes back.
        await until(lambda: rooms.statuses()[0].state == pb.ENGINE_READY)
        assert chat_pid(rooms) not in (0, first) and not alive(first)
        assert (rooms.engine_restarts, rooms.chat.active) == (1, 0)
        assert await answer(rooms, "say 3") == said("r", 3)


async def test_kill_while_idle_is_noticed() -> None:
    async with rooms_of() as rooms:
        await answer(rooms, "say 1")
        first = chat_pid(rooms)
        os.kill(first, signal.SIGKILL)
        await until(lambda: rooms.engine_restarts == 1 and chat_pid(rooms) not in (0, first))
        assert await answer(rooms, "say 2") == said("r", 2)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("abort", r"crashed \(SIGABRT\)"),
        (f"signal {signal.SIGSEGV:d}", r"crashed \(SIGSEGV\)"),
        ("exit", r"ended by itself \(status 3\)"),
        ("nonsense", "said what makes no sense"),
    ],
)
async def test_ways_to_die(what: str, sentence: str) -> None:
    async with rooms_of() as rooms:
        with pytest.raises(EngineLost, match=sentence):
            await answer(rooms, f"say 2 then {what}")
        assert await answer(rooms, "say 2") == said("r", 2)


async def test_three_restarts_a_minute_then_only_for_a_call() -> None:
    async with rooms_of() as rooms:
        for number in range(4):
            await answer(rooms, "say 1")
            os.kill(chat_pid(rooms), signal.SIGKILL)
            await until(lambda wanted=number + 1: rooms.engine_restarts == wanted)  # type: ignore[misc]
            if number < 3:
                await until(lambda: rooms.statuses()[0].state == pb.ENGINE_READY)
        status = rooms.statuses()[0]
        assert status.state == pb.ENGINE_FAILED and "3 times" in status.message and "SIGKILL" in status.message
        await asyncio.sleep(0.05)
        assert rooms.statuses()[0].state == pb.ENGINE_FAILED
        assert await answer(rooms, "say 2") == said("r", 2)


async def test_kill_while_loading() -> None:
    async with rooms_of(None, "load sleep", "m") as rooms:
        asked = asyncio.create_task(answer(rooms, "say 1", name="load sleep"))
        await until(lambda: rooms.statuses()[0].progress == 0.5)
        (child,) = children()
        os.kill(child, signal.SIGKILL)
        with pytest.raises(EngineLost, match=r"load sleep could not be loaded: .* was killed \(SIGKILL\)"):
            await asked
        assert rooms.statuses()[0].state == pb.ENGINE_FAILED
        assert (rooms.engine_restarts, rooms.chat.active) == (1, 0)
        assert await answer(rooms, "say 2", name="m") == said("r", 2)


async def test_a_load_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosted, "LOAD_PATIENCE", 1.0)
    async with rooms_of(None, "load hold", "m") as rooms:
        with pytest.raises(
            EngineLost, match=r"load hold could not be loaded: .* hung: nothing was heard of it for 1 s"
        ):
            await answer(rooms, "say 1", name="load hold")
        await until(lambda: not children())
        assert await answer(rooms, "say 2", name="m") == said("r", 2)


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("large", ModelTooLarge, "9000 MB"),
        ("broken", EngineError, "broken could not be loaded: no such tensor"),
        ("load abort", EngineLost, "load abort could not be loaded: .* crashed"),
    ],
)
async def test_loading_that_fails(name: str, kind: type[EngineError], sentence: str) -> None:
    async with rooms_of(None, name) as rooms:
        with pytest.raises(kind, match=sentence) as caught:
            await answer(rooms, "say 1")
        assert type(caught.value) is kind and caught.value.hint
        assert rooms.statuses()[0].state == pb.ENGINE_FAILED
        await until(lambda: not children())


@pytest.mark.parametrize("how", ["deaf", "sleep", "hold"])
async def test_an_engine_that_hangs_is_replaced(how: str) -> None:
    async with rooms_of(ProcessMaker(patience=0.4)) as rooms:
        events = rooms.generate(asking(f"say 1 then {how}"))
        await first_token(events)
        first = chat_pid(rooms)
        await events.aclose()
        if how == "deaf":  # others are served: it does not hang, it only keeps a place
            other = rooms.generate(asking("say 100000", "2"))
            await first_token(other)
            await asyncio.sleep(0.6)
            assert chat_pid(rooms) == first
            os.kill(first, signal.SIGKILL)
            await other.aclose()
        await until(lambda: chat_pid(rooms) not in (0, first))
        assert (rooms.engine_restarts, rooms.chat.active) == (1, 0)
        assert await answer(rooms, "say 2") == said("r", 2)


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff" * 16,
        struct.pack("<II", 9, 0) + b"not json!",
        struct.pack("<II", 2, 0) + b"[]",
        struct.pack("<II", 200_000, 0) + b"[" * 200_000,
        *(
            struct.pack("<II", len(head), 0) + head
            for head in (
                json.dumps(head).encode()
                for head in (
                    {},
                    {"is": "magic"},
                    {"is": "turn", "of": 7},
                    {"is": "turn", "of": [[1]]},
                    {"is": "turn", "of": [[2**40, [], None, True]]},
                    {"is": "turn", "of": [[1, [["token", [-1], "x", "", []]], None, False]]},
                    {"is": "turn", "of": [[1, [["final", "x", "en", [], 1.0, 1.0, 1.0]], None, False]]},
                    {"is": "figures", "figures": [1, 2], "rates": [1, 2]},
                    {"is": "vectors", "id": 1, "dimension": 1, "tokens": [], "windows": []},
                )
            )
        ),
    ],
)
async def test_nonsense_from_a_process_ends_only_that(frame: bytes) -> None:
    engine = HostedChat(model("chat", "m"), EngineSpec(f"{FACTORIES}:Liar", {"frame": frame.hex()}))
    lost: list[EngineLost] = []
    engine.died = lost.append
    try:
        await engine.start()
        await engine.load(lambda _fraction: None)
        with pytest.raises(EngineLost, match="makes no sense"):
            async for _ in engine.generate(asking("x")).batches():
                pass
        assert len(lost) == 1
        with pytest.raises(EngineLost, match="makes no sense"):
            async for _ in engine.generate(asking("x")).batches():
                pass
    finally:
        await engine.close()
    assert engine.pid == 0


async def test_closing_the_rooms_in_the_middle_of_an_answer() -> None:
    async with rooms_of() as rooms:
        events = rooms.generate(asking("say 100000"))
        await first_token(events)
        pid = chat_pid(rooms)
        began = time.monotonic()
        await rooms.close()
        assert time.monotonic() - began < 2.0 and not alive(pid)
        with pytest.raises(EngineError):
            async for _ in events:
                pass
        await until(lambda: rooms.chat.active == 0)


async def test_closing_the_rooms_while_loading() -> None:
    async with rooms_of(None, "load sleep") as rooms:
        asked = asyncio.create_task(answer(rooms, "say 1"))
        await until(lambda: rooms.statuses()[0].progress == 0.5)
        await rooms.close()
        assert not children()
        await asyncio.gather(asked, return_exceptions=True)


async def test_the_process_has_nothing_of_its_parents() -> None:
    secret = os.open(__file__, os.O_RDONLY)
    os.set_inheritable(secret, True)
    try:
        async with rooms_of() as rooms:
            await answer(rooms, "say 1")
            place = Path(f"/proc/{chat_pid(rooms)}/fd")
            held = [os.readlink(place / number) for number in os.listdir(place)]
            kinds = sorted(name.partition(":")[0] for name in held if name.startswith(("socket:", "pipe:")))
            assert __file__ not in held
            assert kinds.count("socket") == 1
            assert place.joinpath("0").readlink() == Path(os.devnull)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # its node decides
                os.kill(chat_pid(rooms), number)
            assert await answer(rooms, "say 1") == said("r", 1) and rooms.engine_restarts == 0
    finally:
        os.close(secret)


@pytest.mark.parametrize("how", ["nothing", "sleep", "hold"])
async def test_the_process_ends_with_its_node(how: str) -> None:
    node = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.engine_holder", how), stdout=asyncio.subprocess.PIPE
    )
    assert node.stdout is not None
    child = 0
    try:
        child = int(await asyncio.wait_for(node.stdout.readline(), 30))
        assert alive(child)
        killed = time.monotonic()
        node.kill()
        await node.wait()
        await until(lambda: not alive(child))
        assert time.monotonic() - killed < 2.0
    finally:
        with contextlib.suppress(ProcessLookupError):
            node.kill()
        await node.wait()
        if child and alive(child):
            os.kill(child, signal.SIGKILL)


@pytest.mark.models
async def test_nothing_is_left_when_the_owner_of_a_node_is_killed(home: Path) -> None:
    """A desktop is killed: its node goes, and the real embedding engine that its node has in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="tn") as folder:
        path = Path(folder, "s")
        desktop = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PARENT, *command("--local-socket", str(path))), stdout=asyncio.subprocess.PIPE
        )
        assert desktop.stdout is not None
        node = int(await desktop.stdout.readline())
        engines: list[int] = []
        try:
            await until(path.exists, 30)
            async with client(f"unix:{path}") as stub:
                await stub.Embed(pb.EmbedRequest(texts=["x"]), timeout=60)
                engines = children(node)
                assert len(engines) == 1
                killed = time.monotonic()
                desktop.kill()
                await desktop.wait()
                await until(lambda: not any(alive(pid) for pid in (node, *engines)))
                assert time.monotonic() - killed < 2.5
        finally:
            for pid in (node, *engines):
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
