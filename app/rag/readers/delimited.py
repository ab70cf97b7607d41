"""CSV and TSV: rows with their header, whatever parts the columns."""

from __future__ import annotations

import csv
import itertools
from collections import Counter

from app.rag.readers.outcome import Outcome
from app.rag.readers.tables import tables
from app.rag.readers.text import decode, paragraphs

MAX_CHARACTERS = 24_000_000
_SAMPLE_ROWS = 100
_DELIMITERS = ",;\t|:"
_MAX_CELL = 1_000_000


def read(data: bytes) -> Outcome:
    """Return the rows as tables. Raises Refused for what is not text."""
    text, reason = decode(data)
    if len(text) > MAX_CHARACTERS:
        text = text[: text.rfind("\n", 0, MAX_CHARACTERS) + 1]
        reason = f"It is very large: only its first {text.count(chr(10)):,} lines were read."
    csv.field_size_limit(_MAX_CELL)
    lines = text.splitlines(keepends=True)
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:  # Excel's own mark
        delimiter, lines = lines[0][4], lines[1:]
    else:
        delimiter = delimiter_of(lines)
    try:
        return Outcome(list(tables(csv.reader(lines, delimiter=delimiter))), reason=reason)
    except csv.Error:  # a quotation mark that is never closed
        return Outcome(paragraphs(text), reason="Its rows are broken, so it was read as plain text.")


def delimiter_of(lines: list[str]) -> str:
    """Return what parts the columns: what gives most rows the same number of cells, and of those the most cells."""
    best, found = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in itertools.islice(csv.reader(lines, delimiter=delimiter), _SAMPLE_ROWS) if row]
        except csv.Error:
            continue
        width, count = Counter(len(row) for row in rows).most_common(1)[0] if rows else (1, 0)
        score = (round(count / max(1, len(rows)), 1), width)
        if width > 1 and score > best:
            best, found = score, delimiter
    return found
