"""Pairing over real TLS: the happy path with the real commands, wrong codes, expiry, and somebody in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from nodeworker.pairing_service import MAX_EXCHANGES, PairingDesk, PairingRequest
from nodeworker.protocol import TLS_NAME, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity, TrustFailure
from nodeworker.protocol.links import PairingLink, shared_fingerprint
from nodeworker.protocol.pairing import Pairing, PairingFailed
from nodeworker.protocol.pins import Pin, Pins
from nodeworker.settings import Listen
from nodeworker.trust_commands import qr
from tests.integration.node_serving import client, command, free_pair, running, until
from tests.integration.test_node_calls import code_and_hint

CODE = "12345678"
WRONG = "87654321"


async def pair_with(port: int, me: Identity, code: str, *, name: str = "desktop", id: str = "") -> Pairing:
    """Play the desktop's side; returns the finished run. Raises AioRpcError or PairingFailed."""
    seen = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port), timeout=5)
    run = Pairing("client", code, me.certificate)
    credentials = grpc.ssl_channel_credentials(seen.encode())
    options = (("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1))
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options=options) as channel:
        stub = node_pb2_grpc.PairingStub(channel)
        hello = pb.PairExchange(spake=run.message, certificate=me.certificate.encode(), name=name)
        theirs = await stub.Exchange(hello, timeout=5)
        run.finish(theirs.spake, seen)
        answer = await stub.Confirm(pb.PairConfirm(mac=run.mac, id=id or me.id), timeout=5)
        run.check(answer.mac)
    return run


class Desk:
    """A pairing desk in this process, with no node behind it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.identity = Identity.create()
        self.pins = Pins(home / "trust.toml")
        self.flags: list[bool] = []
        self.listen = Listen("127.0.0.1", free_pair("127.0.0.1"))
        self.port = self.listen.port + 1

    async def _opened(self, open: bool) -> None:
        self.flags.append(open)

    @contextlib.asynccontextmanager
    async def open(self, **wanted: Any) -> AsyncIterator[None]:
        """Run the desk and ask it for a pairing with CODE."""
        desk = PairingDesk(
            home=self.home,
            identity=self.identity,
            name="pi",
            pins=self.pins,
            listen=self.listen,
            address=self.listen.text(),
            opened=self._opened,
        )
        task = asyncio.create_task(desk.run())
        try:
            await asyncio.sleep(0)  # what lay there before it started is thrown away
            PairingRequest(CODE, **wanted).write(self.home)
            await until(lambda: self.state == "open")
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def request(self) -> PairingRequest | None:
        return PairingRequest.read(self.home)

    @property
    def state(self) -> str:
        return self.request.state if self.request else ""


async def reachable(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def test_the_real_commands_pair_and_unpair(home: Path) -> None:
    async with running(home, "--no-announce") as node:
        pairing_port = int(node.address.rpartition(":")[2]) + 1
        assert not await reachable(pairing_port)
        pair = await asyncio.create_subprocess_exec(
            *command("pair", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert pair.stdout is not None
        opened = json.loads(await asyncio.wait_for(pair.stdout.readline(), 20))
        link = PairingLink(node.address, opened["code"], node.ready["id"][:32])
        assert opened == {
            "event": "pairing",
            "code": link.code,
            "address": node.address,
            "expires_s": 120,
            "link": link.text(),
            "rights": ["use"],
        }
        assert (node.folder / "pairing.json").stat().st_mode & 0o777 == 0o600
        me = Identity.create()
        with pytest.raises(grpc.aio.AioRpcError):
            await pair_with(pairing_port, me, WRONG if opened["code"] != WRONG else CODE)
        wrong = json.loads(await asyncio.wait_for(pair.stdout.readline(), 20))
        assert wrong == {"event": "wrong_code", "tries_left": 2}
        run = await pair_with(pairing_port, me, opened["code"], name="my desk")
        assert run.peer_id == node.ready["id"]
        paired = json.loads(await asyncio.wait_for(pair.stdout.readline(), 20))
        assert paired == {
            "event": "paired",
            "name": "my desk",
            "id": me.id,
            "fingerprint": me.fingerprint,
            "shared_fingerprint": shared_fingerprint(me.id, node.ready["id"]),
        }
        assert await asyncio.wait_for(pair.wait(), 10) == 0
        assert not (node.folder / "pairing.json").exists()
        async with client(node.address, me=me, node=node.certificate) as stub:
            watch = aiter(stub.Watch(pb.WatchRequest(), timeout=30))
            await anext(watch)
            gone = await asyncio.to_thread(
                subprocess.run,
                command("unpair", "my desk"),
                capture_output=True,
                text=True,
                timeout=20,
            )
            assert gone.returncode == 0, gone.stderr
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                async with asyncio.timeout(5):
                    async for _ in watch:
                        pass
            assert code_and_hint(failure.value)[0] == "not_paired"
        assert not await reachable(pairing_port)


async def test_for_people_the_code_comes_with_a_qr_code_and_rights_are_changed_by_command(home: Path) -> None:
    async with running(home, "--no-announce") as node:
        pair = await asyncio.create_subprocess_exec(
            *command("pair", "--administer"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert pair.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Code: "):
            lines.append((await asyncio.wait_for(pair.stdout.readline(), 20)).decode().rstrip("\n"))
        link = PairingLink.parse(next(line for line in lines if "tangnet://" in line).split("'")[1])
        assert (link.address, link.code) == (node.address, lines[-1].removeprefix("Code: ").replace(" ", ""))
        drawn = [line for line in lines if line.startswith("\x1b[97;40m")]
        assert "\n".join(drawn) == qr(link.text())
        assert len(drawn) < 24
        me = Identity.create()
        await pair_with(int(node.address.rpartition(":")[2]) + 1, me, link.code, name="desk")
        told = (await asyncio.wait_for(pair.communicate(), 20))[0].decode()
        assert shared_fingerprint(me.id, node.ready["id"]) in told
        pins = Pins(node.folder / "trust.toml")
        assert pins.all()[0].rights == "use administer"
        for arguments, rights in (
            (("revoke", "desk", "administer", "use"), []),
            (("grant", "desk", "observe"), ["observe"]),
            (("grant", me.id[:8], "use", "observe"), ["use", "observe"]),
        ):
            done = await asyncio.to_thread(
                subprocess.run, command(*arguments, "--json"), capture_output=True, text=True, timeout=20
            )
            assert json.loads(done.stdout) == {"event": "rights", "name": "desk", "id": me.id, "rights": rights}
            assert pins.all()[0].rights.split() == rights


def test_pairing_without_a_running_node_is_a_sentence(home: Path) -> None:
    Identity.load_or_create(home / "node" / "pi")
    done = subprocess.run(command("pair"), capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "not running" in done.stderr


async def test_happy_path_closes_the_listener_and_wipes_the_code(tmp_path: Path) -> None:
    desk, me = Desk(tmp_path), Identity.create()
    async with desk.open():
        run = await pair_with(desk.port, me, CODE)
        assert run.peer_id == desk.identity.id
        await until(lambda: desk.state == "paired")
        assert [pin.id for pin in desk.pins.all()] == [me.id]
        request = desk.request
        assert request is not None and (request.code, request.peer_id) == ("", me.id)
        await until(lambda: desk.flags == [True, False])
        assert not await reachable(desk.port)


async def test_three_wrong_codes_close_it(tmp_path: Path) -> None:
    desk, me = Desk(tmp_path), Identity.create()
    async with desk.open():
        for left in (2, 1, 0):
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await pair_with(desk.port, me, WRONG)
            assert failure.value.code() == grpc.StatusCode.PERMISSION_DENIED
            assert code_and_hint(failure.value)[0] == "not_paired"
            if left:
                await until(lambda left=left: desk.request is not None and desk.request.tries_left == left)  # type: ignore[misc]
        await until(lambda: desk.state == "failed")
        request = desk.request
        assert request is not None and "three times" in request.reason and not request.code
        await until(lambda: desk.flags == [True, False])
        assert desk.pins.all() == ()


async def test_pairing_again_takes_no_right_away(tmp_path: Path) -> None:
    desk, me = Desk(tmp_path), Identity.create()
    desk.pins.add(Pin(me.id, "desk", me.certificate, rights="administer"))
    async with desk.open():
        await pair_with(desk.port, me, CODE)
        assert desk.pins.all()[0].rights == "use administer"


async def test_the_right_code_after_a_wrong_one(tmp_path: Path) -> None:
    desk, me = Desk(tmp_path), Identity.create()
    async with desk.open():
        with pytest.raises(grpc.aio.AioRpcError):
            await pair_with(desk.port, me, WRONG)
        await pair_with(desk.port, me, CODE)
        await until(lambda: desk.state == "paired")


async def test_it_expires(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.open(seconds=0.3):
        await until(lambda: desk.state == "expired")
        await until(lambda: desk.flags == [True, False])
        assert not await reachable(desk.port)


async def test_calling_it_off_closes_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.open():
        (tmp_path / "pairing.json").unlink()
        await until(lambda: desk.flags == [True, False])


async def test_a_flood_of_beginnings_closes_it(tmp_path: Path) -> None:
    desk, me = Desk(tmp_path), Identity.create()
    async with desk.open():
        options = (("grpc.ssl_target_name_override", TLS_NAME),)
        credentials = grpc.ssl_channel_credentials(desk.identity.certificate.encode())
        async with grpc.aio.secure_channel(f"127.0.0.1:{desk.port}", credentials, options=options) as channel:
            stub = node_pb2_grpc.PairingStub(channel)
            nonsense = pb.PairExchange(spake=b"x", certificate=b"y")
            for _ in range(MAX_EXCHANGES):
                with pytest.raises(grpc.aio.AioRpcError) as failure:
                    await stub.Exchange(nonsense, timeout=5)
                assert code_and_hint(failure.value)[0] == "bad_request"
            run = Pairing("client", CODE, me.certificate)
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await stub.Exchange(pb.PairExchange(spake=run.message, certificate=me.certificate.encode()), timeout=5)
            assert code_and_hint(failure.value)[0] == "not_paired"
        await until(lambda: desk.state == "failed")


async def test_another_id_than_the_shown_key_is_refused(tmp_path: Path) -> None:
    desk, me = Desk(tmp_path), Identity.create()
    async with desk.open():
        with pytest.raises(grpc.aio.AioRpcError):
            await pair_with(desk.port, me, CODE, id=Identity.create().id)
        assert desk.pins.all() == ()


class Middle(node_pb2_grpc.PairingServicer):
    """Relays a pairing between both sides with a certificate of its own, as somebody on the wire would."""

    def __init__(self, node_port: int, node: str, mallory: Identity) -> None:
        credentials = grpc.ssl_channel_credentials(node.encode())
        options = (("grpc.ssl_target_name_override", TLS_NAME),)
        self._channel = grpc.aio.secure_channel(f"127.0.0.1:{node_port}", credentials, options=options)
        self._stub = node_pb2_grpc.PairingStub(self._channel)
        self._mallory = mallory

    async def Exchange(self, request: pb.PairExchange, context: Any) -> pb.PairExchange:
        swapped = pb.PairExchange(
            spake=request.spake, certificate=self._mallory.certificate.encode(), name=request.name
        )
        answer = await self._stub.Exchange(swapped, timeout=5)
        return pb.PairExchange(spake=answer.spake, certificate=self._mallory.certificate.encode(), name=answer.name)

    async def Confirm(self, request: pb.PairConfirm, context: Any) -> pb.PairConfirm:
        try:
            answer = await self._stub.Confirm(pb.PairConfirm(mac=request.mac, id=self._mallory.id), timeout=5)
        except grpc.aio.AioRpcError:
            answer = pb.PairConfirm(mac=request.mac, id=request.id)  # bluff: hand the client its own MAC back
        return answer

    async def close(self) -> None:
        await self._channel.close(None)


async def test_somebody_in_the_middle_gains_nothing(tmp_path: Path) -> None:
    desk, me, mallory = Desk(tmp_path), Identity.create(), Identity.create()
    async with desk.open():
        middle = Middle(desk.port, desk.identity.certificate, mallory)
        server = grpc.aio.server()
        node_pb2_grpc.add_PairingServicer_to_server(middle, server)
        port = server.add_secure_port(
            "127.0.0.1:0", grpc.ssl_server_credentials([(mallory.key, mallory.certificate.encode())])
        )
        await server.start()
        try:
            with pytest.raises((PairingFailed, TrustFailure)):
                await pair_with(port, me, CODE)
        finally:
            await server.stop(0)
            await middle.close()
        await until(lambda: desk.request is not None and desk.request.tries_left == 2)
        assert desk.pins.all() == ()
