"""The front before a node's port: bytes go through as they are, floods and silence don't; killed, it comes back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import psutil
import pytest

from nodeworker.errors import BadRequest
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.serving.fronted import Fronted, fronted
from nodeworker.serving.limits import Limits
from nodeworker.settings import Listen
from tests.integration.node_serving import client, running, until
from tests.strangers import children, client_hello, flood

ANY = Listen("127.0.0.1", 0)
HELLO = b"\x16\x03\x01"


@contextlib.asynccontextmanager
async def echoing(limits: Limits | None = None) -> AsyncIterator[tuple[Fronted, list[str]]]:
    """A front with a server behind it that sends everything back, and the names of its callers."""
    peers: list[str] = []

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername").decode().strip("\0"))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async with fronted(ANY, limits=limits) as front:
        server = await asyncio.start_unix_server(met, front.inner.removeprefix("unix:"))
        async with server:
            await front.serve()
            yield front, peers


async def ended(reader: asyncio.StreamReader, seconds: float = 5.0) -> bool:
    """Whether a connection is cut within so many seconds without a byte."""
    try:
        async with asyncio.timeout(seconds):
            return await reader.read(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


async def test_bytes_go_through_both_ways_however_slowly_they_are_read() -> None:
    async with echoing() as (front, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", front.listen.port)
        sent = HELLO + os.urandom(8_000_000)
        writer.write(sent)
        await asyncio.sleep(0.2)  # nobody reads: both buffers and those of the kernel fill up
        got = b""
        while len(got) < len(sent):
            got += await reader.read(1_000_000)
        assert got == sent
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()


async def test_what_is_no_handshake_is_cut_at_once_and_what_is_silent_soon() -> None:
    async with echoing(Limits(silent_seconds=0.3)) as (front, peers):
        for opening in (
            b"GET / HTTP/1.1\r\n\r\n",
            b"\x00",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x04",
            b"",
            b"\x16",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", front.listen.port)
            writer.write(opening)
            assert await ended(reader), opening
            writer.close()
        assert peers == []


async def test_the_first_byte_alone_costs_nothing_and_the_second_is_waited_for() -> None:
    async with echoing() as (front, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", front.listen.port)
        writer.write(HELLO[:1])
        await asyncio.sleep(0.2)
        before = psutil.Process(front.pid).cpu_times().user
        await asyncio.sleep(1.0)
        assert psutil.Process(front.pid).cpu_times().user - before < 0.3
        writer.write(HELLO[1:])
        assert await reader.read(3) == HELLO
        writer.close()


async def test_who_does_not_prove_itself_is_cut_and_who_does_stays() -> None:
    async with echoing(Limits(handshake_seconds=0.6)) as (front, peers):
        (one, good), (two, bad) = [await asyncio.open_connection("127.0.0.1", front.listen.port) for _ in "ab"]
        good.write(HELLO)
        await until(lambda: len(peers) == 1)
        front.met(f"unix-abstract:{peers[0]}")
        bad.write(HELLO)
        assert await one.read(3) == await two.read(3) == HELLO
        assert await ended(two)
        good.write(b"still here")
        assert await one.read(100) == b"still here"
        good.close()
        bad.close()


async def test_it_is_started_again_when_it_dies() -> None:
    async with echoing() as (front, _):
        first = front.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: front.pid not in (None, first))
        reader, writer = await asyncio.open_connection("127.0.0.1", front.listen.port)
        writer.write(HELLO)
        assert await reader.read(3) == HELLO
        writer.close()


async def test_it_ends_with_the_node_even_one_that_was_killed(home: Path) -> None:
    async with running(home, "--no-announce") as node:
        mine = children(node.process.pid)
        assert mine
        await node.end(signal.SIGKILL)
        port = int(node.address.rpartition(":")[2])
        with socket.create_server(("127.0.0.1", port + 1)):
            await until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in mine))


async def test_its_folder_goes_with_it_and_that_of_a_killed_node_when_the_next_starts(home: Path) -> None:
    def folder_of(fronted: Fronted) -> Path:
        return Path(fronted.inner.removeprefix("unix:")).parent

    async with fronted(ANY) as other:
        first = folder_of(other)
        text = "import asyncio, os, signal; from tests.integration.test_front import ANY, fronted\n"
        text += "async def main():\n async with fronted(ANY) as port:\n"
        text += "  print(port.inner, flush=True); os.kill(os.getpid(), signal.SIGKILL)\nasyncio.run(main())"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", text, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        left = Path(said.decode().strip().removeprefix("unix:")).parent
        assert left.exists() and first.exists()
        async with fronted(ANY):
            assert not left.exists() and first.exists()
    assert not first.exists()


async def test_a_taken_address_and_no_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for listen in (Listen("127.0.0.1", taken.getsockname()[1]), Listen("203.0.113.9", 0)):
            with pytest.raises(BadRequest):
                async with fronted(listen):
                    raise AssertionError


async def test_a_flood_from_other_addresses_harms_neither_a_running_answer_nor_a_new_connection(home: Path) -> None:
    me = Identity.create()
    async with running(home, "--no-announce", "--engine", "paced:100,20000") as node:
        node.trust(me)
        port = int(node.address.rpartition(":")[2])
        async with client(node.address, me=me, node=node.certificate) as stub:
            request = pb.GenerateRequest(request_id="1", messages=[pb.Message(role="user", content="go on")])
            request.sampling.max_tokens = 400
            call = stub.Generate(request, timeout=60)
            events = aiter(call)
            await anext(events)
            with flood(port, [f"127.0.0.{number}" for number in range(2, 40)], a_second=1000) as made:
                tokens = 0
                while tokens < 150:
                    async with asyncio.timeout(2):
                        tokens += len((await anext(events)).token.ids)
                async with asyncio.timeout(2):  # a new connection, and from another address than the flood's
                    async with client(node.address, me=me, node=node.certificate) as another:
                        assert (await another.Describe(pb.DescribeRequest(), timeout=2)).id == node.ready["id"]
                assert made[0] > 500
            call.cancel()


async def test_a_flood_from_the_own_address_is_slowed_down(home: Path) -> None:
    """Of the same address as the desktop: before that was met, only its own rate is given."""
    async with echoing(Limits(address_rate=0.01, address_burst=5)) as (front, peers):
        with flood(front.listen.port, ["127.0.0.1"], a_second=200, opening=client_hello()) as made:
            await until(lambda: made[0] >= 200)
        assert 1 <= len(peers) <= 5  # the handshakes of those that were quick to go were not even begun


async def test_calls_need_a_deadline_that_ends_some_day(home: Path) -> None:
    me = Identity.create()
    async with running(home, "--no-announce") as node:
        node.trust(me)
        async with client(node.address, me=me, node=node.certificate) as stub:
            await stub.Describe(pb.DescribeRequest(), timeout=5)
            for seconds in (None, 30 * 24 * 3600.0):
                with pytest.raises(grpc.aio.AioRpcError) as failure:
                    await stub.Describe(pb.DescribeRequest(), timeout=seconds)
                assert failure.value.code() == grpc.StatusCode.INVALID_ARGUMENT
