"""Windows of long texts: every token is read, at the beginning of a word where there is one, and not without end."""

from __future__ import annotations

import itertools
import random

import pytest

from nodeworker.engines.embedding.windows import MOST_CHARACTERS, MOST_WINDOWS, OVERLAP, check_length, windows
from nodeworker.errors import BadRequest


def _words(length: int, longest: int, seed: int) -> list[int | None]:
    """Numbers of words of 1 to `longest` tokens each."""
    chance = random.Random(seed)
    found: list[int | None] = []
    while len(found) < length:
        found += [len(found)] * chance.randint(1, longest)
    return found[:length]


def test_what_fits_is_one_window() -> None:
    assert windows([], 10) == [(0, 0)]
    assert windows(_words(10, 3, 1), 10) == [(0, 10)]


@pytest.mark.parametrize("room", [4, 8, 61, 254, 510])
@pytest.mark.parametrize("longest", [1, 3, 1000])
def test_every_token_is_in_a_window_and_no_window_is_too_long(room: int, longest: int) -> None:
    for length in (*range(room + 1, room + 40), 3 * room, 7 * room + 5):
        words = _words(length, longest, length)
        found = windows(words, room)
        assert found[0][0] == 0 and found[-1][1] == length
        assert all(0 < last - first <= room for first, last in found)
        for (_, last), (first, _) in itertools.pairwise(found):
            assert first <= last
            assert last - first <= min(OVERLAP, room // 4) + room // 2


def test_windows_are_about_equally_long_and_overlap() -> None:
    words: list[int | None] = list(range(1000))
    found = windows(words, 254)
    assert len(found) == 5
    sizes = [last - first for first, last in found]
    assert max(sizes) - min(sizes) <= 1
    assert all(last - first >= OVERLAP for (_, last), (first, _) in itertools.pairwise(found))


def test_cuts_are_at_the_beginning_of_a_word_or_where_they_must() -> None:
    words = _words(2000, 5, 7)
    for first, last in windows(words, 254):
        assert first == 0 or words[first] != words[first - 1]
        assert last == 2000 or words[last] != words[last - 1]
    one_word: list[int | None] = [0] * 2000
    unknown: list[int | None] = [None] * 2000
    assert windows(one_word, 254) == windows(unknown, 254)


def test_too_many_windows_and_too_many_characters_are_refused() -> None:
    most = MOST_WINDOWS * (254 - OVERLAP) + OVERLAP
    assert len(windows(range(most), 254)) == MOST_WINDOWS
    with pytest.raises(BadRequest, match=f"at most {most:,}"):
        windows(range(most + 1), 254)
    check_length(["x" * MOST_CHARACTERS])
    with pytest.raises(BadRequest, match="524,289 characters"):
        check_length(["", "x" * (MOST_CHARACTERS + 1)])
