"""This desktop's identity and the nodes that it trusts, and pairing with a new one. Import it late: cryptography."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from app.cluster.failures import mapped
from app.cluster.wire import one_line
from app.errors import NodeError, NodeLost, TrustError
from nodeworker.protocol import CHANNEL_OPTIONS, TLS_NAME
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import (
    KEY_FILE,
    Identity,
    TrustFailure,
    begin_rotation,
    finish_rotation,
    follows,
    id_of_certificate,
    next_identity,
)
from nodeworker.protocol.node_pb2_grpc import PairingStub
from nodeworker.protocol.pairing import Pairing, clean_code
from nodeworker.protocol.peeking import certificate_at
from nodeworker.protocol.pins import Pin, Pins

if TYPE_CHECKING:
    from nodeworker.protocol.node_pb2_grpc import PairingAsyncStub

PAIR_SECONDS = 15.0


class TrustStore:
    """`identity.pem`, `identity.key` and `trust.toml` in the home folder.

    What changes a file waits for the disk, and with a hundred pins reading a changed one takes ten milliseconds: on an
    event loop call `identity`, `following` and `pins`, after `read` in a thread; everything else in a thread.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._pins = Pins(home / "trust.toml")
        self._identity: Identity | None = None
        self._stamp = (0, 0)

    def read(self) -> None:
        """Read whatever has changed, so that it is at hand. Raises TrustError."""
        self.identity()
        self.pins()

    def identity(self) -> Identity:
        """Return this desktop's identity, made at the first call; another one after a rotation. Raises TrustError."""
        stamp = self._look_at_key()
        if self._identity is None or stamp != self._stamp:
            with trust_errors():
                self._identity = Identity.load_or_create(self._home)
            self._stamp = self._look_at_key()
        return self._identity

    def following(self) -> Identity | None:
        """Return the identity that is to follow while a rotation is under way. Raises TrustError."""
        with trust_errors():
            return next_identity(self._home)

    def begin_rotation(self) -> Identity:
        """Make the identity that is to follow, or return the one that is there. Raises TrustError."""
        with trust_errors():
            return begin_rotation(self._home)

    def finish_rotation(self) -> Identity:
        """Put the following identity in the place of the present one, for good. Raises TrustError."""
        with trust_errors():
            return finish_rotation(self._home)

    def told(self, id: str, own: str) -> None:
        """Remember that a node knows this machine by the key with the id `own`. Raises TrustError."""
        with trust_errors():
            self._pins.update(id, lambda pin: replace(pin, knows=own))

    def followed(self, id: str, certificate: str) -> Pin | None:
        """Trust the key of `certificate` in the place of the node `id`; None when that is no proven successor.

        Raises:
            TrustError: the pins cannot be read or written.
        """
        try:
            if not follows(certificate, id):
                return None
            new = id_of_certificate(certificate)
        except TrustFailure:
            return None
        with trust_errors():
            return self._pins.update(id, lambda pin: replace(pin, id=new, certificate=ssl_safe(certificate)))

    def _look_at_key(self) -> tuple[int, int]:
        try:
            status = (self._home / KEY_FILE).stat()
        except OSError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_ino)

    def pins(self) -> tuple[Pin, ...]:
        """Return all trusted nodes; reads the file only when it changed. Raises TrustError."""
        with trust_errors():
            return self._pins.all()

    def add(self, pin: Pin) -> Pin:
        """Trust a node. Raises TrustError."""
        with trust_errors():
            return self._pins.add(pin)

    def remove(self, id: str) -> Pin | None:
        """Stop trusting the node with that full id. Raises TrustError."""
        with trust_errors():
            return self._pins.remove(id)

    def relabel(self, id: str, name: str, zone: str) -> Pin | None:
        """Call the node with that full id `name` from now on, in `zone` ("" = where it says). Raises TrustError."""
        with trust_errors():
            return self._pins.update(id, lambda pin: replace(pin, name=name, zone=zone))

    def moved(self, addresses: Mapping[str, str]) -> None:
        """Remember where trusted nodes were reached last, by full id; writes once, or not at all. Raises TrustError."""

        def at(address: str) -> Callable[[Pin], Pin]:
            return lambda pin: replace(pin, address=address)

        with trust_errors():
            known = {pin.id: pin.address for pin in self._pins.all()}
            new = {id: at(address) for id, address in addresses.items() if known.get(id, address) != address}
            if new:
                self._pins.update_each(new)


@contextlib.contextmanager
def trust_errors() -> Iterator[None]:
    """Turn the protocol's TrustFailure inside into TrustError."""
    try:
        yield
    except TrustFailure as error:
        raise TrustError(error.message, code="trust", hint=error.hint) from error


def split_address(address: str, default_port: int) -> tuple[str, int]:
    """Split "host:port", "host", "[v6]:port" or a bare IPv6 address. Raises TrustError for anything else."""
    host, _, port = address.rpartition(":")
    if not host or (":" in host and not host.startswith("[")) or address.endswith("]"):
        host, port = address, str(default_port)
    host = host.strip("[]")
    wrong = (
        not host
        or (":" in host and not _is_v6(host))
        or any(character.isspace() or character in "/@?#" for character in host)
    )
    if wrong or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise TrustError(f"{one_line(address)!r} is not an address.", code="address", hint="Write it as host:port.")
    return host, int(port)


def _is_v6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def join_address(host: str, port: int) -> str:
    """Return "host:port", an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def id_at(address: str, default_port: int) -> str:
    """Return the id of the key that a node at `address` shows; a hint only.

    Raises:
        NodeLost: it cannot be reached, or is no node of ours.
        TrustError: the address makes no sense.
    """
    host, port = split_address(address, default_port)
    try:
        return id_of_certificate(await asyncio.to_thread(certificate_at, host, port))
    except (OSError, TrustFailure) as error:
        raise NodeLost(f"There is no node at {one_line(address)}.") from error


async def pair(identity: Identity, address: str, default_port: int, code: str, own_name: str, *, key: str = "") -> Pin:
    """Run pairing with the node whose main address is given; its pairing port is the one after that.

    With `key`, the beginning of the node's id from its link, nothing is said to a machine with another key.

    Returns:
        The node's pin, checked but not stored.

    Raises:
        TrustError: the node is not there, has no pairing open, the code is wrong, or a certificate was swapped.
    """
    with trust_errors():
        clean_code(code)
    host, port = split_address(address, default_port)
    main = join_address(host, port)
    closed = TrustError(
        f"Pairing is not open at {main}.",
        code="pairing_closed",
        hint="Run `tangnet-node pair` on the node; it prints a code that is good for two minutes.",
    )
    try:
        seen = await asyncio.to_thread(certificate_at, host, port + 1)
    except OSError as error:
        raise closed from error
    with trust_errors():
        if not id_of_certificate(seen).startswith(key):
            raise TrustError(
                f"The machine at {main} has another key than the link says.",
                code="trust",
                hint="Run `tangnet-node pair` again; somebody may be in between.",
            )
        run = Pairing("client", code, identity.certificate)
    credentials = grpc.ssl_channel_credentials(root_certificates=seen.encode())
    options = (*CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1))
    async with grpc.aio.secure_channel(join_address(host, port + 1), credentials, options=options) as channel:
        stub: PairingAsyncStub = PairingStub(channel)
        try:
            with mapped(main):
                reply = await stub.Exchange(
                    pb.PairExchange(spake=run.message, certificate=identity.certificate.encode(), name=own_name),
                    timeout=PAIR_SECONDS,
                )
                with trust_errors():
                    run.finish(reply.spake, seen)
                    if id_of_certificate(reply.certificate) != run.peer_id:
                        raise TrustError("The node names another key than the one it uses.", code="trust")
                confirmed = await stub.Confirm(pb.PairConfirm(mac=run.mac, id=identity.id), timeout=PAIR_SECONDS)
        except NodeLost as error:
            raise closed from error
        except NodeError as error:
            raise TrustError(error.message, code="pairing_failed", hint=error.hint) from error
    with trust_errors():
        run.check(confirmed.mac)
        # No rights: a desktop is not called by its nodes.
        return Pin(
            run.peer_id, one_line(reply.name) or main, ssl_safe(seen), address=main, rights="", knows=identity.id
        )


def ssl_safe(pem: str) -> str:
    """Return the certificate with a final line break, as files keep it."""
    return pem if pem.endswith("\n") else pem + "\n"


def machine_name() -> str:
    """Return this machine's name for people, as the node shows it after pairing."""
    return one_line(socket.gethostname(), 60) or "desktop"
