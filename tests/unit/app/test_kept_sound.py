"""The sound of spoken questions: kept when wanted, whole or not at all, as long as its question."""

from __future__ import annotations

import asyncio
import sqlite3
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.assistant import Assistant, Question
from app.conversations import Conversations
from app.errors import VoiceError
from app.events import Event, Hearing, Transcribed, Warned
from app.kept_sound import KeptSound
from app.runtime import Runtime
from app.settings import Settings
from tests.command_line import Program
from tests.fakes import FakeLibrary, FakeThinker

SOUND = b"\x01\x00\x02\x00" * 8_000


@pytest.fixture
def store(home: Path) -> Iterator[Conversations]:
    conversations = Conversations(home / "conversations.sqlite3")
    yield conversations
    conversations.close()


class Talk(FakeThinker):
    """Hears the same words in every sound, if any."""

    said = "How high is the tower?"

    async def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False, hotwords: object = ()
    ) -> AsyncIterator[Hearing | Transcribed]:
        async for _ in audio:
            pass
        yield Transcribed(self.said, "en", 0.1, 1.0)


async def _sound(error: VoiceError | None = None) -> AsyncIterator[bytes]:
    yield SOUND[:10_000]
    if error is not None:
        raise error
    yield SOUND[10_000:]


def _assistant(store: Conversations, home: Path, *, keep: bool = True) -> tuple[Assistant, Talk]:
    talk = Talk()
    return Assistant(talk, FakeLibrary(), store, Settings(voice_keep_sound=keep), home=home), talk


async def _ask(assistant: Assistant, question: Question) -> list[Event]:
    async with asyncio.timeout(20):
        return [event async for event in assistant.ask(question)]


async def _hear(assistant: Assistant, sound: AsyncIterator[bytes]) -> None:
    async with asyncio.timeout(20):
        async for _ in assistant.hear(Question(audio=sound)):
            pass


async def test_a_spoken_question_is_kept_with_its_message(store: Conversations, home: Path) -> None:
    assistant, _ = _assistant(store, home)
    await _ask(assistant, Question(audio=_sound()))
    (kept,) = KeptSound(home).all()
    question = store.messages(kept.conversation)[0]
    assert (kept.message, question.role) == (question.id, "user")
    assert kept.seconds == 1.0
    with wave.open(str(kept.path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.readframes(99_999)) == (16_000, 1, SOUND)
    assert oct(kept.path.parent.stat().st_mode)[-3:] == "700"
    await assistant.close()


async def test_not_unless_it_is_wanted(store: Conversations, home: Path) -> None:
    assistant, _ = _assistant(store, home, keep=False)
    await _ask(assistant, Question(audio=_sound()))
    assert not (home / "sound").exists()
    await assistant.close()


@pytest.mark.parametrize(
    ("asked", "kept"),
    [("How high is the tower?", 1), ("How high is the new tower?", 1), ("What does the contract say?", 0)],
)
async def test_heard_first_and_asked_then(store: Conversations, home: Path, asked: str, kept: int) -> None:
    assistant, _ = _assistant(store, home)
    await _hear(assistant, _sound())
    assert not KeptSound(home).all()  # what is only said is not kept
    await _ask(assistant, Question(text=asked))
    await _ask(assistant, Question(text=asked))  # typed again: nobody said it
    assert len(KeptSound(home).all()) == kept
    await assistant.close()


async def test_what_is_cancelled_or_silent_leaves_nothing(store: Conversations, home: Path) -> None:
    assistant, talk = _assistant(store, home)
    with pytest.raises(VoiceError):
        await _hear(assistant, _sound(VoiceError("The recording was cancelled.", code="voice_cancelled")))
    await _ask(assistant, Question(text=talk.said))
    talk.said = ""
    await _hear(assistant, _sound())
    with pytest.raises(VoiceError):
        await _ask(assistant, Question(audio=_sound()))
    assert not (home / "sound").exists()
    await assistant.close()


async def test_a_disk_that_takes_nothing_stops_no_answer(store: Conversations, home: Path) -> None:
    (home / "sound").write_text("in the way")
    assistant, _ = _assistant(store, home)
    events = await _ask(assistant, Question(audio=_sound()))
    assert [event.code for event in events if isinstance(event, Warned)] == ["sound_not_kept"]
    assert type(events[-1]).__name__ == "Answered"
    await assistant.close()


async def test_it_goes_for_good_with_its_conversation_and_comes_back_with_it(home: Path) -> None:
    sound = KeptSound(home)
    store = Conversations(home / "conversations.sqlite3")
    stays, goes, late = (store.create().id for _ in range(3))
    for one in (stays, goes, late):
        sound.keep(one, 1, SOUND)
        store.ask(one, "How high?")
    store.delete(goes)
    store.delete(late)
    store.close()
    runtime = await Runtime.open(home, discover=False)
    await runtime.close()
    assert {one.conversation for one in sound.all()} == {stays, goes, late}
    with sqlite3.connect(home / "conversations.sqlite3") as db:
        db.execute("UPDATE conversations SET deleted_at = '2020-01-01T00:00:00' WHERE id = ?", (goes,))
    db.close()
    runtime = await Runtime.open(home, discover=False)
    assert {one.conversation for one in sound.all()} == {stays, late}
    runtime.conversations.restore(late)
    assert sound.of(late)[1].seconds == 1.0
    await runtime.close()


def test_one_is_deleted_and_half_written_ones_of_a_kill_go(home: Path) -> None:
    sound = KeptSound(home)
    sound.keep("a", 3, SOUND)
    sound.keep("a", 4, SOUND)
    (home / "sound" / "a" / ".5.wav.x.part").write_bytes(b"half")
    (home / "sound" / "a" / "notes.wav").write_bytes(b"of somebody else")
    sound.delete("a", 3)
    sound.delete("a", 3)
    assert list(sound.of("a")) == [4] and sound.of("b") == {}
    sound.sweep({"a"})
    assert (home / "sound" / "a" / ".5.wav.x.part").exists()  # perhaps it is being written
    sound.sweep({"a"}, now=1e12)
    assert not (home / "sound" / "a" / ".5.wav.x.part").exists()
    assert len(sound.delete_all()) == 1 and sound.delete_all() == []
    assert not (home / "sound").exists()


def test_the_command_lists_and_deletes_all(home: Path) -> None:
    tangnet = Program(home)
    assert tangnet("sound") == 0 and tangnet.out == "No sound is kept.\n"
    path = KeptSound(home).keep("a", 3, SOUND * 100).path
    KeptSound(home).keep("b", 9, SOUND)
    assert tangnet("sound") == 0
    assert f"{path}  100.0 s\n" in tangnet.out
    assert tangnet.out.endswith("The sound of 2 spoken questions (3.2 MB) is kept.\n")
    lines = tangnet.json("sound")
    assert lines[0] == {"conversation": "a", "message": 3, "path": str(path), "seconds": 100.0, "bytes": 3_200_044,
                        "state": "kept"}  # fmt: skip
    assert tangnet("sound", "--delete") == 0
    assert tangnet.out == "The sound of 2 spoken questions (3.2 MB) is deleted.\n"
    assert tangnet.json("sound") == [] and not path.exists()
