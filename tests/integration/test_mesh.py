"""Tailscale's list of peers, from a command that only looks like it: whom it makes us ask, what it cannot do to us."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from app.cluster import mesh
from tests.integration.node_serving import until


def machine(address: str, *, user: int = 1, online: object = True, tags: list[str] | None = None) -> dict[str, Any]:
    return {
        "HostName": "x",
        "UserID": user,
        "Online": online,
        "Tags": tags,
        "TailscaleIPs": [address, "fd7a:115c:a1e0::7"],
    }


def said(*machines: object) -> bytes:
    return json.dumps({"Self": {"UserID": 1}, "Peer": {f"key{n}": one for n, one in enumerate(machines)}}).encode()


def command(folder: Path, script: str) -> str:
    path = folder / mesh.COMMAND
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_own_and_tagged_machines_that_are_online() -> None:
    listed = said(
        machine("100.64.0.1"),
        machine("100.64.0.2", user=2),
        machine("100.64.0.3", user=2, tags=["tag:node"]),
        machine("100.64.0.4", online=False),
        machine("100.64.0.5", online="yes"),
        "nonsense",
        {"Online": True, "UserID": 1, "TailscaleIPs": "100.64.0.6"},
    )
    assert mesh.peers(listed) == ("100.64.0.1:7443", "100.64.0.3:7443")


def test_addresses_outside_of_tailscale_are_not_believed() -> None:
    listed = said(*(machine(address) for address in ("192.168.1.1", "127.0.0.1", "1.1.1.1", "100.128.0.1", "x", "")))
    assert set(mesh.peers(listed)) == {"[fd7a:115c:a1e0::7]:7443"}  # each machine's second address
    assert len(mesh.peers(said(*(machine(f"100.64.1.{n}") for n in range(200))))) == mesh.MOST_PEERS


@pytest.mark.parametrize(
    "listed",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'{"Peer": 3}',
        b'{"Self": [], "Peer": {}}',
        b'{"Peer": null}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_list_that_makes_no_sense_is_empty(listed: bytes) -> None:
    assert mesh.peers(listed) == ()


def test_a_command_that_fails_hangs_or_says_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh, "TIME_SECONDS", 0.3)
    monkeypatch.setattr(mesh, "MOST_BYTES", 10_000)
    for script in ("echo '{}'; exit 1", "exec sleep 60", "exec yes"):
        began = time.monotonic()
        assert mesh.listing(command(tmp_path, script)) == b""
        assert time.monotonic() - began < 10
    assert mesh.listing(str(tmp_path / "none")) == b""
    assert mesh.listing(command(tmp_path, 'echo "$@"')) == b"status --json\n"


async def test_each_machine_is_asked_and_not_again_so_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "listed.json"
    listed.write_bytes(said(machine("100.64.0.1")))
    command(tmp_path, f"echo x >> {tmp_path}/calls; cat {listed}")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(mesh, "LOOK_SECONDS", 0.02)
    asked: list[str] = []

    async def ask(address: str) -> None:
        asked.append(address)

    task = asyncio.create_task(mesh.follow(ask))
    try:
        await until(lambda: asked == ["100.64.0.1:7443"])
        listed.write_bytes(said(machine("100.64.0.1"), machine("100.64.0.2")))
        await until(lambda: len(asked) == 2)
        before = (tmp_path / "calls").stat().st_size
        await until(lambda: (tmp_path / "calls").stat().st_size > before + 4)
        assert asked == ["100.64.0.1:7443", "100.64.0.2:7443"]
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_without_the_command_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    async def ask(address: str) -> None:
        raise AssertionError(address)

    await mesh.follow(ask)
