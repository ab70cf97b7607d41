"""Grounding: relevance, markers, support, refusals, loops, quotations."""

from __future__ import annotations

import pytest

from app import grounding, words
from tests.fakes import passage


@pytest.mark.parametrize(
    "text",
    [
        "I could not find this in your documents.",
        "I don’t know.",
        "The passages do not mention a queen.",
        "This is not mentioned in the text.",
        grounding.NOT_FOUND,
        "  ",
    ],
)
def test_refusals(text: str) -> None:
    assert grounding.refuses(text)


def test_an_answer_is_no_refusal() -> None:
    assert not grounding.refuses("The contract does not end before May; it can be found in the annex.")


def test_evidence_is_a_probability_that_grows_with_similarity_and_words() -> None:
    weak, middling, strong = (passage(similarity=s, overlap=o) for s, o in ((0.05, 0.0), (0.35, 0.4), (0.6, 0.9)))
    values = [grounding.evidence([one], "How high is the tower?") for one in (weak, middling, strong)]
    assert 0.0 < values[0] < 0.01 < values[1] < 0.6 < 0.99 < values[2] < 1.0
    assert grounding.evidence([weak, strong], "How high is the tower?") == values[2]
    assert grounding.evidence([], "How high is the tower?") == 0.0


def test_a_question_without_content_words_is_judged_by_its_cosine() -> None:
    assert grounding.evidence([passage(similarity=0.1, overlap=1.0)], "and what of it?") < grounding.ENOUGH
    assert grounding.evidence([passage(similarity=0.5, overlap=0.0)], "and what of it?") > grounding.ENOUGH


def test_what_only_distracts_is_left_out_and_nothing_relevant_is_nothing() -> None:
    near, worded = passage(similarity=0.7, overlap=0.1), passage(2, similarity=0.3, overlap=0.9)
    far = passage(3, similarity=0.3, overlap=0.1)
    assert grounding.relevant([near, far, worded], 5, "How high is the tower?") == (near, worded)
    assert grounding.relevant([near, worded], 1, "How high is the tower?") == (near,)
    assert grounding.relevant([far], 5, "How high is the tower?") == ()


@pytest.mark.parametrize(
    "text",
    [
        "Fine start. " + "The answer is 42. " * 4,
        "word " * 30,
        "- item\n- thing\n" * 8,
        "=" * 90,
        "Well. It is the king of France now. No. It is the king of France now. Yes. It is the king of France now. D",
    ],
)
def test_loops_are_seen(text: str) -> None:
    assert grounding.repeats(text)


@pytest.mark.parametrize(
    "text",
    [
        "The tower is 330 metres high. The river is 2,850 kilometres long. The tower is old. The river is older.",
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n",
        "Yes. Yes. No.",
        "x = 0\ny = 0\nz = 0\nfor i in range(10):\n    x += 1\n    y += 1\n    z += 1\n",
        "----------------\n",
    ],
)
def test_ordinary_text_is_no_loop(text: str) -> None:
    assert not any(grounding.repeats(text[:end]) for end in range(len(text)))


def test_sentences_do_not_end_at_abbreviations() -> None:
    text = "Dr. Smith met J. Doe at 3.5 p.m. today. They left!  \n\nNew part"
    assert [text[a:b] for a, b in words.sentences(text)] == [
        "Dr. Smith met J. Doe at 3.5 p.m. today.",
        "They left!",
        "New part",
    ]
