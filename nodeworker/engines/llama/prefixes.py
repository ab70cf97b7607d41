"""Which stream of the cache holds which tokens: reuses and copies common beginnings, forgets what was unused longest.

A stream belongs to a running answer or is idle: then it keeps the conversation that ran in it, because the next
question will begin with it. Works on plain lists: it asks its `Cells` to do what is to be done to the real cache.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

_SAME_CONVERSATION = 8
"""An idle stream is taken over when what it holds beyond the shared beginning is at most this part of that: its own
conversation goes on. Otherwise it is copied, and kept for whoever asks there again."""


class Cells(Protocol):
    """The real cache, as `nodeworker.engines.llama.context` has it."""

    def copy(self, source: int, target: int, length: int) -> None:
        """Make the first `length` tokens of `source` those of `target`."""
        ...

    def cut(self, stream: int, length: int) -> bool:
        """Keep the first `length` tokens; False when all had to be forgotten."""
        ...


@dataclass
class Held:
    """One stream and its tokens."""

    id: int
    tokens: list[int] = field(default_factory=list)
    blocks: tuple[int, ...] = ()
    """Hashes of the conversation that is kept here: see nodeworker/protocol/prefixes.py."""
    running: bool = False
    used: int = 0


class PrefixCache:
    """The book of all streams. Not thread-safe."""

    def __init__(self, cells: Cells, *, streams: int, length: int, shares: bool = True, grain: int = 1) -> None:
        """`length` in tokens. `shares`: whether the model can forget the end of a stream.

        `grain`: what is reused is a multiple of it.
        """
        self.length = length
        self.streams = [Held(id) for id in range(streams)]
        self._cells = cells
        self._shares = shares
        self._grain = grain
        self._clock = itertools.count(1)

    @property
    def free(self) -> int:
        """Tokens that fit into streams which nobody runs in; their prefixes would be forgotten for that."""
        return self.length * sum(not held.running for held in self.streams)

    def blocks(self) -> tuple[int, ...]:
        """Hashes of everything that is held, each once."""
        return tuple(dict.fromkeys(itertools.chain.from_iterable(held.blocks for held in self.streams)))

    def match(self, tokens: Sequence[int]) -> tuple[Held | None, int]:
        """Return the stream that holds most of the beginning of `tokens`, and how much."""
        best, most = None, 0
        for held in self.streams:
            if len(held.tokens) > most:
                same = shared_length(held.tokens, tokens)
                if same > most:
                    best, most = held, same
        return best, most

    def open(self, tokens: Sequence[int], *, most: int) -> Held | None:
        """Start a running stream with as much of `tokens` as is held, at most `most`; None when all are running."""
        source, same = self.match(tokens) if self._shares else self._extended(tokens)
        same = min(same, most) // self._grain * self._grain
        idle = [held for held in self.streams if not held.running]
        if not idle:
            return None
        # An empty one first, then the one unused longest; the lowest of equals keeps the running ones together.
        target = min(idle, key=lambda held: (bool(held.tokens), held.used, held.id))
        if source is None or not same:
            self._cut(target, 0)
        elif not source.running and (target is source or _SAME_CONVERSATION * (len(source.tokens) - same) <= same):
            target = source
            self._cut(target, same)
        else:
            self._cut(target, 0)
            self._cells.copy(source.id, target.id, same)
            target.tokens = source.tokens[:same]
        target.running, target.used, target.blocks = True, next(self._clock), ()
        return target

    def grow(self, held: Held, tokens: Sequence[int]) -> None:
        """Note that `tokens` were computed at the end of a stream."""
        held.tokens += tokens

    def cut(self, held: Held, length: int) -> None:
        """Forget the end of a stream; all of it when the model cannot forget a part."""
        self._cut(held, length)

    def restore(self, held: Held, tokens: Sequence[int], blocks: Iterable[int]) -> None:
        """Note what was read back into an idle, empty stream."""
        held.tokens, held.blocks, held.used = list(tokens), tuple(blocks), next(self._clock)

    def drop_end(self, held: Held) -> None:
        """Forget in the real cache what this book does not know of."""
        self._cells.cut(held.id, len(held.tokens))

    def close(self, held: Held, blocks: Iterable[int] = ()) -> None:
        """End a running stream; what it holds may serve the next question."""
        held.running, held.used, held.blocks = False, next(self._clock), tuple(blocks)

    def _extended(self, tokens: Sequence[int]) -> tuple[Held | None, int]:
        """For models that cannot forget: an idle stream of which all is the beginning of `tokens`."""
        best, most = None, 0
        for held in self.streams:
            length = len(held.tokens)
            if not held.running and most < length < len(tokens) and held.tokens == list(tokens[:length]):
                best, most = held, length
        return best, most

    def _cut(self, held: Held, length: int) -> None:
        if length < len(held.tokens):
            kept = self._cells.cut(held.id, length)
            del held.tokens[length if kept else 0 :]


def shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many leading tokens are the same, by halving: comparing slices costs a fraction of a Python loop."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
