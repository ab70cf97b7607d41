"""The assistant: the order of events, what is stored, and honest ends in every way an answer can end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from app import grounding
from app.assistant import Assistant, Question
from app.conversations import Conversations, StoredMessage
from app.errors import NodeLost, StoreError, TangnetError, UsageError, VoiceError
from app.events import (
    Answered,
    EngineInfo,
    Event,
    FileIndexed,
    Moved,
    NodeInfo,
    Progress,
    Retrieved,
    TokenReceived,
    Warned,
)
from app.messages import StoredMove
from app.settings import Settings
from tests.fakes import STARTER, STRONG, FakeLibrary, FakeThinker, passage

DEADLINE = 5.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    conversations = Conversations(tmp_path / "conversations.sqlite3")
    yield conversations
    conversations.close()


class Bench:
    """An assistant over fakes."""

    def __init__(self, store: Conversations, thinker: FakeThinker, library: FakeLibrary) -> None:
        self.store = store
        self.assistant = Assistant(thinker, library, store, Settings())
        self.events: list[Event] = []

    async def ask(self, question: Question) -> Answered:
        async with asyncio.timeout(DEADLINE):
            async for event in self.assistant.ask(question):
                self.events.append(event)
        answered = self.events[-1]
        assert isinstance(answered, Answered)
        return answered

    @property
    def shown(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TokenReceived))

    @property
    def names(self) -> list[str]:
        return [event.event for event in self.events]

    def stored(self) -> list[StoredMessage]:
        return self.store.messages(self.store.list()[0].id)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not holds():  # noqa: ASYNC110 (what is waited for has no event)
                await asyncio.sleep(0.005)


async def _sound() -> AsyncIterator[bytes]:
    yield b"\0\0" * 16_000


async def test_typed_question_over_the_library(store: Conversations) -> None:
    thinker, library = FakeThinker(), FakeLibrary()
    bench = Bench(store, thinker, library)
    answered = await bench.ask(Question("How high is the tower?"))
    assert bench.names == ["retrieved", "node", "prefill", "token", "token", "answered"]
    assert answered.text == bench.shown == "It is 330 metres high [1]."
    assert [(c.n, c.path, c.page) for c in answered.citations] == [(1, "/docs/tower.pdf", 2)]
    assert answered.grounded and answered.node == "local"
    assert answered.timings.retrieve_ms is not None and answered.timings.transcribe_ms is None
    assert answered.timings.first_token_ms is not None and answered.timings.total_ms is not None
    assert answered.timings.first_token_ms <= answered.timings.total_ms
    question, answer = bench.stored()
    assert question.text == "How high is the tower?"
    assert (answer.state, answer.text, answer.citations) == ("complete", answered.text, answered.citations)
    assert answer.passages == library.passages
    assert answered.conversation == question.conversation
    assert thinker.open == 0


async def test_spoken_question_over_given_documents(store: Conversations) -> None:
    thinker, library = FakeThinker(), FakeLibrary()
    bench = Bench(store, thinker, library)
    docs = (Path("/docs"),)
    answered = await bench.ask(Question(audio=_sound(), docs=docs))
    assert bench.names[:4] == ["hearing", "transcribed", "progress", "retrieved"]
    assert library.added == list(docs) and library.withins == [docs]
    assert library.queries == ["How high is the tower?"]
    assert answered.timings.transcribe_ms is not None
    assert thinker.warmed == [("transcribe", "chat", "embed")]


async def test_nothing_relevant_asks_no_model(store: Conversations) -> None:
    thinker = FakeThinker()
    bench = Bench(store, thinker, FakeLibrary([passage(similarity=0.05, overlap=0.1)]))
    answered = await bench.ask(Question("Who is king?"))
    assert thinker.requests == []
    assert answered.text == bench.shown == grounding.NOT_FOUND
    assert not answered.grounded and answered.citations == ()
    assert next(event for event in bench.events if isinstance(event, Retrieved)).passages == ()
    assert bench.stored()[1].state == "complete"


async def test_a_library_that_is_half_indexed_is_told(store: Conversations) -> None:
    bench = Bench(store, FakeThinker(), FakeLibrary(waiting=(3, 40)))
    await bench.ask(Question("How high is the tower?"))
    (warned,) = [event for event in bench.events if isinstance(event, Warned)]
    assert warned.code == "still_indexing" and warned.message.startswith("3 of 40 files are not indexed yet")


@pytest.mark.parametrize("question", [Question("Hello", use_documents=False), Question("Hello")])
async def test_without_documents(store: Conversations, question: Question) -> None:
    thinker = FakeThinker(script=["Hello [1]!"])
    bench = Bench(store, thinker, FakeLibrary(present=False))
    answered = await bench.ask(question)
    assert "retrieved" not in bench.names
    assert not answered.grounded and answered.citations == () and answered.text == "Hello [1]!"
    assert "Passages" not in thinker.requests[0].messages[-1].content


async def test_a_weak_model_lets_the_document_speak_first(store: Conversations) -> None:
    found = passage(text="The tower is 330 metres high. It was finished in 1889.")
    script = ["It is ", "330 metres high. The tower was fin", "ished in 1889. It cost 7 million", " francs. So"]
    bench = Bench(store, FakeThinker(script=script, model=STARTER), FakeLibrary([found]))
    answered = await bench.ask(Question("How high is the tower?"))
    warning = next(event for event in bench.events if isinstance(event, Warned))
    assert warning.code == "weak_model" and "tangnet models add qwen2.5-coder-1.5b" in warning.hint
    assert answered.text == bench.shown
    quote, words = answered.text.split("\n\n")
    assert quote == "“The tower is 330 metres high.” [1]"
    assert words.strip() == "In the model's own words: The tower was finished in 1889. [1]"
    assert answered.grounded and [c.n for c in answered.citations] == [1]


async def test_a_weak_models_own_inventions_are_withheld(store: Conversations) -> None:
    bench = Bench(store, FakeThinker(script=["Napoleon built it during winter."], model=STARTER), FakeLibrary())
    answered = await bench.ask(Question("How high is the tower?"))
    assert answered.text == bench.shown == "“The tower is 330 metres high.” [1]"
    assert answered.grounded and answered.node == "local"
    assert [event.code for event in bench.events if isinstance(event, Warned)] == ["weak_model"]


async def test_missing_markers_are_shown_and_stored(store: Conversations) -> None:
    bench = Bench(store, FakeThinker(script=["It is 330 metres high."]), FakeLibrary())
    answered = await bench.ask(Question("How high is the tower?"))
    assert answered.text == bench.shown == "It is 330 metres high. [1]"
    assert answered.grounded and bench.stored()[1].text == answered.text


async def test_markers_that_point_at_nothing_are_left_out(store: Conversations) -> None:
    bench = Bench(store, FakeThinker(script=["It is 330 ", "metres high [", "9].", " So [1"]), FakeLibrary())
    answered = await bench.ask(Question("How high is the tower?"))
    assert answered.text == bench.shown == "It is 330 metres high [1]. So [1"


async def test_a_model_that_does_not_know_is_not_grounded(store: Conversations) -> None:
    bench = Bench(store, FakeThinker(script=["I could not find this in your documents."]), FakeLibrary())
    answered = await bench.ask(Question("How high is the tower?"))
    assert not answered.grounded and answered.citations == ()
    assert answered.text == "I could not find this in your documents."


async def test_a_loop_is_stopped_and_said(store: Conversations) -> None:
    thinker = FakeThinker(script=["The tower is 330 metres high. "] * 200)
    bench = Bench(store, thinker, FakeLibrary())
    answered = await bench.ask(Question("How high is the tower?"))
    assert answered.text == bench.shown and answered.text.count("330") <= 4
    assert "repetition" in [event.code for event in bench.events if isinstance(event, Warned)]
    assert thinker.open == 0 and answered.node == "local"


async def test_a_moved_answer_goes_on(store: Conversations) -> None:
    script: list[str | Moved] = ["It is ", Moved("local", "pi-4", "lost", 20.0), "330 metres high [1]."]
    bench = Bench(store, FakeThinker(script=script), FakeLibrary())
    answered = await bench.ask(Question("How high is the tower?"))
    assert answered.text == bench.shown == "It is 330 metres high [1]." and answered.node == "pi-4"
    assert "moved" in bench.names
    (stored,) = [message for message in store.messages(answered.conversation) if message.role == "assistant"]
    assert stored.moves == (StoredMove("local", "pi-4", "lost", 20.0, True, len("It is ")),)
    assert stored.reason


async def test_a_failure_in_mid_answer_keeps_what_was_shown(store: Conversations) -> None:
    bench = Bench(store, FakeThinker(script=["It is ", NodeLost("The node went away.", hint="Wait.")]), FakeLibrary())
    with pytest.raises(NodeLost):
        await bench.ask(Question("How high is the tower?"))
    answer = bench.stored()[1]
    assert (answer.state, answer.text) == ("failed", "It is ")
    assert (answer.error_code, answer.error, answer.hint) == ("node_lost", "The node went away.", "Wait.")


async def test_a_bug_is_stored_as_a_failure(store: Conversations) -> None:
    class Broken(FakeThinker):
        def nodes(self) -> tuple[NodeInfo, ...]:
            if self.warmed:
                raise RuntimeError("a bug")
            return super().nodes()

    bench = Bench(store, Broken(), FakeLibrary())
    with pytest.raises(RuntimeError):
        await bench.ask(Question("How high is the tower?"))
    assert bench.stored()[1].state == "failed"


async def test_a_failing_search_is_told(store: Conversations) -> None:
    bench = Bench(store, FakeThinker(), FakeLibrary(error=StoreError("The index is damaged.", code="index")))
    with pytest.raises(StoreError):
        await bench.ask(Question("How high is the tower?"))
    assert bench.stored()[1].error_code == "index"


async def test_closing_the_stream_stops_the_answer(store: Conversations) -> None:
    thinker = FakeThinker(script=["It is ", "330 ", asyncio.Event(), "never"])
    bench = Bench(store, thinker, FakeLibrary())
    async with asyncio.timeout(DEADLINE), aclosing(bench.assistant.ask(Question("How high is it?"))) as events:
        async for event in events:
            bench.events.append(event)
            if isinstance(event, TokenReceived) and event.text == "330 ":
                break
    assert thinker.open == 0
    assert (bench.stored()[1].state, bench.stored()[1].text) == ("stopped", "It is 330 ")


async def test_cancelling_the_reader_stops_the_answer(store: Conversations) -> None:
    thinker = FakeThinker(script=["It is ", asyncio.Event(), "never"])
    bench = Bench(store, thinker, FakeLibrary())
    task = asyncio.create_task(bench.ask(Question("How high is it?")))
    await bench.until(lambda: bench.shown == "It is ")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert thinker.open == 0
    assert (bench.stored()[1].state, bench.stored()[1].text) == ("stopped", "It is ")


async def test_closing_the_assistant_ends_its_answers(store: Conversations) -> None:
    thinker = FakeThinker(script=["It is ", asyncio.Event()])
    bench = Bench(store, thinker, FakeLibrary())
    task = asyncio.create_task(bench.ask(Question("How high is it?")))
    await bench.until(lambda: bench.shown == "It is ")
    await bench.assistant.close()
    with pytest.raises(AssertionError):
        await task
    assert bench.stored()[1].state == "stopped"


async def test_text_reaches_the_disk_while_the_model_thinks(store: Conversations) -> None:
    go_on = asyncio.Event()
    bench = Bench(store, FakeThinker(script=["It is ", go_on, "330 metres high [1]."]), FakeLibrary())
    task = asyncio.create_task(bench.ask(Question("How high is the tower?")))
    await bench.until(lambda: bench.shown == "It is ")
    shown_at = asyncio.get_running_loop().time()
    await bench.until(lambda: bench.stored()[1].text == "It is ")
    assert asyncio.get_running_loop().time() - shown_at < 0.25 + 0.2  # the promise, and room for a busy machine
    assert bench.stored()[1].state == "writing"
    go_on.set()
    await task


async def test_a_second_question_knows_the_first(store: Conversations) -> None:
    thinker, library = FakeThinker(), FakeLibrary()
    first = await Bench(store, thinker, library).ask(Question("How high is the tower?"))
    second = await Bench(store, thinker, library).ask(Question("And how old is it?", conversation=first.conversation))
    assert second.conversation == first.conversation
    assert library.queries[1] == "And how old is the tower?"
    assert [message.role for message in thinker.requests[1].messages] == ["system", "user", "assistant", "user"]
    assert thinker.requests[1].messages[1].content == "How high is the tower?"
    assert len(store.messages(first.conversation)) == 4


@pytest.mark.parametrize(
    ("question", "error", "code"),
    [
        (Question("  "), UsageError, "no_question"),
        (Question("Hi", conversation="nowhere"), UsageError, "conversation_missing"),
    ],
)
async def test_wrong_questions(store: Conversations, question: Question, error: type[TangnetError], code: str) -> None:
    with pytest.raises(error) as caught:
        await Bench(store, FakeThinker(), FakeLibrary()).ask(question)
    assert caught.value.code == code
    assert store.list() == []


@pytest.mark.parametrize("heard", [("", ""), (" ",), (VoiceError("No sound."),)])
async def test_silence_is_an_error_and_no_conversation(
    store: Conversations, heard: tuple[str | TangnetError, ...]
) -> None:
    with pytest.raises(VoiceError):
        await Bench(store, FakeThinker(heard=heard), FakeLibrary()).ask(Question(audio=_sound()))
    assert store.list() == []


async def test_loading_is_told_and_a_bad_file_is_named(store: Conversations) -> None:
    thinker = FakeThinker(loading=[(EngineInfo("chat", "loading", "smollm2", 0.5),), (EngineInfo("chat", "ready"),)])
    library = FakeLibrary(files=[FileIndexed("/docs/bad.pdf", "failed", reason="It has a password.")])
    bench = Bench(store, thinker, library)
    await bench.ask(Question("How high is the tower?", docs=(Path("/docs"),)))
    assert Progress("Loading the chat model (smollm2)", 0.5) in bench.events
    warned = [event for event in bench.events if isinstance(event, Warned)]
    assert warned == [Warned("document_failed", "/docs/bad.pdf is left out. It has a password.")]


async def test_a_paired_node_spares_this_machine_the_chat_model(store: Conversations) -> None:
    pi = NodeInfo("pi-4", "ab", "10.0.0.4:7443", "", True, "ready")
    thinker = FakeThinker(others=(pi,))
    await Bench(store, thinker, FakeLibrary()).ask(Question("How high is the tower?"))
    await Bench(store, thinker, FakeLibrary()).ask(Question("How high is the tower?", node="local"))
    assert thinker.warmed == [("chat",)]


async def test_answers_at_the_same_time_do_not_mix(store: Conversations) -> None:
    benches = [Bench(store, FakeThinker(script=[f"It is {n} ", "metres."]), FakeLibrary()) for n in range(5)]
    answers = await asyncio.gather(*(bench.ask(Question("How high?", use_documents=False)) for bench in benches))
    assert [answer.text for answer in answers] == [f"It is {n} metres." for n in range(5)]
    assert {store.messages(answer.conversation)[1].text for answer in answers} == {answer.text for answer in answers}


async def test_where_a_conversation_is_answered_is_kept_for_its_next_questions(store: Conversations) -> None:
    thinker = FakeThinker()
    bench = Bench(store, thinker, FakeLibrary())
    first = await bench.ask(Question("How high?", prefer="cluster", use_documents=False))
    await bench.ask(Question("And how wide?", conversation=first.conversation, use_documents=False))
    assert [(one.prefer, one.node) for one in thinker.requests] == [("cluster", ""), ("cluster", "")]
    await bench.ask(Question("Private?", conversation=first.conversation, prefer="only-local", use_documents=False))
    await bench.ask(Question("Still?", conversation=first.conversation, use_documents=False))
    assert [(one.prefer, one.node) for one in thinker.requests[2:]] == [("", "local"), ("", "local")]
    assert store.get(first.conversation).prefer == "only-local"
    with pytest.raises(UsageError, match="on this machine only"):
        await bench.ask(Question("Elsewhere?", conversation=first.conversation, node="pi-3", use_documents=False))
    assert len(thinker.requests) == 4
    await bench.ask(Question(audio=_sound(), conversation=first.conversation, use_documents=False))
    assert thinker.heard_here == [True], "a question that is spoken stays here as well"
    await bench.ask(Question(audio=_sound(), use_documents=False))
    assert thinker.heard_here == [True, False]
    await bench.ask(Question("There?", conversation=first.conversation, prefer="node:pi", use_documents=False))
    assert (thinker.requests[-1].node, thinker.requests[-1].prefer) == ("pi", "")
    other = await bench.ask(Question("Elsewhere?", use_documents=False))
    assert store.get(other.conversation).prefer == "" and thinker.requests[-1].node == ""


async def test_where_there_is_room_the_section_around_the_best_passage_is_read_and_may_be_cited(
    store: Conversations,
) -> None:
    thinker = FakeThinker(script=["It was painted red in 1925."])
    quick = replace(STRONG, prefill_rate=2000.0)
    thinker.model = quick
    bench = Bench(store, thinker, FakeLibrary())
    answered = await bench.ask(Question("When was the tower painted?"))
    assert "painted red" in thinker.requests[0].messages[1].content
    assert answered.grounded and [one.n for one in answered.citations] == [1]
    slow = FakeThinker(model=replace(STRONG, prefill_rate=20.0))
    await Bench(store, slow, FakeLibrary()).ask(Question("When was the tower painted?"))
    assert "painted red" not in slow.requests[0].messages[1].content
