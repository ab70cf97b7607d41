"""Who a machine is: a P-256 key, its self-signed certificate, and the id that follows from the key.

Trust is in the key alone. The certificate carries no host name that means anything (every one has `TLS_NAME`), no end
date that matters (a Pi without a clock must be able to connect), and may sign nothing (CA:FALSE).
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from nodeworker.protocol import TLS_NAME, succession
from nodeworker.protocol.failure import TrustFailure as TrustFailure
from nodeworker.protocol.files import locked, replace_file

CERTIFICATE_FILE = "identity.pem"
KEY_FILE = "identity.key"
LOCK_FILE = "identity.lock"
NEXT_FOLDER = "next"
"""Holds the key that follows, complete, from its making until every peer knows it."""
MAX_CERTIFICATE_BYTES = 8192
_REMEMBERED = 1024
"""Certificates whose ids are kept in memory."""
_BEGIN = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Identity:
    """A machine's own key and certificate, both PEM; `id` is the SHA-256 of its public key in lower-case hex."""

    certificate: str
    key: bytes
    id: str

    def __repr__(self) -> str:  # the key must not reach a log
        return f"Identity({self.id[:16]})"

    @property
    def fingerprint(self) -> str:
        """The id as people compare it: "a1b2 c3d4 e5f6 7788"."""
        return fingerprint(self.id)

    @classmethod
    def create(cls) -> Identity:
        """Make a new key and certificate in memory."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_signed(key)
        return cls(certificate, _pem(key), id_of_certificate(certificate))

    @classmethod
    def load_or_create(cls, folder: Path) -> Identity:
        """Read `folder`/identity.pem and identity.key, or make them; safe when several processes start at once.

        A key file that other users can read is refused, not repaired: it may have been copied already.

        Raises:
            TrustFailure: a file is damaged, missing its other half, or readable by others; or the folder is unwritable.
        """
        certificate_path, key_path = folder / CERTIFICATE_FILE, folder / KEY_FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(folder / LOCK_FILE):
                _finish_swap(folder)
                if not key_path.exists() and not certificate_path.exists():
                    made = cls.create()
                    # The certificate goes last: a crash between leaves a key alone, which the next start completes.
                    replace_file(key_path, made.key, mode=0o600)
                    replace_file(certificate_path, made.certificate.encode(), mode=0o644)
                return cls._load(certificate_path, key_path)
        except OSError as error:
            raise TrustFailure(f"The identity in {folder} cannot be read or made: {error.strerror}.") from error

    def sign(self, data: bytes) -> bytes:
        """Return an ECDSA signature (SHA-256) of `data` with this machine's key."""
        return self._private().sign(data, ec.ECDSA(hashes.SHA256()))

    def hand_over(self, certificate: str) -> bytes:
        """Return this key's signature over the certificate (PEM) of the key that follows it."""
        return succession.sign(self._private(), certificate.encode())

    def successor(self) -> Identity:
        """Make the identity that follows, in memory: its certificate says so, signed with this key."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = x509.load_pem_x509_certificate(self.certificate.encode())
        certificate = _self_signed(key, succession.extension(self._private(), own, key.public_key()))
        return Identity(certificate, _pem(key), id_of_certificate(certificate))

    def _private(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key(self.key, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    @classmethod
    def _load(cls, certificate_path: Path, key_path: Path) -> Identity:
        again = f"Move {certificate_path.parent} aside to get a new identity, then pair again."
        if not key_path.exists():
            raise TrustFailure(f"{key_path} is missing, though its certificate is there.", again)
        _refuse_readable_by_others(key_path)
        key_pem = key_path.read_bytes()
        try:
            key = serialization.load_pem_private_key(key_pem, password=None)
        except (ValueError, TypeError) as error:
            raise TrustFailure(f"{key_path} is damaged.", again) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TrustFailure(f"{key_path} is not a P-256 key.", again)
        if not certificate_path.exists():
            replace_file(certificate_path, _self_signed(key).encode(), mode=0o644)
        certificate = certificate_path.read_text(encoding="ascii", errors="replace")
        try:
            identity = id_of_certificate(certificate)
        except TrustFailure as error:
            raise TrustFailure(f"{certificate_path} is damaged.", again) from error
        if identity != _id_of_key(key.public_key()):
            raise TrustFailure(f"{certificate_path} and {key_path} do not belong together.", again)
        return cls(certificate, key_pem, identity)


def begin_rotation(folder: Path) -> Identity:
    """Return the identity that is to follow the one in `folder`, made and kept beside it if there is none yet.

    Raises:
        TrustFailure: as `Identity.load_or_create`.
    """
    current = Identity.load_or_create(folder)
    with _written(folder):
        known = _next(folder)
        if known is None:
            # What a crash left half made nobody has been told of: the certificate goes last here, too.
            made = current.successor()
            replace_file(folder / NEXT_FOLDER / KEY_FILE, made.key, mode=0o600)
            replace_file(folder / NEXT_FOLDER / CERTIFICATE_FILE, made.certificate.encode(), mode=0o644)
            known = _next(folder)
        assert known is not None
        return known


def next_identity(folder: Path) -> Identity | None:
    """Return the identity that is to follow, None when no rotation is under way. Raises TrustFailure."""
    if not (folder / NEXT_FOLDER / CERTIFICATE_FILE).exists():
        return None
    with _written(folder):
        _finish_swap(folder)
        return _next(folder)


def finish_rotation(folder: Path) -> Identity:
    """Put the next identity in the place of the present one, whose key is gone then; return what holds now.

    May be killed at any point: who reads the identity afterwards finishes what was begun. Raises TrustFailure.
    """
    with _written(folder):
        following = _next(folder)
        if following is not None:
            replace_file(folder / KEY_FILE, following.key, mode=0o600)
            _finish_swap(folder)
    return Identity.load_or_create(folder)


@contextlib.contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        with locked(folder / LOCK_FILE):
            yield
    except OSError as error:
        raise TrustFailure(f"The identity in {folder} cannot be changed: {error.strerror}.") from error


def _next(folder: Path) -> Identity | None:
    certificate, key = folder / NEXT_FOLDER / CERTIFICATE_FILE, folder / NEXT_FOLDER / KEY_FILE
    return Identity._load(certificate, key) if certificate.exists() and key.exists() else None


def _finish_swap(folder: Path) -> None:
    """Complete a swap of keys: once the next key stands in the place of the old one its certificate follows."""
    following = folder / NEXT_FOLDER
    certificate, key = following / CERTIFICATE_FILE, following / KEY_FILE
    if not (certificate.exists() and key.exists() and (folder / KEY_FILE).exists()):
        return
    if key.read_bytes() != (folder / KEY_FILE).read_bytes():
        return
    replace_file(folder / CERTIFICATE_FILE, certificate.read_bytes(), mode=0o644)
    key.unlink()  # before its certificate: a certificate alone means nothing
    certificate.unlink()
    with contextlib.suppress(OSError):
        following.rmdir()


def fingerprint(id: str) -> str:
    """Return the first 16 hex digits of an id in groups of four, for people; never decide anything by it."""
    return " ".join(id[start : start + 4] for start in range(0, 16, 4))


def id_of_certificate(pem: str | bytes) -> str:
    """Return the full hex SHA-256 of the certificate's public key (SPKI, DER), after checking its form.

    Raises:
        TrustFailure: not exactly one certificate, not self-signed P-256, or one that may sign others (CA:TRUE).
    """
    data = _bytes(pem)
    if len(data) > MAX_CERTIFICATE_BYTES:  # so that what is remembered is bounded, too
        raise TrustFailure("That is not one certificate.")
    return _id_of(data)


@functools.lru_cache(maxsize=_REMEMBERED)
def _id_of(data: bytes) -> str:
    # The same text has the same id for ever; checking a signature takes a fifth of a millisecond, and pins are many.
    return _id_of_key(_checked(data)[1])


def follows(pem: str | bytes, id: str) -> bool:
    """Whether a certificate proves that its key came after the one with that full id. Raises TrustFailure."""
    return succession.follows(_checked(pem)[0], id)


def handed_over(old: str, new: str, signature: bytes) -> bool:
    """Whether `signature` is that of the key of certificate `old` over the certificate `new`. Raises TrustFailure."""
    _checked(new)
    return succession.signed(_checked(old)[1], new.encode(), signature)


def signed_by(pem: str, data: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of the certificate's key over `data`, as `Identity.sign`. Raises TrustFailure."""
    try:
        _checked(pem)[1].verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _checked(pem: str | bytes) -> tuple[x509.Certificate, ec.EllipticCurvePublicKey]:
    """Return certificate and key when both have the form that identities have. Raises TrustFailure."""
    data = _bytes(pem)
    if len(data) > MAX_CERTIFICATE_BYTES or data.count(_BEGIN) != 1:
        raise TrustFailure("That is not one certificate.")
    try:
        certificate = x509.load_pem_x509_certificate(data)
        key = certificate.public_key()
        certificate.verify_directly_issued_by(certificate)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise TrustFailure("That certificate is damaged or not of the kind that nodes use.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TrustFailure("That certificate's key is not a P-256 key.")
    if constraints.ca:
        raise TrustFailure("That certificate could vouch for others, so it is refused.")
    if names.get_values_for_type(x509.DNSName) != [TLS_NAME]:
        raise TrustFailure("That certificate is not a node's or desktop's.")
    return certificate, key


def _bytes(pem: str | bytes) -> bytes:
    return pem.encode("ascii", errors="replace") if isinstance(pem, str) else pem


def _id_of_key(key: ec.EllipticCurvePublicKey) -> str:
    return hashlib.sha256(succession.spki(key)).hexdigest()


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _self_signed(key: ec.EllipticCurvePrivateKey, steps: bytes = b"") -> str:
    # Subjects differ, so that a TLS library with many trust roots finds the right one at once.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tangnet {_id_of_key(key.public_key())[:32]}")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(TLS_NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
    )
    if steps:
        builder = builder.add_extension(x509.UnrecognizedExtension(succession.OID, steps), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode("ascii")


def _refuse_readable_by_others(path: Path) -> None:
    if os.name != "posix":
        return
    status = path.stat()
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise TrustFailure(
            f"{path} can be read by other users of this machine.",
            f"If you trust them all: chmod 600 {path}. If not: move it and {CERTIFICATE_FILE} away and pair again.",
        )
    if hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), 0):
        raise TrustFailure(f"{path} belongs to another user.", f"Change its owner: chown $(id -u) {path}.")
