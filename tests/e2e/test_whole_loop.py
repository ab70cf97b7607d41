"""The whole product as a user has it: installed programs, real models, real PDFs, real speech, a real second node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.papers import print_papers
from tests.e2e.program import Event, running, tangnet
from tests.spoken import question_wav

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]


@pytest.fixture
def papers(tmp_path: Path, qapp: object) -> Path:
    return print_papers(tmp_path / "papers")


def names(events: list[Event]) -> list[str]:
    """Event names in order, runs of the same collapsed."""
    found: list[str] = []
    for event in events:
        if not found or found[-1] != event["event"]:
            found.append(event["event"])
    return found


def check_citations(events: list[Event]) -> None:
    """Every citation points at a passage that the model was given, and the answer is what was streamed."""
    (retrieved,) = [event for event in events if event["event"] == "retrieved"]
    answered = events[-1]
    assert answered["event"] == "answered"
    given = {(p["n"], p["path"], p["page"], p["start"], p["end"]) for p in retrieved["passages"]}
    assert {(c["n"], c["path"], c["page"], c["start"], c["end"]) for c in answered["citations"]} <= given
    assert "".join(event["text"] for event in events if event["event"] == "token") == answered["text"]


def test_a_spoken_question_is_answered_with_the_right_page(home: Path, papers: Path, tmp_path: Path) -> None:
    spoken = question_wav("How long is the warranty of the compressor?", tmp_path)
    events = tangnet(home, "ask", "--voice", str(spoken), "--docs", str(papers))
    order = [name for name in names(events) if name in ("transcribed", "retrieved", "node", "token", "answered")]
    assert order == ["transcribed", "retrieved", "node", "token", "answered"]
    assert "warranty" in events[0]["text"].lower()
    check_citations(events)
    answered = events[-1]
    assert answered["grounded"] is True
    first = answered["citations"][0]
    assert (Path(first["path"]).name, first["page"]) == ("heat-pump-manual.pdf", 3)
    assert "seven years" in answered["text"]
    assert answered["timings"]["transcribe_ms"] > 0
    assert answered["timings"]["total_ms"] >= answered["timings"]["first_token_ms"]


def test_what_is_not_in_the_documents_is_said_plainly(home: Path, papers: Path) -> None:
    added = tangnet(home, "add", str(papers))
    assert {(Path(e["path"]).name, e["state"]) for e in added if e["event"] == "file"} == {
        ("heat-pump-manual.pdf", "added"),
        ("lease-contract.pdf", "added"),
        ("bread.pdf", "added"),
    }
    again = tangnet(home, "add", str(papers))
    assert again[-1]["embedded"] == 0
    assert {e["state"] for e in again if e["event"] == "file"} == {"unchanged"}
    events = tangnet(home, "ask", "Which football club won the cup in 1987?")
    answered = events[-1]
    assert answered["grounded"] is False
    assert answered["citations"] == []
    assert "not find this in your documents" in answered["text"]


def test_the_very_first_question_needs_no_documents(home: Path) -> None:
    events = tangnet(home, "ask", "Tell me a joke.", "--no-docs", "--max-tokens", "12")
    assert [name for name in names(events) if name in ("retrieved", "node", "token", "answered")] == [
        "node",
        "token",
        "answered",
    ]
    assert events[-1]["grounded"] is False
    assert events[-1]["usage"]["completion_tokens"] == 12


@pytest.fixture
def pi(tmp_path: Path, home: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A second, paired node on this machine with the real engine; gives its home and its `ready` line."""
    far = tmp_path / "pi"
    far.mkdir(mode=0o700)
    with running(far, "tangnet-node", "--name", "pi-e2e", "--listen", "127.0.0.1:0") as node:
        ready = node.wait_for("ready")
        with running(far, "tangnet-node", "pair", "--name", "pi-e2e") as pairing:
            code = pairing.wait_for("pairing")["code"]
            (paired,) = [e for e in tangnet(home, "pair", ready["address"], "--code", code) if e["event"] == "paired"]
            assert pairing.wait_for("paired")["fingerprint"] != ""
        assert paired["id"] == ready["id"]
        yield far, {**ready, "pid": str(node.process.pid)}


def test_a_second_node_is_found_used_and_its_death_survived(
    home: Path, papers: Path, pi: tuple[Path, dict[str, str]]
) -> None:
    import os
    import signal

    _, ready = pi
    seen = {node["name"]: node for node in tangnet(home, "nodes")}
    assert seen["pi-e2e"]["trusted"] is True
    assert seen["pi-e2e"]["id"] == ready["id"]
    question = ("ask", "Tell me a long story about a lighthouse.", "--no-docs", "--max-tokens", "160")
    whole = tangnet(home, *question, "--node", "local")[-1]["text"]
    with running(home, "tangnet", *question, "--node", "pi-e2e") as asking:
        assert asking.wait_for("node")["name"] == "pi-e2e"
        asking.wait_for("token", 12)
        os.kill(int(ready["pid"]), signal.SIGKILL)
        events = asking.wait_for_end()
    (moved,) = [event for event in events if event["event"] == "moved"]
    assert (moved["from"], moved["to"]) == ("pi-e2e", "local")
    assert events[-1]["node"] == "local"
    assert events[-1]["text"] == whole
    assert "".join(event["text"] for event in events if event["event"] == "token") == whole
