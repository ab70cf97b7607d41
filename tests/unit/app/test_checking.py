"""The check of a finished answer: what is backed, by which passage, by words and by meaning."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence

import pytest

from app.checking import check
from app.errors import NodeError
from app.events import Passage
from app.thinking import Embeddings
from tests.fakes import passage

TOWER = passage(1)
RIVER = passage(2, "The Danube flows through Vienna and Budapest. It is 2,850 kilometres long.", path="/docs/river.md")
BOTH = (TOWER, RIVER)


class Embedder:
    """Gives every text the same vector, or vectors at right angles; counts its calls."""

    def __init__(self, alike: bool = False, wait: bool = False, error: NodeError | None = None) -> None:
        self.alike, self.wait, self.error = alike, wait, error
        self.asked: list[Sequence[str]] = []

    async def __call__(self, texts: Sequence[str]) -> Embeddings:
        self.asked.append(texts)
        if self.error is not None:
            raise self.error
        if self.wait:
            await asyncio.Event().wait()
        rows = [(1.0, 0.0) if self.alike or at % 2 else (0.0, 1.0) for at in range(len(texts))]
        return Embeddings("fake", "00" * 32, 2, b"".join(struct.pack("<2f", *row) for row in rows))


async def _flags(text: str, embed: Embedder, passages: Sequence[Passage] = BOTH) -> list[tuple[tuple[int, ...], bool]]:
    verdict = await check(text, passages, "How high is the tower?", embed)
    assert [text[one.start : one.end].strip() for one in verdict.sentences]
    return [(one.cited, one.supported) for one in verdict.sentences]


async def test_backed_sentences_need_no_embedder_and_invented_ones_are_marked() -> None:
    embed = Embedder()
    text = "The tower is 330 metres high [1]. Napoleon built it in 1804 [2]."
    assert await _flags(text, embed) == [((1,), True), ((), False)]
    assert embed.asked == []  # a number is wrong: meaning cannot save it


async def test_a_citation_that_does_not_support_is_not_kept() -> None:
    verdict = await check("The tower is 330 metres high [2].", BOTH, "How high is the tower?", Embedder())
    assert verdict.cited == (1,) and verdict.grounded


async def test_other_words_with_the_same_meaning_are_backed() -> None:
    embed = Embedder(alike=True)
    assert await _flags("That stream touches several capitals [2].", embed) == [((2,), True)]
    assert len(embed.asked) == 1 and len(embed.asked[0]) == 2
    assert await _flags("That stream touches several capitals [2].", Embedder()) == [((), False)]


@pytest.mark.parametrize("embed", [Embedder(wait=True), Embedder(error=NodeError("It is gone."))])
async def test_an_embedder_that_is_late_or_gone_leaves_it_to_the_words(embed: Embedder) -> None:
    async with asyncio.timeout(2.0):
        assert await _flags("That stream touches several capitals [2].", embed) == [((), False)]


async def test_a_refusal_claims_nothing_and_repeating_the_question_is_no_answer() -> None:
    verdict = await check("I could not find this in your documents.", BOTH, "How high?", Embedder())
    assert not verdict.grounded and verdict.cited == () and verdict.sentences[0].supported
    assert not (await check("The tower is high [1].", [TOWER], "How high is the tower?", Embedder())).grounded
    both = "I could not find this. “The tower is 330 metres high.” [1]"
    shown = await check(both, BOTH, "How old is the tower?", Embedder(), "I could not find this.")
    assert not shown.grounded and shown.cited == (1,)


async def test_an_answer_that_is_mostly_invented_is_not_grounded() -> None:
    text = "The tower is 330 metres high [1]. Napoleon conquered Moscow during winter 1812 with many tired soldiers."
    assert not (await check(text, BOTH, "How high is the tower?", Embedder())).grounded


async def test_what_the_program_says_itself_claims_nothing() -> None:
    text = "It is red.\n\nYour documents say:\n“The tower is 330 metres high.” [1]"
    assert await _flags(text, Embedder()) == [((), False), ((), True), ((1,), True)]
