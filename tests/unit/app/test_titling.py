"""Titles by a model: only where it is free and strong enough, never over the user's own, on the node that answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.conversations import Conversations, Outcome
from app.settings import Settings
from app.titling import Titles, cleaned
from tests.fakes import STARTER, STRONG, FakeThinker


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    made = Conversations(tmp_path / "conversations.sqlite3")
    yield made
    made.close()


def _answered(store: Conversations, model: str = STRONG.name) -> str:
    id = store.create().id
    store.ask(id, "how do I boil an egg so that it stays soft")
    message = store.begin(id)
    store.append(message, "Six minutes.")
    store.finish(message, Outcome("complete", node="local", model=model))
    return id


async def test_a_title_is_given_once_where_the_answer_was_made(store: Conversations) -> None:
    thinker = FakeThinker(script=('Title: "Boiling', ' soft eggs."\n', "More text"))
    titles = Titles(thinker, store, Settings())
    id = _answered(store)
    assert await titles.give(id) == "Boiling soft eggs" == store.get(id).title
    (request,) = thinker.requests
    assert request.background and (request.node, request.model, request.zones) == ("local", STRONG.name, ("local",))
    assert await titles.give(id) == "" and len(thinker.requests) == 1


async def test_the_first_words_stay_where_no_title_can_be_had(store: Conversations) -> None:
    asked = [
        FakeThinker(model=STARTER),  # too weak
        FakeThinker(state="busy"),
        FakeThinker(script=("I am sorry, but as a model I cannot name this conversation for you at all",)),
    ]
    for thinker in asked:
        id = _answered(store, thinker.model.name)
        assert await Titles(thinker, store, Settings()).give(id) == ""
        assert store.get(id).titled == "question"
    own, off = _answered(store), _answered(store)
    store.rename(own, "Mine")
    assert await Titles(FakeThinker(), store, Settings()).give(own) == "" and store.get(own).title == "Mine"
    assert await Titles(FakeThinker(), store, Settings(window_titles=False)).give(off) == ""
    assert len(asked[0].requests) + len(asked[1].requests) == 0


def test_what_models_say_becomes_one_plain_line() -> None:
    assert cleaned("**Eier kochen**\n\nweil …") == "Eier kochen" and cleaned("Titel: „Eier“.") == "Eier"
    assert cleaned("\n") == "" == cleaned("***") == cleaned("one two three four five six seven eight nine")
