"""Looks at a ZIP container before any library unpacks it: size, number of entries, ratio, and its XML."""

from __future__ import annotations

import io
import xml.sax
import xml.sax.handler
import zipfile

import defusedxml.common
import defusedxml.sax

from app.rag.readers.outcome import Refused

MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 200 * 2**20
MAX_RATIO = 100
_SMALL_BYTES = 2**20  # small files may be packed as tightly as they like


def check(data: bytes) -> None:
    """Raise Refused if unpacking `data` could exhaust memory or its XML names entities or outside files."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise Refused("rejected", f"It holds more than {MAX_ENTRIES} parts, which no document needs.")
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MAX_UNPACKED_BYTES or (unpacked > _SMALL_BYTES and unpacked > MAX_RATIO * len(data)):
                raise Refused("rejected", "It unpacks to far more than its size, as a ZIP bomb does.")
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _check_xml(archive, entry)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise Refused("error", "The file is damaged: it cannot be unpacked.") from error


def _check_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    try:
        # zipfile reads no more than the size that the directory tells, so a lie about it cannot pass the check above.
        with archive.open(entry) as stream:
            defusedxml.sax.parse(stream, xml.sax.handler.ContentHandler(), forbid_dtd=True)
    except defusedxml.common.DefusedXmlException as error:
        raise Refused("rejected", "Its XML declares entities, which documents do not need and attacks do.") from error
    except xml.sax.SAXException as error:
        raise Refused("error", "The file is damaged: its XML is broken.") from error
