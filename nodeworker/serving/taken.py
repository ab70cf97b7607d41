"""Telling the caller of a two-way call that the node takes it, before there is anything to say."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

_TELL: contextvars.ContextVar[Callable[[], Awaitable[None]] | None] = contextvars.ContextVar("tell", default=None)


def tells(context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Have `taken` tell the caller of `context`, in the task that runs now and those that it makes."""

    async def tell() -> None:
        with contextlib.suppress(grpc.aio.InternalError):  # the caller has gone: its cancel is on the way
            await context.send_initial_metadata(())

    _TELL.set(tell)


async def taken() -> None:
    """Send the headers of the call that runs now, once: from here on its caller sends all it has.

    gRPC loses the refusal of a call that is still being written to, so callers wait for this or for the refusal.
    """
    tell = _TELL.get()
    if tell is not None:
        _TELL.set(None)
        await tell()
