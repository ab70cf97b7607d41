"""Where a mesh VPN knows machines: Tailscale's list of peers, when its command is here. Hints only, and never needed.

Reading the list contacts nobody. Of the machines in it only those of the same user, or with a tag, are asked whether a
node is there, on the default port and seldom: other people's machines are not knocked at. What answers has to prove
its key as everywhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import shutil
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from nodeworker.protocol import DEFAULT_PORT

COMMAND = "tailscale"
LOOK_SECONDS = 60.0
ASK_SECONDS = 300.0
"""How often one machine is asked whether a node is there."""
TIME_SECONDS = 3.0
MOST_BYTES = 4 * 1024 * 1024
"""Of the list; that is some thousand machines."""
MOST_PEERS = 32
AT_ONCE = 8
_NETWORKS = (ipaddress.ip_network("100.64.0.0/10"), ipaddress.ip_network("fd7a:115c:a1e0::/48"))
"""Where Tailscale's addresses are: a list that names others is not believed."""

log = logging.getLogger(__name__)


async def follow(ask: Callable[[str], Awaitable[None]]) -> None:
    """Ask those that are in the list, again and again, until cancelled; returns when there is no such command."""
    path = await asyncio.to_thread(shutil.which, COMMAND)
    if path is None:
        return
    asked: dict[str, float] = {}
    places = asyncio.Semaphore(AT_ONCE)

    async def one(address: str) -> None:
        async with places:
            await ask(address)

    while True:
        addresses = peers(await asyncio.to_thread(listing, path))
        now = time.monotonic()
        due = [address for address in addresses if now - asked.get(address, -ASK_SECONDS) >= ASK_SECONDS]
        asked = {address: asked[address] for address in addresses if address in asked} | dict.fromkeys(due, now)
        await asyncio.gather(*(one(address) for address in due))
        await asyncio.sleep(LOOK_SECONDS)


def listing(path: str) -> bytes:
    """Return what the command says; nothing when it fails, takes too long or says too much. Blocks."""
    try:
        process = subprocess.Popen(
            [path, "status", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        log.info("%s cannot be run: %s", path, error)
        return b""
    with process:
        watchdog = threading.Timer(TIME_SECONDS, process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            assert process.stdout is not None
            said = process.stdout.read(MOST_BYTES + 1)
            if len(said) > MOST_BYTES:
                process.kill()
            code = process.wait()
        finally:
            watchdog.cancel()
    return said if code == 0 and len(said) <= MOST_BYTES else b""


def peers(said: bytes) -> tuple[str, ...]:
    """Return addresses (host:port) of machines that are online and the user's own or tagged; none for nonsense."""
    try:
        document: Any = json.loads(said or b"{}")
        own = document.get("Self", {}).get("UserID")
        listed = list((document.get("Peer") or {}).values())
    except (ValueError, AttributeError, RecursionError):
        return ()
    found: list[str] = []
    for peer in listed:
        if len(found) >= MOST_PEERS:
            break
        if not isinstance(peer, dict) or peer.get("Online") is not True:
            continue
        if not (peer.get("Tags") or (own is not None and peer.get("UserID") == own)):
            continue
        address = _address(peer.get("TailscaleIPs"))
        if address:
            found.append(address)
    return tuple(found)


def _address(listed: object) -> str:
    """The first of a machine's addresses that can be Tailscale's, with the port."""
    for text in listed[:4] if isinstance(listed, list) else ():
        try:
            address = ipaddress.ip_address(text if isinstance(text, str) else "")
        except ValueError:
            continue
        if any(address in network for network in _NETWORKS):
            return f"[{address}]:{DEFAULT_PORT}" if address.version == 6 else f"{address}:{DEFAULT_PORT}"
    return ""
