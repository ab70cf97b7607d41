"""Words and sentences of plain text, pure: content words cut to a rough stem, sentences with their places.

Used to weigh how much of a question a passage covers and whether an answer is backed; the full-text index has its own
tokeniser.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:['’][^\W_]+)*")
"""A number with its points is one word: 2.5 is not 2 and 5."""
_ABBREVIATIONS = frozenset(
    re.findall(r"\S+", "a.m co col dr e.g etc fig gen i.e inc jr ltd mr mrs ms no p.m prof sr st u.k u.s vs")
)
_END = re.compile(r"[.!?。！？]+[\"”’')\]]*(?=\s|$)|\n\s*\n")
# Words without content in a question: articles, pronouns, prepositions, auxiliaries and question words.
_STOP_WORDS = """
a about above after again against all also am an and any are as at be because been before being below between both but
by can could did do does doing down during each few for from further had has have having he her here hers him his how
i if in into is it its itself just me more most my no nor not now of off on once only or other our out over own please
same she should so some such tell than that the their them then there these they this those through to too under until
up us very was we were what when where which while who whom whose why will with would you your yours
al como con cual cuales cuando cuanto de del desde donde el ella ellos en entre era es esta este esto fue ha han hasta
la las le les lo los mas muy no para pero por porque que quien se ser si sin sobre son su sus un una unas uno unos y ya
au aux avec ce ces cette dans des du elle est et etait il ils je leur mais ne nous ont ou par pas pour qu quel quelle
quels qui sa ses sont sur une vous
aber auf aus bei das dem den der des die ein eine einem einen einer es fur hat ich im ist mit nach nicht oder sich sie
sind und vom von war was wer wie wird wo zu zum zur
"""
_STOP = frozenset(_STOP_WORDS.split())
_ENDINGS = ("ations", "ation", "ingly", "ments", "ment", "ness", "edly", "ings", "ing", "ies", "ied", "ely", "ed", "es")


def all_words(text: str) -> list[str]:
    """Return the words of a text in order, folded to lower case."""
    return [match.group().lower() for match in _WORD.finditer(text)]


def content(text: str) -> list[str]:
    """Return the stems of the content words in order, repetitions included."""
    return [stem for stem in map(_stem_of, all_words(text)) if stem]


def rarity(count: int, total: int) -> float:
    """Return the weight of a word that occurs in `count` of `total` chunks: above 0, higher for a rarer word."""
    return math.log(1.0 + (total - min(count, total) + 0.5) / (min(count, total) + 0.5))


def overlap(question: Iterable[str], passage: Iterable[str], weights: Mapping[str, float]) -> float:
    """Return the share, 0…1, of the question's distinct words that occur in the passage, each by its weight.

    Args:
        question: Stems, as `content` returns them.
        passage: The same of the passage.
        weights: Weight of each stem of the question.
    """
    wanted = set(question)
    total = sum(weights[word] for word in wanted)
    if total <= 0:
        return 0.0
    present = wanted.intersection(passage)
    return min(1.0, sum(weights[word] for word in present) / total)


@functools.lru_cache(maxsize=65536)
def _stem_of(word: str) -> str:
    """Return the stem of a lower-case word, or "" for a stop word."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    folded = folded.replace("’", "'")
    head, _, tail = folded.partition("'")
    if tail:  # "node's" -> node, "l'eau" -> eau, "don't" -> a stop word either way
        folded = tail if len(head) <= 2 and len(tail) > 2 else head
    if folded in _STOP or (len(folded) == 1 and folded.isascii() and not folded.isdigit()):
        return ""
    if folded[0].isdigit() or not folded.isascii():
        return folded
    for ending in _ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= 3:
            folded = folded[: -len(ending)]
            # "stopped" and "stop", "running" and "run"
            if folded[-1] == folded[-2] and folded[-1] not in "lsz":
                folded = folded[:-1]
            break
    else:
        if folded.endswith("s") and not folded.endswith("ss") and len(folded) > 3:
            folded = folded[:-1]
    # "use", "used", "using", "city" and "cities" meet here
    return folded[:-1] if len(folded) > 3 and folded[-1] in "eyi" else folded


def sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence, blanks around it left out."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        before = text[start : match.start()].rsplit(None, 1)
        last = before[-1].lower().lstrip("(\"'“[") if before else ""
        single = len(last) == 1 and last.isalpha() and match.group().startswith(".")
        if last == "no" and not text[match.end() :].lstrip()[:1].isdigit():
            last = ""  # "No." is an answer, "No. 7" a number
        if match.group().startswith(".") and (last in _ABBREVIATIONS or single):
            continue
        _add(found, text, start, match.end())
        start = match.end()
    _add(found, text, start, len(text))
    return found


def _add(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    if piece.strip():
        found.append((start + left, start + len(piece.rstrip())))
