"""The door of a node: every call comes through here. Who is it, may it come in, and what do its errors become.

One gRPC interceptor checks the pinned key of every call, asks for deadlines, turns engine errors into statuses, counts
the running calls, and cuts them when their peer is revoked or the node goes away.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import math
import urllib.parse
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import grpc

from nodeworker.errors import BadRequest, Busy, Draining, EngineError, NotAllowed
from nodeworker.protocol import CODE_KEY, HINT_KEY, LOCAL_NODE_NAME, MOVES_KEY, RETRY_KEY, Code
from nodeworker.protocol.pins import ADMINISTER, OBSERVE, PIECES, RIGHTS, USE, may
from nodeworker.serving.reading import checked, forgiving
from nodeworker.serving.taken import tells

log = logging.getLogger(__name__)

STATUS = {
    Code.MODEL_MISSING: grpc.StatusCode.NOT_FOUND,
    Code.MODEL_DAMAGED: grpc.StatusCode.DATA_LOSS,
    Code.MODEL_UNSAFE: grpc.StatusCode.INVALID_ARGUMENT,
    Code.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    Code.DUPLICATE: grpc.StatusCode.ALREADY_EXISTS,
    Code.CONTEXT_OVERFLOW: grpc.StatusCode.OUT_OF_RANGE,
    Code.BUSY: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Code.DRAINING: grpc.StatusCode.UNAVAILABLE,
    Code.NOT_ALLOWED: grpc.StatusCode.PERMISSION_DENIED,
    Code.NOT_PAIRED: grpc.StatusCode.PERMISSION_DENIED,
    Code.MODEL_TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Code.NO_SPACE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Code.UNSUPPORTED: grpc.StatusCode.UNIMPLEMENTED,
}
"""Every other code is INTERNAL."""
MUST_END = frozenset({"Generate", "Embed", "Rerank", "Recognise", "Transcribe"})
"""Calls that hold an engine."""
WORK = MUST_END | {"Load", "Speak"}
"""Calls that a resting node does not take."""
LONGEST_SECONDS = 6 * 3600.0
"""The most that a caller may ask for; a call without any deadline is refused."""
LONGEST_WATCH_SECONDS = 25 * 3600.0
"""The same of calls that hold no engine: watching, fetching."""
MOST_CALLS = 256
"""Of one peer at the same time, over all its connections."""
ALWAYS = frozenset({"Describe", "Watch", "ListModels", "Deployments", "Pieces"})
"""Calls that are answered even while the node is going away, and that do not hold it up."""
ANY, LOCAL = "", "local"
"""In RIGHT_OF: every pinned caller may; only this machine's own user may, over the local socket."""
RIGHT_OF = {
    "Describe": OBSERVE,
    "Watch": OBSERVE,
    "ListModels": OBSERVE,
    "Deployments": OBSERVE,
    "Load": USE,
    "Generate": USE,
    "Embed": USE,
    "Rerank": USE,
    "Recognise": USE,
    "Transcribe": USE,
    "Speak": USE,
    "Attend": LOCAL,
    "FetchModel": ADMINISTER,
    "RemoveModel": ADMINISTER,
    "Deploy": ADMINISTER,
    "Pieces": PIECES,
    "ReadPiece": PIECES,
    "ReadModel": PIECES,
    "Offer": LOCAL,
    "Rotate": ANY,
    "Rest": ADMINISTER,
}
"""The right that each call from another machine takes; a call that is not named here is refused."""
_MAX_SENTENCE = 1000
_WORDS = {USE: "use", ADMINISTER: "administer", OBSERVE: "observe", PIECES: "take pieces of models from"}


class NotPaired(EngineError):
    """The caller's key is not pinned here, or no longer."""

    code: ClassVar[Code] = Code.NOT_PAIRED


class Unexpected(EngineError):
    """A bug in the node."""

    code: ClassVar[Code] = Code.INTERNAL


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes the call that runs now."""

    id: str
    """Full id of the pinned key; "" on the local socket."""
    name: str
    local: bool
    rights: str = ""
    """Words out of `nodeworker.protocol.pins.RIGHTS`; all of them on the local socket."""

    def may(self, right: str) -> bool:
        """Whether it may do what `right` stands for."""
        return may(self.rights, right)


CALLER: contextvars.ContextVar[Caller] = contextvars.ContextVar("caller")


class _Call:
    def __init__(self, method: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.task = task
        self.method = method
        self.caller: Caller | None = None
        self.reason: EngineError | None = None
        """Why it is to end."""
        self.moves = False
        """Its caller goes on elsewhere when this node goes away."""
        self.writing = False
        self.cut = False


if TYPE_CHECKING:
    from nodeworker.trust import Trust


class Door(grpc.aio.ServerInterceptor):
    """Checks and watches all calls of one server. `trust` is None for the local socket: only its owner reaches it."""

    def __init__(self, trust: Trust | None) -> None:
        self._trust = trust
        self._calls: set[_Call] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._running: Counter[str] = Counter()
        """Calls of each peer."""
        self.met: Callable[[str], None] = lambda peer: None
        """Told gRPC's word for the connection of each call that a pinned machine makes."""
        self.draining = False
        """It is going away."""
        self.resting = False
        """It stays and takes no new work."""

    def revoke_missing(self) -> None:
        """Cut the calls of every peer that is no longer pinned, or no longer has the right for them.

        TLS does not look again at a running stream.
        """
        if self._trust is None:
            return
        pins = self._trust.pins()
        for call in list(self._calls):
            if call.caller is None:
                continue
            pin = pins.get(call.caller.id)
            if pin is None:
                self._cut(call, NotPaired("This node no longer trusts this machine.", "Pair again."))
            elif (refusal := _refusal(call.method, pin.rights)) is not None:
                self._cut(call, refusal)

    def rights(self, caller: Caller) -> str:
        """Return the caller's rights as they are now; they may have changed since its call began."""
        if self._trust is None:
            return caller.rights
        pin = self._trust.pins().get(caller.id)
        return pin.rights if pin is not None else ""

    def trusted(self) -> object:
        """Return who may do what here, to be compared with what it was before; reads the file only when it changed."""
        return self._trust.pins() if self._trust is not None else None

    def change_key(self) -> None:
        """Cut every Watch from another machine, so that whoever follows this node connects anew and sees its new key.

        Answers go on: they are made over connections that were proven.
        """
        for call in list(self._calls):
            if call.method == "Watch" and call.caller is not None and not call.caller.local:
                self._cut(call, Draining("This node has a new key.", "It is connected to again by itself."))

    async def drain(self, seconds: float) -> None:
        """Take no new work; end at once what can go on elsewhere, let the rest go on for `seconds`, then cut it."""
        self.draining = True
        for call in list(self._calls):
            if call.moves:
                self._cut(call, _going_away(), gently=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        for call in list(self._calls):
            self._cut(call, _going_away())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                while self._calls:
                    await asyncio.wait([call.task for call in self._calls], timeout=0.1)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wrap the handler of each call (gRPC calls this)."""
        handler: Any = await continuation(handler_call_details)
        if handler is None:
            return None  # gRPC answers UNIMPLEMENTED
        method = str(handler_call_details.method).rpartition("/")[2]
        kinds = {
            (False, False): (handler.unary_unary, grpc.unary_unary_rpc_method_handler),
            (False, True): (handler.unary_stream, grpc.unary_stream_rpc_method_handler),
            (True, True): (handler.stream_stream, grpc.stream_stream_rpc_method_handler),
        }
        inner, make = kinds[handler.request_streaming, handler.response_streaming]

        async def one(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            async with self._through(method, context):
                return await inner(checked(request), context)

        async def many(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
            # Written here, not yielded to gRPC: so a cancel always arrives in this coroutine and closes the events.
            if handler.request_streaming:
                tells(context)
            async with (
                self._through(method, context) as call,
                contextlib.aclosing(inner(checked(request), context)) as events,
            ):
                async for event in events:
                    call.writing = True
                    await context.write(event)
                    call.writing = False
                    if call.reason is not None:
                        call.cut = True
                        raise call.reason

        return make(
            many if handler.response_streaming else one,
            request_deserializer=forgiving(handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )

    @contextlib.asynccontextmanager
    async def _through(self, method: str, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[_Call]:
        call, counted = _Call(method), None
        call.moves = method == "Generate" and (MOVES_KEY, "1") in (context.invocation_metadata() or ())
        self._calls.add(call)
        if method not in ALWAYS:
            self._quiet.clear()
        try:
            call.caller = self._admit(method, context)
            counted = call.caller.id
            self._running[counted] += 1
            CALLER.set(call.caller)
            yield call
        except EngineError as error:
            await refuse(context, error)
        except asyncio.CancelledError:
            if call.reason is None:
                raise
            call.task.uncancel()
            await refuse(context, call.reason)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # the last resort: the caller learns that it was a bug, the log learns which
            log.exception("%s failed", method, exc_info=error)
            await refuse(context, Unexpected("The node made a mistake.", "Its log says more."))
        finally:
            self._calls.discard(call)
            if counted is not None:
                self._running[counted] -= 1
            if all(other.method in ALWAYS for other in self._calls):
                self._quiet.set()

    def _admit(self, method: str, context: grpc.aio.ServicerContext[Any, Any]) -> Caller:
        if self._trust is None:
            caller = Caller("", LOCAL_NODE_NAME, local=True, rights=" ".join(RIGHTS))
        else:
            pin = self._trust.caller(context.auth_context())
            if pin is None:
                raise NotPaired(
                    "This node does not trust this machine.", "Run `tangnet-node pair` there and `tangnet pair` here."
                )
            caller = Caller(pin.id, pin.name, local=False, rights=pin.rights)
            self.met(context.peer())
            if self._running[pin.id] >= MOST_CALLS:
                raise Busy(f"This machine already has {MOST_CALLS} calls here.", "Let some of them end first.")
            if (refusal := _refusal(method, caller.rights)) is not None:
                raise refusal
        if self.draining and method not in ALWAYS:
            raise Draining("This node is going away.", "Use another node.")
        if self.resting and method in WORK and not caller.local:
            raise Draining("This node rests: it was asked to take no new work.", "Use another node.")
        left, most = context.time_remaining(), LONGEST_SECONDS if method in MUST_END else LONGEST_WATCH_SECONDS
        if left is None or left > most:
            raise BadRequest(f"{method} needs a deadline of at most {most:.0f} s.", "Set a timeout on the call.")
        return caller

    def _cut(self, call: _Call, reason: EngineError, *, gently: bool = False) -> None:
        """End a call; `gently` lets a message that is being sent go out whole, however long its reader takes."""
        if call.cut:
            return
        call.reason = reason
        if gently and call.writing:
            return
        call.cut = True
        call.task.cancel()


def _going_away() -> Draining:
    return Draining("This node is going away.", "Another node can go on with the answer.")


def _refusal(method: str, rights: str) -> NotAllowed | None:
    right = RIGHT_OF.get(method)
    if right is None:
        return NotAllowed(f"Nobody may call {method} here.", "The two machines run different versions.")
    if right == LOCAL:
        return NotAllowed(f"Only a user of that machine may call {method} there.")
    if right == ANY or may(rights, right):
        return None
    return NotAllowed(
        f"This machine may not {_WORDS[right]} that node.", f"On the node: tangnet-node grant NAME {right}"
    )


async def refuse(context: grpc.aio.ServicerContext[Any, Any], error: EngineError) -> NoReturn:
    """End a call with an error's status, code, sentence and hint; always raises AbortError."""
    hint = urllib.parse.quote(error.hint[:_MAX_SENTENCE])
    retry = ((RETRY_KEY, str(math.ceil(error.retry_ms))),) if isinstance(error, Busy) and error.retry_ms > 0 else ()
    await context.abort(
        STATUS.get(error.code, grpc.StatusCode.INTERNAL),
        error.message[:_MAX_SENTENCE],
        ((CODE_KEY, str(error.code)), (HINT_KEY, hint), *retry),
    )
