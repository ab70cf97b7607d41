"""Keeps the rules of keep.toml true: what a node lacks that a rule speaks of is deployed. Import it late: gRPC."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from app.cluster import keeping
from app.cluster.deployment import Deployer
from app.errors import TangnetError
from app.events import NodeInfo
from nodeworker.protocol.files import take_lock

KEEP_SECONDS = 2.0
"""How often rules and nodes are compared."""
FAILED_SECONDS = 60.0
"""After which a node that refused a model is asked again."""

log = logging.getLogger(__name__)


class RuleKeeper:
    """Compares rules and nodes and deploys; of all Tangnet programs of a home one does it at a time."""

    def __init__(self, home: Path, deployer: Deployer) -> None:
        self._home = home
        self._deployer = deployer

    async def run(self) -> None:
        """Keep the rules of keep.toml true until cancelled; one Tangnet program of a home does it at a time."""
        lock: int | None = None
        running: dict[str, tuple[frozenset[str], asyncio.Task[None]]] = {}
        refused: dict[tuple[str, str], float] = {}
        try:
            while True:
                await asyncio.sleep(KEEP_SECONDS)
                if not (self._home / keeping.FILE).exists():
                    continue
                if lock is None and (lock := take_lock(self._home / "keeping.lock", wait=False)) is None:
                    continue
                for sha256 in [sha256 for sha256, (_, task) in running.items() if task.done()]:
                    del running[sha256]
                await self._keep_once(running, refused)
        finally:
            for _, task in running.values():
                task.cancel()
            await asyncio.gather(*(task for _, task in running.values()), return_exceptions=True)
            if lock is not None:
                os.close(lock)

    async def _keep_once(
        self,
        running: dict[str, tuple[frozenset[str], asyncio.Task[None]]],
        refused: dict[tuple[str, str], float],
    ) -> None:
        try:
            rules = await asyncio.to_thread(keeping.load, self._home)
        except TangnetError as error:
            log.warning("%s %s", error.message, error.hint)
            return
        now = time.monotonic()
        for id in [key for key, until in refused.items() if until <= now]:
            del refused[id]
        for sha256 in [sha256 for sha256 in running if sha256 not in {rule.sha256 for rule in rules}]:
            running.pop(sha256)[1].cancel()
        for rule in rules:
            lacking = [node for node in await self._deployer.lacking(rule) if (rule.sha256, node.id) not in refused]
            ids = frozenset(node.id for node in lacking)
            before = running.get(rule.sha256)
            if not ids or (before is not None and ids <= before[0]):
                continue
            if before is not None:  # a node came: all are told of it
                before[1].cancel()
                await asyncio.gather(before[1], return_exceptions=True)
            running[rule.sha256] = (ids, asyncio.create_task(self._keep_rule(rule, lacking, refused)))

    async def _keep_rule(
        self, rule: keeping.Keep, lacking: Sequence[NodeInfo], refused: dict[tuple[str, str], float]
    ) -> None:
        try:
            async with aclosing(self._deployer.deploy(rule.sha256, lacking, rate=rule.rate)) as infos:
                async for info in infos:
                    if info.ended:
                        log.info("%s on %s: %s %s", rule.model, info.node, info.state, info.message)
                    if info.state == "failed":
                        refused[rule.sha256, info.node_id] = time.monotonic() + FAILED_SECONDS
        except TangnetError as error:
            log.warning("%s cannot be kept on %s: %s", rule.model, rule.on, error.message)
            for node in lacking:
                refused[rule.sha256, node.id] = time.monotonic() + FAILED_SECONDS
