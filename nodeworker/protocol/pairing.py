"""Pairing, without any network: SPAKE2 on a short code, then MACs that bind both machines' keys and roles.

The client sends `message` and its certificate, the server answers with its own (Exchange); both call `finish`. Then the
client sends `mac`, the server checks it, pins the client and answers with its `mac`, which the client checks before it
pins the server (Confirm). Whoever lacks the code gets one guess a run and learns nothing to search offline; whoever
sits in the middle with another certificate makes both MACs wrong.

SPAKE2: Abdalla and Pointcheval 2005 (RFC 9382), Ed25519 group, from the `spake2` package.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nodeworker.protocol import PAIRING_DIGITS, PROTOCOL_VERSION
from nodeworker.protocol.identity import TrustFailure, id_of_certificate

MESSAGE_BYTES = 33
MAC_BYTES = 32


class PairingFailed(TrustFailure):
    """The code was wrong, or somebody sits between the two machines."""


def new_code() -> str:
    """Return a fresh code of PAIRING_DIGITS decimal digits."""
    return f"{secrets.randbelow(10**PAIRING_DIGITS):0{PAIRING_DIGITS}d}"


def clean_code(typed: str) -> str:
    """Return the digits of a code as a person typed it ("1234 5678", "1234-5678").

    Raises:
        PairingFailed: it cannot be a code.
    """
    digits = "".join(character for character in typed if character not in " -\t")
    if len(digits) != PAIRING_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise PairingFailed(
            f"A pairing code has {PAIRING_DIGITS} digits.", "Run `tangnet-node pair` on the node to get one."
        )
    return digits


class Pairing:
    """One side of one run; use it once. `role` says which side: both may not be the same.

    Attributes:
        message: the SPAKE2 element to send to the peer (33 bytes).
        mac: what to send in Confirm; set by `finish`.
        peer_id: id of the peer's certificate; set by `finish`. Trust it only after `check`.
    """

    def __init__(self, role: Literal["client", "server"], code: str, certificate: str) -> None:
        """Begin a run with the own certificate (PEM). Raises PairingFailed for an impossible code."""
        from spake2 import SPAKE2_A, SPAKE2_B

        self._role = role
        self._own_id = id_of_certificate(certificate)
        side = SPAKE2_A if role == "client" else SPAKE2_B
        context = f"tangnet pairing {PROTOCOL_VERSION}".encode()
        self._spake = side(clean_code(code).encode(), idA=context + b" client", idB=context + b" server")
        self.message: bytes = self._spake.start()
        self.mac = b""
        self.peer_id = ""
        self._expected = b""
        self._used = False

    def finish(self, peer_message: bytes, peer_certificate: str | bytes) -> None:
        """Take the peer's element and the certificate that this side really saw (from TLS where there is one).

        Raises:
            PairingFailed: malformed or reflected message, run used twice, or the peer shows our own certificate.
            TrustFailure: the certificate is not acceptable.
        """
        from spake2 import SPAKEError

        if self._used or len(peer_message) != MESSAGE_BYTES:
            raise PairingFailed("The other side does not speak the pairing protocol.")
        self._used = True
        peer_id = id_of_certificate(peer_certificate)
        if peer_id == self._own_id:
            raise PairingFailed("That is this very machine.", "Pair two different machines.")
        try:
            shared: bytes = self._spake.finish(peer_message)
        except (SPAKEError, ValueError, AssertionError) as error:
            raise PairingFailed("The other side sent a wrong pairing message.") from error
        if self._role == "client":
            ids, messages = (self._own_id, peer_id), self.message + peer_message
        else:
            ids, messages = (peer_id, self._own_id), peer_message + self.message
        transcript = hashlib.sha256("|".join(ids).encode() + b"|" + messages).digest()
        keys = HKDF(hashes.SHA256(), 2 * MAC_BYTES, salt=transcript, info=b"tangnet pairing macs").derive(shared)
        client = hmac.digest(keys[:MAC_BYTES], b"client" + transcript, "sha256")
        server = hmac.digest(keys[MAC_BYTES:], b"server" + transcript, "sha256")
        self.mac, self._expected = (client, server) if self._role == "client" else (server, client)
        self.peer_id = peer_id

    def check(self, peer_mac: bytes) -> None:
        """Compare the peer's MAC in constant time. Raises PairingFailed for a wrong code or a swapped certificate."""
        if not self._expected or not hmac.compare_digest(self._expected, peer_mac):
            raise PairingFailed(
                "The code is wrong, or somebody sits between the two machines.",
                "Check the code; run `tangnet-node pair` on the node for a new one.",
            )
