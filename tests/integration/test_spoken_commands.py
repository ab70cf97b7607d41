"""Spoken commands as a recogniser writes them down: each English phrase is said by the packaged voice and heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.cluster.cluster import Cluster
from app.events import Transcribed
from app.settings import Settings
from app.voice.audio_file import pcm_from_file
from app.voice.voice_commands import ENGLISH, Command, Do, command
from tests.spoken import question_wav

pytestmark = pytest.mark.models

MISHEARD = {"think here"}
"""Heard as "Thank you." by the smallest model: no command, so nothing is done by mistake."""
QUESTIONS = (
    "Where does the bus stop?",
    "How do I cancel my contract?",
    "What is a new conversation?",
    "Stop words in English are what?",
    "Why does it use the GPU?",
    "How do I search my documents for a name?",
)


@pytest.fixture
async def cluster(home: Path) -> AsyncIterator[Cluster]:
    cluster = Cluster(home, Settings(), discover=False)
    await cluster.start()
    yield cluster
    await cluster.close()


async def heard(cluster: Cluster, said: str) -> str:
    """Return what the node writes down of `said`."""
    events = cluster.transcribe(pcm_from_file(question_wav(said)), language="en")
    async with aclosing(events):
        *_, last = [event async for event in events]
    assert isinstance(last, Transcribed)
    return last.text


@pytest.mark.timeout(600)
@pytest.mark.parametrize("do", ENGLISH.phrases)
async def test_each_phrase_is_understood_as_it_is_heard(cluster: Cluster, do: Do) -> None:
    misheard = {}
    for phrase in ENGLISH.phrases[do]:
        text = await heard(cluster, f"{phrase.capitalize()}.")
        if command(text) != Command(do):
            assert command(text) is None, (phrase, text)  # never another command
            misheard[phrase] = text
    assert misheard.keys() <= MISHEARD, misheard


async def test_what_to_search_for_is_understood_as_it_is_heard(cluster: Cluster) -> None:
    for phrase in ENGLISH.searches:
        text = await heard(cluster, f"{phrase.capitalize()} the warranty of the pump.")
        assert command(text) == Command(Do.SEARCH, "the warranty of the pump."), text


async def test_questions_stay_questions_as_they_are_heard(cluster: Cluster) -> None:
    for said in QUESTIONS:
        text = await heard(cluster, said)
        assert command(text) is None, text
