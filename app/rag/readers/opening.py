"""Chooses the reader for a file by its content; also for files inside files, within what is left of an allowance."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.rag.document import Piece
from app.rag.readers import sniffing
from app.rag.readers.outcome import Outcome, Refused

MAX_DEPTH = 4
"""A mail in a mail in an archive in an archive."""
MAX_FILES = 2_000
MAX_BYTES = 200 * 2**20
SECONDS = 20.0
"""Of computing, after which the rest is left out: better some of an archive than none."""


@dataclass(slots=True)
class Allowance:
    """What the files inside one file may still take, all together; depth by depth."""

    depth: int = MAX_DEPTH
    files: int = MAX_FILES
    size: int = MAX_BYTES
    """Bytes, unpacked."""
    until: float = field(default_factory=lambda: time.process_time() + SECONDS)
    """Processor time of this process after which no further file is begun."""
    read: int = 0
    left_out: int = 0
    """Files inside that were not read."""

    def member(self, name: str, data: bytes, above: tuple[str, ...]) -> Iterator[Piece]:
        """Yield the pieces of a file inside another, under its name; one that cannot be read is counted."""
        self.files -= 1
        self.size -= len(data)
        if self.depth <= 0 or self.files < 0 or self.size < 0 or time.process_time() > self.until:
            self.left_out += 1
            return
        self.depth -= 1
        try:
            outcome = read(data, name, allowance=self)
        except MemoryError:
            raise  # what is left of it is needed to say so
        except Exception:  # broken, or no document: the files beside it are read all the same
            self.left_out += 1
            return
        finally:
            self.depth += 1
        if outcome.needs_ocr and not outcome.pieces:
            self.left_out += 1  # a picture: recognition is for files of their own
            return
        self.read += 1
        yield Piece(name, None, (*above, name), "heading")
        for piece in outcome.pieces:
            page = (f"page {piece.page}",) if piece.page is not None else ()
            # Pages and places on them are those of another file.
            yield replace(piece, page=None, lines=(), section=(*above, name, *page, *piece.section))

    @property
    def reason(self) -> str:
        """What to tell about files inside that were not read; "" if all were."""
        if not self.left_out:
            return ""
        of = self.left_out + self.read
        return (
            f"{self.left_out} of the {of} files in it could not be read."
            if of > 1
            else "The file in it cannot be read."
        )


def read(data: bytes, name: str, password: str = "", allowance: Allowance | None = None) -> Outcome:
    """Return what is in a file.

    Args:
        data: The whole of it.
        name: What it is called; its extension counts where the content cannot tell.
        password: For a protected PDF or ZIP.
        allowance: What it may still read of files inside it.

    Raises:
        Refused: it cannot be read.
    """
    extension = os.path.splitext(name)[1].lower()
    kind = sniffing.kind_of(data, extension)
    inside = allowance or Allowance()
    if kind == "sound":
        raise Refused("rejected", "It is a recording: a node has to listen to it.", recording=True)
    if kind == "picture":
        from app.rag.readers import rendering

        return rendering.picture_file(data)
    if kind == "pdf":
        from app.rag.readers import pdf

        return pdf.read(data, password)
    if kind in ("zip", "mail", "mbox", "msg"):
        return _container(kind, data, password, inside)
    if kind in ("docx", "pptx", "sheet", "opendocument", "epub"):
        return _office(kind, data)
    return _text(kind, data, extension)


def _container(kind: sniffing.Kind, data: bytes, password: str, inside: Allowance) -> Outcome:
    if kind == "zip":
        from app.rag.readers import archive

        return archive.read(data, password, inside)
    if kind == "msg":
        from app.rag.readers import outlook

        return outlook.read(data, inside)
    from app.rag.readers import mail

    return mail.read_box(data, inside) if kind == "mbox" else mail.read(data, inside)


def _office(kind: sniffing.Kind, data: bytes) -> Outcome:
    if kind == "docx":
        from app.rag.readers import docx

        return docx.read(data)
    if kind == "pptx":
        from app.rag.readers import pptx

        return pptx.read(data)
    if kind == "sheet":
        from app.rag.readers import sheets

        return sheets.read(data)
    if kind == "epub":
        from app.rag.readers import epub

        return epub.read(data)
    from app.rag.readers import opendocument

    return opendocument.read(data)


def _text(kind: sniffing.Kind, data: bytes, extension: str) -> Outcome:
    if kind == "html":
        from app.rag.readers import html

        return html.read(data)
    if kind == "markdown":
        from app.rag.readers import markdown

        return markdown.read(data)
    if kind == "csv":
        from app.rag.readers import delimited

        return delimited.read(data)
    if kind == "json":
        from app.rag.readers import json_text

        return json_text.read(data)
    if kind == "notebook":
        from app.rag.readers import notebook

        return notebook.read(data)
    if kind == "xml":
        from app.rag.readers import xml_text

        return xml_text.read(data)
    if kind == "rtf":
        from app.rag.readers import rtf

        return rtf.read(data)
    if kind == "rst":
        from app.rag.readers import rst

        return rst.read(data)
    if kind == "latex":
        from app.rag.readers import latex

        return latex.read(data)
    if kind == "subtitles":
        from app.rag.readers import subtitles

        return subtitles.read(data)
    if kind == "source":
        from app.rag.readers import source

        return source.read(data, extension)
    from app.rag.readers import text

    return text.read(data)
