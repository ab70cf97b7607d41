"""What the store keeps beside plain talk: versions of messages, branches, folders, pins, drafts, titles."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answer_record import Record
from app.conversations import MIGRATIONS, Conversations, Outcome
from app.conversations.versions import branch_title, newest_after, way
from app.errors import UsageError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    made = Conversations(tmp_path / "conversations.sqlite3")
    yield made
    made.close()


def _say(store: Conversations, id: str, question: str, answer: str, instead: int = 0) -> tuple[int, list[str]]:
    """Answer as the assistant does; returns the id of the answer, and what the model was told of before."""
    record = Record(store)
    history = record.begin(id, question, "", instead=instead)
    store.append(record.answer, answer)
    store.finish(record.answer, Outcome("complete"))
    return record.answer, [turn.text for turn in history]


def _texts(store: Conversations, id: str) -> list[str]:
    return [one.text for one in store.messages(id)]


def test_an_edited_question_and_an_answer_made_anew_stand_beside_the_first_ones(store: Conversations) -> None:
    id = store.create().id
    _say(store, id, "How high?", "330 metres")
    second, _ = _say(store, id, "How old?", "Old")
    old = store.messages(id)[2].id
    again, told = _say(store, id, "How old?", "137 years", instead=second)
    assert told == ["How high?", "330 metres"] and _texts(store, id)[2:] == ["How old?", "137 years"]
    assert store.messages(id)[3].versions == (second, again) == store.some([again])[0].versions
    assert [one.id for one in store.sizes(id, old)] == [again] and len(store.sizes(id)) == 4
    edited, told = _say(store, id, "How wide?", "125 metres", instead=old)
    assert told == ["How high?", "330 metres"] and _texts(store, id)[2:] == ["How wide?", "125 metres"]
    store.show(id, old)
    assert _texts(store, id)[2:] == ["How old?", "137 years"]
    store.show(id, second)
    assert _texts(store, id)[2:] == ["How old?", "Old"] and store.messages(id)[2].versions[0] == old
    _say(store, id, "And wide?", "125", instead=store.messages(id)[0].id)  # the first question, in other words
    assert _texts(store, id) == ["And wide?", "125"]
    _, told = _say(store, id, "Go on", "More")
    assert told == ["And wide?", "125"]
    with pytest.raises(UsageError, match="is not there"):
        _say(store, id, "Q", "A", instead=edited + 100)


def test_a_branch_takes_what_was_said_so_far_and_leaves_the_other_alone(store: Conversations) -> None:
    one = store.create()
    first, _ = _say(store, one.id, "How high?", "330 metres")
    _say(store, one.id, "How old?", "137 years")
    store.move([one.id], "Paris")
    made = store.branch(one.id, first)
    assert _texts(store, made.id) == ["How high?", "330 metres"]
    assert (made.title, made.folder, made.messages) == ("How high? (2)", "Paris", 2)
    assert [store.branch(one, first).title for one in (one.id, one.id)] == ["How high? (3)", "How high? (4)"]
    assert branch_title("How high? (2)", {"How high? (2)"}) == "How high? (3)" and branch_title("", ()) == ""
    _say(store, made.id, "How wide?", "125 metres")
    assert len(_texts(store, one.id)) == len(_texts(store, made.id)) == 4
    with pytest.raises(UsageError):
        store.branch(one.id, 10_000)


def test_folders_pins_and_titles_are_kept(store: Conversations, tmp_path: Path) -> None:
    asked = store.create()
    store.ask(asked.id, "how do I boil an egg")
    assert store.get(asked.id).titled == "question" and store.entitle(asked.id, "Boiling eggs")
    assert not store.entitle(asked.id, "Another")  # a second one is too many
    own = store.create()
    store.ask(own.id, "Q")
    store.rename(own.id, "Mine")
    assert not store.entitle(own.id, "Not mine")
    store.pin(own.id, True)
    store.move([own.id, asked.id], "Kitchen")
    again = Conversations(tmp_path / "conversations.sqlite3")
    found = {one.title: one for one in again.list()}
    assert found["Mine"].pinned and not found["Boiling eggs"].pinned and found["Boiling eggs"].titled == "model"
    assert {one.folder for one in found.values()} == {"Kitchen"}
    again.move([own.id], "")
    assert again.get(own.id).folder == ""
    again.close()


def test_drafts_are_kept_until_they_are_sent(store: Conversations, tmp_path: Path) -> None:
    one = store.create()
    store.keep_draft("", "begun")
    store.keep_draft(one.id, "a thought")
    store.keep_draft(one.id, "a thought that grew")
    again = Conversations(tmp_path / "conversations.sqlite3")
    assert (again.draft(""), again.draft(one.id)) == ("begun", "a thought that grew")
    again.keep_draft(one.id, "")
    assert store.draft(one.id) == ""
    store.keep_draft(one.id, "", ["/home/u/attachments/a.png", "/home/u/b.pdf"])  # files alone are a draft, too
    assert again.draft_files(one.id) == ("/home/u/attachments/a.png", "/home/u/b.pdf")
    assert store.draft_files("") == () and store.attached() == {*again.draft_files(one.id)}
    store.keep_draft(one.id, "")
    assert again.draft_files(one.id) == () and not store.attached()
    again.close()


def test_a_store_from_before_versions_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT")
    for name, statements in MIGRATIONS[:3]:
        for statement in statements.split(";"):
            db.execute(statement)
        db.execute("INSERT INTO migrations VALUES (?, '2026-01-01')", (name,))
    for id in ("a", "b"):
        db.execute("INSERT INTO conversations (id, title, created_at, updated_at) VALUES (?, 'Höhe', '1', '1')", (id,))
    for id, role in (("a", "user"), ("b", "user"), ("a", "assistant"), ("a", "user")):
        db.execute("INSERT INTO messages (conversation, role, text, state, created_at)"
                   " VALUES (?, ?, ?, 'complete', '1')", (id, role, f"{id} says"))  # fmt: skip
    db.commit()
    db.close()
    store = Conversations(path)
    assert [one.role for one in store.messages("a")] == ["user", "assistant", "user"]
    assert [one.id for one in store.messages("b")] == [2]
    assert len(store.search("hohe")) == 2 and [one.conversation.id for one in store.search("b says")] == ["b"]
    store.close()


def test_a_damaged_way_ends() -> None:
    assert way({1: 2, 2: 1}, 1) == [2, 1] and newest_after({1: 2, 2: 1}, 1) == 2
