"""Which hotwords fit into a recogniser's prompt."""

from __future__ import annotations

from nodeworker.engines.speech.hotwords import MOST_TOKENS, MOST_WORDS, fitting


def by_words(text: str) -> int:
    """A tokenizer with one token a word."""
    return len(text.split())


def test_hotwords_are_joined_in_their_order_and_doubles_left_out() -> None:
    assert fitting(["Hibari", "  Zarquon \n Beta ", "hibari"], by_words) == "Hibari, Zarquon Beta"
    assert fitting([], by_words) == ""


def test_what_is_no_word_or_a_command_of_the_tokenizer_is_left_out() -> None:
    assert fitting(["", " ", "--", "\0\x1b[31m", "Ann,Bob"], by_words) == "[31m, Ann Bob"
    assert fitting(["<|endoftext|>", "<|en|>Moss<|notimestamps|>", "<|Ivy", "<<|x|>|en|>"], by_words) == "Moss, Ivy, en"


def test_only_as_many_as_fit_are_taken_and_a_shorter_one_may_still_fit() -> None:
    assert fitting(["x" * 61, "y" * 100_000, "z"], by_words) == "z"
    many = fitting((f"name{n}" for n in range(10_000_000)), by_words)
    assert len(many.split(", ")) == MOST_WORDS
    long = [" ".join(f"w{n}x{m}" for m in range(10)) for n in range(12)]
    taken = fitting([*long, "short"], by_words)
    assert by_words(taken) <= MOST_TOKENS and taken.endswith("short")
