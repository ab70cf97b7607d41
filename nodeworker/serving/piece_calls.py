"""The calls about models in pieces: a node's (`PieceCalls`), and the small server that a desktop's own node opens.

The desktop's models are offered by its local node, in a server of their own that has `Pieces` and `ReadPiece` and no
other call, and that exists only while somebody holds an `Offer` call on the local socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import grpc

from nodeworker.errors import BadRequest, Busy, ModelMissing, NotAllowed, Unsupported
from nodeworker.models.folder import ModelFolder
from nodeworker.models.model_file import ModelFile
from nodeworker.models.pieces import PieceReader, make_manifest
from nodeworker.protocol import SERVER_OPTIONS, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.manifest import PIECE_BYTES
from nodeworker.protocol.pins import Pins
from nodeworker.serving.distribution import Distribution
from nodeworker.serving.door import CALLER, Door
from nodeworker.threads import Crew
from nodeworker.trust import Trust

log = logging.getLogger(__name__)
Context = grpc.aio.ServicerContext

ONCE_SECONDS = 3.0
"""A piece that went to one node goes to another only so much later: by then it can be had from the first."""
OFFER_SECONDS = 0.5
"""Between two reports of an offer."""
_SERVICE = "node.v1.Node"


class PieceCalls(node_pb2_grpc.NodeServicer):
    """The part of a node's service that is about models in pieces."""

    distribution: Distribution | None = None
    """None on a desktop's own node: it keeps what its user adds."""
    offers: Offers | None = None
    """None on a node of the network."""
    shelf: ModelFolder | None = None
    """What ReadModel reads from."""

    async def Deploy(self, request: pb.DeployRequest, context: Context[Any, Any]) -> pb.DeployReply:
        """Keep a model from now on."""
        return pb.DeployReply(deployment=await self._deployed().deploy(request))

    async def Deployments(
        self, request: pb.DeploymentsRequest, context: Context[Any, Any]
    ) -> AsyncGenerator[pb.DeploymentsReply, None]:
        """Report how far each model is."""
        async with contextlib.aclosing(self._deployed().follow(request.sha256)) as reports:
            async for report in reports:
                yield report

    async def Pieces(
        self, request: pb.PiecesRequest, context: Context[Any, Any]
    ) -> AsyncGenerator[pb.PiecesReply, None]:
        """Say which pieces are here."""
        async with contextlib.aclosing(self._deployed().pieces(request.sha256)) as reports:
            async for have in reports:
                yield _reply(have)

    async def ReadPiece(
        self, request: pb.ReadPieceRequest, context: Context[Any, Any]
    ) -> AsyncGenerator[pb.ModelPiece, None]:
        """Give one piece."""
        data = await self._deployed().read(request.sha256, request.index)
        yield pb.ModelPiece(offset=request.index * PIECE_BYTES, data=data)

    async def ReadModel(
        self, request: pb.ReadModelRequest, context: Context[Any, Any]
    ) -> AsyncGenerator[pb.ModelPiece, None]:
        """Give the weights of a model from an offset on, as one stream."""
        path = await asyncio.to_thread(self._weights, request.sha256)
        offset = request.offset
        with path.open("rb") as file:
            while data := await asyncio.to_thread(os.pread, file.fileno(), PIECE_BYTES, offset):
                yield pb.ModelPiece(offset=offset, data=data)
                offset += len(data)

    async def Offer(self, request: pb.OfferRequest, context: Context[Any, Any]) -> AsyncGenerator[pb.OfferReply, None]:
        """Offer one of this machine's models to paired nodes for as long as the call lasts."""
        if not CALLER.get().local or self.offers is None:
            raise NotAllowed("Only a user of that machine may offer its models.")
        async with contextlib.aclosing(self.offers.offer(request)) as replies:
            async for reply in replies:
                yield reply

    def _deployed(self) -> Distribution:
        if self.distribution is None:
            raise Unsupported("Models are not deployed to a desktop's own node.", "tangnet models add NAME")
        return self.distribution

    def _weights(self, sha256: str) -> Path:
        model = next((model for model in self.shelf.all() if model.sha256 == sha256), None) if self.shelf else None
        if model is None or self.shelf is None:
            raise ModelMissing("That model is not here.")
        self.shelf.verify(model)
        return model.main_file


class _Offered:
    """One model that is offered now."""

    def __init__(self, reader: PieceReader) -> None:
        self.reader = reader
        self.given: dict[int, tuple[str, float]] = {}
        """Piece -> to whom and when it went last."""
        self.served = 0
        self.ended = asyncio.Event()


class Offers:
    """What a desktop's own node offers. The server runs while there is at least one offer."""

    def __init__(self, home: Path, folder: ModelFolder) -> None:
        """`home` holds the desktop's key and the nodes that it trusts."""
        self._home = home
        self._folder = folder
        self._crew = Crew("offer", 2)
        self._offered: dict[str, _Offered] = {}
        self._holders: dict[str, int] = {}
        self._made: dict[str, tuple[pb.Manifest, PieceReader]] = {}
        self._server: grpc.aio.Server | None = None
        self._door: Door | None = None
        self._port = 0
        self._lock = asyncio.Lock()

    async def offer(self, request: pb.OfferRequest) -> AsyncGenerator[pb.OfferReply, None]:
        """Report hashing, then the manifest and where it is served, then what was given out. Raises ModelMissing."""
        model = await self._crew.submit(lambda: self._find(request.model))
        async with contextlib.aclosing(self._hashed(model)) as replies:
            async for reply in replies:
                yield reply
        manifest, reader = self._made[model.sha256]
        async with self._serving(reader, request.port) as offered:
            data = manifest.SerializeToString()
            while True:
                total = manifest.bytes
                yield pb.OfferReply(done=total, total=total, manifest=data, port=self._port, served=offered.served)
                data = b""
                await asyncio.sleep(OFFER_SECONDS)

    async def pieces(self, request: pb.PiecesRequest, context: Context[Any, Any]) -> AsyncIterator[pb.PiecesReply]:
        """Say that all pieces are here, until the offer ends."""
        offered = self._one(request.sha256)
        yield _reply(offered.reader.have)
        await offered.ended.wait()

    async def read_piece(
        self, request: pb.ReadPieceRequest, context: Context[Any, Any]
    ) -> AsyncIterator[pb.ModelPiece]:
        """Give one piece, unless another node got it a moment ago."""
        offered = self._one(request.sha256)
        index, caller, now = request.index, CALLER.get().id, time.monotonic()
        if not 0 <= index < offered.reader.count:
            raise BadRequest("There is no such piece.")
        to, at = offered.given.get(index, (caller, 0.0))
        if to != caller and now - at < ONCE_SECONDS:
            raise Busy("Another node is given this piece now.", retry_ms=1000 * (at + ONCE_SECONDS - now))
        offered.given[index] = (caller, now)
        data = await self._crew.submit(lambda: offered.reader.read(index))
        offered.served += len(data)
        yield pb.ModelPiece(offset=index * PIECE_BYTES, data=data)

    def _one(self, sha256: str) -> _Offered:
        offered = self._offered.get(sha256)
        if offered is None:
            raise ModelMissing("That model is not offered now.")
        return offered

    def _find(self, name: str) -> ModelFile:
        wanted = name.strip().lower()
        for model in self._folder.all():
            if wanted in (model.name.lower(), model.sha256):
                self._folder.verify(model)
                return model
        raise ModelMissing(f"There is no model {name!r} on this machine.", "Add it first: tangnet models add NAME")

    async def _hashed(self, model: ModelFile) -> AsyncGenerator[pb.OfferReply, None]:
        """Hash the model unless that was done since this process began; files that change meanwhile only fail."""
        if model.sha256 in self._made:
            return
        cancelled, now = threading.Event(), [0, model.bytes]

        def report(done: int, total: int) -> None:
            now[:] = [done, total]

        entry = self._folder.entry(model.sha256)
        work = self._crew.submit(lambda: make_manifest(model, entry, report, cancelled))
        try:
            while not (await asyncio.wait([work], timeout=OFFER_SECONDS))[0]:
                yield pb.OfferReply(done=now[0], total=now[1])
            self._made[model.sha256] = work.result()
        finally:
            cancelled.set()

    @contextlib.asynccontextmanager
    async def _serving(self, reader: PieceReader, port: int) -> AsyncIterator[_Offered]:
        sha256 = reader.manifest.sha256
        async with self._lock:
            if self._server is None:
                await self._open(port)
            offered = self._offered.setdefault(sha256, _Offered(reader))
            self._holders[sha256] = self._holders.get(sha256, 0) + 1
        try:
            yield offered
        finally:
            self._holders[sha256] -= 1
            if not self._holders[sha256]:
                offered.ended.set()
                del self._holders[sha256], self._offered[sha256]
            async with self._lock:
                if not self._offered and self._server is not None:
                    server, self._server = self._server, None
                    await server.stop(0.2)

    async def _open(self, port: int) -> None:
        identity = await asyncio.to_thread(Identity.load_or_create, self._home)
        trust = Trust(identity, Pins(self._home / "trust.toml"))
        for wanted in (port, 0):
            server = grpc.aio.server(interceptors=(Door(trust),), options=SERVER_OPTIONS)
            server.add_generic_rpc_handlers((self._handlers(),))
            try:
                self._port = server.add_secure_port(f"[::]:{wanted}", trust.credentials())
            except RuntimeError:  # the port is taken, or there is no IPv6
                try:
                    self._port = server.add_secure_port(f"0.0.0.0:{wanted}", trust.credentials())
                except RuntimeError:
                    await server.stop(None)
                    continue
            await server.start()
            self._server = server
            return
        raise BadRequest("No port can be opened to offer a model.")

    def _handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            _SERVICE,
            {
                "Pieces": grpc.unary_stream_rpc_method_handler(
                    self.pieces,
                    request_deserializer=pb.PiecesRequest.FromString,
                    response_serializer=pb.PiecesReply.SerializeToString,
                ),
                "ReadPiece": grpc.unary_stream_rpc_method_handler(
                    self.read_piece,
                    request_deserializer=pb.ReadPieceRequest.FromString,
                    response_serializer=pb.ModelPiece.SerializeToString,
                ),
            },
        )


def _reply(have: int) -> pb.PiecesReply:
    return pb.PiecesReply(have=have.to_bytes(-(-have.bit_length() // 8) or 1, "little"))
