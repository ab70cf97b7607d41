"""The real `tangnet-node` process: ready line, announcement, draining, and a local child that ends with its parent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from nodeworker.protocol import SERVICE_TYPE
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from tests.integration.node_serving import client, command, running, until
from tests.integration.test_node_calls import ask, code_and_hint


def alive(pid: int) -> bool:
    """Whether a process still runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tn") as folder:
        yield Path(folder)


async def test_ready_serves_and_ends_with_status_0(home: Path) -> None:
    async with running(home, "--no-announce") as node:
        host, _, port = node.address.rpartition(":")
        assert host == "127.0.0.1" and int(port) > 0
        assert node.ready["event"] == "ready" and len(node.ready["id"]) == 64
        me = Identity.create()
        node.trust(me)
        async with client(node.address, me=me, node=node.certificate) as stub:
            about = await stub.Describe(pb.DescribeRequest(), timeout=5)
            assert (about.name, about.id) == ("pi", node.ready["id"])
        status = json.loads((node.folder / "status.json").read_text())
        assert (status["address"], status["pid"]) == (node.address, node.process.pid)
        asked = await asyncio.to_thread(
            subprocess.run, command("status", "--json"), capture_output=True, text=True, timeout=20
        )
        shown = json.loads(asked.stdout)
        assert (shown["state"], shown["address"], shown["id"]) == ("running", node.address, node.ready["id"])
        assert [peer["id"] for peer in shown["trusted"]] == [me.id]
        began = time.monotonic()
        assert await node.end() == 0
        assert time.monotonic() - began < 3
        assert not (node.folder / "status.json").exists()


async def test_announced_within_two_seconds_and_taken_back_on_sigterm(home: Path) -> None:
    seen: dict[str, float] = {}
    gone: dict[str, float] = {}

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Added:
            seen[name] = time.monotonic()
        elif state_change is ServiceStateChange.Removed:
            gone[name] = time.monotonic()

    listening = AsyncZeroconf()
    browser = AsyncServiceBrowser(listening.zeroconf, SERVICE_TYPE, handlers=[changed])
    try:
        async with running(home, "--zone", "attic", name="shed") as node:
            ready = time.monotonic()
            name = f"shed-{node.ready['id'][:8]}.{SERVICE_TYPE}"
            await until(lambda: name in seen)
            assert seen[name] - ready < 2.0
            info = AsyncServiceInfo(SERVICE_TYPE, name)
            assert await info.async_request(listening.zeroconf, 3000)
            assert info.decoded_properties == {
                "v": "1", "id": node.ready["id"][:16], "zone": "attic", "pairing": "0"
            }  # fmt: skip
            assert info.parsed_addresses() == ["127.0.0.1"]
            assert f"127.0.0.1:{info.port}" == node.address
            assert await node.end() == 0
            await until(lambda: name in gone)
    finally:
        await browser.async_cancel()
        await listening.async_close()


async def test_sigterm_lets_an_answer_finish_within_the_grace(home: Path) -> None:
    async with running(home, "--no-announce", "--grace", "10") as node:
        me = Identity.create()
        node.trust(me)
        async with client(node.address, me=me, node=node.certificate) as stub:
            call = stub.Generate(ask("1", max_tokens=40), timeout=30)
            events = aiter(call)
            await anext(events)
            node.process.send_signal(signal.SIGTERM)
            rest = [event async for event in events]
            assert rest[-1].done.usage.completion_tokens == 40
        assert await node.end(None) == 0


async def test_sigterm_cuts_a_long_answer_after_the_grace(home: Path) -> None:
    async with running(home, "--no-announce", "--grace", "0.3") as node:
        me = Identity.create()
        node.trust(me)
        async with client(node.address, me=me, node=node.certificate) as stub:
            events = aiter(stub.Generate(ask("1"), timeout=30))
            await anext(events)
            node.process.send_signal(signal.SIGTERM)
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                async for _ in events:
                    pass
            assert failure.value.code() == grpc.StatusCode.UNAVAILABLE
            assert code_and_hint(failure.value)[0] == "draining"
        assert await node.end(None, 5) == 0


async def test_two_nodes_of_one_name(home: Path) -> None:
    async with running(home, "--no-announce"):
        second = await asyncio.to_thread(
            subprocess.run,
            command("--name", "pi", "--listen", "127.0.0.1:0"),
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert second.returncode == 1
        assert "already runs" in second.stderr and "--name" in second.stderr


async def test_a_taken_port_is_a_sentence(home: Path) -> None:
    async with running(home, "--no-announce") as node:
        other = command("--name", "other", "--listen", node.address, "--json")
        second = await asyncio.to_thread(subprocess.run, other, capture_output=True, text=True, timeout=20)
        assert second.returncode == 1
        assert "another program has the port" in second.stderr and "Traceback" not in second.stderr
        assert json.loads(second.stdout)["event"] == "error"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--listen", "nowhere:x"),
        ("--name", "local"),
        ("--name", "../x"),
        ("--engine", "magic"),
        ("--what",),
        ("pairs",),
    ],
)
def test_wrong_usage_ends_with_2(home: Path, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_status_without_any_node(home: Path) -> None:
    done = subprocess.run(command("status", "--json"), capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert json.loads(done.stdout)["code"] == "bad_request"


async def local_child(folder: Path, home: Path, stdin: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command("--local-socket", str(folder / "s"), "--engine", "paced:50"),
        stdin=stdin,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


async def test_local_child_serves_privately_and_ends_with_stdin(home: Path, socket_folder: Path) -> None:
    child = await local_child(socket_folder, home, subprocess.PIPE)
    path = socket_folder / "s"
    try:
        await until(path.exists, 20)
        assert path.stat().st_mode & 0o077 == 0
        async with client(f"unix:{path}") as stub:
            about = await stub.Describe(pb.DescribeRequest(), timeout=5)  # it serves as soon as the socket is there
            assert about.name == "local" and about.id.startswith("local-")
            events = aiter(stub.Generate(ask("1"), timeout=30))
            await anext(events)
            child.send_signal(signal.SIGINT)  # Ctrl-C is the parent's affair
            await anext(events)
            began = time.monotonic()
            assert child.stdin is not None
            child.stdin.close()
            assert await asyncio.wait_for(child.wait(), 5) == 0
            assert time.monotonic() - began < 2
            assert not path.exists()
            with contextlib.suppress(grpc.aio.AioRpcError):
                async for _ in events:
                    pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(60)
"""


async def test_local_child_ends_when_its_parent_is_killed(home: Path, socket_folder: Path) -> None:
    path = socket_folder / "s"
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, *command("--local-socket", str(path), "--engine", "paced:50"),
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    try:
        await until(path.exists, 20)
        assert alive(child)
        parent.kill()
        await parent.wait()
        killed = time.monotonic()
        await until(lambda: not alive(child), 5)
        assert time.monotonic() - killed < 2.0
    finally:
        if alive(child):
            os.kill(child, signal.SIGKILL)


async def test_sigterm_ends_the_local_child_with_0(home: Path, socket_folder: Path) -> None:
    child = await local_child(socket_folder, home, subprocess.PIPE)
    await until((socket_folder / "s").exists, 20)
    child.terminate()
    assert await asyncio.wait_for(child.wait(), 5) == 0


def test_a_socket_in_an_open_folder_is_refused(home: Path, socket_folder: Path) -> None:
    socket_folder.chmod(0o755)
    arguments = command("--local-socket", str(socket_folder / "s"))
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "not private" in done.stderr
    long = command("--local-socket", str(socket_folder / ("x" * 100)))
    done = subprocess.run(long, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "too long" in done.stderr
