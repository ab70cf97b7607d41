"""The assistant under zone rules: what goes along with a request, and what the reason says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assistant import Assistant, Question
from app.conversations import Conversations
from app.events import Answered, Event, Moved, NodeChosen
from app.settings import Settings
from tests.fakes import FakeLibrary, FakeThinker, passage


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    conversations = Conversations(tmp_path / "conversations.sqlite3")
    yield conversations
    conversations.close()


async def asked(assistant: Assistant, question: Question) -> tuple[list[Event], str]:
    async with asyncio.timeout(5.0):
        events = [event async for event in assistant.ask(question)]
    assert isinstance(events[-1], Answered)
    return events, events[-1].conversation


async def test_passages_of_a_ruled_folder_bind_the_request_and_the_reason_says_so(store: Conversations) -> None:
    settings = Settings(rules_folders=["/docs/medical = house"])
    thinker, found = FakeThinker(), [passage(path="/docs/medical/tower.pdf")]
    thinker.script = ("It is 330 ", Moved("local", "attic", "lost", 1.0), "metres high [1].")
    events, _ = await asked(Assistant(thinker, FakeLibrary(found), store, settings), Question("How high is the tower?"))
    assert thinker.requests[0].zones == ("local", "house")
    said = "Documents of /docs/medical go only to house and this machine."
    reasons = [event.reason for event in events if isinstance(event, NodeChosen | Moved)]
    assert reasons == [f"the only node there is {said}", f"lost {said}"]


async def test_no_rule_no_bounds(store: Conversations) -> None:
    settings = Settings(rules_folders=["/docs/medical = house"])
    thinker = FakeThinker()
    events, _ = await asked(Assistant(thinker, FakeLibrary(), store, settings), Question("How high is the tower?"))
    assert thinker.requests[0].zones == ()
    assert [event.reason for event in events if isinstance(event, NodeChosen)] == ["the only node there is"]


async def test_two_rules_with_nothing_in_common_leave_this_machine(store: Conversations) -> None:
    settings = Settings(rules_folders=["/docs/medical = house", "/docs/law = office"])
    found = [
        passage(1, path="/docs/medical/tower.pdf"),
        passage(2, "The tower has 1,665 steps, all of them high.", path="/docs/law/tower.pdf"),
    ]
    thinker = FakeThinker()
    await asked(Assistant(thinker, FakeLibrary(found), store, settings), Question("How high is the tower?"))
    assert thinker.requests[0].zones == ("local",)


async def test_a_conversation_stays_where_its_documents_must(store: Conversations) -> None:
    """The answer that was made of them is in the next prompt, whatever that is about."""
    settings = Settings(rules_folders=["/docs/medical = local"])
    thinker, found = FakeThinker(), [passage(path="/docs/medical/tower.pdf")]
    assistant = Assistant(thinker, FakeLibrary(found), store, settings)
    _, conversation = await asked(assistant, Question("How high is the tower?"))
    assistant = Assistant(thinker, FakeLibrary(), store, settings)
    await asked(assistant, Question("How high is the tower?", conversation=conversation))
    events, _ = await asked(assistant, Question("Say it louder.", conversation=conversation, use_documents=False))
    await asked(assistant, Question("Say it louder.", use_documents=False))
    assert [request.zones for request in thinker.requests] == [("local",)] * 3 + [()]
    (chosen,) = [event for event in events if isinstance(event, NodeChosen)]
    assert chosen.reason.endswith("Documents of /docs/medical stay on this machine.")
