"""Keys that follow each other: signed by the one before, never half swapped, never led astray by an older one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from nodeworker.protocol import identity, succession
from nodeworker.protocol.identity import (
    Identity,
    TrustFailure,
    begin_rotation,
    finish_rotation,
    follows,
    handed_over,
    id_of_certificate,
    next_identity,
)
from nodeworker.protocol.pins import Pin, Pins


def test_a_certificate_leads_from_every_key_before_it(tmp_path: Path) -> None:
    line = [Identity.create()]
    for _ in range(succession.MOST_STEPS + 1):
        line.append(line[-1].successor())
    newest = line[-1].certificate
    assert id_of_certificate(newest) == line[-1].id
    assert [follows(newest, one.id) for one in line] == [False, *[True] * succession.MOST_STEPS, False]
    assert not follows(line[1].certificate, line[2].id)


def test_nobody_else_can_make_a_step() -> None:
    old, new, stranger = Identity.create(), Identity.create(), Identity.create()
    # The stranger copies the old key's public part, but has to sign with a key of its own.
    forged = stranger.successor()
    assert not follows(forged.certificate, old.id)
    good = old.successor()
    steps = _steps(good.certificate)
    for damaged in (
        steps[:-1],
        steps[:-1] + bytes([steps[-1] ^ 1]),
        b"\xff" + steps,
        b"",
        steps + steps,
        b"\x01x\x01y",
        bytes([3]) + b"key" + bytes([1]) + b"s",
    ):
        key = new._private()
        assert not follows(identity._self_signed(key, damaged), old.id)
    # Even whole and unchanged they speak of another key.
    assert not follows(identity._self_signed(new._private(), steps), old.id)
    assert follows(good.certificate, old.id)


def _steps(pem: str) -> bytes:
    value = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_oid(succession.OID).value
    assert isinstance(value, x509.UnrecognizedExtension)
    return value.value


def test_handing_over_is_signed_by_the_old_key() -> None:
    old, stranger = Identity.create(), Identity.create()
    new = old.successor()
    assert handed_over(old.certificate, new.certificate, old.hand_over(new.certificate))
    assert not handed_over(old.certificate, new.certificate, stranger.hand_over(new.certificate))
    assert not handed_over(old.certificate, stranger.certificate, old.hand_over(new.certificate))
    assert not handed_over(old.certificate, new.certificate, b"")
    with pytest.raises(TrustFailure):
        handed_over(old.certificate, "nonsense", b"")


def test_rotating_in_files(tmp_path: Path) -> None:
    first = Identity.load_or_create(tmp_path)
    assert next_identity(tmp_path) is None
    second = begin_rotation(tmp_path)
    assert begin_rotation(tmp_path) == second == next_identity(tmp_path)
    assert Identity.load_or_create(tmp_path) == first
    assert (tmp_path / "next" / "identity.key").stat().st_mode & 0o777 == 0o600
    assert finish_rotation(tmp_path) == second
    assert Identity.load_or_create(tmp_path) == second
    assert next_identity(tmp_path) is None
    assert not (tmp_path / "next").exists()
    assert finish_rotation(tmp_path) == second
    assert follows(second.certificate, first.id)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


STEPS: list[tuple[str, Callable[[Path], Identity]]] = [("begin", begin_rotation), ("finish", finish_rotation)]


@pytest.mark.parametrize(("step", "change"), STEPS, ids=[name for name, _ in STEPS])
def test_killed_at_any_change_of_a_file_there_is_always_a_usable_key(
    tmp_path: Path, step: str, change: Callable[[Path], Identity], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call that changes a file is the last one once; what is left must load and the rotation must end well."""
    real_replace, real_unlink = os.replace, os.unlink
    ended = 0
    for allowed in range(10):
        folder = tmp_path / str(allowed)
        first = Identity.load_or_create(folder)
        if step == "finish":
            begin_rotation(folder)
        left = allowed

        def count() -> None:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1

        def replaced(source: object, target: object) -> None:
            count()
            real_replace(source, target)  # type: ignore[arg-type]

        def unlinked(path: object, **options: object) -> None:
            count()
            real_unlink(path)  # type: ignore[arg-type]

        with monkeypatch.context() as killing:
            killing.setattr(os, "replace", replaced)
            killing.setattr(os, "unlink", unlinked)
            try:
                change(folder)
                ended += 1
            except Killed:
                pass
        assert Identity.load_or_create(folder).id in {first.id, _next_id(folder), *_current(folder, first)}
        last = begin_rotation(folder) if step == "begin" else None
        now = finish_rotation(folder)
        assert now.id != first.id
        assert last is None or now == last
        assert follows(now.certificate, first.id)
        assert Identity.load_or_create(folder) == now
        shutil.rmtree(folder)
    assert 0 < ended < 10


def _next_id(folder: Path) -> str:
    following = next_identity(folder)
    return following.id if following else ""


def _current(folder: Path, first: Identity) -> set[str]:
    """The id of the swapped key, when it really came after the first one."""
    now = Identity.load_or_create(folder)
    return {now.id} if follows(now.certificate, first.id) else set()


def test_a_pin_is_handed_over_and_the_old_key_goes_when_the_new_one_is_used(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "trust.toml")
    old, other = Identity.create(), Identity.create()
    pins.add(Pin(old.id, "desk", old.certificate, rights="use administer"))
    pins.add(Pin(other.id, "other", other.certificate))
    given_up, new = old.successor(), old.successor()
    pins.hand_over(old.id, given_up.certificate)
    pins.hand_over(old.id, new.certificate)
    pins.hand_over(old.id, new.certificate)
    assert {pin.id: (pin.name, pin.rights) for pin in pins.all()} == {
        old.id: ("desk", "use administer"),
        other.id: ("other", "use"),
        new.id: ("desk", "use administer"),
    }
    with pytest.raises(TrustFailure, match="another machine's"):
        pins.hand_over(old.id, other.certificate)
    pins.settle({other.id, old.id})
    assert len(pins.all()) == 3
    pins.settle({new.id})
    assert {pin.id for pin in pins.all()} == {other.id, new.id}
    assert all(not pin.replaces for pin in pins.all())
    assert "replaces" not in (tmp_path / "trust.toml").read_text()
    assert pins.hand_over(old.id, new.certificate) is None


def test_an_update_cannot_put_another_key_under_an_id(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "trust.toml")
    one, other = Identity.create(), Identity.create()
    pins.add(Pin(one.id, "pi", one.certificate))
    with pytest.raises(TrustFailure):
        pins.update(one.id, lambda pin: replace(pin, certificate=other.certificate))
    assert pins.update(one.id, lambda pin: replace(pin, id=other.id, certificate=other.certificate)) is not None
    assert [pin.id for pin in pins.all()] == [other.id]
