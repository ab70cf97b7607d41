"""ZIP archives: each file in it a section, read from memory; nothing is ever unpacked to the disk."""

from __future__ import annotations

import contextlib
import io
import zipfile

from app.rag.document import Piece
from app.rag.readers import zip_guard
from app.rag.readers.opening import Allowance
from app.rag.readers.outcome import Outcome, Refused

MAX_ENTRIES = 100_000


def read(data: bytes, password: str, allowance: Allowance) -> Outcome:
    """Return what is in the files that can be read. Raises Refused for a password or a damaged archive."""
    pieces: list[Piece] = []
    locked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _hidden(entry.filename)]
            if len(entries) > MAX_ENTRIES:
                raise Refused("rejected", f"It holds more than {MAX_ENTRIES} files.")
            for entry in entries:
                if entry.flag_bits & 1 and not password:
                    locked += 1
                elif entry.file_size > allowance.size or allowance.files <= 0:
                    allowance.left_out += 1
                else:
                    pieces.extend(_member(archive, entry, password, allowance))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError) as error:
        raise Refused("error", zip_guard.DAMAGED) from error
    if locked and not pieces:
        raise Refused("password", "It is protected by a password.")
    allowance.left_out += locked
    return Outcome(pieces, reason=allowance.reason)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, password: str, allowance: Allowance) -> list[Piece]:
    try:
        # zipfile unpacks no more than the size that the directory tells, which was looked at.
        data = archive.read(entry, pwd=password.encode() if entry.flag_bits & 1 else None)
    except RuntimeError as error:
        raise Refused("password", "The password is wrong.") from error
    except zip_guard.BROKEN:
        allowance.left_out += 1
        return []
    return list(allowance.member(_name(entry), data, ()))


def _hidden(name: str) -> bool:
    """Return True for what systems put into archives beside a person's files."""
    parts = name.split("/")
    return parts[0] == "__MACOSX" or any(part.startswith(".") and part.strip(".") for part in parts)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name as a person reads it: UTF-8 where an archiver wrote it without saying so."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):  # it is in the old code page, as it was read
            name = name.encode("cp437").decode("utf-8")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)[:300]
