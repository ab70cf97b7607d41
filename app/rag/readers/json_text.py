"""JSON and JSON Lines: a line for each value with the path to it; lists of like records as tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app.rag.document import Piece
from app.rag.readers.outcome import Outcome, Refused
from app.rag.readers.tables import table
from app.rag.readers.text import decode, paragraphs

MAX_DEPTH = 100
_MAX_COLUMNS = 30
_LINES = 40
"""A record of more lines than this is given in pieces."""


def read(data: bytes) -> Outcome:
    """Return the values in order. Raises Refused for what is not text or nested too deeply."""
    text, reason = decode(data)
    try:
        values = _values(text)
    except RecursionError as error:
        raise Refused("rejected", "It is nested too deeply to be a document.") from error
    except ValueError:
        # Comments, a cut end: the words are there all the same.
        return Outcome(paragraphs(text), reason="It is not valid JSON, so it was read as plain text.")
    whole = values[0] if len(values) == 1 else values
    return Outcome([piece for piece in _pieces(whole, (), 0) if piece.text], reason=reason)


def _values(text: str) -> list[Any]:
    """Return the one value of a JSON file, or those of each line. Raises ValueError and RecursionError."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise
        return [json.loads(line) for line in lines]


def _pieces(value: Any, section: tuple[str, ...], depth: int) -> Iterator[Piece]:
    if depth > MAX_DEPTH:
        raise Refused("rejected", "It is nested too deeply to be a document.")
    if isinstance(value, dict):
        yield from _record(value, section, depth)
    elif isinstance(value, list) and _is_table(value):
        names = list(dict.fromkeys(name for row in value for name in row))
        yield table([names, *([_shown(row.get(name)) for name in names] for row in value)], section, header=True)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value, 1):
            if _small(item):
                yield Piece("\n".join(_lines(item, "")), None, section)
            else:
                yield from _pieces(item, (*section, _name(item) or f"[{number}]"), depth + 1)
    elif isinstance(value, list):
        yield Piece("\n".join(f"- {_shown(item)}" for item in value), None, section, "list")
    else:
        yield Piece(_shown(value), None, section)


def _record(record: dict[str, Any], section: tuple[str, ...], depth: int) -> Iterator[Piece]:
    """Yield the values of a record that are small together, those that are not under their name."""
    lines: list[str] = []
    for name, value in record.items():
        if _small(value):
            lines.extend(_lines(value, name))
            continue
        yield Piece("\n".join(lines), None, section)
        lines = []
        yield Piece(name, None, (*section, name[:300]), "heading")
        yield from _pieces(value, (*section, name[:300]), depth + 1)
    yield Piece("\n".join(lines), None, section)


def _small(value: Any) -> bool:
    """Return True for what is shown in lines: a value, or a record of few values at most two levels deep."""
    return _weight(value, 3) <= _LINES


def _weight(value: Any, depth: int) -> int:
    """Return about how many lines a value takes; more than enough for what is nested deeper than `depth`."""
    if not isinstance(value, dict | list):
        return 1
    if not depth or len(value) > _LINES:
        return _LINES + 1
    inside = value.values() if isinstance(value, dict) else value
    return sum(_weight(item, depth - 1) for item in inside)


def _lines(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from _lines(inside, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        yield f"{path}: {', '.join(map(_shown, value))}" if path else ", ".join(map(_shown, value))
    elif isinstance(value, list):
        for number, inside in enumerate(value, 1):
            yield from _lines(inside, f"{path}[{number}]")
    else:
        yield f"{path}: {_shown(value)}" if path else _shown(value)


def _is_table(value: list[Any]) -> bool:
    """Return True for records that have nearly the same names and plain values."""
    if len(value) < 2 or not all(isinstance(row, dict) and row for row in value):
        return False
    names = {name for row in value for name in row}
    if len(names) > _MAX_COLUMNS or sum(len(row) for row in value) < 0.6 * len(names) * len(value):
        return False
    return all(
        not isinstance(cell, dict | list) and not (isinstance(cell, str) and len(cell) > 200)
        for row in value
        for cell in row.values()
    )


def _name(item: Any) -> str:
    """Return what a record calls itself."""
    if isinstance(item, dict):
        for key in ("title", "name", "label", "id", "key"):
            if isinstance(item.get(key), str | int) and str(item[key]).strip():
                return str(item[key])[:100]
    return ""


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
