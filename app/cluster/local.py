"""This machine's own node: started on first need, kept alive, shared by every Tangnet process of the same home.

Whoever holds the lock starts the child; the others connect to its socket. When the owner goes, its child goes with
it, and one of the others takes the lock and starts the next.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cluster.child import Child
from app.cluster.place import SOCKET, OwnerLock, private_folder, publish, remove_dead
from app.cluster.registry import HEALTHY_SECONDS, REST_SECONDS, delay_after, follow
from app.errors import NodeError, NodeLost
from app.events import NodeInfo
from nodeworker.protocol import LOCAL_NODE_NAME

if TYPE_CHECKING:
    from app.cluster.client import NodeClient

START_SECONDS = 60.0
"""A Pi with a cold SD card needs 20 of them."""
PATIENCE_SECONDS = 5.0
"""Who asks while the next restart is further away than this gets the last failure at once."""
JOIN_SECONDS = 1.0
POLL_SECONDS = 0.05
HEARTBEAT_SECONDS = 30.0
"""Longer than for remote nodes: loading a large library may hold the child's interpreter for seconds."""

log = logging.getLogger(__name__)


class LocalNode:
    """The node on this machine. `client()` starts it; nothing runs before."""

    def __init__(self, home: Path, put: Callable[[NodeInfo], None], *, arguments: Sequence[str] = ()) -> None:
        """Prepare; `put` gets every change of the node's info, `arguments` go to the child's command line."""
        self._home = home
        self._put = put
        self._arguments = tuple(arguments)
        self._lock: OwnerLock | None = None
        self._client: NodeClient | None = None
        self._child: Child | None = None
        self._task: asyncio.Task[None] | None = None
        self._failed: NodeError | None = None
        self._next_try = 0.0
        self._leaving = False
        self._turn = asyncio.Event()
        """Set and replaced whenever the node came up or an attempt failed."""
        self._info = NodeInfo(
            LOCAL_NODE_NAME, LOCAL_NODE_NAME, "this machine", "", trusted=True, state="stopped", local=True
        )
        put(self._info)

    @property
    def info(self) -> NodeInfo:
        """What is known of it now."""
        return self._info

    @property
    def pid(self) -> int | None:
        """Process id of the child; None while it doesn't run or belongs to another process."""
        return self._child.pid if self._child else None

    async def client(self, seconds: float = START_SECONDS) -> NodeClient:
        """Return the connection, starting the node or waiting for its restart.

        Raises:
            NodeError: it cannot be started, with the last lines of its log as the hint.
            NodeLost: that took longer than `seconds`.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._supervise(), name="local node")
        try:
            async with asyncio.timeout(seconds):
                while self._client is None or self._leaving:
                    if self._failed is not None and self._next_try - time.monotonic() > PATIENCE_SECONDS:
                        raise self._failed
                    await self._turn.wait()
                    if self._task is None or self._task.done():
                        raise NodeLost("This machine's node was closed.")
                    if self._client is None and self._failed is not None:
                        raise self._failed
        except TimeoutError as error:
            raise NodeLost(f"This machine's node did not start within {seconds:.0f} s.") from error
        return self._client

    async def close(self) -> None:
        """Stop the child if it is ours, and leave it to the next owner otherwise."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        self._change(replace(self._info, state="stopped"))

    async def _supervise(self) -> None:
        failures = 0
        try:
            while True:
                error, healthy, guest = await self._once()
                # One that had been up is started again, and who waits then need not hear of it.
                self._failed, self._client = None if healthy else error, None
                failures = 0 if guest and healthy else 1 if healthy > HEALTHY_SECONDS else failures + 1
                # Its owner has gone: the lock is free, so there is nothing to wait for.
                delay = delay_after(failures) if failures else 0.0
                self._next_try = time.monotonic() + delay
                # Soon back counts as starting: an answer that was running here may go on here.
                coming = delay <= PATIENCE_SECONDS
                self._change(replace(self._info, state="loading" if coming else "unreachable", engines=()))
                self._next_turn()
                log.warning("local node: %s %s", error.message, error.hint)
                await asyncio.sleep(delay)
        finally:
            self._next_turn()
            if self._lock is not None:
                self._lock.release()

    async def _once(self) -> tuple[NodeError, float, bool]:
        """Bring the node up and follow it. Returns how it ended, for how many seconds it was up, and whose it was."""
        client: NodeClient | None = None
        up = 0.0
        guest = False
        try:
            folder = private_folder(self._home)
            if self._lock is None:
                self._lock = OwnerLock(folder)
            self._change(replace(self._info, state="loading", seen_at=time.monotonic()))
            client = await self._connect(folder, self._lock)
            guest = not self._lock.held
            up = time.monotonic()
            address = f"unix:{folder / SOCKET}"
            described = replace(await client.describe(self._info), state="ready", address=address)
            self._change(described)
            self._client, self._failed = client, None
            self._next_turn()
            await self._follow(client)
            return NodeLost("This machine's node has gone."), time.monotonic() - up, guest
        except NodeError as error:
            return error, time.monotonic() - up if up else 0.0, guest
        except OSError as error:
            reason = NodeError(f"This machine's node cannot be started: {error.strerror}.", code="local_node")
            return reason, 0.0, guest
        finally:
            self._client = None
            await self._end(client)

    async def _end(self, client: NodeClient | None) -> None:
        child, self._child = self._child, None
        try:
            if client is not None:
                await client.close()
        finally:
            if child is not None:
                await child.stop()

    async def _connect(self, folder: Path, lock: OwnerLock) -> NodeClient:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if lock.take():
                return await self._started(folder)
            joined = await self._joined(folder)
            if joined is not None:
                return joined
            if time.monotonic() > deadline:
                raise NodeLost(
                    "Another Tangnet on this machine runs the local node, but it does not answer.",
                    hint="Close the other window, or wait until it has restarted its node.",
                )
            await asyncio.sleep(POLL_SECONDS)

    async def _started(self, folder: Path) -> NodeClient:
        self._child = child = await Child.start(self._home, folder, self._arguments)
        # gRPC takes a fifth of a second to import: done while the child starts, and not in the loop's thread.
        await asyncio.gather(
            child.bound(START_SECONDS), asyncio.to_thread(_import_client), asyncio.to_thread(remove_dead, folder)
        )
        client = await self._answering(child.socket, seconds=START_SECONDS)
        if client is None:
            raise child.failure() if child.ended.done() else child.failure("This machine's node does not answer.")
        publish(folder, child.socket.name)
        return client

    async def _joined(self, folder: Path) -> NodeClient | None:
        if not (folder / SOCKET).exists():
            return None
        await asyncio.to_thread(_import_client)
        return await self._answering(folder / SOCKET, seconds=JOIN_SECONDS)

    async def _answering(self, socket: Path, *, seconds: float) -> NodeClient | None:
        from app.cluster.client import NodeClient

        client = NodeClient.local(str(socket), LOCAL_NODE_NAME)
        answered = False
        try:
            await client.describe(self._info, seconds=seconds)
            answered = True
        except NodeError as error:
            log.debug("local node: %s", error.message)
        finally:
            if not answered:
                await client.close()
        return client if answered else None

    async def _follow(self, client: NodeClient) -> None:
        following = asyncio.create_task(
            follow(client, lambda: self._info, self._change, heartbeat=HEARTBEAT_SECONDS, rest=REST_SECONDS)
        )
        tasks: set[asyncio.Task[object]] = {following}
        if self._child is not None:
            tasks.add(self._child.ended)
        try:
            while not following.done():
                done, _ = await asyncio.wait(tasks, timeout=60, return_when=asyncio.FIRST_COMPLETED)
                if self._child is not None and self._child.ended in done:
                    raise self._child.failure()
                if self._child is not None:
                    self._child.trim_log()
            await following
        finally:
            following.cancel()
            await asyncio.wait({following})
            if not following.cancelled():
                following.exception()  # taken here, so that it is not reported as never looked at

    def _change(self, info: NodeInfo) -> None:
        # A child that goes away with its owner is followed by a new one at once: for others that is loading.
        self._leaving = info.state == "draining"
        if self._leaving:
            info = replace(info, state="loading")
        self._info = info
        self._put(info)

    def _next_turn(self) -> None:
        self._turn.set()
        self._turn = asyncio.Event()


def _import_client() -> None:
    import app.cluster.client  # noqa: F401
