"""Failover between nodes in front of model servers, which tell text but no token ids: nothing is lost or doubled."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Collection
from dataclasses import replace

import pytest

from app.cluster.client import Attempt, NodeEvent
from app.cluster.routing import Choice, rank
from app.cluster.session import Answerer, Session
from app.cluster.shown import Shown
from app.errors import NodeLost
from app.events import Generated, Moved, NodeInfo, Prefilling, TokenReceived, Usage
from app.thinking import ChatMessage, ChatRequest, GenerationEvent
from tests.fakes_nodes import OTHER_SHA, SHA, FakeAnswerer, Plan, Script, node_info

REQUEST = ChatRequest((ChatMessage("user", "Count."),), "r1", max_tokens=0)
WORDS = tuple(f"{number} ".encode() for number in range(12))
COUNT = Script(WORDS)


class TextualAnswerer:
    """A node in front of a server: it goes on after a text, and must never be asked to go on after ids."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name = name
        self.plan = plan

    async def generate(self, attempt: Attempt) -> AsyncGenerator[NodeEvent, None]:
        plan = self.plan
        plan.attempts.append(attempt)
        assert not attempt.resume
        assert plan.script.text.startswith(attempt.resume_text)
        yield Prefilling(1, 1)
        rest = plan.script.text[len(attempt.resume_text) :]
        pieces = [word for word in rest.replace(" ", " \0").split("\0") if word]
        for sent, piece in enumerate(pieces):
            if plan.die_after == sent:
                raise NodeLost(f"{self.name} was killed.")
            yield TokenReceived(piece, self.name, ())
        if plan.die_after is not None and plan.die_after >= len(pieces):
            raise NodeLost(f"{self.name} was killed before its last word.")
        yield Generated("stop", Usage(10, 0, len(pieces)), 0.0, 1.0, "fake", self.name)


def session(plans: dict[str, Plan], *, numbered: Collection[str] = (), request: ChatRequest = REQUEST) -> Session:
    infos = {name: node_info(name, sha256=plan.sha256, trustworthy=plan.trustworthy) for name, plan in plans.items()}
    infos = {name: replace(info, decode_rate=100.0 / 2**n) for n, (name, info) in enumerate(infos.items())}

    def ranked(request: ChatRequest, avoid: Collection[str]) -> list[Choice]:
        return rank(list(infos.values()), request, avoid=avoid)

    async def open(node: NodeInfo) -> tuple[Answerer, NodeInfo]:
        kind = FakeAnswerer if node.name in numbered else TextualAnswerer
        return kind(node.name, plans[node.name]), node

    return Session(request, ranked, open, lambda id: 0.0)


async def seen(session: Session) -> list[GenerationEvent]:
    return [event async for event in session.events()]


def text(events: list[GenerationEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TokenReceived))


@pytest.mark.parametrize("die_after", [1, 5, 11, 12])
async def test_the_same_weights_go_on_by_text(die_after: int) -> None:
    second = Plan(COUNT)
    events = await seen(session({"rig": Plan(COUNT, die_after=die_after), "rig2": second}))
    assert text(events) == COUNT.text
    assert second.attempts[0].resume_text == "".join(word.decode() for word in WORDS[:die_after])
    assert [move.exact for move in events if isinstance(move, Moved)] == [False]
    assert isinstance(events[-1], Generated)


async def test_a_lost_textual_answer_is_not_taken_for_a_whole_one() -> None:
    """Text without ids was once only the end of an answer; here it says nothing of the end."""
    with pytest.raises(NodeLost):
        await seen(session({"rig": Plan(COUNT, die_after=3)}))


@pytest.mark.parametrize("seed", range(20))
async def test_text_and_ids_in_any_order(seed: int) -> None:
    random_ = random.Random(seed)
    names = ["a", "b", "c", "d"]
    numbered = [name for name in names if random_.random() < 0.5]
    plans = {
        name: Plan(
            COUNT if name not in numbered else Script(tuple(character.encode() for character in COUNT.text)),
            die_after=random_.randint(1, 6),
            sha256=SHA if name in numbered else OTHER_SHA,
        )
        for name in names
    } | {"local": Plan(COUNT, sha256=OTHER_SHA)}
    assert text(await seen(session(plans, numbered=numbered))) == COUNT.text


def test_what_is_known_of_the_end() -> None:
    shown = Shown(limit=10)
    shown.restart(OTHER_SHA)
    shown.take((), "one ")
    assert (shown.over, shown.can_remake(OTHER_SHA)) == ("", False)
    resume = shown.resume(OTHER_SHA, remake=False)
    assert (resume.ids, resume.text, resume.exact) == ((), "one ", False)
    shown.resume(SHA, remake=False)
    shown.take((1,), "two")
    shown.take((), ".")
    assert shown.over == "stop"  # a node with ids has let go what it held back
    shown.resume(OTHER_SHA, remake=False)
    shown.take((), " three")
    assert shown.over == ""
    assert shown.text == "one two. three"
