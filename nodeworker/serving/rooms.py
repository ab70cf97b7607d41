"""All rooms of a node: which model a call means, its way through queue, loading and engine, and the status of all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from nodeworker.engines import (
    AttendEngine,
    ChatEngine,
    ChatEvent,
    ChatRequest,
    Done,
    EmbedEngine,
    Recognised,
    RecogniseEngine,
    RerankEngine,
    SpeakEngine,
    Spoken,
    TranscribeEngine,
    TranscriptEvent,
    Vectors,
)
from nodeworker.errors import EngineError, ModelMissing, Unsupported
from nodeworker.hosting.fed import HostedAttend, HostedSpeak, HostedTranscribe
from nodeworker.hosting.hosted import (
    HostedChat,
    HostedEmbed,
    HostedEngine,
    HostedRecognise,
    HostedRerank,
)
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.engine_call import (
    EngineCall,
    go_on,
    in_the_end,
    is_mistake,
    leave,
    merge,
    positions,
    results,
    within,
)
from nodeworker.serving.parts import Began, Embedded, Maker, PageRead, QueuedAt, Reranked, Shelf
from nodeworker.serving.resting import Resting
from nodeworker.serving.roles import QUEUE_LIMITS, ROLES, best_of
from nodeworker.serving.room import Room
from nodeworker.serving.taken import taken
from nodeworker.threads import Crew, Feed, Stream, Work

if TYPE_CHECKING:
    from nodeworker.models.folder import ModelFile

__all__ = ["Began", "Embedded", "EngineRooms", "Maker", "PageRead", "QueuedAt", "Reranked", "Shelf"]

log = logging.getLogger(__name__)
EMBED_SLICE = 32
"""Texts embedded at once; between slices others get their turn, so that a question never waits for an indexing run."""
REFRESH_SECONDS = 1.0
SHOW_SECONDS = 10.0
"""How often empty rooms are told what they would load where nothing seems to have changed: each asks the folder."""
T = TypeVar("T")


class EngineRooms:
    """One lazily loaded engine for each role. Use it in one asyncio loop. When background work rests: resting.py."""

    def __init__(self, shelf: Shelf, maker: Maker, *, limits: dict[str, int] | None = None) -> None:
        self._shelf = shelf
        limits = QUEUE_LIMITS | (limits or {})
        self._folder = Crew("models", most=1)  # so that calls reach the queue in the order in which they came
        self._models: tuple[ModelFile, ...] = ()
        self._refreshed = -REFRESH_SECONDS
        self._shown = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._change = asyncio.Event()
        self._resting = Resting(self._pause)

        def room(role: str, make: Callable[[ModelFile], Any]) -> Room[Any]:
            return Room(
                role,
                make=make,
                verify=shelf.verify,
                slots=lambda engine: int(getattr(engine, "slots", 1)),
                limit=limits[role],
                changed=self._notify,
                reserved=1 if role in ("embed", "transcribe", "ocr", "speak") else 0,
            )

        self.chat: Room[ChatEngine | HostedChat] = room("chat", maker.chat)
        self.embedding: Room[EmbedEngine | HostedEmbed] = room("embed", maker.embed)
        self.hearing: Room[TranscribeEngine | HostedTranscribe] = room("transcribe", maker.transcribe)
        self.reranking: Room[RerankEngine | HostedRerank] = room("rerank", maker.rerank)
        self.recognising: Room[RecogniseEngine | HostedRecognise] = room("ocr", maker.recognise)
        self.speaking: Room[SpeakEngine | HostedSpeak] = room("speak", maker.speak)
        self.attending: Room[AttendEngine | HostedAttend] = room("vad", maker.attend)
        rooms = self.chat, self.embedding, self.hearing, self.reranking, self.recognising, self.speaking, self.attending
        self.rooms: dict[str, Room[Any]] = dict(zip(ROLES, rooms, strict=True))

    def statuses(self) -> list[pb.EngineStatus]:
        """Return the state of every room."""
        return [room.status() for room in self.rooms.values()]

    @property
    def engine_restarts(self) -> int:
        """Engine processes that died since the node started."""
        return sum(room.lost for room in self.rooms.values())

    def processes(self) -> dict[str, HostedEngine]:
        """Return the engines that are ready and have a process of their own, by role: see their pid and rss_bytes."""
        return {role: room.engine for role, room in self.rooms.items() if isinstance(room.engine, HostedEngine)}

    def next_change(self) -> asyncio.Event:
        """Return the event that the next change sets; take it before reading a status."""
        return self._change

    async def models(self) -> tuple[ModelFile, ...]:
        """Return the models, looked up at most once a second; rooms that are empty learn of new ones."""
        if self._refreshing is None and time.monotonic() - self._refreshed >= REFRESH_SECONDS:
            self._refreshing = asyncio.get_running_loop().create_task(self._refresh())
        if self._refreshing is not None:
            await asyncio.shield(self._refreshing)
        return self._models

    async def generate(
        self, request: ChatRequest, model: str = ""
    ) -> AsyncGenerator[QueuedAt | Began | ChatEvent, None]:
        """Yield where the call stands, then Began, then the engine's events; tokens that waited together are merged.

        Leaving early, in any way, frees the place as soon as the engine lets go of it. Raises EngineError.
        """

        def start(engine: ChatEngine | HostedChat) -> Work[ChatEvent]:
            if isinstance(engine, HostedChat):
                return engine.generate(request)
            return Stream(self.chat.crew, lambda: engine.generate(request), request.cancelled)

        call = self.call(self.chat, model, start, background=request.background)
        with self._resting.counting(ahead=int(request.ahead and request.background)):
            async with contextlib.aclosing(call) as events:
                done = False
                async for event in events:
                    if not isinstance(event, list):
                        yield event
                        continue
                    for merged in merge(event):
                        done = done or isinstance(merged, Done)
                        yield merged
            if not done:
                raise EngineError("The chat engine ended without saying why.", "Try again.")

    async def embed(
        self, texts: Sequence[str], kind: Literal["query", "passage"], model: str = "", *, background: bool = False
    ) -> Embedded:
        """Embed any number of texts, slice by slice; queries go first, background work last. Raises EngineError."""
        found = await self.find("embed", model)
        data, tokens, windows, used = bytearray(), list[int](), list[int](), list[EmbedEngine | HostedEmbed]()
        for start in range(0, max(1, len(texts)), EMBED_SLICE):
            part = tuple(texts[start : start + EMBED_SLICE])

            def begin(engine: EmbedEngine | HostedEmbed, part: tuple[str, ...] = part) -> Work[Vectors]:
                used[:] = [engine]
                if not part:  # only the dimension is asked for
                    return Stream(self.embedding.crew, lambda: iter(()), threading.Event())
                if isinstance(engine, HostedEmbed):
                    return engine.embed(part, kind, background=background)
                return self._once(
                    self.embedding, lambda cancelled: engine.embed(part, kind, cancelled, background=background)
                )

            def call(start: int = start, begin: Callable[[Any], Work[Vectors]] = begin) -> EngineCall[Vectors]:
                return self.call(
                    self.embedding, found, begin, urgent=kind == "query", background=background, bounded=start == 0
                )

            for vectors in await in_the_end(call):
                if len(vectors.data) != 4 * vectors.dimension * len(part):
                    raise EngineError("The embedding engine returned a wrong number of vectors.")
                data += vectors.data
                tokens += vectors.tokens
                windows += vectors.windows or (1,) * len(part)
        (engine,) = used
        return Embedded(found, bytes(data), engine.dimension, tuple(tokens), engine.max_tokens, tuple(windows))

    async def rerank(self, query: str, texts: Sequence[str], model: str = "") -> Reranked:
        """Score how well each text answers the query. Raises Unsupported without any model for it, EngineError."""
        try:
            found = await self.find("rerank", model)
        except ModelMissing as missing:
            if model:
                raise
            raise Unsupported(
                "This node cannot rerank: it has no model for it.", "Passages keep the order that the search gave them."
            ) from missing
        given, scores = tuple(texts), list[float]()

        def begin(engine: RerankEngine | HostedRerank) -> Work[tuple[float, ...]]:
            if isinstance(engine, HostedRerank):
                return engine.rerank(query, given)
            return self._once(self.reranking, lambda cancelled: engine.rerank(query, given, cancelled))

        if given:
            for part in await results(self.call(self.reranking, found, begin)):
                scores += part
        if len(scores) != len(given):
            raise EngineError("The reranking engine returned a wrong number of scores.")
        return Reranked(found, tuple(scores))

    async def recognise(
        self, picture: bytes, language: str = "", model: str = "", *, background: bool = False
    ) -> PageRead:
        """Read the text in a picture, background work last. Raises Unsupported without a model for it, EngineError."""
        try:
            found = await self.find("ocr", model)
        except ModelMissing as missing:
            if model:
                raise
            raise Unsupported(
                "This node cannot read scans: it has no model for it.", "Install tangnet there with: [ocr]"
            ) from missing

        def begin(engine: RecogniseEngine | HostedRecognise) -> Work[Recognised]:
            if isinstance(engine, HostedRecognise):
                return engine.recognise(picture, language, background=background)
            return self._once(
                self.recognising,
                lambda cancelled: engine.recognise(picture, language, cancelled, background=background),
            )

        def call() -> EngineCall[Recognised]:
            return self.call(self.recognising, found, begin, urgent=not background, background=background)

        made = await in_the_end(call)
        if len(made) != 1:
            raise EngineError("The engine for scans returned nothing.")
        return PageRead(found, made[0])

    async def transcribe(
        self,
        audio: Feed,
        cancelled: threading.Event,
        *,
        language: str = "",
        partials: bool = True,
        hotwords: tuple[str, ...] = (),
        model: str = "",
        recording: bool = False,
        expected_seconds: float = 0.0,
        background: bool = False,
    ) -> AsyncGenerator[TranscriptEvent, None]:
        """Yield what is heard in `audio`, ending with Final; sound waits in the feed meanwhile.

        Somebody who talks goes before recordings. Raises EngineError.
        """
        wanted: dict[str, Any] = {
            "language": language,
            "partials": partials,
            "hotwords": hotwords,
            "recording": recording,
            "expected_seconds": expected_seconds,
            "background": background and recording,
        }

        def begin(engine: TranscribeEngine | HostedTranscribe) -> Work[TranscriptEvent]:
            if isinstance(engine, HostedTranscribe):
                return engine.transcribe(audio, cancelled, **wanted)
            return Stream(
                self.hearing.crew, lambda: engine.transcribe(iter(audio), cancelled=cancelled, **wanted), cancelled
            )

        call = self.call(self.hearing, model, begin, urgent=not recording, background=background and recording)
        talk = None if recording else asyncio.create_task(self._resting.talk(audio.over))
        try:
            async with contextlib.aclosing(call) as events:
                async for event in events:
                    if isinstance(event, list):
                        for heard in event:
                            yield heard
        finally:
            if talk is not None:
                talk.cancel()

    async def speak(
        self,
        texts: Feed,
        cancelled: threading.Event,
        *,
        voice: str = "",
        speed: float = 1.0,
        background: bool = False,
    ) -> AsyncGenerator[Began | Spoken, None]:
        """Yield Began, then the sound of each text of `texts` as soon as it is made. Raises EngineError."""

        def begin(engine: SpeakEngine | HostedSpeak) -> Work[Spoken]:
            if isinstance(engine, HostedSpeak):
                return engine.speak(texts, cancelled, speed=speed, background=background)
            given = (text.decode() for text in texts)
            return Stream(
                self.speaking.crew,
                lambda: engine.speak(given, speed=speed, cancelled=cancelled, background=background),
                cancelled,
            )

        call = self.call(self.speaking, voice, begin, urgent=not background, background=background)
        async with contextlib.aclosing(call) as events:
            async for event in events:
                if isinstance(event, list):
                    for spoken in event:
                        yield spoken
                elif isinstance(event, Began):
                    yield event

    async def load(self, roles: Sequence[str]) -> AsyncGenerator[tuple[list[pb.EngineStatus], bool], None]:
        """Load the engines of `roles` at the same time; yields (statuses, done) at each change, done with the last.

        An engine that cannot be loaded shows as failed or absent; that raises nothing.
        """
        tasks = [asyncio.create_task(self._warm(self.rooms[role])) for role in dict.fromkeys(roles)]
        everything = asyncio.gather(*tasks, return_exceptions=True)
        try:
            last: list[pb.EngineStatus] = []
            while not everything.done():
                change = self._change
                now = [self.rooms[role].status() for role in dict.fromkeys(roles)]
                if now != last:
                    yield now, False
                    last = now
                await within(0.5, change)
                await asyncio.wait([everything], timeout=0.05)  # many changes at once are told once
            for result in everything.result():
                if isinstance(result, BaseException) and not isinstance(result, EngineError):
                    raise result
            yield [self.rooms[role].status() for role in dict.fromkeys(roles)], True
        finally:
            everything.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def find(self, role: str, name: str = "", *, verify: bool = False) -> ModelFile:
        """Return the model that a call means; with `verify` its file is checked. Raises ModelMissing, ModelDamaged."""
        model = await self._folder.submit(lambda: self._shelf.find(role, name))
        if verify:
            await self._folder.submit(lambda: self._shelf.verify(model))
        return model

    async def close(self) -> None:
        """Free every engine that nobody uses."""
        if self._refreshing is not None:
            await asyncio.gather(self._refreshing, return_exceptions=True)
        await asyncio.gather(*(room.close() for room in self.rooms.values()))
        self._folder.close()

    def _once(self, room: Room[Any], work: Callable[[threading.Event], T]) -> Stream[T]:
        """Run something that gives one result in a thread; it is given the event of being cancelled."""
        cancelled = threading.Event()
        return Stream(room.crew, lambda: iter((work(cancelled),)), cancelled)

    async def _warm(self, room: Room[Any]) -> None:
        try:
            model = await self.find(room.role)
        except ModelMissing as missing:
            room.show(None, missing.message)
            return
        ticket = room.enter(model, bounded=False)
        try:
            while not ticket.granted:
                await ticket.changed()
            await room.ready(ticket)
        finally:
            room.leave(ticket)

    async def call(
        self,
        room: Room[Any],
        model: str | ModelFile,
        start: Callable[[Any], Work[T]],
        *,
        urgent: bool = False,
        background: bool = False,
        bounded: bool = True,
        waited_for: bool = True,
    ) -> EngineCall[T]:
        """Yield QueuedAt…, Began, then lists of what the engine yields. Raises EngineError, SentAway.

        `waited_for`: background work rests meanwhile.
        """
        found = await self.find(room.role, model) if isinstance(model, str) else model
        ticket = room.enter(found, urgent=urgent, background=background, bounded=bounded)
        stream: Work[T] | None = None
        waiting = int(waited_for and not background)
        self._resting.wait_for(waiting)
        try:
            async for position in positions(ticket):
                yield QueuedAt(position)
            granted = time.monotonic()
            engine = await room.ready(ticket)
            go_on(ticket)
            await taken()
            yield Began(found, (granted - ticket.entered) * 1000, (time.monotonic() - granted) * 1000)
            stream = start(engine)
            stream.ended.add_done_callback(lambda done: leave(room, ticket, engine, done))
            ticket.leaves = stream.stop
            try:
                async with contextlib.aclosing(stream.batches()) as batches:
                    async for batch in batches:
                        yield batch
            except Exception as error:
                if is_mistake(error):
                    go_on(ticket)
                    raise
                room.crashed(engine, error)  # perhaps before `_leave` could
                raise room.failure(error) from error
            go_on(ticket)
        finally:
            self._resting.wait_for(-waiting)
            if stream is None:
                room.leave(ticket)
            else:
                stream.stop()

    def _pause(self) -> None:
        for room in self.rooms.values():
            room.pause(self._resting.rests(chat=room is self.chat))

    async def _refresh(self) -> None:
        try:
            models = tuple(await self._folder.submit(self._shelf.all))
            if models != self._models or time.monotonic() - self._shown >= SHOW_SECONDS:
                for role, (model, why) in (await self._folder.submit(lambda: best_of(self._shelf))).items():
                    self.rooms[role].show(model, why)
                self._models, self._shown = models, time.monotonic()
        except EngineError as error:
            log.warning("the models cannot be listed: %s", error.message)
        finally:
            self._refreshed = time.monotonic()
            self._refreshing = None

    def touch(self) -> None:
        """Tell whoever watches to look again."""
        self._notify()

    def _notify(self) -> None:
        self._change.set()
        self._change = asyncio.Event()
