"""A running node from start to end: as a child on a private socket, or as a node of its own with TLS on the network."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from nodeworker import __version__
from nodeworker.announce import Announcement, own_addresses
from nodeworker.door import Door
from nodeworker.errors import BadRequest, EngineError
from nodeworker.maker import EngineChoice, EngineMaker, PacedFolder
from nodeworker.models import ModelFolder
from nodeworker.pairing_service import POLL_SECONDS, PairingDesk
from nodeworker.protocol import DEFAULT_PORT, LOCAL_NODE_NAME, node_pb2_grpc
from nodeworker.protocol.files import replace_file, take_lock
from nodeworker.protocol.identity import Identity, fingerprint
from nodeworker.protocol.pins import Pins
from nodeworker.rooms import EngineRooms
from nodeworker.server import OPTIONS, Folder, NodeService
from nodeworker.settings import Listen, local_id, models_folder, node_home
from nodeworker.trust import Trust

log = logging.getLogger(__name__)
LOCK_FILE = "node.lock"
STATUS_FILE = "status.json"
TRUST_FILE = "trust.toml"
MAX_SOCKET_PATH = 100
ORPHAN_SECONDS = 1.0
"""How long a child whose parent has gone may take to end in order."""
CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Options:
    """How to run a node."""

    name: str = ""
    zone: str = ""
    listen: Listen = field(default_factory=lambda: Listen("0.0.0.0", DEFAULT_PORT))
    models: str = ""
    engine: EngineChoice = field(default_factory=EngineChoice)
    context: int = 0
    threads: int = 0
    grace: float = 5.0
    """Seconds that running answers get when the node is told to stop."""
    announce: bool = True


Ready = Callable[[str, str, str], None]
"""Called with address, id and name when the node serves."""


async def serve_remote(options: Options, ready: Ready) -> None:
    """Serve on the network with mutual TLS until SIGTERM or SIGINT.

    Raises:
        EngineError: the name is taken or bad, or the address cannot be used.
        TrustFailure: identity or pins cannot be read.
    """
    home = node_home(options.name)
    lock = await _only_one(home / LOCK_FILE)
    if lock is None:
        raise BadRequest(f"A node named {options.name} already runs here.", "Give this one another --name.")
    identity = Identity.load_or_create(home)
    pins = Pins(home / TRUST_FILE)
    trust = Trust(identity, pins)
    door = Door(trust)
    async with _engines(options) as (rooms, folder, slots):
        service = NodeService(
            id=identity.id,
            name=options.name,
            zone=options.zone,
            rooms=rooms,
            folder=folder,
            door=door,
            slots=slots,
            simulated=options.engine.simulated,
        )
        server, listen = await _bind(service, door, trust, options.listen)
        address = listen.text(host=_reachable(listen))
        announcement = Announcement(id=identity.id, name=options.name, zone=options.zone, listen=listen)
        desk = PairingDesk(
            home=home,
            identity=identity,
            name=options.name,
            pins=pins,
            listen=listen,
            address=address,
            opened=announcement.set_pairing,
        )
        tasks = [asyncio.create_task(desk.run()), asyncio.create_task(_watch_trust(door))]
        try:
            stop = _stop_signals(signal.SIGTERM, signal.SIGINT)
            _write_status(home, identity, options, address)
            if options.announce:
                await announcement.start()
            ready(address, identity.id, options.name)
            await _first(stop, tasks)
            log.info("going away: running answers get %.0f s", options.grace)
            door.draining = True
            rooms.touch()
            await asyncio.gather(announcement.close(), door.drain(options.grace))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, announcement.close(), return_exceptions=True)
            await server.stop(0.2)
            with contextlib.suppress(OSError):
                (home / STATUS_FILE).unlink()
            os.close(lock)


async def serve_local(path: Path, options: Options, ready: Ready) -> None:
    """Serve on a Unix socket until SIGTERM or until standard input ends, which means that the parent has gone.

    The socket appears under its name only when it serves. Raises EngineError when the place is not private.
    """
    check_private(path)
    door = Door(None)
    async with _engines(options) as (rooms, folder, slots):
        service = NodeService(
            id=local_id(),
            name=LOCAL_NODE_NAME,
            zone=options.zone,
            rooms=rooms,
            folder=folder,
            door=door,
            slots=slots,
            simulated=options.engine.simulated,
        )
        # Ctrl-C in a terminal reaches the whole group: the parent decides what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop = _stop_signals(signal.SIGTERM)
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
            await door.drain(min(options.grace, 0.5))
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


@contextlib.asynccontextmanager
async def _engines(options: Options) -> AsyncIterator[tuple[EngineRooms, Folder, int]]:
    real = ModelFolder(models_folder(options.models))
    folder: Folder = PacedFolder(real) if options.engine.simulated else real
    maker = EngineMaker(options.engine, context=options.context, threads=options.threads)
    rooms = EngineRooms(folder, maker)
    try:
        yield rooms, folder, maker.slots
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await rooms.close()


async def _only_one(path: Path) -> int | None:
    for _ in range(5):  # `tangnet-node status` holds it for an instant too
        lock = take_lock(path, wait=False)
        if lock is not None:
            return lock
        await asyncio.sleep(0.1)
    return None


async def _bind(service: NodeService, door: Door, trust: Trust, wanted: Listen) -> tuple[grpc.aio.Server, Listen]:
    """Start the server where `wanted` says. With port 0 the port after it must be free too, for pairing."""
    for _ in range(20):
        port = wanted.port or free_pair(wanted.host)
        server = grpc.aio.server(interceptors=(door,), options=OPTIONS)
        node_pb2_grpc.add_NodeServicer_to_server(service, server)
        try:
            server.add_secure_port(wanted.text(port=port), trust.credentials())
        except RuntimeError as error:
            await server.stop(None)
            if wanted.port:
                raise BadRequest(
                    f"{wanted.text()} cannot be listened on: the port is taken, or the address is not this machine's.",
                    "Choose another with --listen HOST:PORT.",
                ) from error
            continue
        await server.start()
        return server, Listen(wanted.host, port)
    raise BadRequest(f"No two free ports in a row on {wanted.host}.", "Choose one with --listen HOST:PORT.")


def free_pair(host: str) -> int:
    """Return a port that is free now, as is the one after it. Raises BadRequest."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        for _ in range(50):
            with socket.socket(family) as first, socket.socket(family) as second:
                first.bind((host, 0))
                port = int(first.getsockname()[1])
                if port >= 65_535:
                    continue
                with contextlib.suppress(OSError):
                    second.bind((host, port + 1))
                    return port
    except OSError as error:
        raise BadRequest(f"{host} is no address of this machine.", "Choose another with --listen.") from error
    raise BadRequest(f"No two free ports in a row on {host}.", "Choose one with --listen HOST:PORT.")


def _reachable(listen: Listen) -> str:
    """An address that can be typed on another machine, for one that listens everywhere."""
    if not listen.everywhere:
        return listen.host
    own = own_addresses(listen)
    return next((address for address in own if ":" not in address), own[0] if own else "127.0.0.1")


def _write_status(home: Path, identity: Identity, options: Options, address: str) -> None:
    status = {
        "pid": os.getpid(),
        "address": address,
        "id": identity.id,
        "fingerprint": fingerprint(identity.id),
        "name": options.name,
        "zone": options.zone,
        "version": __version__,
        "simulated": options.engine.simulated,
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    replace_file(home / STATUS_FILE, json.dumps(status, indent=1).encode(), mode=0o600)


async def _watch_trust(door: Door) -> None:
    while True:
        await asyncio.sleep(POLL_SECONDS)
        door.revoke_missing()


async def _first(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for `stop`; a background task that fails ends the node rather than leaving it half alive."""
    waiting = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiting}:
            await task
    finally:
        waiting.cancel()


def _stop_signals(*signals: signal.Signals) -> asyncio.Event:
    """Return an event that the signals set; a second one ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    told_before = False

    def told() -> None:
        nonlocal told_before
        if told_before:
            os._exit(130)
        told_before = True
        stop.set()

    for number in signals:
        loop.add_signal_handler(number, told)
    return stop


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
