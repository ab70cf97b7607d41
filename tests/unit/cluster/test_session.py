"""Failover: whatever is lost and when, the reader sees the whole answer, no token twice and none missing."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace

import pytest

from app.cluster.guarding import stall_after
from app.cluster.routing import Choice, rank
from app.cluster.session import Answerer, Session
from app.cluster.shown import Shown
from app.errors import NodeBusy, NodeError, NodeLost
from app.events import Generated, Moved, NodeChosen, NodeInfo, TokenReceived
from app.thinking import ChatMessage, ChatRequest, GenerationEvent
from nodeworker.protocol import Code
from tests.fakes_nodes import OTHER_SHA, SHA, FakeAnswerer, Plan, Script, node_info

REQUEST = ChatRequest((ChatMessage("user", "Count."),), "r1", max_tokens=0)
COUNT = Script(tuple(f"{number} ".encode() for number in range(12)))


def session(plans: dict[str, Plan], request: ChatRequest = REQUEST, *, heartbeat: float = 0.0) -> Session:
    infos = {name: node_info(name, sha256=plan.sha256, trustworthy=plan.trustworthy) for name, plan in plans.items()}
    # Rates decide the order: as the plans are given.
    infos = {name: replace(info, decode_rate=100.0 / 2**n) for n, (name, info) in enumerate(infos.items())}

    def ranked(request: ChatRequest, avoid: Collection[str]) -> list[Choice]:
        return rank(list(infos.values()), request, avoid=avoid)

    async def open(node: NodeInfo) -> tuple[Answerer, NodeInfo]:
        return FakeAnswerer(node.name, plans[node.name]), node

    return Session(request, ranked, open, lambda id: heartbeat)


async def seen(session: Session) -> list[GenerationEvent]:
    return [event async for event in session.events()]


def text(events: list[GenerationEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TokenReceived))


def ids(events: list[GenerationEvent]) -> list[int]:
    return [id for event in events if isinstance(event, TokenReceived) for id in event.ids]


def moves(events: list[GenerationEvent]) -> list[Moved]:
    return [event for event in events if isinstance(event, Moved)]


def last(events: list[GenerationEvent]) -> Generated:
    assert isinstance(events[-1], Generated)
    return events[-1]


async def test_one_node() -> None:
    plan = Plan(COUNT)
    events = await seen(session({"pi": plan}))
    assert isinstance(events[0], NodeChosen)
    assert (events[0].name, text(events), last(events).reason) == ("pi", COUNT.text, "stop")
    assert plan.attempts[0].request_id == "r1"
    assert plan.attempts[0].model == SHA


async def test_goes_on_after_the_last_token() -> None:
    second = Plan(COUNT)
    events = await seen(session({"pi": Plan(COUNT, die_after=5), "local": second}))
    assert text(events) == COUNT.text
    (move,) = moves(events)
    assert (move.from_, move.to, move.exact) == ("pi", "local", True)
    assert "killed" in move.reason
    assert move.gap_ms >= 0
    assert second.attempts[0].resume == (0, 1, 2, 3)  # the fifth is made again, and not shown again
    assert second.attempts[0].request_id == "r1-2"
    # Moved comes together with the first text of the new node.
    after = events[events.index(move) + 1]
    assert isinstance(after, TokenReceived)
    assert after.node == "local"
    assert last(events).usage.completion_tokens == len(COUNT.tokens)
    assert last(events).usage.prompt_tokens == 10


async def test_before_the_first_token_the_next_node_simply_takes_over() -> None:
    events = await seen(
        session({"pi": Plan(COUNT, die_after=0), "rig": Plan(COUNT, refuse=Code.BUSY), "local": Plan(COUNT)})
    )
    assert text(events) == COUNT.text
    assert not moves(events)
    chosen = [event.name for event in events if isinstance(event, NodeChosen)]
    assert chosen == ["pi", "rig", "local"]


async def test_another_model_goes_on_with_the_text() -> None:
    script = Script(tuple(character.encode() for character in "Grüße aus dem Süden"))
    other = Plan(script, sha256=OTHER_SHA)
    events = await seen(session({"pi": Plan(script, die_after=6), "rig": other}))
    assert text(events) == script.text
    assert [move.exact for move in moves(events)] == [False]
    assert other.attempts[0].resume == ()
    assert other.attempts[0].resume_text == "Grüße "
    assert last(events).usage.completion_tokens == len(script.tokens)


async def test_after_another_model_took_part_ids_are_never_used_again() -> None:
    script = Script(tuple(character.encode() for character in "abcdefghij"))
    third = Plan(script)
    plans = {
        "a": Plan(script, die_after=3),
        "b": Plan(script, sha256=OTHER_SHA, die_after=2),
        "c": third,
    }
    # The first wish after a loss is the same weights: c before b. So c is made to fail once first.
    third.die_after = 1
    events = await _collect_until_error(session(plans))
    assert script.text.startswith(text(events))
    assert all(not (attempt.resume and attempt.resume_text) for attempt in third.attempts)


async def _collect_until_error(one: Session) -> list[GenerationEvent]:
    events: list[GenerationEvent] = []
    try:
        async for event in one.events():
            events.append(event)
    except NodeError:
        return events
    return events


@pytest.mark.parametrize("seed", range(60))
async def test_random_cuts_lose_and_double_nothing(seed: int) -> None:
    """Cuts anywhere: within a character, within a would-be stop string, before the last word."""
    random_ = random.Random(seed)
    whole = random_.choice(
        ["Füße – 東京 🎉🎈 and more text", "a<en<e<end", "ääää<e", "one\n\ntwo\n\nthree<<e<end> lost"]
    )
    data = whole.encode()
    tokens, at = [], 0
    while at < len(data):
        size = random_.randint(1, 4)
        tokens.append(data[at : at + size])
        at += size
    stop = random_.choice(["", "<end"])
    limit = random_.choice([0, len(tokens), max(len(tokens) // 2, 1)])
    script = Script(tuple(tokens), stop)
    request = replace(REQUEST, max_tokens=limit, stop=(stop,) if stop else ())
    expected = await seen(session({"one": Plan(script)}, request))
    names = ["a", "b", "c", "d"]
    plans = {name: Plan(script, die_after=random_.randint(0, len(tokens))) for name in names} | {"local": Plan(script)}
    events = await seen(session(plans, request))
    assert text(events) == text(expected)
    assert last(events).reason == last(expected).reason
    assert last(events).usage == last(expected).usage
    shown = ids(events)
    assert shown == sorted(set(shown))
    assert all(event.text for event in events if isinstance(event, TokenReceived))


async def test_stall_after_the_first_token() -> None:
    events = await seen(session({"pi": Plan(COUNT, stall_after=3), "local": Plan(COUNT)}))
    assert text(events) == COUNT.text
    (move,) = moves(events)
    assert 1000 <= move.gap_ms < 1500


async def test_lost_after_the_last_token_but_before_the_last_word() -> None:
    request = replace(REQUEST, max_tokens=3)
    again = Plan(COUNT)
    events = await seen(session({"pi": Plan(COUNT, die_after=3), "local": again}, request))
    assert text(events) == "0 1 2 "
    assert last(events).reason == "length"
    assert last(events).usage.completion_tokens == 3


async def test_a_machine_that_makes_the_last_piece_differently_goes_on_after_the_ids() -> None:
    # The same weights, but from the fifth token on this one would say something else.
    other = Plan(Script((*COUNT.tokens[:4], *(b"x%d " % number for number in range(8)))))
    events = await seen(session({"pi": Plan(COUNT, die_after=5), "local": other}))
    assert text(events) == "0 1 2 3 4 " + "".join(f"x{number} " for number in range(1, 8))
    assert [len(attempt.resume) for attempt in other.attempts] == [4, 5]
    assert len(moves(events)) == 1
    assert ids(events) == list(range(12))
    # At the limit there is nothing left to make.
    events = await seen(session({"pi": Plan(COUNT, die_after=5), "local": other}, replace(REQUEST, max_tokens=5)))
    assert (text(events), last(events).reason, last(events).usage.completion_tokens) == ("0 1 2 3 4 ", "length", 5)


async def test_everything_fails_after_text() -> None:
    one = session({"pi": Plan(COUNT, die_after=2), "rig": Plan(COUNT, die_after=2)})
    events: list[GenerationEvent] = []
    with pytest.raises(NodeLost) as caught:
        async for event in one.events():
            events.append(event)
    assert COUNT.text.startswith(text(events))
    assert text(events)
    assert caught.value.hint


async def test_moves_are_limited() -> None:
    plans = {f"n{number}": Plan(COUNT, die_after=1) for number in range(9)}
    one = session(plans)
    with pytest.raises(NodeLost):
        await seen(one)
    assert sum(len(plan.attempts) for plan in plans.values()) <= 7


async def test_a_request_that_no_node_can_do_is_not_tried_elsewhere() -> None:
    second = Plan(COUNT)
    with pytest.raises(NodeError) as caught:
        await seen(session({"pi": Plan(COUNT, refuse=Code.CONTEXT_OVERFLOW), "local": second}))
    assert caught.value.code == "context_overflow"
    assert not second.attempts


async def test_all_busy_says_so() -> None:
    with pytest.raises(NodeBusy):
        await seen(session({"pi": Plan(COUNT, refuse=Code.BUSY), "local": Plan(COUNT, refuse=Code.BUSY)}))


async def test_named_node_is_not_replaced_before_text_but_is_after() -> None:
    named = replace(REQUEST, node="pi")
    with pytest.raises(NodeError):
        await seen(session({"pi": Plan(COUNT, die_after=0), "local": Plan(COUNT)}, named))
    events = await seen(session({"pi": Plan(COUNT, die_after=4), "local": Plan(COUNT)}, named))
    assert text(events) == COUNT.text
    assert moves(events)[0].to == "local"


async def test_local_by_name_never_leaves_this_machine() -> None:
    remote = Plan(COUNT)
    with pytest.raises(NodeLost):
        await seen(session({"local": Plan(COUNT, die_after=2), "pi": remote}, replace(REQUEST, node="local")))
    assert not remote.attempts


async def test_closing_early_closes_the_call() -> None:
    plan = Plan(COUNT, interval=0.01)
    events = session({"pi": plan}).events()
    async for event in events:
        if isinstance(event, TokenReceived):
            break
    await events.aclose()


def test_stall_follows_the_slowest() -> None:
    assert stall_after([]) == 1.0
    assert stall_after([0.02] * 50) == 1.0
    assert stall_after([0.4] * 50) == 2.0
    assert stall_after([0.02] * 50 + [0.6]) == 3.0
    assert stall_after([0.02] * 50, local=True) == stall_after([], local=True) == 10.0


def test_resume_before_anything_was_seen_starts_again() -> None:
    shown = Shown(limit=10)
    shown.take((1, 2), "")
    resume = shown.resume(SHA, remake=True)
    assert (resume.ids, resume.text, resume.skip) == ((), "", "")
