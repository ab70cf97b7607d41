"""Reading pictures of pages on nodes: on this machine's and, where documents may go there, on idle ones beside it.

A page goes to whichever node has a free lane and has been quickest. What a node loses is read by another; what this
machine's own node refuses is refused. Only nodes with this machine's model (by sha256) help.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from app.cluster.spreading import may_help
from app.errors import NodeBusy, NodeError, NodeLost
from app.events import NodeInfo
from app.thinking import RecognisedPage

if TYPE_CHECKING:
    from app.cluster.client import NodeClient

log = logging.getLogger(__name__)
LANES = 2
"""Pages that a node has at the same time: while one travels it works on the other."""
OWN_TRIES = 5
AGAIN_SECONDS = 0.1
"""Pause before the second try on this machine, twice as long before each other."""
LOOK_SECONDS = 0.25
"""How often nodes that have become idle are looked for while all lanes are taken."""
REST_SECONDS, LONGEST_REST = 0.5, 30.0
"""How long a node that failed is left alone, doubled with each failure."""
FIRST_SECONDS = 5.0
"""What a page is thought to take before anybody's speed is known."""
_SMOOTHING = 0.3

Recognise = Callable[[bytes], Awaitable[RecognisedPage]]


@dataclass
class _Pace:
    """What is known of one node."""

    taken: int = 0
    seconds: float = FIRST_SECONDS
    failures: int = 0
    rests_until: float = 0.0


@dataclass(frozen=True, slots=True)
class _Reader:
    id: str
    """"" is this machine."""
    name: str
    read: Recognise = field(repr=False)


class Recognising:
    """Reads pages with the nodes of a cluster; any number of calls at once share the nodes' lanes."""

    def __init__(
        self,
        local: Callable[[], Awaitable[NodeClient]],
        nodes: Callable[[], Sequence[NodeInfo]],
        client: Callable[[str], NodeClient | None],
    ) -> None:
        """`local`: the connection to this machine's node; `client`: to another, None while there is none."""
        self._local, self._nodes, self._client = local, nodes, client
        self._paces: dict[str, _Pace] = {}
        self._sha256 = ""
        self._freed = asyncio.Event()
        self.pages: dict[str, int] = {}
        """Pages that each node read, by id; this machine under ""."""

    async def read(
        self, picture: bytes, *, language: str, zones: tuple[str, ...], background: bool, elsewhere: bool
    ) -> RecognisedPage:
        """Read one page. `elsewhere`: it may leave this machine, for nodes in `zones`. Raises NodeError."""
        lost: set[str] = set()
        own_failures = 0
        while True:
            reader = await self._place(picture, language, zones if elsewhere else None, background, lost)
            pace = self._paces[reader.id]
            began = time.monotonic()
            try:
                page = await reader.read(picture)
                if reader.id and page.sha256 != self._sha256:
                    raise NodeError(f"{reader.name} reads with another model.", code="model_changed")
            except NodeError as error:
                if reader.id:
                    lost.add(reader.id)
                    pace.failures += 1
                    pace.rests_until = time.monotonic() + min(LONGEST_REST, REST_SECONDS * 2 ** (pace.failures - 1))
                    log.info("%s does not read a page: %s", reader.name, error.message)
                    continue
                own_failures += 1
                if not isinstance(error, NodeLost | NodeBusy) or own_failures >= OWN_TRIES:
                    raise
                await asyncio.sleep(AGAIN_SECONDS * 2**own_failures)
            else:
                pace.failures = 0
                pace.seconds += _SMOOTHING * (time.monotonic() - began - pace.seconds)
                self.pages[reader.id] = self.pages.get(reader.id, 0) + 1
                if not reader.id:
                    self._sha256 = page.sha256
                return page
            finally:
                pace.taken -= 1
                self._freed.set()

    async def _place(
        self, picture: bytes, language: str, zones: tuple[str, ...] | None, background: bool, lost: set[str]
    ) -> _Reader:
        """Wait for a lane, and take it: of the node where the page should be read first."""
        while True:
            self._freed.clear()
            now = time.monotonic()
            free = [
                reader
                for reader in self._readers(language, zones, background)
                if reader.id not in lost
                and self._pace(reader.id).rests_until <= now
                and self._pace(reader.id).taken < LANES
            ]
            if free:
                best = min(free, key=lambda reader: self._pace(reader.id).seconds * (1 + self._pace(reader.id).taken))
                self._pace(best.id).taken += 1
                return best
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._freed.wait()

    def _pace(self, id: str) -> _Pace:
        return self._paces.setdefault(id, _Pace())

    def _readers(self, language: str, zones: tuple[str, ...] | None, background: bool) -> list[_Reader]:
        async def here(picture: bytes) -> RecognisedPage:
            return await (await self._local()).recognise(picture, language=language, background=background)

        found = [_Reader("", "this machine", here)]
        if zones is None or not self._sha256:
            return found  # not before this machine has said which model it is
        for node in self._nodes():
            client = self._client(node.id) if may_help(node, self._sha256, zones, role="ocr") else None
            if client is not None:
                read = partial(client.recognise, language=language, model=self._sha256, background=True)
                found.append(_Reader(node.id, node.name, read))
        return found
