"""A connection to one node: one method per call, each with a deadline. Import it late: gRPC."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc

from app.cluster import wire
from app.cluster.channels import Way, local
from app.cluster.failures import mapped, usage
from app.cluster.held_back import held_back
from app.cluster.patience import patiently
from app.errors import NodeError, NodeLost, TangnetError
from app.events import (
    EngineInfo,
    Generated,
    Hearing,
    ModelInfo,
    NodeInfo,
    Prefilling,
    Queued,
    TokenReceived,
    Transcribed,
    Usage,
)
from app.thinking import (
    Attended,
    ChatRequest,
    Embeddings,
    EmbedKind,
    Heard,
    ModelProgress,
    RecognisedPage,
    Recording,
    Reranked,
    Spoken,
)
from nodeworker.protocol import MOVES_KEY, SAMPLE_RATE
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.node_pb2_grpc import NodeStub

if TYPE_CHECKING:
    from nodeworker.protocol.node_pb2_grpc import NodeAsyncStub

DESCRIBE_SECONDS = 5.0
LOAD_SECONDS = 600.0
GENERATE_SECONDS = 1800.0
EMBED_SECONDS = 300.0
"""Includes loading the engine the first time, which takes a minute on a Pi."""
RERANK_SECONDS = 60.0
"""The engine may have to be loaded first; who searches does not wait that long."""
RECOGNISE_SECONDS = 600.0
"""Of one page; includes loading the engine and waiting while others use it."""
TRANSCRIBE_SECONDS = 3600.0
SPEAK_SECONDS = 4 * 3600.0
ATTEND_SECONDS = 24 * 3600.0
"""Then the call ends as if the node were lost, and is made anew."""
RECORDING_SECONDS = 5 * 3600.0
"""Includes waiting while others use the node; it refuses calls that may take over six hours."""
FETCH_SECONDS = 24 * 3600.0
WATCH_SECONDS = 24 * 3600.0
"""A watch is opened again after that."""
MOST_SIDE = 100_000
"""Pixels: a page that claims more is nonsense."""
MAX_AUDIO_BYTES = 2 * SAMPLE_RATE * 3600

NodeEvent = Queued | Prefilling | TokenReceived | Generated
Requests = Callable[[AsyncIterator[bytes]], AsyncIterator[pb.TranscribeRequest]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at an answer on one node; `resume` and `resume_text` say what was made before, elsewhere."""

    request: ChatRequest
    request_id: str
    model: str
    resume: tuple[int, ...] = ()
    resume_text: str = ""
    moves: bool = False
    """If the node goes away, the answer goes on elsewhere: it need not let it finish."""


class NodeClient:
    """Calls to one node. Every method raises NodeError or one of its kinds, and nothing else of gRPC's."""

    def __init__(self, channel: grpc.aio.Channel, name: str, *, way: Way | None = None) -> None:
        """`way`: how to make a channel for what lasts and nobody waits for; None: the same one serves."""
        self.name = name
        self.closely = False
        """Whether it is asked for a sign of life each second, also while it does nothing."""
        self._way = way
        self._channels = [channel] if way is None else [channel, way.load(closely=False)]
        self._stub: NodeAsyncStub = NodeStub(channel)
        self._calm: NodeAsyncStub = NodeStub(self._channels[-1])
        self._warm = False
        """Whether a call has come back: the first one also waits for the connection and its keys."""

    @classmethod
    def local(cls, socket: str, name: str) -> NodeClient:
        """Connect to a Unix socket; who may open it is a matter of its directory's permissions."""
        return cls(local(socket), name)

    @classmethod
    def remote(cls, address: str, name: str, *, pinned: str, certificate: str, key: bytes) -> NodeClient:
        """Connect by mutual TLS to the node that holds the key of the `pinned` certificate (PEM), and to no other."""
        way = Way(address, pinned=pinned, certificate=certificate, key=key)
        return cls(way.work(), name, way=way)

    async def watch_closely(self) -> None:
        """Have it asked for a sign of life each second from now on; calls that last end. Raises NodeLost."""
        if self._way is None or self.closely:
            return
        self.closely = True
        before = self._channels.pop()
        self._channels.append(self._way.load(closely=True))
        self._calm = NodeStub(self._channels[-1])
        await before.close(None)
        try:
            async with asyncio.timeout(DESCRIBE_SECONDS):
                await self._channels[-1].channel_ready()
        except TimeoutError as error:
            raise NodeLost(f"The connection to {self.name} is lost.") from error

    @property
    def stub(self) -> NodeAsyncStub:
        """The calls themselves, for parts of the program that have their own error mapping around them."""
        return self._stub

    @property
    def calm_stub(self) -> NodeAsyncStub:
        """The same, for calls that last for hours and that nobody waits for."""
        return self._calm

    async def close(self) -> None:
        """Close the connection; running calls end with NodeLost."""
        for channel in self._channels:
            await channel.close(None)

    async def describe(self, info: NodeInfo, *, seconds: float = DESCRIBE_SECONDS) -> NodeInfo:
        """Return `info` with the node's hardware and models, and the shortest way there and back that was seen.

        The first call of a connection also waits for TCP and TLS, so it says nothing of the way: it is asked again.
        """
        with mapped(self.name):
            if not self._warm:
                await self._calm.Describe(pb.DescribeRequest(), timeout=seconds)
                self._warm = True
            began = time.monotonic()
            description = await self._calm.Describe(pb.DescribeRequest(), timeout=seconds)
        took = 1000.0 * (time.monotonic() - began)
        return replace(wire.described(info, description), latency_ms=min(took, info.latency_ms or took))

    async def watch(
        self, current: Callable[[], NodeInfo], *, heartbeat: float, rest: float = 0.0
    ) -> AsyncGenerator[NodeInfo, None]:
        """Yield `current()` with the node's load, each second and on change; at rest each `rest` seconds.

        Raises:
            NodeLost: nothing came for `heartbeat` seconds, at rest that much longer, or the connection broke.
        """
        with mapped(self.name):
            call = self._calm.Watch(pb.WatchRequest(rest_seconds=rest), timeout=WATCH_SECONDS)
            limit = heartbeat + rest
            try:
                while True:
                    status = await patiently(limit, call.read())
                    if not isinstance(status, pb.Status):  # the end of the stream
                        raise NodeLost(f"{self.name} has gone.")
                    limit = heartbeat if status.active or status.queued else heartbeat + rest
                    yield wire.with_status(current(), status)
            except TimeoutError as error:
                raise NodeLost(f"Nothing was heard of {self.name} for {limit:.0f} s.") from error
            finally:
                call.cancel()

    async def load(self, roles: Sequence[str]) -> AsyncGenerator[tuple[EngineInfo, ...], None]:
        """Load the engines of `roles` in parallel; yields their states until all are ready or have failed."""
        try:
            request = pb.LoadRequest(roles=[wire.role_number(role) for role in roles])
        except KeyError as error:
            raise usage(f"There is no engine called {error.args[0]}.", "chat, embed or transcribe") from error
        with mapped(self.name):
            call = self._stub.Load(request, timeout=LOAD_SECONDS)
        async with aclosing(self._stream(call)) as steps:
            async for step in steps:
                yield tuple(wire.engine_info(engine) for engine in step.engines)
                if step.done:
                    return

    async def generate(self, attempt: Attempt) -> AsyncGenerator[NodeEvent, None]:
        """Stream one attempt at an answer: Queued, Prefilling, TokenReceived, ending with Generated."""
        request = wire.generate_request(
            attempt.request,
            request_id=attempt.request_id,
            model=attempt.model,
            resume=attempt.resume,
            resume_text=attempt.resume_text,
        )
        metadata = ((MOVES_KEY, "1"),) if attempt.moves else None
        with mapped(self.name):  # it may have been closed since it was chosen
            call = self._stub.Generate(request, timeout=GENERATE_SECONDS, metadata=metadata)
        async with aclosing(self._stream(call)) as events:
            async for event in events:
                translated = self._generated(event)
                if translated is not None:
                    yield translated
                if isinstance(translated, Generated):
                    return
        raise NodeLost(f"{self.name} ended the answer without saying why.")

    def _generated(self, event: pb.GenerateEvent) -> NodeEvent | None:
        kind = event.WhichOneof("kind")
        if kind == "token":
            return TokenReceived(event.token.text, self.name, tuple(event.token.ids))
        if kind == "queued":
            return Queued(event.queued.position)
        if kind == "prefill":
            return Prefilling(event.prefill.done, event.prefill.total)
        if kind != "done":
            return None  # a newer node's event
        counts, times = event.done.usage, event.done.timings
        return Generated(
            reason=wire.one_line(event.done.reason, 20),
            usage=Usage(counts.prompt_tokens, counts.cached_tokens, counts.completion_tokens),
            queue_ms=times.queue_ms,
            prefill_ms=times.load_ms + times.prefill_ms,
            model=wire.one_line(event.done.model),
            node=self.name,
        )

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, model: str = "", background: bool = False
    ) -> Embeddings:
        """Embed one batch of texts; `model` by sha256, "" = the node's own choice."""
        request = pb.EmbedRequest(
            kind=pb.EMBED_QUERY if kind == "query" else pb.EMBED_PASSAGE,
            texts=texts,
            model=model,
            priority=wire.priority(background),
        )
        with mapped(self.name):
            reply = await self._stub.Embed(request, timeout=EMBED_SECONDS)
        if len(reply.vectors) != 4 * reply.dimension * len(texts):
            raise NodeError(f"{self.name} sent {len(reply.vectors)} bytes for {len(texts)} texts.", code="internal")
        return Embeddings(
            wire.one_line(reply.model),
            wire.one_line(reply.model_sha256, 64),
            reply.dimension,
            reply.vectors,
            reply.max_tokens,
            tuple(reply.tokens),
        )

    async def rerank(self, query: str, texts: Sequence[str], *, model: str = "") -> Reranked:
        """Score passages; `model` by sha256, "" = the node's own choice."""
        request = pb.RerankRequest(model=model, query=query, texts=texts)
        with mapped(self.name):
            reply = await self._stub.Rerank(request, timeout=RERANK_SECONDS)
        if len(reply.scores) != len(texts) or not all(map(math.isfinite, reply.scores)):
            raise NodeError(f"{self.name} sent scores that cannot be used.", code="internal")
        return Reranked(tuple(reply.scores), wire.one_line(reply.model), self.name)

    async def recognise(
        self, picture: bytes, *, language: str = "", model: str = "", background: bool = False
    ) -> RecognisedPage:
        """Read the text in a picture; `model` by sha256, "" = the node's own choice."""
        request = pb.RecogniseRequest(
            model=model,
            image=picture,
            language=language,
            request_id=uuid.uuid4().hex,
            priority=wire.priority(background),
        )
        with mapped(self.name):
            reply = await self._stub.Recognise(request, timeout=RECOGNISE_SECONDS)
        if not (0 < reply.width < MOST_SIDE and 0 < reply.height < MOST_SIDE):
            raise NodeError(f"{self.name} sent a page without a size.", code="internal")
        return wire.recognised(reply)

    async def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str, hotwords: Sequence[str] = ()
    ) -> AsyncGenerator[Hearing | Transcribed, None]:
        """Send 16 kHz mono PCM16 as it comes; yields partial texts and, last, the final one.

        Raises:
            TangnetError: what `audio` raised (gRPC itself would only say that the call was cancelled).
        """
        config = pb.TranscribeConfig(language=language, partials=True, hotwords=hotwords)
        requests = partial(_audio_requests, config, most=MAX_AUDIO_BYTES)
        async with aclosing(self._heard(audio, requests, TRANSCRIBE_SECONDS)) as events:
            async for event in events:
                if not isinstance(event, Heard):
                    yield event

    async def read(
        self, audio: AsyncIterator[bytes], recording: Recording, *, language: str, model: str, background: bool
    ) -> AsyncGenerator[Heard | Transcribed, None]:
        """Send a recording as fast as it is taken; yields how far it is read and, last, the text; else `transcribe`.

        `model` by sha256, "" = the node's own choice.
        """
        config = pb.TranscribeConfig(
            language=language,
            model=model,
            recording=True,
            expected_seconds=recording.seconds if recording.exact else 0.0,
            priority=wire.priority(background),
        )
        async with aclosing(self._heard(audio, partial(_audio_requests, config), RECORDING_SECONDS)) as events:
            async for event in events:
                if not isinstance(event, Hearing):
                    yield event

    async def _heard(
        self, audio: AsyncIterator[bytes], requests: Requests, seconds: float
    ) -> AsyncGenerator[Hearing | Heard | Transcribed, None]:
        failed: list[TangnetError] = []

        async def sound() -> AsyncGenerator[bytes, None]:
            try:
                async for block in audio:
                    yield block
            except TangnetError as error:
                failed.append(error)
                call.cancel()

        with mapped(self.name):
            call = self._stub.Transcribe(held_back(requests(sound()), lambda: call), timeout=seconds)
        try:
            async with aclosing(self._stream(call)) as events:
                async for event in events:
                    translated = wire.heard(event)
                    if translated is not None:
                        yield translated
                    if isinstance(translated, Transcribed):
                        return
        except NodeError:
            if failed:
                raise failed[0] from None
            raise
        raise NodeLost(f"{self.name} ended the transcript without a result.")

    async def speak(self, sentences: AsyncIterator[str], *, voice: str, speed: float) -> AsyncGenerator[Spoken, None]:
        """Send sentences as they come; yields their sound, which is complete when the generator ends."""

        async def requests() -> AsyncGenerator[pb.SpeakRequest, None]:
            yield pb.SpeakRequest(voice=voice, speed=speed)
            async for sentence in sentences:
                yield pb.SpeakRequest(text=sentence)
            yield pb.SpeakRequest(end=True)

        with mapped(self.name):
            call = self._stub.Speak(held_back(requests(), lambda: call), timeout=SPEAK_SECONDS)
        async with aclosing(self._stream(call)) as events:
            async for event in events:
                yield wire.spoken(event)

    async def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str, threshold: float
    ) -> AsyncGenerator[Attended, None]:
        """Send live 16 kHz mono PCM16 as it comes; yields what it holds until it ends."""

        async def requests() -> AsyncGenerator[pb.AttendRequest, None]:
            yield pb.AttendRequest(config=pb.AttendConfig(wake_word=wake_word, threshold=threshold))
            async for block in audio:
                yield pb.AttendRequest(pcm16=block)

        with mapped(self.name):
            call = self._stub.Attend(held_back(requests(), lambda: call), timeout=ATTEND_SECONDS)
        async with aclosing(self._stream(call)) as events:
            async for event in events:
                if (told := wire.attended(event)) is not None:
                    yield told

    async def models(self, *, catalogue: bool) -> list[ModelInfo]:
        """Return the models that the node has; with `catalogue` also those that it could fetch."""
        with mapped(self.name):
            reply = await self._stub.ListModels(pb.ListModelsRequest(catalogue=catalogue), timeout=60)
        listed = []
        for entry in reply.models:
            info = wire.model_info(entry.model, present=entry.present, note=entry.note)
            listed.append(replace(info, bytes=info.bytes or entry.download_bytes))
        return listed

    async def fetch_model(self, source: str) -> AsyncGenerator[ModelProgress, None]:
        """Have the node fetch a model; the last progress names it."""
        call = self._stub.FetchModel(pb.FetchModelRequest(source=source), timeout=FETCH_SECONDS)
        async with aclosing(self._stream(call)) as steps:
            async for step in steps:
                yield wire.fetch_progress(step)

    async def read_model(self, sha256: str, offset: int) -> AsyncGenerator[bytes, None]:
        """Yield the weights of a model that the node has, from a byte on."""
        call = self._stub.ReadModel(pb.ReadModelRequest(sha256=sha256, offset=offset), timeout=FETCH_SECONDS)
        async with aclosing(self._stream(call)) as pieces:
            async for piece in pieces:
                yield piece.data

    async def remove_model(self, name: str) -> ModelInfo:
        """Have the node delete a model; returns what it was."""
        with mapped(self.name):
            return wire.model_info(await self._stub.RemoveModel(pb.RemoveModelRequest(name=name), timeout=60))

    async def rotate(self, certificate: str, signature: bytes) -> str:
        """Have the node know this machine by another key; returns the id of the key that it knows then."""
        request = pb.RotateRequest(certificate=certificate, signature=signature)
        with mapped(self.name):
            return (await self._stub.Rotate(request, timeout=DESCRIBE_SECONDS)).id

    async def rest(self, resting: bool) -> None:
        """Have the node take no new work, or take it again. Raises NodeError."""
        with mapped(self.name):
            await self._stub.Rest(pb.RestRequest(resting=resting), timeout=DESCRIBE_SECONDS)

    async def _stream(self, call: Any) -> AsyncGenerator[Any, None]:
        """Yield a call's messages; leaving the loop early cancels the call, which frees its slot on the node."""
        with mapped(self.name):
            try:
                async for message in call:
                    yield message
            finally:
                call.cancel()


async def _audio_requests(
    config: pb.TranscribeConfig, audio: AsyncIterator[bytes], *, most: float = math.inf
) -> AsyncGenerator[pb.TranscribeRequest, None]:
    """Yield the messages of a call; more than `most` bytes of sound are left out."""
    yield pb.TranscribeRequest(config=config)
    sent = 0
    async for block in audio:
        sent += len(block)
        if sent > most:
            break
        yield pb.TranscribeRequest(pcm16=block)
    yield pb.TranscribeRequest(end=True)
