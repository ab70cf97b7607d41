"""What one machine hands to another as text: the link that `tangnet-node pair` shows, and a fleet's join token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import urllib.parse
from dataclasses import dataclass

from nodeworker.protocol import PAIRING_DIGITS
from nodeworker.protocol.failure import TrustFailure
from nodeworker.protocol.pins import joined

LINK = "tangnet://pair/"
KEY_DIGITS = 32
"""Of the node's id in a link: 128 bits, and a QR code that still fits a terminal."""
TOKEN = "tnj1-"
MOST_TOKEN = 2048
MOST_ADDRESSES = 8
SECRET_BYTES = 32
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253}):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class PairingLink:
    """Everything that pairing with one node takes; good for as long as its code is."""

    address: str
    """host:port of the node; its pairing port is the one after that."""
    code: str
    key: str
    """The first KEY_DIGITS hex digits of the node's id, or all of them."""

    def text(self) -> str:
        """Write it as a URI."""
        return f"{LINK}{self.address}?code={self.code}&key={self.key[:KEY_DIGITS]}"

    @classmethod
    def parse(cls, text: str) -> PairingLink:
        """Read what `text` wrote. Raises TrustFailure."""
        wrong = TrustFailure("That is no pairing link.", "`tangnet-node pair` on the node prints one, in quotes here.")
        text = text.strip().strip("'\"").strip()  # copied together with the quotes around it
        address, question, query = text.removeprefix(LINK).partition("?")
        if not text.startswith(LINK) or not question or not _ADDRESS.fullmatch(address):
            raise wrong
        try:
            given = urllib.parse.parse_qs(query, strict_parsing=True, max_num_fields=4)
        except ValueError as error:
            raise wrong from error
        code, key = given.get("code", [""])[0], given.get("key", [""])[0].lower()
        if not re.fullmatch(rf"[0-9]{{{PAIRING_DIGITS}}}", code) or not re.fullmatch(r"[0-9a-f]{32,64}", key):
            raise wrong
        return cls(address, code, key)


def shared_fingerprint(one: str, other: str) -> str:
    """Return what both sides of a pairing show: 16 hex digits in groups that follow from both ids, in any order."""
    digest = hashlib.sha256(f"tangnet pair {' '.join(sorted((one, other)))}".encode()).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, 16, 4))


@dataclass(frozen=True, slots=True)
class JoinToken:
    """What a node needs to join a fleet. Whoever has its text can join while it has uses left."""

    addresses: tuple[str, ...]
    """Where the controller listens, host:port, in the order in which to try."""
    key: str
    """Full id of the controller's key: it is checked before the secret is sent."""
    id: str
    secret: bytes
    rights: str
    """What the node lets the controller do."""

    def __repr__(self) -> str:  # the secret must not reach a log
        return f"JoinToken({self.id})"

    @classmethod
    def new(cls, addresses: tuple[str, ...], key: str, rights: str) -> JoinToken:
        """Make a token with a fresh secret. Raises TrustFailure for addresses or rights that make no sense."""
        made = cls(addresses, key, secrets.token_hex(8), secrets.token_bytes(SECRET_BYTES), joined(rights))
        return cls.parse(made.text())

    def text(self) -> str:
        """Write it as one word of letters, digits, "-" and "_"."""
        fields = [list(self.addresses), self.key, self.id, base64.b64encode(self.secret).decode(), self.rights]
        return TOKEN + base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> JoinToken:
        """Read what `text` wrote. Raises TrustFailure; the sentence does not show the token."""
        wrong = TrustFailure(
            "That is no join token.", "`tangnet pair --fleet` on the controller makes one; copy all of it."
        )
        word = text.strip()
        if not word.startswith(TOKEN) or len(word) > MOST_TOKEN:
            raise wrong
        try:
            data = base64.b64decode(word.removeprefix(TOKEN) + "==", altchars=b"-_")
            addresses, key, id, secret, rights = json.loads(data)
            made = cls(tuple(addresses), key, id, base64.b64decode(secret, validate=True), joined(rights))
        except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error, TrustFailure) as error:
            raise wrong from error
        sound = (
            0 < len(made.addresses) <= MOST_ADDRESSES
            and all(isinstance(address, str) and _ADDRESS.fullmatch(address) for address in made.addresses)
            and isinstance(key, str)
            and re.fullmatch(r"[0-9a-f]{64}", key)
            and isinstance(id, str)
            and re.fullmatch(r"[0-9a-f]{16}", id)
            and len(made.secret) == SECRET_BYTES
        )
        if not sound:
            raise wrong
        return made

    def hashed(self) -> str:
        """Return the SHA-256 of the secret, hex: all that the controller keeps of it."""
        return hashlib.sha256(self.secret).hexdigest()


def matches(secret: bytes, hashed: str) -> bool:
    """Whether `hashed` is that of `secret`; takes the same time whatever they are."""
    return hmac.compare_digest(hashlib.sha256(secret).hexdigest(), hashed)


def join_statement(controller: str, token_id: str) -> bytes:
    """Return what a joining node signs with its key: that it means this controller and this token."""
    return f"tangnet join\0{controller}\0{token_id}".encode()
