"""Which nodes are watched each second, and what follows when one of them is lost.

A sign of life costs 0.2 ms of processor here: each second from a hundred nodes it would be 2 % of a core. So a few
nodes are watched closely and the others every five seconds; whoever has a handful has them all watched closely. What
takes many nodes away at once, a switch or a cable, takes one of the closely watched, too: then all others are asked.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.errors import NodeError, NodeLost

if TYPE_CHECKING:
    from app.cluster.client import NodeClient
    from app.cluster.registry import RemoteNode

MOST_CLOSE = 8
"""Nodes that are watched each second."""
HEARD_SECONDS = 1.5
"""Who said something so lately is not asked: a node that works does so each second."""
ANSWER_SECONDS = 2.0
PAUSE_SECONDS = 5.0
"""At least this long between two times that all are asked: a node may come and go."""

log = logging.getLogger(__name__)


class Sentinels:
    """Watches over the watchers of one network; use it in the asyncio thread."""

    def __init__(self, remotes: Mapping[str, RemoteNode]) -> None:
        """`remotes` are those that there are, at any time."""
        self._remotes = remotes
        self._asked_at = float("-inf")
        self._asking: set[asyncio.Task[None]] = set()

    def closely(self) -> bool:
        """Return whether a node that is connected to now is to be watched each second."""
        clients = [remote.client for remote in self._remotes.values()]
        return sum(client is not None and client.closely for client in clients) < MOST_CLOSE

    def lost(self, gone: RemoteNode) -> None:
        """Ask the others for a sign of life; who gives none is lost, too."""
        now = time.monotonic()
        if now - self._asked_at < PAUSE_SECONDS:
            return
        self._asked_at = now
        for remote in self._remotes.values():
            client = remote.client
            if remote is gone or client is None or client.closely or now - remote.info.seen_at < HEARD_SECONDS:
                continue
            task = asyncio.create_task(_ask(remote, client))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def close(self) -> None:
        """Ask nobody any more."""
        asking = [*self._asking]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def _ask(remote: RemoteNode, client: NodeClient) -> None:
    try:
        await client.describe(remote.info, seconds=ANSWER_SECONDS)
    except NodeLost as error:
        log.info("%s: no sign of life after another node was lost: %s", remote.pin.name, error.message)
        await client.close()  # its watcher sees that
    except NodeError:
        pass  # whatever it says, it lives
