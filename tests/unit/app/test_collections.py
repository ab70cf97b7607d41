"""Collections: kept in one file, written in one step, chosen per conversation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assistant import Assistant, Question
from app.collections import Collections
from app.conversations import Conversations
from app.errors import SettingsError, UsageError
from app.events import Answered
from app.settings import Settings
from tests.fakes import FakeLibrary, FakeThinker


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    conversations = Conversations(tmp_path / "conversations.sqlite3")
    yield conversations
    conversations.close()


def test_put_get_all_remove(tmp_path: Path) -> None:
    collections = Collections(tmp_path)
    assert collections.all() == []
    collections.put("  Tax   papers ", [tmp_path / "tax", tmp_path / "tax", Path("/mnt/été")])
    collections.put("Garden", [tmp_path])
    assert [one.name for one in Collections(tmp_path).all()] == ["Garden", "Tax papers"]
    assert collections.get("tax papers").folders == (tmp_path / "tax", Path("/mnt/été"))
    collections.put("TAX PAPERS", [tmp_path / "other"])
    assert [one.name for one in collections.all()] == ["Garden", "TAX PAPERS"]
    assert collections.remove("garden").name == "Garden"
    assert [one.name for one in collections.all()] == ["TAX PAPERS"]
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["collections.toml"]


@pytest.mark.parametrize("name", ["", " ", "*", "a" * 61, "a\x00b"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        Collections(tmp_path).put(name, [tmp_path])


def test_a_name_that_is_not_there_and_one_like_it(tmp_path: Path) -> None:
    collections = Collections(tmp_path)
    collections.put("Taxes", [tmp_path])
    with pytest.raises(UsageError) as caught:
        collections.get("Taxis")
    assert caught.value.code == "collection_missing" and "Taxes" in caught.value.hint


@pytest.mark.parametrize("text", ["[a", "[a]\nfolders = 3", "a = 1", "[a]\nfolders = ['']", b"\xff\xfe"])
def test_a_broken_file_is_told_and_not_overwritten(tmp_path: Path, text: str | bytes) -> None:
    file = tmp_path / "collections.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = file.read_bytes()
    collections = Collections(tmp_path)
    with pytest.raises(SettingsError):
        collections.all()
    with pytest.raises(SettingsError):
        collections.put("new", [tmp_path])
    with pytest.raises(SettingsError):
        collections.remove("a")
    assert file.read_bytes() == before


async def test_a_conversation_keeps_its_collection(store: Conversations, tmp_path: Path) -> None:
    collections, library = Collections(tmp_path), FakeLibrary()
    collections.put("Towers", [tmp_path / "towers"])
    assistant = Assistant(FakeThinker(), library, store, Settings(), collections)

    async def ask(question: Question) -> str:
        events = [event async for event in assistant.ask(question)]
        assert isinstance(events[-1], Answered)
        return events[-1].conversation

    asked = "How high is the tower in metres today?"
    first = await ask(Question(asked, collection="towers"))
    await ask(Question(asked, conversation=first))
    await ask(Question(asked, conversation=first, collection="*"))
    await ask(Question(asked, conversation=first))
    assert library.withins == [(tmp_path / "towers",), (tmp_path / "towers",), (), ()]
    assert library.added == [] and store.get(first).collection == ""
    with pytest.raises(UsageError):
        await ask(Question(asked, collection="Rivers"))
