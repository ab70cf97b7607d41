"""A recording goes through the real reading process: told as such by its content, whatever its name, then heard."""

from __future__ import annotations

import asyncio
import hashlib
import wave
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from app.errors import DocumentError
from app.events import FileIndexed, Transcribed, Word
from app.library_state import LibraryState
from app.rag.document import Document, Piece, assemble
from app.rag.library import Library
from app.rag.recordings import Told, document_of
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


class WordEars(Ears):
    """Hears two paragraphs, word by word."""

    async def hear(self, path: Path, told: Told | None = None) -> tuple[Document, str]:
        return document_of(Transcribed("", "en", 1.0, 6.0, SAID)), ""


SAID = (
    Word(" The", 0.25, 0.5), Word(" frost", 0.5, 1.0), Word(" came", 1.0, 1.25), Word(" early.", 1.25, 2.0),
    Word(" Nobody", 5.0, 5.5), Word(" knew.", 5.5, 6.0),
)  # fmt: skip


async def test_the_library_gives_a_transcript_back_word_by_word(home: Path, tmp_path: Path) -> None:
    path, same = silence(tmp_path / "talk.wav", 6), silence(tmp_path / "same.wav", 6)
    text, subtitles = tmp_path / "notes.txt", tmp_path / "talk.srt"
    text.write_text("The frost came early.")
    subtitles.write_text("1\n00:00:01,500 --> 00:00:03,000\nThe frost came early.\n")
    library = Library(home, HashEmbedder(), hearing=WordEars())
    try:
        await _added(library, [path])
        await _added(library, [same, text, subtitles])
        for one in (path, same):  # the second was not heard: it has the content of the first
            made = await library.transcript(one)
            assert (made.text, made.words) == ("The frost came early. Nobody knew.", SAID)
        made = await library.transcript(subtitles)
        assert made.text == "The frost came early." and (made.words[0].start, made.words[-1].end) == (1.5, 3.0)
        with pytest.raises(DocumentError, match=r"known of notes\.txt"):
            await library.transcript(text)
        with pytest.raises(DocumentError, match="not in the library"):
            await library.transcript(tmp_path / "other.wav")
        (found,) = await library.search("nobody", mode="text", k=1)
        assert found.seconds is not None and found.seconds[1] == 6.0
    finally:
        await library.close()


class LongEars(Ears):
    """Hears a fifth of a recording, then another one, and no more before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()
        self.ended = asyncio.Event()

    async def hear(self, path: Path, told: Told | None = None) -> tuple[Document, str]:
        try:
            assert told is not None
            if path.name == "short.wav":
                return await super().hear(path, told)
            told(0.2)
            await asyncio.sleep(0.1)
            told(0.4)
            await self.let.wait()
            return await super().hear(path, told)
        finally:
            self.ended.set()


async def told(library: Library, wanted: Callable[[LibraryState], object]) -> LibraryState:
    async with asyncio.timeout(60), aclosing(library.state()) as states:
        async for state in states:
            if wanted(state):
                return state
    raise AssertionError


async def test_a_recording_tells_the_time_left_and_is_cancelled_at_once(home: Path, tmp_path: Path) -> None:
    paths, ears = [silence(tmp_path / "long.wav", 3)], LongEars()
    library = Library(home, HashEmbedder(), hearing=ears)
    try:
        adding = asyncio.create_task(_added(library, paths))
        state = await told(library, lambda state: state.seconds_left)
        (working,) = state.working
        assert (working.step, working.fraction) == ("transcribing", 0.4)
        assert state.seconds_left is not None and 0.2 <= state.seconds_left <= 60
        await library.cancel()
        async with asyncio.timeout(30):
            await ears.ended.wait()  # it is not heard to its end for nobody
            ended = await adding
        assert [(event.state, event.reason) for event in ended] == [("skipped", "It was cancelled or removed.")]
        assert [one.state for one in await library.documents()] == ["cancelled"]
        assert not ears.heard
        await told(library, lambda state: not state.working)
        paths = [silence(tmp_path / "short.wav", 2)]
        await _added(library, paths)  # the queue goes on
        ears.let.set()
        await library.go_on()
        await library.retry([tmp_path / "long.wav"])
        await told(library, lambda state: len(ears.heard) == 2 and not state.working and not state.waiting)
        assert [one.state for one in await library.documents()] == ["indexed", "indexed"]
    finally:
        await library.close()


async def test_cancelling_one_of_two_lets_the_other_be_heard(home: Path, tmp_path: Path) -> None:
    paths, ears = [silence(tmp_path / "long.wav", 3), silence(tmp_path / "short.wav", 2)], LongEars()
    library = Library(home, HashEmbedder(), hearing=ears)
    try:
        await library.go_on()
        adding = asyncio.create_task(_added(library, paths))
        await told(library, lambda state: any(one.fraction == 0.4 for one in state.working))
        await library.cancel(paths[:1])
        async with asyncio.timeout(60):
            await adding
        await told(library, lambda state: not state.working and not state.waiting)
        assert {Path(one.path).name: one.state for one in await library.documents()} == {
            "long.wav": "cancelled",
            "short.wav": "indexed",
        }
    finally:
        await library.close()


async def _added(library: Library, paths: list[Path]) -> list[FileIndexed]:
    async with aclosing(library.add(paths)) as events:
        return [event async for event in events if isinstance(event, FileIndexed)]
