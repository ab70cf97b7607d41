"""Looks at a ZIP container before any library unpacks it: size, number of entries, ratio, and its XML."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import NoReturn
from xml.parsers import expat

from app.rag.readers.outcome import Refused

MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 200 * 2**20
MAX_RATIO = 100
DAMAGED = "The file is damaged: it cannot be unpacked."
ENTITIES = "Its XML declares entities, which documents do not need and attacks do."
_SMALL_BYTES = 2**20  # small files may be packed as tightly as they like
_BLOCK = 64 * 1024
BROKEN = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error, OSError)
"""What zipfile raises for a container that is not whole."""


def check(data: bytes, *, doctype: bool = False) -> None:
    """Raise Refused if unpacking `data` could exhaust memory or its XML names entities or outside files.

    `doctype`: a document type without entities of its own is let through, as EPUB has it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            check_size(entries, len(data))
            for entry in entries:
                if entry.file_size and entry.filename.endswith((".xml", ".rels", ".opf", ".ncx")):
                    _check_xml(archive, entry, doctype)
    except BROKEN as error:
        raise Refused("error", DAMAGED) from error


def check_size(entries: list[zipfile.ZipInfo], packed: int) -> None:
    """Raise Refused for more parts or bytes than a document has. zipfile unpacks no more than its directory tells."""
    if len(entries) > MAX_ENTRIES:
        raise Refused("rejected", f"It holds more than {MAX_ENTRIES} parts, which no document needs.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _SMALL_BYTES and unpacked > MAX_RATIO * packed:
        raise Refused("rejected", "It unpacks to far more than its size, as a ZIP bomb does.")
    if unpacked > MAX_UNPACKED_BYTES:
        raise Refused("rejected", f"It unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB.")


def _check_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, doctype: bool) -> None:
    # The parser is asked for declarations only, so that no Python runs for an element: ten times as fast as SAX.
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _entities
    parser.UnparsedEntityDeclHandler = _entities
    parser.ExternalEntityRefHandler = _entities
    if not doctype:
        parser.StartDoctypeDeclHandler = _entities
    try:
        with archive.open(entry) as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refused("error", "The file is damaged: its XML is broken.") from error


def _entities(*_: object) -> NoReturn:
    raise Refused("rejected", ENTITIES)
