"""Windows: how a text that is longer than a model reads at once is cut into pieces, and how long it may be at all."""

from __future__ import annotations

from collections.abc import Sequence

from nodeworker.errors import BadRequest

OVERLAP = 32
"""Tokens that two neighbouring windows share, so that what stands at a cut is read whole once; up to all of them are
given up where a cut moves to the beginning of a word."""
MOST_WINDOWS = 256
"""Of one text. With 256 tokens each that is some 57,000 tokens: a longer text has no one meaning to be found by."""
MOST_CHARACTERS = 2**19
"""Of one text: what is longer is not even tokenised, which takes a hundred bytes of memory a character."""
_HINT = "Cut it into passages and send these."


def check_length(texts: Sequence[str]) -> None:
    """Refuse what is too long to be looked at. Raises BadRequest."""
    for text in texts:
        if len(text) > MOST_CHARACTERS:
            raise BadRequest(f"A text of {len(text):,} characters is too long: at most {MOST_CHARACTERS:,}.", _HINT)


def windows(words: Sequence[int | None], room: int) -> list[tuple[int, int]]:
    """Return (first, last + 1) of each window of a text, all about equally long and none longer than `room` tokens.

    Args:
        words: For each token the number of the word that it belongs to; None where that is unknown.
        room: Tokens of the text that the model reads at once, at least 2.

    Raises:
        BadRequest: there would be more than MOST_WINDOWS.
    """
    length = len(words)
    if length <= room:
        return [(0, length)]
    overlap = min(OVERLAP, room // 4)
    count = -(-(length - overlap) // (room - overlap))
    if count > MOST_WINDOWS:
        most = MOST_WINDOWS * (room - overlap) + overlap
        raise BadRequest(f"A text of {length:,} tokens is too long for this model: at most {most:,}.", _HINT)
    size = -(-(length + (count - 1) * overlap) // count)
    found = []
    for number in range(count):
        first = number * (length - size) // (count - 1)
        last = first + size
        # Both cuts move inwards, by half of the overlap at most: no token is left out between two windows.
        if number > 0:
            reach = range(first, first + overlap // 2 + 1)
            first = next((at for at in reach if _begins(words, at)), first)
        if number < count - 1:
            reach = range(last, last - overlap // 2 - 1, -1)
            last = next((at for at in reach if _begins(words, at)), last)
        found.append((first, last))
    return found


def _begins(words: Sequence[int | None], at: int) -> bool:
    """Whether a word begins at this token."""
    return words[at] is not None and words[at] != words[at - 1]
