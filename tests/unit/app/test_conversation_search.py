"""The search in all conversations: any script, any case, what is new, what is gone for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.conversations import Conversations, Outcome
from app.conversations.snippets import SNIPPET_LENGTH, has_all, snippet


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    made = Conversations(tmp_path / "conversations.sqlite3")
    yield made
    made.close()


def _add(store: Conversations, question: str, answer: str = "An answer.") -> str:
    id = store.create().id
    store.ask(id, question)
    message = store.begin(id)
    store.append(message, answer)
    store.finish(message, Outcome("complete"))
    return id


def _found(store: Conversations, text: str) -> list[str]:
    return [one.conversation.id for one in store.search(text)]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Die Straße nach Köln", "strasse koln"),
        ("Le café est fermé", "CAFE ferm"),
        ("東京タワーの高さは何メートルですか", "高さ"),
        ("東京タワーの高さは何メートルですか", "タワー"),
        ("หอไอเฟลสูงกี่เมตร", "สูง"),
        ("Высота башни", "башн"),
        ("برج إيفل مرتفع", "إيفل"),
        ("에펠탑의 높이", "에펠"),
        ("file_name-2.txt is here", "name-2"),
    ],
)
def test_finds_the_beginnings_of_words_in_any_script(store: Conversations, text: str, asked: str) -> None:
    _add(store, "Something else")
    id = _add(store, "Look", text)
    found = store.search(asked)
    assert [one.conversation.id for one in found] == [id]
    assert found[0].hits and found[0].message
    assert snippet(text, asked)[1] and has_all(text, asked)


def test_all_words_count_and_what_the_title_has_comes_first(store: Conversations) -> None:
    titled = _add(store, "Tower of Pisa")
    often = _add(store, "First", "The tower, the tower, of Pisa.")
    _add(store, "Second", "A tower elsewhere")
    assert _found(store, "tow pisa") == [titled, often]
    assert _found(store, "owe") == [] and _found(store, "   ") == []
    assert _found(store, 'NOT "tow*) OR') == []  # no syntax: there is no such word


def test_an_answer_is_found_as_soon_as_it_is_whole(store: Conversations) -> None:
    id = store.create().id
    store.ask(id, "How high?")
    message = store.begin(id)
    store.append(message, "Kilimanjaro")
    assert _found(store, "kilimanjaro") == []
    other = _add(store, "Later")
    assert _found(store, "later") == [other]
    store.append(message, " is high")
    store.finish(message, Outcome("stopped"))
    assert _found(store, "kilimanjaro high") == [id]


def test_what_is_deleted_is_not_found_and_what_is_gone_for_good_leaves_no_trace(
    store: Conversations, tmp_path: Path
) -> None:
    id = _add(store, "Q", "zanzibarlike")
    assert _found(store, "zanzibarlike") == [id]
    store.delete(id)
    assert _found(store, "zanzibarlike") == []
    store.restore(id)
    assert _found(store, "zanzibarlike") == [id]
    store.delete(id)
    store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE conversations SET deleted_at = '2020-01-01'")
    db.close()
    again = Conversations(store.path)
    assert _found(again, "zanzibarlike") == []
    again.close()
    assert not [one for one in tmp_path.glob("conversations*") if b"zanzibar" in one.read_bytes()]


def test_a_damaged_index_is_made_anew(store: Conversations) -> None:
    id = _add(store, "Kilimanjaro")
    assert _found(store, "kili") == [id]
    store.close()
    Path(f"{store.path}.words").write_bytes(b"no database" * 1000)
    again = Conversations(store.path)
    assert _found(again, "kili") == [id]
    again.close()


def test_two_processes_add_each_message_once(store: Conversations) -> None:
    other = Conversations(store.path)
    first = _add(store, "Kilimanjaro one")
    assert _found(other, "kili") == [first] == _found(store, "kili")
    second = _add(other, "Kilimanjaro two")
    assert set(_found(store, "kili")) == {first, second} == set(_found(other, "kili"))
    other.close()


def test_a_snippet_is_one_short_line_around_the_words() -> None:
    text = "Before it. " * 40 + "The **tower**\nis high. " + "After it. " * 40
    line, hits = snippet(text, "tow high")
    assert len(line) <= SNIPPET_LENGTH + 2 and line.startswith("…") and line.endswith("…")
    assert [line[a:b] for a, b in hits] == ["tow", "high"]
    assert snippet("ﬁne Straße", "strass")[0] == "ﬁne Straße" and snippet("nothing", "tower") == ("", ())
