"""The metrics page of a node that serves: over a real socket, against bad callers, and as a process with --metrics."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nodeworker.errors import BadRequest
from nodeworker.protocol import RETRY_KEY
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.serving import metrics
from nodeworker.serving.exposition import CONTENT_TYPE
from nodeworker.serving.metrics import MOST_CONNECTIONS, MOST_HEAD_BYTES
from nodeworker.settings import Listen
from tests.integration.node_serving import client, command, running, serving, until
from tests.integration.test_node_calls import ask, refused
from tests.prometheus import parse

GET = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def fetched(address: str, request: bytes = GET) -> tuple[int, dict[str, str], str]:
    """Send bytes and read the whole answer: status, headers, body."""
    host, _, port = address.rpartition(":")
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        answer = await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert int(headers["content-length"]) == len(body)
    return int(lines[0].split(" ")[1]), headers, body.decode()


@contextlib.asynccontextmanager
async def served(text: str = "x 1\n", error: Exception | None = None) -> AsyncIterator[str]:
    async def made() -> str:
        if error is not None:
            raise error
        return text

    async with metrics.serving(Listen("127.0.0.1", 0), made) as address:
        yield address


async def test_the_page_is_what_prometheus_expects() -> None:
    async with served() as address:
        status, headers, body = await fetched(address)
        assert (status, body) == (200, "x 1\n")
        assert headers["content-type"] == CONTENT_TYPE.lower()
        assert headers["connection"] == "close" and headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        status, headers, _ = await fetched(address, GET.replace(b"GET", b"DELETE"))
        assert status == 405 and headers["allow"] == "get"
        assert (await fetched(address, GET.replace(b"127.0.0.1", b"evil.example")))[0] == 403
        assert (await fetched(address, GET.replace(b"/metrics", b"/")))[0] == 404


async def test_requests_that_are_too_large_cut_or_nonsense_do_no_harm() -> None:
    async with served() as address:
        large = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * MOST_HEAD_BYTES * 2 + b"\r\n\r\n"
        with contextlib.suppress(ConnectionResetError):  # it may close before all of it was sent
            assert (await fetched(address, large))[0] == 431
        host, _, port = address.rpartition(":")
        for part in (b"", b"GET /met", b"\0" * 100):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(part)
            writer.write_eof()
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
        assert (await fetched(address, b"\xff\xfe\r\n\r\n"))[0] == 400
        assert (await fetched(address))[0] == 200


async def test_callers_that_say_nothing_cannot_use_it_up_and_end_with_the_node() -> None:
    async with served() as address:
        host, _, port = address.rpartition(":")
        silent = [await asyncio.open_connection(host, int(port)) for _ in range(MOST_CONNECTIONS)]
        await until_status(address, 503)
        silent.pop()[1].close()
        await until_status(address, 200)
    for reader, writer in silent:  # the server has closed, and them with it
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def until_status(address: str, wanted: int) -> None:
    """Ask until the answer has that status."""
    async with asyncio.timeout(5):
        status = 0
        while status != wanted:
            await asyncio.sleep(0.01)
            status, _, _ = await fetched(address)


async def test_figures_that_fail_are_a_500_and_the_server_goes_on() -> None:
    async with served(error=ValueError("secret")) as address:
        for _ in range(2):
            status, _, body = await fetched(address)
            assert status == 500 and "secret" not in body


async def test_a_taken_port_is_a_sentence() -> None:
    async with served() as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(BadRequest, match="cannot be listened on"):
            async with metrics.serving(Listen("127.0.0.1", port), lambda: asyncio.sleep(0, "")):
                pass
    async with metrics.serving(None, lambda: asyncio.sleep(0, "")) as nothing:
        assert nothing == ""


async def test_watch_and_busy_tell_the_wait_that_then_comes_true(home: Path) -> None:
    """One slot and answers of 30 tokens at 100 tokens/s: a queue of two is 0.6 s and what is left of the first."""
    engine = "paced:100,100000,slots=1,answer=30,cells=4096"
    async with serving(home, engine=engine, limits={"chat": 2}) as node, client(node.address) as stub:
        async for _ in stub.Generate(ask("0"), timeout=10):
            pass
        calls = [stub.Generate(ask(str(number)), timeout=10) for number in range(1, 4)]
        firsts = [await anext(aiter(call)) for call in calls]
        assert [event.WhichOneof("kind") for event in firsts] == ["prefill", "queued", "queued"]
        status = await anext(aiter(stub.Watch(pb.WatchRequest(), timeout=10)))
        assert (status.active, status.queued, status.slots) == (1, 2, 1)
        assert 600 <= status.predicted_wait_ms <= 3 * 301  # three whole answers with their prompts, at most
        assert status.kv_cells == 4096 and 0 < status.free_kv_cells < 4096
        assert (status.decode_rate, status.prefill_rate) == (100, 100_000)
        full = stub.Generate(ask("4"), timeout=10)
        assert (await refused(full))[1] == "busy"
        trailing = {key: value for key, value in await full.trailing_metadata() or ()}
        assert 1 <= int(trailing[RETRY_KEY]) <= 3 * 301
        for call in calls:
            async for _ in call:
                pass
        await until(lambda: node.rooms.chat.active == 0)
        after = await anext(aiter(stub.Watch(pb.WatchRequest(), timeout=10)))
        assert (after.predicted_wait_ms, after.queued) == (0, 0)


async def test_a_second_question_is_seen_in_the_cache_of_the_node(home: Path) -> None:
    from nodeworker.protocol.prefixes import block_hashes

    async with serving(home, engine="paced:5000,100000,answer=5") as node, client(node.address) as stub:
        text = "The lighthouse was built in 1840. " * 40
        request = ask("1")
        request.messages[0].content = text
        async for _ in stub.Generate(request, timeout=10):
            pass
        status = await anext(aiter(stub.Watch(pb.WatchRequest(), timeout=10)))
        assert set(block_hashes([("user", text)])) <= set(status.cached_prefixes)
        request.request_id = "2"
        done = [event async for event in stub.Generate(request, timeout=10)][-1].done
        assert done.usage.cached_tokens > 0.8 * done.usage.prompt_tokens


async def test_a_process_with_metrics_counts_what_it_does(home: Path) -> None:
    async with running(home, "--no-announce", "--metrics", "127.0.0.1:0", "--engine", "paced:500,5000,seed=3") as node:
        me = Identity.create()
        node.trust(me)
        async with client(node.address, me=me, node=node.certificate) as stub:
            async for _ in stub.Generate(ask("1", max_tokens=8), timeout=10):
                pass
        shown = json.loads((node.folder / "status.json").read_text())["metrics"]
        assert shown.startswith("http://127.0.0.1:") and shown.endswith("/metrics")
        address = shown.removeprefix("http://").removesuffix("/metrics")
        status, _, body = await fetched(address)
        found = parse(body)
        assert status == 200
        assert found["tangnet_node_requests_total"].value(role="chat", outcome="ok") == 1
        assert found["tangnet_node_completion_tokens_total"].value() == 8
        assert found["tangnet_node_memory_resident_bytes"].value() > 10e6
        assert 'simulated="true"' in body and "hello" not in body  # what was asked is nowhere in it
        asked = await asyncio.to_thread(
            subprocess.run, command("status", "--name", "pi"), capture_output=True, text=True, timeout=20
        )
        assert "simulated" in asked.stdout and shown in asked.stdout
        assert await node.end() == 0
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await fetched(address)


async def test_without_the_option_nothing_listens(home: Path) -> None:
    async with running(home, "--no-announce") as node:
        assert json.loads((node.folder / "status.json").read_text())["metrics"] == ""
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", metrics.DEFAULT_PORT)) != 0


@pytest.mark.parametrize("address", ["0.0.0.0:9464", "[::]:1", "192.168.1.5:9464", "nonsense:x"])
def test_an_address_that_others_can_reach_is_wrong_usage(home: Path, address: str) -> None:
    done = subprocess.run(command("--metrics", address), capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "127.0.0.1:9464" in done.stderr or "HOST:PORT" in done.stderr
