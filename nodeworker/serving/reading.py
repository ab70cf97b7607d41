"""Messages that cannot be read: gRPC alone would log a traceback for each; here they are a bad request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.message import DecodeError

from nodeworker.errors import BadRequest


class Unreadable:
    """Stands for a message whose bytes make no sense."""


def forgiving(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return a deserialiser that gives Unreadable where `read` fails; `checked` complains in the call itself."""

    def reading(data: bytes) -> Any:
        try:
            return read(data)
        except DecodeError:
            return Unreadable()

    return reading


def checked(request: Any) -> Any:
    """Return a call's message, or the iterator of its messages, as it is. Raises BadRequest where it is Unreadable."""
    if isinstance(request, Unreadable):
        raise BadRequest("The message cannot be read.", "Both sides should run the same version of Tangnet.")
    return _each(request) if hasattr(request, "__aiter__") else request


async def _each(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        yield checked(request)
