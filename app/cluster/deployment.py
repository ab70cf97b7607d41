"""Models on the nodes: deploying them, and following how far each node is; keeper.py keeps rules about them true.

This machine's own node hashes the model and offers its pieces; here the manifest is signed, each node is told of it and
of the others, and what they report is put together. Import it late: gRPC and cryptography.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from app.cluster import keeping
from app.cluster.client import NodeClient
from app.cluster.failures import mapped
from app.cluster.trust import TrustStore, join_address, split_address, trust_errors
from app.cluster.wire import one_line
from app.errors import ModelError, NodeError, NodeLost, TangnetError
from app.events import DeploymentInfo, NodeInfo
from nodeworker.protocol import DEFAULT_PORT
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.manifest import checked, sign

OFFER_PORT = DEFAULT_PORT + 2
"""Where this machine offers pieces while it deploys, unless another program has that port."""
DEPLOY_SECONDS = 30.0
STATE_SECONDS = 3.0
FOLLOW_SECONDS = 24 * 3600.0
AGAIN_SECONDS = 0.5
"""Between two attempts to hear of a node that went away in the middle."""
HAD_SECONDS = 60.0
"""After which a node that had a model is asked again."""
GONE_SECONDS = 15.0
"""How long a node that cannot be reached is waited for once all others have ended."""
NODES_SECONDS = 2.0
"""How often it is looked whether there are other nodes to hear of."""
REFUSED_SECONDS = 600.0
"""A node that says that it keeps no models is asked again after that, or when it is connected to anew."""
LONGEST_MESSAGE = 300

log = logging.getLogger(__name__)

News = asyncio.Queue[DeploymentInfo | TangnetError]


class Deployer:
    """Deploys models over one cluster."""

    def __init__(
        self,
        home: Path,
        *,
        local: Callable[[], Awaitable[NodeClient]],
        client: Callable[[str], NodeClient | None],
        nodes: Callable[[], tuple[NodeInfo, ...]],
        port: int = OFFER_PORT,
    ) -> None:
        """`local` gives the connection to this machine's node, `client` that to a trusted node by id."""
        self._home = home
        self._local = local
        self._client = client
        self._nodes = nodes
        self._port = port
        self._store = TrustStore(home)
        self._had: dict[tuple[str, str], float] = {}
        """(node, model) -> until when it need not be asked whether it still has it."""

    async def deploy(
        self, model: str, targets: Sequence[NodeInfo], *, rate: float = 0.0
    ) -> AsyncGenerator[DeploymentInfo, None]:
        """Bring a model that this machine has to `targets`; yields every change until all have it or cannot.

        Args:
            model: Name or sha256.
            targets: Trusted nodes, connected or not.
            rate: MB/s that each node may fetch with; 0 = no cap.

        Raises:
            ModelError: this machine does not have the model.
            NodeError: this machine's node cannot offer it.
            TrustError: this machine's key cannot be used.
        """
        news: News = asyncio.Queue()
        begun: asyncio.Future[tuple[pb.Manifest, int]] = asyncio.get_running_loop().create_future()
        offer = asyncio.create_task(self._offer(model, begun, news))
        offer.add_done_callback(lambda _: news.put_nowait(NodeError("The offer of the model ended.", code="internal")))
        tasks = {offer}
        try:
            while not begun.done():
                item = await news.get()
                if isinstance(item, TangnetError):
                    raise item
                yield item
            manifest, port = begun.result()
            identity = await asyncio.to_thread(self._store.identity)
            # While a new key is being told, the nodes that can be reached know that one.
            signer = await asyncio.to_thread(self._store.following) or identity
            signed = sign(manifest.SerializeToString(), signer)
            told = {node.id: node for node in targets}
            others = await self._holders(manifest.sha256, set(told))
            peers = self._peers([*targets, *others])
            request = pb.DeployRequest(manifest=signed, bytes_per_second=int(rate * 1_000_000), peers=peers)
            for node in (*targets, *others):
                work = self._deploy_to(node, request, port, identity, news if node.id in told else None)
                tasks.add(asyncio.create_task(work))
            async with aclosing(self._until_all_ended(set(told), news)) as infos:
                async for info in infos:
                    yield info
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def remove(self, sha256: str, targets: Sequence[NodeInfo]) -> list[DeploymentInfo]:
        """Delete a model from nodes that it was deployed to. What fails is a DeploymentInfo with state failed."""
        return list(await asyncio.gather(*(self._remove_from(node, sha256) for node in targets)))

    async def deployments(self) -> AsyncGenerator[tuple[DeploymentInfo, ...], None]:
        """Yield how far each deployed model is on each node that can be reached, now and after each change."""
        known: dict[str, tuple[DeploymentInfo, ...]] = {}
        changed = asyncio.Event()
        watchers: dict[str, asyncio.Task[None]] = {}
        clients: dict[str, NodeClient | None] = {}
        """Over which connection each is followed."""
        told: tuple[DeploymentInfo, ...] | None = None
        try:
            while True:
                ids = {node.id: node for node in self._nodes() if node.trusted and not node.local}
                over = [id for id in watchers if watchers[id].done() or self._client(id) is not clients[id]]
                for id in over + [id for id in watchers if id not in ids and id not in over]:
                    watchers.pop(id).cancel()
                    known.pop(id, None)
                for id, node in ids.items():
                    if id not in watchers and self._client(id) is not None:
                        clients[id] = self._client(id)
                        watchers[id] = asyncio.create_task(self._watch(node, known, changed))
                now = tuple(info for id in sorted(known) for info in known[id])
                if now != told:
                    told = now
                    yield now
                changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(NODES_SECONDS):
                        await changed.wait()
        finally:
            for task in watchers.values():
                task.cancel()
            await asyncio.gather(*watchers.values(), return_exceptions=True)

    async def lacking(self, keep: keeping.Keep) -> list[NodeInfo]:
        """Return the nodes that a rule speaks of, that can be told now, and that do not have the model yet."""
        now = time.monotonic()
        nodes = [
            node
            for node in keeping.wanting(keep, self._nodes())
            if not keeping.has(node, keep.sha256) and now > self._had.get((node.id, keep.sha256), 0.0)
        ]
        states = await asyncio.gather(*(self._state(node, keep.sha256) for node in nodes))
        for node, state in zip(nodes, states, strict=True):
            if state == "ready":
                self._had[node.id, keep.sha256] = now + HAD_SECONDS
        return [node for node, state in zip(nodes, states, strict=True) if state != "ready"]

    # -- one deployment ----------------------------------------------------------------------------------------------

    async def _offer(
        self,
        model: str,
        begun: asyncio.Future[tuple[pb.Manifest, int]],
        news: News,
    ) -> None:
        """Have this machine's node offer the model for as long as this task lives, again when it was restarted."""
        sha256, served = "", 0
        while True:
            before = served
            try:
                client = await self._local()
                call = client.stub.Offer(
                    pb.OfferRequest(model=sha256 or model, port=self._port), timeout=FOLLOW_SECONDS
                )
                try:
                    with mapped("this machine"):
                        async for reply in call:
                            served = before + reply.served
                            if reply.manifest and not begun.done():
                                with trust_errors():
                                    manifest = checked(reply.manifest)
                                model, sha256, self._port = manifest.name, manifest.sha256, reply.port
                                begun.set_result((manifest, reply.port))
                            state = "offering" if begun.done() else "hashing"
                            own = DeploymentInfo("local", "local", model, sha256, state, reply.done, reply.total)
                            news.put_nowait(replace(own, served=served))
                finally:
                    call.cancel()
            except TangnetError as error:
                if not begun.done() and not isinstance(error, NodeLost):
                    news.put_nowait(error)
                    return
                log.info("the offer of %s broke off: %s", model, error.message)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _holders(self, sha256: str, but: set[str]) -> list[NodeInfo]:
        """The nodes beside the targets that have the model or some of it: they are to give pieces, too."""
        nodes = [node for node in self._nodes() if node.id not in but and keeping.can_be_told(node)]
        states = await asyncio.gather(*(self._state(node, sha256) for node in nodes))
        return [
            node
            for node, state in zip(nodes, states, strict=True)
            if keeping.has(node, sha256) or state in ("ready", "fetching", "verifying")
        ]

    def _peers(self, nodes: Sequence[NodeInfo]) -> list[pb.Peer]:
        pins = {pin.id: pin for pin in self._store.pins()}
        return [
            pb.Peer(
                id=node.id,
                certificate=pins[node.id].certificate,
                addresses=[address for address in dict.fromkeys((node.address, pins[node.id].address)) if address],
                zone=node.zone,
                name=node.name,
            )
            for node in nodes
            if node.id in pins
        ]

    async def _deploy_to(
        self,
        node: NodeInfo,
        request: pb.DeployRequest,
        port: int,
        identity: Identity,
        news: News | None,
    ) -> None:
        """Tell one node and follow it until it has the model or cannot have it; a node that went is waited for."""
        manifest = checked(request.manifest.manifest)
        info = DeploymentInfo(node.name, node.id, manifest.name, manifest.sha256, "waiting", total=manifest.bytes)

        def tell(now: DeploymentInfo) -> DeploymentInfo:
            if news is not None:
                news.put_nowait(now)
            return now

        while True:
            try:
                client = self._client(node.id)
                if client is None:
                    raise NodeLost(f"{node.name} cannot be reached.")
                own = pb.DeployRequest()
                own.CopyFrom(request)
                address = await asyncio.to_thread(_own_address, node.address)
                if address:
                    own.peers.add(
                        id=identity.id,
                        certificate=identity.certificate,
                        addresses=[join_address(address, port)],
                        zone=node.zone if address.startswith("127.") else "",
                        name="the administrator's machine",
                    )
                with mapped(node.name):
                    reply = await client.stub.Deploy(own, timeout=DEPLOY_SECONDS)
                info = tell(_info(node, reply.deployment))
                async with aclosing(_followed(client, node, manifest.sha256)) as reports:
                    async for reports_now in reports:
                        for report in reports_now:
                            info = tell(report)
                        if info.ended:
                            return
            except NodeLost as error:
                info = tell(replace(info, state="unreachable", message=error.message, bytes_per_second=0.0))
            except NodeError as error:
                tell(replace(info, state="failed", message=f"{error.message} {error.hint}".strip()))
                return
            await asyncio.sleep(AGAIN_SECONDS)

    async def _until_all_ended(self, waiting: set[str], news: News) -> AsyncGenerator[DeploymentInfo, None]:
        latest: dict[str, DeploymentInfo] = {}
        gone_since: float | None = None
        while waiting:
            gone = all(id in latest and latest[id].state == "unreachable" for id in waiting)
            gone_since = (gone_since or time.monotonic()) if gone else None
            if gone_since is not None and time.monotonic() - gone_since > GONE_SECONDS:
                return
            try:
                async with asyncio.timeout(AGAIN_SECONDS):
                    item = await news.get()
            except TimeoutError:
                continue
            if isinstance(item, TangnetError) or latest.get(item.node_id) == item:
                continue
            latest[item.node_id] = item
            yield item
            if item.ended:
                waiting.discard(item.node_id)

    async def _remove_from(self, node: NodeInfo, sha256: str) -> DeploymentInfo:
        info = DeploymentInfo(node.name, node.id, "", sha256, "failed")
        client = self._client(node.id)
        if client is None:
            return replace(info, message=f"{node.name} cannot be reached.")
        try:
            with mapped(node.name):
                named = pb.SignedManifest(manifest=pb.Manifest(sha256=sha256).SerializeToString())
                request = pb.DeployRequest(manifest=named, remove=True)
                return _info(node, (await client.stub.Deploy(request, timeout=DEPLOY_SECONDS)).deployment)
        except NodeError as error:
            return replace(info, message=f"{error.message} {error.hint}".strip())

    # -- following ---------------------------------------------------------------------------------------------------

    async def _watch(
        self, node: NodeInfo, known: dict[str, tuple[DeploymentInfo, ...]], changed: asyncio.Event
    ) -> None:
        client = self._client(node.id)
        if client is None:
            return
        try:
            async with aclosing(_followed(client, node, "")) as reports:
                async for now in reports:
                    known[node.id] = now
                    changed.set()
        except NodeError as error:
            log.debug("%s: %s", node.name, error.message)
            await asyncio.sleep(NODES_SECONDS if isinstance(error, NodeLost) else REFUSED_SECONDS)
        finally:
            known.pop(node.id, None)
            changed.set()

    async def _state(self, node: NodeInfo, sha256: str) -> str:
        client = self._client(node.id)
        if client is None:
            return ""
        try:
            async with asyncio.timeout(STATE_SECONDS), aclosing(_followed(client, node, sha256)) as reports:
                async for now in reports:
                    return now[0].state if now else ""
        except (NodeError, TimeoutError):
            return ""
        return ""


def chosen(
    nodes: Sequence[NodeInfo], *, names: Sequence[str] = (), every: bool = False, label: str = "", zone: str = ""
) -> list[NodeInfo]:
    """Return the trusted nodes that are named (name or beginning of the id), or all, or those of a label or zone.

    Raises:
        NodeError: one of the names is no trusted node's, or none is left.
    """
    remote = [node for node in nodes if node.trusted and not node.local]
    found: dict[str, NodeInfo] = {}
    for name in names:
        low = name.strip().lower()
        hits = [node for node in remote if node.name.lower() == low] or [
            node for node in remote if len(low) >= 4 and node.id.startswith(low)
        ]
        if len(hits) != 1:
            known = ", ".join(f"{node.name} ({node.id[:8]})" for node in remote) or "none"
            what = "Several paired nodes are" if hits else "No paired node is"
            raise NodeError(f"{what} called {name}.", code="node_unknown", hint=f"Paired: {known}.")
        found[hits[0].id] = hits[0]
    for node in remote:
        if every or (label and label in node.labels) or (zone and node.zone == zone):
            found[node.id] = node
    if not found:
        raise NodeError("No paired node is meant by that.", code="node_unknown", hint="`tangnet nodes` lists them.")
    return list(found.values())


def here(models: Sequence[str], wanted: str) -> ModelError:
    """Return the error for a model that this machine does not have."""
    return ModelError(
        f"This machine has no model {wanted!r} to give.",
        code="model_missing",
        hint=f"Add it with `tangnet models add`. Here: {', '.join(models) or 'none'}.",
    )


async def _followed(
    client: NodeClient, node: NodeInfo, sha256: str
) -> AsyncGenerator[tuple[DeploymentInfo, ...], None]:
    """Yield what a node reports. Raises NodeError; NodeLost also when the stream ends."""
    call = client.calm_stub.Deployments(pb.DeploymentsRequest(sha256=sha256), timeout=FOLLOW_SECONDS)
    try:
        with mapped(node.name):
            async for reply in call:
                yield tuple(_info(node, deployment) for deployment in reply.deployments)
    finally:
        call.cancel()
    raise NodeLost(f"{node.name} has gone.")


def _info(node: NodeInfo, deployment: pb.Deployment) -> DeploymentInfo:
    speed = deployment.bytes_per_second
    return DeploymentInfo(
        node=node.name,
        node_id=node.id,
        model=one_line(deployment.name),
        sha256=one_line(deployment.sha256, 64),
        state=one_line(deployment.state, 20),
        done=deployment.done,
        total=deployment.total,
        bytes_per_second=speed if 0.0 <= speed < float("inf") else 0.0,
        message=one_line(deployment.message, LONGEST_MESSAGE),
        fetched=deployment.fetched,
        served=deployment.served,
        peers=deployment.peers,
        dropped=tuple(one_line(name) for name in deployment.dropped[:32]),
    )


def _own_address(node_address: str) -> str:
    """This machine's address as a node at `node_address` sees it; "" when there is no way there. Blocking."""
    try:
        host, port = split_address(node_address, DEFAULT_PORT)
        family, kind, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(target)  # sends nothing: only the way there is looked up
            return str(probe.getsockname()[0])
    except (OSError, TangnetError):
        return ""
