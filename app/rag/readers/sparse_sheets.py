"""Cells of an XLSX file whose sheets are mostly empty space: read one by one, whatever lies between them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import defusedxml.ElementTree

from app.rag.readers import zip_guard
from app.rag.readers.outcome import Refused

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_P = "{http://schemas.openxmlformats.org/package/2006/relationships}"


def sheets(data: bytes) -> Iterator[tuple[str, Iterable[list[str]]]]:
    """Yield the name and the rows of each sheet, empty rows as one and cells without a value left out.

    Numbers of dates stay numbers. Raises Refused for a damaged file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            shared = list(_shared(archive))
            targets = {
                relation.get("Id"): "xl/" + relation.get("Target", "").removeprefix("/xl/")
                for relation in _root(archive, "xl/_rels/workbook.xml.rels").iter(f"{_P}Relationship")
            }
            for sheet in _root(archive, "xl/workbook.xml").iter(f"{_S}sheet"):
                yield sheet.get("name", ""), list(_rows(archive, targets[sheet.get(f"{_R}id")], shared))
    except (*zip_guard.BROKEN, KeyError, SyntaxError) as error:
        raise Refused("error", zip_guard.DAMAGED) from error


def _root(archive: zipfile.ZipFile, name: str) -> Any:
    return defusedxml.ElementTree.fromstring(archive.read(name), forbid_dtd=True)


def _shared(archive: zipfile.ZipFile) -> Iterator[str]:
    if "xl/sharedStrings.xml" in archive.namelist():
        for item in _root(archive, "xl/sharedStrings.xml").iter(f"{_S}si"):
            yield "".join(text.text or "" for text in item.iter(f"{_S}t"))


def _rows(archive: zipfile.ZipFile, name: str, shared: list[str]) -> Iterator[list[str]]:
    before = 0
    with archive.open(name) as stream:
        for _, element in defusedxml.ElementTree.iterparse(stream, forbid_dtd=True):
            if element.tag != f"{_S}row":
                continue
            number = int(element.get("r", before + 1))
            if number > before + 1:
                yield []
            before = number
            yield [value for value in (_value(cell, shared) for cell in element.iter(f"{_S}c")) if value]
            element.clear()


def _value(cell: Any, shared: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{_S}t"))
    value = cell.findtext(f"{_S}v") or ""
    if kind == "s":
        return shared[int(value)] if value.isdigit() and int(value) < len(shared) else ""
    return {"0": "FALSE", "1": "TRUE"}.get(value, value) if kind == "b" else value
