"""`tangnet pair` and `unpair`: trust one node, take in a fleet, or give this machine a new key."""

from __future__ import annotations

import asyncio
import sys
import time

from app.cluster import fleet as taking_in
from app.cluster.trust import TrustStore, split_address
from app.commands.context import Context
from app.errors import UsageError
from app.events import NodeInfo
from app.home import home
from nodeworker.protocol import FLEET_PORT
from nodeworker.protocol.identity import fingerprint
from nodeworker.protocol.links import LINK, shared_fingerprint
from nodeworker.protocol.pins import Pin


async def run(context: Context) -> int:
    """Do what the command says; return the exit status."""
    given = context.arguments
    if given.command == "unpair":
        return await _unpair(context)
    ways = [bool(given.node), given.fleet, given.rotate]
    if sum(ways) != 1:
        raise UsageError(
            "It must be clear what to pair with.", code="usage", hint="Give a node, or --fleet, or --rotate."
        )
    if given.fleet:
        return await _fleet(context)
    return await (_rotate(context) if given.rotate else _pair(context))


async def _pair(context: Context) -> int:
    code = context.arguments.code.strip()
    if not code and not context.arguments.node.strip().startswith(LINK):
        if context.output.json or not sys.stdin.isatty():
            raise UsageError("There is no code.", code="no_code", hint="`tangnet-node pair` on the node shows one.")
        context.output.note("Run `tangnet-node pair` on the node, then type the code that it shows:")
        code = sys.stdin.readline().strip()
    async with context.runtime() as runtime:
        node = await runtime.cluster.pair(context.arguments.node, code)
    mark, both = fingerprint(node.id), _shared(node.id)
    if context.output.json:
        context.output.line(
            {"event": "paired", "name": node.name, "id": node.id, "fingerprint": mark, "shared_fingerprint": both}
        )
    else:
        context.output.text(f"{node.name} is trusted now. Its key: {mark}\nBoth machines show: {both}")
    return 0


async def _unpair(context: Context) -> int:
    async with context.runtime() as runtime:
        node: NodeInfo = await runtime.cluster.unpair(context.arguments.node)
    if context.output.json:
        mark = fingerprint(node.id)
        context.output.line({"event": "unpaired", "name": node.name, "id": node.id, "fingerprint": mark})
    else:
        context.output.text(f"{node.name} is no longer trusted.")
    return 0


async def _fleet(context: Context) -> int:
    given, output = context.arguments, context.output
    fleet = taking_in.Fleet(home(), TrustStore(home()))
    if given.close:
        closed = fleet.close()
        _say(context, f"{closed} join tokens are worthless now.", event="closed", tokens=closed, joined=0)
        return 0
    listen = split_address(given.listen, FLEET_PORT) if given.listen else ("0.0.0.0", FLEET_PORT)
    if given.again and not fleet.tokens():
        raise UsageError("There is no token to go on with.", code="usage", hint="Without --again one is made.")
    count = 0

    def joined(pin: Pin, zone: str) -> None:
        nonlocal count
        count += 1
        both = _shared(pin.id)
        _say(
            context,
            f"{pin.name} at {pin.address} has joined. Both machines show: {both}",
            event="joined",
            name=pin.name,
            id=pin.id,
            fingerprint=fingerprint(pin.id),
            shared_fingerprint=both,
            address=pin.address,
            zone=zone,
        )

    async with fleet.serving(listen, joined) as (host, port):
        addresses = given.address or taking_in.own_addresses(host, port)
        if not given.again:
            token = fleet.make(addresses, rights=given.rights, uses=given.uses, hours=given.hours)
            _say(
                context,
                "On each node, once:\n"
                f"  tangnet-node join {token.text()}\n"
                f"Good for {given.uses} nodes and {given.hours:g} hours, and for whoever has it: keep it to yourself.",
                event="token",
                token=token.text(),
                id=token.id,
                uses=given.uses,
                expires_s=round(3600 * given.hours),
                rights=token.rights.split(),
                addresses=list(token.addresses),
            )
        for kept in fleet.tokens() if given.again else ():
            left = kept.expires_at - time.time()
            _say(
                context,
                f"Token {kept.id} is good for {kept.uses_left} more nodes and {left / 3600:.1f} hours.",
                event="open",
                id=kept.id,
                uses_left=kept.uses_left,
                expires_s=round(left),
                rights=kept.rights.split(),
            )
        if not output.json:
            output.note("Nodes can join while this runs; Ctrl-C ends it, and `tangnet pair --fleet --again` goes on.")
        try:
            await fleet.until_used_up()
        except asyncio.CancelledError:
            # Ctrl-C is the usual end of this command, not an interruption of it.
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
        live = fleet.tokens()
        left = sum(token.uses_left for token in live)
        _say(
            context,
            f"{count} nodes joined. Closed." + (f" {left} more may join with --again." if left else ""),
            event="closed",
            tokens=len(live),
            uses_left=left,
            joined=count,
        )
    return 0


async def _rotate(context: Context) -> int:
    async with context.runtime() as runtime:
        context.output.progress("Telling the nodes")
        change = await runtime.cluster.rotate(drop=context.arguments.drop_old)
    lines = [f"This machine's new key: {fingerprint(change.id)} (it was {fingerprint(change.was)})."]
    if change.told:
        lines.append(f"Told: {', '.join(change.told)}.")
    if change.waiting and change.finished:
        lines.append(f"Not told, to be paired again: {', '.join(change.waiting)}.")
    elif change.waiting:
        lines.append(f"Not reached yet: {', '.join(change.waiting)}. They are told when they come; until then the old")
        lines.append("key is kept for them. `tangnet pair --rotate --drop-old` gives them up.")
    _say(
        context,
        "\n".join(lines),
        event="rotated",
        id=change.id,
        fingerprint=fingerprint(change.id),
        was=change.was,
        told=list(change.told),
        waiting=list(change.waiting),
        finished=change.finished,
    )
    return 0


def _shared(node: str) -> str:
    """What both machines show, for the key that the node knows this one by."""
    store = TrustStore(home())
    pin = next((pin for pin in store.pins() if pin.id == node), None)
    return shared_fingerprint(pin.knows if pin is not None and pin.knows else store.identity().id, node)


def _say(context: Context, text: str, **event: object) -> None:
    if context.output.json:
        context.output.line(event)
    else:
        context.output.text(text)
