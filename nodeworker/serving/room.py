"""One room: the engine of one role, its state, and the queue in front of it.

A call enters, waits for its turn, gets the engine (loaded by whoever comes first), and leaves. An engine is loaded and
replaced only while nobody uses it; one whose process died is started again without being asked. Everything here runs in
the asyncio thread except what is given to the crew.

Background calls stand behind all others and take no place from them: an engine that pauses them has as many places
again for the others, and from any other engine one is sent away when its place, or another model, is wanted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from nodeworker.engines import Pauses, Progress
from nodeworker.errors import Busy, EngineError, EngineLost
from nodeworker.hosting.hosted import HostedEngine
from nodeworker.protocol import node_pb2 as pb
from nodeworker.threads import Crew

if TYPE_CHECKING:
    from nodeworker.models.folder import ModelFile

log = logging.getLogger(__name__)
MOST_RESTARTS = 3
RESTART_SECONDS = 60.0
"""An engine that dies is started again by itself at most so often in so many seconds; after that only for a call."""


class SentAway(Busy):
    """A background call lost its place to one that somebody waits for."""


class Loadable(Protocol):
    """What every engine has that lives in the node's own process."""

    def load(self, progress: Progress) -> None:
        """Load the model."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


E = TypeVar("E", bound=Loadable | HostedEngine)


class Ticket:
    """One call's place: first in the queue, then in the room."""

    def __init__(self, model: ModelFile, urgent: bool, background: bool) -> None:
        self.model = model
        self.urgent = urgent
        self.background = background
        self.rank = 2 if background else 0 if urgent else 1
        self.sent_away = False
        """A background call that must leave for one that somebody waits for."""
        self.leaves: Callable[[], None] = lambda: None
        """Called when it is sent away."""
        self.granted = False
        self.position = 0
        """1 = next; 0 when granted."""
        self.entered = time.monotonic()
        self._changed = asyncio.Event()

    def move(self, position: int) -> None:
        """Say where the ticket stands now; 0 lets it in."""
        if position != self.position or (position == 0 and not self.granted):
            self.position = position
            self.granted = position == 0
            self._changed.set()

    async def changed(self) -> None:
        """Wait for the next change of position."""
        await self._changed.wait()
        self._changed.clear()


class Room(Generic[E]):
    """The engine of one role. `make` builds one for a model; `verify` checks the model's file (both may block).

    Of an engine's `slots` the last `reserved` are for urgent calls only.
    """

    def __init__(
        self,
        role: str,
        *,
        make: Callable[[ModelFile], E],
        verify: Callable[[ModelFile], None],
        slots: Callable[[E], int],
        limit: int,
        changed: Callable[[], None],
        reserved: int = 0,
    ) -> None:
        self.role = role
        self.lost = 0
        """Engine processes that died since the node started."""
        self.crew = Crew(f"engine-{role}")
        self._make = make
        self._verify = verify
        self._slots_of = slots
        self._limit = limit
        self._changed = changed
        self._reserved = reserved
        self._state: pb.EngineState.ValueType = pb.ENGINE_ABSENT
        self._progress = 0.0
        self._message = ""
        self._shown = ""
        self._slots = 1
        self._model: ModelFile | None = None
        self._engine: E | None = None
        self._retired: list[E] = []
        self._loading: asyncio.Task[E] | None = None
        self._waiting: list[Ticket] = []
        self._inside: set[Ticket] = set()
        self._paused = False
        self._restarts: list[float] = []
        self._revive: ModelFile | None = None
        self._closing = False

    @property
    def active(self) -> int:
        """Calls that use the engine now, background work not counted: nobody waits for that."""
        return sum(not ticket.background for ticket in self._inside)

    @property
    def queued(self) -> int:
        """Calls that wait, background work not counted."""
        return sum(not ticket.background for ticket in self._waiting)

    @property
    def background(self) -> tuple[int, int]:
        """Background calls that have the engine now, and that wait."""
        return len(self._inside) - self.active, len(self._waiting) - self.queued

    def pause(self, on: bool) -> None:
        """Let the engine's background work rest while `on`, if it can."""
        if on != self._paused:
            self._paused = on
            self._tell_pause()

    @property
    def model(self) -> ModelFile | None:
        """The model that is loaded or loading."""
        return self._model

    @property
    def engine(self) -> E | None:
        """The engine when it is ready."""
        return self._engine

    def status(self) -> pb.EngineStatus:
        """Return the state as it goes over the wire."""
        name = self._model.name if self._model else self._shown
        return pb.EngineStatus(
            role=pb.Role.Value(f"ROLE_{self.role.upper()}"),
            state=self._state,
            model=name,
            progress=self._progress,
            message=self._message,
        )

    def show(self, best: ModelFile | None, why: str = "") -> None:
        """Tell the room which model it would load, so that an empty room's status is true; `why` there is none."""
        if self._state not in (pb.ENGINE_ABSENT, pb.ENGINE_IDLE, pb.ENGINE_FAILED):
            return
        if best is None:
            state: pb.EngineState.ValueType = pb.ENGINE_ABSENT
        elif self._state == pb.ENGINE_FAILED and best.name == self._shown:
            return
        else:
            state, why = pb.ENGINE_IDLE, ""
        name = best.name if best else ""
        if (state, name, why) != (self._state, self._shown, self._message):
            self._state, self._shown, self._message, self._progress = state, name, why, 0.0
            self._changed()

    def enter(
        self, model: ModelFile, *, urgent: bool = False, background: bool = False, bounded: bool = True
    ) -> Ticket:
        """Queue for the engine of `model`: urgent calls first, those in the background last.

        The caller must `leave`, whatever happens. Raises Busy when the queue is full.
        """
        ticket = Ticket(model, urgent, background)
        at = sum(1 for other in self._waiting if other.rank <= ticket.rank)
        if bounded and self._inside and at >= self._limit:
            raise Busy(
                f"This node has {at} calls waiting for its {self.role} engine.",
                "Try again in a moment, or use another node.",
            )
        self._waiting.insert(at, ticket)
        self._advance()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give the place back, from the queue or the room; doing it twice does no harm."""
        self._inside.discard(ticket)
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        self._advance()

    async def ready(self, ticket: Ticket) -> E:
        """Return the engine for a granted ticket, after loading it if need be. Raises EngineError.

        Cancelling the caller does not stop the loading: the next one will want it.
        """
        assert ticket.granted
        if self._loading is not None:
            return await asyncio.shield(self._loading)
        if self._engine is None:
            raise EngineError(self._message or f"The {self.role} engine stopped.", "Try again: it is loaded anew.")
        return self._engine

    def crashed(self, engine: E, error: BaseException) -> None:
        """Note that `engine` raised what no engine should: it is dropped. Idempotent.

        One with a process of its own is started again at once unless that was done too often; for any other the next
        call loads a new one.
        """
        if engine is not self._engine:
            return
        if not isinstance(error, EngineLost):  # that one is in the log already
            log.error("the %s engine failed", self.role, exc_info=error)
        self._retired.append(engine)
        model, self._engine, self._model = self._model, None, None
        sentence = self.failure(error).message
        if isinstance(engine, HostedEngine):
            now = time.monotonic()
            self._restarts = [at for at in self._restarts if now - at < RESTART_SECONDS]
            if len(self._restarts) < MOST_RESTARTS:
                self._restarts.append(now)
                self._revive = model
            else:
                sentence += f" It was restarted {MOST_RESTARTS} times within a minute; the next call starts it again."
        self._fail(sentence)
        if not self._inside:
            self._advance()

    def failure(self, error: BaseException) -> EngineError:
        """Return what a caller is told of an engine that raised what no engine should."""
        if isinstance(error, EngineLost):
            return EngineLost(error.message, error.hint)
        return EngineError(
            f"The {self.role} engine failed: {_sentence(error)}", "Try again: the engine is loaded anew."
        )

    async def close(self) -> None:
        """Free the engine; one of this process only if nobody is in it (if it is stuck it ends with the process)."""
        self._closing = True
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        await self._close_old(in_use=bool(self._inside))
        self.crew.close()

    def _advance(self) -> None:
        while self._waiting and not self._closing:
            head = self._waiting[0]
            fits = self._model is not None and head.model.sha256 == self._model.sha256
            if not (self._has_place(head) if fits else not self._inside and self._loading is None):
                if not head.background and not (fits and self._loading is not None):
                    self._send_away(all_of_them=not fits)
                break
            self._waiting.pop(0)
            self._inside.add(head)
            if not fits:
                self._begin_loading(head.model)
            head.move(0)
        if self._revive is not None and not (self._waiting or self._inside or self._loading or self._closing):
            self._begin_loading(self._revive)
        for position, ticket in enumerate(self._waiting, 1):
            ticket.move(position)
        self._changed()

    @property
    def _pauses(self) -> bool:
        engine = self._engine
        return engine.pauses if isinstance(engine, HostedEngine) else isinstance(engine, Pauses)

    def _has_place(self, ticket: Ticket) -> bool:
        if ticket.background:
            others = 0 if self._pauses else self._slots * self.active
            return len(self._inside) + others < max(1, self._slots - self._reserved)
        taken = self.active if self._pauses else len(self._inside)
        return taken < max(1, self._slots - (0 if ticket.urgent else self._reserved))

    def _send_away(self, *, all_of_them: bool) -> None:
        """Make room for a call that somebody waits for."""
        leaving = [ticket for ticket in self._inside if ticket.background]
        if not all_of_them and any(ticket.sent_away for ticket in leaving):
            return
        for ticket in leaving if all_of_them else leaving[:1]:
            if not ticket.sent_away:
                ticket.sent_away = True
                ticket.leaves()

    def _tell_pause(self) -> None:
        engine = self._engine
        if isinstance(engine, HostedEngine | Pauses):
            engine.pause(self._paused)

    def _begin_loading(self, model: ModelFile) -> None:
        self._model, self._revive = model, None
        self._loading = asyncio.get_running_loop().create_task(self._load(model))
        self._loading.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _load(self, model: ModelFile) -> E:
        loop = asyncio.get_running_loop()
        self._state, self._progress, self._message, self._shown = pb.ENGINE_LOADING, 0.0, "", model.name
        self._slots = 1
        self._changed()

        def progress(fraction: float) -> None:
            loop.call_soon_threadsafe(self._progressed, fraction)

        try:
            await self._close_old()
            began = time.monotonic()
            engine = await self.crew.submit(lambda: self._make(model))
            if isinstance(engine, HostedEngine):
                await self._open(engine, model, progress)
                if engine.lost is not None:  # at the very moment when it was ready
                    raise engine.lost
            else:
                await self.crew.submit(lambda: self._check_and_load(engine, model, progress))
        except EngineError as error:
            self._model = None
            self._fail(error.message)
            raise
        except Exception as error:  # a library's error while loading: the node goes on, the caller learns of it
            log.error("loading %s failed", model.name, exc_info=error)
            self._model = None
            sentence = f"{model.name} could not be loaded: {_sentence(error)}"
            self._fail(sentence)
            raise EngineError(sentence, "See the node's log; `tangnet models list` shows other models.") from error
        finally:
            self._loading = None
        log.info("loaded %s %s in %.1f s", self.role, model.name, time.monotonic() - began)
        self._engine = engine
        self._tell_pause()
        self._slots = max(1, self._slots_of(engine))
        self._state, self._progress = pb.ENGINE_READY, 1.0
        self._advance()
        return engine

    def _check_and_load(self, engine: Any, model: ModelFile, progress: Progress) -> None:
        self._verify(model)
        engine.load(progress)

    async def _open(self, engine: Any, model: ModelFile, progress: Progress) -> None:
        """Load an engine in a process of its own, which starts while the model's file is checked."""
        engine.died = lambda error: self._died(engine, error)
        starting = asyncio.get_running_loop().create_task(engine.start())
        try:
            await self.crew.submit(lambda: self._verify(model))
            await starting
            await engine.load(progress)
        except BaseException:
            try:
                await asyncio.gather(starting, return_exceptions=True)
            finally:
                await engine.close()
            raise

    def _died(self, engine: E, error: EngineLost) -> None:
        self.lost += 1
        self.crashed(engine, error)
        self._changed()

    async def _close_old(self, *, in_use: bool = False) -> None:
        old, self._retired = self._retired, []
        if self._engine is not None:
            old.append(self._engine)
            self._engine = None
        for engine in old:
            try:
                if isinstance(engine, HostedEngine):
                    await engine.close()
                elif not in_use:
                    await self.crew.submit(engine.close)
            except Exception as error:  # it goes either way; its memory may be lost
                log.warning("closing the %s engine: %s", self.role, _sentence(error))

    def _progressed(self, fraction: float) -> None:
        if self._state == pb.ENGINE_LOADING:
            self._progress = min(1.0, max(self._progress, fraction))
            self._changed()

    def _fail(self, message: str) -> None:
        self._state, self._message, self._progress = pb.ENGINE_FAILED, message, 0.0
        self._changed()


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300] or type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."
