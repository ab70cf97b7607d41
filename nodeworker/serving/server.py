"""The gRPC servicer of a node: each call of node.proto, carried out by the rooms and the model folder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

import grpc

from nodeworker import __version__, acceleration, hardware
from nodeworker.engines import ChatEvent, Done, Prefill, Token
from nodeworker.engines.ocr import tesseract
from nodeworker.engines.ocr.picture import look
from nodeworker.errors import BadRequest, Busy, NotAllowed
from nodeworker.load.sensors import Sensors, of_this_machine
from nodeworker.load.tally import Call, Tally
from nodeworker.models.tuned import Tuning, remembered
from nodeworker.protocol import MAX_MESSAGE_BYTES, SERVER_OPTIONS
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.pins import ADMINISTER, may
from nodeworker.serving import wire
from nodeworker.serving.attending import attended
from nodeworker.serving.door import CALLER, Door
from nodeworker.serving.exposition import page
from nodeworker.serving.hearing import hear
from nodeworker.serving.heartbeat import Heartbeat, Reporter
from nodeworker.serving.piece_calls import PieceCalls
from nodeworker.serving.requests import Requests
from nodeworker.serving.roles import checked_roles
from nodeworker.serving.rooms import Began, EngineRooms, QueuedAt, Shelf
from nodeworker.serving.speaking import spoken_call
from nodeworker.serving.working import work_for
from nodeworker.settings import measured_folder
from nodeworker.threads import Crew, Feed

if TYPE_CHECKING:
    from nodeworker.models.catalogue import CatalogueEntry
    from nodeworker.models.folder import FetchProgress, ModelFile

log = logging.getLogger(__name__)
Context = grpc.aio.ServicerContext
FETCH_PAUSE = 0.1
"""Shortest time between two reports of a download."""
MAX_LANGUAGE = 40
MAX_TEXTS = 4096
"""Texts of one Embed call."""
FEED_BYTES = 1024 * 1024
"""Sound that may wait for the engine (33 s); then the caller is slowed down."""
MAX_AUDIO_SECONDS = 30 * 60
MAX_RECORDING_SECONDS = 8 * 3600
"""The same for a recording, which is read in batches."""
OPTIONS = (
    *SERVER_OPTIONS,
    # A client whose cable was pulled must not keep its slot until its deadline.
    ("grpc.keepalive_time_ms", 5000),
    ("grpc.keepalive_timeout_ms", 3000),
    ("grpc.http2.ping_timeout_ms", 3000),
)


class Folder(Shelf, Protocol):
    """The model folder with what changes it, as `nodeworker.models.folder.ModelFolder`; all of it may block."""

    def fetch(self, source: str, progress: Callable[[FetchProgress], None], cancelled: threading.Event) -> ModelFile:
        """Fetch a model. Raises DownloadFailed, NoSpace, ModelDamaged, ModelUnsafe."""
        ...

    def remove(self, name: str) -> ModelFile:
        """Remove a model. Raises ModelMissing, NotAllowed."""
        ...

    def catalogue(self) -> list[CatalogueEntry]:
        """Return what could be fetched."""
        ...


class NodeService(PieceCalls):
    """All calls of one node. Errors are raised as EngineError; the door makes statuses of them."""

    def __init__(
        self,
        *,
        id: str,
        name: str,
        zone: str,
        rooms: EngineRooms,
        folder: Folder,
        door: Door,
        slots: int,
        simulated: bool,
        sensors: Sensors | None = None,
        labels: Sequence[str] = (),
        rotate: Callable[[str, str, bytes], str] | None = None,
    ) -> None:
        """`slots` answers at once until an engine says otherwise; `sensors` of this machine unless given.

        `rotate` takes a caller's id, new certificate and signature, and returns the new id (blocking); None refuses.
        """
        self._rotate = rotate
        self._door = door
        self.tally = Tally()
        self._about = {"name": name, "version": __version__, "zone": zone, "simulated": str(simulated).lower()}
        self._id = id
        self._name = name
        self._zone = zone
        self._labels = tuple(labels)
        self._rooms = rooms
        self._folder = folder
        self._simulated = simulated
        self._crew = Crew("folder")
        self._requests = Requests()
        self._reporter = Reporter(
            rooms, self.tally, sensors or of_this_machine(), slots=slots, draining=lambda: door.draining or door.resting
        )
        self._heartbeat = Heartbeat(self._reporter.report, rooms.next_change, door.trusted)

    async def Describe(self, request: pb.DescribeRequest, context: Context[Any, Any]) -> pb.Description:
        """Say what this node is and has."""
        machine = await self._crew.submit(hardware.describe)
        build, graphics = await self._crew.submit(acceleration.look)
        files = await self._rooms.models()
        known = await self._crew.submit(lambda: remembered(measured_folder(), files))
        languages = await self._languages(files)
        models = [self._model(file, known, languages) for file in files]
        return pb.Description(
            id=self._id,
            name=self._name,
            version=__version__,
            zone=self._zone,
            hardware=wire.hardware(machine, build=build, graphics=graphics),
            models=models,
            simulated=self._simulated,
            slots=self._reporter.slots,
            rights=CALLER.get().rights.split(),
            labels=self._labels,
            disk_free_bytes=await self._crew.submit(self.shelf.free) if self.shelf else 0,
        )

    async def Watch(self, request: pb.WatchRequest, context: Context[Any, Any]) -> AsyncGenerator[pb.Status, None]:
        """Report load every second, at rest as seldom as is wished, and on change, and what the caller may do here."""
        caller = CALLER.get()
        async with contextlib.aclosing(self._heartbeat.follow(request.rest_seconds)) as reports:
            async for report in reports:
                rights = self._door.rights(caller)
                status = pb.Status(rights=rights.split(), resting=self._door.resting)
                status.MergeFrom(report.status)  # which all watchers share
                status.work.extend(work_for(caller.id, self.tally.open, names=may(rights, ADMINISTER)))
                yield status

    async def figures(self) -> str:
        """Return what Prometheus reads."""
        return page(self._about, self.tally, await self._reporter.report())

    async def Load(self, request: pb.LoadRequest, context: Context[Any, Any]) -> AsyncGenerator[pb.LoadProgress, None]:
        """Load engines in parallel; reports until all are ready or cannot be."""
        roles = checked_roles([wire.role_name(role) for role in request.roles])
        async with contextlib.aclosing(self._rooms.load(roles)) as reports:
            async for engines, done in reports:
                yield pb.LoadProgress(engines=engines, done=done)

    async def Generate(
        self, request: pb.GenerateRequest, context: Context[Any, Any]
    ) -> AsyncGenerator[pb.GenerateEvent, None]:
        """Make one answer. The same id from the same caller is refused while it is made, and afterwards."""
        wanted = wire.chat_request(request)
        began: Began | None = None
        try:
            limit, background = wanted.sampling.max_tokens, wanted.background
            with (
                self._requests.once(CALLER.get().id, wanted.request_id) as asked,
                self._counted("chat", context, limit=limit, background=background) as call,
            ):
                async with contextlib.aclosing(self._rooms.generate(wanted, request.model)) as events:
                    async for event in events:
                        _note(call, event)
                        if isinstance(event, Began):
                            began, asked.begun = event, True
                        elif isinstance(event, Done):
                            assert began is not None
                            yield wire.done_event(event, began)
                        else:
                            yield wire.generate_event(event)
        finally:
            wanted.cancelled.set()

    async def Embed(self, request: pb.EmbedRequest, context: Context[Any, Any]) -> pb.EmbedResponse:
        """Embed texts."""
        if len(request.texts) > MAX_TEXTS:
            raise BadRequest(f"At most {MAX_TEXTS} texts in one call.", "Send them in several calls.")
        kind: Literal["query", "passage"] = "query" if request.kind == pb.EMBED_QUERY else "passage"
        background = wire.in_background(request.priority)
        with self._counted("embed", context, background=background):
            made = await self._rooms.embed(request.texts, kind, request.model, background=background)
        if len(made.data) > MAX_MESSAGE_BYTES - 65_536:
            raise BadRequest("The vectors of so many texts don't fit into one message.", "Send fewer in one call.")
        return pb.EmbedResponse(
            model=made.model.name,
            model_sha256=made.model.sha256,
            dimension=made.dimension,
            vectors=made.data,
            tokens=made.tokens,
            max_tokens=made.max_tokens,
            windows=made.windows,
        )

    async def Transcribe(
        self, request_iterator: AsyncIterator[pb.TranscribeRequest], context: Context[Any, Any]
    ) -> AsyncGenerator[pb.TranscribeEvent, None]:
        """Turn sound into text; the first message must be the configuration."""
        first = await anext(aiter(request_iterator), None)
        if first is None or first.WhichOneof("kind") != "config":
            raise BadRequest("Transcribe begins with its configuration.")
        config = first.config
        if not 0 <= config.expected_seconds < math.inf:
            raise BadRequest("The expected length of a recording must be a number of seconds.")
        most = MAX_RECORDING_SECONDS if config.recording else MAX_AUDIO_SECONDS
        cancelled = threading.Event()
        feed = Feed(cancelled, FEED_BYTES)
        reading = asyncio.create_task(hear(request_iterator, feed, cancelled, most))
        heard = self._rooms.transcribe(
            feed,
            cancelled,
            language=config.language,
            partials=config.partials,
            hotwords=tuple(config.hotwords),
            model=config.model,
            recording=config.recording,
            expected_seconds=config.expected_seconds,
            background=wire.in_background(config.priority),
        )
        try:
            with self._counted("transcribe", context):
                async with contextlib.aclosing(heard) as events:
                    async for event in events:
                        if reading.done():
                            reading.result()  # bad input is the caller's to know, whatever was made of it
                        yield wire.transcribe_event(event)
                if reading.done():
                    reading.result()
        finally:
            cancelled.set()
            feed.end()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def ListModels(self, request: pb.ListModelsRequest, context: Context[Any, Any]) -> pb.ListModelsResponse:
        """List the models here and, if wanted, those that could be fetched. Paths are for the local caller only."""
        local = CALLER.get().local
        here = await self._crew.submit(self._folder.all)
        known = await self._crew.submit(lambda: remembered(measured_folder(), here))
        languages = await self._languages(here)
        listed = [
            pb.ListedModel(
                model=self._model(file, known, languages),
                present=True,
                path=str(file.path) if local else "",
                note=file.note,
            )
            for file in here
        ]
        if request.catalogue:
            present = {file.sha256 for file in here}
            for entry in await self._crew.submit(self._folder.catalogue):
                if entry.sha256 not in present:
                    listed.append(wire.catalogued(entry))
        return pb.ListModelsResponse(models=listed)

    async def FetchModel(
        self, request: pb.FetchModelRequest, context: Context[Any, Any]
    ) -> AsyncGenerator[pb.FetchProgress, None]:
        """Fetch a model of the catalogue; a file of this machine only for the local caller."""
        if not request.source:
            raise BadRequest("Which model?", "`tangnet models list` shows names.")
        if not CALLER.get().local:
            known = await self._crew.submit(self._folder.catalogue)
            if not any(request.source.strip().lower() in (entry.name, entry.sha256) for entry in known):
                raise NotAllowed(
                    "From another machine only models of the catalogue can be fetched.",
                    "For a file: tangnet-node models add FILE, on the node itself.",
                )
        loop = asyncio.get_running_loop()
        cancelled, news = threading.Event(), asyncio.Event()
        latest: list[FetchProgress] = []

        def progress(now: FetchProgress) -> None:
            latest[:] = [now]  # only the newest matters
            loop.call_soon_threadsafe(news.set)

        work = self._crew.submit(lambda: self._folder.fetch(request.source, progress, cancelled))

        def ended(done: asyncio.Future[ModelFile]) -> None:
            if not done.cancelled():
                done.exception()  # marks it as seen: a caller that left early will not ask
            news.set()

        work.add_done_callback(ended)
        try:
            while not work.done():
                await news.wait()
                news.clear()
                if latest:
                    now = latest.pop()
                    yield pb.FetchProgress(done=now.done, total=now.total, step=now.step, origin=now.origin)
                await asyncio.wait([work], timeout=FETCH_PAUSE)
            model = work.result()
            yield pb.FetchProgress(done=model.bytes, total=model.bytes, step="done", model=self._model(model))
        finally:
            cancelled.set()

    async def RemoveModel(self, request: pb.RemoveModelRequest, context: Context[Any, Any]) -> pb.Model:
        """Remove a model."""
        if not request.name:
            raise BadRequest("Which model?", "`tangnet models list` shows names.")
        return wire.model(await self._crew.submit(lambda: self._folder.remove(request.name)))

    async def Rerank(self, request: pb.RerankRequest, context: Context[Any, Any]) -> pb.RerankResponse:
        """Score passages."""
        if len(request.texts) > MAX_TEXTS:
            raise BadRequest(f"At most {MAX_TEXTS} texts in one call.", "Send them in several calls.")
        with self._counted("rerank", context):
            made = await self._rooms.rerank(request.query, request.texts, request.model)
        return pb.RerankResponse(scores=made.scores, model=made.model.name, model_sha256=made.model.sha256)

    async def Recognise(self, request: pb.RecogniseRequest, context: Context[Any, Any]) -> pb.RecogniseResponse:
        """Read the text in a picture."""
        look(request.image)
        if len(request.request_id) > wire.MAX_REQUEST_ID or len(request.language) > MAX_LANGUAGE:
            raise BadRequest("The request's id or its language is too long.")
        background = wire.in_background(request.priority)
        id = f"recognise {request.request_id}" if request.request_id else ""
        with contextlib.ExitStack() as held:
            if id:
                held.enter_context(self._requests.once(CALLER.get().id, id))
            held.enter_context(self._counted("ocr", context, background=background))
            made = await self._rooms.recognise(request.image, request.language, request.model, background=background)
        return wire.recognised(made)

    async def Speak(
        self, request_iterator: AsyncIterator[pb.SpeakRequest], context: Context[Any, Any]
    ) -> AsyncGenerator[pb.SpeakEvent, None]:
        """Turn sentences into sound, each as soon as it has come."""
        call = await spoken_call(request_iterator)
        with self._counted("speak", context, background=call.background):
            async with contextlib.aclosing(call.events(self._rooms)) as events:
                async for event in events:
                    yield event

    async def Attend(
        self, request_iterator: AsyncIterator[pb.AttendRequest], context: Context[Any, Any]
    ) -> AsyncGenerator[pb.AttendEvent, None]:
        """Tell what sound holds as it comes; not counted among the calls that somebody waits for."""
        async with contextlib.aclosing(attended(request_iterator, self._rooms)) as events:
            async for event in events:
                yield event

    async def Rotate(self, request: pb.RotateRequest, context: Context[Any, Any]) -> pb.RotateReply:
        """Know the caller by another key from now on."""
        rotate = self._rotate
        if rotate is None:
            raise NotAllowed("This node knows no keys.", "The local node trusts whoever may open its socket.")
        caller = CALLER.get().id
        return pb.RotateReply(id=await asyncio.to_thread(rotate, caller, request.certificate, request.signature))

    async def Rest(self, request: pb.RestRequest, context: Context[Any, Any]) -> pb.RestReply:
        """Take no new work from now on, or take it again."""
        self._door.resting = request.resting
        self._rooms.touch()
        return pb.RestReply(resting=request.resting)

    def renamed(self, id: str) -> None:
        """Go by another id: the node's key is a new one."""
        self._id = id

    async def _languages(self, files: Sequence[ModelFile]) -> tuple[str, ...]:
        """Return what scans can be read in here; nothing without a model for it."""
        if all(file.role != "ocr" for file in files):
            return ()
        return await self._crew.submit(tesseract.languages)

    def _model(
        self, file: ModelFile, known: Mapping[str, Tuning] = MappingProxyType({}), languages: Sequence[str] = ()
    ) -> pb.Model:
        """Describe a model: with the rates that its engine measures, or else those that are remembered."""
        tuning, chat = known.get(file.sha256, Tuning()), self._rooms.chat
        rates = tuning.prefill_rate, tuning.decode_rate
        if chat.engine is not None and chat.model is not None and chat.model.sha256 == file.sha256:
            rates = chat.engine.prefill_rate, chat.engine.decode_rate
        return wire.model(
            file,
            prefill_rate=rates[0],
            decode_rate=rates[1],
            tuned=tuning.tuned,
            languages=languages if file.role == "ocr" else wire.languages_of(file),
        )

    @contextlib.contextmanager
    def _counted(
        self, role: str, context: Context[Any, Any], *, limit: int = 0, background: bool = False
    ) -> Iterator[Call]:
        """Count a call, and say when to come back to one that finds the queue full."""
        try:
            left = context.time_remaining()
            caller = CALLER.get()
            whose = (caller.id, caller.name)
            with self.tally.call(role, limit=limit, seconds_left=left, background=background, whose=whose) as call:
                yield call
        except Busy as busy:  # only now: the refused call itself does not wait
            busy.retry_ms = busy.retry_ms or 1000 * self._reporter.wait(role)
            raise
        finally:
            self._rooms.touch()  # the predicted wait is another now


def _note(call: Call, event: QueuedAt | Began | ChatEvent) -> None:
    match event:
        case Began():
            call.begins(event.queue_ms / 1000, event.load_ms / 1000)
        case Prefill():
            call.reads(event.done, event.total)
        case Token() if event.ids or event.text or event.reasoning:
            call.says(len(event.ids))
        case Done():
            call.done(event)
