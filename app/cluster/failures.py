"""What goes wrong on the wire, as errors of app.errors: the one place where gRPC's are mapped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import grpc

from app.cluster.wire import one_line
from app.errors import ModelError, NodeBusy, NodeError, NodeLost, UsageError
from nodeworker.protocol import CODE_KEY, HINT_KEY, RETRY_KEY, Code

_MODEL_CODES = {Code.MODEL_MISSING, Code.MODEL_DAMAGED, Code.MODEL_UNSAFE, Code.MODEL_TOO_LARGE}
_FINAL_CODES = {Code.CONTEXT_OVERFLOW, Code.BAD_REQUEST, Code.DOWNLOAD_FAILED, Code.NO_SPACE}
"""Another node would say the same, or the question makes no sense there."""
_BROKEN_WRITE = "Internal error from Core"
"""What grpc.aio itself calls it when a call ends while something is being written to it."""


@contextmanager
def mapped(name: str) -> Iterator[None]:
    """Turn gRPC's errors inside into errors of the node called `name`. CancelledError passes.

    Raises:
        NodeLost: it cannot be reached, or the deadline passed.
        NodeBusy: it has no room.
        ModelError: it has no usable model.
        NodeError: anything else that it said.
    """
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise node_error(name, error) from error
    except asyncio.CancelledError as error:
        # grpc.aio raises this also when the channel was closed under the call; only a cancelled task has a count.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise NodeLost(f"The connection to {name} was closed.") from error
    except grpc.aio.UsageError as error:  # the channel was closed while the call was being made
        raise NodeLost(f"The connection to {name} was closed.") from error
    except grpc.aio.InternalError as error:
        raise NodeLost(f"The connection to {name} failed.") from error


def node_error(name: str, error: grpc.aio.AioRpcError) -> NodeError:
    """Return the error that an RPC's status stands for, with the node's own code and hint where it gave one."""
    code = _word(error, CODE_KEY)
    hint = one_line(unquote(_word(error, HINT_KEY)), 400)
    sentence = one_line(error.details() or "", 400)
    if code not in set(Code):
        return _unnamed(name, error, sentence)
    if code == Code.BUSY:
        return NodeBusy(sentence or f"{name} has no room now.", hint=hint, retry_ms=_milliseconds(error))
    if code == Code.DRAINING:
        return NodeLost(sentence or f"{name} is going away.", code=code, hint=hint)
    if code in _MODEL_CODES:
        # Another node may have a sound copy, or one that fits.
        return ModelError(sentence or f"{name} cannot use its model.", code=code, hint=hint, retryable=True)
    return NodeError(sentence or f"{name} failed.", code=code, hint=hint, retryable=code not in _FINAL_CODES)


def _unnamed(name: str, error: grpc.aio.AioRpcError, sentence: str) -> NodeError:
    status = error.code()
    if status == grpc.StatusCode.DEADLINE_EXCEEDED:
        return NodeLost(f"{name} did not answer in time.", hint="Is it overloaded? `tangnet nodes` shows its load.")
    lost = status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.ABORTED)
    if lost or (status == grpc.StatusCode.INTERNAL and sentence == _BROKEN_WRITE):
        return NodeLost(f"The connection to {name} is lost.", hint="`tangnet nodes` shows which nodes can be reached.")
    if status == grpc.StatusCode.RESOURCE_EXHAUSTED:
        return NodeError(f"A message to or from {name} is too large: {sentence}", code="too_large")
    if status == grpc.StatusCode.UNIMPLEMENTED:
        return NodeError(f"{name} cannot do that: it runs another version.", code=Code.UNSUPPORTED, retryable=True)
    if status == grpc.StatusCode.PERMISSION_DENIED:
        return NodeError(f"{name} no longer trusts this machine.", code=Code.NOT_PAIRED, hint="Pair again.")
    return NodeError(f"{name} failed: {sentence or status.name}", code=Code.INTERNAL, retryable=True)


def _word(error: grpc.aio.AioRpcError, key: str) -> str:
    trailing: Iterable[tuple[str, str | bytes]] = error.trailing_metadata() or ()
    return next((value for name, value in trailing if name == key and isinstance(value, str)), "")


def _milliseconds(error: grpc.aio.AioRpcError) -> float:
    """After what time the node wants to be asked again; 0 where it says nothing, or nothing that makes sense."""
    word = _word(error, RETRY_KEY)
    return float(word) if len(word) <= 9 and word.isascii() and word.isdigit() else 0.0


def usage(sentence: str, hint: str = "") -> UsageError:
    """Return the error for a request that makes no sense before it is sent."""
    return UsageError(sentence, code="usage", hint=hint)
