"""Pages as pictures: drawn in the reading process, kept, bounded, and gone with their document."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from app.errors import DocumentError
from app.rag import summary_notes
from app.rag.library import Library
from app.rag.pictures import Pictures
from app.rag.records import Record
from app.rag.replies import Picture
from app.rag.worker import Reader, Reading
from tests.documents import HashEmbedder, pdf_bytes, write


def png_bytes(size: tuple[int, int], colour: str = "navy") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


async def test_a_page_is_drawn_kept_and_gone_with_its_document(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "a.pdf", pdf_bytes([["Page one."], ["Page two."]]))
    library = Library(home, HashEmbedder())
    try:
        async for _ in library.add([path]):
            pass
        picture = await library.picture(path, 2, 306)
        assert (picture.width, picture.height, picture.page_width, picture.page_height) == (306, 396, 612, 792)
        shown = Image.open(io.BytesIO(picture.png)).convert("L")
        assert shown.getpixel((300, 390)) == 255 and min(shown.tobytes()) < 150, "white paper, dark letters"
        kept = list((home / "library" / "pictures").iterdir())
        assert len(kept) == 1
        kept[0].write_bytes(kept[0].read_bytes() + b" ")
        assert (await library.picture(path, 2, 306)).png == picture.png + b" ", "the kept one is shown"
        assert (await library.picture(path, 1, 160)).width == 160
        await library.remove([path])
        assert not list((home / "library" / "pictures").iterdir())
    finally:
        await library.close()


async def test_pictures_go_with_a_file_that_is_deleted_from_its_folder(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    path = write(folder, "a.pdf", pdf_bytes([["Page one."]]))
    write(folder, "b.txt", "This one stays.")
    library = Library(home, HashEmbedder())
    try:
        async for _ in library.add([folder]):
            pass
        await library.picture(path, 1, 160)
        assert len(list((home / "library" / "pictures").iterdir())) == 1
        path.unlink()
        async for _ in library.add([folder]):
            pass
        assert not list((home / "library" / "pictures").iterdir())
    finally:
        await library.close()


async def test_old_pictures_go_when_a_file_changes_and_summary_notes_with_the_document(
    home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "papers", "a.pdf", pdf_bytes([["Page one."]]))
    note = write(summary_notes.notes_of(home / summary_notes.FOLDER, str(path)), "part.txt", "It is about one page.")
    library = Library(home, HashEmbedder())
    try:
        async for _ in library.add([path]):
            pass
        await library.picture(path, 1, 160)
        (old,) = (home / "library" / "pictures").iterdir()
        write(path.parent, path.name, pdf_bytes([["Page one, changed."]]))
        async for _ in library.add([path]):
            pass
        assert not old.exists() and note.exists()
        await library.picture(path, 1, 160)
        await library.remove([path])
        assert not list((home / "library" / "pictures").iterdir()) and not note.exists()
    finally:
        await library.close()


async def test_what_cannot_be_drawn_says_why(home: Path, tmp_path: Path) -> None:
    library = Library(home, HashEmbedder())
    try:
        for name, content, page, word in (
            ("a.pdf", pdf_bytes([["One."]]), 2, "no such page"),
            ("b.pdf", b"%PDF-1.4 nothing", 1, "damaged"),
            ("c.png", png_bytes((900, 900))[:60], 1, "damaged"),
            ("d.txt", b"words", 1, "picture"),
        ):
            with pytest.raises(DocumentError, match=word):
                await library.picture(write(tmp_path, name, content), page, 100)
    finally:
        await library.close()


async def test_picture_files_turn_as_their_camera_says_and_bombs_are_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (400, 100), "green").save(out, "JPEG", exif=exif, dpi=(72, 72))
    bomb = png_bytes((12_000, 12_000))
    reader = Reader()
    try:
        turned = await reader.picture(write(tmp_path, "turned.jpg", out.getvalue()), 1, 50)
        assert isinstance(turned, Picture) and (turned.width, turned.height) == (50, 200)
        assert (turned.page_width, turned.page_height) == (100, 400)
        refused = await reader.picture(write(tmp_path, "bomb.png", bomb), 1, 50)
        assert isinstance(refused, Reading) and refused.status == "rejected" and "dots" in refused.reason
        reading = await reader.read(tmp_path / "turned.jpg")
        assert (reading.status, reading.pages, reading.needs_ocr) == ("empty", 1, (1,))
    finally:
        await reader.close()


async def test_the_folder_of_pictures_is_bounded(tmp_path: Path) -> None:
    reader = Reader()
    folder = tmp_path / "pictures"
    try:
        path = write(tmp_path, "a.png", png_bytes((300, 300)))
        reading = await reader.read(path)
        record = Record(str(path), "indexed", reading.sha256, reading.size, reading.mtime_ns)
        one = await Pictures(folder, reader).picture(path, 1, 100, "", record)
        small = Pictures(folder, reader, max_bytes=len(one.png) * 3)
        for width in range(101, 110):
            await small.picture(path, 1, width, "", record)
        names = {file.name.split("-")[2] for file in folder.iterdir()}
        assert sum(file.stat().st_size for file in folder.iterdir()) <= len(one.png) * 4
        assert "109" in names and "100" not in names
    finally:
        await reader.close()
