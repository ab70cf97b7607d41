"""Fake nodes for tests: a real gRPC server on a Unix socket or mutual TLS, with a scripted answer behind it.

`Script` is what an answer is made of: tokens as bytes, which may cut characters in half. `speak` turns ids into text as
a node does: text is held back while a character is incomplete or the stop string may be starting.
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc

from app.cluster.client import Attempt, NodeClient, NodeEvent
from app.errors import NodeError
from app.events import Generated, ModelInfo, NodeInfo, Prefilling, TokenReceived, Usage
from nodeworker.protocol import CODE_KEY, HINT_KEY, SERVER_OPTIONS, Code, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity

SHA = "5a" * 32
OTHER_SHA = "6b" * 32
Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True)
class Script:
    """An answer: `tokens[i]` are the bytes of id i; it ends after the last, or before `stop`."""

    tokens: tuple[bytes, ...]
    stop: str = ""

    @property
    def text(self) -> str:
        """The whole answer as a reader sees it."""
        whole = b"".join(self.tokens).decode("utf-8", errors="replace")
        return whole.split(self.stop)[0] if self.stop else whole


class Speaker:
    """Turns token ids into visible text, one by one."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self.stopped = False

    def say(self, id: int) -> str:
        """Return the text that becomes visible with this token."""
        return self._release(self._decoder.decode(self._script.tokens[id]))

    def end(self) -> str:
        """Return what was still held back."""
        if self.stopped:
            return ""
        text = self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        return text

    def _release(self, text: str) -> str:
        self._held += text
        stop = self._script.stop
        if stop and stop in self._held:
            text, self._held, self.stopped = self._held.split(stop)[0], "", True
            return text
        keep = next((n for n in range(len(stop) - 1, 0, -1) if self._held.endswith(stop[:n])), 0)
        text, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return text


def pieces(script: Script, resume: tuple[int, ...], limit: int) -> Iterator[tuple[tuple[int, ...], str, str]]:
    """Yield (ids, text, reason) of an answer that goes on after `resume`; reason is "" but with the last."""
    speaker = Speaker(script)
    for id in resume:
        speaker.say(id)
    made = len(resume)
    for id in range(len(resume), len(script.tokens)):
        if speaker.stopped or (limit and made >= limit):
            break
        made += 1
        yield (id,), speaker.say(id), ""
    finished = speaker.stopped or made == len(script.tokens)
    yield (), speaker.end(), "stop" if finished else "length"


@dataclass
class Plan:
    """How a fake node behaves."""

    script: Script = Script((b"one ", b"two ", b"three"))
    sha256: str = SHA
    trustworthy: bool = True
    die_after: int | None = None
    """Lost after that many token events of an attempt."""
    stall_after: int | None = None
    """Silent, but alive, after that many."""
    refuse: Code | None = None
    interval: float = 0.0
    """Seconds before each token."""
    reading: float = 0.0
    """Seconds before the first token."""
    busy: float = 0.0
    """Full the first time: "come back after so many milliseconds"."""
    closed: int = 0
    """Attempts that have ended, in whatever way."""
    engines: bool = True
    attempts: list[Any] = field(default_factory=list)
    """What it was asked, in order."""


class FakeAnswerer:
    """A node without a wire: what a session needs of a connection."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name = name
        self.plan = plan

    async def generate(self, attempt: Attempt) -> AsyncGenerator[NodeEvent, None]:
        """Stream the script."""
        plan = self.plan
        plan.attempts.append(attempt)
        try:
            async for event in self._answer(attempt):
                yield event
        finally:
            plan.closed += 1

    async def _answer(self, attempt: Attempt) -> AsyncGenerator[NodeEvent, None]:
        from app.errors import NodeBusy, NodeLost

        plan = self.plan
        if plan.busy and len(plan.attempts) == 1:
            raise NodeBusy(f"{self.name} has no room.", retry_ms=plan.busy)
        if plan.refuse == Code.BUSY:
            raise NodeBusy(f"{self.name} has no room.")
        if plan.refuse is not None:
            raise NodeError("Refused.", code=plan.refuse, retryable=plan.refuse != Code.CONTEXT_OVERFLOW)
        yield Prefilling(1, 1)
        await asyncio.sleep(plan.reading)
        sent = completion = 0
        script, resume = plan.script, attempt.resume
        if attempt.resume_text:
            rest = script.text.removeprefix(attempt.resume_text)
            script, resume = Script(tuple(character.encode() for character in rest)), ()
        for ids, text, reason in pieces(script, resume, attempt.request.max_tokens):
            if plan.die_after == sent:
                raise NodeLost(f"{self.name} was killed.")
            if plan.stall_after == sent:
                await asyncio.Event().wait()
            if ids or text:
                sent += 1
                completion += len(ids)
                await asyncio.sleep(plan.interval)
                yield TokenReceived(text, self.name, ids)
            if reason:
                usage = Usage(10, 0, completion)
                yield Generated(reason, usage, 0.0, 1.0, "fake", self.name)


class FakeNode(node_pb2_grpc.NodeServicer):
    """The servicer of a fake node."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name = name
        self.plan = plan
        self.heartbeat = True
        self.active = 0
        self.described = 0
        self.deaf = False
        """Whether it hears questions about itself and says nothing."""
        self.rests: list[float] = []
        """What watchers wished."""
        self.peers: set[str] = set()
        """Connections over which calls came."""
        self.watching = 0

    async def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.Description:
        self.peers.add(context.peer())
        self.described += 1
        if self.deaf:
            await asyncio.Event().wait()
        model = pb.Model(
            role=pb.ROLE_CHAT, name="fake", sha256=self.plan.sha256, bytes=1000, trustworthy=self.plan.trustworthy
        )
        return pb.Description(id="ignored", name=self.name, models=[model], slots=1, simulated=True)

    async def Watch(self, request: pb.WatchRequest, context: Any) -> AsyncGenerator[pb.Status, None]:
        self.watching += 1
        self.rests.append(request.rest_seconds)
        self.peers.add(context.peer())
        try:
            while True:
                if self.heartbeat:
                    yield pb.Status(slots=1, decode_rate=50.0, active=self.active)
                await asyncio.sleep(0.1)
        finally:
            self.watching -= 1

    async def Generate(self, request: pb.GenerateRequest, context: Any) -> AsyncGenerator[pb.GenerateEvent, None]:
        plan = self.plan
        self.peers.add(context.peer())
        plan.attempts.append(request)
        if plan.refuse is not None:
            trailing = ((CODE_KEY, plan.refuse.value), (HINT_KEY, quote("Tu das Nötige.")))
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "Das geht nicht.", trailing)
        yield pb.GenerateEvent(prefill=pb.Prefill(done=1, total=1))
        sent = completion = 0
        for ids, text, reason in pieces(plan.script, tuple(request.resume), request.sampling.max_tokens):
            if plan.die_after == sent:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            if plan.stall_after == sent:
                await asyncio.Event().wait()
            if ids or text:
                sent += 1
                completion += len(ids)
                await asyncio.sleep(plan.interval)
                yield pb.GenerateEvent(token=pb.Token(ids=ids, text=text))
            if reason:
                usage = pb.Usage(prompt_tokens=10, completion_tokens=completion)
                yield pb.GenerateEvent(done=pb.Done(reason=reason, usage=usage, model="fake", model_sha256=plan.sha256))

    async def Embed(self, request: pb.EmbedRequest, context: Any) -> pb.EmbedResponse:
        rows = b"".join(len(text).to_bytes(4, "little") * 2 for text in request.texts)
        return pb.EmbedResponse(
            model="fake", model_sha256=self.plan.sha256, dimension=2, vectors=rows, tokens=[1] * len(request.texts)
        )

    async def Load(self, request: pb.LoadRequest, context: Any) -> AsyncGenerator[pb.LoadProgress, None]:
        for progress in (0.5, 1.0):
            state = pb.ENGINE_READY if progress == 1.0 else pb.ENGINE_LOADING
            yield pb.LoadProgress(
                engines=[pb.EngineStatus(role=role, state=state, progress=progress) for role in request.roles],
                done=progress == 1.0,
            )

    async def Transcribe(
        self, requests: AsyncIterator[pb.TranscribeRequest], context: Any
    ) -> AsyncGenerator[Any, None]:
        await context.send_initial_metadata(())
        heard = 0
        async for request in requests:
            heard += len(request.pcm16)
            if request.WhichOneof("kind") == "end":
                break
            yield pb.TranscribeEvent(partial=pb.Partial(text=f"{heard}"))
        yield pb.TranscribeEvent(final=pb.Final(text=f"{heard} bytes", language="en"))

    async def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        model = pb.Model(role=pb.ROLE_CHAT, name="fake", sha256=self.plan.sha256, bytes=1000)
        return pb.ListModelsResponse(models=[pb.ListedModel(model=model, present=True, note="a note")])

    async def RemoveModel(self, request: pb.RemoveModelRequest, context: Any) -> pb.Model:
        return pb.Model(role=pb.ROLE_CHAT, name=request.name, sha256=self.plan.sha256)

    async def FetchModel(self, request: pb.FetchModelRequest, context: Any) -> AsyncGenerator[pb.FetchProgress, None]:
        yield pb.FetchProgress(done=1, total=2, step="download")
        yield pb.FetchProgress(done=2, total=2, step="done", model=pb.Model(name=request.source))

    async def Rerank(self, request: pb.RerankRequest, context: Any) -> pb.RerankResponse:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        raise AssertionError

    async def Recognise(self, request: pb.RecogniseRequest, context: Any) -> pb.RecogniseResponse:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        raise AssertionError

    async def Speak(self, requests: AsyncIterator[pb.SpeakRequest], context: Any) -> AsyncGenerator[Any, None]:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        yield pb.SpeakEvent()

    async def Rest(self, request: pb.RestRequest, context: Any) -> pb.RestReply:
        return pb.RestReply()

    async def Attend(self, requests: AsyncIterator[pb.AttendRequest], context: Any) -> AsyncGenerator[Any, None]:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        yield pb.AttendEvent()

    async def ReadModel(self, request: pb.ReadModelRequest, context: Any) -> AsyncGenerator[pb.ModelPiece, None]:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        yield pb.ModelPiece()

    async def Deploy(self, request: pb.DeployRequest, context: Any) -> pb.DeployReply:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        raise AssertionError

    async def Rotate(self, request: pb.RotateRequest, context: Any) -> pb.RotateReply:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        raise AssertionError

    async def Deployments(
        self, request: pb.DeploymentsRequest, context: Any
    ) -> AsyncGenerator[pb.DeploymentsReply, None]:
        yield pb.DeploymentsReply()

    async def Pieces(self, request: pb.PiecesRequest, context: Any) -> AsyncGenerator[pb.PiecesReply, None]:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        yield pb.PiecesReply()

    async def ReadPiece(self, request: pb.ReadPieceRequest, context: Any) -> AsyncGenerator[pb.ModelPiece, None]:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        yield pb.ModelPiece()

    async def Offer(self, request: pb.OfferRequest, context: Any) -> AsyncGenerator[pb.OfferReply, None]:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        yield pb.OfferReply()


@asynccontextmanager
async def on_socket(node: FakeNode, path: Path) -> AsyncGenerator[NodeClient, None]:
    """Serve `node` on a Unix socket; yields a client of it."""
    server = grpc.aio.server(options=SERVER_OPTIONS)
    node_pb2_grpc.add_NodeServicer_to_server(node, server)
    server.add_secure_port(f"unix:{path}", grpc.local_server_credentials(grpc.LocalConnectionType.UDS))
    await server.start()
    client = NodeClient.local(str(path), node.name)
    try:
        yield client
    finally:
        await client.close()
        await server.stop(None)


@asynccontextmanager
async def on_tls(
    node: FakeNode, own: Identity, trusted: Identity, *, port: int = 0
) -> AsyncGenerator[tuple[str, grpc.aio.Server], None]:
    """Serve `node` by mutual TLS on loopback for one trusted client; yields its address and the server."""
    server = grpc.aio.server(options=SERVER_OPTIONS)
    node_pb2_grpc.add_NodeServicer_to_server(node, server)
    credentials = grpc.ssl_server_credentials(
        [(own.key, own.certificate.encode())], trusted.certificate.encode(), require_client_auth=True
    )
    bound = server.add_secure_port(f"127.0.0.1:{port}", credentials)
    await server.start()
    try:
        yield f"127.0.0.1:{bound}", server
    finally:
        await server.stop(None)


def node_info(name: str, *, sha256: str = SHA, **changes: Any) -> NodeInfo:
    """Return a trusted, ready node with one chat model."""
    model = ModelInfo(
        name=changes.pop("model", "fake"),
        role="chat",
        sha256=sha256,
        bytes=changes.pop("model_bytes", 500_000_000),
        quantisation="Q4",
        context=4096,
        trustworthy=changes.pop("trustworthy", True),
        parameters=changes.pop("parameters", 10**9),
    )
    fields: dict[str, Any] = {
        "id": f"{name}-id",
        "address": "127.0.0.1:1",
        "zone": "",
        "trusted": True,
        "state": "ready",
        "models": (model,),
        "local": name == "local",
    }
    return NodeInfo(name=name, **(fields | changes))


Check = Callable[[], bool]


async def until(true: Check, seconds: float = 60.0) -> None:
    """Wait until `true()`; fails the test after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline, "waited too long"
        await asyncio.sleep(0.01)
