"""A file as material of one question: read by the real reading process, found again by a citation, stored nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import DocumentError
from app.rag.library import Library
from app.thinking import Ocr
from tests import scans
from tests.documents import HashEmbedder, pdf_bytes, write
from tests.integration.rag.test_recognising import Eyes, striped


def holding(folder: Path, words: bytes) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and words in file.read_bytes()]


async def test_a_file_is_read_with_its_places_and_stored_nowhere(home: Path, tmp_path: Path) -> None:
    eyes = Eyes()
    library = Library(home, HashEmbedder(), ocr=lambda: Ocr(eyes))
    path = write(tmp_path, "a.pdf", pdf_bytes([["The first page."], ["The ferry leaves at nine.", "It is red."]]))
    picture = write(tmp_path, "sign.png", scans.png(striped(3)))
    try:
        material = await library.material(path)
        assert (material.status, material.pages, material.picture) == ("ok", 2, False)
        assert [one.page for one in material.passages] == [1, 2] and "ferry" in material.passages[1].text
        seen = await library.material(picture)
        assert seen.picture and seen.passages[0].text == "page with 3 stripes" and eyes.asked[-1][2] is False
        cited = material.passages[1]
        around = await library.surroundings(cited.path, cited.page, cited.start, cited.end)
        assert around.passage == cited.text and around.exists and not around.changed and around.boxes
        assert await library.documents() == [] and (await library.unfinished()) == (0, 0)
        assert (await library.material(tmp_path / "gone.pdf")).status == "error"
        with pytest.raises(DocumentError):
            await library.surroundings(str(tmp_path / "gone.pdf"), 1, 0, 5)
    finally:
        await library.close()
    assert holding(home, b"stripes") == [], "what was recognised is not kept"
