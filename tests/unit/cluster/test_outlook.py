"""How soon an answer would be there, place by place: measured rates are told, guesses are not."""

from __future__ import annotations

from dataclasses import replace

from app.cluster.outlook import choosable, likely, outlook
from app.cluster.placing import Placing
from app.events import ModelInfo, NodeInfo

MODEL = ModelInfo("m", "chat", "aa" * 32, 500_000_000, "Q4_0", 8192, parameters=4_000_000_000)
HERE = NodeInfo("desk", "1" * 64, "unix", "", True, "ready", local=True, models=(MODEL,))
PI = NodeInfo("pi", "2" * 64, "pi:1", "attic", True, "ready", models=(MODEL,), decode_rate=12.0, prefill_rate=40.0)
RIG = NodeInfo("rig", "3" * 64, "rig:1", "cellar", True, "ready", models=(MODEL,), decode_rate=90.0, prefill_rate=900.0)
REQUEST = likely("How high is the tower?", passages=5)


def placing() -> Placing:
    return Placing(clock=lambda: 0.0)


def test_each_place_has_its_node_and_its_times() -> None:
    found = outlook(placing(), (HERE, PI, RIG), REQUEST, "automatic")
    assert found["automatic"].node == found["cluster"].node == "rig" and found["only-local"].node == "local"
    slow, quick = found["node:pi"], found["node:rig"]
    assert slow.first_ms is not None and quick.first_ms is not None and slow.first_ms > 10 * quick.first_ms
    assert quick.total_ms is not None and quick.total_ms > quick.first_ms


def test_what_was_never_measured_is_not_told() -> None:
    found = outlook(placing(), (HERE, replace(PI, prefill_rate=0.0)), REQUEST, "automatic")
    assert found["only-local"].first_ms is None and found["node:pi"].total_ms is None
    measured = replace(HERE, models=(replace(MODEL, prefill_rate=70.0, decode_rate=11.0),))
    assert outlook(placing(), (measured,), REQUEST, "automatic")["only-local"].first_ms is not None


def test_a_place_that_cannot_answer_says_why_and_a_longer_question_takes_longer() -> None:
    away = outlook(placing(), (HERE, replace(RIG, state="unreachable")), REQUEST, "automatic")
    assert "unreachable" in away["node:rig"].trouble
    long = outlook(placing(), (RIG,), likely("word " * 2000, passages=5), "automatic")["automatic"]
    short = outlook(placing(), (RIG,), likely("", passages=0), "automatic")["automatic"]
    assert long.first_ms is not None and short.first_ms is not None and long.first_ms > short.first_ms


def test_only_machines_that_may_be_asked_are_named_and_two_of_one_name_by_their_id() -> None:
    other = replace(PI, id="4" * 64)
    stranger = replace(RIG, trusted=False)
    watched = replace(RIG, rights=frozenset({"observe"}))
    mute = replace(RIG, models=())
    for node in (stranger, watched, mute):
        assert not any(place.startswith("node:") for place in outlook(placing(), (HERE, node), REQUEST, "automatic"))
    assert choosable((HERE, PI, other)) == [(f"node:{node.id[:12]}", node) for node in (PI, other)]
    called = replace(PI, name="Local")
    assert choosable((HERE, called, RIG)) == [(f"node:{PI.id[:12]}", called), (f"node:{RIG.name}", RIG)]
    assert outlook(placing(), (HERE, PI, other), REQUEST, "")[f"node:{other.id[:12]}"].node == "pi"
