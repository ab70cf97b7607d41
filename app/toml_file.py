"""Writing a small TOML file of ours so that it is either the old one or the new one, whatever happens meanwhile."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import StoreError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def write(path: Path, document: TOMLDocument, *, code: str) -> None:
    """Put `document` in place of the file at `path`; it is on the disk when this returns.

    Raises:
        StoreError: it cannot be written; with `code`. The old file is as it was.
    """
    import tomlkit

    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(tomlkit.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except (OSError, UnicodeEncodeError) as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written: {error}.", code=code, hint="Check the free space.") from error
