"""Spoken commands: told from questions, in English and German."""

from __future__ import annotations

import pytest

from app.voice.voice_commands import LANGUAGES, MOST_CHARACTERS, Command, Do, command


@pytest.mark.parametrize(
    ("said", "do"),
    [
        ("Stop.", Do.STOP),
        ("STOP!", Do.STOP),
        ("Um, stop, please.", Do.STOP),
        ("Stop, thank you.", Do.STOP),
        ("Never mind.", Do.STOP),
        ("Okay, new conversation.", Do.NEW),
        ("Could you please start a new conversation?", Do.NEW),
        ("Read that again, please.", Do.AGAIN),
        ("Send it to the GPU.", Do.ELSEWHERE),
        ("Think on this machine now", Do.HERE),
        ("Stopp!", Do.STOP),
        ("Äh, neues Gespräch, bitte.", Do.NEW),
        ("Lies das noch einmal vor.", Do.AGAIN),
        ("Schick es an die GPU.", Do.ELSEWHERE),
        ("Denk auf diesem Rechner.", Do.HERE),
        ("Neues Gespra\u0308ch.", Do.NEW),
    ],
)
def test_a_command_is_understood_whatever_stands_around_it(said: str, do: Do) -> None:
    assert command(said) == Command(do)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Search my documents for the height of the tower.", "the height of the tower."),
        ("Please search my documents for Dr. Müller's C++ notes", "Dr. Müller's C++ notes"),
        ("Suche in meinen Dokumenten nach der Rechnung von 2019!", "der Rechnung von 2019!"),
    ],
)
def test_what_to_search_for_is_kept_as_it_was_said(said: str, wanted: str) -> None:
    assert command(said) == Command(Do.SEARCH, wanted)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "…",
        "Please.",
        "Thank you.",
        "Okay.",
        "Stop words in English are what?",
        "What does stop mean?",
        "Where does the bus stop?",
        "Don't stop.",
        "Do not stop.",
        "Can you stop the bleeding with pressure?",
        "How do I cancel my contract?",
        "Cancel my contract.",
        "What is a new conversation?",
        "When did the new conversation begin?",
        "Start a new conversation about towers.",
        "Who said that again?",
        "Read that again in the second chapter.",
        "Read that book.",
        "Repeat after me.",
        "What does send it to the GPU mean?",
        "Why does it use the GPU?",
        "Use the GPU guide to explain warps.",
        "Can machines think on this machine?",
        "Search my documents for",
        "Search my documents.",
        "How do I search my documents for a name?",
        "Why is it so quiet here?",
        "Halt die Rede kurz zusammen.",
        "Was heißt abbrechen?",
        "Wie breche ich ab?",
        "Stoppwörter im Deutschen sind welche?",
        "Wo ist die nächste Haltestelle?",
        "Was ist ein neues Gespräch?",
        "Ruhe in Frieden",
    ],
)
def test_a_question_is_never_taken_for_a_command(said: str) -> None:
    assert command(said) is None


def test_a_long_utterance_is_no_command() -> None:
    assert command("um " * MOST_CHARACTERS + "stop") is None


def test_every_phrase_of_a_table_is_its_command_and_nothing_else() -> None:
    for table in LANGUAGES:
        assert set(table.phrases) == set(Do) - {Do.SEARCH}
        for do, phrases in table.phrases.items():
            assert [command(phrase) for phrase in phrases] == [Command(do)] * len(phrases)
        for opening in table.searches:
            assert command(f"{opening} cats") == Command(Do.SEARCH, "cats")
