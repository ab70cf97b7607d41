"""Summaries: parts, notes that the text backs, going on after a break, what was left out, and by the assistant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from app.assistant import Assistant, Question
from app.conversations import Conversations
from app.errors import DocumentError, NodeError
from app.events import Answered, DocumentInfo, Event, Generated, Passage, Progress, TokenReceived, Usage
from app.settings import Settings
from app.summaries import PART_TOKENS, asks, backed, batches, extract, parts, wanted
from app.summarising import Summariser
from app.thinking import ChatRequest, GenerationEvent
from tests.fakes import STARTER, FakeLibrary, FakeThinker

PATH = "/docs/report.pdf"


def _document(count: int, path: str = PATH) -> list[Passage]:
    found, start = [], 0
    for n in range(1, count + 1):
        text = (
            f"Chapter {n} tells of harbour number {n}. " + "The harbour grew because ships came to trade there. " * 40
        )
        found.append(Passage(n, path, n, f"Chapter {n}", start, start + len(text), 0.0, text))
        start += len(text) + 1
    return found


def _info(path: str = PATH, state: str = "indexed", reason: str = "", title: str = "") -> DocumentInfo:
    return DocumentInfo(path, state, 3, 3, "2026-01-01T00:00:00+00:00", "ab" * 32, reason, title=title)


class Noting(FakeThinker):
    """Notes the first sentence of what it gets, and an invention; puts notes together by repeating them."""

    def __init__(self, fail_after: int = 10_000) -> None:
        super().__init__()
        self.fail_after = fail_after

    async def generate(self, request: ChatRequest) -> AsyncIterator[GenerationEvent]:
        self.requests.append(request)
        if len(self.requests) > self.fail_after:
            raise NodeError("The node went away.")
        content = request.messages[1].content
        if request.background:
            first = next(line for line in content.splitlines() if line.startswith("Chapter") and "." in line)
            yield TokenReceived(f"{first.split('. ')[0]}. Napoleon sank every ship in 1804.", "pi")
        else:
            notes = [line.split("<<< ")[1].split(" >>>")[0] for line in content.splitlines()]
            yield TokenReceived(" ".join(notes), "pi")
        yield Generated("stop", Usage(10, 0, 10), 1.0, 2.0, "qwen", "pi")


async def _made(summariser: Summariser, documents: list[DocumentInfo]) -> list[Event]:
    async with asyncio.timeout(10.0):
        return [event async for event in summariser.run(documents)]


async def test_a_summary_cites_the_pages_and_keeps_out_what_the_text_does_not_say(tmp_path: Path) -> None:
    thinker = Noting()
    events = await _made(Summariser(thinker, FakeLibrary(_document(6)), tmp_path), [_info()])
    answered = events[-1]
    assert isinstance(answered, Answered) and answered.grounded
    assert "Napoleon" not in answered.text and "harbour number 6" in answered.text
    assert [citation.page for citation in answered.citations] == [1, 3, 5] or len(answered.citations) >= 3
    assert "Left out" not in answered.text
    assert [request.background for request in thinker.requests].count(True) == len(thinker.requests) - 1
    told = [event for event in events if isinstance(event, Progress)]
    assert told[-1].fraction == 1.0 and told[-1].seconds_left == 0.0
    assert not any((tmp_path / "summaries").rglob("*.txt"))  # what is done leaves nothing of the document behind


async def test_what_was_broken_off_goes_on_where_it_was(tmp_path: Path) -> None:
    library, first = FakeLibrary(_document(8)), Noting(fail_after=3)
    summariser = Summariser(first, library, tmp_path)
    async with asyncio.timeout(10.0), aclosing(summariser.run([_info()])) as events:
        async for event in events:
            if isinstance(event, Progress) and event.fraction:
                break
    kept = len(list((tmp_path / "summaries").rglob("*.txt")))
    assert kept >= 1
    again = Noting()
    await _made(Summariser(again, library, tmp_path), [_info()])
    total = len(parts([_document(8)]))
    assert len([one for one in again.requests if one.background]) == total - kept


async def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    thinker = Noting(fail_after=2)
    thinker.fail_after = 2
    documents = [_info(), _info("/docs/locked.pdf", "failed", "It has a password.")]
    with pytest.raises(NodeError):  # the last request, which puts the notes together, finds no node either
        await _made(Summariser(thinker, FakeLibrary(_document(8)), tmp_path), documents)
    events = await _made(Summariser(Noting(), FakeLibrary(_document(2)), tmp_path), documents)
    answered = events[-1]
    assert isinstance(answered, Answered)
    assert answered.text.endswith("Left out: locked.pdf (It has a password.).")


async def test_no_node_at_all_is_an_error_and_nothing_to_read_another(tmp_path: Path) -> None:
    with pytest.raises(NodeError):
        await _made(Summariser(Noting(fail_after=0), FakeLibrary(_document(3)), tmp_path), [_info()])
    with pytest.raises(DocumentError):
        await _made(Summariser(Noting(), FakeLibrary([]), tmp_path), [_info()])


async def test_a_model_that_invents_is_not_asked(tmp_path: Path) -> None:
    thinker = FakeThinker(model=STARTER)
    events = await _made(Summariser(thinker, FakeLibrary(_document(3)), tmp_path), [_info()])
    answered = events[-1]
    assert isinstance(answered, Answered) and answered.grounded and thinker.requests == []
    assert all(sentence.supported for sentence in answered.sentences)


def test_parts_hold_every_passage_once_and_documents_stay_apart() -> None:
    one, other = _document(7), _document(5, "/docs/other.pdf")
    found = parts([one, other])
    assert [passage.page for part in found for passage in part.passages] == [*range(1, 8), *range(1, 6)]
    assert all(len({passage.path for passage in part.passages}) == 1 for part in found)
    assert [part.n for part in found] == list(range(1, len(found) + 1))
    assert len({part.key for part in found}) == len({part.text for part in found})
    overlapping = [
        replace(one[0], text="alpha beta", start=0, end=10),
        replace(one[1], text="beta gamma", start=6, end=16),
    ]
    assert parts([overlapping], PART_TOKENS)[0].text.count("beta") == 1


def test_notes_are_backed_or_taken_from_the_text() -> None:
    part = parts([_document(1)])[0]
    assert (
        backed("Chapter 1 tells of harbour number 1. Mars has two moons.", part)
        == "Chapter 1 tells of harbour number 1."
    )
    assert backed("Mars has two moons.", part) == extract(part.text)
    title = "Does the order of the parts matter for boats? "
    text = title + "The order of the parts matters for boats. " + title + "A keel is laid before the ribs are bent."
    assert extract(text, 2) == "The order of the parts matters for boats. A keel is laid before the ribs are bent."
    assert extract("") == "" and batches([]) == []


def test_what_is_meant_by_a_request() -> None:
    documents = [_info(), _info("/docs/tax/2023.xlsx"), _info("/docs/tax/2024.xlsx", title="Tax return 2024")]
    assert asks("Summarise report.pdf") and not asks("Who wrote the summary of the report?")

    def named(question: str, *given: Path) -> list[str] | None:
        found = wanted(question, documents, given)
        return None if found is None else [one.path for one in found]

    assert named("Summarize the file “Report.pdf”.") == [PATH]
    assert named("please sum up report") == [PATH]
    assert named("summarise Tax Return 2024") == ["/docs/tax/2024.xlsx"]
    assert named("Summarise the folder tax") == ["/docs/tax/2023.xlsx", "/docs/tax/2024.xlsx"]
    assert named("summarise this", Path("/docs/tax")) == ["/docs/tax/2023.xlsx", "/docs/tax/2024.xlsx"]
    assert named("summarise the causes of the war") is None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    conversations = Conversations(tmp_path / "conversations.sqlite3")
    yield conversations
    conversations.close()


async def test_the_assistant_summarises_when_asked(store: Conversations, tmp_path: Path) -> None:
    library = FakeLibrary(_document(4))
    assistant = Assistant(Noting(), library, store, Settings(), home=tmp_path)
    events = [event async for event in assistant.ask(Question("Summarise report.pdf"))]
    answered = events[-1]
    assert isinstance(answered, Answered) and "harbour number 4" in answered.text and library.queries == []
    message = store.messages(answered.conversation)[1]
    assert (message.state, message.text) == ("complete", answered.text)
    assert message.sentences == answered.sentences


async def test_a_whole_document_stays_here_unless_the_settings_let_it_go(tmp_path: Path) -> None:
    for spread, node in ((False, "local"), (True, "")):
        thinker = Noting()
        await _made(Summariser(thinker, FakeLibrary(_document(4)), tmp_path, spread=spread), [_info()])
        assert {request.node for request in thinker.requests} == {node}
