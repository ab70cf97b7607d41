"""This desktop's identity and the nodes that it trusts, and pairing with a new one. Import it late: cryptography."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from app.cluster.failures import mapped
from app.cluster.wire import one_line
from app.errors import NodeError, NodeLost, TrustError
from nodeworker.protocol import CHANNEL_OPTIONS, TLS_NAME
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity, TrustFailure, id_of_certificate
from nodeworker.protocol.node_pb2_grpc import PairingStub
from nodeworker.protocol.pairing import Pairing, clean_code
from nodeworker.protocol.pins import Pin, Pins

if TYPE_CHECKING:
    from nodeworker.protocol.node_pb2_grpc import PairingAsyncStub

CONNECT_SECONDS = 5.0
PAIR_SECONDS = 15.0


class TrustStore:
    """`identity.pem`, `identity.key` and `trust.toml` in the home folder. Methods block for a few milliseconds."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._pins = Pins(home / "trust.toml")
        self._identity: Identity | None = None

    def identity(self) -> Identity:
        """Return this desktop's identity, made at the first call. Raises TrustError."""
        if self._identity is None:
            with trust_errors():
                self._identity = Identity.load_or_create(self._home)
        return self._identity

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

    def moved(self, id: str, address: str) -> None:
        """Remember where a trusted node was reached last. Raises TrustError."""
        with trust_errors():
            known = next((pin for pin in self._pins.all() if pin.id == id), None)
            if known is not None and known.address != address:
                self._pins.update(id, lambda pin: replace(pin, address=address))


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


def certificate_at(host: str, port: int, *, timeout: float = CONNECT_SECONDS) -> str:
    """Return the certificate (PEM) that a TLS server shows; blocking, and nothing is trusted by it.

    Raises:
        OSError: it cannot be reached, or does not speak TLS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # what it shows is checked against a pin, or by the pairing code
    context.minimum_version = ssl.TLSVersion.TLSv1_3  # with 1.2 a server that wants our certificate ends the handshake
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection((host, port), timeout=timeout) as plain,
        context.wrap_socket(plain, server_hostname=TLS_NAME) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    if not shown:
        raise ssl.SSLError("no certificate was shown")
    return ssl.DER_cert_to_PEM_cert(shown)


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


async def pair(identity: Identity, address: str, default_port: int, code: str, own_name: str) -> Pin:
    """Run pairing with the node whose main address is given; its pairing port is the one after that.

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
        id_of_certificate(seen)
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
        return Pin(run.peer_id, one_line(reply.name) or main, ssl_safe(seen), address=main)


def ssl_safe(pem: str) -> str:
    """Return the certificate with a final line break, as files keep it."""
    return pem if pem.endswith("\n") else pem + "\n"


def machine_name() -> str:
    """Return this machine's name for people, as the node shows it after pairing."""
    return one_line(socket.gethostname(), 60) or "desktop"
