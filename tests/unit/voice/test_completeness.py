"""What sounds finished and what does not, in two languages."""

from __future__ import annotations

import pytest

from app.voice.completeness import PAUSES, Sounds, pause, sounds

FINISHED = [
    "What time is it in Paris?",
    "When does the warranty of the water pump end?",
    "Tell me a joke.",
    "Where does it come from?",
    "What are you looking for?",
    "What is the capital of France?",
    "Summarise the second report.",
    '"Read the last letter."',
    "Wann endet die Garantie der Wasserpumpe?",
    "Was ist das?",
    "Read it aloud, please.",
    "What is this?",
    "Wann hört das auf?",
]
OPEN = [
    "",
    "   …",
    "I would like to know the",
    "I would like to know the.",  # a recogniser ends everything with a full stop
    "Show me the letters and",
    "Show me the letters, and.",
    "When I was in Paris,",
    "The difference between",
    "I want, um,",
    "Tell me a joke. And in",
    "It is made of.",
    "What time is it? And in",
    "Find all invoices without",
    "First of all:",
    "Wie hoch ist der",
    "Wie hoch ist der.",
    "Zeig mir die Briefe und",
    "Der Unterschied zwischen",
    "Ich möchte, dass",
    "Suche alle Rechnungen ohne",
    "Und was ist mit dem",
]
UNSURE = [
    "Where does it come from",
    "the water pump",
    "Stop.",
    "Wann hört es auf",
    "Who am I?",
    "Paris",
    "Lies mir den letzten Brief vor.",
    "Ich möchte wissen, wann die",
]


@pytest.mark.parametrize("text", FINISHED)
def test_a_whole_sentence_sounds_finished(text: str) -> None:
    assert sounds(text) is Sounds.FINISHED
    assert pause(text) == 0.5


@pytest.mark.parametrize("text", OPEN)
def test_after_a_word_that_goes_on_it_waits_longer(text: str) -> None:
    assert sounds(text) is Sounds.OPEN
    assert pause(text) == 1.5


@pytest.mark.parametrize("text", UNSURE)
def test_where_it_cannot_be_told_the_pause_lies_between(text: str) -> None:
    assert sounds(text) is Sounds.UNSURE
    assert PAUSES[Sounds.FINISHED] < pause(text) < PAUSES[Sounds.OPEN]


def test_the_language_decides_on_words_that_both_have() -> None:
    assert sounds("So he began to die.", "en") is Sounds.FINISHED
    assert sounds("Und dann kam die", "de") is Sounds.UNSURE
    assert sounds("He was an", "en") is Sounds.OPEN
    assert sounds("Wann fängt das an?", "de") is Sounds.FINISHED
    assert sounds("Quelle heure est-il à Paris ?", "fr") is Sounds.FINISHED


def test_the_text_may_be_anything() -> None:
    for text in ("?", "...", "a" * 10_000, "\x00", "🙂", "12", "12.5"):
        assert sounds(text) in Sounds
