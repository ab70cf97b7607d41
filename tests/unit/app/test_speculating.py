"""Work ahead of a spoken question: what is searched and read while somebody speaks, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from app.assistant import Assistant, Question
from app.conversations import Conversations
from app.corrections import MOST_WORDS, corrected, kept
from app.errors import NodeError
from app.events import Answered, Event, Hearing, Retrieved, TokenReceived, Transcribed
from app.rag.names import chosen
from app.settings import Settings
from app.speculating import aligned, normalised, place_of
from app.thinking import ChatRequest, GenerationEvent
from tests.fakes import FakeLibrary, FakeThinker, passage

QUESTION = "How high is the tower?"
DEADLINE = 10.0


@dataclass
class Talk(FakeThinker):
    """Hears partial texts one after the other, each when told to go on."""

    partials: Sequence[str] = ()
    final: str = QUESTION
    go: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: the sound has been understood to its end."""
    broken: bool = False
    """Nodes refuse to read ahead."""
    ended: list[str] = field(default_factory=list)
    """Request ids of what was read ahead and let go."""

    async def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False, hotwords: Sequence[str] = ()
    ) -> AsyncIterator[Hearing | Transcribed]:
        self.hotwords.append(tuple(hotwords))
        async for _ in audio:
            pass
        for text in self.partials:
            yield Hearing(text)
        await self.go.wait()
        yield Transcribed(self.final, "en", 0.1, 1.0)

    async def generate(self, request: ChatRequest) -> AsyncIterator[GenerationEvent]:
        if request.ahead:
            self.requests.append(request)
            if self.broken:
                raise NodeError("No node can answer now.", code="no_node")
            try:
                await asyncio.Event().wait()  # it reads, and reads
            finally:
                self.ended.append(request.request_id)
        async for event in super().generate(request):
            yield event

    @property
    def ahead(self) -> list[ChatRequest]:
        return [request for request in self.requests if request.ahead]

    @property
    def asked(self) -> list[ChatRequest]:
        return [request for request in self.requests if not request.ahead]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    conversations = Conversations(tmp_path / "conversations.sqlite3")
    yield conversations
    conversations.close()


async def _sound() -> AsyncIterator[bytes]:
    yield b"\0\0" * 1_600


async def _until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.005)


async def _asked(assistant: Assistant, question: Question) -> list[Event]:
    async with asyncio.timeout(DEADLINE):
        return [event async for event in assistant.ask(question)]


async def _heard(assistant: Assistant, question: Question) -> list[Hearing | Transcribed]:
    async with asyncio.timeout(DEADLINE):
        return [event async for event in assistant.hear(question)]


async def test_what_is_said_is_searched_and_read_before_it_is_whole(store: Conversations) -> None:
    talk, library = Talk(partials=("How high is the tower",)), FakeLibrary()
    assistant = Assistant(talk, library, store, Settings())
    asking = asyncio.create_task(_asked(assistant, Question(audio=_sound())))
    await _until(lambda: talk.ahead)
    ahead = talk.ahead[0]
    assert ahead.background and ahead.max_tokens == 1
    assert library.queries == ["How high is the tower"]
    assert store.list() == []  # nothing is stored while somebody speaks
    talk.go.set()
    events = await asking
    assert library.queries == ["How high is the tower"]  # same words: not searched again
    (asked,) = talk.asked
    assert talk.ended == [ahead.request_id]
    same = asked.messages[-1].content.rsplit("Question:", 1)[0]
    assert ahead.messages[-1].content.startswith(same)
    answered = events[-1]
    assert isinstance(answered, Answered) and answered.trace is not None
    assert answered.trace.ahead == "prompt"
    times = [answered.trace.audio_ms, answered.trace.release_ms, answered.trace.partial_ms, answered.trace.final_ms,
             answered.trace.searched_ms, answered.trace.token_ms]  # fmt: skip
    noted = [time for time in times if time is not None]
    assert len(noted) == 6 and noted == sorted(noted)
    assert [event.text for event in events if isinstance(event, TokenReceived)] == ["It is ", "330 metres high [1]."]
    assert store.messages(store.list()[0].id)[1].trace == answered.trace
    await assistant.close()


async def test_in_a_window_text_and_question_come_apart(store: Conversations) -> None:
    talk, library = Talk(partials=("how high is the tower",)), FakeLibrary()
    assistant = Assistant(talk, library, store, Settings())
    conversation = store.create().id
    hearing = asyncio.create_task(_heard(assistant, Question(audio=_sound(), prefer="local")))
    await _until(lambda: talk.ahead)
    talk.go.set()
    await hearing
    events = await _asked(assistant, Question(QUESTION, conversation=conversation, prefer="local"))
    assert len(library.queries) == 1
    assert isinstance(events[-1], Answered) and events[-1].trace is not None and events[-1].trace.ahead == "prompt"
    typed = await _asked(assistant, Question(QUESTION, conversation=conversation, prefer="local"))
    assert isinstance(typed[-1], Answered) and typed[-1].trace is None
    assert len(library.queries) == 2
    await assistant.close()


@pytest.mark.parametrize(
    "question", [Question(QUESTION, use_documents=False), Question(QUESTION, node="local"), Question("And the garden?")]
)
async def test_what_was_done_for_another_question_is_not_taken(store: Conversations, question: Question) -> None:
    talk, library = Talk(partials=("How high is the tower",)), FakeLibrary()
    assistant = Assistant(talk, library, store, Settings())
    hearing = asyncio.create_task(_heard(assistant, Question(audio=_sound())))
    await _until(lambda: talk.ahead)
    talk.go.set()
    await hearing
    events = await _asked(assistant, question)
    answered = events[-1]
    assert isinstance(answered, Answered)
    assert answered.trace is None or answered.trace.ahead == ""
    assert len(library.queries) == (2 if question.use_documents else 1)
    await assistant.close()


async def test_a_wrong_guess_is_thrown_away_and_never_shown(store: Conversations) -> None:
    talk, library = Talk(partials=("How high is the flower",)), FakeLibrary()
    assistant = Assistant(talk, library, store, Settings())
    asking = asyncio.create_task(_asked(assistant, Question(audio=_sound())))
    await _until(lambda: talk.ahead)
    library.passages = (passage(text="The tower is 330 metres high.", path="/docs/other.pdf"),)
    talk.go.set()
    events = await asking
    assert library.queries == ["How high is the flower", QUESTION]
    (retrieved,) = [event for event in events if isinstance(event, Retrieved)]
    assert [one.path for one in retrieved.passages] == ["/docs/other.pdf"]
    assert "flower" not in talk.asked[0].messages[-1].content
    assert isinstance(events[-1], Answered) and events[-1].trace is not None and events[-1].trace.ahead == ""


async def test_cancelling_lets_the_nodes_go(store: Conversations) -> None:
    talk = Talk(partials=("How high is the tower",))
    assistant = Assistant(talk, FakeLibrary(), store, Settings())
    async with aclosing(assistant.hear(Question(audio=_sound()))) as events:
        await anext(events)
        await _until(lambda: talk.ahead)
    assert talk.ended == [talk.ahead[0].request_id]
    assert store.list() == []


async def test_no_node_to_read_ahead_is_no_failure(store: Conversations) -> None:
    talk = Talk(partials=("How high is the tower",), broken=True)
    assistant = Assistant(talk, FakeLibrary(), store, Settings())
    asking = asyncio.create_task(_asked(assistant, Question(audio=_sound())))
    await _until(lambda: talk.ahead)
    talk.go.set()
    assert isinstance((await asking)[-1], Answered)


async def test_switched_off_nothing_is_done_ahead(store: Conversations) -> None:
    talk, library = Talk(partials=("How high is the tower",)), FakeLibrary()
    talk.go.set()
    events = await _asked(Assistant(talk, library, store, Settings(voice_ahead=False)), Question(audio=_sound()))
    assert not talk.ahead and library.queries == [QUESTION]
    assert isinstance(events[-1], Answered) and events[-1].trace is not None and not events[-1].trace.ahead


async def test_one_word_says_nothing_and_a_summary_reads_everything(store: Conversations, tmp_path: Path) -> None:
    talk = Talk(partials=("The", "The tower", "Summarise tower"), final="Summarise nothing there is")
    library = FakeLibrary()
    assistant = Assistant(talk, library, store, Settings(), home=tmp_path)
    talk.go.set()
    await _heard(assistant, Question(audio=_sound()))
    await assistant.close()
    assert not talk.ahead and library.queries == []


def test_passages_keep_the_order_in_which_they_are_read() -> None:
    a, b, c, d = (passage(n, path=f"/{name}") for n, name in enumerate("abcd", 1))
    places = [place_of(one) for one in (c, a, b)]
    assert aligned((a, b, c, d), places) == (c, a, b, d)
    assert aligned((a, d), places) == (a, d)
    assert aligned((a, replace(c, score=0.1)), places) == (replace(c, score=0.1), a)
    assert aligned((), places) == () and aligned((b, a), ()) == (b, a)


def test_transcripts_are_the_same_whatever_their_dots() -> None:
    assert normalised("How high is  the Tower?") == normalised("how high is the tower")
    assert normalised("a tower") != normalised("the tower")


async def test_names_of_the_documents_and_corrections_are_listened_for(store: Conversations, tmp_path: Path) -> None:
    talk, library = Talk(final="Who is Juana Salander?"), FakeLibrary(told_names=["Lindqvist", "Aurora"])
    talk.go.set()
    settings = Settings(voice_words=["Tangnet"])
    assistant = Assistant(talk, library, store, settings, home=tmp_path)
    await _heard(assistant, Question(audio=_sound()))
    assert talk.hotwords == [("Tangnet", "Lindqvist", "Aurora")]
    await _asked(assistant, Question("Who is Joanna Sandler?"))
    assert settings.voice_words == ["Joanna Sandler", "Tangnet"]
    assert Settings.load(tmp_path / "settings.toml").voice_words == settings.voice_words
    await _heard(assistant, Question(audio=_sound()))
    assert talk.hotwords[-1][:2] == ("Joanna Sandler", "Tangnet")
    await _asked(assistant, Question("What is the weather in Rome?"))
    assert settings.voice_words == ["Joanna Sandler", "Tangnet"]
    await assistant.close()


@pytest.mark.parametrize(
    ("heard", "sent", "words"),
    [
        ("Call miss us Blake now", "Call Missus Blake now", ["Missus"]),
        ("How high is the power?", "How high is the tower?", ["tower"]),
        ("How high is the tower", "How high is the tower?", []),
        ("How high is a tower?", "How high is the tower?", []),
        ("one two three", "something else entirely", []),
        ("", "anything", []),
    ],
)
def test_corrections(heard: str, sent: str, words: list[str]) -> None:
    assert corrected(heard, sent) == words


def test_corrections_are_bounded_and_kept_once() -> None:
    assert kept(["a1", "b1"], ["B1"]) == ["B1", "a1"]
    assert len(kept([f"w{n}" for n in range(80)], ["new"])) == MOST_WORDS


def test_names_are_capitalised_inside_sentences_and_rare() -> None:
    texts = ["The landlord is Maria Lindqvist, and the Aurora stands there.", "When Maria came, the river and Rivers",
             "It was not the Garden, a garden, in NATO of Ulm."]  # fmt: skip
    counts = {"maria": 2, "lindqvist": 1, "aurora": 90}
    assert chosen(texts, lambda stems: ({stem: counts.get(stem, 1) for stem in stems}, 100), 8) == [
        "Maria", "Lindqvist", "Rivers",
    ]  # fmt: skip
    assert chosen([], lambda stems: ({}, 0), 8) == []


async def test_the_first_sound_is_kept_though_the_answer_was_whole_before(store: Conversations) -> None:
    talk = Talk(partials=("How high is the tower",))
    talk.go.set()
    assistant = Assistant(talk, FakeLibrary(), store, Settings())
    answered = (await _asked(assistant, Question(audio=_sound())))[-1]
    assert isinstance(answered, Answered) and answered.trace is not None and answered.trace.sound_ms is None
    assert assistant.sounded("another") is None
    trace = assistant.sounded(answered.conversation)
    assert trace is not None and trace.sound_ms is not None and trace.token_ms == answered.trace.token_ms
    assert store.messages(answered.conversation)[1].trace == trace
    await _asked(assistant, Question("How high is the tower?"))
    assert assistant.sounded(answered.conversation) is None
