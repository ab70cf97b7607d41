"""Sentences with passages that back them and passages that don't, made from questions with known answers.

A sentence is the bare answer, or the question's words around it. It is not backed when its answer is one of another
question (about the same paragraph: `swapped`; of another document: `foreign`), when the paragraph that says it is not
among the passages (`elsewhere`), or when the question was changed so that the paragraph no longer answers it (`trap`,
the unanswerable questions of SQuAD 2.0 with their plausible wrong answers).
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.events import Passage

_ASKING = re.compile(
    r"^(in |on |at |for |to |from |of |by |with )?(what|which|who|whom|whose|when|where|why|how( many| much| long)?)\b"
    r"( (is|are|was|were|did|does|do|has|have|had)\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Pair:
    """One sentence and what was given to read."""

    kind: str
    """stated, bare (backed); swapped, foreign, elsewhere, trap (not backed)."""
    question: str
    sentence: str
    passages: tuple[Passage, ...]
    right: int
    """Number of the passage that backs it; 0 for none."""

    @property
    def backed(self) -> bool:
        """Whether the passages say it."""
        return self.right > 0


def pairs(folder: Path, wanted: int, seed: int = 0) -> list[Pair]:
    """Return the pairs of `wanted` questions that have answers, and of a third as many traps."""
    rows = [json.loads(line) for line in (folder / "qa.jsonl").read_text(encoding="utf-8").splitlines()]
    paragraphs = {path.name: _paragraphs(path) for path in sorted((folder / "docs").glob("*.md"))}
    chance = random.Random(seed)
    answerable = [row for row in rows if row["answerable"]]
    traps = [row for row in rows if row["kind"] == "near_miss" and row.get("plausible_wrong")]
    by_paragraph: dict[str, list[dict[str, Any]]] = {}
    for row in answerable:
        by_paragraph.setdefault(row["paragraph"], []).append(row)
    found: list[Pair] = []
    for row in chance.sample(answerable, min(wanted, len(answerable))):
        made = _passages(row, paragraphs, row["answers"][0], chance)
        if made is not None:
            found += _of(row, made, by_paragraph, answerable, chance)
    for row in chance.sample(traps, min(wanted // 3, len(traps))):
        made = _passages(row, paragraphs, row["plausible_wrong"][0], chance)
        if made is not None:
            sentence = stated(row["question"], row["plausible_wrong"][0])
            found.append(Pair("trap", row["question"], sentence, made[0], 0))
    return found


def stated(question: str, answer: str) -> str:
    """Put question and answer together into something like a statement."""
    said = _ASKING.sub("", question.strip().rstrip("?")).strip()
    return f"{answer} {said}." if said else f"{answer}."


def _of(
    row: dict[str, Any],
    made: tuple[tuple[Passage, ...], int],
    by_paragraph: dict[str, list[dict[str, Any]]],
    answerable: Sequence[dict[str, Any]],
    chance: random.Random,
) -> list[Pair]:
    passages, right = made
    question, answer = row["question"], row["answers"][0]
    found = [
        Pair("stated", question, stated(question, answer), passages, right),
        Pair("bare", question, f"{answer}.", passages, right),
    ]
    golds = {gold.lower() for gold in row["answers"]}
    others = [
        other["answers"][0]
        for other in by_paragraph[row["paragraph"]]
        if not any(other["answers"][0].lower() in gold or gold in other["answers"][0].lower() for gold in golds)
    ]
    if others:
        found.append(Pair("swapped", question, stated(question, chance.choice(others)), passages, 0))
    text = " ".join(passage.text for passage in passages).lower()
    foreign = [one["answers"][0] for one in chance.sample(answerable, 8) if one["answers"][0].lower() not in text]
    if foreign:
        found.append(Pair("foreign", question, stated(question, foreign[0]), passages, 0))
    rest = tuple(passage for passage in passages if passage.n != right)
    if not any(answer.lower() in passage.text.lower() for passage in rest):
        found.append(Pair("elsewhere", question, stated(question, answer), rest, 0))
    return found


def _passages(
    row: dict[str, Any], paragraphs: dict[str, list[str]], answer: str, chance: random.Random
) -> tuple[tuple[Passage, ...], int] | None:
    """Return the paragraph that says it among two others of its document, and its number."""
    doc = row.get("doc") or next(
        (name for name in paragraphs if name.startswith(row["paragraph"].rsplit("-", 1)[0])), ""
    )
    asked = set(re.findall(r"\w+", row["question"].lower()))
    holding = [text for text in paragraphs.get(doc, ()) if answer.lower() in text.lower()]
    if not holding:
        return None
    right = max(holding, key=lambda text: len(asked & set(re.findall(r"\w+", text.lower()))))
    others = [text for text in paragraphs[doc] if text != right]
    texts = [right, *chance.sample(others, min(2, len(others)))]
    chance.shuffle(texts)
    passages = tuple(Passage(n, doc, None, "", 0, len(text), 0.0, text) for n, text in enumerate(texts, 1))
    return passages, texts.index(right) + 1


def _paragraphs(path: Path) -> list[str]:
    blocks = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
    return [block.strip() for block in blocks if len(block) > 80 and not block.startswith("#")]
