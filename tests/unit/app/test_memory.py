"""The memory: what is wanted of it, what it keeps and finds, and what an answer gets of it."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.assistant import Assistant, Question
from app.conversations import Conversations
from app.errors import NodeError, UsageError
from app.events import Answered, Event, Passage, Retrieved
from app.memory.facts import Facts
from app.memory.memory import Memory
from app.memory.wording import Order, Wish, order, proposal
from app.question import ONLY_LOCAL
from app.recalling import Forgotten, Proposed, Remembered
from app.settings import Settings
from app.thinking import Embeddings, EmbedKind, Told
from app.words import content
from tests.fakes import FakeLibrary, FakeThinker

AXES = ("daughter", "train", "garden", "colour")


@dataclass
class Meaning(FakeThinker):
    """Embeds a text by which of a few words it holds; `deaf` has no embedder."""

    deaf: bool = False
    kinds: list[tuple[EmbedKind, tuple[str, ...]]] = field(default_factory=list)

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        if self.deaf:
            raise NodeError("No node embeds.", code="model_missing")
        self.kinds.append((kind, zones))
        rows = [[0.05, *(float(axis in text.lower()) for axis in AXES)] for text in texts]
        return Embeddings("axes", "ab" * 32, 5, b"".join(struct.pack("<5f", *row) for row in rows))


class Bench:
    """An assistant with a memory, without documents unless told otherwise."""

    def __init__(self, home: Path, thinker: Meaning, library: FakeLibrary | None = None) -> None:
        self.store = Conversations(home / "conversations.sqlite3")
        self.memory = Memory(home)
        self.thinker = thinker
        self.settings = Settings()
        self.library = library
        self.assistant = Assistant(
            thinker, library or FakeLibrary(), self.store, self.settings, home=home, memory=self.memory
        )

    async def ask(self, text: str, conversation: str = "", prefer: str = "") -> list[Event]:
        question = Question(text, conversation=conversation, prefer=prefer, use_documents=self.library is not None)
        async with asyncio.timeout(10.0):
            events = [event async for event in self.assistant.ask(question)]
            await asyncio.gather(*self.assistant._recollection._learning)
        return events

    @property
    def prompt(self) -> str:
        return self.thinker.requests[-1].messages[-1].content


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Meaning())
    yield made
    made.memory.close()
    made.store.close()


def _told(events: Sequence[Event]) -> Answered:
    answered = events[-1]
    assert isinstance(answered, Answered)
    return answered


def _recalled(events: Sequence[Event]) -> tuple[Passage, ...]:
    return next((event.passages for event in events if isinstance(event, Retrieved)), ())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Remember that my daughter is called Anna.", Order(Wish.REMEMBER, "My daughter is called Anna.")),
        ("please remember: the bin goes out on Monday", Order(Wish.REMEMBER, "The bin goes out on Monday")),
        ("Can you remember that I drive a van?", Order(Wish.REMEMBER, "I drive a van")),
        ("Don’t forget that we moved", Order(Wish.REMEMBER, "We moved")),
        ("Merk dir, dass ich in Basel wohne.", Order(Wish.REMEMBER, "Ich in Basel wohne.", True)),
        ("Merke dir bitte: Mein Auto ist blau", Order(Wish.REMEMBER, "Mein Auto ist blau", True)),
        ("Forget that my daughter is called Anna", Order(Wish.FORGET, "my daughter is called Anna")),
        ("Vergiss, dass ich in Basel wohne", Order(Wish.FORGET, "ich in Basel wohne", True)),
        ("What do you remember about me?", Order(Wish.TELL)),
        ("Was weißt du über mich?", Order(Wish.TELL, german=True)),
        ("Do you remember that film?", None),
        ("Remember the Alamo: when was it?", None),
        ("How do I forget that song?", None),
        ("What do you remember about the contract?", None),
    ],
)
def test_what_is_wanted(text: str, wanted: Order | None) -> None:
    assert order(text) == wanted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hi, my name is Kim. How high is the tower?", "Hi, my name is Kim."),
        ("I'm allergic to nuts. What can I bake?", "I'm allergic to nuts."),
        ("Ich wohne in Basel. Wann fährt der Zug?", "Ich wohne in Basel."),
        ("My daughter lives in Bern.", "My daughter lives in Bern."),
        ("Where do I live?", ""),
        ("I am a bit lost.", ""),
        ("The tower is 330 metres high.", ""),
    ],
)
def test_what_is_proposed(text: str, found: str) -> None:
    assert proposal(text) == found


def test_facts_are_kept_for_the_user_alone_and_forgotten_for_good(tmp_path: Path) -> None:
    facts = Facts(tmp_path)
    one = facts.remember("My daughter  is called Anna.")
    assert facts.remember("my daughter is called anna") == one
    other = facts.remember("The secretword is Rumpelstilzchen", "c1", private=True)
    assert [fact.id for fact in facts.search("ANNA daughter")] == [one.id]
    assert facts.edit(one.id, "My daughter is called Eva").text == "My daughter is called Eva"
    facts.forget([other.id])
    assert [fact.id for fact in facts.all()] == [one.id]
    facts.restore([other.id])
    assert facts.get(other.id) == other
    facts.forget([other.id])
    facts.purge()
    facts.restore([other.id])
    with pytest.raises(UsageError):
        facts.get(other.id)
    with pytest.raises(UsageError):
        facts.remember("x" * 501)
    facts.close()
    if os.name == "posix":
        assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.glob("memory.sqlite3"))
    assert b"Rumpelstilzchen" not in b"".join(file.read_bytes() for file in tmp_path.glob("memory*"))


def test_a_damaged_file_is_moved_aside(tmp_path: Path) -> None:
    (tmp_path / "memory.sqlite3").write_bytes(b"no database at all" * 400)
    facts = Facts(tmp_path)
    assert facts.all() == [] and "is kept as" in facts.notice
    assert facts.remember("We moved").id == 1
    facts.close()
    assert len(list(tmp_path.glob("memory.sqlite3.damaged-*"))) == 1


async def test_what_is_asked_is_remembered_told_and_forgotten_without_a_model(bench: Bench) -> None:
    events = await bench.ask("Remember that my daughter is called Anna.")
    assert isinstance(events[0], Remembered) and "Anna" in _told(events).text
    assert "Anna" in _told(await bench.ask("What do you remember?")).text
    events = await bench.ask("Forget that my daughter is called Anna")
    assert isinstance(events[0], Forgotten) and bench.memory.facts.all() == []
    assert "nothing" in _told(await bench.ask("Forget that my car is blue")).text
    assert bench.thinker.requests == []


async def test_a_fact_goes_into_the_prompt_and_is_cited(bench: Bench) -> None:
    fact = bench.memory.facts.remember("My daughter is called Anna.")
    bench.memory.facts.remember("The bin goes out on Monday.")
    await bench.memory.learn(bench.thinker)
    bench.thinker.script = ("She is called Anna [1].",)
    events = await bench.ask("What is the name of my daughter?")
    assert "My daughter is called Anna." in bench.prompt and "Monday" not in bench.prompt
    assert [one.path for one in _recalled(events)] == [f"memory:{fact.id}"]
    assert [one.n for one in _told(events).citations] == [1] and _told(events).grounded
    assert all(zones == ("local",) for kind, zones in bench.thinker.kinds if kind == "passage")
    bench.settings.memory_use = False
    await bench.ask("What is the name of my daughter?")
    assert "Anna" not in bench.prompt


async def test_earlier_conversations_are_found_by_meaning_and_by_words(bench: Bench) -> None:
    bench.thinker.script = ("The night train to Lisbon leaves at nine.",)
    await bench.ask("When does the train to Lisbon leave?")
    earlier = bench.store.list()[0].id
    events = await bench.ask("Which train was it to Lisbon?")
    [found] = _recalled(events)
    assert found.origin == "conversation" and found.path.startswith(f"conversation:{earlier}:")
    assert "leaves at nine" in bench.prompt
    bench.thinker.deaf = True
    assert _recalled(await bench.ask("Lisbon train leaves when?"))
    assert not _recalled(await bench.ask("How do I prune roses?"))
    assert all(earlier not in one.path for one in _recalled(await bench.ask("The train to Lisbon?", earlier)))
    for conversation in bench.store.list():
        bench.store.delete(conversation.id)
    assert not _recalled(await bench.ask("Which train goes to Lisbon?"))


async def test_what_stays_on_this_machine_is_told_to_no_other(bench: Bench) -> None:
    await bench.ask("Remember that my daughter is called Anna.", prefer=ONLY_LOCAL)
    await bench.ask("My train leaves at nine, which platform?", prefer=ONLY_LOCAL)
    await bench.memory.learn(bench.thinker)
    for text in ("What is the name of my daughter?", "My train leaves at nine, from which platform?"):
        assert not _recalled(await bench.ask(text))
        assert _recalled(await bench.ask(text, prefer=ONLY_LOCAL))


async def test_documents_behind_an_earlier_turn_go_with_it(bench: Bench) -> None:
    bench.library = FakeLibrary()
    await bench.ask("How high is the tower?")
    bench.library = None
    [found] = _recalled(await bench.ask("The tower, how high is it?"))
    assert found.rests_on == ("/docs/tower.pdf",)
    bench.settings.rules_folders = ["/docs = local"]
    await bench.ask("The tower, how high is it?")
    assert bench.thinker.requests[-1].zones == ("local",)
    bench.settings.rules_folders = []
    again = bench.store.list()[0].id
    assert all(one.origin == "conversation" for one in bench.store.messages(again)[-1].passages)


async def test_it_proposes_and_never_keeps_by_itself(bench: Bench) -> None:
    text = "My name is Kim. How high is the tower?"
    assert Proposed("My name is Kim.") in await bench.ask(text)
    assert bench.memory.facts.all() == []
    bench.memory.facts.decline("My name is Kim.")
    assert not [event for event in await bench.ask(text) if isinstance(event, Proposed)]


def test_words_are_folded() -> None:
    assert content("Lisbon?") == content("lisbon")
