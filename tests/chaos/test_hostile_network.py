"""All that a stranger, or a machine once paired, can throw at a node's ports: nothing gets in, nothing falls over.

The short part runs with every test run. The long one, with other seeds:
.venv/bin/python -m pytest tests/chaos/test_hostile_network.py -m chaos -s
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import os
import random
import re
import ssl
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nodeworker.protocol import MAX_MESSAGE_BYTES, TLS_NAME, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.pairing import Pairing
from nodeworker.protocol.pins import Pins
from tests.integration.node_serving import Process, client, command, running
from tests.integration.test_node_trust import pem
from tests.strangers import children, client_hello, resident

MOST_GROWN = 64
"""MiB that the node and its front may grow by, whatever strangers do."""
MOST_GROWN_PINNED = 256
"""The same for what a pinned machine sends: a few messages of the largest size are read at once."""
CALLS = [
    f"/node.v1.Node/{name}"
    for name in (
        "Describe",
        "Generate",
        "Embed",
        "Rerank",
        "Recognise",
        "ListModels",
        "FetchModel",
        "RemoveModel",
        "Deploy",
        "Rotate",
    )
]


@dataclass
class Attacked:
    """A running node, its friend, and dice."""

    node: Process
    friend: Identity
    dice: random.Random
    rounds: int
    pids: list[int]

    @property
    def port(self) -> int:
        return int(self.node.address.rpartition(":")[2])

    def stranger(self) -> str:
        """Some other loopback address."""
        return f"127.0.{self.dice.randrange(1, 200)}.{self.dice.randrange(1, 200)}"

    def memory(self) -> int:
        return sum(resident(pid) for pid in self.pids)

    async def ran(self) -> int:
        """How many calls that hold an engine the node has counted, and how many its pins are."""
        url = json.loads((self.node.folder / "status.json").read_text())["metrics"]
        page = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=5).read().decode())
        return sum(
            int(float(number)) for number in re.findall(r"^tangnet_node_requests_total\{.*\} (\S+)$", page, re.M)
        )

    async def serves(self) -> None:
        """The friend is answered, on a new connection, within two seconds."""
        async with asyncio.timeout(10), client(self.node.address, me=self.friend, node=self.node.certificate) as stub:
            assert (await stub.Describe(pb.DescribeRequest(), timeout=2)).id == self.node.ready["id"]


@contextlib.asynccontextmanager
async def attacked(home: Path, seed: int, rounds: int) -> AsyncIterator[Attacked]:
    """A node with a friend; at the end it still serves him, nobody else was let in, and it did not grow."""
    print(f"\nseed {seed}, {rounds} rounds")
    friend = Identity.create()
    async with running(home, "--no-announce", "--metrics", "127.0.0.1:0") as node:
        node.trust(friend)
        under = Attacked(node, friend, random.Random(seed), rounds, [node.process.pid, *children(node.process.pid)])
        await under.serves()
        yield under
        await under.serves()
        assert node.process.returncode is None
        assert "Traceback" not in node.log.read_text(errors="replace")


async def throw(under: Attacked, port: int, data: bytes, *, linger: float = 0.05, slow: bool = False) -> None:
    """Send bytes from some address and leave, abruptly or not."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(under.stranger(), 0))
            try:
                for part in [data[at : at + 1] for at in range(len(data))] if slow else [data]:
                    writer.write(part)
                    await writer.drain()
                    if slow:
                        await asyncio.sleep(0.005)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(linger):
                        await reader.read(1000)
            finally:
                writer.transport.abort()


def mangled(dice: random.Random, data: bytes) -> bytes:
    """The same with some bytes changed, cut out or doubled."""
    made = bytearray(data)
    for _ in range(dice.randrange(1, 8)):
        at = dice.randrange(len(made))
        match dice.randrange(3):
            case 0:
                made[at] = dice.randrange(256)
            case 1:
                del made[at : at + dice.randrange(1, 20)]
            case _:
                made[at:at] = dice.randbytes(dice.randrange(1, 40))
        made = made or bytearray(b"\0")
    return bytes(made)


async def garbage_and_half_handshakes(under: Attacked) -> None:
    """Random bytes, mangled beginnings of TLS, silence, and bytes that come one by one."""
    dice, hello = under.dice, client_hello()
    for _ in range(under.rounds):
        several = [
            dice.randbytes(dice.randrange(1, 2000)),
            mangled(dice, hello),
            b"\x16\x03\x01" + dice.randbytes(500),
            hello,
        ]
        await asyncio.gather(*(throw(under, under.port, data) for data in several))
    await asyncio.gather(
        *(throw(under, under.port, b"", linger=1.0) for _ in range(50)),
        *(throw(under, under.port, hello[:100], slow=True) for _ in range(50)),
        under.serves(),
    )


async def the_other_doors(under: Attacked) -> None:
    """The metrics port, and the pairing port while it is open."""
    url = json.loads((under.node.folder / "status.json").read_text())["metrics"]
    metrics = int(re.findall(r":(\d+)/", url)[0])
    pair = await asyncio.create_subprocess_exec(*command("pair", "--json"), stdout=asyncio.subprocess.PIPE)
    assert pair.stdout is not None
    await pair.stdout.readline()
    hello = client_hello()
    for _ in range(under.rounds):
        request = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        await asyncio.gather(
            throw(under, metrics, mangled(under.dice, request)),
            throw(under, under.port + 1, under.dice.randbytes(200)),
            throw(under, under.port + 1, mangled(under.dice, hello)),
        )
    pair.terminate()
    await pair.wait()


def context_of(me: Identity, folder: str) -> ssl.SSLContext:
    """TLS as a pinned machine would speak it; what comes after is up to the test."""
    files = [os.path.join(folder, name) for name in ("c.pem", "k.pem")]
    for path, content in zip(files, (me.certificate.encode(), me.key), strict=True):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(*files)
    context.set_alpn_protocols(["h2"])
    return context


async def frames_after_a_good_handshake(under: Attacked) -> None:
    """HTTP/2 that makes no sense, from a machine that is trusted."""
    dice = under.dice
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    with tempfile.TemporaryDirectory() as folder:
        context = context_of(under.friend, folder)
        for _ in range(under.rounds):
            frames = b""
            for _ in range(dice.randrange(1, 10)):
                size = dice.choice([0, 4, 5, 6, 8, 100, 5000])
                claimed = size if dice.random() < 0.8 else dice.randrange(1 << 24)
                head = claimed.to_bytes(3, "big") + bytes([dice.randrange(12), dice.randrange(256)])
                frames += (
                    head + dice.choice([0, 1, 3, dice.randrange(1 << 31)]).to_bytes(4, "big") + dice.randbytes(size)
                )
            sent = dice.choice([preface, preface, b""]) + frames
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(5):
                    _, writer = await asyncio.open_connection("127.0.0.1", under.port, ssl=context)
                    writer.write(sent)
                    await writer.drain()
                    await asyncio.sleep(0.01)
                    writer.transport.abort()


async def messages_that_make_no_sense(under: Attacked) -> None:
    """Random and oversized messages to every call, from a machine that is trusted: each ends with a status."""
    dice = under.dice
    async with raw_channel(under) as channel:
        large: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(CALLS[2])
        for number in range(under.rounds):
            size = dice.choice([0, 3, 50, 3000])
            call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
                dice.choice([*CALLS, "/node.v1.Node/None", "/x/y", "/node.v1.Pairing/Exchange"])
            )
            with contextlib.suppress(grpc.aio.AioRpcError):
                await call(dice.randbytes(size), timeout=2)
            if number % 20 == 0:
                with pytest.raises(grpc.aio.AioRpcError) as failure:
                    await large(bytes(MAX_MESSAGE_BYTES + 1), timeout=10)
                assert failure.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        at_once = [large(bytes(MAX_MESSAGE_BYTES - 100), timeout=20) for _ in range(8)]
        for outcome in await asyncio.gather(*at_once, return_exceptions=True):
            assert isinstance(outcome, grpc.aio.AioRpcError)


@contextlib.asynccontextmanager
async def raw_channel(under: Attacked) -> AsyncIterator[grpc.aio.Channel]:
    """A channel of the friend's that sends bytes as they are."""
    credentials = grpc.ssl_channel_credentials(
        under.node.certificate.encode(), under.friend.key, under.friend.certificate.encode()
    )
    options = (("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1))
    async with grpc.aio.secure_channel(under.node.address, credentials, options=options) as channel:
        yield channel


def forged(kind: str, friend: Identity) -> Identity:
    """An identity that looks like the friend's and isn't, or that the friend has made."""
    theirs = serialization.load_pem_private_key(friend.key, password=None)
    assert isinstance(theirs, ec.EllipticCurvePrivateKey)
    mine = ec.generate_private_key(ec.SECP256R1())
    subject = x509.load_pem_x509_certificate(friend.certificate.encode()).subject
    other = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    until = 2021 if kind == "expired" else 2090
    made = (
        x509.CertificateBuilder()
        .subject_name(other if kind == "minted" else subject)
        .issuer_name(subject)
        .public_key(mine.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(until, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(TLS_NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=kind == "authority", path_length=None), critical=True)
        # minted, expired: signed with the friend's key. swapped, authority: with its own, under the friend's name.
        .sign(theirs if kind in ("minted", "expired") else mine, hashes.SHA256())
    )
    return Identity(made.public_bytes(serialization.Encoding.PEM).decode(), pem(mine), "0" * 64)


async def identities_that_are_not_pinned(under: Attacked) -> None:
    """Minted by a pinned machine, expired, swapped, and one that may sign others: none reaches a handler."""
    for kind in ("minted", "expired", "swapped", "authority"):
        async with client(under.node.address, me=forged(kind, under.friend), node=under.node.certificate) as stub:
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await stub.Describe(pb.DescribeRequest(), timeout=5)
        assert failure.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.PERMISSION_DENIED), kind


async def a_pairing_that_is_played_again(under: Attacked) -> None:
    """The very bytes of a good pairing, sent again to the next one: a wrong code, and nobody is pinned."""
    pins, me = Pins(under.node.folder / "trust.toml"), Identity.create()

    async def opened() -> tuple[asyncio.subprocess.Process, str]:
        pair = await asyncio.create_subprocess_exec(*command("pair", "--json"), stdout=asyncio.subprocess.PIPE)
        assert pair.stdout is not None
        return pair, json.loads(await asyncio.wait_for(pair.stdout.readline(), 20))["code"]

    @contextlib.asynccontextmanager
    async def desk() -> AsyncIterator[node_pb2_grpc.PairingAsyncStub]:
        credentials = grpc.ssl_channel_credentials(under.node.certificate.encode())
        options = (("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1))
        where = f"127.0.0.1:{under.port + 1}"
        async with grpc.aio.secure_channel(where, credentials, options=options) as channel:
            yield node_pb2_grpc.PairingStub(channel)

    pair, code = await opened()
    run = Pairing("client", code, me.certificate)
    hello = pb.PairExchange(spake=run.message, certificate=me.certificate.encode(), name="once")
    async with desk() as stub:
        run.finish((await stub.Exchange(hello, timeout=5)).spake, under.node.certificate)
        confirm = pb.PairConfirm(mac=run.mac, id=me.id)
        await stub.Confirm(confirm, timeout=5)
    await pair.wait()
    assert pins.remove(me.id) is not None
    before = {pin.id for pin in pins.all()}
    pair, _ = await opened()
    async with desk() as stub:
        with pytest.raises(grpc.aio.AioRpcError):  # a Confirm without its Exchange
            await stub.Confirm(confirm, timeout=5)
    for _ in range(2):
        async with desk() as stub:
            await stub.Exchange(hello, timeout=5)
            with pytest.raises(grpc.aio.AioRpcError):
                await stub.Confirm(confirm, timeout=5)
    pair.terminate()
    await pair.wait()
    assert {pin.id for pin in pins.all()} == before


Attack = Callable[[Attacked], Awaitable[None]]
FROM_STRANGERS: list[Attack] = [
    garbage_and_half_handshakes, the_other_doors, identities_that_are_not_pinned, a_pairing_that_is_played_again
]  # fmt: skip
FROM_THE_PINNED: list[Attack] = [frames_after_a_good_handshake, messages_that_make_no_sense]


async def withstands(home: Path, attack: Attack, seed: int, rounds: int) -> None:
    """Make one attack and check all that must hold after it."""
    async with attacked(home, seed, rounds) as under:
        strangers = attack in FROM_STRANGERS
        ran, before = await under.ran(), under.memory()
        await attack(under)
        grown = under.memory() - before
        print(f"{attack.__name__}: grew by {grown} MiB from {before}")
        if strangers:
            assert await under.ran() == ran, "a handler ran for a stranger"
            assert [pin.id for pin in Pins(under.node.folder / "trust.toml").all()] == [under.friend.id]
        assert grown <= (MOST_GROWN if strangers else MOST_GROWN_PINNED)


@pytest.mark.parametrize("attack", [*FROM_STRANGERS, *FROM_THE_PINNED], ids=lambda attack: attack.__name__)
async def test_a_little_of_everything(home: Path, attack: Attack) -> None:
    await withstands(home, attack, seed=20_260, rounds=15)


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("attack", [*FROM_STRANGERS, *FROM_THE_PINNED], ids=lambda attack: attack.__name__)
async def test_a_lot_of_everything(home: Path, attack: Attack) -> None:
    seed = int(os.environ.get("TANGNET_CHAOS_SEED") or random.SystemRandom().randrange(1_000_000))
    await withstands(home, attack, seed, rounds=int(os.environ.get("TANGNET_CHAOS_ROUNDS", "500")))


async def test_the_local_socket_takes_garbage_from_its_owner(home: Path) -> None:
    """Only this user reaches it at all; nonsense from him ends his connection and nothing else."""
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "n"
        process = await asyncio.create_subprocess_exec(
            *command("--local-socket", str(path), "--engine", "paced:50,5000", "--json"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        await asyncio.wait_for(process.stdout.readline(), 20)
        before = resident(process.pid)
        for _ in range(100):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_unix_connection(str(path))
                writer.write(
                    dice.choice([b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) + dice.randbytes(dice.randrange(3000))
                )
                await writer.drain()
                writer.transport.abort()
        async with client(f"unix:{path}") as stub:
            assert (await stub.Describe(pb.DescribeRequest(), timeout=5)).name == "local"
        assert resident(process.pid) - before <= MOST_GROWN
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0
