"""Choosing among candidates: near-duplicates once, one document does not take all places."""

from __future__ import annotations

import numpy

from app.rag.choosing import choose, shingles_of
from app.rag.finding import Hit

LONG = "The harbour of Bergen was enlarged in the year 1890 and again in 1925 when the fish market moved to the quay "


def hit(number: int, path: str, text: str) -> Hit:
    return Hit(number, 0, path, None, "", 0, len(text), text, None)


def vectors(count: int) -> numpy.ndarray:
    return numpy.eye(count)


def test_near_duplicates_are_told_once_and_where_else_they_stand() -> None:
    hits = [hit(1, "/a.txt", LONG), hit(2, "/b.txt", LONG.upper() + "!"), hit(3, "/c.txt", "Something else entirely.")]
    same = numpy.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    chosen = choose(hits, numpy.array([3.0, 2.0, 1.0]), same, 3)
    assert [one.at for one in chosen] == [0, 2]
    assert chosen[0].same == ("/b.txt",) and chosen[1].same == ()


def test_alike_in_meaning_only_is_not_the_same() -> None:
    hits = [hit(1, "/a.txt", LONG), hit(2, "/b.txt", "In 1890, later in 1925, Bergen got a larger port.")]
    same = numpy.array([[1.0, 0.0], [1.0, 0.0]])
    assert len(choose(hits, numpy.array([2.0, 1.0]), same, 2)) == 2


def test_a_document_gives_way_to_others_that_are_nearly_as_good() -> None:
    hits = [hit(n, "/a.txt", f"passage {n}") for n in range(6)] + [hit(9, "/b.txt", "other"), hit(10, "/c.txt", "far")]
    scores = numpy.array([3.0, 2.9, 2.8, 2.7, 2.6, 2.5, 2.4, -1.0])
    paths = [hits[one.at].path for one in choose(hits, scores, vectors(8), 4)]
    assert paths == ["/a.txt", "/a.txt", "/b.txt", "/a.txt"]  # /c.txt is too far behind
    named = [hits[one.at].path for one in choose(hits, scores, vectors(8), 4, spread=False)]
    assert named == ["/a.txt"] * 4


def test_no_more_than_there_are() -> None:
    assert choose([], numpy.zeros(0), numpy.zeros((0, 2)), 5) == []
    assert [one.at for one in choose([hit(1, "/a", "x")], numpy.zeros(1), vectors(1), 5)] == [0]


def test_shingles() -> None:
    assert shingles_of("One two three, FOUR five") == {
        ("one", "two", "three", "four"),
        ("two", "three", "four", "five"),
    }
    assert shingles_of("Hm.") == {("hm",)} and shingles_of("…") == frozenset()
