"""Follow-up questions: forty written pairs, chains, and questions that must be left alone."""

from __future__ import annotations

import pytest

from app.following import queries, resolve
from app.prompts import Turn

# (question before, answer, follow-up, words that the search needs, words that would mislead it)
PAIRS = (
    ("Where does the Danube flow?", "Through Vienna and Budapest [1].", "And how long is it?", "long danube", ""),
    ("How high is the Eiffel Tower?", "It is 330 metres high [1].", "When was it built?", "eiffel tower built", ""),
    ("Who wrote Hamlet?", "William Shakespeare [1].", "When was he born?", "shakespeare born", ""),
    ("Who discovered radium?", "Marie Curie discovered it [2].", "Where did she study?", "curie study", ""),
    ("What was the revenue in 2018?", "It was 4 million [1].", "And in 2019?", "revenue 2019", "2018"),
    ("What was the revenue in 2018?", "It was 4 million [1].", "What about 2020?", "revenue 2020", "2018"),
    ("How many people were hired in March?", "Twelve [1].", "And in April?", "people hired april", "march"),
    ("What did we spend in Q1?", "3,000 euros [1].", "How about Q2?", "spend q2", "q1"),
    ("How long is the notice period?", "Three months [1].", "And the deposit?", "deposit long", "notice"),
    ("Who is the mayor of Vienna?", "Michael Ludwig [1].", "And of Graz?", "mayor graz", "vienna"),
    ("What is the population of Sweden?", "10 million [1].", "What about Norway?", "population norway", "sweden"),
    ("Which river flows through Vienna?", "The Danube [1].", "How long is it?", "long danube", ""),
    ("What is the capital of France?", "Paris [1].", "How many people live there?", "people live paris", ""),
    ("Where was Mozart born?", "In Salzburg [1].", "What else happened there?", "happened salzburg", ""),
    ("When was the contract with Miller signed?", "On 3 May [1].", "When does it end?", "contract end", ""),
    ("What does the warranty cover?", "Parts and labour [1].", "How long does it last?", "warranty last", ""),
    ("What does the warranty cover?", "Parts and labour [1].", "Tell me more.", "warranty cover", ""),
    ("Why did the bridge collapse?", "The cables rusted [1].", "When?", "bridge collapse", ""),
    ("The invoice was not paid. Is that right?", "Yes [1].", "Why?", "invoice paid", ""),
    ("Which options are there?", "There are three: solar, wind and water.", "How much does the second one cost?",
     "wind cost", "solar"),
    ("List the suppliers.", "1. Acme Ltd\n2. Borg AG\n3. Cyber SA", "What about the second one?", "borg", "acme cyber"),
    ("List the suppliers.", "- Acme: screws\n- Borg AG: nails", "Who founded the first one?", "founded acme", "borg"),
    ("Which cities are named?", "They are Rome, Milan and Turin [1].", "How large is the last one?", "large turin",
     "rome milan"),
    ("Who were the founders?", "The founders were Ann Lee and Bob Ray [1].", "Where did the latter work?",
     "bob ray work", "ann"),
    ("Who leads the audit?", "Carla Gomez leads it [1].", "What is her phone number?", "gomez phone number", ""),
    ("What is Project Falcon?", "A new engine [1].", "Who pays for it?", "pays project falcon", ""),
    ("When did the Normans invade England?", "In 1066 [1].", "Who led them?", "led normans", ""),
    ("What did Paul Baran develop?", "Message switching [1].", "Why did he do this?", "paul baran", ""),
    ("How do I reset the printer?", "Hold the button for 5 s [1].", "What if that does not work?", "printer", ""),
    ("What is the fine for late payment?", "2 % a month [1].", "And for early payment?", "fine early payment", "late"),
    ("How many cows does the farm have?", "Forty [1].", "And sheep?", "farm sheep", ""),
    ("When does the museum open on Monday?", "At 10 [1].", "And on Sunday?", "museum open sunday", "monday"),
    ("What is the interest rate of the loan?", "4 % [1].", "Is it fixed?", "fixed interest rate", ""),
    ("Who is the landlord?", "Peter Stone [1].", "What is his address?", "peter stone address", ""),
    ("Which law applies to the lease?", "Austrian law [1].", "Since when does the lease run?", "lease run", ""),
    ("¿Cuánto costó la reforma en 2018?", "4.000 euros [1].", "¿Y en 2019?", "2019", "2018"),
    ("Wie hoch war die Miete 2018?", "900 Euro [1].", "Und 2019?", "miete 2019", "2018"),
    ("What is the deadline for the tax return?", "31 July [1].", "Can it be extended?", "extended deadline", ""),
    ("Where is the key of the cellar?", "In the kitchen [1].", "Who has it?", "key cellar", ""),
    ("What does section 4 say?", "It says who pays [1].", "And section 5?", "section 5 say", "4"),
)  # fmt: skip


@pytest.mark.parametrize(("before", "answer", "asked", "needed", "wrong"), PAIRS)
def test_forty_pairs(before: str, answer: str, asked: str, needed: str, wrong: str) -> None:
    found = resolve(asked, [Turn("user", before), Turn("assistant", answer)]).lower()
    assert [word for word in needed.split() if word not in found] == [], found
    assert [word for word in wrong.split() if word in found.split("?")[0].split()] == [], found


@pytest.mark.parametrize(
    "asked",
    [
        "How many people live in the city of Budapest?",
        "What did the company do with its profits?",
        "Is it true that the moon is hollow?",
        "Who said that the contract ends in May?",
        "When was Vienna founded and who built it?",
        "What are these grey stones called that the Romans used?",
    ],
)
def test_what_stands_alone_is_left_alone(asked: str) -> None:
    turns = [Turn("user", "How long is the notice period?"), Turn("assistant", "Three months [1].")]
    assert resolve(asked, turns) == asked


def test_a_chain_of_follow_ups_keeps_its_topic() -> None:
    turns = [
        Turn("user", "What was the revenue of Acme in 2018?"),
        Turn("assistant", "4 million [1]."),
        Turn("user", "And in 2019?"),
        Turn("assistant", "5 million [1]."),
    ]
    assert resolve("And in 2020?", turns) == "What was the revenue of Acme in 2020?"


def test_without_a_conversation_nothing_changes() -> None:
    assert resolve("And in 2019?", []) == "And in 2019?"
    assert queries("How long is it?", []) == ("How long is it?",)


def test_what_is_searched_falls_back_to_both_questions() -> None:
    turns = [Turn("user", "Where does the Danube flow?"), Turn("assistant", "Through Vienna [1].")]
    assert queries("How long is it?", turns)[-1] == "Where does the Danube flow? How long is it?"
    assert queries("When does the greenhouse open?", turns) == (
        "When does the greenhouse open?",
        "Where does the Danube flow? When does the greenhouse open?",
    )
    assert queries("How many people live in the city of Budapest?", turns) == (
        "How many people live in the city of Budapest?",
    )


@pytest.mark.parametrize("asked", ["", "?", "it " * 5000, "[1] " * 2000, "\u202e\x00", "and " * 3000])
def test_strange_questions_end_quickly(asked: str) -> None:
    answer = "1. a\n" * 3000 + "x, y and z " * 1000
    assert isinstance(resolve(asked, [Turn("user", "Where is Rome? " * 300), Turn("assistant", answer)]), str)
