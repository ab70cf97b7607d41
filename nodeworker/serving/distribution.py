"""Models that an administrator deployed to this node: kept over restarts, fetched in pieces, offered on in pieces.

What was deployed is a file for each model in <node home>/deployments/: the signed manifest, the peers and the cap, as
they came. At a start each is checked again, for its signer may not be trusted any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path

from google.protobuf.message import DecodeError

from nodeworker.errors import BadRequest, Busy, EngineError, ModelMissing, NoSpace, NotAllowed
from nodeworker.models.folder import ModelFolder
from nodeworker.models.model_file import ModelFile
from nodeworker.models.pieces import SPARE_BYTES, Gathering, PieceReader
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.files import replace_file
from nodeworker.protocol.identity import Identity, TrustFailure, follows, id_of_certificate
from nodeworker.protocol.manifest import ManifestFailure, opened
from nodeworker.protocol.pins import Pin, Pins
from nodeworker.serving.fetching import Fetching, names
from nodeworker.threads import Crew
from nodeworker.trust import Trust

log = logging.getLogger(__name__)

FOLDER = "deployments"
MOST_DEPLOYMENTS = 256
MOST_PEERS = 512
MOST_ADDRESSES = 16
LONGEST_ADDRESS = 300
AGAIN_SECONDS = 30.0
"""After which a fetch that found the disk full is tried again."""
TAKEN_SECONDS = 2.0
"""The same when another program on this machine fetches the model now."""
NEWS_SECONDS = 0.25
"""Shortest time between two reports of progress."""
HAVE_SECONDS = 0.5
"""Shortest time between two reports of which pieces are here."""
READERS = 4
"""Threads that read, hash and write pieces."""


class Kept:
    """One deployed model on this node."""

    def __init__(self, request: pb.DeployRequest, manifest: pb.Manifest, signer: str) -> None:
        self.request = request
        self.manifest = manifest
        self.signer = signer
        self.state = "waiting"
        self.message = ""
        self.reader: PieceReader | None = None
        self.fetching: Fetching | None = None
        self.dropped: list[str] = []
        self.verified = 0
        self.fetched = 0
        self.served = 0
        self.task: asyncio.Task[None] | None = None

    def report(self) -> pb.Deployment:
        """Say how far it is."""
        fetching, reader, total = self.fetching, self.reader, self.manifest.bytes
        gathering = reader if isinstance(reader, Gathering) else None
        return pb.Deployment(
            sha256=self.manifest.sha256,
            name=self.manifest.name,
            done=self.verified
            if self.state == "verifying"
            else gathering.done
            if gathering
            else total
            if reader
            else 0,
            total=total,
            bytes_per_second=fetching.bytes_per_second if fetching else 0.0,
            state=self.state,
            message=self.message or (fetching.waits_for if fetching else ""),
            served=self.served,
            fetched=fetching.fetched if fetching else self.fetched,
            peers=fetching.connected if fetching else 0,
            dropped=names(fetching.dropped) if fetching else self.dropped,
        )


class Distribution:
    """All deployed models of one node."""

    def __init__(
        self, *, home: Path, folder: ModelFolder, identity: Identity, trust: Trust, peers: Pins, zone: str
    ) -> None:
        """`peers` is the file of introduced peers, which `trust` reads too."""
        self._folder = folder
        self._identity = identity
        self._trust = trust
        self._peers = peers
        self._zone = zone
        self._records = home / FOLDER
        self._kept: dict[str, Kept] = {}
        self._crew = Crew("pieces", READERS)

    def use(self, identity: Identity) -> None:
        """Go by another key from the next connection to a peer on."""
        self._identity = identity

    async def start(self) -> None:
        """Go on with what was deployed before."""
        for path in sorted(self._records.glob("*.pb")):
            try:
                request = pb.DeployRequest.FromString(await self._crew.submit(path.read_bytes))
                manifest, signer = self._opened(request, kept=True)
            except (OSError, DecodeError, EngineError) as error:
                log.warning("the deployment %s is not gone on with: %s", path.stem[:16], error)
                continue
            self._begin(request, manifest, signer)

    async def close(self) -> None:
        """Stop fetching; what is here stays, and the next start goes on."""
        for kept in list(self._kept.values()):
            await self._stop(kept)
        self._crew.close()

    async def deploy(self, request: pb.DeployRequest) -> pb.Deployment:
        """Keep a model on this node from now on, or with `remove` no longer.

        Raises:
            NotAllowed: the signature is wrong, or the signer may not administer this node.
            BadRequest: manifest or peers make no sense.
            NoSpace: the model does not fit onto the disk.
        """
        if request.remove:  # the caller, who may administer, names it; nothing else of the manifest counts
            return await self._remove(_named(request.manifest.manifest))
        manifest, signer = self._opened(request)
        _check_peers(request.peers)
        old = self._kept.get(manifest.sha256)
        if old is None:
            if len(self._kept) >= MOST_DEPLOYMENTS:
                raise BadRequest(f"This node keeps {MOST_DEPLOYMENTS} models at most.")
            await self._crew.submit(lambda: self._check_space(manifest))
        await self._crew.submit(lambda: self._write(manifest.sha256, request))
        if old is not None and old.request.manifest.manifest == request.manifest.manifest and _goes_on(old):
            same_rate = old.request.bytes_per_second == request.bytes_per_second
            old.request = request
            await self._introduce()
            if old.fetching is None or same_rate:
                if old.fetching is not None:
                    old.fetching.introduce(request.peers)
                return old.report()
        if old is not None:
            await self._stop(old)
        kept = self._begin(request, manifest, signer)
        await self._introduce()
        return kept.report()

    def reports(self, sha256: str = "") -> pb.DeploymentsReply:
        """Say how far each model is, or the one with that sha256."""
        chosen = [kept for key, kept in sorted(self._kept.items()) if sha256 in ("", key)]
        return pb.DeploymentsReply(deployments=[kept.report() for kept in chosen])

    async def follow(self, sha256: str = "") -> AsyncGenerator[pb.DeploymentsReply, None]:
        """Yield `reports` now and after changes."""
        told: pb.DeploymentsReply | None = None
        while True:
            now = self.reports(sha256)
            if now != told:
                told = now
                yield now
            await asyncio.sleep(NEWS_SECONDS)

    async def pieces(self, sha256: str) -> AsyncGenerator[int, None]:
        """Yield the pieces of a model that are here, now and when there are more. Raises ModelMissing."""
        told = -1
        while True:
            have = self._reader(sha256).have
            if have != told:
                told = have
                yield have
            await asyncio.sleep(HAVE_SECONDS)

    async def read(self, sha256: str, index: int) -> bytes:
        """Return a verified piece. Raises ModelMissing when it is not here (yet)."""
        reader = self._reader(sha256)
        if not 0 <= index < reader.count or not reader.have >> index & 1:
            raise ModelMissing("That piece is not here.")
        data = await self._crew.submit(lambda: reader.read(index))
        self._kept[sha256].served += len(data)
        return data

    def _reader(self, sha256: str) -> PieceReader:
        kept = self._kept.get(sha256)
        if kept is None or kept.reader is None:
            raise ModelMissing("That model is not here.")
        return kept.reader

    # -- what was deployed -------------------------------------------------------------------------------------------

    def _opened(self, request: pb.DeployRequest, *, kept: bool = False) -> tuple[pb.Manifest, str]:
        """Return manifest and signer; of what was `kept` the signer may have a newer key now, proven by its old one."""
        try:
            manifest, signer = opened(request.manifest)
        except ManifestFailure as error:
            raise BadRequest(error.message, error.hint) from error
        except TrustFailure as error:
            raise NotAllowed(error.message, error.hint) from error
        pins = self._trust.pins()
        pin = pins.get(signer)
        if pin is None and kept:
            pin = next((pin for pin in pins.values() if follows(pin.certificate, signer)), None)
        if pin is None or not pin.may("administer"):
            raise NotAllowed(
                "Whoever signed this manifest may not administer this node.",
                "On the node: tangnet-node grant NAME administer.",
            )
        return manifest, signer

    def _check_space(self, manifest: pb.Manifest) -> None:
        begun = (self._folder.path / "partial" / f"{manifest.sha256}.pieces").exists()
        if begun or any(model.sha256 == manifest.sha256 for model in self._folder.all()):
            return
        if (free := self._folder.free()) < manifest.bytes + SPARE_BYTES:
            raise NoSpace(
                f"{manifest.name} needs {(manifest.bytes + SPARE_BYTES) // 10**6} MB there, "
                f"but only {free // 10**6} MB are free.",
                "Free some space on that machine, or give its node another folder with --models.",
            )

    def _write(self, sha256: str, request: pb.DeployRequest) -> None:
        try:
            replace_file(self._records / f"{sha256}.pb", request.SerializeToString())
        except OSError as error:
            raise NoSpace(f"What was deployed cannot be written down: {error.strerror}.") from error

    async def _introduce(self) -> None:
        """Let in, for pieces only, the peers of all deployments and nobody else."""
        found = {peer.id: peer for kept in self._kept.values() for peer in kept.request.peers}
        found.pop(self._identity.id, None)
        pins = [
            Pin(peer.id, peer.name, peer.certificate, address=next(iter(peer.addresses), ""), rights="pieces")
            for peer in found.values()
        ]
        try:
            await self._crew.submit(lambda: self._peers.replace_all(pins))
        except TrustFailure as error:
            raise NoSpace(error.message, error.hint) from error

    async def _remove(self, sha256: str) -> pb.Deployment:
        removed = pb.Deployment(sha256=sha256, state="removed")
        if (old := self._kept.pop(sha256, None)) is not None:
            await self._stop(old)
            removed.name, removed.total = old.manifest.name, old.manifest.bytes
            (self._records / f"{sha256}.pb").unlink(missing_ok=True)
            await self._introduce()
        await self._crew.submit(lambda: self._delete(sha256))
        return removed

    def _delete(self, sha256: str) -> None:
        with self._folder.alone(sha256):
            self._folder.forget_pieces(sha256)
            with contextlib.suppress(ModelMissing, NotAllowed):  # a starter model belongs to its package
                self._folder.remove(sha256)

    # -- bringing it here --------------------------------------------------------------------------------------------

    def _begin(self, request: pb.DeployRequest, manifest: pb.Manifest, signer: str) -> Kept:
        kept = self._kept[manifest.sha256] = Kept(request, manifest, signer)
        kept.task = asyncio.create_task(self._bring(kept), name=f"deployment of {manifest.name}")
        return kept

    async def _stop(self, kept: Kept) -> None:
        if kept.task is not None:
            kept.task.cancel()
            await asyncio.gather(kept.task, return_exceptions=True)
        kept.reader = None

    async def _bring(self, kept: Kept) -> None:
        """Work on one model until it is here or cannot be; a full disk is waited for."""
        while True:
            try:
                await self._once(kept)
                return
            except (Busy, NoSpace) as error:
                kept.state, kept.message = "waiting", error.message
                delay = TAKEN_SECONDS if isinstance(error, Busy) else AGAIN_SECONDS
            except (EngineError, OSError) as error:
                kept.state = "failed"
                kept.message = error.message if isinstance(error, EngineError) else f"{error.strerror or error}."
                log.warning("%s: %s", kept.manifest.name, kept.message)
                return
            finally:
                if kept.fetching is not None:
                    kept.fetched, kept.dropped = kept.fetching.fetched, names(kept.fetching.dropped)
                    kept.fetching = None
            await asyncio.sleep(delay)

    async def _once(self, kept: Kept) -> None:
        manifest = kept.manifest
        cancelled = threading.Event()
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(cancelled.set)
            kept.state, kept.message, kept.verified = "verifying", "", 0
            present = await self._crew.submit(lambda: self._present(manifest))
            if present is None:
                alone = self._folder.alone(manifest.sha256)

                def lock() -> None:
                    alone.__enter__()
                    if cancelled.is_set():  # nobody waits for it any more
                        alone.__exit__(None, None, None)

                await self._crew.submit(lock)
                stack.callback(alone.__exit__, None, None, None)
                present = await self._fetched(kept, cancelled)
            kept.reader = PieceReader(manifest, _paths(manifest, present))
            kept.state, kept.message = "ready", ""

    async def _fetched(self, kept: Kept, cancelled: threading.Event) -> ModelFile:
        gathering = await self._crew.submit(lambda: self._folder.gather(kept.manifest))
        kept.reader, kept.state = gathering, "fetching"
        kept.fetching = Fetching(
            gathering,
            peers=kept.request.peers,
            signer=kept.signer,
            identity=self._identity,
            zone=self._zone,
            bytes_per_second=kept.request.bytes_per_second,
            crew=self._crew,
        )
        try:
            await kept.fetching.run()
        finally:
            with contextlib.suppress(NoSpace):
                gathering.note()
        kept.state = "verifying"

        def report(done: int, total: int) -> None:
            kept.verified = done

        def take_in() -> ModelFile:
            gathering.verify(report, cancelled)
            return self._folder.admit(gathering)

        work = self._crew.submit(take_in)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            cancelled.set()  # the lock is let go of only when the thread has let go of the files
            await asyncio.gather(work, return_exceptions=True)
            raise
        except EngineError:
            kept.reader = None
            raise

    def _present(self, manifest: pb.Manifest) -> ModelFile | None:
        """The model if all its files are here and right, hashed again where they changed since they last were."""
        model = next((model for model in self._folder.all() if model.sha256 == manifest.sha256), None)
        if model is None:
            return None
        try:
            self._folder.verify(model)
            paths = _paths(manifest, model)
            return model if all(self._folder.has_hash(paths[f.name], f.sha256) for f in manifest.files) else None
        except (EngineError, OSError):
            return None


def _named(manifest: bytes) -> str:
    try:
        sha256 = pb.Manifest.FromString(manifest).sha256
    except DecodeError as error:
        raise BadRequest("That is no manifest.") from error
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise BadRequest("The manifest names no model.")
    return sha256


def _goes_on(kept: Kept) -> bool:
    """Whether it needs no new beginning: one that waits for room on the disk begins anew when it is asked for again."""
    return kept.state in ("ready", "fetching", "verifying")


def _paths(manifest: pb.Manifest, model: ModelFile) -> dict[str, Path]:
    """Where the files of a model lie that is here."""
    if model.path.is_file():
        return {manifest.files[0].name: model.path}
    return {file.name: model.file(file.name) for file in manifest.files}


def _check_peers(peers: Sequence[pb.Peer] | Iterable[pb.Peer]) -> None:
    seen = set()
    for peer in peers:
        try:
            right = id_of_certificate(peer.certificate) == peer.id
        except TrustFailure as error:
            raise BadRequest("A peer's certificate cannot be read.") from error
        if not right or peer.id in seen:
            raise BadRequest("A peer's certificate is not that of its id, or it is named twice.")
        if len(peer.addresses) > MOST_ADDRESSES or any(len(address) > LONGEST_ADDRESS for address in peer.addresses):
            raise BadRequest(f"A peer has {MOST_ADDRESSES} addresses at most.")
        seen.add(peer.id)
        if len(seen) > MOST_PEERS:
            raise BadRequest(f"At most {MOST_PEERS} peers.")
