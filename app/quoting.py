"""The sentences of the passages that answer a question best, word for word; pure.

A model that cannot be trusted is not the one to answer from documents: the documents speak first. Measured in
docs/assistant.md: one or two quoted sentences hold the right answer more often than the starter model's own words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app import words
from app.defusing import seen
from app.events import Passage

FITTING = 0.2
"""Added when a sentence holds the kind of thing that is asked for: a number, a name."""
RANK = 0.05
"""Taken off for each place that the passage stands behind the first."""
SIMILARITY = 0.5
"""Weight of the passage's similarity."""
CLOSE = 0.25
"""Another sentence is quoted when it is this close to the first."""
MOST = 3
QUOTED_WORDS = 4
LONGEST = 420
"""Characters of one quotation."""
SHORTEST = 12

_QUOTED = re.compile(r"“([^“”\n]{8,600})”|\"([^\"\n]{8,600})\"|«([^«»\n]{8,600})»|„([^„“”\n]{8,600})[“”]")
_NUMBER_ASKED = re.compile(
    r"\b(how (many|much|long|old|far|high|tall|big|large|fast|often)|when"
    r"|what (year|date|percent|percentage|number|century|decade|day|month|age|population|amount))\b"
)
_NAME_ASKED = re.compile(r"\b(who|whose|whom|where|(what|which) (person|country|city|state|company|name))\b")
_NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|billion|half|third"
    r"|quarter|first|second|once|twice|dozen|century|(mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march"
    r"|april|may|june|july|august|september|october|november|december)\b"
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of the passage with number `n`."""

    n: int
    text: str
    score: float

    def __str__(self) -> str:
        """Return the sentence in quotation marks with its number."""
        return f"“{self.text}” [{self.n}]"


def quotes(question: str, passages: Sequence[Passage], most: int = MOST) -> tuple[Quote, ...]:
    """Return the best sentence, and others only when they are about as good; empty when no passage has sentences.

    Args:
        question: What is asked.
        passages: Where to look, best first.
        most: How many sentences at most.
    """
    found: list[tuple[int, str]] = []
    for place, passage in enumerate(passages):
        for start, end in words.sentences(passage.text):
            sentence = " ".join(passage.text[start:end].split())
            if len(sentence) >= SHORTEST:
                found.append((place, sentence))
    stems = [set(words.content(sentence)) for _, sentence in found]
    spread = Counter(stem for sentence in stems for stem in sentence)
    asked = {stem: words.rarity(spread[stem], len(found)) for stem in set(words.content(question))}
    whole = sum(asked.values()) or 1.0
    ranked: list[Quote] = []
    for (place, sentence), stems_of in zip(found, stems, strict=True):
        score = sum(weight for stem, weight in asked.items() if stem in stems_of) / whole
        score += FITTING * fits(question, sentence) - RANK * place + SIMILARITY * passages[place].similarity
        ranked.append(Quote(passages[place].n, _short(sentence), score))
    ranked.sort(key=lambda quote: -quote.score)
    best: list[Quote] = []
    for quote in ranked:
        if len(best) == most or quote.score < ranked[0].score - CLOSE:
            break
        if all(quote.text != other.text for other in best):  # chunks overlap
            best.append(quote)
    return tuple(best)


def inexact(text: str, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return what stands in quotation marks in an answer and not, word for word, in any passage.

    Blanks, kinds of quotation marks and dashes, and characters that nobody sees make no difference; fewer than
    QUOTED_WORDS words are a name or a title, not a quotation.
    """
    known = [_plainly(f"{passage.header} {passage.text}") for passage in passages]
    found = []
    for match in _QUOTED.finditer(text):
        said = next(group for group in match.groups() if group is not None).strip()
        bare = _plainly(said.strip(" .,;:!?…"))
        if len(bare.split()) >= QUOTED_WORDS and not any(bare in one for one in known):
            found.append(said)
    return tuple(dict.fromkeys(found))


def _plainly(text: str) -> str:
    text = unicodedata.normalize("NFKC", seen(text))
    text = re.sub("[‘’‚‛`´′]", "'", re.sub("[“”„‟«»″]", '"', text))
    return " ".join(re.sub("[‐‑‒–—−]", "-", text).split()).casefold()


def fits(question: str, sentence: str) -> bool:
    """Say whether the sentence holds a number or a name if the question asks for one."""
    asked = question.lower()
    if _NUMBER_ASKED.search(asked):
        return bool(_NUMBER.search(sentence.lower()))
    if _NAME_ASKED.search(asked):
        known = set(re.findall(r"\w+", asked))
        return any(word[0].isupper() and word.lower() not in known for word in re.findall(r"\w+", sentence)[1:])
    return True


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST else sentence[:LONGEST].rsplit(" ", 1)[0] + " …"
