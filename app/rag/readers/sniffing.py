"""Finds out what a file is: by its content first, by its extension only where content cannot tell."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Literal, NoReturn

from app.rag.readers.outcome import Refused

Kind = Literal[
    "pdf", "docx", "pptx", "sheet", "opendocument", "epub", "zip",
    "html", "markdown", "rst", "rtf", "latex", "xml", "csv", "json", "notebook", "source", "subtitles", "text",
    "mail", "mbox", "msg", "sound", "picture",
]  # fmt: skip

HEAD_BYTES = 64 * 1024
"""So much of a file's beginning tells whether it is a recording."""

_OTHER_MAGIC = (
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xfe\xed\xfa\xce", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\0asm", "a program"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ\0", "a compressed archive"),
    (b"7z\xbc\xaf'\x1c", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"\x28\xb5\x2f\xfd", "a compressed archive"),
    (b"SQLite format 3\0", "a database"),
    (b"GGUF", "a model"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)
_PICTURE_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"BM")
_SOUND_MAGIC = (
    b"OggS",
    b"fLaC",
    b"ID3",
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b".snd",
    b"caff",
    b"#!AMR",
    b"0&\xb2u\x8ef\xcf\x11",  # ASF: WMA, WMV
    b"\0\0\x01\xba",  # MPEG
    b"\0\0\x01\xb3",
    b"wvpk",
)
_PICTURE_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
_BY_EXTENSION: dict[str, Kind] = {
    **dict.fromkeys((".html", ".htm", ".xhtml", ".shtml"), "html"),
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd"), "markdown"),
    **dict.fromkeys((".rst", ".rest"), "rst"),
    **dict.fromkeys((".tex", ".ltx", ".latex"), "latex"),
    **dict.fromkeys((".xml", ".rss", ".atom", ".svg", ".opml", ".xsd", ".kml", ".gpx", ".plist"), "xml"),
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".geojson", ".jsonld", ".har"), "json"),
    ".ipynb": "notebook",
    **dict.fromkeys((".eml", ".mht", ".mhtml"), "mail"),
    **dict.fromkeys((".mbox", ".mbx"), "mbox"),
    **dict.fromkeys((".srt", ".vtt", ".sbv"), "subtitles"),
}
_SOURCE_EXTENSIONS_NAMES = """
.py .pyi .pyw .js .mjs .cjs .jsx .ts .tsx .java .kt .kts .scala .groovy .c .h .cc .cpp .cxx .hh .hpp .hxx .m
.mm .cs .fs .vb .go .rs .swift .rb .php .pl .pm .lua .r .jl .sh .bash .zsh .fish .ps1 .bat .cmd .sql .css
.scss .sass .less .vue .svelte .dart .ex .exs .erl .hrl .hs .ml .mli .clj .cljs .lisp .el .scm .proto .thrift
.graphql .gradle .cmake .mk .asm .s .f .f90 .pas .nim .zig .v .sv .vhd .tf .hcl .yaml .yml .toml .ini .cfg
.conf .properties .dockerfile .nix .tcl .awk .sed .vim
"""
_SOURCE_EXTENSIONS = frozenset(_SOURCE_EXTENSIONS_NAMES.split())
_HEADER = re.compile(
    rb"(?:From|To|Cc|Subject|Date|Received|Return-Path|Delivered-To|MIME-Version|Message-ID|Content-Type|Reply-To|"
    rb"Content-Transfer-Encoding|In-Reply-To|X-[\w-]+|DKIM-Signature|ARC-[\w-]+|Authentication-Results):[ \t]",
    re.I,
)
_BOX = re.compile(rb"From \S+ .*\d\d:\d\d.*\r?\n[\w-]+:[ \t]")
_SRT = re.compile(rb"\s*\d+\s*\r?\n\d{1,2}:\d\d:\d\d[,.]\d{1,3}[ \t]+-->")
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
_MARKS = b"\xef\xbb\xbf\xff\xfe \t\r\n"
_DAMAGED = "The file is damaged: its ZIP directory cannot be read."


def kind_of(data: bytes, extension: str) -> Kind:
    """Return which reader takes this content.

    Args:
        data: The whole file.
        extension: With the dot, lower case; "" if there is none.

    Raises:
        Refused: no reader takes it.
    """
    head = data[:4096]
    if is_pdf(head):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(data)
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if is_sound(data[:HEAD_BYTES]):
        return "sound"
    if _is_picture(head):
        return "picture"
    for magic, name in _OTHER_MAGIC:
        # Short marks could be the first letters of a text: only what is binary too is refused by them.
        if head.startswith(magic) and (len(magic) > 4 or _looks_binary(head)):
            raise Refused("rejected", f"It is not a document but {name}.")
    return _kind_of_text(data, head, extension)


def is_pdf(head: bytes) -> bool:
    """Return True if a file that begins so is a PDF."""
    return b"%PDF-" in head[:1024] and not head.startswith(b"PK\x03\x04")


def is_sound(head: bytes) -> bool:
    """Return True if a file that begins so is a sound or video recording."""
    if (head[:4] == b"RIFF" and head[8:12] in (b"WAVE", b"AVI ")) or head[:4] == b"RF64":
        return True
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return True
    if head[4:8] == b"ftyp" and head[:1] == b"\0":
        return head[8:12] not in _PICTURE_BRANDS
    if head.startswith(_SOUND_MAGIC) and _looks_binary(head[:4096]):
        return True
    if head[:1] == b"\x47" and len(head) > 376 and head[188] == head[376] == 0x47 and _looks_binary(head[:4096]):
        return True  # MPEG transport stream
    return _is_frames(head)


def _is_frames(head: bytes) -> bool:
    """Return True for MP3 and AAC without a tag: one frame after another, each beginning with eleven set bits."""
    if len(head) < 512 or head[0] != 0xFF or not _looks_binary(head[:4096]):
        return False
    if head[1] & 0xF6 == 0xF0:  # AAC
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return length > 7 and head[length : length + 2] == head[:2]
    return head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0 and head[2] >> 4 not in (0, 15) and head[2] & 0x0C != 0x0C


def _is_picture(head: bytes) -> bool:
    if (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or (head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS):
        return True
    # BM may be the first letters of a text.
    return head.startswith(_PICTURE_MAGIC) and (head[:2] != b"BM" or _looks_binary(head))


def _kind_of_text(data: bytes, head: bytes, extension: str) -> Kind:
    start = head.replace(b"\0", b"").lstrip(_MARKS)
    named = _BY_EXTENSION.get(extension)
    if named == "html" or _starts_as_html(start):
        return "html"
    if named is None and start.startswith(b"<?xml"):
        return "xml"
    if named is not None and not (named == "xml" and start[:1] != b"<"):
        return "text" if named == "json" and not start else named
    if start.startswith(b"WEBVTT") or _SRT.match(start):
        return "subtitles"
    if extension in _SOURCE_EXTENSIONS:
        return "source"
    return _unnamed(data, start)


def _unnamed(data: bytes, start: bytes) -> Kind:
    """Return the kind of a text whose extension says nothing."""
    if _BOX.match(start):
        return "mbox"
    lines = start.split(b"\n", 12)[:12]
    if lines and _HEADER.match(lines[0]) and sum(_HEADER.match(line) is not None for line in lines) >= 3:
        return "mail"
    if b"\\documentclass" in start and b"\\begin{document}" in data[:HEAD_BYTES]:
        return "latex"
    if start.startswith(b"<svg"):
        return "xml"
    closing = {b"{": b"}", b"[": b"]"}.get(start[:1])
    if closing and data[-64:].replace(b"\0", b"").rstrip().endswith(closing) and _is_json(data):
        return "json"
    return "text"


def _is_json(data: bytes) -> bool:
    import json

    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _looks_binary(head: bytes) -> bool:
    strange = sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head)
    return strange * 50 > len(head)


def _starts_as_html(start: bytes) -> bool:
    start = start.lower()
    if start.startswith((b"<!--", b"<?xml")):
        # In an XML file <html> must be the root: a feed may hold pages.
        roots = _ROOT.findall(re.sub(rb"<!--.*?-->|<[?!][^>]*>", b"", start, flags=re.S), 0)
        return bool(roots) and roots[0] == b"html"
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _zipped(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            type_of_it = _declared(archive) if "mimetype" in names else ""
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError) as error:
        raise Refused("error", _DAMAGED) from error
    locked = any(entry.flag_bits & 1 for entry in entries)
    kind: Kind = "zip"
    if any(name.startswith("word/document") for name in names):
        kind = "docx"
    elif any(name.startswith("ppt/presentation") for name in names):
        kind = "pptx"
    elif any(name.startswith("xl/workbook") for name in names):
        kind = "sheet"
    elif type_of_it == "application/epub+zip" or ("META-INF/container.xml" in names and not type_of_it):
        kind = "epub"
    elif type_of_it.startswith("application/vnd.oasis.opendocument."):
        kind = "sheet" if "spreadsheet" in type_of_it else "opendocument"
    if locked and kind != "zip":
        raise Refused("password", "It is protected by a password.")
    return kind


def _declared(archive: zipfile.ZipFile) -> str:
    """Return the type that an OpenDocument or EPUB file says it has."""
    try:
        with archive.open("mimetype") as stream:
            return stream.read(100).decode("ascii", "replace").strip()
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, NotImplementedError) as error:
        raise Refused("error", _DAMAGED) from error


def _compound(data: bytes) -> Kind:
    """Old Office files, Outlook messages, and new Office files under a password share one container."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        raise Refused("password", "It is protected by a password.")
    if holds("__properties_version1.0"):
        return "msg"
    if holds("Workbook\0") or holds("Book\0"):
        return "sheet"
    if holds("WordDocument\0"):
        _too_old("an old Word document", "DOCX")
    if holds("PowerPoint Document\0"):
        _too_old("an old PowerPoint presentation", "PPTX")
    raise Refused("rejected", "It is not a document but data of another program.")


def _too_old(name: str, instead: str) -> NoReturn:
    raise Refused("rejected", f"It is {name}, which cannot be read; saved as {instead} it can.")
