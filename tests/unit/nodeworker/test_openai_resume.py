"""Going on with an answer on an OpenAI-style server: the seam, and how the way is found."""

from __future__ import annotations

import random

import pytest

from nodeworker.engines.openai.resume import Continued, Retold, Seam, Way, anchor, measured
from nodeworker.errors import AnswerLost


def drained(seam: Seam, text: str, sizes: random.Random) -> str:
    out, at = "", 0
    while at < len(text):
        size = sizes.randint(1, 6)
        out += seam.feed(text[at : at + size])
        at += size
    return out + seam.finish()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("shown", "said", "new"),
    [
        ("The capital of France is", "capital of France is Paris.", " Paris."),
        ("The capital of France is", '"capital of France is" Paris.', " Paris."),
        ("The capital of France is", "…capital of France is Paris.", " Paris."),
        ("The capital of France is ", "of France is Paris.", "Paris."),
        ("The capi", "The capital of France", "tal of France"),
        ("The capi", "capital of France", "tal of France"),
        ("Hello, my dear", "Hello, my dear friend", " friend"),
        ("The cat sat", "on the mat.", " on the mat."),
        ("The cat sat", " on the mat.", " on the mat."),
        ("The cat sat ", "on the mat.", "on the mat."),
        ("The cat sat", ".", "."),
        ("東京", "都です", "都です"),
        ("one two one two", "one two three", " three"),
        ("A short one", "one", ""),
        ("Wait", "", ""),
    ],
)
def test_a_retold_answer_has_a_seam(shown: str, said: str, new: str, seed: int) -> None:
    assert drained(Retold(shown), said, random.Random(seed)) == new


def test_an_answer_that_is_told_anew_is_lost() -> None:
    shown = "It was a dark and stormy night; the rain fell in torrents, except at occasional intervals"
    with pytest.raises(AnswerLost, match="anew"):
        drained(Retold(shown), shown[:60] + "as cats and dogs and nobody saw it.", random.Random(1))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("shown", "said", "new"),
    [
        ("Hello", " world", " world"),
        ("Hello ", " world", "world"),
        ("Hello\n\n", "\n\n\nnext", "\nnext"),
        ("Hello ", "\nworld", "\nworld"),
        ("la la", "la la la", "la la la"),
        ("  ", "  both", "both"),
    ],
)
def test_a_continued_answer_has_a_seam(shown: str, said: str, new: str, seed: int) -> None:
    assert drained(Continued(shown, echo=False), said, random.Random(seed)) == new
    if shown.strip():
        assert drained(Continued(shown, echo=True), shown.rstrip() + said, random.Random(seed)) == new


def test_an_echo_of_something_else_is_lost() -> None:
    with pytest.raises(AnswerLost):
        drained(Continued("Hello world", echo=True), "Hello word", random.Random(1))


def test_the_anchor_is_short() -> None:
    assert anchor("one two  three\nfour five six seven eight nine ten") == "three four five six seven eight nine ten"
    assert len(anchor("x" * 5000)) <= 120


@pytest.mark.parametrize(
    ("knows", "found"), [("fields", Way.FIELDS), ("prefill", Way.PREFILL), ("", Way.RETELL), ("mute", Way.RETELL)]
)
def test_the_way_is_measured_by_tokens(knows: str, found: Way) -> None:
    def count(messages: list[dict[str, str]], more: dict[str, object]) -> int:
        if knows == "mute":
            return 0
        words = sum(4 + len(message["content"].split()) for message in messages)
        goes_on = messages[-1]["role"] == "assistant" and (knows == "prefill" or (knows == "fields" and more))
        return words - 1 if goes_on else words + 3

    # With "prefill" the unknown fields do no harm, so the first way that is tried is the one found.
    wanted = {found, Way.FIELDS} if knows == "prefill" else {found}
    assert measured("other", count, lambda messages, more: "").way in wanted
    assert measured("llama-server", count, lambda messages, more: "").way is found
