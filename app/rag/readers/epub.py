"""EPUB books: chapters in the order of the spine, under the titles that the table of contents gives them."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import defusedxml.common
import defusedxml.ElementTree

from app.rag.document import Piece
from app.rag.readers import html, zip_guard
from app.rag.readers.outcome import Outcome, Refused

_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_NCX = "{http://www.daisy.org/z3986/2005/ncx/}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_OPS = "{http://www.idpf.org/2007/ops}"
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read(data: bytes) -> Outcome:
    """Return the book. Raises Refused for a bomb, copy protection or a damaged file."""
    zip_guard.check(data, doctype=True)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_rights(archive)
            return _book(archive)
    except defusedxml.common.DefusedXmlException as error:
        raise Refused("rejected", zip_guard.ENTITIES) from error
    except (*zip_guard.BROKEN, KeyError, SyntaxError, AttributeError) as error:
        raise Refused("error", "The file is damaged: it is not a whole EPUB book.") from error


def _book(archive: zipfile.ZipFile) -> Outcome:
    container = _xml(archive, "META-INF/container.xml")
    package = unquote(container.find(f".//{_CONTAINER}rootfile").get("full-path"))
    folder = posixpath.dirname(package)
    root = _xml(archive, package)
    items = {item.get("id"): item for item in root.iter(f"{_OPF}item")}

    def place(href: str) -> str:
        return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))

    titles = _titles(archive, items.values(), place)
    about = _about(root)
    pieces = [Piece("\n".join(about))] if about else []
    missing = 0
    names = set(archive.namelist())
    contents = {
        place(item.get("href", "")) for item in items.values() if "nav" in (item.get("properties") or "").split()
    }
    chapter: tuple[str, ...] = ()
    for reference in root.iter(f"{_OPF}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES:
            continue
        name = place(item.get("href", ""))
        if name in contents:
            continue  # the table of contents repeats the titles
        if name not in names:
            missing += 1
            continue
        # A file without a title of its own goes on with the chapter before.
        chapter = (titles[name],) if name in titles else chapter
        pieces.extend(_chapter(archive.read(name), chapter))
    reason = f"{missing} of its chapters are missing in the file." if missing else ""
    return Outcome(pieces, reason=reason, title=(root.findtext(f".//{_DC}title") or "").strip())


def _chapter(data: bytes, chapter: tuple[str, ...]) -> Iterator[Piece]:
    found = list(html.pieces_of(html.decode(data)[0], title=False))
    first = found[0] if found else None
    if chapter and not (first and first.kind == "heading" and _same(first.text, chapter[0])):
        yield Piece(chapter[0], None, chapter, "heading")
    for piece in found:
        section = piece.section
        if chapter and not (section and _same(section[0], chapter[0])):
            section = (*chapter, *section)
        yield Piece(piece.text, None, section, piece.kind, piece.header)


def _same(one: str, other: str) -> bool:
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def _about(root: Any) -> list[str]:
    """Return what the book says of itself: title, authors and so on, a line each."""
    lines = []
    for name in ("title", "creator", "contributor", "publisher", "date", "subject", "description"):
        for element in root.iter(f"{_DC}{name}"):
            words = " ".join((element.text or "").split())
            if name == "description" and "<" in words:
                words = " ".join(piece.text for piece in html.pieces_of(words, title=False))
            if words:
                lines.append(words if name == "title" else f"{name.capitalize()}: {words}")
    return lines


def _titles(archive: zipfile.ZipFile, items: Any, place: Any) -> dict[str, str]:
    """Return the title of each file that the table of contents names, the first where it names several places in it."""
    titles: dict[str, str] = {}
    for item in items:
        href = item.get("href", "")
        folder = posixpath.dirname(href)
        try:
            if "nav" in (item.get("properties") or "").split():
                links = [(a.get("href", ""), "".join(a.itertext())) for a in _links(_xml(archive, place(href)))]
            elif item.get("media-type") == "application/x-dtbncx+xml":
                points = _xml(archive, place(href)).iter(f"{_NCX}navPoint")
                links = [(_source(point), point.findtext(f"{_NCX}navLabel/{_NCX}text") or "") for point in points]
            else:
                continue
        except (KeyError, SyntaxError):
            continue  # without a table of contents the chapters are read all the same
        for link, words in links:
            title = " ".join(words.split())
            if link and title:
                titles.setdefault(place(posixpath.join(folder, link)), title[:300])
    return titles


def _links(nav: Any) -> Iterator[Any]:
    for part in nav.iter(f"{_XHTML}nav"):
        if part.get(f"{_OPS}type", "toc") == "toc":
            yield from part.iter(f"{_XHTML}a")


def _source(point: Any) -> str:
    content = point.find(f"{_NCX}content")
    return content.get("src", "") if content is not None else ""


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    return defusedxml.ElementTree.fromstring(archive.read(name))


def _check_rights(archive: zipfile.ZipFile) -> None:
    """Raise Refused if more than fonts is encrypted."""
    if "META-INF/encryption.xml" not in archive.namelist():
        return
    for method in _xml(archive, "META-INF/encryption.xml").iter():
        if method.tag.endswith("}EncryptionMethod") and method.get("Algorithm") not in _FONTS:
            raise Refused("password", "It has copy protection, which only the shop's own reader opens.")
