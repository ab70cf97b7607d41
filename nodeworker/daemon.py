"""A node on the network from start to end: mutual TLS, announcement, pairing, draining."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import time
from pathlib import Path

import grpc

from nodeworker import __version__
from nodeworker.announce import Announcement, own_addresses
from nodeworker.errors import BadRequest
from nodeworker.joining import Joiner
from nodeworker.models.folder import ModelFolder
from nodeworker.pairing_service import POLL_SECONDS, PairingDesk
from nodeworker.protocol import node_pb2_grpc
from nodeworker.protocol.files import replace_file, take_lock
from nodeworker.protocol.identity import Identity, fingerprint
from nodeworker.protocol.pins import Pins
from nodeworker.rotation import Rotation
from nodeworker.running import Options, Ready, engines, stop_signals
from nodeworker.serving import metrics
from nodeworker.serving.distribution import Distribution
from nodeworker.serving.door import Door
from nodeworker.serving.fronted import HANDSHAKE_OPTIONS, Fronted, fronted
from nodeworker.serving.server import OPTIONS, NodeService
from nodeworker.settings import Listen, models_folder, node_home
from nodeworker.trust import Trust

log = logging.getLogger(__name__)
LOCK_FILE = "node.lock"
STATUS_FILE = "status.json"
TRUST_FILE = "trust.toml"
PEERS_FILE = "peers.toml"
"""Other nodes, introduced by an administrator: let in for pieces of models only."""
ENDING_SECONDS = 1.0
"""Of the grace, kept for cutting what still runs and freeing the engines."""


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
    pins, peers = Pins(home / TRUST_FILE), Pins(home / PEERS_FILE)
    trust = Trust(identity, pins, peers)
    door = Door(trust)

    async def new_key(identity: Identity) -> None:
        service.renamed(identity.id)
        desk.identity = identity
        distribution.use(identity)
        _write_status(home, identity, options, address, shown)
        door.change_key()
        log.info("this node has a new key: %s", identity.fingerprint)
        await announcement.rename(identity.id)

    rotation = Rotation(home, identity, pins, trust, new_key)
    async with engines(options) as (rooms, folder, slots), contextlib.AsyncExitStack() as stack:
        service = NodeService(
            id=identity.id,
            name=options.name,
            zone=options.zone,
            labels=options.labels,
            rooms=rooms,
            folder=folder,
            door=door,
            slots=slots,
            simulated=options.engine.simulated,
            rotate=rotation.accept,
        )
        service.shelf = ModelFolder(models_folder(options.models))
        service.distribution = distribution = Distribution(
            home=home, folder=service.shelf, identity=identity, trust=trust, peers=peers, zone=options.zone
        )
        stack.push_async_callback(distribution.close)
        shown = await stack.enter_async_context(metrics.serving(options.metrics, service.figures))
        port = await stack.enter_async_context(fronted(options.listen, pairs=True))
        server = await _serve(service, door, trust, port)
        listen, address = port.listen, port.listen.text(host=_reachable(port.listen))
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
        tasks = [asyncio.create_task(desk.run()), asyncio.create_task(_watch_trust(door, rotation))]
        try:
            stop = stop_signals(signal.SIGTERM, signal.SIGINT)
            _write_status(home, identity, options, address, shown)
            if options.announce:
                await announcement.start()
            ready(address, identity.id, options.name)
            await distribution.start()
            joiner = Joiner(home, pins, options.name, options.zone, listen.port)
            await stack.enter_async_context(joiner.in_background(options.join))
            await _first(stop, tasks)
            seconds = max(options.grace - ENDING_SECONDS, options.grace / 2)
            log.info("going away: what cannot go on elsewhere gets %.1f s", seconds)
            door.draining = True
            rooms.touch()
            await asyncio.gather(announcement.close(), door.drain(seconds))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, announcement.close(), return_exceptions=True)
            await server.stop(0.2)
            with contextlib.suppress(OSError):
                (home / STATUS_FILE).unlink()
            os.close(lock)


async def _only_one(path: Path) -> int | None:
    for _ in range(5):  # `tangnet-node status` holds it for an instant too
        lock = take_lock(path, wait=False)
        if lock is not None:
            return lock
        await asyncio.sleep(0.1)
    return None


async def _serve(service: NodeService, door: Door, trust: Trust, port: Fronted) -> grpc.aio.Server:
    """Start the server and then the front before it. Raises BadRequest."""
    server = grpc.aio.server(interceptors=(door,), options=(*OPTIONS, *HANDSHAKE_OPTIONS))
    node_pb2_grpc.add_NodeServicer_to_server(service, server)
    door.met = port.met
    try:
        server.add_secure_port(port.inner, trust.credentials())
        await server.start()
        await port.serve()
    except (RuntimeError, OSError) as error:
        await server.stop(None)
        raise BadRequest(f"{port.listen.text()} cannot be served: {error}.") from error
    return server


def _reachable(listen: Listen) -> str:
    """An address that can be typed on another machine, for one that listens everywhere."""
    if not listen.everywhere:
        return listen.host
    own = own_addresses(listen)
    return next((address for address in own if ":" not in address), own[0] if own else "127.0.0.1")


def _write_status(home: Path, identity: Identity, options: Options, address: str, shown: str) -> None:
    status = {
        "pid": os.getpid(),
        "address": address,
        "id": identity.id,
        "fingerprint": fingerprint(identity.id),
        "name": options.name,
        "zone": options.zone,
        "version": __version__,
        "simulated": options.engine.simulated,
        "metrics": f"http://{shown}/metrics" if shown else "",
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    replace_file(home / STATUS_FILE, json.dumps(status, indent=1).encode(), mode=0o600)


async def _watch_trust(door: Door, rotation: Rotation) -> None:
    while True:
        await asyncio.sleep(POLL_SECONDS)
        door.revoke_missing()
        await rotation.look()


async def _first(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for `stop`; a background task that fails ends the node rather than leaving it half alive."""
    waiting = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiting}:
            await task
    finally:
        waiting.cancel()
