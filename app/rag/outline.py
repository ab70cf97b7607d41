"""How a document's text is cut into chunks, in few bytes: enough to make its chunks again without reading the file."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

from app.rag.chunking import Chunk
from app.rag.document import Extent


def pack(chunks: Sequence[Chunk], language: str) -> bytes:
    """Return the outline of a version."""
    rows = [
        [c.page, list(c.section), c.start, c.end, getattr(c, "header", ""), getattr(c, "parent", None)] for c in chunks
    ]
    return zlib.compress(json.dumps({"language": language, "chunks": rows}, ensure_ascii=False).encode())


def unpack(packed: bytes, texts: Sequence[Extent]) -> tuple[list[Chunk], str] | None:
    """Return the chunks and the language of a version; None if outline and texts do not belong together."""
    try:
        outline = json.loads(zlib.decompress(packed))
        chunks = [_chunk(row, texts) for row in outline["chunks"]]
        language = str(outline["language"])
    except (zlib.error, ValueError, KeyError, TypeError, IndexError):
        return None
    return None if None in chunks else ([chunk for chunk in chunks if chunk is not None], language)


def _chunk(row: Sequence[Any], texts: Sequence[Extent]) -> Chunk | None:
    page, section, start, end, header, parent = row
    for extent in texts:
        if extent.page == page and extent.start <= start and end <= extent.start + len(extent.text):
            text = extent.text[start - extent.start : end - extent.start]
            more: dict[str, Any] = {"header": header} if header else {}
            if parent:
                more["parent"] = tuple(parent)
            return Chunk(text, page, tuple(section), start, end, **more)
    return None
