"""Where the chunks are kept: a folder of this machine, or an S3-compatible address with its credentials. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import StoreError

_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[\w.~-]+)*/?")
_OPTIONS = ("access_key_id", "secret_access_key", "session_token", "region", "endpoint")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or bucket that holds tables."""

    uri: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What LanceDB needs to reach it; holds secrets."""

    @property
    def folder(self) -> Path | None:
        """The folder, if it is one of this machine."""
        return None if self.uri.startswith("s3://") else Path(self.uri)

    @property
    def shown(self) -> str:
        """The address as the user may see it: without secrets."""
        return self.uri


def place_of(folder: Path, address: str, home: Path, environment: Mapping[str, str]) -> Place:
    """Return where the tables are.

    Args:
        folder: The folder of this machine, used while `address` is empty.
        address: Setting documents.store: "" or s3://bucket/prefix.
        home: Folder whose file `store-credentials.toml`, mode 0600, may hold credentials.
        environment: Variables of the process, AWS_ACCESS_KEY_ID and the like; they come first.

    Raises:
        StoreError: the address or the file cannot be used.
    """
    if not address:
        return Place(str(folder))
    if not _ADDRESS.fullmatch(address):
        raise StoreError(
            f"documents.store is {address!r}, which is no address of a store.",
            code="store_address",
            hint="Leave it empty for this machine, or write s3://bucket/prefix.",
        )
    options = _credentials(home / "store-credentials.toml")
    for name in _OPTIONS:
        value = environment.get(f"AWS_{name.upper()}", "")
        if value:
            options[name] = value
    endpoint = options.get("endpoint", "")
    if endpoint.startswith("http://"):
        options["allow_http"] = "true"
    options.setdefault("region", "us-east-1")
    return Place(address.rstrip("/"), {f"aws_{name}" if name in _OPTIONS else name: v for name, v in options.items()})


def _credentials(path: Path) -> dict[str, str]:
    import tomllib

    try:
        if os.stat(path).st_mode & 0o077:
            raise StoreError(f"{path} can be read by others.", code="store_credentials", hint=f"Run: chmod 600 {path}")
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} cannot be read: {error}", code="store_credentials") from error
    unknown = sorted(set(values).difference(_OPTIONS))
    if unknown or not all(isinstance(value, str) for value in values.values()):
        raise StoreError(
            f"{path} may only hold {', '.join(_OPTIONS)}, each as text in quotes.", code="store_credentials"
        )
    return dict(values)
