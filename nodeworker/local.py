"""The local node: a child on a private Unix socket that ends with its parent, even one that was killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import sys
import threading
import time
from pathlib import Path

import grpc

from nodeworker.errors import BadRequest, EngineError
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import LOCAL_NODE_NAME, node_pb2_grpc
from nodeworker.running import Options, Ready, engines, stop_signals
from nodeworker.serving import metrics
from nodeworker.serving.door import Door
from nodeworker.serving.piece_calls import Offers
from nodeworker.serving.server import OPTIONS, NodeService
from nodeworker.settings import home, local_id, models_folder

MAX_SOCKET_PATH = 100
ORPHAN_SECONDS = 1.0
"""How long a child whose parent has gone may take to end in order."""
GRACE_SECONDS = 0.5


async def serve_local(path: Path, options: Options, ready: Ready) -> None:
    """Serve on a Unix socket until SIGTERM or until standard input ends, which means that the parent has gone.

    The socket appears under its name only when it serves. Raises EngineError when the place is not private.
    """
    check_private(path)
    door = Door(None)
    async with engines(options) as (rooms, folder, slots), contextlib.AsyncExitStack() as stack:
        service = NodeService(
            id=local_id(),
            name=LOCAL_NODE_NAME,
            zone=options.zone,
            labels=options.labels,
            rooms=rooms,
            folder=folder,
            door=door,
            slots=slots,
            simulated=options.engine.simulated,
        )
        service.shelf = ModelFolder(models_folder(options.models))
        service.offers = Offers(home(), service.shelf)
        await stack.enter_async_context(metrics.serving(options.metrics, service.figures))
        # Ctrl-C in a terminal reaches the whole group: the parent decides what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop = stop_signals(signal.SIGTERM)
        _follow_parent(asyncio.get_running_loop(), stop)
        server = grpc.aio.server(interceptors=(door,), options=OPTIONS)
        node_pb2_grpc.add_NodeServicer_to_server(service, server)
        making = path.with_name(f"{path.name}~")
        old_mask = os.umask(0o077)
        try:
            server.add_secure_port(f"unix:{making}", grpc.local_server_credentials(grpc.LocalConnectionType.UDS))
            await server.start()
            os.replace(making, path)
        except (RuntimeError, OSError) as error:
            raise EngineError(f"The socket {path} cannot be made: {error}") from error
        finally:
            os.umask(old_mask)
        mine = _inode(path)
        try:
            ready(f"unix:{path}", local_id(), LOCAL_NODE_NAME)
            await stop.wait()
            door.draining = True
            rooms.touch()
            await door.drain(min(options.grace, GRACE_SECONDS))
        finally:
            await server.stop(0.2)
            if _inode(path) == mine:  # a successor may have put its own there already
                os.unlink(path)


def check_private(path: Path) -> None:
    """Refuse a socket path that is too long, or whose folder others could write to or belongs to another.

    Raises:
        BadRequest: with the reason.
    """
    if len(os.fsencode(path)) >= MAX_SOCKET_PATH:
        raise BadRequest(f"The socket's path is too long: {path}.", f"At most {MAX_SOCKET_PATH - 1} bytes.")
    try:
        status = path.parent.lstat()
    except OSError as error:
        raise BadRequest(f"The socket's folder {path.parent} is not there.") from error
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise BadRequest(f"The socket's folder {path.parent} is not private.", f"chmod 700 {path.parent}")


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return -1


def _follow_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """End with the parent, even one that was killed: the pipe on standard input ends when it does."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno() if sys.stdin else 0, 4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)
        time.sleep(ORPHAN_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, name="parent", daemon=True).start()
