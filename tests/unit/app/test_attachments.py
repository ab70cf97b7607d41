"""Files that go with a question: what of them is read, what is said of them, and what later questions know of them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.assistant import Assistant, Question
from app.attachments import MOST_PASSAGES, Attachments, choose, notes
from app.conversations import Conversations
from app.errors import DocumentError, StoreError
from app.events import Answered, Event, NodeInfo, Retrieved, Warned
from app.rag.document import Piece, assemble
from app.rag.material import Material, material_of
from app.rag.replies import Picture
from app.rag.worker import Reading
from app.settings import Settings
from tests.fakes import STRONG, FakeLibrary, FakeThinker

LETTER = "Dear Ms Meyer,\n\nthe ferry to Juist leaves at 9:40 on Friday.\n\nYours, Jan"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    conversations = Conversations(tmp_path / "conversations.sqlite3")
    yield conversations
    conversations.close()


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text(LETTER, encoding="utf-8")
    return path


async def asked(assistant: Assistant, question: Question) -> tuple[Answered, list[Event]]:
    async with asyncio.timeout(5.0):
        events = [event async for event in assistant.ask(question)]
    assert isinstance(events[-1], Answered)
    return events[-1], events


def long(path: str, parts: int, about: str = "") -> Material:
    """A file of `parts` paragraphs of about a hundred words; the one before the last speaks of `about`."""
    words = " ".join(f"filler{n} stands between other words" for n in range(20))
    texts = [f"Part {n}. {about if n == parts - 2 else 'Nothing is told.'} {words}." for n in range(parts)]
    return material_of(
        Reading(path, "ok", document=assemble([Piece(text, page=n + 1) for n, text in enumerate(texts)]))
    )


async def test_the_text_of_an_attached_file_is_read_cited_and_kept_with_the_question(
    store: Conversations, letter: Path
) -> None:
    thinker, library = FakeThinker(script=["The ferry leaves at 9:40 [1]."]), FakeLibrary()
    assistant = Assistant(thinker, library, store, Settings())
    answered, events = await asked(assistant, Question("When does the ferry leave?", attachments=(letter,)))
    assert library.queries == [], "what is attached is asked about, not the library"
    assert "the ferry to Juist leaves at 9:40" in thinker.requests[0].messages[-1].content
    assert [one.path for one in answered.citations] == [str(letter)] and answered.grounded
    (retrieved,) = [event for event in events if isinstance(event, Retrieved)]
    assert LETTER[retrieved.passages[0].start : retrieved.passages[0].end] == retrieved.passages[0].text
    question, answer = store.messages(answered.conversation)
    assert question.attachments == (str(letter),) and answer.passages == retrieved.passages
    assert store.attached() == {str(letter)}


async def test_a_later_question_knows_the_file_unless_the_library_speaks_of_it(
    store: Conversations, letter: Path
) -> None:
    thinker, library = FakeThinker(), FakeLibrary()
    assistant = Assistant(thinker, library, store, Settings())
    first, _ = await asked(assistant, Question("When does the ferry leave?", attachments=(letter,)))
    for text, wanted, other in (
        ("From where does the ferry to Juist leave on Friday?", "ferry to Juist", "Nobody"),
        ("How high is the tower?", "330 metres", "ferry to Juist"),
    ):
        await asked(assistant, Question(text, conversation=first.conversation))
        content = thinker.requests[-1].messages[-1].content
        assert wanted in content and other not in content.split("Question:")[0]
    await asked(assistant, Question("And who wrote it?", conversation=first.conversation, use_documents=False))
    assert "Yours, Jan" in thinker.requests[-1].messages[-1].content


async def test_what_cannot_be_read_is_told_and_ends_the_question_only_where_nothing_else_is_there(
    store: Conversations, letter: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.txt"
    broken.write_bytes(b"\xff\xfe\x00")
    assistant = Assistant(FakeThinker(), FakeLibrary(), store, Settings())
    _, events = await asked(assistant, Question("When?", attachments=(letter, broken)))
    told = [event.message for event in events if isinstance(event, Warned) and event.code == "attachment_unread"]
    assert told == ["broken.txt could not be read. The file is damaged."]
    with pytest.raises(DocumentError, match=r"broken\.txt could not be read"):
        await asked(assistant, Question("When?", attachments=(broken,)))


async def test_a_summary_of_what_is_attached_reads_all_of_it(store: Conversations, tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_text("\n\n".join(f"Chapter {n} tells of harbour {n}." * 40 for n in range(12)), encoding="utf-8")
    thinker = FakeThinker()
    assistant = Assistant(thinker, FakeLibrary(), store, Settings(), home=tmp_path)
    await asked(assistant, Question("Summarise this", attachments=(path,), use_documents=False))
    read = "".join(request.messages[-1].content for request in thinker.requests)
    assert len(thinker.requests) > 2 and "harbour 0" in read and "harbour 11" in read


async def test_of_a_long_file_the_passages_that_speak_of_the_question_are_chosen() -> None:
    book = long("/a/book.pdf", 80, "The lighthouse keeper is called Tjark.")
    chosen = await choose("What is the name of the lighthouse keeper?", [book], 1000, FakeThinker())
    assert "Tjark" in chosen[0].text and chosen[0].page == 79 and chosen[0].n == 1
    assert len(chosen) <= MOST_PASSAGES
    short = long("/a/note.pdf", 2)
    assert await choose("Anything?", [short], 3000, FakeThinker()) == short.passages


def test_a_picture_of_which_only_the_text_was_read_says_so() -> None:
    photo = replace(long("/a/sign.png", 1), pages=1)
    assert notes([photo]) == [
        ("picture_text", "No node has a model that sees pictures, so only the text in it was read: sign.png.")
    ]
    with pytest.raises(DocumentError, match="no node has a model that sees pictures, and there is no text in it"):
        notes([Material("/a/cat.jpg", "empty", reason="A picture holds no text.")])


async def test_a_picture_is_seen_where_a_node_has_a_model_that_sees(store: Conversations, tmp_path: Path) -> None:
    class Drawing(FakeLibrary):
        async def picture(self, path: Path, page: int, width: int, *, password: str = "") -> Picture:
            return Picture(width, width, b"png of " + path.name.encode(), 1.0, 1.0, "")

    photo, medical = tmp_path / "cat.jpg", tmp_path / "Medical" / "scan.png"
    rig = NodeInfo("rig", "2" * 64, "rig:1", "cellar", True, "ready", models=(replace(STRONG, vision=True),))
    thinker = FakeThinker(script=["A cat."], others=(rig,))
    settings = Settings(rules_folders=[f"{tmp_path / 'Medical'} = local"])
    assistant = Assistant(thinker, Drawing(), store, settings)
    answered, events = await asked(assistant, Question("What is this?", attachments=(photo,)))
    (message,) = [message for message in thinker.requests[-1].messages if message.images]
    assert message.images == (b"png of cat.jpg",) and message.content == "What is this?"
    assert not any(isinstance(event, Warned) for event in events), "it was seen: there is nothing to excuse"
    await asked(assistant, Question("Which colour?", conversation=answered.conversation, use_documents=False))
    assert thinker.requests[-1].messages[-1].images == (b"png of cat.jpg",)
    with pytest.raises(DocumentError):  # the rule keeps it from the node that sees, and its text cannot be read here
        await asked(assistant, Question("And this?", attachments=(medical,)))


async def test_a_file_is_read_again_only_when_it_has_changed(letter: Path) -> None:
    class Counting(FakeLibrary):
        reads = 0

        async def material(self, path: Path) -> Material:
            self.reads += 1
            return await super().material(path)

    library = Counting()
    attachments = Attachments(library, None)
    await asyncio.gather(attachments.read(letter), attachments.read(letter))
    assert library.reads == 1
    await asyncio.to_thread(letter.write_text, "Short.", encoding="utf-8")
    assert (await attachments.read(letter)).passages[0].text == "Short." and library.reads == 2
    await asyncio.to_thread(letter.unlink)
    assert (await attachments.read(letter)).status == "error"


def test_pasted_pictures_are_private_kept_once_and_go_with_their_conversation(tmp_path: Path) -> None:
    attachments = Attachments(FakeLibrary(), tmp_path)
    first, again = attachments.keep_picture(b"one"), attachments.keep_picture(b"one")
    other = attachments.keep_picture(b"two")
    assert first == again and first.stat().st_mode & 0o777 == 0o600 and first.parent.stat().st_mode & 0o777 == 0o700
    for place in (first, other):
        os.utime(place, (time.time() - 200_000,) * 2)
    attachments.sweep({str(other)})
    assert attachments.pasted() == [other]
    with pytest.raises(StoreError):
        Attachments(FakeLibrary(), None).keep_picture(b"one")
