"""The pin store: which machines this one trusts, in a TOML file that a person can read and edit.

Both sides keep one (`trust.toml`). Several processes may change it at the same time: every change reads the file again
under a lock and replaces it in one step, and `all` notices changes made by others. With a hundred pins reading takes
ten milliseconds and writing waits for the disk: on an event loop only `all` of a file that has not changed is quick.
"""

from __future__ import annotations

import datetime
import os
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from nodeworker.protocol import ADMINISTER as ADMINISTER
from nodeworker.protocol import OBSERVE as OBSERVE
from nodeworker.protocol import PIECES as PIECES
from nodeworker.protocol import RIGHTS as RIGHTS
from nodeworker.protocol import USE as USE
from nodeworker.protocol.files import locked, replace_file
from nodeworker.protocol.identity import TrustFailure, id_of_certificate

_HEAD = """\
# Machines that this one trusts. Made by pairing; take an entry out (or use `unpair`) to end the trust.
# Only the certificate's key counts; names and addresses are for people. `rights` is what that machine may do here:
# words out of use, administer, observe and pieces; see docs/trust.md.

"""
_TABLE = "trusted"

_ESCAPES = {
    **{code: f"\\u{code:04x}" for code in (*range(0x20), 0x7F)},
    **{code: "\N{REPLACEMENT CHARACTER}" for code in range(0xD800, 0xE000)},
    ord('"'): r"\"",
    ord("\\"): r"\\",
}
_ESCAPES_IN_LINES = {code: text for code, text in _ESCAPES.items() if code != ord("\n")}
_SELDOM = ("knows", "replaces", "zone")
"""Fields that are written only while they say something."""
_GIVEN_BY = {
    USE: {USE},
    ADMINISTER: {ADMINISTER},
    OBSERVE: {OBSERVE, USE, ADMINISTER},
    PIECES: {PIECES, USE, ADMINISTER},
}


def may(rights: str, right: str) -> bool:
    """Whether `rights` (words separated by blanks) include `right`: use and administer include observe and pieces."""
    return not _GIVEN_BY[right].isdisjoint(rights.split())


def joined(*rights: str) -> str:
    """Return all the rights of several lists as one, each once, in their usual order.

    Raises:
        TrustFailure: a word is no right.
    """
    words = {word for some in rights for word in some.split()}
    if unknown := sorted(words.difference(RIGHTS)):
        raise TrustFailure(f"{unknown[0]!r} is no right.", f"Rights are: {', '.join(RIGHTS)}.")
    return " ".join(right for right in RIGHTS if right in words)


@dataclass(frozen=True, slots=True)
class Pin:
    """One trusted machine."""

    id: str
    """SHA-256 of its public key, lower-case hex."""
    name: str
    certificate: str
    """PEM."""
    paired_at: str = ""
    """When, ISO 8601 with UTC offset."""
    address: str = ""
    """host:port where it was last reached; "" for a machine that only connects to us."""
    rights: str = USE
    """What it may do here: words out of RIGHTS, separated by blanks."""
    knows: str = ""
    """Id of the own key that it was told of in a rotation; "" = whichever was the own key before."""
    replaces: str = ""
    """Id of its key before this one, which holds until this one is used."""
    zone: str = ""
    """Where its owner here says that it stands; "" = as the machine itself says."""

    def may(self, right: str) -> bool:
        """Whether it may do what `right` stands for here."""
        return may(self.rights, right)


_Stamp = tuple[int, int, int]


class Pins:
    """The pins in the file `path`; a missing file holds none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: tuple[_Stamp | None, tuple[Pin, ...]] = (None, ())
        """The pins, and how the file looked then; set in one step, for threads share it."""

    def all(self) -> tuple[Pin, ...]:
        """Return every pin, reading the file only when it changed. Raises TrustFailure when it cannot be understood."""
        stamp = self._stamp()
        seen, pins = self._held
        if stamp != seen:
            pins = self._read()
            self._held = (stamp, pins)
        return pins

    def get(self, wanted: str) -> Pin | None:
        """Return the pin whose id, id prefix (8 digits or more) or name is `wanted`; the newest of equal names."""
        by_id = [pin for pin in self.all() if len(wanted) >= 8 and pin.id.startswith(wanted.lower())]
        if len(by_id) == 1:
            return by_id[0]
        named = [pin for pin in self.all() if pin.name == wanted]
        return max(named, key=lambda pin: pin.paired_at, default=None)

    def add(self, pin: Pin) -> Pin:
        """Add or replace (same id), filling in `paired_at`. Returns what was stored.

        Raises:
            TrustFailure: the certificate is not that id's, or the file cannot be read or written.
        """
        if id_of_certificate(pin.certificate) != pin.id:
            raise TrustFailure("The certificate does not belong to that machine.")
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        stored = replace(
            pin,
            name=_one_line(pin.name),
            paired_at=pin.paired_at or now,
            address=_one_line(pin.address),
            rights=joined(pin.rights),
        )
        self._change(lambda pins: (*(old for old in pins if old.id != pin.id), stored))
        return stored

    def update(self, id: str, change: Callable[[Pin], Pin]) -> Pin | None:
        """Replace the pin with that full id by `change` of it, as it is then; None when there is none.

        Raises:
            TrustFailure: the certificate is not that of the new id, or the file cannot be read or written.
        """
        changed = self.update_each({id: change})
        return changed[0] if changed else None

    def update_each(self, changes: Mapping[str, Callable[[Pin], Pin]]) -> list[Pin]:
        """Do what `update` does for several pins, by full id, and write once; return those that there were, changed.

        Raises:
            TrustFailure: as `update`; nothing is changed then.
        """
        changed: list[Pin] = []

        def one(pin: Pin) -> Pin:
            if pin.id not in changes:
                return pin
            now = changes[pin.id](pin)
            if id_of_certificate(now.certificate) != now.id:
                raise TrustFailure("The certificate does not belong to that machine.")
            changed.append(replace(now, rights=joined(now.rights)))
            return changed[-1]

        if any(pin.id in changes for pin in self.all()):
            self._change(lambda pins: tuple({pin.id: pin for pin in map(one, pins)}.values()))
        return changed

    def hand_over(self, id: str, certificate: str) -> Pin | None:
        """Trust the key of `certificate` as the pinned key `id`, which goes when the new one was used (`settle`).

        Returns the new pin, None when no such key is pinned. Raises TrustFailure.
        """
        old = next((pin for pin in self.all() if pin.id == id), None)
        new_id = id_of_certificate(certificate)
        if old is None or new_id == id:
            return old
        if any(pin.id == new_id and pin.replaces != id for pin in self.all()):
            raise TrustFailure("That key is known here as another machine's.")
        new = replace(old, id=new_id, certificate=certificate, replaces=id)
        # One successor at a time: the rotation before, which was never used, is given up.
        self._change(lambda pins: (*(pin for pin in pins if pin.id != new_id and pin.replaces != id), new))
        return new

    def settle(self, used: Collection[str]) -> None:
        """Drop the keys whose successors are in `used`. Raises TrustFailure."""
        done = {pin.id: pin.replaces for pin in self.all() if pin.replaces and pin.id in used}
        if done:
            gone = set(done.values())
            self._change(
                lambda pins: tuple(
                    replace(pin, replaces="") if pin.id in done else pin for pin in pins if pin.id not in gone
                )
            )

    def replace_all(self, pins: Sequence[Pin]) -> None:
        """Hold these pins and no others.

        Raises:
            TrustFailure: a certificate is not its id's, or the file cannot be read or written.
        """
        for pin in pins:
            if id_of_certificate(pin.certificate) != pin.id:
                raise TrustFailure("The certificate does not belong to that machine.")
        clean = tuple(replace(pin, name=_one_line(pin.name), address=_one_line(pin.address)) for pin in pins)
        self._change(lambda _: clean)

    def remove(self, id: str) -> Pin | None:
        """Remove the pin with that full id and return it; None when there was none. Raises TrustFailure."""
        gone = next((pin for pin in self.all() if pin.id == id), None)
        if gone is not None:
            self._change(lambda pins: tuple(pin for pin in pins if pin.id != id))
        return gone

    def _change(self, change: Callable[[tuple[Pin, ...]], tuple[Pin, ...]]) -> None:
        try:
            with locked(self.path.with_name(f"{self.path.name}.lock")):
                pins = tuple(replace(pin, rights=joined(pin.rights)) for pin in change(self.all()))
                written = replace_file(self.path, _written(pins).encode("utf-8"))
        except OSError as error:
            raise TrustFailure(f"{self.path} cannot be written: {error.strerror}.") from error
        # As the new file was before anybody else could touch it: what they do to it is seen.
        self._held = (_stamp(written), pins)

    def _stamp(self) -> _Stamp:
        try:
            return _stamp(self.path.stat())
        except OSError:
            return (0, 0, 0)

    def _read(self) -> tuple[Pin, ...]:
        hint = f"Correct {self.path}, or move it aside and pair again."
        try:
            document = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise TrustFailure(f"{self.path} cannot be read: {error}.", hint) from error
        entries = document.get(_TABLE, [])
        if not isinstance(entries, list):
            raise TrustFailure(f"{self.path}: [[{_TABLE}]] must be a list of tables.", hint)
        return tuple(self._pin(entry, hint) for entry in entries)

    def _pin(self, entry: Any, hint: str) -> Pin:
        names = {item.name for item in fields(Pin)}
        if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
            raise TrustFailure(f"{self.path}: an entry is not a table of texts.", hint)
        try:
            pin = Pin(**{key: value for key, value in entry.items() if key in names})
        except TypeError as error:
            raise TrustFailure(f"{self.path}: an entry lacks id, name or certificate.", hint) from error
        if id_of_certificate(pin.certificate) != pin.id:
            raise TrustFailure(f"{self.path}: the certificate of {pin.name!r} is not that of its id.", hint)
        try:
            return replace(pin, rights=joined(pin.rights))
        except TrustFailure as error:
            raise TrustFailure(
                f"{self.path}: {pin.name!r} has a right that does not exist. {error.hint}", hint
            ) from error


def _stamp(status: os.stat_result) -> _Stamp:
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _written(pins: tuple[Pin, ...]) -> str:
    """Return the file's text. Written by hand: a library that keeps comments and order took ten times as long."""
    entries = (
        "".join(
            f"{key} = {_quoted(value, lines=key == 'certificate')}\n"
            for key, value in asdict(pin).items()
            if value or key not in _SELDOM
        )
        for pin in pins
    )
    return _HEAD + "\n".join(f"[[{_TABLE}]]\n{entry}" for entry in entries)


def _quoted(text: str, *, lines: bool) -> str:
    """Return `text` as a TOML string, whatever is in it; `lines` keeps line breaks. Lone surrogates become U+FFFD."""
    return f'"""\n{text.translate(_ESCAPES_IN_LINES)}"""' if lines else f'"{text.translate(_ESCAPES)}"'


def _one_line(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:100]
