"""Calls of engines in processes of their own: answers, vectors, scores, sound; test engines and real ones."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import threading
from pathlib import Path

import pytest

from nodeworker.engines import Done, Final, Partial, Token, figures_of
from nodeworker.errors import ContextOverflow, EngineError, EngineLost, ModelDamaged
from nodeworker.hosting.hosted import EngineSpec, HostedChat
from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.models.folder import ModelFile, ModelFolder
from nodeworker.models.model_file import write_manifest
from nodeworker.protocol import node_pb2 as pb
from nodeworker.threads import Feed
from tests import onnx_models
from tests.engine_rooms import ProcessMaker, answer, asking, chat_pid, first_token, rooms_of, said
from tests.integration.node_serving import client, serving
from tests.integration.test_node_calls import FakeFolder, ask, refused
from tests.integration.test_node_process import alive
from tests.unit.nodeworker.test_gguf import small_gguf
from tests.unit.nodeworker_server.fakes import model, until


async def test_sixteen_answers_at_once_and_figures() -> None:
    async with rooms_of() as rooms:
        answers = [asyncio.create_task(answer(rooms, "say 300", str(number))) for number in range(16)]
        await until(lambda: figures_of(rooms.chat.engine).active == 16)
        engine = rooms.chat.engine
        figures = figures_of(engine)
        assert (figures.kv_cells, figures.cached_prefixes) == (4096, (2**63 + 1,))
        assert await asyncio.gather(*answers) == [said(str(number), 300) for number in range(16)]
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
        assert (await rooms.recognise(b"123")).found.lines[0].text == "3 bytes"
        reading = asyncio.create_task(rooms.recognise(b"", "slow", background=True))
        await until(lambda: rooms.recognising.background == (1, 0))
        assert (await rooms.recognise(b"12")).found.lines[0].text == "2 bytes"  # there is a place beside it
        reading.cancel()
        await until(lambda: rooms.recognising.background == (0, 0))
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
    spec = EngineSpec("nodeworker.engines.llama.engine:LlamaEngine", {"context": 256, "threads": 1})
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
