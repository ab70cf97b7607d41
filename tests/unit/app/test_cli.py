"""The command line in this process: what each command prints, and how it fails."""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.cluster.fleet import Fleet
from app.cluster.trust import TrustStore
from app.commands import models
from app.commands.arguments import command_names, parser
from app.commands.doctor import acceleration
from app.commands.output import place
from app.commands.transcribe import how_far
from app.errors import NodeLost, TrustError
from app.events import FileIndexed, NodeInfo, Passage
from app.home import home
from app.thinking import Going
from nodeworker.protocol.links import shared_fingerprint
from tests.command_line import Program
from tests.documents import write
from tests.fakes import STARTER, passage


@pytest.fixture
def tangnet(home: Path) -> Program:
    return Program(home)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "docs").mkdir()
    return str(tmp_path / "docs")


def test_a_file_goes_with_a_question_and_into_no_library(tangnet: Program, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("The ferry leaves at nine.", encoding="utf-8")
    assert tangnet("ask", "When does the ferry leave?", "--attach", str(tmp_path / "letter.txt")) == 0
    assert "ferry leaves at nine" in tangnet.cluster.requests[0].messages[-1].content and not tangnet.library.added


def test_a_question_needs_no_command(tangnet: Program, folder: str) -> None:
    assert tangnet("How", "high", "is the tower?", "--docs", folder) == 0
    assert tangnet.out.startswith("It is 330 metres high [1].\n\nSources:\n  [1] /docs/tower.pdf, page 2\n")
    assert tangnet.library.added == [Path(folder)]
    assert tangnet.cluster.closed


def test_ask_prints_the_events_of_the_contract(tangnet: Program) -> None:
    lines = tangnet.json("ask", "How high is the tower?", "--max-tokens", "9", "--seed", "4", "--temperature", "0.5")
    assert [line["event"] for line in lines] == ["retrieved", "node", "token", "token", "answered"]
    assert set(lines[0]["passages"][0]) >= {"n", "path", "page", "section", "start", "end", "score", "text"}
    assert set(lines[2]) == {"event", "text", "node"}
    assert "".join(line["text"] for line in lines if line["event"] == "token") == lines[-1]["text"]
    assert lines[-1]["citations"] == [{"n": 1, "path": "/docs/tower.pdf", "page": 2, "start": 0, "end": 29}]
    assert set(lines[-1]["timings"]) == {
        "transcribe_ms", "retrieve_ms", "queue_ms", "prefill_ms", "first_token_ms", "total_ms",
    }  # fmt: skip
    request = tangnet.cluster.requests[0]
    assert (request.max_tokens, request.seed, request.temperature) == (9, 4, 0.5)


def test_a_weak_model_is_told(tangnet: Program) -> None:
    tangnet.cluster.model = STARTER
    assert tangnet("How high is the tower?") == 0
    assert "too weak to be trusted" in tangnet.err and "tangnet models add" in tangnet.err
    assert any(line["event"] == "warning" for line in tangnet.json("How high is the tower?"))


def test_control_characters_never_reach_the_terminal(tangnet: Program) -> None:
    tangnet.cluster.script = ["\x1b]0;evil\x07\x1b[2Jhi\x9b31m"]
    assert tangnet("ask", "--no-docs", "Hello you") == 0
    assert not any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in tangnet.out)


def test_a_failing_node_is_one_sentence(tangnet: Program) -> None:
    tangnet.cluster.script = ["It is ", NodeLost("The node went away.", hint="Try again.")]
    lines = tangnet.json("ask", "How high is it?", status=1)
    assert lines[-1] == {"event": "error", "code": "node_lost", "message": "The node went away.", "hint": "Try again."}
    assert "Traceback" not in tangnet.err
    assert [line["text"] for line in tangnet.json("conversations", "show", _only(tangnet))][1] == "It is "


def _only(tangnet: Program) -> str:
    (one,) = tangnet.json("conversations")
    return str(one["id"])


def test_a_bug_is_one_sentence_and_a_log(tangnet: Program, home: Path) -> None:
    tangnet.library.search = None  # type: ignore[assignment,method-assign]
    lines = tangnet.json("search", "tower", status=1)
    assert lines[-1]["code"] == "internal" and "tangnet.log" in lines[-1]["hint"]
    assert "Traceback" not in tangnet.out + tangnet.err
    assert "Traceback" in (home / "logs" / "tangnet.log").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "hi", "--nonsense"),
        ("ask", "hi", "--docs", "/nowhere/at/all"),
        ("ask", "hi", "--no-docs", "--docs", "."),
        ("ask", "hi", "--attach", "/nowhere/at/all"),
        ("ask", "hi", "--max-tokens", "0"),
        ("ask", "hi", "--temperature", "nan"),
        ("ask", "hi", "--conversation", "nowhere"),
        ("ask", "hi", "--voice", "/nowhere.wav"),
        ("ask", "--voice", "/nowhere.wav"),
        ("add",),
        ("add", "/nowhere/at/all"),
        ("search",),
        ("search", "x", "--mode", "magic"),
        ("search", "--queries", "/nowhere.jsonl"),
        ("docments",),
        ("models", "fly"),
        ("pair", "pi-4"),
        ("pair",),
        ("pair", "pi-4", "--fleet"),
        ("pair", "--fleet", "--rotate"),
        ("pair", "--fleet", "--again"),
        ("pair", "--fleet", "--uses", "0"),
        ("pair", "--fleet", "--hours", "nan"),
        ("conversations", "show", "nowhere"),
        ("bench", "everything"),
        ("bench", "node", "--seconds", "0"),
        ("bench", "node", "--prefer", "speed"),
    ],
)
def test_wrong_usage_is_2_and_json_too(tangnet: Program, arguments: tuple[str, ...]) -> None:
    lines = tangnet.json(*arguments, status=2)
    assert len(lines) == 1 and lines[0]["event"] == "error" and lines[0]["message"].endswith(".")
    assert tangnet(*arguments) == 2
    assert tangnet.out == "" and tangnet.err.startswith("tangnet: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve",),
        ("keys", "create"),
        ("bench", "search"),
    ],
)
def test_what_is_not_there_says_so(tangnet: Program, arguments: tuple[str, ...]) -> None:
    assert tangnet.json(*arguments, status=1)[-1]["code"] == "not_in_this_version"


def test_documents(tangnet: Program, folder: str) -> None:
    lines = tangnet.json("add", folder)
    assert lines[0] == {"event": "file", "path": folder, "state": "added", "chunks": 3, "reason": ""}
    assert lines[-1]["event"] == "done" and set(lines[-1]) == {"event", "files", "chunks", "seconds", "embedded"}
    (document,) = tangnet.json("documents")
    assert set(document) >= {"path", "state", "chunks", "pages", "added_at", "sha256"}
    assert tangnet.json("remove", "/docs/tower.pdf")[0]["state"] == "removed"
    assert tangnet.json("read", "/a.pdf", "/b.locked")[1]["status"] == "password"
    assert tangnet("read", "/b.locked", "--password", "secret") == 0 and tangnet.out == "What it says.\n"


def test_reading_a_folder_reads_what_adding_finds(tangnet: Program, tmp_path: Path) -> None:
    for name in ("docs/a.txt", "docs/sub/b.md", "docs/.hidden/c.txt"):
        write(tmp_path, name, "Some text.")
    read = [Path(line["path"]) for line in tangnet.json("read", str(tmp_path / "docs"))]
    assert read == [tmp_path / "docs/a.txt", tmp_path / "docs/sub/b.md"]


def wav(path: Path, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(round(32_000 * seconds)))
    return path


def test_recordings_come_in_the_order_of_the_arguments(tangnet: Program, tmp_path: Path) -> None:
    wav(tmp_path / "talks" / "b.wav", 0.5)
    wav(tmp_path / "talks" / "a.wav", 2)
    (tmp_path / "talks" / "notes.txt").write_text("no sound")
    last = wav(tmp_path / "last.wav", 1)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    lines = tangnet.json("transcribe", str(tmp_path / "talks"), str(broken), str(last), "--language", "de", status=1)
    assert [Path(line["path"]).name for line in lines[:-1]] == ["a.wav", "b.wav", "last.wav"]
    assert set(lines[0]) == {"path", "text", "language", "seconds", "audio_seconds", "words", "node"}
    assert [line["audio_seconds"] for line in lines[:-1]] == [2, 0.5, 1] and lines[0]["language"] == "de"
    assert [line["node"] for line in lines[:-1]] == ["pi", "local", "local"]
    assert lines[-1]["code"] == "voice_not_audio" and "broken.wav" in lines[-1]["message"]
    assert tangnet("transcribe", str(last)) == 0 and tangnet.out == "32000 bytes\n"
    assert tangnet("transcribe", str(last), str(tmp_path / "talks" / "a.wav")) == 0
    assert tangnet.out == f"==> {last} <==\n32000 bytes\n==> {tmp_path}/talks/a.wav <==\n64000 bytes\n"
    (tmp_path / "empty").mkdir()
    assert tangnet.json("transcribe", str(tmp_path / "empty"), status=1)[0]["code"] == "voice_no_file"


def test_rules_of_both_ends_of_a_link_hold_for_a_recording(tangnet: Program, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "b.wav").symlink_to(wav(tmp_path / "medical" / "a.wav", 1))
    tangnet.settings.rules_folders = [f"{tmp_path}/medical = home", f"{tmp_path}/links = home, office"]
    tangnet.json("transcribe", str(tmp_path / "links"), str(wav(tmp_path / "free.wav", 1)))
    assert [one.zones for one in tangnet.cluster.read] == [(), ("local", "home")]


def test_how_far_recordings_are() -> None:
    assert how_far(Going(2, 7, 31.0, 100.0, 240.0, "hello")) == "2 of 7 recordings, 31 %, about 4 min left"
    assert how_far(Going(0, 1, 0.0, 100.0, None)) == "0 %"
    assert how_far(Going(0, 1, 50.0, 100.0, 12.0, " so it is")) == "50 %, about 12 s left · so it is"


def test_adding_nothing_but_bad_files_fails(tangnet: Program, folder: str) -> None:
    tangnet.library.files = [FileIndexed(folder + "/a.pdf", "failed", reason="It is no PDF.")]
    lines = tangnet.json("add", folder, status=1)
    assert lines[-1]["code"] == "nothing_added" and lines[-1]["hint"] == "It is no PDF."


def test_search_one_and_many(tangnet: Program, tmp_path: Path) -> None:
    tangnet.library.passages = [passage(1), passage(2)]
    hits = tangnet.json("search", "how", "high", "-k", "2", "--mode", "text", "--rerank")
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert set(hits[0]) >= {"query_id", "rank", "path", "page", "start", "end", "score", "text", "milliseconds"}
    assert "No node has a reranker" in tangnet.err
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"id": "a", "text": "one"}\n\n{"id": 2, "text": "two"}\n')
    assert [hit["query_id"] for hit in tangnet.json("search", "--queries", str(queries))] == ["a", "a", "2", "2"]
    queries.write_text('{"id": "a"}\n')
    assert "line 1" in tangnet.json("search", "--queries", str(queries), status=2)[0]["message"]


def test_nodes(tangnet: Program) -> None:
    tangnet.cluster.others = (NodeInfo("pi-4", "ab" * 32, "10.0.0.4:7443", "attic", False, "unpaired"),)
    local, pi = tangnet.json("nodes")
    assert set(pi) >= {"name", "id", "address", "zone", "trusted", "state", "models", "load", "age_ms"}
    assert (pi["name"], pi["zone"], pi["trusted"], pi["age_ms"]) == ("pi-4", "attic", False, None)
    assert local["models"][0]["name"] == "qwen2.5-coder-1.5b"
    assert tangnet("nodes", "--watch") == 0 and "pi-4 at 10.0.0.4:7443: unpaired, not paired" in tangnet.out


def test_pairing(tangnet: Program) -> None:
    (paired,) = tangnet.json("pair", "pi-4", "--code", " 123456 ")
    assert paired["event"] == "paired" and paired["fingerprint"] == "a1b2 c3d4 e5f6 7788"
    assert tangnet.cluster.codes == [("pi-4", "123456")]
    assert tangnet.json("unpair", "pi-4")[0]["event"] == "unpaired"
    tangnet.cluster.failure = TrustError("The code is wrong.", code="wrong_code")
    assert tangnet.json("pair", "pi-4", "--code", "1", status=1)[-1]["code"] == "wrong_code"


def test_a_link_needs_no_code_and_both_machines_show_one_fingerprint(tangnet: Program) -> None:
    link = f"tangnet://pair/10.0.0.4:7443?code=12345678&key={'ab' * 16}"
    (paired,) = tangnet.json("pair", link)
    assert tangnet.cluster.codes == [(link, "")]
    own = TrustStore(home()).identity().id
    assert paired["shared_fingerprint"] == shared_fingerprint(own, paired["id"])
    assert tangnet("pair", link) == 0 and paired["shared_fingerprint"] in tangnet.out


def test_a_new_key_says_who_was_told(tangnet: Program) -> None:
    (rotated,) = tangnet.json("pair", "--rotate")
    assert (rotated["event"], rotated["told"], rotated["waiting"]) == ("rotated", ["pi-4"], ["pi-7"])
    assert not rotated["finished"]
    assert tangnet("pair", "--rotate") == 0 and "Not reached yet: pi-7" in tangnet.out
    assert tangnet.json("pair", "--rotate", "--drop-old")[0]["finished"]


def test_closing_the_fleet_makes_tokens_worthless(tangnet: Program) -> None:
    fleet = Fleet(home(), TrustStore(home()))
    fleet.make(["h:1"], rights="use", uses=2, hours=1)
    assert tangnet.json("pair", "--fleet", "--close") == [{"event": "closed", "tokens": 1, "joined": 0}]
    assert fleet.tokens() == ()


def test_models(tangnet: Program) -> None:
    (model,) = tangnet.json("models")
    assert set(model) >= {"name", "role", "sha256", "bytes", "quantisation", "context", "nodes"}
    assert len(tangnet.json("models", "list", "--all")) == 2
    assert tangnet("models") == 0 and "Can be added" in tangnet.out and "too weak" in tangnet.out
    assert tangnet.json("models", "add", "qwen2.5-coder-1.5b")[-1]["present"] is True
    assert tangnet.json("models", "remove", "smollm2-135m")[0]["name"] == "smollm2-135m"


def test_a_model_file_is_handed_on_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_bytes(b"GGUF")
    assert models.source("qwen2.5-coder-1.5b") == "qwen2.5-coder-1.5b"
    for words in ("mine", "./mine", "absent.gguf", "folder/other.bin"):
        assert models.source(words) == str(tmp_path / words)


def test_conversations(tangnet: Program) -> None:
    assert tangnet("How high is the tower?") == 0
    (one,) = tangnet.json("conversations")
    assert set(one) >= {"id", "title", "updated_at", "messages"} and one["messages"] == 2
    assert [line["role"] for line in tangnet.json("conversations", "show", one["id"][:6])] == ["user", "assistant"]
    assert tangnet.json("conversations", "search", "330") == [{**one, "snippet": "It is 330 metres high [1]."}]
    assert len(tangnet.json("conversations", "export", one["id"])[0]["messages"]) == 2
    assert tangnet("conversations", "export", one["id"]) == 0 and tangnet.out.startswith("# How high is the tower?")
    assert tangnet.json("conversations", "delete", one["id"])[0]["state"] == "deleted"
    assert tangnet.json("conversations") == []
    assert tangnet.json("conversations", "restore", one["id"])[0]["state"] == "restored"


def test_a_conversation_goes_on(tangnet: Program) -> None:
    first = tangnet.json("How high is the tower?")[-1]["conversation"]
    assert tangnet.json("And why is it so?", "--conversation", first)[-1]["conversation"] == first


@pytest.mark.parametrize("arguments", [("--help",), ("ask", "--help"), ("models", "--help"), ("--version",)])
def test_help_and_version(tangnet: Program, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert tangnet(*arguments) == 0
    assert "tangnet" in capsys.readouterr().out


def test_doctor_names_each_check(tangnet: Program) -> None:
    here = replace(STARTER, nodes=("local",))
    tangnet.cluster.catalogue = (here, replace(here, name="minilm", role="embed"))
    lines = tangnet.json("doctor")
    checks: Callable[[str], dict[str, Any]] = lambda name: next(line for line in lines if line["check"] == name)  # noqa: E731
    names = {"audio", "models", "acceleration", "disk", "index", "nodes", "clock", "permissions", "trust", "network"}
    assert {line["check"] for line in lines} == names
    assert "smollm2-135m: not measured yet. `tangnet bench node --tune`" in checks("acceleration")["message"]
    assert not checks("models")["ok"] and "transcribe" in checks("models")["message"]
    assert checks("permissions")["ok"] and checks("clock")["ok"] and checks("trust")["ok"]
    assert all(line["ok"] or line["hint"] for line in lines)


def test_doctor_says_how_fast_the_model_is_and_whether_it_is_tuned(tangnet: Program) -> None:
    quick = replace(STARTER, nodes=("local",), prefill_rate=180.4, decode_rate=72.0)
    tangnet.cluster.catalogue = (quick,)
    said = next(line for line in tangnet.json("doctor") if line["check"] == "acceleration")["message"]
    assert "reads 180, writes 72 tokens/s, default settings. `tangnet bench node --tune`" in said
    tangnet.cluster.catalogue = (replace(quick, tuned=True),)
    said = next(line for line in tangnet.json("doctor") if line["check"] == "acceleration")["message"]
    assert said.endswith("writes 72 tokens/s, tuned.")
    tangnet.cluster.catalogue = (replace(quick, decode_rate=0.0, tuned=True),)
    said = next(line for line in tangnet.json("doctor") if line["check"] == "acceleration")["message"]
    assert said.endswith("smollm2-135m: tuned, measured again when it is loaded.")


@pytest.mark.parametrize(
    ("build", "card", "graphics", "message", "hint"),
    [
        ("", "", "", "Models run on the processor; there is no graphics processor.", ""),
        ("CUDA", "NVIDIA H100", "NVIDIA", "Models run on NVIDIA H100 (CUDA).", ""),
        ("Metal", "", "Apple", "Models run on Apple (Metal).", ""),
        ("CUDA", "", "", "no NVIDIA card answers", "nvidia-smi"),
        ("", "NVIDIA H100", "NVIDIA", "There is NVIDIA H100, but", "python3 tangnet.py --gpu"),
        ("", "", "NVIDIA", "no driver for it answers", "python3 tangnet.py --gpu"),
        ("", "", "Intel", "-DGGML_VULKAN=on", ""),
    ],
)
def test_doctor_says_what_models_run_on(build: str, card: str, graphics: str, message: str, hint: str) -> None:
    said, advice = acceleration(build, card, graphics)
    assert message in said and hint in advice and bool(advice) == bool(hint)


def test_the_page_on_the_command_line_knows_every_command() -> None:
    page = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
    missing = [name for name in command_names(parser()) if f"tangnet {name}" not in page and f"`{name}`" not in page]
    assert missing == []


@pytest.mark.parametrize(
    ("passage", "shown"),
    [
        (Passage(1, "/a.md", None, "", 0, 1, 1.0, "a"), ""),
        (Passage(1, "/a.pdf", 4, "", 0, 1, 1.0, "a"), ", page 4"),
        (Passage(1, "/a.pdf", 4, "", 0, 1, 1.0, "a", label="iv"), ", page iv"),
        (Passage(1, "/a.mp3", None, "", 0, 1, 1.0, "a", seconds=(65.4, 70.0)), ", 1:05"),
        (Passage(1, "/a.mp3", None, "", 0, 1, 1.0, "a", seconds=(3723.0, 3730.0)), ", 1:02:03"),
    ],
)
def test_where_a_passage_stands(passage: Passage, shown: str) -> None:
    assert place(passage) == shown
