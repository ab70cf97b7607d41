"""Finds out what a file is: by its content first, by its extension only where content cannot tell."""

from __future__ import annotations

import io
import zipfile
from typing import Literal, NoReturn

from app.rag.readers.outcome import Refused

Kind = Literal["pdf", "docx", "html", "markdown", "picture", "text"]

_BINARY_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"BM", "a picture"),
    (b"RIFF", "sound, video or a picture"),
    (b"OggS", "sound"),
    (b"fLaC", "sound"),
    (b"ID3", "sound"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ\0", "a compressed archive"),
    (b"7z\xbc\xaf'\x1c", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"SQLite format 3\0", "a database"),
    (b"GGUF", "a model"),
)
_LATER = {
    ".eml": "mail",
    ".mbox": "mail",
    ".ipynb": "notebooks",
    ".rtf": "RTF documents",
    ".tex": "LaTeX sources",
    ".svg": "SVG pictures",
    ".xml": "XML files",
    ".rss": "XML files",
}
_HTML_EXTENSIONS = frozenset({".html", ".htm", ".xhtml", ".shtml"})
_MARKDOWN_EXTENSIONS = frozenset({".md", ".markdown", ".mdown", ".mkd"})


def kind_of(data: bytes, extension: str) -> Kind:
    """Return which reader takes this content.

    Args:
        data: The whole file.
        extension: With the dot, lower case; "" if there is none.

    Raises:
        Refused: no reader takes it.
    """
    head = data[:4096]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        _compound(data)
    if head.startswith(b"{\\rtf"):
        _not_yet("RTF documents")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "picture"
    for magic, name in _BINARY_MAGIC:
        # Short marks could be the first letters of a text: only what is binary too is refused by them.
        if head.startswith(magic) and (len(magic) > 4 or _looks_binary(head)):
            if name == "a picture":
                return "picture"
            raise Refused("rejected", f"It is not a document but {name}.")
    if extension in _LATER:
        _not_yet(_LATER[extension])
    if extension in _HTML_EXTENSIONS or _starts_as_html(head):
        return "html"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        _not_yet("XML files")
    return "markdown" if extension in _MARKDOWN_EXTENSIONS else "text"


def _not_yet(name: str) -> NoReturn:
    raise Refused("rejected", f"This kind of file cannot be read yet: {name}.")


def _looks_binary(head: bytes) -> bool:
    strange = sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head)
    return strange * 50 > len(head)


def _starts_as_html(head: bytes) -> bool:
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!--", b"<?xml")):
        return b"<html" in start
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _zipped(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if any(entry.flag_bits & 1 for entry in entries):
                raise Refused("password", "It is protected by a password.")
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise Refused("error", "The file is damaged: its ZIP directory cannot be read.") from error
    if "word/document.xml" in names or any(name.startswith("word/document") for name in names):
        return "docx"
    if any(name.startswith("xl/") for name in names):
        _not_yet("spreadsheets")
    if any(name.startswith("ppt/") for name in names):
        _not_yet("presentations")
    if "META-INF/container.xml" in names:
        _not_yet("EPUB books")
    if "content.xml" in names and "mimetype" in names:
        _not_yet("OpenDocument files")
    _not_yet("ZIP archives")


def _compound(data: bytes) -> NoReturn:
    """Old Office files, and new ones under a password, share one container."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Refused("password", "It is protected by a password.")
    _not_yet("old Office and Outlook files")
