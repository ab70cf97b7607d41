"""The conversation store: what is kept, what a killed process loses, what a damaged file does."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.conversations import MIGRATIONS, Conversations, Outcome
from app.conversations.exporting import sources
from app.errors import StoreError, UsageError
from app.events import Citation, Timings, Usage
from tests.fakes import passage

WRITER = """
import sys, time
from pathlib import Path
from app.conversations import Conversations
store = Conversations(Path(sys.argv[1]))
one = store.create()
store.ask(one.id, "How high?")
message = store.begin(one.id)
for n in range(100_000):
    store.append(message, f"{n} ")
    print(n, flush=True)
    time.sleep(0.005)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.sqlite3"


def _answered(store: Conversations, question: str, answer: str) -> str:
    one = store.create()
    store.ask(one.id, question)
    message = store.begin(one.id)
    store.passages(message, [passage()])
    store.append(message, answer[:3])
    store.append(message, answer[3:])
    store.finish(
        message,
        Outcome(
            "complete",
            [Citation(1, "/docs/tower.pdf", 2, 0, 29)],
            True,
            "pi-4",
            "qwen",
            Usage(3, 2, 1),
            Timings(total_ms=5.0),
        ),
    )
    return one.id


def test_keeps_a_whole_answer_over_a_restart(path: Path) -> None:
    store = Conversations(path)
    id = _answered(store, "How high is the tower?", "330 metres [1].")
    store.close()
    store = Conversations(path)
    question, answer = store.messages(id)
    assert (question.role, question.text, question.state) == ("user", "How high is the tower?", "complete")
    assert (answer.text, answer.state, answer.grounded) == ("330 metres [1].", "complete", True)
    assert answer.passages == (passage(),)
    assert answer.citations == (Citation(1, "/docs/tower.pdf", 2, 0, 29),)
    assert (answer.node, answer.model, answer.usage, answer.timings.total_ms) == ("pi-4", "qwen", Usage(3, 2, 1), 5.0)
    assert store.list()[0].title == "How high is the tower?"
    assert store.list()[0].messages == 2
    assert os.stat(path).st_mode & 0o077 == 0
    store.close()


def test_title_is_one_short_line(path: Path) -> None:
    store = Conversations(path)
    one = store.create()
    store.ask(one.id, "What\n is " + "very " * 30 + "high?")
    store.ask(one.id, "And then?")
    title = store.get(one.id).title
    assert title.startswith("What is very") and title.endswith("…") and len(title) <= 60
    store.close()


def test_search_ignores_case_and_has_no_syntax(path: Path) -> None:
    store = Conversations(path)
    id = _answered(store, "Wie hoch ist der Turm?", "GRÖSSE: 100 % [1]")
    _answered(store, "Other", "Nothing")
    assert [one.conversation.id for one in store.search("größe")] == [id]  # ß folds to ss
    assert [one.conversation.id for one in store.search("grösse: 100 %")] == [id]
    assert [one.conversation.id for one in store.search("turm")] == [id]
    assert store.search("%") and not store.search("' OR 1=1 --")
    store.close()


def test_delete_can_be_undone(path: Path) -> None:
    store = Conversations(path)
    id = _answered(store, "Q", "Answer")
    store.delete(id)
    assert store.list() == []
    with pytest.raises(UsageError, match="is not there"):
        store.get(id)
    assert store.restore(id).id == id
    assert len(store.messages(id)) == 2
    store.close()


def test_deleted_is_forgotten_after_a_week(path: Path) -> None:
    store = Conversations(path)
    id = _answered(store, "Q", "Answer")
    store.delete(id)
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE conversations SET deleted_at = '2020-01-01T00:00:00.000+00:00'")
    db.close()
    store = Conversations(path)
    with pytest.raises(UsageError):
        store.restore(id)
    store.close()


def test_get_takes_the_beginning_of_an_id(path: Path) -> None:
    store = Conversations(path)
    one = store.create("a")
    assert store.get(one.id[:8]).id == one.id
    for wrong in ("", "%", "_" * 12, "zzz"):
        with pytest.raises(UsageError):
            store.get(wrong)
    store.close()


def test_export(path: Path) -> None:
    store = Conversations(path)
    id = _answered(store, "How high?", "330 metres [1].")
    exported = store.export(id)
    assert exported["messages"][1]["citations"][0]["page"] == 2
    assert "- [1] /docs/tower.pdf, page 2" in store.export_markdown(id)
    fact = replace(passage(2, "We moved\nto Bonn"), path="memory:1", label="2026-05-12", origin="memory")
    told = replace(store.messages(id)[-1], passages=(fact,), citations=(Citation(2, "memory:1", None, 0, 9),))
    assert sources(told) == ["[2] 2026-05-12: We moved"]
    store.close()


def test_odd_text_is_kept(path: Path) -> None:
    store = Conversations(path)
    one = store.create("\udcff title")
    store.ask(one.id, "lone \ud800 surrogate and \x00 zero")
    assert store.messages(one.id)[0].text == "lone ? surrogate and \x00 zero"
    message = store.begin(one.id)
    store.passages(message, [passage(path="/docs/\udcff.pdf")])
    assert store.messages(one.id)[1].passages[0].path == "/docs/\udcff.pdf"
    store.close()


def test_a_damaged_file_is_moved_aside(path: Path) -> None:
    path.write_bytes(b"this is no database, and long enough to look like one " * 40)
    store = Conversations(path)
    assert "damaged" in store.notice
    assert len(list(path.parent.glob("*.damaged-*"))) >= 1
    _answered(store, "Q", "It works again")
    store.close()


def test_damage_inside_is_found(path: Path) -> None:
    store = Conversations(path)
    for n in range(60):
        _answered(store, f"Question {n}", "word " * 300)
    store.close()
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 6] = b"\xff" * (4096 * 3)
    path.write_bytes(bytes(data))
    store = Conversations(path)
    assert store.notice and store.list() == []
    store.close()


def test_a_newer_file_is_left_alone(path: Path) -> None:
    Conversations(path).close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO migrations VALUES ('9999_future', 'now')")
    db.close()
    with pytest.raises(StoreError, match="newer version"):
        Conversations(path)
    assert not list(path.parent.glob("*.damaged-*"))


def test_a_folder_in_its_place_is_an_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError) as caught:
        Conversations(path)
    assert caught.value.hint


def test_a_second_process_does_not_interrupt_the_first(path: Path) -> None:
    first = Conversations(path)
    one = first.create()
    first.ask(one.id, "Q")
    message = first.begin(one.id)
    second = Conversations(path)
    assert second.messages(one.id)[1].state == "writing"
    first.append(message, "still going")
    assert second.messages(one.id)[1].text == "still going"
    second.ask(one.id, "Meanwhile")
    first.finish(message, Outcome("complete"))
    assert [m.state for m in second.messages(one.id)] == ["complete"] * 3
    first.close()
    second.close()


async def test_kill_9_keeps_what_was_appended(path: Path) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    last = -1
    deadline = time.monotonic() + 20
    while last < 20 and time.monotonic() < deadline:
        last = int(await writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    rest = (await writer.stdout.read()).split()
    await writer.wait()
    last = int(rest[-1]) if rest else last
    store = Conversations(path)
    answer = store.messages(store.list()[0].id)[1]
    assert answer.state == "interrupted"
    kept = [int(n) for n in answer.text.split()]
    assert kept == list(range(len(kept))) and len(kept) > last
    store.close()


def test_where_to_answer_is_kept_and_a_word_that_is_none_is_refused(tmp_path: Path) -> None:
    store = Conversations(tmp_path / "c.sqlite3")
    one = store.create("Tower")
    assert store.prefer(one.id, "only-local").prefer == "only-local"
    with pytest.raises(UsageError):
        store.prefer(one.id, "moon")
    store.close()
    again = Conversations(tmp_path / "c.sqlite3")
    assert again.get(one.id).prefer == "only-local" and again.prefer(one.id, "").prefer == ""
    again.close()


def test_a_store_from_before_the_question_where_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite3"
    db = sqlite3.connect(path)
    db.executescript(MIGRATIONS[0][1])
    db.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT")
    db.execute("INSERT INTO migrations VALUES (?, '2026-01-01')", (MIGRATIONS[0][0],))
    db.execute("INSERT INTO conversations VALUES ('aa', 'Tower', '2026', '2026', NULL)")
    db.commit()
    db.close()
    store = Conversations(path)
    assert (store.get("aa").title, store.get("aa").prefer) == ("Tower", "")
    store.close()
