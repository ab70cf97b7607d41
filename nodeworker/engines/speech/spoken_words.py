"""Words with times, as a recogniser gives them: joined to whole words, in order, without endless repetition. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence

from nodeworker.engines import Word

UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Scripts written without spaces between words (Thai, Lao, Burmese, Khmer, Chinese, Japanese)."""
_STARTS_UNSPACED = re.compile(rf"[{UNSPACED}]")
MOST_COMPRESSION = 2.4
"""Text that zlib makes smaller than this share of its length (1/2.4) repeats itself: Whisper's own threshold."""
_LOOP_WORDS = 12
"""Longest phrase that is looked for."""
_LOOP_TIMES = 4
"""Repetitions in a row that a speaker hardly makes."""


def whole_words(parts: Iterable[Word]) -> list[Word]:
    """Join what the recogniser takes apart inside a word ("ill", "-disposed") and strip the spaces."""
    words: list[Word] = []
    for part in parts:
        text = part.text.strip()
        if not text:
            continue
        if words and not part.text[0].isspace() and not _STARTS_UNSPACED.match(text):
            words[-1] = Word(words[-1].text + text, words[-1].start, max(words[-1].end, part.end))
        else:
            words.append(Word(text, part.start, part.end))
    return words


def in_order(words: Iterable[Word], start: float, end: float) -> list[Word]:
    """Return the words with times that never go back and stay between `start` and `end` seconds; to the millisecond.

    Alignment guesses: neighbouring words may overlap by a few hundredths of a second, the last may run past the end.
    """
    ordered: list[Word] = []
    at = start
    for word in words:
        begun = min(max(word.start, at), end)
        ended = min(max(word.end, begun), end)
        ordered.append(Word(word.text, round(begun, 3), round(ended, 3)))
        at = begun
    for index, word in enumerate(ordered[:-1]):
        if word.end > ordered[index + 1].start:
            ordered[index] = Word(word.text, word.start, ordered[index + 1].start)
    return ordered


def repeats_itself(text: str) -> bool:
    """Whether a text is so repetitive that the recogniser has probably run in a circle."""
    data = text.strip().encode()
    return bool(data) and len(data) / len(zlib.compress(data)) > MOST_COMPRESSION


def without_loops(words: Sequence[Word]) -> list[Word]:
    """Return the words, with a phrase that comes four times in a row or more kept once.

    Only a text that repeats itself as a whole is touched: "no, no, no, no" in the middle of a sentence stays.
    """
    if not repeats_itself("".join(word.text for word in words)):
        return list(words)
    plain = [plain_word(word.text) for word in words]
    kept: list[Word] = []
    at = 0
    while at < len(words):
        step, times = _loop_at(plain, at)
        kept += words[at : at + step]
        at += step * times
    return kept


def plain_word(text: str) -> str:
    """Return the letters and digits, without case: what is compared when two readings are."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _loop_at(plain: Sequence[str], at: int) -> tuple[int, int]:
    """Length of the phrase that is repeated from here on, and how often; (1, 1) for none."""
    for length in range(1, min(_LOOP_WORDS, (len(plain) - at) // _LOOP_TIMES) + 1):
        times = 1
        while plain[at : at + length] == plain[at + times * length : at + (times + 1) * length]:
            times += 1
        if times >= _LOOP_TIMES:
            return length, times
    return 1, 1
