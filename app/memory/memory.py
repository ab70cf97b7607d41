"""The memory as the assistant uses it: kept facts and earlier turns, and those of them that a question is about.

Found by vectors of this machine's embedder and by words; without an embedder by words alone. Texts are embedded after
an answer, in the background, and never leave this machine for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import words
from app.errors import NodeError
from app.events import Passage
from app.memory.facts import Fact, Facts
from app.memory.turns import Said, Turns
from app.thinking import Embedder, Embeddings

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

MEMORY, CONVERSATION = "memory", "conversation"
"""What `Passage.origin` says of a fact and of an earlier turn."""
MOST_FACTS, MOST_TURNS = 4, 2
"""That one answer gets."""
CANDIDATES = 24
"""Turns that words and vectors bring each."""
BATCH = 64
"""Texts that are embedded after an answer, at most: a second or two in the background."""
NEAR = 0.35
"""Cosine from which a fact fits a question; a fact was worth remembering, so little suffices."""
WORDED = 0.5
"""Share of the question's words, by rarity, from which a fact or turn fits it without its vector."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The vector of a question, and of which model it is."""

    model: str
    vector: bytes


class Memory:
    """What is remembered under one home. Everything but `learn` blocks for milliseconds; call it from a thread."""

    def __init__(self, home: Path) -> None:
        """Open nothing yet."""
        self.facts = Facts(home)
        self.turns = Turns(home)
        self._ids: list[int] = []
        self._rows: NDArray[Any] | None = None
        self._model = ""

    def sweep(self, conversations: Collection[str]) -> None:
        """Forget what was said in conversations that are none of these. Raises StoreError."""
        if self.turns.sweep(conversations):
            self._ids, self._rows = [], None

    def find(self, question: str, asked: Asked | None, *, turns: bool, here: str, private: bool) -> list[Passage]:
        """Return what fits a question, facts first, each the best first; numbered from 1. Raises StoreError.

        Args:
            question: What is asked.
            asked: Its vector; None searches by words alone.
            turns: Search earlier conversations, too.
            here: The conversation of the question, whose own turns are left out.
            private: The answer stays on this machine, so what shall not leave it may be used.
        """
        facts = [fact for fact in self.facts.all() if private or not fact.private]
        said = self._candidates(question, asked) if turns else []
        said = [one for one in said if one.conversation != here and (private or not one.private)]
        texts = [fact.text for fact in facts] + [f"{one.question} {one.answer}" for one in said]
        overlaps = _overlaps(question, texts)
        cosines = self._cosines(asked, facts, said)
        found_facts = [
            (cosine + overlap, _of_fact(fact, cosine, overlap))
            for fact, overlap, cosine in zip(facts, overlaps, cosines, strict=False)
            if cosine >= NEAR or overlap >= WORDED
        ]
        found_turns = [
            (cosine + overlap, _of_turn(one, cosine, overlap))
            for one, overlap, cosine in zip(said, overlaps[len(facts) :], cosines[len(facts) :], strict=True)
        ]
        best = _best(found_facts, MOST_FACTS) + _best(found_turns, CANDIDATES)
        return [replace(passage, n=n) for n, passage in enumerate(best, 1)]

    async def learn(self, embedder: Embedder, more: Sequence[Said] = ()) -> None:
        """Take `more` turns, and give vectors to what has none, BATCH texts at most; without an embedder it waits.

        Raises StoreError.
        """
        if more:
            await asyncio.to_thread(self.turns.add, more)
        facts = await asyncio.to_thread(self.facts.lacking, self._model)
        said = await asyncio.to_thread(self.turns.lacking, self._model, BATCH)
        facts = facts[:BATCH]
        said = said[: BATCH - len(facts)]
        texts = [fact.text for fact in facts] + [f"{one.question}\n{one.answer}" for one in said]
        if not texts:
            return
        try:
            made = await embedder.embed(texts, "passage", zones=("local",))
        except NodeError as error:
            log.info("what was said is not embedded now: %s", error.message)
            return
        rows = _rows(made)
        self._model = self._model or made.sha256
        of_facts = {fact.id: row for fact, row in zip(facts, rows, strict=False)}
        of_turns = {one.id: row for one, row in zip(said, rows[len(facts) :], strict=True)}
        await asyncio.to_thread(self.facts.keep_vectors, made.sha256, of_facts)
        await asyncio.to_thread(self.turns.keep_vectors, made.sha256, of_turns)

    def close(self) -> None:
        """Close the files."""
        self.facts.close()
        self.turns.close()

    def _candidates(self, question: str, asked: Asked | None) -> list[Said]:
        found = {one.id: one for one in self.turns.worded(question, CANDIDATES)}
        if asked is not None:
            near = [id for id in self._nearest(asked) if id not in found]
            if near:
                found |= {one.id: one for one in self.turns.some(near)}
        return list(found.values())

    def _nearest(self, asked: Asked) -> list[int]:
        import numpy

        self._load(asked.model)
        if self._rows is None or not self._ids:
            return []
        query = numpy.frombuffer(asked.vector, "<f4")
        if query.size != self._rows.shape[1]:
            return []
        scores = self._rows @ query.astype(self._rows.dtype)
        return [self._ids[int(at)] for at in numpy.argsort(-scores, kind="stable")[:CANDIDATES]]

    def _load(self, model: str) -> None:
        """Have the vectors of all turns in memory, 1.5 KB a turn; only new ones are read."""
        import numpy

        if model != self._model:
            self._model, self._ids, self._rows = model, [], None
        new = self.turns.vectors(model, self._ids[-1] if self._ids else 0)
        if new:
            rows = numpy.stack([numpy.frombuffer(vector, "<f4") for _, vector in new])
            self._rows = rows if self._rows is None else numpy.concatenate([self._rows, rows])
            self._ids += [id for id, _ in new]

    def _cosines(self, asked: Asked | None, facts: Sequence[Fact], said: Sequence[Said]) -> list[float]:
        if asked is None or not (facts or said):
            return [0.0] * (len(facts) + len(said))
        import numpy

        query = numpy.frombuffer(asked.vector, "<f4")
        of_facts = self.facts.vectors(asked.model)
        places = {id: at for at, id in enumerate(self._ids)} if self._model == asked.model else {}
        found: list[float] = []
        for fact in facts:
            row = numpy.frombuffer(of_facts[fact.id], "<f4") if fact.id in of_facts else None
            found.append(float(row @ query) if row is not None and row.size == query.size else 0.0)
        for one in said:
            at = places.get(one.id)
            found.append(float(self._rows[at] @ query) if at is not None and self._rows is not None else 0.0)
        return found


def unit(made: Embeddings) -> Asked:
    """Return the first vector, of length 1."""
    return Asked(made.sha256, _rows(made)[0])


def _rows(made: Embeddings) -> list[bytes]:
    import numpy

    rows = numpy.frombuffer(made.data, "<f4").reshape(-1, made.dimension)
    lengths = numpy.maximum(numpy.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return [row.tobytes() for row in (rows / lengths).astype("<f4")]


def _overlaps(question: str, texts: Sequence[str]) -> list[float]:
    asked = set(words.content(question))
    held = [set(words.content(text)) for text in texts]
    spread = Counter(stem for stems in held for stem in stems)
    # Of few texts no word is rare, so a word counts by its own where there are few.
    weights = {stem: words.rarity(spread[stem], max(len(texts), 8)) for stem in asked}
    return [words.overlap(asked, stems, weights) for stems in held]


def _best(found: list[tuple[float, Passage]], most: int) -> list[Passage]:
    return [passage for _, passage in sorted(found, key=lambda pair: -pair[0])[:most]]


def _of_fact(fact: Fact, cosine: float, overlap: float) -> Passage:
    return Passage(
        n=0, path=f"{MEMORY}:{fact.id}", page=None, section="", label=fact.created_at[:10], start=0, end=len(fact.text),
        score=round(cosine + overlap, 4), text=fact.text, similarity=round(cosine, 4), overlap=round(overlap, 4),
        origin=MEMORY,
    )  # fmt: skip


def _of_turn(one: Said, cosine: float, overlap: float) -> Passage:
    text = f"{one.question}\n{one.answer}"
    return Passage(
        n=0, path=f"{CONVERSATION}:{one.conversation}:{one.message}", page=None, section="", label=one.created_at[:10],
        start=0, end=len(text), score=round(cosine + overlap, 4), text=text, similarity=round(cosine, 4),
        overlap=round(overlap, 4), origin=CONVERSATION, rests_on=one.paths,
    )  # fmt: skip
