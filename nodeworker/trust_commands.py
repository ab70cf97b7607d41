"""The commands of `tangnet-node` about trust: who is let in, what they may do, a new key."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from nodeworker.commands import Output, home_of, running_home, runs
from nodeworker.daemon import STATUS_FILE, TRUST_FILE
from nodeworker.errors import BadRequest, EngineError
from nodeworker.joining import Joiner, token_from
from nodeworker.pairing_service import PairingRequest, withdraw
from nodeworker.protocol.identity import (
    CERTIFICATE_FILE,
    KEY_FILE,
    Identity,
    begin_rotation,
    fingerprint,
    finish_rotation,
)
from nodeworker.protocol.links import PairingLink, shared_fingerprint
from nodeworker.protocol.pins import ADMINISTER, USE, Pin, Pins, joined
from nodeworker.settings import Listen, default_name, node_home, nodes_folder

ANSWER_SECONDS = 5.0
"""How long a running node may take to open pairing."""
LOOK_SECONDS = 0.1


class PairingEnded(EngineError):
    """Pairing was not completed."""


def pair(name: str, output: Output, *, administer: bool) -> None:
    """Open pairing on a running node, show the code and a QR code, wait for the outcome.

    Raises:
        EngineError: no node runs, or pairing failed, expired or cannot open.
    """
    home = running_home(name)
    own = Identity.load_or_create(home).id
    request = PairingRequest.new(joined(USE, ADMINISTER if administer else ""))
    request.write(home)

    def wrong(left: int) -> None:
        output.say(f"A wrong code was tried; {left} tries left.", event="wrong_code", tries_left=left)

    try:
        opened = _wait(home, request, "asked", ANSWER_SECONDS, wrong)
        if opened.state == "asked":
            raise EngineError("The node does not answer.", "Look at its log; restart it if it hangs.")
        if opened.state == "open":
            link = PairingLink(opened.address, request.code, own)
            output.say(
                f"{qr(link.text())}\n"
                f"On the other machine, within {request.seconds:.0f} s:\n"
                f"  tangnet pair {opened.address} --code {request.code}\n"
                f"or with this link, which also says which key to expect:\n"
                f"  tangnet pair '{link.text()}'\n"
                f"Code: {request.code[:4]} {request.code[4:]}",
                event="pairing",
                code=request.code,
                address=opened.address,
                expires_s=round(request.seconds),
                link=link.text(),
                rights=request.rights.split(),
            )
            opened = _wait(home, request, "open", request.seconds + ANSWER_SECONDS, wrong)
    finally:
        withdraw(home)
    if opened.state != "paired":
        raise PairingEnded(opened.reason or "Pairing ended.", "Run `tangnet-node pair` again for a new code.")
    mark, both = fingerprint(opened.peer_id), shared_fingerprint(own, opened.peer_id)
    output.say(
        f"Paired with {opened.peer_name} ({mark}).\nBoth machines show: {both}",
        event="paired",
        name=opened.peer_name,
        id=opened.peer_id,
        fingerprint=mark,
        shared_fingerprint=both,
    )


def qr(text: str) -> str:
    """Return a QR code of `text` in half blocks, dark on light whatever colours the terminal has."""
    import segno

    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, border=2, compact=True)
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in drawn.getvalue().splitlines())


def join(chosen: argparse.Namespace, output: Output) -> None:
    """Join a fleet, whether the node runs or not; waits for the controller. Raises EngineError, TrustFailure."""
    token = token_from(chosen.token)
    if token is None:
        raise BadRequest("There is no token.", "`tangnet pair --fleet` on the controller makes one.")
    if not 0 <= chosen.wait <= 86_400:
        raise BadRequest("--wait makes no sense.")
    home = home_of(chosen.name) if _has_one(chosen.name) else node_home(chosen.name or default_name())
    joiner = Joiner(home, Pins(home / TRUST_FILE), home.name, chosen.zone, _port(home, chosen.listen))

    def waiting(reason: str, seconds: float) -> None:
        print(f"{reason} Again in {seconds:.0f} s.", file=sys.stderr)

    pin = asyncio.run(joiner.join_until(token, chosen.wait, waiting))
    own = Identity.load_or_create(home).id
    mark, both = fingerprint(pin.id), shared_fingerprint(own, pin.id)
    output.say(
        f"Joined the fleet of {pin.name} ({mark}), which may here: {pin.rights.replace(' ', ', ')}.\n"
        f"Both machines show: {both}",
        event="joined",
        name=pin.name,
        id=pin.id,
        fingerprint=mark,
        shared_fingerprint=both,
        rights=pin.rights.split(),
    )


def _has_one(name: str) -> bool:
    return (nodes_folder() / name / CERTIFICATE_FILE).exists() if name else any(nodes_folder().glob(f"*/{KEY_FILE}"))


def _port(home: Path, listen: str) -> int:
    """Return the port that the node serves on, or will."""
    if runs(home):
        try:
            return int(json.loads((home / STATUS_FILE).read_text(encoding="utf-8"))["address"].rpartition(":")[2])
        except (OSError, ValueError, KeyError) as error:
            raise EngineError("The node has not said yet where it serves.", "Try again in a moment.") from error
    return Listen.parse(listen).port


def rotate(node: str, output: Output) -> None:
    """Give a node a new key, signed by the old one; a running node takes it up at once. Raises EngineError."""
    home = home_of(node)
    old = Identity.load_or_create(home)
    begin_rotation(home)
    new = finish_rotation(home)
    output.say(
        f"{home.name} has a new key: {new.fingerprint} (it was {old.fingerprint}).\n"
        "Desktops that trust the old one follow by themselves when they connect.",
        event="rotated",
        name=home.name,
        id=new.id,
        fingerprint=new.fingerprint,
        was=old.id,
    )


def unpair(node: str, peer: str, output: Output) -> None:
    """End the trust in a machine, by name or id; a running node cuts its calls at once. Raises EngineError."""
    pins = Pins(home_of(node) / TRUST_FILE)
    found = _one_pin(pins, peer)
    for pin in pins.all():
        if pin.id == found.id or pin.replaces == found.id or pin.id == found.replaces:
            pins.remove(pin.id)
    mark = fingerprint(found.id)
    output.say(
        f"{found.name} ({mark}) is no longer trusted.", event="unpaired", name=found.name, id=found.id, fingerprint=mark
    )


def change_rights(node: str, peer: str, rights: Sequence[str], output: Output, *, give: bool) -> None:
    """Give a trusted machine rights, or take them away, which cuts the calls that need them. Raises EngineError."""
    pins = Pins(home_of(node) / TRUST_FILE)
    found = _one_pin(pins, peer)

    def changed(pin: Pin) -> Pin:
        if give:
            return replace(pin, rights=joined(pin.rights, *rights))
        return replace(pin, rights=" ".join(word for word in pin.rights.split() if word not in rights))

    now = pins.update(found.id, changed)
    if now is None:
        raise BadRequest(f"{found.name} is not paired with this node any more.")
    output.say(
        f"{now.name} may here: {now.rights.replace(' ', ', ') or 'nothing'}.",
        event="rights",
        name=now.name,
        id=now.id,
        rights=now.rights.split(),
    )


def _wait(
    home: Path, request: PairingRequest, while_state: str, seconds: float, wrong: Callable[[int], None]
) -> PairingRequest:
    """Wait until the request's state is another one; returns it, or the last seen when the time is over."""
    ends = time.monotonic() + seconds
    last = replace(request, state=while_state)
    while time.monotonic() < ends:
        now = PairingRequest.read(home)
        if now is None or now.token != request.token:
            raise PairingEnded("Another `tangnet-node pair` took over, or the node was restarted.")
        if now.state != while_state:
            return now
        if not runs(home):
            raise PairingEnded("The node stopped.", "Start it again with: tangnet-node")
        if now.tries_left < last.tries_left:
            wrong(now.tries_left)
        last = now
        time.sleep(LOOK_SECONDS)  # a file that another process writes; this command does nothing else
    return last


def _one_pin(pins: Pins, wanted: str) -> Pin:
    replaced = {pin.replaces for pin in pins.all()}
    named = [pin for pin in pins.all() if pin.name == wanted and pin.id not in replaced]
    if len(named) > 1:
        listed = ", ".join(pin.id[:16] for pin in named)
        raise BadRequest(f"Several machines are called {wanted}.", f"Name one by its id: {listed}.")
    found = named[0] if named else pins.get(wanted)
    if found is None:
        known = ", ".join(pin.name for pin in pins.all()) or "none"
        raise BadRequest(f"{wanted} is not paired with this node.", f"Paired: {known}.")
    return found
