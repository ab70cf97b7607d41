"""`tangnet models push`, `keep` and `drop` over a fake cluster: what they say, whom they mean, their exit status."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.cluster import keeping
from app.events import NodeInfo
from tests.command_line import Program
from tests.fakes import STRONG, local_node

PI = NodeInfo("pi-3", "a1" * 32, "10.0.0.3:7443", "house", True, "ready", memory_total_bytes=8 * 10**9,
              labels=("attic",), rights=frozenset({"use", "administer"}))  # fmt: skip


@pytest.fixture
def tangnet(home: Path) -> Program:
    made = Program(home)
    made.cluster.catalogue = (replace(STRONG, nodes=("local",)),)
    made.cluster.nodes = lambda: (local_node(), PI, replace(PI, name="pi-4", id="b2" * 32, labels=()))  # type: ignore[method-assign]
    return made


def test_push_tells_of_each_node(tangnet: Program) -> None:
    lines = tangnet.json("models", "push", STRONG.name, "pi-3", "--rate", "2.5")
    assert [(line["event"], line["node"], line["state"]) for line in lines] == [
        ("deployment", "pi-3", "fetching"),
        ("deployment", "pi-3", "ready"),
    ]
    assert tangnet.cluster.deployed == [(STRONG.sha256, ("pi-3",), 2.5)]
    assert tangnet("models", "push", STRONG.name, "--label", "attic") == 0
    assert tangnet.out == "pi-3: ready (100 B)\n"
    assert tangnet("models", "push", STRONG.name, "--all") == 0
    assert tangnet.cluster.deployed[-1][1] == ("pi-3", "pi-4")


def test_push_needs_nodes_and_a_model(tangnet: Program) -> None:
    assert tangnet("models", "push", STRONG.name) == 2
    assert "--all" in tangnet.err
    assert tangnet("models", "push", STRONG.name, "nobody") == 1
    assert "pi-3" in tangnet.err
    assert tangnet("models", "push", "unheard-of", "pi-3") == 1
    assert STRONG.name in tangnet.err
    assert tangnet("models", "push", STRONG.name, "pi-3", "--rate", "-1") == 2


def test_a_rule_is_kept_listed_and_dropped(tangnet: Program) -> None:
    assert tangnet("models", "keep", STRONG.name, "--on", "label = attic") == 0
    assert "pi-3: ready" in tangnet.out
    assert [rule.on for rule in keeping.load(tangnet.home)] == ["label = attic"]
    listed = tangnet.json("models", "keep", "--list")
    assert [(line["model"], line["nodes"], line["present"]) for line in listed] == [(STRONG.name, ["pi-3"], [])]
    assert tangnet("models", "drop", STRONG.name, "--remove") == 0
    assert "pi-3: removed" in tangnet.out and "pi-4" not in tangnet.out
    assert keeping.load(tangnet.home) == ()
    assert tangnet("models", "drop", STRONG.name) == 2
    assert tangnet("models", "keep") == 0 and "No model is kept" in tangnet.out


def test_a_rule_that_is_none_is_not_kept(tangnet: Program) -> None:
    assert tangnet("models", "keep", STRONG.name, "--on", "colour = red") == 2
    assert "memory >= 6 GB" in tangnet.err
    assert tangnet("models", "keep", STRONG.name) == 2
    assert keeping.load(tangnet.home) == ()
