"""Rules about which models are kept where: their syntax, what they match, their file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.cluster import keeping
from app.cluster.deployment import chosen
from app.cluster.keeping import Keep, Rule
from app.errors import NodeError, SettingsError, UsageError
from app.events import ModelInfo, NodeInfo

PI = NodeInfo(
    "pi-3", "a1" * 32, "10.0.0.3:7443", "house", True, "ready",
    memory_total_bytes=8_190_000_000, labels=("attic", "big"), rights=frozenset({"use", "administer"}),
    disk_free_bytes=20 * 10**9,
)  # fmt: skip
SMALL = replace(PI, name="pi-1", id="b2" * 32, memory_total_bytes=1_900_000_000, labels=(), zone="shed")
RIG = replace(SMALL, name="rig", id="c3" * 32, accelerator="RTX 4090", memory_total_bytes=64 * 10**9)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("all", "pi-3 pi-1 rig"),
        ("memory >= 6 GB", "pi-3 rig"),
        ("memory>=6GB", "pi-3 rig"),
        ("memory < 2GiB", "pi-1"),
        ("memory >= 6 GB and zone = house", "pi-3"),
        ("gpu or label = attic", "pi-3 rig"),
        ("zone != house", "pi-1 rig"),
        ("name = pi-*", "pi-3 pi-1"),
        ('label = "big" and disk > 10 gb', "pi-3"),
        ("LABEL = Attic", "pi-3"),
        ("label != attic", "pi-1 rig"),
    ],
)
def test_what_rules_match(text: str, names: str) -> None:
    rule = Rule.parse(text)
    assert " ".join(node.name for node in (PI, SMALL, RIG) if rule.matches(node)) == names


@pytest.mark.parametrize(
    "text",
    ["", "memory", "memory = 6 GB", "memory >= lots", "memory >= 6 XB", "colour = red", "zone >= 3", "all and",
     "gpu = 1", "memory >= 6 GB and", "__import__('os')", "zone ="],
)  # fmt: skip
def test_what_is_no_rule_says_what_one_is(text: str) -> None:
    with pytest.raises(UsageError) as failure:
        Rule.parse(text)
    assert "memory >= 6 GB" in failure.value.hint


def test_only_nodes_that_can_be_told_are_wanting() -> None:
    keep = Keep("m", "ab" * 32, "all")
    local = replace(PI, id="local", local=True)
    others = [
        replace(PI, id="d", trusted=False),
        replace(PI, id="e", state="unreachable"),
        replace(PI, id="f", rights=frozenset({"use"})),
        replace(PI, id="g", state="draining"),
    ]
    assert keeping.wanting(keep, [local, PI, *others]) == [PI]
    assert keeping.forbidden(keep, [local, PI, *others]) == [others[2]], "there, but not ours to administer"
    assert keeping.has(replace(PI, models=(ModelInfo("m", "chat", "ab" * 32, 1, "", 0),)), keep.sha256)
    assert not keeping.has(PI, keep.sha256)


def test_rules_are_kept_in_a_file_that_people_can_read(tmp_path: Path) -> None:
    assert keeping.load(tmp_path) == ()
    one, two = Keep("a", "aa" * 32, "all", 2.5), Keep("b", "bb" * 32, 'name = "pi-*"')
    keeping.put(tmp_path, one)
    keeping.put(tmp_path, two)
    assert keeping.load(tmp_path) == (one, two)
    changed = replace(one, on="gpu")
    keeping.put(tmp_path, changed)
    assert keeping.load(tmp_path) == (two, changed)
    assert "[[keep]]" in (tmp_path / "keep.toml").read_text()
    assert keeping.drop(tmp_path, "A") == changed
    assert keeping.load(tmp_path) == (two,)
    with pytest.raises(UsageError):
        keeping.drop(tmp_path, "a")


@pytest.mark.parametrize(
    "text",
    ["keep = 3", "[[keep]]\nmodel = 1\nsha256 = 'x'\non = 'all'", "[[keep]]\nmodel='m'\nsha256='x'\non='x'", "="],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "keep.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"keep\.toml"):
        keeping.load(tmp_path)


def test_nodes_are_chosen_by_name_label_zone_or_all() -> None:
    nodes = [PI, SMALL, RIG, replace(PI, name="me", local=True), replace(PI, name="stranger", trusted=False)]
    assert chosen(nodes, names=["PI-3", "b2b2"]) == [PI, SMALL]
    assert chosen(nodes, every=True) == [PI, SMALL, RIG]
    assert chosen(nodes, label="attic") == [PI]
    assert chosen(nodes, zone="shed") == [SMALL, RIG]
    for nobody in ({"names": ["nobody"]}, {"zone": "moon"}, {"names": ["stranger"]}):
        with pytest.raises(NodeError):
            chosen(nodes, **nobody)
