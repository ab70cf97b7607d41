"""Collections: named sets of folders that a conversation may be held to, kept in `collections.toml`."""

from __future__ import annotations

import difflib
import os
import threading
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app import toml_file
from app.errors import SettingsError, StoreError, UsageError

FILE = "collections.toml"
EVERYTHING = "*"
"""In the place of a name: the whole library."""
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Collection:
    """A name for some folders and files."""

    name: str
    folders: tuple[Path, ...]
    """Absolute; they need not be in the library yet."""


class Collections:
    """The collections of one home. Calls read or write one small file; another process may have changed it."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._lock = threading.Lock()

    def all(self) -> list[Collection]:
        """Return all by name. Raises SettingsError when the file is no valid TOML."""
        try:
            document = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise _wrong(self._path, f"it is not valid TOML: {error}") from error
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read: {error}.", code="collections") from error
        found = []
        for name, values in document.items():
            folders = values.get("folders") if isinstance(values, dict) else None
            if not isinstance(folders, list) or not all(isinstance(one, str) and one for one in folders):
                raise _wrong(self._path, f'[{name}] needs folders = ["/a/folder", …]')
            found.append(Collection(name, tuple(Path(one).expanduser() for one in folders)))
        return sorted(found, key=lambda one: one.name.casefold())

    def get(self, name: str) -> Collection:
        """Return one by name, whatever the case. Raises UsageError with the closest name, or SettingsError."""
        known = self.all()
        for one in known:
            if one.name.casefold() == name.strip().casefold():
                return one
        close = difflib.get_close_matches(name, [one.name for one in known], 1)
        hint = f"Did you mean {close[0]!r}?" if close else "`tangnet collections add NAME FOLDER…` makes one."
        raise UsageError(f"There is no collection {name!r}.", code="collection_missing", hint=hint)

    def put(self, name: str, folders: Sequence[Path]) -> Collection:
        """Make a collection, or give one other folders. Raises UsageError, SettingsError, StoreError."""
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME or name == EVERYTHING or not name.isprintable():
            raise UsageError(
                f"{name!r} cannot be the name of a collection.",
                code="usage",
                hint=f"A name has 1 to {LONGEST_NAME} characters that can be printed.",
            )
        if not folders:
            raise UsageError("A collection needs a folder.", code="usage", hint="Name one or more folders or files.")
        made = Collection(name, tuple(dict.fromkeys(Path(os.path.abspath(one.expanduser())) for one in folders)))
        with self._lock:
            self._write([one for one in self.all() if one.name.casefold() != name.casefold()] + [made])
        return made

    def remove(self, name: str) -> Collection:
        """Forget a collection; documents and conversations stay. Raises UsageError, SettingsError, StoreError."""
        with self._lock:
            gone = self.get(name)
            self._write([one for one in self.all() if one != gone])
        return gone

    def _write(self, collections: Sequence[Collection]) -> None:
        import tomlkit  # only needed here, and slow to import on the way to the window

        document = tomlkit.document()
        for one in sorted(collections, key=lambda one: one.name.casefold()):
            table = tomlkit.table()
            table["folders"] = [str(folder) for folder in one.folders]
            document[one.name] = table
        toml_file.write(self._path, document, code="collections")


def _wrong(path: Path, reason: str) -> SettingsError:
    return SettingsError(f"{path}: {reason}.", code="collections_syntax", hint="Mend the file, or move it away.")
