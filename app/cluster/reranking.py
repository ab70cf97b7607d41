"""Scoring passages on a node that has a reranker: this machine's own, else idle ones that may see the passages.

All passages of a question go to one node, since scores of two models say nothing about each other. A node that fails is
left alone for a while, and the next one is asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from app.cluster.spreading import may_help
from app.errors import NodeError
from app.events import NodeInfo
from app.thinking import Reranked

if TYPE_CHECKING:
    from app.cluster.client import NodeClient

log = logging.getLogger(__name__)
ROLE = "rerank"
REST_SECONDS, LONGEST_REST = 2.0, 300.0
"""How long a node that failed is left alone, doubled with each failure."""


class Reranking:
    """Scores passages with the nodes of a cluster."""

    def __init__(
        self,
        local: Callable[[], Awaitable[NodeClient]],
        nodes: Callable[[], Sequence[NodeInfo]],
        client: Callable[[str], NodeClient | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`local`: the connection to this machine's node; `client`: to another, None while there is none."""
        self._local, self._nodes, self._client, self._now = local, nodes, client, now
        self._failures: dict[str, int] = {}
        self._rests: dict[str, float] = {}

    async def rerank(self, query: str, texts: Sequence[str], *, zones: tuple[str, ...], elsewhere: bool) -> Reranked:
        """Score `texts`. `elsewhere`: they may leave this machine, for nodes in `zones`. Raises NodeError."""
        own = await self._local()
        last = NodeError(
            "No node has a reranker.", code="unsupported", hint="docs/models.md says how to put one there."
        )
        for id, name, sha256 in self._places(zones, elsewhere):
            client = own if not id else self._client(id)
            if client is None:
                continue
            try:
                made = await client.rerank(query, texts, model=sha256)
            except NodeError as error:
                failures = self._failures[id] = self._failures.get(id, 0) + 1
                self._rests[id] = self._now() + min(LONGEST_REST, REST_SECONDS * 2.0 ** min(failures - 1, 20))
                log.info("%s does not rerank: %s", name, error.message)
                last = error
            else:
                self._failures.pop(id, None)
                return made
        raise last

    def _places(self, zones: tuple[str, ...], elsewhere: bool) -> Iterator[tuple[str, str, str]]:
        """Yield id, name and the model's sha256 of the nodes to ask, in order; this machine has no id."""
        nodes = self._nodes()
        others = [node for node in nodes if not node.local] if elsewhere else []
        for node in (*(node for node in nodes if node.local), *sorted(others, key=lambda node: node.latency_ms)):
            id = "" if node.local else node.id
            if self._rests.get(id, 0.0) > self._now():
                continue
            for model in node.models:
                if model.role == ROLE and (node.local or may_help(node, model.sha256, zones, role=ROLE)):
                    yield id, node.name, model.sha256
                    break
