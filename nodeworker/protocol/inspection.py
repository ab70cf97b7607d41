"""Looking over the files of trust in one folder: what is wrong with them, and what to do about it."""

from __future__ import annotations

import os
import stat
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodeworker.protocol import RIGHTS
from nodeworker.protocol.identity import (
    CERTIFICATE_FILE,
    KEY_FILE,
    NEXT_FOLDER,
    Identity,
    TrustFailure,
    id_of_certificate,
    next_identity,
)

TRUST_FILE = "trust.toml"
PEERS_FILE = "peers.toml"
OLD_ROTATION_SECONDS = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or that somebody should know."""

    message: str
    hint: str


def inspect(folder: Path) -> list[Problem]:
    """Look over identity and pins in a desktop's or node's folder; nothing is changed but what a crash left half done.

    A folder in which nothing was made yet has no problems.
    """
    return [*_identity(folder), *(found for name in (TRUST_FILE, PEERS_FILE) for found in _pins(folder / name))]


def _identity(folder: Path) -> Iterator[Problem]:
    if not (folder / KEY_FILE).exists() and not (folder / CERTIFICATE_FILE).exists():
        return
    if _mode(folder) & 0o022:
        yield Problem(f"Others may write into {folder}.", f"chmod 700 {folder}")
    try:
        Identity.load_or_create(folder)
        following = next_identity(folder)
    except TrustFailure as error:
        yield Problem(error.message, error.hint)
        return
    key = folder / NEXT_FOLDER / KEY_FILE
    if following is not None and time.time() - key.stat().st_mtime > OLD_ROTATION_SECONDS:
        yield Problem(
            "A new key was made over a week ago, and some nodes do not know it yet.",
            "Switch them on once, or give them up: tangnet pair --rotate --drop-old",
        )


def _pins(path: Path) -> Iterator[Problem]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        yield Problem(f"{path} cannot be read: {error}.", "Correct it, or move it aside and pair again.")
        return
    if _mode(path) & 0o022:
        yield Problem(f"Others may write {path}, and so decide who is trusted.", f"chmod 600 {path}")
    entries = document.get("trusted", [])
    if not isinstance(entries, list):
        yield Problem(f"{path}: [[trusted]] must be a list of tables.", "Correct it, or move it aside and pair again.")
        return
    names: Counter[str] = Counter()
    ids: Counter[str] = Counter()
    for number, entry in enumerate(entries, 1):
        where = f"{path}, entry {number}"
        if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
            yield Problem(f"{where}: not a table of texts.", "Take it out and pair again.")
            continue
        ids[entry.get("id", "")] += 1
        if not any(isinstance(other, dict) and other.get("replaces") == entry.get("id") for other in entries):
            names[entry.get("name", "").lower()] += 1
        yield from _entry(where, entry)
    for name, count in names.items():
        if count > 1:
            yield Problem(f"{path}: {count} machines are called {name!r}.", "Give each `name` of its own in that file.")
    for id, count in ids.items():
        if count > 1:
            yield Problem(f"{path}: {count} entries are for the key {id[:16]}.", "Take all but one out.")


def _entry(where: str, entry: dict[str, Any]) -> Iterator[Problem]:
    lacking = [field for field in ("id", "name", "certificate") if not entry.get(field)]
    if lacking:
        yield Problem(f"{where}: there is no {lacking[0]}.", "Take it out and pair again.")
        return
    named = f"{where} ({entry['name']})"
    try:
        if id_of_certificate(entry["certificate"]) != entry["id"]:
            yield Problem(f"{named}: the certificate is not that of its id.", "Take it out and pair again.")
    except TrustFailure as error:
        yield Problem(f"{named}: {error.message}", "Take it out and pair again.")
    unknown = sorted(set(entry.get("rights", "").split()).difference(RIGHTS))
    if unknown:
        yield Problem(f"{named}: {unknown[0]!r} is no right.", f"Rights are: {', '.join(RIGHTS)}.")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode) if os.name == "posix" else 0
