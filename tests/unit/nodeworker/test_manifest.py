"""Manifests: only what the named key signed, and only what makes sense, is opened."""

from __future__ import annotations

import hashlib

import pytest

from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity, TrustFailure
from nodeworker.protocol.manifest import PIECE_BYTES, ManifestFailure, checked, opened, piece_hash, piece_size, sign

SHA = hashlib.sha256(b"weights").hexdigest()


def manifest(**changes: object) -> pb.Manifest:
    """A sound manifest of one file of 1.5 pieces."""
    size = PIECE_BYTES + PIECE_BYTES // 2
    fields: dict[str, object] = {
        "sha256": SHA,
        "name": "m",
        "role": pb.ROLE_CHAT,
        "licence": "Apache-2.0",
        "bytes": size,
        "piece_bytes": PIECE_BYTES,
        "piece_hashes": bytes(64),
        "files": [pb.ManifestFile(name="m.gguf", bytes=size, sha256=SHA)],
    }
    return pb.Manifest(**(fields | changes))  # type: ignore[arg-type]


def files(*names: str) -> list[pb.ManifestFile]:
    size = manifest().bytes // len(names)
    return [pb.ManifestFile(name=name, bytes=size, sha256=SHA) for name in names]


def test_what_was_signed_is_opened_and_the_signer_is_named() -> None:
    me = Identity.create()
    found, signer = opened(sign(manifest().SerializeToString(), me))
    assert signer == me.id and found == manifest()
    assert (piece_size(found, 0), piece_size(found, 1)) == (PIECE_BYTES, PIECE_BYTES // 2)
    assert piece_hash(found, 1) == bytes(32)


def test_changed_or_foreign_signatures_are_refused() -> None:
    me, other = Identity.create(), Identity.create()
    signed = sign(manifest().SerializeToString(), me)
    for change in (
        {"manifest": manifest(name="n").SerializeToString()},
        {"signature": signed.signature[:-1] + b"?"},
        {"signature": b""},
        {"certificate": other.certificate},
        {"certificate": "no certificate"},
        {"certificate": ""},
    ):
        forged = pb.SignedManifest()
        forged.CopyFrom(signed)
        for name, value in change.items():
            setattr(forged, name, value)
        with pytest.raises(TrustFailure):
            opened(forged)


@pytest.mark.parametrize(
    "name",
    [
        "../m.gguf",
        "/etc/passwd",
        "a/../m.gguf",
        "a/b/c.json",
        ".hidden",
        "m.gguf/",
        "",
        "a\\b.gguf",
        "c:m.gguf",
        "m.gguf\0.txt",
        "m\n.gguf",
        "manifest.json",
        "Manifest.JSON",
        "nul.gguf",
        "m.gguf.",
        "é.gguf",
        "x" * 200,
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    one = manifest(files=[pb.ManifestFile(name=name, bytes=manifest().bytes, sha256=SHA)])
    with pytest.raises(ManifestFailure):
        checked(one.SerializeToString())


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "abc"},
        {"sha256": SHA.upper()},
        {"name": ""},
        {"name": "a\x1b[2J"},
        {"role": pb.ROLE_UNSPECIFIED},
        {"bytes": 0},
        {"bytes": 2**60},
        {"piece_bytes": 1},
        {"piece_hashes": bytes(32)},
        {"piece_hashes": bytes(65)},
        {"files": []},
        {"files": files("m.gguf", "n.gguf")},
        {"role": pb.ROLE_EMBED, "files": files("m.onnx", "M.ONNX")},
        {"role": pb.ROLE_EMBED, "files": files("m.onnx", "a", "a/b.json")},
        {"role": pb.ROLE_EMBED, "files": files("sub/m.onnx", "a.json")},
        {"files": [pb.ManifestFile(name="m.gguf", bytes=5, sha256=SHA)]},
        {"files": [pb.ManifestFile(name="m.gguf", bytes=manifest().bytes, sha256="00" * 32)]},
    ],
)
def test_figures_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ManifestFailure):
        checked(manifest(**changes).SerializeToString())


def test_several_files_are_fine_for_models_that_are_folders() -> None:
    assert checked(manifest(role=pb.ROLE_EMBED, files=files("m.onnx", "1_Pooling/config.json")).SerializeToString())


def test_noise_is_no_manifest() -> None:
    with pytest.raises(ManifestFailure):
        checked(b"\xff\xff\xff\xff noise")
