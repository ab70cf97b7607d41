"""Identities and pins: made once, kept private, and only ever what they say they are."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nodeworker.protocol import TLS_NAME
from nodeworker.protocol.identity import Identity, TrustFailure, fingerprint, id_of_certificate
from nodeworker.protocol.pins import RIGHTS, Pin, Pins


def certificate(*, ca: bool = False, name: str = TLS_NAME, curve: ec.EllipticCurve | None = None) -> str:
    """A self-signed certificate that may be wrong in one respect."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def test_made_once_and_loaded_again(tmp_path: Path) -> None:
    first = Identity.load_or_create(tmp_path / "node")
    assert Identity.load_or_create(tmp_path / "node") == first
    assert (tmp_path / "node" / "identity.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "node").stat().st_mode & 0o777 == 0o700
    assert len(first.id) == 64
    assert id_of_certificate(first.certificate) == first.id
    assert first.fingerprint.replace(" ", "") == first.id[:16]
    assert first.key.decode() not in repr(first)


def test_two_processes_make_one_identity(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from nodeworker.protocol.identity import Identity;"
        "print(Identity.load_or_create(pathlib.Path(sys.argv[1])).id)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    ids = {process.communicate(timeout=30)[0].strip() for process in both}
    assert len(ids) == 1


def test_key_readable_by_others_is_refused(tmp_path: Path) -> None:
    Identity.load_or_create(tmp_path)
    (tmp_path / "identity.key").chmod(0o640)
    with pytest.raises(TrustFailure, match="other users") as failure:
        Identity.load_or_create(tmp_path)
    assert "chmod 600" in failure.value.hint


def test_crash_between_key_and_certificate_heals(tmp_path: Path) -> None:
    first = Identity.load_or_create(tmp_path)
    (tmp_path / "identity.pem").unlink()
    assert Identity.load_or_create(tmp_path).id == first.id


def test_damaged_and_mixed_files_are_refused(tmp_path: Path) -> None:
    Identity.load_or_create(tmp_path / "a")
    Identity.load_or_create(tmp_path / "b")
    (tmp_path / "a" / "identity.pem").write_bytes((tmp_path / "b" / "identity.pem").read_bytes())
    with pytest.raises(TrustFailure, match="do not belong together"):
        Identity.load_or_create(tmp_path / "a")
    (tmp_path / "b" / "identity.key").write_text("nonsense")
    with pytest.raises(TrustFailure, match="damaged"):
        Identity.load_or_create(tmp_path / "b")
    (tmp_path / "b" / "identity.key").unlink()
    with pytest.raises(TrustFailure, match="missing"):
        Identity.load_or_create(tmp_path / "b")


@pytest.mark.parametrize(
    "pem",
    ["", "x" * 10_000, certificate(ca=True), certificate(name="example.org"), certificate(curve=ec.SECP384R1())],
    ids=["empty", "huge", "authority", "other name", "other curve"],
)
def test_only_our_kind_of_certificate_counts(pem: str) -> None:
    with pytest.raises(TrustFailure):
        id_of_certificate(pem)


def test_two_certificates_in_one_text_are_refused() -> None:
    with pytest.raises(TrustFailure, match="not one certificate"):
        id_of_certificate(certificate() + certificate())


def test_fingerprint_is_in_groups() -> None:
    assert fingerprint("a1b2c3d4e5f67788" + "0" * 48) == "a1b2 c3d4 e5f6 7788"


def test_pins_round_trip_and_replace(tmp_path: Path) -> None:
    pins, one, two = Pins(tmp_path / "trust.toml"), Identity.create(), Identity.create()
    assert pins.all() == ()
    stored = pins.add(Pin(one.id, "desk\ntop\x1b[31m", one.certificate))
    assert "\n" not in stored.name and "\x1b" not in stored.name
    assert stored.paired_at.endswith("+00:00")
    pins.add(Pin(two.id, "pi", two.certificate, address="pi.local:7443"))
    pins.add(Pin(one.id, "renamed", one.certificate))
    assert {pin.name for pin in Pins(tmp_path / "trust.toml").all()} == {"renamed", "pi"}
    assert tomllib.loads((tmp_path / "trust.toml").read_text())["trusted"][0]["name"] == "pi"
    assert (tmp_path / "trust.toml").stat().st_mode & 0o777 == 0o600
    assert pins.get("pi") == pins.get(two.id[:8])
    gone = pins.remove(two.id)
    assert gone is not None and gone.address == "pi.local:7443"
    assert pins.remove(two.id) is None
    assert [pin.name for pin in pins.all()] == ["renamed"]


HOSTILE = (
    '"""\n[[trusted]]\nid = "mine"',
    "back\\slash\\n \\u0041 \\\\ end\\",
    "'" * 3,
    "tab\tline\nreturn\rboth\r\n nul\0 bell\x07 del\x7f escape\x1b[31m",
    "Übergröße 日本語 🙂 \u202etxt.exe \u2028 \ufeff",
    "# = [ ] { } $",
    "",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_in_a_pin_is_written_and_read_as_it_was(tmp_path: Path, text: str) -> None:
    one, two = Identity.create(), Identity.create()
    path = tmp_path / "trust.toml"
    pins = Pins(path)
    pins.replace_all([Pin(one.id, "one", one.certificate), Pin(two.id, "two", two.certificate)])
    wanted = Pin(
        one.id,
        text,
        f"{text}\n{one.certificate}{text}",
        paired_at=text,
        address=text,
        rights="observe",
        knows=text,
        replaces=text,
    )
    pins.update(one.id, lambda _: wanted)
    assert pins.all()[0] == wanted
    assert Pins(path).all() == pins.all()
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["trusted"]
    assert len(entries) == 2
    assert {key: value for key, value in asdict(wanted).items() if value or key in entries[0]} == entries[0]


def test_half_a_character_does_not_keep_pins_from_being_written(tmp_path: Path) -> None:
    one = Identity.create()
    pins = Pins(tmp_path / "trust.toml")
    pins.add(Pin(one.id, "pi", one.certificate))
    pins.update(one.id, lambda pin: replace(pin, knows="\ud800"))
    assert Pins(tmp_path / "trust.toml").all()[0].knows == "\N{REPLACEMENT CHARACTER}"


def test_own_changes_are_at_hand_and_those_of_others_are_seen(tmp_path: Path) -> None:
    path, one = tmp_path / "trust.toml", Identity.create()
    pins = Pins(path)
    pins.add(Pin(one.id, "pi", one.certificate))
    held = pins.all()
    assert pins.all() is held
    path.write_text(path.read_text(encoding="utf-8").replace('name = "pi"', 'name = "px"'), encoding="utf-8")
    os.utime(path, ns=(1, 1))  # a clock too coarse to tell the two apart is none of this test's
    assert pins.all()[0].name == "px"


def test_several_pins_change_in_one_step_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    pins, machines = Pins(path), [Identity.create() for _ in range(3)]
    pins.replace_all([Pin(one.id, "pi", one.certificate) for one in machines])
    first, second, third = (one.id for one in machines)
    changed = pins.update_each({first: _at("a:1"), third: _at("b:1"), "0" * 64: _at("c:1")})
    assert [pin.id for pin in changed] == [first, third]
    assert [pin.address for pin in Pins(path).all()] == ["a:1", "", "b:1"]
    before = path.read_bytes()
    with pytest.raises(TrustFailure):
        pins.update_each({first: _at("d:1"), second: lambda pin: replace(pin, id=third)})
    assert path.read_bytes() == before


def _at(address: str) -> Callable[[Pin], Pin]:
    return lambda pin: replace(pin, address=address)


def test_a_right_that_does_not_exist_is_not_written(tmp_path: Path) -> None:
    one = Identity.create()
    with pytest.raises(TrustFailure, match="no right"):
        Pins(tmp_path / "trust.toml").replace_all([Pin(one.id, "pi", one.certificate, rights="all")])
    assert not (tmp_path / "trust.toml").exists()


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    mine, theirs = Pins(tmp_path / "t.toml"), Pins(tmp_path / "t.toml")
    one, two = Identity.create(), Identity.create()
    assert mine.all() == theirs.all() == ()
    mine.add(Pin(one.id, "a", one.certificate))
    theirs.add(Pin(two.id, "b", two.certificate))
    assert {pin.name for pin in mine.all()} == {pin.name for pin in theirs.all()} == {"a", "b"}


def test_pin_must_be_of_its_certificate(tmp_path: Path) -> None:
    one, two, path = Identity.create(), Identity.create(), tmp_path / "t.toml"
    with pytest.raises(TrustFailure):
        Pins(path).add(Pin(one.id, "a", two.certificate))
    Pins(path).add(Pin(one.id, "a", one.certificate))
    path.write_text(path.read_text().replace(one.id, two.id))
    with pytest.raises(TrustFailure, match="not that of its id"):
        Pins(path).all()


@pytest.mark.parametrize("text", ["trusted = 3", "[[trusted]]\nid = 3", "[[trusted]]\nid = 'x'", "= ", "\xff"])
def test_unreadable_pins_are_an_error_with_a_hint(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(TrustFailure) as failure:
        Pins(path).all()
    assert str(path) in failure.value.hint


def test_pins_in_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    one = Identity.create()
    (tmp_path / "file").write_text("")
    with pytest.raises(TrustFailure, match="cannot be written"):
        Pins(tmp_path / "file" / "t.toml").add(Pin(one.id, "a", one.certificate))


def test_an_entry_without_rights_may_use(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    identity = Identity.create()
    Pins(path).add(Pin(identity.id, "desk", identity.certificate))
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("rights")))
    assert "rights" not in tomllib.loads(path.read_text())["trusted"][0]
    (pin,) = Pins(path).all()
    assert pin.rights == "use"
    assert [pin.may(right) for right in RIGHTS] == [True, False, True, True]


def test_rights_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    identity = Identity.create()
    pins = Pins(path)
    with pytest.raises(TrustFailure, match="no right"):
        pins.add(Pin(identity.id, "desk", identity.certificate, rights="use everything"))
    pins.add(Pin(identity.id, "desk", identity.certificate, rights="pieces  administer use use"))
    assert pins.all()[0].rights == "use administer pieces"
    path.write_text(path.read_text().replace("use administer", "use adminster"))
    with pytest.raises(TrustFailure, match="'desk' has a right"):
        pins.all()


def test_update_changes_one_pin_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    one, other = Identity.create(), Identity.create()
    for identity in (one, other):
        Pins(path).add(Pin(identity.id, "pi", identity.certificate))
    mine, theirs = Pins(path), Pins(path)
    assert len(mine.all()) == 2
    theirs.update(one.id, lambda pin: replace(pin, rights="use administer"))
    mine.update(one.id, lambda pin: replace(pin, address="127.0.0.1:1"))
    assert [(pin.rights, pin.address) for pin in Pins(path).all()] == [("use administer", "127.0.0.1:1"), ("use", "")]
    assert mine.update("0" * 64, lambda pin: pin) is None
