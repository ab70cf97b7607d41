"""Long recordings in parts: where they are cut, in which language they are read, what is kept and what is not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.cluster.cutting import Cutter, Part
from app.cluster.kept_parts import KeptParts
from app.cluster.parts import InParts, may_be_long
from app.cluster.recordings import Reader, Spread
from app.errors import NodeError, VoiceError
from app.events import Transcribed, Word
from app.thinking import Going, Heard, Recording, RecordingRead

SECOND = 32_000


def noise(seconds: float, *quiet: tuple[float, float]) -> bytes:
    """Return sound that is loud but for these stretches."""
    chance = random.Random(3)
    sound = bytearray(chance.randbytes(round(seconds * SECOND) // 2 * 2))
    for start, end in quiet:
        first, last = (round(at * 16_000) * 2 for at in (start, end))
        sound[first:last] = bytes(last - first)
    return bytes(sound)


def cut(sound: bytes, block: int, part_seconds: float) -> list[Part]:
    cutter = Cutter(part_seconds)
    parts = [part for at in range(0, len(sound), block) for part in cutter.take(sound[at : at + block])]
    return parts + cutter.finish()


def test_a_recording_is_cut_where_it_is_quietest_however_it_comes() -> None:
    sound = noise(47, (8.6, 9.3), (17.0, 17.2), (26.0, 26.9))
    parts = cut(sound, 8_000, 10.0)
    assert parts == cut(sound, 3_334, 10.0) == cut(sound, len(sound), 10.0)
    assert [part.start for part in parts[1:]] == [sum(one.samples for one in parts[:at]) for at in range(1, len(parts))]
    assert sum(part.samples for part in parts) == len(sound) // 2
    assert all(part.seconds <= 10.0 for part in parts)
    assert 8.6 < parts[1].start / 16_000 < 9.3
    assert any(26.0 < part.start / 16_000 < 26.9 for part in parts)
    assert cut(b"", 100, 10.0) == [] and len(cut(sound, 8_000, 100.0)) == 1


class Ear:
    """Reads what it gets: a word a second, in the language that it was told or `speaks`."""

    def __init__(self, speaks: str = "de", silent: int = 0) -> None:
        self.speaks, self.silent = speaks, silent
        self.calls: list[tuple[str, int]] = []
        self.failing: NodeError | None = None

    async def read(
        self, sound: AsyncIterator[bytes], recording: Recording
    ) -> AsyncGenerator[Heard | Transcribed, None]:
        language = recording.language() if recording.language else ""
        pcm = b"".join([block async for block in sound])
        self.calls.append((language, len(pcm)))
        if self.failing is not None and len(self.calls) > 1:
            raise self.failing
        seconds = len(pcm) // SECOND
        yield Heard(float(seconds), float(seconds), " word")
        first = pcm[:2].hex()
        said = [] if len(self.calls) <= self.silent else [Word(f" {first}{at}", at, at + 0.5) for at in range(seconds)]
        text = "".join(word.text for word in said).strip()
        yield Transcribed(text, language or self.speaks, 0.5, len(pcm) / SECOND, tuple(said))


def recording(sound: bytes, opened: list[int] | None = None) -> Recording:
    async def blocks() -> AsyncGenerator[bytes, None]:
        if opened is not None:
            opened.append(1)
        for at in range(0, len(sound), 8_000):
            yield sound[at : at + 8_000]

    return Recording(blocks, len(sound) / SECOND)


async def read(
    ear: Ear, given: list[Recording], kept: KeptParts | None, language: str = ""
) -> tuple[list[RecordingRead], list[Going]]:
    spread = Spread([], Reader("", "local", ear.read), list, {}, longest_first=False)
    one = InParts(given, spread, kept=kept, model="m", language=language, longest_first=False, part_seconds=10.0)
    made, going = [], []
    async with asyncio.timeout(60), aclosing(one.events()) as events:
        async for event in events:
            if isinstance(event, RecordingRead):
                made.append(event)
            else:
                going.append(event)
    return made, going


async def test_parts_are_put_together_and_the_first_tells_the_language(tmp_path: Path) -> None:
    sound, opened, ear = noise(33), list[int](), Ear()
    (made,), going = await read(ear, [recording(sound, opened)], KeptParts(tmp_path / "heard.db"))
    assert isinstance(made.result, Transcribed)
    assert [language for language, _ in ear.calls] == ["", *["de"] * (len(ear.calls) - 1)] and len(ear.calls) > 3
    assert sum(size for _, size in ear.calls) == len(sound)
    assert made.result.language == "de" and made.result.audio_seconds == 33.0 and made.node == "local"
    starts = [word.start for word in made.result.words]
    assert starts == sorted(starts) and starts[-1] > 29
    assert made.result.text == "".join(word.text for word in made.result.words).strip()
    assert len(opened) == 2, "once to look, once to read"
    assert going[-1].total == 33.0 and going[-1].of == 1


async def test_the_language_is_that_of_the_first_part_in_which_somebody_speaks() -> None:
    ear = Ear("fr", silent=2)
    (made,), _ = await read(ear, [recording(noise(45))], None)
    assert [language for language, _ in ear.calls][:5] == ["", "", "", "fr", "fr"]
    assert isinstance(made.result, Transcribed) and made.result.language == "fr"
    given = Ear("fr")
    await read(given, [recording(noise(25))], None, language="en")
    assert {language for language, _ in given.calls} == {"en"}


async def test_what_was_read_is_kept_until_all_is_and_then_forgotten(tmp_path: Path) -> None:
    sound, file = noise(45), tmp_path / "heard.db"
    (whole,), _ = await read(Ear(), [recording(sound)], None)
    first = Ear()
    first.failing = NodeError("No more.", code="internal")
    (broken,), _ = await read(first, [recording(sound)], KeptParts(file))
    assert broken.result is first.failing
    again = Ear()
    (made,), going = await read(again, [recording(sound)], KeptParts(file))
    assert made == whole
    assert [language for language, _ in again.calls] == ["de"] * len(again.calls), "the first part was kept"
    assert going[-1].seconds == pytest.approx(45.0)
    last = Ear()
    await read(last, [recording(sound)], KeptParts(file))
    assert len(last.calls) == len(again.calls) + 1, "nothing is kept of what is done"


async def test_a_recording_that_cannot_be_read_keeps_no_other_back(tmp_path: Path) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield bytes(8_000)
        raise VoiceError("It is damaged.", code="voice_damaged")

    ear = Ear()
    given = [recording(noise(33)), Recording(broken, 50.0), recording(noise(2))]
    made, _ = await read(ear, given, KeptParts(tmp_path / "heard.db"))
    results = {event.at: event.result for event in made}
    assert isinstance(results[1], VoiceError) and len(made) == 3
    assert isinstance(results[0], Transcribed) and isinstance(results[2], Transcribed)
    assert results[2].audio_seconds == 2.0


async def test_a_file_that_changes_while_it_is_read_is_an_error() -> None:
    sounds = [noise(33), noise(33)[::-1]]

    async def changing() -> AsyncGenerator[bytes, None]:
        sound = sounds.pop(0)
        for at in range(0, len(sound), 8_000):
            yield sound[at : at + 8_000]

    (made,), _ = await read(Ear(), [Recording(changing, 33.0)], None)
    assert isinstance(made.result, VoiceError) and made.result.code == "voice_changed"


def test_kept_parts_survive_damage_and_tell_languages_and_models_apart(tmp_path: Path) -> None:
    file = tmp_path / "below" / "heard.db"
    kept, heard = KeptParts(file), Transcribed("We sail.", "en", 1.0, 2.0, (Word(" We", 0.0, 0.5),), "pi")
    kept.put(("a", "en", "m"), heard)
    assert KeptParts(file).get(("a", "en", "m")) == heard
    assert kept.get(("a", "", "m")) is kept.get(("a", "en", "n")) is None
    kept.forget([("a", "en", "m")])
    assert kept.get(("a", "en", "m")) is None
    kept.close()
    file.write_bytes(b"no database" * 500)
    kept.put(("b", "", "m"), heard)
    assert kept.get(("b", "", "m")) == heard
    kept.close()


def test_short_recordings_stay_whole() -> None:
    assert not may_be_long(recording(bytes(SECOND)))
    assert may_be_long(Recording(lambda: aiter_of(), 500.0))
    assert may_be_long(Recording(lambda: aiter_of(), 60.0, exact=False)), "it may be far longer than it seems"


async def aiter_of() -> AsyncGenerator[bytes, None]:
    yield b""
