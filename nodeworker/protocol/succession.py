"""How a key hands over to the next one, without files or network: signatures with the old key over the new.

A certificate carries its own past: one step for each key that came before it, at most `MOST_STEPS`. Whoever pinned any
of these keys can follow the steps from there to the certificate's own key. A stranger cannot make a step, for it takes
the older key; an older key cannot lead astray whoever has moved on, for it is not pinned there any more.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

OID = x509.ObjectIdentifier("2.25.147695742547232788407010979739443915172")
"""Of the certificate extension that holds the steps; a UUID of our own."""
MOST_STEPS = 8
"""A peer that missed more rotations than this has to pair again."""
_MESSAGE = b"tangnet rotate\0"

Step = tuple[bytes, bytes]
"""An older public key (SPKI, DER), and its signature over the one after it."""


def sign(key: ec.EllipticCurvePrivateKey, new: bytes) -> bytes:
    """Sign `new`, a certificate or a public key, as what comes after `key`."""
    return key.sign(_MESSAGE + new, ec.ECDSA(hashes.SHA256()))


def signed(key: ec.EllipticCurvePublicKey, new: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `key` over `new`."""
    try:
        key.verify(signature, _MESSAGE + new, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def extension(old: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, new: ec.EllipticCurvePublicKey) -> bytes:
    """Return the steps for a certificate of `new`: those in `certificate`, the old one's, and one from `old`."""
    steps = [*_steps(certificate), (spki(old.public_key()), sign(old, spki(new)))][-MOST_STEPS:]
    return b"".join(len(part).to_bytes(1, "big") + part for step in steps for part in step)


def follows(certificate: x509.Certificate, id: str) -> bool:
    """Whether the steps in `certificate` lead from the key with that id (SHA-256 of its SPKI, hex) to its own.

    The certificate must have been checked to be self-signed by a P-256 key before.
    """
    own = certificate.public_key()
    assert isinstance(own, ec.EllipticCurvePublicKey)
    steps = _steps(certificate)
    ids = [hashlib.sha256(key).hexdigest() for key, _ in steps]
    if id not in ids:
        return False
    way = [*steps[ids.index(id) :], (spki(own), b"")]
    try:
        return all(signed(_public(key), after, signature) for (key, signature), (after, _) in pairwise(way))
    except ValueError:
        return False


def spki(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as SPKI, DER."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _public(der: bytes) -> ec.EllipticCurvePublicKey:
    key = serialization.load_der_public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")
    return key


def _steps(certificate: x509.Certificate) -> list[Step]:
    """Read the steps; none when there is no extension or it makes no sense."""
    try:
        value = certificate.extensions.get_extension_for_oid(OID).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    assert isinstance(value, x509.UnrecognizedExtension)
    data, parts = value.value, []
    while data:
        length = data[0]
        if len(data) <= length:
            return []
        parts.append(data[1 : 1 + length])
        data = data[1 + length :]
    if len(parts) % 2 or len(parts) > 2 * MOST_STEPS:
        return []
    return list(zip(parts[::2], parts[1::2], strict=True))
