"""The book of streams: reuses, copies, forgets."""

from __future__ import annotations

import random

from nodeworker.engines.llama.prefixes import Held, PrefixCache, shared_length
from nodeworker.protocol.prefixes import block_hashes, shared


class RealCells:
    """A cache that knows the tokens of each stream; checks that the book asks only for what can be done."""

    def __init__(self, *, forgets_parts: bool = True) -> None:
        self.streams: dict[int, list[int]] = {}
        self.forgets_parts = forgets_parts
        self.copies = 0

    def copy(self, source: int, target: int, length: int) -> None:
        assert not self.streams.get(target) and len(self.streams[source]) >= length
        self.streams[target] = self.streams[source][:length]
        self.copies += 1

    def cut(self, stream: int, length: int) -> bool:
        if length and not self.forgets_parts:
            self.streams[stream] = []
            return False
        del self.streams.setdefault(stream, [])[length:]
        return True


def fresh(streams: int = 4, *, shares: bool = True, grain: int = 1) -> tuple[PrefixCache, RealCells]:
    cells = RealCells(forgets_parts=shares)
    return PrefixCache(cells, streams=streams, length=1000, shares=shares, grain=grain), cells


def computed(cache: PrefixCache, cells: RealCells, held: Held, tokens: list[int]) -> Held:
    cells.streams.setdefault(held.id, []).extend(tokens)
    cache.grow(held, tokens)
    return held


def opened(cache: PrefixCache, tokens: list[int]) -> Held:
    held = cache.open(tokens, most=len(tokens) - 1)
    assert held is not None and held.tokens == tokens[: len(held.tokens)]
    return held


def test_a_follow_up_takes_the_idle_conversation_over() -> None:
    cache, cells = fresh()
    first = computed(cache, cells, opened(cache, [0, 1, 2]), list(range(20)))
    cache.close(first)
    again = opened(cache, [*range(18), 90, 91])
    assert again is first and again.tokens == list(range(18)) and cells.copies == 0
    assert cache.free == 3000


def test_running_answers_get_copies_of_the_common_prompt() -> None:
    cache, cells = fresh()
    prompt = list(range(100))
    first = computed(cache, cells, opened(cache, prompt), prompt)
    others = [opened(cache, [*prompt, 500 + at]) for at in range(3)]
    assert all(other.tokens == prompt for other in others) and cells.copies == 3
    assert cache.open(prompt, most=99) is None and cache.free == 0  # all four run
    cache.close(first)
    assert opened(cache, prompt) is first


def test_a_long_end_is_kept_and_its_beginning_copied() -> None:
    cache, cells = fresh()
    first = computed(cache, cells, opened(cache, [0]), list(range(300)))
    cache.close(first)
    other = opened(cache, [*range(100), 900])
    assert other is not first and other.tokens == list(range(100)) and len(first.tokens) == 300


def test_the_longest_unused_is_forgotten_first() -> None:
    cache, cells = fresh(streams=3)
    for start in (0, 1000, 2000):
        held = computed(cache, cells, opened(cache, [start, 0]), list(range(start, start + 90)))
        cache.close(held, blocks=(start,))
    cache.close(computed(cache, cells, opened(cache, list(range(91))), [90]), blocks=(0,))
    cache.close(opened(cache, [5, 5]), blocks=())
    assert (cache.match([0])[1], cache.match([1000])[1], cache.match([2000])[1]) == (1, 0, 1)
    assert set(cache.blocks()) == {0, 2000}


def test_what_is_reused_is_a_multiple_of_the_grain() -> None:
    cache, cells = fresh(grain=4)
    cache.close(computed(cache, cells, opened(cache, [0]), list(range(30))))
    assert opened(cache, list(range(30))).tokens == list(range(28))


def test_a_model_that_cannot_forget_only_goes_on_where_it_stopped() -> None:
    cache, cells = fresh(streams=2, shares=False)
    held = computed(cache, cells, opened(cache, [1]), [1, 2, 3])
    cache.close(held)
    other = opened(cache, [1, 2, 9])
    assert other is not held and other.tokens == []
    cache.close(other)
    on = opened(cache, [1, 2, 3, 4])
    assert on is held and on.tokens == [1, 2, 3]


def test_whatever_happens_book_and_cache_agree() -> None:
    chance = random.Random(5)
    cache, cells = fresh(streams=6)
    running: list[Held] = []
    for _ in range(3000):
        if running and chance.random() < 0.5:
            held = running.pop(chance.randrange(len(running)))
            if chance.random() < 0.3:
                cache.cut(held, len(held.tokens) // 2)
            cache.close(held)
        elif len(running) < 6:
            tokens = [chance.randrange(2) for _ in range(chance.randrange(1, 300))]
            held = opened(cache, tokens)
            running.append(computed(cache, cells, held, tokens[len(held.tokens) :]))
        assert cells.streams == {held.id: held.tokens for held in cache.streams if held.id in cells.streams}
    assert cells.copies > 100


def test_shared_length() -> None:
    chance = random.Random(1)
    for _ in range(300):
        one = [chance.randrange(3) for _ in range(chance.randrange(12))]
        other = [*one[: chance.randrange(12)], *(chance.randrange(3) for _ in range(chance.randrange(5)))]
        plain = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
        assert shared_length(one, other) == (min(len(one), len(other)) if plain is None else plain)


def test_block_hashes_agree_on_a_common_beginning_and_on_nothing_else() -> None:
    system = ("system", "s" * 700)
    one = block_hashes([system, ("user", "a" * 600)])
    other = block_hashes([system, ("user", "b" * 600)])
    assert shared(one, other) == 2 and len(one) == 5
    assert shared(one, one) == 5 and shared(one, ()) == 0
    assert block_hashes([("user", "short")]) == ()
