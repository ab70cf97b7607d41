"""Grounding: relevance, markers, support, refusals, loops, quotations."""

from __future__ import annotations

import pytest

from app import grounding, words
from app.grounding import CitationFilter, judge
from tests.fakes import passage

TOWER = passage(1)
RIVER = passage(2, "The Danube flows through Vienna and Budapest. It is 2,850 kilometres long.", path="/docs/river.md")


def test_a_marker_that_points_at_nothing_counts_for_nothing() -> None:
    assert grounding.markers("a [1] b [2][1] c [1, 3] d [9] e [2-3] [0]", 3) == (1, 2, 3)
    assert grounding.markers("no markers, array[i], [a]", 3) == ()


def test_an_answer_with_its_own_marker_is_grounded() -> None:
    verdict = judge("It is 330 metres high [1].", [TOWER, RIVER], "How high is the tower?")
    assert verdict == grounding.Verdict(True, (1,), "")


def test_a_missing_marker_is_added_by_support() -> None:
    verdict = judge("The Danube is 2,850 kilometres long.", [TOWER, RIVER], "How long is the Danube?")
    assert verdict == grounding.Verdict(True, (2,), " [2]")


def test_words_from_elsewhere_are_not_grounded() -> None:
    verdict = judge("Napoleon conquered Moscow during winter 1812 [1].", [TOWER], "How high is the tower?")
    assert not verdict.grounded
    assert judge("Napoleon conquered Moscow during winter.", [TOWER], "How high?").markers == ""


def test_repeating_the_question_is_no_answer() -> None:
    assert not judge("The tower is high.", [TOWER], "How high is the tower?").grounded


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
    assert judge(text, [TOWER], "Q") == grounding.Verdict(False, (), "")


def test_an_answer_is_no_refusal() -> None:
    assert not grounding.refuses("The contract does not end before May; it can be found in the annex.")


def test_relevance_needs_similarity_or_words() -> None:
    far = passage(similarity=0.05, overlap=0.0)
    near = passage(similarity=grounding.SIMILAR, overlap=0.0)
    worded = passage(similarity=grounding.RELATED, overlap=grounding.OVERLAP)
    assert not grounding.is_relevant(far) and grounding.is_relevant(near) and grounding.is_relevant(worded)
    assert grounding.relevant([far], 5) == ()
    assert grounding.relevant([near, far, worded], 1) == (near,)


EARLIER = "Where does the Danube flow?"


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("And how long is it?", (f"{EARLIER} And how long is it?",)),
        ("What about Vienna?", (f"{EARLIER} What about Vienna?",)),
        (
            "When does the greenhouse open?",
            ("When does the greenhouse open?", f"{EARLIER} When does the greenhouse open?"),
        ),
        ("How many people live in the city of Budapest?", ("How many people live in the city of Budapest?",)),
    ],
)
def test_follow_up_questions_search_with_the_one_before(question: str, searched: tuple[str, ...]) -> None:
    assert grounding.queries(question, [EARLIER]) == searched
    assert grounding.queries(question, []) == (question,)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_bad_markers_never_reach_the_reader(size: int) -> None:
    text = "One [1]. Two [7]. Three [1, 9] and list [x] and [12"
    stream = CitationFilter(2)
    pieces = [stream.feed(text[i : i + size]) for i in range(0, len(text), size)]
    assert "".join(pieces) + stream.flush() == "One [1]. Two . Three [1] and list [x] and [12"


def test_without_passages_brackets_are_left_alone() -> None:
    assert CitationFilter(0).feed("a[3] = [1, 2]") == "a[3] = [1, 2]"


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
