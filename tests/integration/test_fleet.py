"""Joining a fleet over real TLS: the real commands, used-up and old tokens, impostors, and being killed in between."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from app.cluster.fleet import FLEET_FILE, Fleet
from app.cluster.trust import TrustStore
from app.errors import TrustError
from nodeworker.joining import ControllerAway, Joiner, JoinRefused
from nodeworker.protocol import TLS_NAME, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity, TrustFailure
from nodeworker.protocol.links import JoinToken, join_statement, shared_fingerprint
from nodeworker.protocol.pins import Pin, Pins
from tests.integration.node_serving import command, free_pair, running, until

BEFORE_ANY = ("127.0.0.1:1",)


class Controller:
    """A desktop's fleet in this process; its clock is ours."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = 1_000_000.0
        self.store = TrustStore(home)
        self.fleet = Fleet(home, self.store, lambda: self.clock)
        self.joined: list[Pin] = []

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Serve on a free port; yields the address."""
        async with self.fleet.serving(("127.0.0.1", 0), lambda pin, zone: self.joined.append(pin)) as (host, port):
            yield f"{host}:{port}"

    def token(self, *addresses: str, uses: int = 1, rights: str = "use") -> JoinToken:
        return self.fleet.make(addresses, rights=rights, uses=uses, hours=1)


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    folder = tmp_path / "controller"
    folder.mkdir(mode=0o700)
    return Controller(folder)


def joiner(home: Path, name: str = "pi") -> Joiner:
    folder = home / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return Joiner(folder, Pins(folder / "trust.toml"), name, "attic", 7443)


async def test_both_sides_trust_each_other_and_joining_twice_is_harmless(controller: Controller, home: Path) -> None:
    node = joiner(home)
    async with controller.open() as address:
        token = controller.token(*BEFORE_ANY, address, rights="observe use")
        assert not node.has_joined(token)
        for _ in range(2):
            pin = await node.join(token)
            assert (pin.id, pin.rights) == (controller.store.identity().id, "use observe")
            assert [known.id for known in node.pins.all()] == [pin.id]
            (known,) = controller.store.pins()
            identity = Identity.load_or_create(node.home)
            assert (known.id, known.name, known.address) == (identity.id, "pi", "127.0.0.1:7443")
            assert known.certificate == identity.certificate
            assert not any(known.may(right) for right in ("use", "administer", "observe", "pieces"))
        assert len(controller.joined) == 1
        assert controller.fleet.tokens() == ()
        assert node.has_joined(token)


async def test_a_token_lets_in_as_many_as_it_says_and_keeps_count_over_restarts(
    controller: Controller, home: Path
) -> None:
    async with controller.open() as address:
        token = controller.token(address, uses=3)
        outcomes = await asyncio.gather(
            *(joiner(home, f"pi{number}").join(token) for number in range(2)), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [Pin, Pin]
    again = Controller(controller.home)
    again.clock = controller.clock
    assert [kept.uses_left for kept in again.fleet.tokens()] == [1]
    async with again.open() as address:
        moved = replace(token, addresses=(address,))
        outcomes = await asyncio.gather(
            *(joiner(home, f"new{number}").join(moved) for number in range(4)), return_exceptions=True
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["JoinRefused"] * 3 + ["Pin"]
        assert len(again.store.pins()) == 3
        await again.fleet.until_used_up()


async def test_old_closed_and_guessed_tokens_let_nobody_in(controller: Controller, home: Path) -> None:
    node = joiner(home)
    async with controller.open() as address:
        token = controller.token(address, uses=5)
        for wrong in (replace(token, secret=b"x" * 32), replace(token, id="0" * 16), replace(token, secret=b"")):
            with pytest.raises(JoinRefused) as refusal:
                await node.join(wrong)
            assert refusal.value.hint
        controller.clock += 3601
        with pytest.raises(JoinRefused):
            await node.join(token)
        controller.clock -= 3601
        assert controller.fleet.close() == 1
        with pytest.raises(JoinRefused):
            await node.join(token)
    assert controller.store.pins() == node.pins.all() == ()
    text = (controller.home / FLEET_FILE).read_text()
    assert token.secret.hex() not in text


def test_only_a_hash_of_the_secret_is_kept_and_only_for_the_user(controller: Controller) -> None:
    token = controller.token("h:1", uses=2)
    path = controller.home / FLEET_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    (kept,) = json.loads(path.read_text())
    assert kept["secret_sha256"] == token.hashed()
    assert token.text()[40:60] not in path.read_text()
    path.write_text('[{"id": 1}]')
    with pytest.raises(TrustError, match="cannot be read"):
        controller.fleet.tokens()


async def test_the_secret_goes_to_nobody_but_the_key_in_the_token(controller: Controller, home: Path) -> None:
    """Somebody with another key at the controller's address hears a TLS greeting, and no call."""
    impostor = Controller(home / "impostor")
    impostor.home.mkdir(mode=0o700)
    calls: list[str] = []

    class Ear(grpc.aio.ServerInterceptor):
        async def intercept_service(self, continuation: Any, details: Any) -> Any:
            calls.append(details.method)
            return await continuation(details)

    server = grpc.aio.server(interceptors=(Ear(),))
    identity = impostor.store.identity()
    port = server.add_secure_port(
        "127.0.0.1:0", grpc.ssl_server_credentials([(identity.key, identity.certificate.encode())])
    )
    await server.start()
    try:
        node = joiner(home)
        with pytest.raises(ControllerAway, match="another key"):
            await node.join(controller.token(f"127.0.0.1:{port}"))
    finally:
        await server.stop(0)
    assert calls == []
    assert node.pins.all() == ()


async def join_call(address: str, controller: str, request: pb.JoinRequest) -> pb.JoinReply:
    credentials = grpc.ssl_channel_credentials(controller.encode())
    options = (("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1))
    async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
        stub: Any = node_pb2_grpc.FleetStub(channel)
        reply: pb.JoinReply = await stub.Join(request, timeout=5)
        return reply


async def test_nobody_joins_with_a_certificate_that_is_not_its_own(controller: Controller) -> None:
    mine, victim = Identity.create(), Identity.create()
    own = controller.store.identity()
    async with controller.open() as address:
        token = controller.token(address)
        statement = join_statement(own.id, token.id)
        good = pb.JoinRequest(
            token_id=token.id,
            secret=token.secret,
            certificate=mine.certificate,
            name="pi\x1b[2J\n",
            port=7443,
            signature=mine.sign(statement),
        )
        for changes in (
            {"certificate": victim.certificate},
            {"signature": victim.sign(statement)},
            {"signature": mine.sign(join_statement(victim.id, token.id))},
            {"signature": b""},
            {"port": 0},
            {"port": 70_000},
            {"certificate": "nonsense"},
            {"certificate": own.certificate, "signature": own.sign(statement)},
        ):
            request = pb.JoinRequest(**{field.name: value for field, value in good.ListFields()} | changes)
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await join_call(address, own.certificate, request)
            assert failure.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert controller.store.pins() == ()
        await join_call(address, own.certificate, good)
    assert [pin.name for pin in controller.store.pins()] == ["pi[2J"]


async def test_an_unpaired_node_does_not_come_back_by_its_old_token(controller: Controller, home: Path) -> None:
    node = joiner(home)
    async with controller.open() as address:
        token = controller.token(address, uses=5)
        await node.join(token)
        controller.store.remove(controller.store.pins()[0].id)
        with pytest.raises(JoinRefused, match="unpaired"):
            await node.join(token)
        assert controller.store.pins() == ()
        await node.join(controller.token(address))
        assert len(controller.store.pins()) == 1


async def test_a_token_outlives_a_rotation_of_the_controllers_key(controller: Controller, home: Path) -> None:
    token = controller.token("127.0.0.1:1")
    controller.store.begin_rotation()
    new = controller.store.finish_rotation()
    async with controller.open() as address:
        pin = await joiner(home).join(replace(token, addresses=(address,)))
    assert pin.id == new.id != token.key
    assert [pin.knows for pin in controller.store.pins()] == [new.id]


async def test_a_controller_killed_between_trusting_and_counting_counts_at_the_next_try(
    controller: Controller, home: Path
) -> None:
    node = joiner(home)
    identity = Identity.load_or_create(node.home)
    controller.store.add(Pin(identity.id, "pi", identity.certificate, rights=""))
    async with controller.open() as address:
        token = controller.token(address, uses=2)
        await node.join(token)
    assert [kept.uses_left for kept in controller.fleet.tokens()] == [1]
    assert len(controller.store.pins()) == 1


async def test_nodes_of_one_name_get_names_of_their_own(controller: Controller, home: Path) -> None:
    async with controller.open() as address:
        token = controller.token(address, uses=3)
        for number in range(3):
            folder = home / str(number)
            folder.mkdir(mode=0o700)
            await Joiner(folder, Pins(folder / "trust.toml"), "raspberrypi", "", 7443).join(token)
    assert [pin.name for pin in controller.store.pins()] == ["raspberrypi", "raspberrypi-2", "raspberrypi-3"]


class EnoughError(Exception):
    """Ends a wait that would go on for ever."""


async def test_a_node_waits_for_its_controller_less_and_less_often(controller: Controller, home: Path) -> None:
    node, token = joiner(home), controller.token("127.0.0.1:1")
    pauses: list[float] = []

    def waiting(reason: str, seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            raise EnoughError

    with pytest.raises(EnoughError):
        await node.join_until(token, float("inf"), waiting, first=0.05)
    assert pauses == [0.05, 0.1, 0.2, 0.4]
    with pytest.raises(ControllerAway) as away:
        await node.join_until(token, 0.0, waiting)
    assert "tangnet pair --fleet" in away.value.hint


async def test_a_node_that_starts_first_joins_when_the_controller_comes(controller: Controller, home: Path) -> None:
    node = joiner(home)
    async with controller.open() as address:
        pass
    token = controller.token(address)
    came = asyncio.Event()
    waiting = asyncio.create_task(node.join_until(token, 30, lambda reason, seconds: came.set(), first=0.05))
    await came.wait()
    listen = ("127.0.0.1", int(address.rpartition(":")[2]))
    async with controller.fleet.serving(listen, lambda pin, zone: None):
        assert (await waiting).id == token.key


@contextlib.asynccontextmanager
async def pair_command(home: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "pair", "--fleet", "--json", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "TANGNET_HOME": str(home)},
        # Ctrl-C is ignored where the tests themselves were started in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def event(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    return dict(json.loads(await asyncio.wait_for(process.stdout.readline(), 30)))


async def test_the_real_commands_a_whole_fleet(controller: Controller, home: Path, tmp_path: Path) -> None:
    """One node joins by command, one by itself with a token in a file; the controller is killed in between."""
    listen = ("--listen", f"127.0.0.1:{free_pair('127.0.0.1')}")
    async with pair_command(controller.home, "--uses", "2", *listen) as process:
        made = await event(process)
        assert made["event"] == "token"
        token = JoinToken.parse(made["token"])
        assert (made["id"], made["uses"], made["rights"]) == (token.id, 2, ["use"])
        async with running(home, "--no-announce", name="first") as node:
            join = await asyncio.create_subprocess_exec(
                *command("join", "--json", made["token"]), stdout=asyncio.subprocess.PIPE
            )
            out, _ = await asyncio.wait_for(join.communicate(), 30)
            told, heard = json.loads(out), await event(process)
            assert (heard["event"], heard["name"], heard["id"]) == ("joined", "first", node.ready["id"])
            assert heard["address"] == node.address
            both = shared_fingerprint(token.key, node.ready["id"])
            assert told["shared_fingerprint"] == heard["shared_fingerprint"] == both
            process.send_signal(signal.SIGKILL)
            await process.wait()
    port = token.addresses[0].rpartition(":")[2]
    async with pair_command(controller.home, "--again", "--listen", f"127.0.0.1:{port}") as process:
        opened = await event(process)
        assert (opened["event"], opened["id"], opened["uses_left"]) == ("open", token.id, 1)
        secret = tmp_path / "token"
        secret.write_text(f"{token.text()}\n")
        async with running(home, "--no-announce", "--join", f"@{secret}", name="second") as node:
            heard = await event(process)
            assert (heard["event"], heard["name"]) == ("joined", "second")
            await until(lambda: bool(Pins(node.folder / "trust.toml").all()))
        closed = await event(process)
        assert closed == {"event": "closed", "tokens": 0, "uses_left": 0, "joined": 1}
        assert await asyncio.wait_for(process.wait(), 20) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_is_how_taking_in_a_fleet_ends(controller: Controller, number: signal.Signals) -> None:
    listen = ("--listen", f"127.0.0.1:{free_pair('127.0.0.1')}")
    async with pair_command(controller.home, "--uses", "3", *listen) as process:
        made = await event(process)
        process.send_signal(number)
        assert await event(process) == {"event": "closed", "tokens": 1, "uses_left": 3, "joined": 0}
        assert await asyncio.wait_for(process.wait(), 20) == 0
    assert [token.id for token in controller.fleet.tokens()] == [made["id"]]


async def test_nonsense_instead_of_a_token_is_a_sentence(home: Path) -> None:
    for given in ("nonsense", "@/no/such/file"):
        process = await asyncio.create_subprocess_exec(
            *command("--join", given, "--listen", "127.0.0.1:0"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 1
        assert "token" in errors.decode()


def test_rights_that_do_not_exist_make_no_token(controller: Controller) -> None:
    with pytest.raises(TrustError, match="no right"):
        controller.token("h:1", rights="everything")
    with pytest.raises((TrustError, TrustFailure)):
        controller.token("not an address")
