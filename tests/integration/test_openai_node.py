"""A whole node in front of a server: over gRPC, with the server dying and coming back."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import pytest

from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import CODE_KEY
from nodeworker.protocol import node_pb2 as pb
from tests.fake_openai import WHOLE, Asked, FakeServer, Out, Scripted
from tests.integration.node_serving import Serving, client, running, serving, until


def node(server: FakeServer, home: Path, options: str = "") -> tuple[EngineMaker, Path]:
    return EngineMaker(EngineChoice.parse(f"openai:{server.url}{options}")), home / "models"


def wanted(**more: object) -> pb.GenerateRequest:
    messages = [pb.Message(role="user", content="Say something.")]
    return pb.GenerateRequest(request_id=uuid.uuid4().hex, messages=messages, **more)  # type: ignore[arg-type]


async def generated(serving: Serving, request: pb.GenerateRequest) -> list[pb.GenerateEvent]:
    async with client(serving.address) as stub:
        return [event async for event in stub.Generate(request, timeout=20)]


async def again_until(tried: Callable[[], Awaitable[bool]]) -> None:
    """Try something until it succeeds, for 20 s."""
    async with asyncio.timeout(20):
        while not await tried():  # noqa: ASYNC110 (another program's state, not an event)
            await asyncio.sleep(0.1)


def text_of(events: list[pb.GenerateEvent]) -> str:
    return "".join(event.token.text for event in events if event.HasField("token"))


async def test_an_answer_over_the_wire(home: Path) -> None:
    with FakeServer() as server:
        maker, models = node(server, home, ",slots=3")
        folder = maker.folder(ModelFolder(models, packages=False))
        async with serving(home, maker=maker, folder=folder) as one, client(one.address) as stub:
            about = await stub.Describe(pb.DescribeRequest(), timeout=10)
            (model,) = [model for model in about.models if model.role == pb.ROLE_CHAT]
            assert (model.name, model.trustworthy) == ("fake-70b", True)
            events = await generated(one, wanted(model=model.sha256))
            assert text_of(events) == WHOLE
            assert events[-1].done.model == "fake-70b"
            assert events[-1].done.model_sha256 == model.sha256
            assert events[-1].done.usage.completion_tokens > 0
            shown = WHOLE[:20]
            assert shown + text_of(await generated(one, wanted(resume_text=shown))) == WHOLE
            about = await stub.Describe(pb.DescribeRequest(), timeout=10)
            assert about.slots == 3


async def test_a_picture_reaches_a_model_that_sees_and_no_other(home: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n not decoded on its way"
    listed = {"data": [{"id": "eyes"}], "models": [{"model": "eyes", "capabilities": ["completion", "multimodal"]}]}
    with FakeServer(models=listed) as server:
        maker, models = node(server, home)
        folder = maker.folder(ModelFolder(models, packages=False))
        async with serving(home, maker=maker, folder=folder) as one, client(one.address) as stub:
            about = await stub.Describe(pb.DescribeRequest(), timeout=10)
            assert [model.vision for model in about.models if model.role == pb.ROLE_CHAT] == [True]
            request = wanted()
            request.messages[0].images.append(picture)
            assert text_of(await generated(one, request)) == WHOLE
            (seen, said) = server.answers[-1]["messages"][0]["content"]
            assert said == {"type": "text", "text": "Say something."}
            head, _, data = seen["image_url"]["url"].partition(",")
            assert head == "data:image/png;base64" and base64.b64decode(data) == picture
            request = wanted()
            request.messages[0].images.append(b"GIF89a")
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await generated(one, request)
            assert "PNG or JPEG" in (caught.value.details() or "")


async def test_one_broken_answer_does_not_harm_the_others(home: Path) -> None:
    sound, broken = Scripted(), Scripted(cut_after=3)

    def answer(asked: Asked, out: Out) -> None:
        (broken if asked.body["messages"][0]["content"] == "Break." else sound)(asked, out)

    with FakeServer(answer) as server:
        maker, models = node(server, home)
        folder = maker.folder(ModelFolder(models, packages=False))
        async with serving(home, maker=maker, folder=folder) as one:
            assert text_of(await generated(one, wanted())) == WHOLE
            engine = one.rooms.chat.engine
            request = wanted()
            request.messages[0].content = "Break."
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await generated(one, request)
            assert dict(caught.value.trailing_metadata() or ())[CODE_KEY] == "engine_failed"
            assert text_of(await generated(one, wanted())) == WHOLE
            assert one.rooms.chat.engine is engine


async def test_a_server_that_goes_and_comes_back(home: Path) -> None:
    first = FakeServer()
    maker, models = node(first, home)
    folder = maker.folder(ModelFolder(models, packages=False))
    try:
        async with serving(home, maker=maker, folder=folder) as one:
            assert text_of(await generated(one, wanted())) == WHOLE
            port = first.port
            first.close()
            for _ in range(2):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await generated(one, wanted())
                assert "reached" in (caught.value.details() or "")
            with FakeServer(port=port):
                answers: list[str] = []

                async def tried() -> bool:
                    try:
                        answers.append(text_of(await generated(one, wanted())))
                    except grpc.aio.AioRpcError:
                        return False
                    return True

                await again_until(tried)
                assert answers == [WHOLE]
    finally:
        first.close()


async def test_cancelling_the_call_cuts_the_servers_connection(home: Path) -> None:
    def answer(asked: Asked, out: Out) -> None:
        out.head()
        out.until_gone()

    with FakeServer(answer) as server:
        maker, models = node(server, home)
        folder = maker.folder(ModelFolder(models, packages=False))
        async with serving(home, maker=maker, folder=folder) as one, client(one.address) as stub:
            call = stub.Generate(wanted(), timeout=60)
            read = call.read()
            reading = asyncio.ensure_future(read)
            await until(server.arrived.is_set)
            call.cancel()
            await until(server.gone.is_set)
            await asyncio.gather(reading, return_exceptions=True)
            await until(lambda: one.rooms.chat.active == 0)


async def test_the_real_program(home: Path) -> None:
    """`tangnet-node --engine openai:…` as a process; its log tells no key."""
    from nodeworker.protocol.identity import Identity

    key = home / "key"
    key.write_text("sesame-open\n")
    key.chmod(0o600)
    with FakeServer() as server:
        engine = f"openai:{server.url},model=fake-70b,slots=2,key=file:{key}"
        async with running(home, "--engine", engine, "--no-announce", "--verbose") as process:
            me = Identity.load_or_create(home / "me")
            process.trust(me)
            events: list[pb.GenerateEvent] = []

            async def tried() -> bool:
                async with client(process.address, me=me, node=process.certificate) as stub:
                    try:
                        events[:] = [event async for event in stub.Generate(wanted(), timeout=20)]
                    except grpc.aio.AioRpcError:
                        return False  # the node has not read its trust file yet
                    return True

            await again_until(tried)
            assert text_of(events) == WHOLE
            assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer sesame-open"}
        assert "sesame" not in process.log.read_text()
        status = json.loads((process.folder / "status.json").read_text()) if process.folder.exists() else {}
        assert "sesame" not in json.dumps(status)
