"""Spreadsheets (XLSX, XLSM, XLSB, XLS, ODS): each sheet a heading, its tables row by row with their header."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Iterator

from app.rag.document import Piece
from app.rag.readers import zip_guard
from app.rag.readers.outcome import Outcome, Refused
from app.rag.readers.tables import tables

MAX_CELLS = 4_000_000
MAX_CHARACTERS = 24_000_000
MAX_SHEETS = 500
MAX_SPREAD = 20_000_000
"""Cells between the first and the last one in use. The library makes room for all of them; a sheet that is wider spread
is read cell by cell instead."""
_WIDE = re.compile(rb'\br="([A-Z]{2,3})\d{1,7}"')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,7})"')
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml$")

Cell = str | float | bool | int | datetime.date | datetime.time | datetime.datetime | datetime.timedelta | None


def read(data: bytes) -> Outcome:
    """Return all sheets. Raises Refused for a bomb, a password or a damaged file."""
    spread = False
    if data.startswith(b"PK"):
        zip_guard.check(data)
        spread = _is_spread(data)
    if spread:
        from app.rag.readers import sparse_sheets

        return _outcome(sparse_sheets.sheets(data))
    return _outcome(_sheets(data))


def _sheets(data: bytes) -> Iterator[tuple[str, Iterable[list[str]]]]:
    """Yield the name and the rows of each sheet, as the library reads them."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError as error:
        raise Refused("password", "It is protected by a password.") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Refused("error", "The file is damaged: it cannot be opened as a spreadsheet.") from error
    broken = 0
    for name in book.sheet_names[:MAX_SHEETS]:
        try:
            sheet = book.get_sheet_by_name(name)
        except python_calamine.WorksheetNotFound:
            continue  # a sheet that holds only a chart
        except (python_calamine.CalamineError, OSError, ValueError):
            broken += 1
            continue
        yield name, ([_shown(cell) for cell in row] for row in sheet.iter_rows())
    if broken == len(book.sheet_names):
        raise Refused("error", "The file is damaged: none of its sheets can be read.")


def _outcome(sheets: Iterable[tuple[str, Iterable[list[str]]]]) -> Outcome:
    pieces: list[Piece] = []
    cells = characters = 0
    for name, rows in sheets:
        kept: list[list[str]] = []
        reason = ""
        for number, row in enumerate(rows, 1):
            kept.append(row)
            cells += sum(cell != "" for cell in row)
            characters += sum(map(len, row)) + 3 * len(row)
            if cells > MAX_CELLS or characters > MAX_CHARACTERS:
                reason = f"It is very large: only what comes before row {number:,} of the sheet “{name}” was read."
                break
        found = list(tables(kept, (name,)))
        if found:
            pieces += [Piece(name, None, (name,), "heading"), *found]
        if reason:
            return Outcome(pieces, reason=reason)
    return Outcome(pieces)


def _shown(cell: Cell) -> str:
    """Return a value as a person would write it."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) and abs(cell) < 1e15 else f"{cell:.15g}"
    if isinstance(cell, datetime.datetime):
        return str(cell.date()) if cell.time() == datetime.time() else cell.isoformat(" ", "seconds")
    return str(cell)


def _is_spread(data: bytes) -> bool:
    """Return True if a sheet's used cells are so far apart that the room for all between would use up memory."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if not _SHEET.search(name):
                continue
            try:
                xml = archive.read(name)
            except zip_guard.BROKEN as error:
                raise Refused("error", zip_guard.DAMAGED) from error
            columns = max((_column(letters) for letters in set(_WIDE.findall(xml))), default=26)
            last = max(map(int, _ROW.findall(xml[-200_000:]) or _ROW.findall(xml)), default=0)
            if columns * last > MAX_SPREAD:
                return True
    return False


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
