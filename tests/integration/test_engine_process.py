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
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nodeworker.engines import ChatRequest, Done, Final, Message, Partial, Token, figures_of
from nodeworker.errors import ContextOverflow, EngineError, EngineLost, ModelDamaged, ModelTooLarge
from nodeworker.hosted import EngineSpec, HostedChat, HostedEmbed, HostedRerank, HostedTranscribe
from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.model_file import write_manifest
from nodeworker.models import ModelFile, ModelFolder
from nodeworker.protocol import node_pb2 as pb
from nodeworker.rooms import EngineRooms
from nodeworker.threads import Feed
from tests import onnx_models
from tests.integration.node_serving import client, command, serving
from tests.integration.test_node_calls import FakeFolder, ask, refused
from tests.integration.test_node_process import PARENT, alive
from tests.unit.nodeworker.test_gguf import small_gguf
from tests.unit.nodeworker_server.fakes import FakeShelf, model, until

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

    def transcribe(self, model: ModelFile) -> HostedTranscribe:
        return HostedTranscribe(model, EngineSpec(f"{FACTORIES}:Hear"))


@contextlib.asynccontextmanager
async def rooms_of(maker: ProcessMaker | None = None, *chats: str) -> AsyncIterator[EngineRooms]:
    models = [model("chat", name) for name in chats or ("m",)]
    shelf = FakeShelf(*models, model("embed", "e"), model("transcribe", "t"), model("rerank", "r"))
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


async def test_sixteen_answers_at_once_and_figures() -> None:
    async with rooms_of() as rooms:
        answers = [asyncio.create_task(answer(rooms, "say 40", str(number))) for number in range(16)]
        await until(lambda: figures_of(rooms.chat.engine).active == 16)
        engine = rooms.chat.engine
        figures = figures_of(engine)
        assert (figures.kv_cells, figures.cached_prefixes) == (4096, (2**63 + 1,))
        assert await asyncio.gather(*answers) == [said(str(number), 40) for number in range(16)]
        # The last figures come also when no turn follows.
        await until(lambda: (figures_of(engine).active, figures_of(engine).free_kv_cells) == (0, 4096))
        assert isinstance(engine, HostedChat)
        assert (engine.slots, engine.context, engine.decode_rate) == (16, 4096, 200.0)
        assert engine.rss_bytes() > 5_000_000


async def test_events_arrive_whole_and_a_plain_engine_works_too() -> None:
    async with rooms_of(ProcessMaker(chat="PlainChat")) as rooms:
        events = [event async for event in rooms.generate(asking("3"))]
        assert events[-1] == Done("stop", 1, 0, 3, 1.0, 1.0)
        assert "".join(event.text for event in events if isinstance(event, Token)) == "0 1 2 "
        again = rooms.generate(asking("100000"))
        await first_token(again)
        await again.aclose()
        await until(lambda: rooms.chat.active == 0)


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


async def test_errors_keep_their_class_and_the_engine() -> None:
    async with rooms_of() as rooms:
        with pytest.raises(ContextOverflow, match="does not fit") as caught:
            await answer(rooms, "say 1 then overflow")
        assert caught.value.hint == "Ask less."
        first = chat_pid(rooms)
        with pytest.raises(ContextOverflow):
            await rooms.embed(["too long"], "passage")
        assert await answer(rooms, "say 1") == said("r", 1) and chat_pid(rooms) == first
        # A failed engine is replaced, as one that died.
        with pytest.raises(EngineError, match=r"llama\.cpp status 1"):
            await answer(rooms, "say 1 then fail")
        await until(lambda: chat_pid(rooms) not in (0, first))
        assert rooms.engine_restarts == 0


async def test_cancel_frees_the_place_and_the_queue_moves() -> None:
    async with rooms_of(ProcessMaker(slots=1)) as rooms:
        first = rooms.generate(asking("say 100000", "1"))
        await first_token(first)
        second = asyncio.create_task(answer(rooms, "say 2", "2"))
        await until(lambda: rooms.chat.queued == 1)
        await first.aclose()
        assert await asyncio.wait_for(second, 2) == said("2", 2)
        third = asking("say 100000", "3")
        taken_over = rooms.generate(third)
        await first_token(taken_over)
        third.cancelled.set()  # as the server does when another call takes over
        with pytest.raises(EngineError, match="without saying why"):
            async for _ in taken_over:
                pass
        assert rooms.chat.active == 0


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


async def test_embedding_reranking_and_hearing_in_processes() -> None:
    async with rooms_of() as rooms:
        texts = ["x" * (number % 7) for number in range(100)]
        made = await rooms.embed(texts, "passage")
        assert struct.unpack("<100f", made.data) == tuple(float(len(text)) for text in texts)
        assert (made.max_tokens, len(made.tokens), made.windows) == (9, 100, (1,) * 100)
        assert (await rooms.embed([], "query")).dimension == 1
        many = await asyncio.gather(*(rooms.embed(["x" * number], "query") for number in range(20)))
        assert [one.tokens[0] for one in many] == list(range(20))
        assert (await rooms.rerank("a", ["banana", "kiwi"])).scores == (3.0, 0.0)
        waiting = asyncio.create_task(rooms.embed(["wait"], "passage"))
        await until(lambda: rooms.embedding.active == 1)
        waiting.cancel()
        await until(lambda: rooms.embedding.active == 0)
        with pytest.raises(EngineLost):
            await rooms.embed(["abort"], "query")
        assert (await rooms.embed(["abc"], "query")).tokens == (3,)


async def test_sound_flows_and_a_slow_engine_pushes_back() -> None:
    async with rooms_of() as rooms:
        cancelled = threading.Event()
        feed = Feed(cancelled, limit=64 * 1024)
        sent = 0

        async def speak() -> None:
            nonlocal sent
            for _ in range(40):
                await feed.put(b"\0" * 32 * 1024)
                sent += 1
            feed.end()

        speaking = asyncio.create_task(speak())
        heard = []
        async for event in rooms.transcribe(
            feed, cancelled, language="de", hotwords=("slow",), recording=True, expected_seconds=7.0
        ):
            heard.append(event)
            # What the engine has taken, what is on its way, what waits in the feed.
            assert sent * 32 <= len(heard) * 32 + 256 + 64 + 64 + 64
        await speaking
        assert heard[0] == Partial("32768", "")
        assert heard[-1] == Final(str(40 * 32768), "de", (), 40 * 32768 / 32000, 7.0)


async def test_giving_up_a_transcription_frees_the_place() -> None:
    async with rooms_of() as rooms:
        cancelled = threading.Event()
        feed = Feed(cancelled, limit=64 * 1024)
        await feed.put(b"\0" * 320)
        events = rooms.transcribe(feed, cancelled)
        assert await anext(events) == Partial("320", "")
        await events.aclose()
        await until(lambda: rooms.hearing.active == 0)
        # Sound that turned out to be broken: the text of its first half must not look like the whole.
        broken = threading.Event()
        feed = Feed(broken, limit=64 * 1024)
        await feed.put(b"\0" * 320)
        events = rooms.transcribe(feed, broken)
        assert await anext(events) == Partial("320", "")
        broken.set()
        feed.end()
        assert [event async for event in events] == []


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


async def test_a_node_survives_its_engine(home: Path) -> None:
    folder = FakeFolder(home, model("chat", "m"))
    async with serving(home, maker=ProcessMaker(), folder=folder) as node, client(node.address) as stub:
        request = ask("1")
        request.messages[0].content = "say 100000"
        events = aiter(stub.Generate(request, timeout=30))
        while not (await anext(events)).token.text:
            pass
        os.kill(chat_pid(node.rooms), signal.SIGKILL)
        status, code, hint = await refused(events)
        assert (status.name, code) == ("INTERNAL", "engine_failed") and "again" in hint
        request = ask("2")
        request.messages[0].content = "say 3"
        text = "".join([event.token.text async for event in stub.Generate(request, timeout=30)])
        assert text == said("2", 3)


@pytest.mark.models
async def test_a_real_model_is_killed_and_says_the_same_again(home: Path) -> None:
    request = ask("1", max_tokens=24)
    folder = ModelFolder(home / "models")
    maker = EngineMaker(EngineChoice(), context=1024, threads=1)
    async with serving(home, maker=maker, folder=folder) as node, client(node.address) as stub:
        request.model = "smollm2-135m"
        whole = [event.token.text async for event in stub.Generate(request, timeout=120)]
        first = chat_pid(node.rooms)
        request.request_id = "2"
        events = aiter(stub.Generate(request, timeout=120))
        while not (await anext(events)).token.text:
            pass
        os.kill(first, signal.SIGKILL)
        assert (await refused(events))[1] == "engine_failed"
        request.request_id = "3"
        again = [event.token.text async for event in stub.Generate(request, timeout=120)]
        assert "".join(again) == "".join(whole) != ""
        assert chat_pid(node.rooms) != first and node.rooms.engine_restarts == 1


async def test_a_real_reranker_of_the_model_folder(home: Path) -> None:
    pytest.importorskip("onnxruntime")
    (home / "made").mkdir()
    made = onnx_models.reranker(home / "made")
    place = home / "models" / made.sha256
    place.parent.mkdir()
    made.path.rename(place)
    write_manifest(place, made)
    folder = ModelFolder(home / "models", packages=False)
    maker = EngineMaker(EngineChoice(), threads=1)
    async with serving(home, maker=maker, folder=folder) as node, client(node.address) as stub:
        request = pb.RerankRequest(query="the cat sits on a mat", texts=["a cat sits under the tree", "ships"])
        scored = await stub.Rerank(request, timeout=60)
        assert len(scored.scores) == 2 and scored.scores[0] != scored.scores[1]
        assert (scored.model, scored.model_sha256) == (made.name, made.sha256)
        assert alive(node.rooms.processes()["rerank"].pid)
        assert (await refused(stub.Rerank(request)))[1] == "bad_request"  # no deadline


async def test_a_damaged_gguf_is_an_error_of_its_own(tmp_path: Path) -> None:
    whole = small_gguf()
    spec = EngineSpec("nodeworker.engines.llama:LlamaEngine", {"context": 256, "threads": 1})
    for name, data in (("cut", whole[: len(whole) // 2]), ("empty", whole), ("magic", b"XXXX" + whole[4:])):
        path = tmp_path / f"{name}.gguf"
        path.write_bytes(data)
        engine = HostedChat(ModelFile("chat", name, "", path, bytes=len(data)), spec)
        try:
            await engine.start()
            with pytest.raises(ModelDamaged):
                await engine.load(lambda _fraction: None)
        finally:
            await engine.close()


def children(parent: int = 0) -> list[int]:
    """Engine processes of a process; of this one without `parent`."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            mine = int(place.joinpath("stat").read_text().rpartition(")")[2].split()[1]) == (parent or os.getpid())
            if mine and alive(int(place.name)) and b"nodeworker.host" in place.joinpath("cmdline").read_bytes():
                found.append(int(place.name))
    return found
