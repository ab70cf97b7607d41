"""Whom a node lets in: the pinned clients, as trust roots for TLS and as the check of every single call."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

import grpc

from nodeworker.protocol.identity import Identity, TrustFailure, id_of_certificate
from nodeworker.protocol.pins import Pin, joined

log = logging.getLogger(__name__)
_REMEMBERED = 1024


class PinSource(Protocol):
    """Where pins come from: `nodeworker.protocol.pins.Pins`."""

    def all(self) -> tuple[Pin, ...]:
        """Return every pin, up to date. Raises TrustFailure."""
        ...


class Trust:
    """The pinned clients of one node. Its methods are called from gRPC's threads too, and are safe there."""

    def __init__(self, identity: Identity, *sources: PinSource) -> None:
        """Read the pins; of a machine that several sources know it has the rights of all of them.

        Raises:
            TrustFailure: they cannot be read: a node must not start half trusting.
        """
        self._identity = identity
        self._sources = sources
        self._read: list[tuple[Pin, ...]] = [source.all() for source in sources]
        self._pins = _merged(self._read)
        self._told: frozenset[str] | None = frozenset()
        self.used: set[str] = set()
        """Ids of pinned keys that calls were made with."""
        self._ids: dict[bytes, str] = {}
        self._complained: set[int] = set()

    def pins(self) -> Mapping[str, Pin]:
        """Return the pins by id, up to date. While a file is unreadable its last good ones hold; that is logged."""
        read = list(self._read)
        for number, source in enumerate(self._sources):
            try:
                read[number] = source.all()
                self._complained.discard(number)
            except TrustFailure as error:
                if number not in self._complained:
                    log.error("%s %s", error.message, error.hint)
                self._complained.add(number)
        if any(now is not before for now, before in zip(read, self._read, strict=True)):
            self._pins = _merged(read)
            self._read = read
        return self._pins

    def caller(self, auth: Mapping[str, object]) -> Pin | None:
        """Return the pin of a call's peer by the key it really showed; None when that key is not pinned.

        TLS alone is not enough: a pinned certificate that may sign others could vouch for a stranger's key.
        """
        certificates = auth.get("x509_pem_cert")
        if not isinstance(certificates, list | tuple) or len(certificates) != 1:
            return None
        pem = certificates[0]
        if not isinstance(pem, bytes):
            return None
        digest = hashlib.sha256(pem).digest()
        id = self._ids.get(digest)
        if id is None:
            try:
                id = id_of_certificate(pem)
            except TrustFailure:
                return None
            if len(self._ids) >= _REMEMBERED:
                self._ids.clear()
            self._ids[digest] = id
        pin = self.pins().get(id)
        if pin is not None:
            self.used.add(id)
        return pin

    def use(self, identity: Identity) -> None:
        """Show another certificate from the next handshake on."""
        self._identity = identity
        self._told = None

    def credentials(self) -> grpc.ServerCredentials:
        """Return server credentials that demand a client certificate and follow the pins without a restart."""
        return grpc.dynamic_ssl_server_credentials(self._configuration(), self._fetch, True)

    def _fetch(self) -> grpc.ServerCertificateConfiguration:
        # Called for each handshake; the stub knows no None, which gRPC takes as "nothing new".
        if frozenset(self.pins()) == self._told:
            return None  # type: ignore[return-value]
        return self._configuration()

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        pins = self.pins()
        self._told = frozenset(pins)
        # With nobody pinned only the own certificate is trusted, whose key nobody else has.
        roots = "".join(pin.certificate for pin in pins.values()) or self._identity.certificate
        return grpc.ssl_server_certificate_configuration(
            [(self._identity.key, self._identity.certificate.encode())], roots.encode()
        )


def _merged(read: Iterable[tuple[Pin, ...]]) -> dict[str, Pin]:
    merged: dict[str, Pin] = {}
    for pin in (pin for pins in read for pin in pins):
        known = merged.get(pin.id)
        merged[pin.id] = replace(known, rights=joined(known.rights, pin.rights)) if known else pin
    return merged
