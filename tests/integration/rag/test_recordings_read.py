"""A recording goes through the real reading process: told as such by its content, whatever its name, then heard."""

from __future__ import annotations

import hashlib
import wave
from contextlib import aclosing
from pathlib import Path

from app.rag.document import Document, Piece, assemble
from app.rag.library import Library
from app.rag.recordings import Told
from app.rag.worker import Reader
from tests.documents import HashEmbedder


class Ears:
    """Hears the same in every recording."""

    def __init__(self) -> None:
        self.heard: list[Path] = []

    async def hear(self, path: Path, told: Told | None = None) -> tuple[Document, str]:
        self.heard.append(path)
        return assemble([Piece("The frost came early.", seconds=(0.5, 2.0))]), "It is cut off."


def silence(path: Path, seconds: int) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(16_000 * seconds))
    return path


async def test_sound_is_recognised_by_its_content_and_hashed_whole(tmp_path: Path) -> None:
    path = silence(tmp_path / "talk.txt", 20)
    reader = Reader()
    try:
        reading = await reader.read(path)
    finally:
        await reader.close()
    assert reading.recording and reading.status == "rejected" and reading.reason.endswith(".")
    assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() and reading.size == path.stat().st_size


async def test_the_library_has_a_recording_heard(tmp_path: Path) -> None:
    path, ears = silence(tmp_path / "talk.wav", 1), Ears()
    library = Library(tmp_path / "home", HashEmbedder(), hearing=ears)
    try:
        result = await library.read(path)
    finally:
        await library.close()
    assert (result.status, result.text, result.reason) == ("ok", "The frost came early.", "It is cut off.")
    assert ears.heard == [path]


async def test_seconds_of_subtitles_come_through_the_reading_process(tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    path.write_text("1\n00:00:01,500 --> 00:00:03,000\nThe frost came early.\n")
    reader = Reader()
    try:
        reading = await reader.read(path)
    finally:
        await reader.close()
    assert reading.document is not None
    assert [(block.text, block.seconds) for block in reading.document.blocks] == [("The frost came early.", (1.5, 3.0))]


async def test_a_passage_of_subtitles_knows_its_seconds(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    path.write_text("1\n00:01:05,500 --> 00:01:08,000\nThe frost came early.\n", encoding="utf-8")
    library = Library(home, HashEmbedder())
    try:
        async with aclosing(library.add([path])) as events:
            async for _ in events:
                pass
        (found,) = await library.search("frost", mode="text")
    finally:
        await library.close()
    assert (found.text, found.seconds) == ("The frost came early.", (65.5, 68.0))
