"""Scans in the library: drawn by the real reading process, read by a recogniser of the test, kept and put in place."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

import numpy
import pytest

from app.errors import NodeError, NodeLost
from app.events import FileIndexed
from app.rag.library import Library
from app.rag.recognised_pages import Kept, RecognisedPages
from app.rag.recognising import AT_ONCE, Recognising
from app.rag.worker import Reader, Reading
from app.rules import Rules
from app.thinking import Ocr, RecognisedLine, RecognisedPage
from tests import scans
from tests.documents import HashEmbedder, write


class Eyes:
    """Says how many dark stripes a page has: each test page has its own number."""

    def __init__(self, *, fail_after: int = 10**6, error: NodeError | None = None) -> None:
        self.asked: list[tuple[str, tuple[str, ...], bool]] = []
        self._fail_after = fail_after
        self._error = error or NodeLost("The node is gone.")

    async def recognise(
        self, picture: bytes, *, language: str = "", zones: tuple[str, ...] = (), background: bool = False
    ) -> RecognisedPage:
        import cv2

        self.asked.append((language, zones, background))
        if len(self.asked) > self._fail_after:
            raise self._error
        grey = cv2.imdecode(numpy.frombuffer(picture, numpy.uint8), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        height, width = grey.shape
        dark = (grey[:, width // 2] < 128).astype(int)
        stripes = int((numpy.diff(dark) == 1).sum())
        corners = ((0.0, 0.0), (width / 2, 0.0), (width / 2, 40.0), (0.0, 40.0))
        lines = (RecognisedLine(f"page with {stripes} stripes", corners, 0.9),) if stripes else ()
        return RecognisedPage(width, height, lines, "eyes", "0" * 64)


def striped(count: int) -> scans.Grey:
    made = numpy.full((421, 298), 255, numpy.uint8)
    for at in range(count):
        made[20 * at + 10 : 20 * at + 18] = 0
    return made


def scan(folder: Path, *counts: int) -> Path:
    return write(folder, "scan.pdf", scans.scanned_pdf([striped(count) for count in counts]))


def library(home: Path, eyes: Eyes | None, language: str = "") -> Library:
    return Library(home, HashEmbedder(), ocr=lambda: Ocr(eyes, language))


async def test_scans_are_read_where_they_belong(home: Path, tmp_path: Path) -> None:
    shelf = library(home, eyes := Eyes(), "de")
    found = await shelf.read(scan(tmp_path, 3, 0, 1))
    assert (found.status, found.pages, found.confidence) == ("ok", 3, 0.9)
    assert found.text == "page with 3 stripes\n\npage with 1 stripes"
    assert found.reason == "2 pages were read by text recognition, 90% sure. A picture holds no text."
    assert eyes.asked == [("de", (), False)] * 3
    picture = write(tmp_path, "photo.png", scans.png(striped(2)))
    assert (await shelf.read(picture)).text == "page with 2 stripes"
    await shelf.close()


async def test_a_picture_without_text_is_empty_and_says_so(home: Path, tmp_path: Path) -> None:
    shelf = library(home, Eyes())
    found = await shelf.read(write(tmp_path, "photo.png", scans.png(striped(0))))
    assert (found.status, found.reason, found.confidence) == ("empty", "A picture holds no text.", None)
    await shelf.close()


async def test_without_ocr_a_scan_says_what_to_switch_on(home: Path, tmp_path: Path) -> None:
    shelf = library(home, None)
    found = await shelf.read(scan(tmp_path, 3, 1))
    assert (found.status, found.text) == ("error", "")
    assert found.reason == "All 2 pages are scanned; OCR is off."
    await shelf.close()


async def test_a_node_without_the_model_is_told_and_the_file_is_tried_again(home: Path, tmp_path: Path) -> None:
    missing = NodeError("This node cannot read scans: it has no model for it.", code="unsupported")
    shelf = library(home, Eyes(fail_after=0, error=missing))
    found = await shelf.read(scan(tmp_path, 3))
    assert (found.status, found.reason) == (
        "error",
        "Its page cannot be read now: This node cannot read scans: it has no model for it.",
    )
    await shelf.close()


async def test_what_was_read_before_the_node_went_away_is_not_read_again(home: Path, tmp_path: Path) -> None:
    path = scan(tmp_path, *range(1, 13))
    first = library(home, eyes := Eyes(fail_after=7))
    assert (await first.read(path)).status == "error"
    await first.close()
    second = library(home, again := Eyes())
    found = await second.read(path)
    assert found.text == "\n\n".join(f"page with {count} stripes" for count in range(1, 13))
    assert len(eyes.asked) >= 8 and len(again.asked) == 12 - 7
    await second.close()


async def test_pages_with_text_keep_theirs_and_each_line_its_place(home: Path, tmp_path: Path) -> None:
    from app.rag.document import Piece, assemble

    path = scan(tmp_path, 2, 4)
    reader, pages = Reader(), RecognisedPages(tmp_path / "recognised.db")
    reading = await reader.read(path)
    written = assemble([Piece("Written on page two.", 2, ("Chapter",), "heading")], 2, title="Both")
    mixed = Reading(**{name: getattr(reading, name) for name in ("path", "sha256", "pages")}, status="ok",
                    document=written, needs_ocr=(1,))  # fmt: skip
    told: list[float] = []
    full = await Recognising(reader, pages, lambda: Ocr(Eyes())).complete(mixed, told=told.append)
    assert full.document is not None and full.document.title == "Both" and told == [1.0]
    first, second = full.document.blocks
    assert (first.text, first.page, first.confidence) == ("page with 2 stripes", 1, 0.9)
    assert (second.text, second.page, second.section, second.kind) == (
        "Written on page two.",
        2,
        ("Chapter",),
        "heading",
    )
    (line,) = first.lines
    assert (line.left, line.top) == (0, 0) and line.right == pytest.approx(scans.WIDTH / 2, abs=1)
    await reader.close()
    pages.close()


async def test_added_scans_are_found_and_go_only_where_rules_let_them(home: Path, tmp_path: Path) -> None:
    path, eyes = scan(tmp_path, 2, 5), Eyes()
    rules = Rules.parse([f"{tmp_path} = home"])
    shelf = Library(home, HashEmbedder(), lambda: rules, ocr=lambda: Ocr(eyes))
    events = [event async for event in shelf.add([path])]
    (file,) = [event for event in events if isinstance(event, FileIndexed)]
    assert (file.state, file.reason) == ("added", "2 pages were read by text recognition, 90% sure.")
    assert eyes.asked == [("", ("local", "home"), True)] * 2
    (found, *_) = await shelf.search("five 5 stripes", mode="text")
    assert (found.page, found.text) == (2, "page with 5 stripes")
    assert RecognisedPages(home / "library" / "recognised.db").get(_sha256(path), "", 1) is None  # not needed any more
    await shelf.close()


async def test_adding_goes_on_where_it_was_when_the_node_went_away(home: Path, tmp_path: Path) -> None:
    path = scan(tmp_path, *range(1, 11))
    first = library(home, Eyes(fail_after=6))
    (file,) = [event async for event in first.add([path]) if isinstance(event, FileIndexed)]
    assert (file.state, file.reason) == ("failed", "All 10 pages cannot be read now: The node is gone.")
    await first.close()
    second = library(home, again := Eyes())
    (file,) = [event async for event in second.add([path]) if isinstance(event, FileIndexed)]
    assert file.state in ("added", "changed") and len(again.asked) == 10 - 6
    (record,) = await second.documents()
    assert (record.state, record.pages) == ("indexed", 10)
    await second.close()


async def test_a_scan_that_is_killed_goes_on_at_the_page_where_it_was(home: Path, tmp_path: Path) -> None:
    path = scan(tmp_path, *range(1, 20))
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.integration.rag import test_recognising as here\n"
        "async def main():\n"
        "    shelf = here.library(Path(sys.argv[1]), here.Telling())\n"
        "    async for _ in shelf.add([Path(sys.argv[2])]): pass\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, str(home), str(path)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(11):
        assert await process.stdout.readline() == b"read\n"
    process.kill()
    await process.wait()
    shelf = library(home, eyes := Eyes())
    (file,) = [event async for event in shelf.add([path]) if isinstance(event, FileIndexed)]
    assert file.state == "added" and file.reason == "19 pages were read by text recognition, 90% sure."
    assert len(eyes.asked) <= 19 - 11 + AT_ONCE  # those on their way when it was killed are read again
    await shelf.close()


class Telling(Eyes):
    """Says on standard output that it has read a page."""

    async def recognise(
        self, picture: bytes, *, language: str = "", zones: tuple[str, ...] = (), background: bool = False
    ) -> RecognisedPage:
        found = await super().recognise(picture, language=language, zones=zones, background=background)
        print("read", flush=True)
        return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def test_a_damaged_memory_of_pages_only_costs_reading_them_again(home: Path, tmp_path: Path) -> None:
    path = scan(tmp_path, 1, 2)
    (home / "library").mkdir(parents=True)
    (home / "library" / "recognised.db").write_bytes(b"no database at all" * 300)
    shelf = library(home, Eyes())
    assert (await shelf.read(path)).status == "ok"
    await shelf.remove([path])
    await shelf.close()


def test_pages_are_kept_by_content_and_language_and_forgotten(tmp_path: Path) -> None:
    pages = RecognisedPages(tmp_path / "recognised.db")
    line = RecognisedLine("Grüße", ((0.0, 0.0), (9.5, 0.0), (9.5, 4.0), (0.0, 4.0)), 0.75)
    kept = Kept(RecognisedPage(10, 20, (line,), "m", "s"), 595.0, 842.0)
    pages.put("a" * 64, "de", 3, kept)
    other = RecognisedPages(tmp_path / "recognised.db")
    assert other.get("a" * 64, "de", 3) == kept
    assert other.get("a" * 64, "", 3) is None and other.get("a" * 64, "de", 4) is None
    other.forget(["a" * 64])
    assert pages.get("a" * 64, "de", 3) is None
    pages.close()
    other.close()


async def test_reading_can_be_cancelled(home: Path, tmp_path: Path) -> None:
    class Slow(Eyes):
        async def recognise(
            self, picture: bytes, *, language: str = "", zones: tuple[str, ...] = (), background: bool = False
        ) -> RecognisedPage:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

    begun = asyncio.Event()
    shelf = library(home, Slow())
    reading = asyncio.create_task(shelf.read(scan(tmp_path, 1)))
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await shelf.close()
