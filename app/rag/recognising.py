"""Scanned pages and pictures: drawn in the reading process, read by a node, put into the document where they belong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from app.errors import NodeError
from app.rag import page_lines
from app.rag.document import Block, Document, Piece, assemble
from app.rag.recognised_pages import Kept, RecognisedPages
from app.rag.replies import Picture
from app.rag.worker import Reader, Reading
from app.rules import Rules
from app.thinking import Ocr

LONG_SIDE = 2000
"""Pixels of a page's longer side: A4 at 170 dots an inch."""
_A4 = 842 / 595
AT_ONCE = 4
"""Pages on their way at the same time: two for this machine's node, and some for others that help."""
UNSURE = 0.8
"""Confidence below which a page is named."""
_MOST_NAMED = 5
_NOBODY = ("unsupported", "model_missing")
OFF = "scanned; OCR is off"


Told = Callable[[float], None]
"""Called with the share of the pages that are done."""


class Recognising:
    """Reads the pages of a document that hold only pictures. What was read is kept until `forget`."""

    def __init__(
        self,
        reader: Reader,
        pages: RecognisedPages,
        ocr: Callable[[], Ocr],
        rules: Callable[[], Rules] = Rules,
    ) -> None:
        """`reader` draws the pages; `ocr` and `rules`, where documents may go, are asked for each document."""
        self._rules = rules
        self._reader = reader
        self._pages = pages
        self._ocr = ocr

    async def complete(
        self,
        reading: Reading,
        *,
        password: str = "",
        background: bool = True,
        told: Told | None = None,
    ) -> Reading:
        """Return `reading` with the text of its scanned pages; one without such pages as it is.

        A document whose pages are all scans and cannot be read now has the status "error": it is tried again, and what
        was read until then is kept. Nothing is raised.

        Args:
            reading: What the reading process saw.
            password: Of a protected file.
            background: Nobody waits for it; then idle nodes may help, where the rules let it go.
            told: Called after each page.
        """
        wanted = reading.needs_ocr
        if not wanted or reading.status not in ("ok", "empty"):
            return reading
        ocr = self._ocr()
        if ocr.recogniser is None:
            return _without(reading, f"{_pages(wanted, reading)} {'is' if len(wanted) == 1 else 'are'} {OFF}.")
        began, zones = time.monotonic(), self._rules().zones([reading.path])
        found: dict[int, list[Piece]] = {}
        sure: dict[int, float] = {}
        failed: dict[int, str] = {}
        free = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with free:
                try:
                    read = await self._page(ocr, reading, number, password, zones, background)
                except NodeError as error:
                    if error.retryable or error.code in _NOBODY:
                        raise
                    failed[number] = error.message
                except _Undrawn as error:
                    failed[number] = str(error)
                else:
                    found[number] = page_lines.pieces(read.page, number, read.width, read.height)
                    if found[number]:
                        sure[number] = page_lines.confidence(read.page)
                if told is not None:
                    told((len(found) + len(failed)) / len(wanted))

        try:
            async with asyncio.TaskGroup() as group:
                for number in wanted:
                    group.create_task(one(number))
        except ExceptionGroup as errors:
            error = errors.exceptions[0]
            if not isinstance(error, NodeError):
                raise error from None
            return _without(reading, f"{_pages(wanted, reading)} cannot be read now: {error.message}")
        reading = replace(reading, needs_ocr=(), seconds=round(reading.seconds + time.monotonic() - began, 4))
        document = await asyncio.to_thread(_merged, reading, found)
        reason = " ".join(filter(None, (reading.reason if reading.document else "", _told(sure, found, failed))))
        mean = sum(sure.values()) / len(sure) if sure else None
        if document is None:
            return replace(reading, status="empty", reason=reason)
        return replace(reading, status="ok", document=document, reason=reason, confidence=mean)

    async def forget(self, contents: Sequence[str]) -> None:
        """Delete what is kept of these contents (SHA-256): their documents are in the library, or gone."""
        await asyncio.to_thread(self._pages.forget, [sha256 for sha256 in contents if sha256])

    async def close(self) -> None:
        """Close what keeps the pages."""
        await asyncio.to_thread(self._pages.close)

    async def _page(
        self, ocr: Ocr, reading: Reading, number: int, password: str, zones: tuple[str, ...], background: bool
    ) -> Kept:
        """Return what stands on a page. Raises NodeError, _Undrawn."""
        assert ocr.recogniser is not None
        language = ocr.language
        if not password:
            kept = await asyncio.to_thread(self._pages.get, reading.sha256, language, number)
            if kept is not None:
                return kept
        drawn = await self._drawn(Path(reading.path), number, password)
        if drawn.sha256 != reading.sha256:
            raise _Undrawn("The file was changed meanwhile.")
        page = await ocr.recogniser.recognise(drawn.png, language=language, zones=zones, background=background)
        read = Kept(page, drawn.page_width, drawn.page_height)
        if not password:  # what is protected is not kept in the clear before it is in the library
            await asyncio.to_thread(self._pages.put, reading.sha256, language, number, read)
        return read

    async def _drawn(self, path: Path, number: int, password: str) -> Picture:
        drawn = await self._reader.picture(path, number, round(LONG_SIDE / _A4), password=password)
        if isinstance(drawn, Picture) and drawn.page_width > drawn.page_height:
            drawn = await self._reader.picture(path, number, LONG_SIDE, password=password)
        if not isinstance(drawn, Picture):
            raise _Undrawn(drawn.reason)
        return drawn


class _Undrawn(Exception):
    """A page that cannot be drawn."""


def _without(reading: Reading, reason: str) -> Reading:
    """Return a reading whose scans stay unread: with what other text it has, or as one to be tried again."""
    if reading.document is None:
        return replace(reading, status="error", reason=reason)
    return replace(reading, reason=" ".join(filter(None, (reading.reason, reason))))


def _pages(numbers: Sequence[int], reading: Reading) -> str:
    if reading.pages == 1:
        return "Its page"
    if len(numbers) == reading.pages:
        return f"All {len(numbers)} pages"
    return f"Page {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} of its {reading.pages} pages"


def _told(sure: dict[int, float], found: dict[int, list[Piece]], failed: dict[int, str]) -> str:
    """Return what became of the scans, in sentences."""
    said = []
    if sure:
        mean = sum(sure.values()) / len(sure)
        pages = "1 page was" if len(sure) == 1 else f"{len(sure)} pages were"
        said.append(f"{pages} read by text recognition, {mean:.0%} sure.")
        doubtful = sorted((page for page, value in sure.items() if value < UNSURE), key=lambda page: sure[page])
        if doubtful and len(sure) > 1:
            named = ", ".join(f"{page} ({sure[page]:.0%})" for page in doubtful[:_MOST_NAMED])
            said.append(f"Least sure: page {named}.")
    silent = len(found) - len(sure)
    if silent:
        said.append("A picture holds no text." if silent == 1 else f"{silent} pictures hold no text.")
    if failed:
        page = min(failed)
        said.append(f"{len(failed)} could not be read, the first is page {page}: {failed[page]}")
    return " ".join(said)


def _merged(reading: Reading, found: dict[int, list[Piece]]) -> Document | None:
    """Return the document with the recognised pieces between those of other pages; None where there is no text."""
    before = reading.document
    written = [_as_piece(block) for block in before.blocks] if before else []
    numbered = [(piece.page or 0, piece) for piece in written]
    numbered += [(page, piece) for page, pieces in found.items() for piece in pieces]
    numbered.sort(key=lambda one: one[0])
    merged = assemble(
        (piece for _, piece in numbered),
        reading.pages,
        title=before.title if before else "",
        labels=before.labels if before else (),
    )
    return merged if merged.blocks else None


def _as_piece(block: Block) -> Piece:
    lines = tuple(replace(line, start=line.start - block.start, end=line.end - block.start) for line in block.lines)
    return Piece(
        block.text, block.page, block.section, block.kind, block.header, lines, block.seconds, block.confidence
    )
