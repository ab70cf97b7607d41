"""Which node is chosen, and what people are told about it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from app.cluster.prediction import Placed
from app.cluster.routing import USABLE, pick_model, rank
from app.errors import ModelError, NodeError, NodeLost
from app.events import EngineInfo, ModelInfo, NodeInfo
from app.thinking import ChatMessage, ChatRequest
from nodeworker.protocol.prefixes import block_hashes
from tests.fakes_nodes import OTHER_SHA, SHA, node_info

REQUEST = ChatRequest((ChatMessage("user", "x" * 350),), "r", max_tokens=100)


def rated(name: str, decode: float, prefill: float = 1000.0, **changes: Any) -> NodeInfo:
    return node_info(name, decode_rate=decode, prefill_rate=prefill, **changes)


def names(nodes: list[NodeInfo], request: ChatRequest = REQUEST, *, prefer: str = "automatic") -> list[str]:
    return [choice.node.name for choice in rank(nodes, request, prefer=prefer)]


LOCAL = rated("local", 20)
STOPPED = replace(LOCAL, state="stopped", models=(), decode_rate=0.0, prefill_rate=0.0)

CASES = [
    ("quicker first", [LOCAL, rated("pi", 40)], ["pi", "local"]),
    ("this machine when quicker", [LOCAL, rated("pi", 10)], ["local", "pi"]),
    ("a tie goes to the cluster", [LOCAL, rated("pi", 19)], ["pi", "local"]),
    ("beyond a tie it does not", [LOCAL, rated("pi", 17)], ["local", "pi"]),
    ("a full queue counts", [LOCAL, rated("pi", 40, active=1, queued=3)], ["local", "pi"]),
    ("a weak model comes last", [LOCAL, rated("rig", 200, trustworthy=False)], ["local", "rig"]),
    ("strangers do not count", [LOCAL, rated("pi", 90, trusted=False, state="unpaired")], ["local"]),
    ("lost ones do not count", [LOCAL, rated("pi", 90, state="unreachable")], ["local"]),
    ("draining ones do not count", [LOCAL, rated("pi", 90, state="draining")], ["local"]),
    ("without a chat model no", [LOCAL, replace(rated("pi", 90), models=())], ["local"]),
    ("a stopped local node can be started", [STOPPED], ["local"]),
    ("a starting local node has not said what it has", [replace(STOPPED, state="loading")], ["local"]),
    ("but one that runs comes first", [STOPPED, rated("pi", 10)], ["pi", "local"]),
    ("nothing there", [], []),
]


@pytest.mark.parametrize(("nodes", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_order(nodes: list[NodeInfo], expected: list[str]) -> None:
    assert names(nodes) == expected


def test_settings_prefer() -> None:
    nodes = [LOCAL, rated("pi", 90), rated("slow", 1)]
    assert names(nodes, prefer="local") == ["local", "pi", "slow"]
    assert names(nodes, prefer="cluster") == ["pi", "slow", "local"]
    assert names(nodes, prefer="automatic") == ["pi", "local", "slow"]


def test_the_wanted_model_counts_more_than_speed() -> None:
    nodes = [rated("rig", 500), rated("pi", 5, model="qwen", sha256=OTHER_SHA), LOCAL]
    for wanted in ("qwen", OTHER_SHA):
        choices = rank(nodes, replace(REQUEST, model=wanted))
        assert [choice.node.name for choice in choices] == ["pi", "rig", "local"]
        assert choices[0].reason == f"pi has the model {wanted}."
    assert names(nodes, replace(REQUEST, model="unknown"))[0] == "rig"


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([LOCAL], "This machine is the only one that can answer now."),
        ([LOCAL, rated("pi", 40)], "pi is quickest: about 2.6 s (0.1 s to read), this machine about 5.1 s."),
        (
            [LOCAL, rated("pi", 19)],
            "pi is about as quick and spares this machine: about 5.4 s (0.1 s to read), this machine about 5.1 s.",
        ),
        (
            [LOCAL, rated("rig", 90, trustworthy=False)],
            "This machine has the better model (fake); that of rig is too weak to be trusted.",
        ),
    ],
)
def test_reason(nodes: list[NodeInfo], reason: str) -> None:
    assert rank(nodes, REQUEST)[0].reason == reason


def test_reason_of_a_setting() -> None:
    reason = rank([LOCAL, rated("pi", 90)], REQUEST, prefer="local")[0].reason
    assert reason == "This machine comes first because the settings prefer this machine."


def test_named() -> None:
    pi = rated("pi", 5)
    for wanted in ("pi", "PI", "pi-id"):
        (choice,) = rank([LOCAL, pi], replace(REQUEST, node=wanted))
        assert (choice.node, choice.reason) == (pi, "You asked for pi.")
    (choice,) = rank([LOCAL, pi], replace(REQUEST, node="local"))
    assert choice.reason == "You asked for this machine."


@pytest.mark.parametrize(
    ("node", "kind", "code"),
    [
        (rated("pi", 5, state="unreachable"), NodeLost, "node_lost"),
        (rated("pi", 5, state="draining"), NodeLost, "node_lost"),
        (rated("pi", 5, trusted=False, state="unpaired"), NodeError, "not_paired"),
        (replace(rated("pi", 5), models=()), ModelError, "model_missing"),
        (rated("rig", 5), NodeError, "node_unknown"),
    ],
)
def test_named_but_not_usable_is_an_error(node: NodeInfo, kind: type[NodeError], code: str) -> None:
    with pytest.raises(kind) as caught:
        rank([LOCAL, node], replace(REQUEST, node="pi"))
    assert caught.value.code == code
    assert caught.value.hint


def test_two_of_the_same_name() -> None:
    nodes = [rated("pi", 5, id="aaaa1111"), rated("pi", 5, id="bbbb2222")]
    with pytest.raises(NodeError) as caught:
        rank(nodes, replace(REQUEST, node="pi"))
    assert caught.value.code == "node_ambiguous"
    assert names(nodes, replace(REQUEST, node="bbbb2222")) == ["pi"]
    # A stranger that takes a trusted node's name changes nothing.
    spoof = rated("pi", 5, id="cccc", trusted=False, state="unpaired")
    assert rank([nodes[0], spoof], replace(REQUEST, node="pi"))[0].node.id == "aaaa1111"
    local_name = rated("local", 5, id="dddd", local=False)
    assert rank([LOCAL, local_name], replace(REQUEST, node="local"))[0].node is LOCAL


def test_those_that_failed_come_last() -> None:
    choices = rank([LOCAL, rated("pi", 40), rated("rig", 30)], REQUEST, avoid={"pi-id"})
    assert [choice.node.name for choice in choices] == ["rig", "local", "pi"]


def test_unknown_rates_are_guessed_from_size_and_accelerator() -> None:
    small = node_info("small", model_bytes=100_000_000)
    large = node_info("large", model_bytes=4_000_000_000)
    rig = replace(large, name="rig", id="rig-id", accelerator="RTX")
    assert names([large, small, rig]) == ["small", "rig", "large"]
    idle = replace(LOCAL, engines=(EngineInfo("chat", "idle"),))
    ready = replace(LOCAL, engines=(EngineInfo("chat", "ready"),))
    first = [rank([node], REQUEST)[0].prediction.first_ms for node in (idle, ready)]
    assert first[0] > first[1]


def test_pick_model() -> None:
    weak = ModelInfo("weak", "chat", "1" * 64, 9, "Q4", 1, trustworthy=False, parameters=9 * 10**9)
    good = ModelInfo("good", "chat", "2" * 64, 5, "Q4", 1, parameters=10**9)
    better = ModelInfo("better", "chat", "3" * 64, 5, "Q4", 1, parameters=2 * 10**9)
    ear = ModelInfo("ear", "transcribe", "4" * 64, 5, "", 0)
    node = replace(LOCAL, models=(weak, ear, good, better))
    assert pick_model(node) is better
    assert pick_model(node, "good") is good
    assert pick_model(node, "1" * 64) is weak
    assert pick_model(node, "ear") is better
    assert pick_model(replace(node, models=(ear,))) is None


@pytest.mark.parametrize("seed", range(30))
def test_properties(seed: int) -> None:
    random_ = random.Random(seed)
    states = [*USABLE, "unreachable", "unpaired", "draining"]
    nodes = [
        rated(
            f"n{number}",
            random_.choice([0.0, 0.5, 10.0, 11.0, 300.0]),
            random_.choice([0.0, 5.0, 800.0]),
            state=random_.choice(states),
            trusted=random_.random() < 0.8,
            trustworthy=random_.random() < 0.5,
            sha256=random_.choice([SHA, OTHER_SHA]),
            active=random_.randint(0, 3),
            queued=random_.randint(0, 3),
            slots=random_.randint(0, 4),
            local=number == 0,
        )
        for number in range(8)
    ]
    prefer = random_.choice(["automatic", "local", "cluster"])
    choices = rank(nodes, REQUEST, prefer=prefer)
    chosen = [choice.node.name for choice in choices]
    assert sorted(chosen) == sorted(node.name for node in nodes if node.trusted and node.state in USABLE)
    assert all(choice.prediction.total_ms >= choice.prediction.first_ms >= 0 for choice in choices)
    assert all(choice.reason.endswith(".") and "\n" not in choice.reason for choice in choices)
    # The order of the snapshot does not matter.
    random_.shuffle(nodes)
    assert [choice.node.name for choice in rank(nodes, REQUEST, prefer=prefer)] == chosen
    if prefer == "automatic":
        trust = [bool(choice.model and choice.model.trustworthy) for choice in choices]
        assert trust == sorted(trust, reverse=True)
        quickest = min(
            (c.prediction.total_ms for c in choices if bool(c.model and c.model.trustworthy) == trust[0]), default=0
        )
        assert not choices or choices[0].prediction.total_ms <= quickest * 1.1


def test_who_remembers_the_beginning_wins() -> None:
    request = replace(REQUEST, messages=(ChatMessage("system", "x" * 3500), ChatMessage("user", "And then?")))
    held = frozenset(block_hashes([("system", "x" * 3500)]))
    cold, warm = rated("cold", 40, 100), rated("warm", 30, 100, cached_prefixes=held)
    choice = rank([cold, warm], request)[0]
    assert choice.node is warm
    assert choice.reason == "warm is quickest: about 4.0 s (0.6 s to read, 951 tokens remembered), cold about 13 s."


def test_a_prompt_that_does_not_fit_goes_elsewhere_and_the_reason_says_so() -> None:
    request = replace(REQUEST, messages=(ChatMessage("user", "x" * 20_000),))
    small, large = rated("small", 90), rated("large", 5)
    large = replace(large, models=(replace(large.models[0], context=32_768),))
    choices = rank([small, large], request)
    assert [choice.node.name for choice in choices] == ["large", "small"]
    assert choices[0].reason == "large has room for the whole prompt, small has not."


def test_equals_are_taken_from_the_own_zone() -> None:
    home = replace(LOCAL, zone="house")
    nodes = [
        home,
        rated("a-shed", 40, zone="shed"),
        rated("b-house", 39, zone="house"),
        rated("c-shed", 38, zone="shed"),
    ]
    assert names(nodes) == ["b-house", "a-shed", "c-shed", "local"]
    assert names([replace(LOCAL, zone=""), *nodes[1:]])[0] == "a-shed"


def test_what_was_just_given_to_a_node_counts() -> None:
    nodes = [rated("pi-1", 40), rated("pi-2", 40)]
    assert [choice.node.name for choice in rank(nodes, REQUEST, placed={"pi-1-id": Placed(1, 100)})] == ["pi-2", "pi-1"]


def test_a_node_that_was_late_before_is_taken_later() -> None:
    nodes = [rated("pi-1", 40, 50), rated("pi-2", 40, 50)]
    assert [choice.node.name for choice in rank(nodes, REQUEST, learned={"pi-1-id": 2.0})] == ["pi-2", "pi-1"]


def test_in_a_crowd_not_everybody_runs_to_the_same_node() -> None:
    nodes = [rated(f"pi-{number:03}", 40 + number / 100) for number in range(100)] + [rated("slow", 5)]
    firsts = {names(nodes, replace(REQUEST, request_id=f"r{number}"))[0] for number in range(60)}
    assert len(firsts) > 30 and "slow" not in firsts
    again = [names(nodes, replace(REQUEST, request_id="r1"))[0] for _ in range(3)]
    assert len(set(again)) == 1, "the same request is placed the same way"
    quickest = sum(names(nodes, replace(REQUEST, request_id=f"r{number}"))[0] >= "pi-050" for number in range(60))
    assert quickest > 35, "the better of two"
    reason = rank(nodes, replace(REQUEST, request_id="r1"))[0].reason
    assert "one of the quickest" in reason or "quickest" in reason


def test_in_a_crowd_of_equals_the_own_zone_wins_each_draw() -> None:
    nodes = [replace(LOCAL, zone="house")]
    nodes += [rated(f"pi-{number:02}", 40, zone=("house", "shed")[number % 2]) for number in range(40)]
    firsts = [rank(nodes, replace(REQUEST, request_id=f"r{number}"))[0].node.zone for number in range(60)]
    # The own zone is left only when both that were drawn stand elsewhere: one time in four.
    assert firsts.count("house") > 36


def test_zones_are_a_wall_and_none_passes_as_this_machine() -> None:
    cellar, office = replace(rated("pi", 40), zone="cellar"), replace(rated("rig", 90), zone="office")
    liar = replace(rated("liar", 90), zone="local")
    nodes = [LOCAL, cellar, office, liar]
    assert set(names(nodes)) == {"local", "pi", "rig", "liar"}
    assert names(nodes, replace(REQUEST, zones=("cellar",))) == ["pi"]
    assert names(nodes, replace(REQUEST, zones=("local",))) == ["local"]
    assert names(nodes, replace(REQUEST, zones=("cellar", "local"))) == ["pi", "local"]
    with pytest.raises(NodeError) as refused:
        rank([LOCAL, office], replace(REQUEST, zones=("cellar",)))
    assert refused.value.code == "zone_rule" and "(cellar)" in refused.value.message
    with pytest.raises(NodeError) as refused:
        rank(nodes, replace(REQUEST, zones=("cellar",), node="rig"))
    assert refused.value.code == "zone_rule" and "rig" in refused.value.message
    assert rank([], replace(REQUEST, zones=("cellar",))) == []


def test_a_request_may_say_where_against_the_settings() -> None:
    nodes = [LOCAL, rated("pi", 90)]
    assert names(nodes, replace(REQUEST, prefer="local"), prefer="cluster") == ["local", "pi"]
    assert names(nodes, replace(REQUEST, prefer="automatic"), prefer="local") == ["pi", "local"]


def test_a_node_that_only_lets_us_look_is_no_candidate() -> None:
    watched = replace(rated("pi", 90), rights=frozenset({"observe"}))
    assert names([LOCAL, watched]) == ["local"]
    assert names([LOCAL, replace(watched, rights=frozenset({"use", "observe"}))]) == ["pi", "local"]
    with pytest.raises(NodeError) as refused:
        rank([LOCAL, watched], replace(REQUEST, node="pi"))
    assert refused.value.code == "not_allowed" and refused.value.hint


def test_a_reason_is_made_only_when_it_is_read() -> None:
    nodes = [LOCAL, *(rated(f"pi-{number}", 40 + number) for number in range(9))]
    choices = rank(nodes, REQUEST)
    assert choices[0].reason.startswith("pi-8 is quickest") and choices[0].reason.endswith("about 2.2 s.")
    assert all(choice.reason.endswith(".") for choice in choices)


def test_a_picture_goes_to_models_that_see_and_to_no_others() -> None:
    request = replace(REQUEST, messages=(ChatMessage("user", "What is this?", (b"png",)),))
    eyes = rated("eyes", 5)
    eyes = replace(eyes, models=(*eyes.models, replace(eyes.models[0], name="blind", parameters=10**12)))
    eyes = replace(eyes, models=(replace(eyes.models[0], vision=True), eyes.models[1]))
    (choice,) = rank([LOCAL, rated("pi", 40), eyes], request)
    assert choice.node is eyes and choice.model is eyes.models[0], "not the larger one, which is blind"
    assert names([LOCAL, rated("pi", 40), eyes])[0] == "pi"
    for nodes, asked in (([LOCAL, rated("pi", 40)], request), ([LOCAL, eyes], replace(request, node="local"))):
        with pytest.raises(NodeError, match="model that sees pictures"):
            rank(nodes, asked)
