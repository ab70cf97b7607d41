"""Manifests: what a model consists of, piece by piece, and who says so. Signed and checked here, for both sides.

The administrator's key signs the bytes of the manifest. Whoever has the manifest can check each piece by itself, so it
does not matter who hands the piece over.
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.message import DecodeError

from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity, TrustFailure, id_of_certificate

PIECE_BYTES = 1024 * 1024
MOST_BYTES = 256 * 2**30
"""Of one model: its piece hashes still fit into one message."""
MOST_FILES = 64
_SIGNED = b"tangnet manifest\0"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,119}")
_RESERVED = frozenset({"manifest.json", "con", "prn", "aux", "nul"})
_LONGEST_TEXT = 100


class ManifestFailure(TrustFailure):
    """A manifest makes no sense, whoever signed it."""


def sign(manifest: bytes, identity: Identity) -> pb.SignedManifest:
    """Sign a serialised manifest with a machine's own key."""
    key = serialization.load_pem_private_key(identity.key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(_SIGNED + manifest, ec.ECDSA(hashes.SHA256()))
    return pb.SignedManifest(manifest=manifest, signature=signature, certificate=identity.certificate)


def opened(signed: pb.SignedManifest) -> tuple[pb.Manifest, str]:
    """Check signature and form; return the manifest and the id of the key that signed it.

    That this key may administer is for the caller to check.

    Raises:
        TrustFailure: the signature is not by the certificate's key.
        ManifestFailure: what was signed makes no sense.
    """
    signer = id_of_certificate(signed.certificate)
    key = x509.load_pem_x509_certificate(signed.certificate.encode("ascii", errors="replace")).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(signed.signature, _SIGNED + signed.manifest, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise TrustFailure("The manifest is not signed by the key that it names.") from error
    return checked(signed.manifest), signer


def checked(data: bytes) -> pb.Manifest:
    """Read a manifest and check that its numbers and names make sense. Raises ManifestFailure."""
    manifest = pb.Manifest()
    try:
        manifest.ParseFromString(data)
    except DecodeError as error:
        raise ManifestFailure("That is no manifest.") from error
    if not _SHA256.fullmatch(manifest.sha256):
        raise ManifestFailure("The manifest names no model.")
    texts = (manifest.name, manifest.licence, manifest.quantisation)
    if not manifest.name or any(len(text) > _LONGEST_TEXT or not text.isprintable() for text in texts):
        raise ManifestFailure("A name in the manifest is missing, too long, or has characters that cannot be shown.")
    if manifest.role not in (
        pb.ROLE_CHAT,
        pb.ROLE_EMBED,
        pb.ROLE_TRANSCRIBE,
        pb.ROLE_RERANK,
        pb.ROLE_OCR,
        pb.ROLE_SPEAK,
        pb.ROLE_WAKE,
        pb.ROLE_VAD,
    ):
        raise ManifestFailure("The manifest's role is not known here.")
    _check_sizes(manifest)
    _check_files(manifest)
    return manifest


def pieces(manifest: pb.Manifest) -> int:
    """Return how many pieces a model has."""
    return -(-manifest.bytes // PIECE_BYTES)


def piece_size(manifest: pb.Manifest, index: int) -> int:
    """Return the bytes of one piece: all are alike but the last."""
    return min(PIECE_BYTES, manifest.bytes - index * PIECE_BYTES)


def piece_hash(manifest: pb.Manifest, index: int) -> bytes:
    """Return the SHA-256 that one piece must have."""
    return manifest.piece_hashes[32 * index : 32 * index + 32]


def _check_sizes(manifest: pb.Manifest) -> None:
    if manifest.piece_bytes != PIECE_BYTES:
        raise ManifestFailure("The manifest's pieces are not of 1 MiB.")
    if not 0 < manifest.bytes <= MOST_BYTES:
        raise ManifestFailure(f"A model has 1 to {MOST_BYTES} bytes.")
    if len(manifest.piece_hashes) != 32 * pieces(manifest):
        raise ManifestFailure("The manifest has not one hash for each piece.")
    if len(manifest.files) > MOST_FILES or sum(file.bytes for file in manifest.files) != manifest.bytes:
        raise ManifestFailure("The manifest's files do not add up.")


def _check_files(manifest: pb.Manifest) -> None:
    """Names that stay in the model's folder on every system, and are not taken twice."""
    if not manifest.files or manifest.files[0].sha256 != manifest.sha256:
        raise ManifestFailure("The manifest's first file is not the weights.")
    if manifest.role == pb.ROLE_CHAT and len(manifest.files) != 1:
        raise ManifestFailure("A chat model is one file.")
    taken: set[str] = set()
    folders: set[str] = set()
    for file in manifest.files:
        parts = file.name.split("/")
        if len(parts) > 2 or not all(_PART.fullmatch(part) and not part.endswith(".") for part in parts):
            raise ManifestFailure(f"{file.name[:80]!r} is no name for a file of a model.")
        if any(part.lower().split(".")[0] in _RESERVED for part in parts) or file.name.lower() in _RESERVED:
            raise ManifestFailure(f"{file.name[:80]!r} is no name for a file of a model.")
        if not _SHA256.fullmatch(file.sha256) or not file.bytes:
            raise ManifestFailure(f"The manifest lacks size or hash of {file.name}.")
        taken.add(file.name.lower())
        folders |= {parts[0].lower()} if len(parts) == 2 else set()
    if len(taken) != len(manifest.files) or taken & folders:
        raise ManifestFailure("The manifest names a file twice.")
    if "/" in manifest.files[0].name:
        raise ManifestFailure("The weights must lie at the top of the model's folder.")
