"""What the model reads of the passages: all of them where there is room, else their best sentences; pure.

Reading is what takes long on small machines: a Pi reads 40 tokens a second. 150 tokens of sentences that speak of the
question hold the answer as often as 430 tokens of whole passages (docs/assistant.md), so a slow node gets sentences.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app import words
from app.events import Passage
from app.quoting import fits

RANK = 0.05
"""Taken off a sentence for each place that its passage stands behind the first."""
SIMILARITY = 0.5
"""Weight of the passage's similarity."""
FITTING = 0.2
"""Added when a sentence holds the kind of thing that is asked for."""
NEIGHBOUR, AHEAD = 0.2, 0.6
"""Weight of the sentence before, and of that what the one after it counts: "It is …" follows what it speaks of."""
CHARACTERS_PER_TOKEN = 3
EXCERPT_OVERHEAD = 16
"""Tokens that a passage costs beside its text: number, file name, fence."""
GAP = " … "
_TABLE = re.compile(r"^[^\n|]*\|[^\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What the model reads of one passage."""

    passage: Passage
    text: str


def tokens(text: str) -> int:
    """Estimate the tokens of a text, rather too many than too few: scripts beyond Latin count one a character."""
    dense = sum(1 for character in text if ord(character) > 0x24F)
    return dense + (len(text) - dense + CHARACTERS_PER_TOKEN - 1) // CHARACTERS_PER_TOKEN


def merged(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Join passages that overlap or follow each other on one page, in the place of the better one; numbered anew."""
    kept: list[Passage] = []
    for passage in passages:
        at = next((i for i, other in enumerate(kept) if _touch(other, passage)), None)
        if at is None:
            kept.append(passage)
        else:
            kept[at] = _joined(kept[at], passage)
    return tuple(replace(passage, n=n) for n, passage in enumerate(kept, 1))


def excerpts(
    question: str, passages: Sequence[Passage], room: int, overhead: int = EXCERPT_OVERHEAD
) -> tuple[Excerpt, ...]:
    """Return what to read, best passage first, numbered from 1; at least one sentence when there are passages.

    Args:
        question: What is asked.
        passages: Relevant passages, best first.
        room: Tokens for all texts together, as `tokens` estimates.
        overhead: Tokens that each passage costs beside its text: number, file name, fence.
    """
    whole = sum(tokens(_with_header(passage, passage.text)) + overhead for passage in passages)
    if whole <= room:
        return tuple(
            Excerpt(replace(passage, n=n), _with_header(passage, passage.text)) for n, passage in enumerate(passages, 1)
        )
    chosen: dict[int, list[int]] = {}
    units = [_units(passage) for passage in passages]
    left = room
    for place, at in _ranked(question, passages, units):
        cost = tokens(units[place][at]) + 2
        if place not in chosen:
            cost += overhead + tokens(passages[place].header)
        if cost > left and chosen:
            continue
        chosen.setdefault(place, []).append(at)
        left -= cost
    return tuple(
        Excerpt(replace(passages[place], n=n), _with_header(passages[place], _pieced(units[place], sorted(taken))))
        for n, (place, taken) in enumerate(chosen.items(), 1)
    )


def _ranked(question: str, passages: Sequence[Passage], units: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Return (passage, sentence), best first."""
    places = [(place, at) for place, texts in enumerate(units) for at in range(len(texts))]
    stems = {(place, at): set(words.content(units[place][at])) for place, at in places}
    spread = Counter(stem for said in stems.values() for stem in said)
    asked = {stem: words.rarity(spread[stem], len(places)) for stem in set(words.content(question))}
    whole = sum(asked.values()) or 1.0
    said = {where: sum(weight for stem, weight in asked.items() if stem in stems[where]) / whole for where in places}

    def score(where: tuple[int, int]) -> float:
        place, at = where
        beside = max(said.get((place, at - 1), 0.0), AHEAD * said.get((place, at + 1), 0.0))
        value = said[where] + NEIGHBOUR * beside + SIMILARITY * passages[place].similarity - RANK * place
        return value + FITTING * fits(question, units[place][at])

    return sorted(places, key=lambda where: -score(where))


def _units(passage: Passage) -> list[str]:
    """Return what may be left out or not: the rows of a table, else sentences."""
    rows = passage.text.splitlines()
    if passage.header or len(_TABLE.findall(passage.text)) > len(rows) / 2:
        return [row for row in rows if row.strip()]
    return [passage.text[start:end] for start, end in words.sentences(passage.text)] or [passage.text]


def _pieced(units: Sequence[str], taken: Sequence[int]) -> str:
    """Put sentences together in their order, with a mark where some are left out."""
    text = ""
    for before, at in zip([None, *taken], taken, strict=False):
        rows = "|" in units[at] and "\n" not in units[at]
        glue = "" if before is None else "\n" if rows else " " if at == before + 1 else GAP
        text += glue + units[at]
    return text


def _with_header(passage: Passage, text: str) -> str:
    return f"{passage.header}\n{text}" if passage.header and passage.header not in text else text


def _touch(one: Passage, other: Passage) -> bool:
    """Say whether two passages are one piece of a document's text."""
    if (one.path, one.page, one.section, one.header) != (other.path, other.page, other.section, other.header):
        return False
    if len(one.text) != one.end - one.start or len(other.text) != other.end - other.start:
        return False  # the text is not that of the document, so it cannot be joined by places
    first, second = sorted((one, other), key=lambda passage: passage.start)
    return second.start <= first.end + 2


def _joined(one: Passage, other: Passage) -> Passage:
    first, second = sorted((one, other), key=lambda passage: passage.start)
    if second.end <= first.end:
        text = first.text
    else:
        text = first.text + "\n" * max(0, second.start - first.end) + second.text[max(0, first.end - second.start) :]
    spoken = [passage.seconds for passage in (one, other) if passage.seconds is not None]
    seconds = (min(a for a, _ in spoken), max(b for _, b in spoken)) if spoken else None
    return replace(
        one,
        start=first.start,
        end=max(first.end, second.end),
        text=text,
        score=max(one.score, other.score),
        similarity=max(one.similarity, other.similarity),
        overlap=max(one.overlap, other.overlap),
        seconds=seconds,
    )
