"""Jupyter notebooks: markdown under its headings, code, and what the code printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from app.rag.document import Piece
from app.rag.readers import markdown
from app.rag.readers.outcome import Outcome, Refused
from app.rag.readers.outline import Outline
from app.rag.readers.text import decode

MAX_OUTPUT = 20_000
"""Characters of one output; a longer one is a log, of which this much is kept."""
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def read(data: bytes) -> Outcome:
    """Return the cells in order. Raises Refused for what is no notebook."""
    text, reason = decode(data)
    try:
        book = json.loads(text)
        cells = book["cells"] if "cells" in book else [cell for sheet in book["worksheets"] for cell in sheet["cells"]]
        pieces = list(_pieces(cells))
    except RecursionError as error:
        raise Refused("rejected", "It is nested too deeply to be a document.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused("error", "The file is damaged: it is not a whole notebook.") from error
    return Outcome(pieces, reason=reason)


def _pieces(cells: list[dict[str, Any]]) -> Iterator[Piece]:
    outline = Outline()
    for cell in cells:
        source = _joined(cell.get("source", cell.get("input", "")))
        kind = cell.get("cell_type")
        if kind == "markdown":
            yield from markdown.pieces(source, outline)
        elif kind == "heading":  # of notebooks before version 4
            yield outline.heading(int(cell.get("level", 1)), source)
        else:
            yield outline.piece(source, "code" if kind == "code" else "text")
            for output in cell.get("outputs", ()):
                yield outline.piece(_printed(output), "code")


def _printed(output: dict[str, Any]) -> str:
    """Return an output as text; pictures and the like have none."""
    if output.get("output_type") == "error":
        text = f"{output.get('ename', '')}: {output.get('evalue', '')}"
    else:
        data = output.get("data", output)
        text = _joined(output.get("text") or data.get("text/markdown") or data.get("text/plain") or "")
    text = _ANSI.sub("", text)
    return text[: text.rfind("\n", 0, MAX_OUTPUT)] if len(text) > MAX_OUTPUT and "\n" in text else text[:MAX_OUTPUT]


def _joined(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)
