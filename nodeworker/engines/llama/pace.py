"""How long decodes of this model take on this machine, measured while it works: what chunks and drafts are sized by."""

from __future__ import annotations

_SMOOTHING = 0.2
_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128)
_FIRST_CHUNK, _SMALLEST_CHUNK, _SMALLEST_BESIDE = 64, 16, 8
_RATE_TOKENS = 16
"""Fewer prompt tokens than this say nothing about the speed of reading."""
_BESIDE_SMOOTHING = 0.5
"""Quicker than the other: it follows a long prompt, whose tokens cost more the further it is read."""
_MARGIN = 1.1
"""A draft must promise that much more speed than no draft: measured times are noisy."""


class Pace:
    """Seconds of a decode by the number of its tokens; rates in tokens/s, 0 until measured.

    Kept are the seconds of one token and, for more, how many times that they take: when other programs slow the machine
    down, one figure follows and all are right again.
    """

    def __init__(self, seconds: dict[int, float] | None = None, *, prefill: float = 0.0, decode: float = 0.0) -> None:
        """`seconds` (with an entry for 1) and rates as measured before, for the first plans."""
        known = seconds or {}
        self._one = known.get(1, 0.0)
        self._times = {size: value / self._one for size, value in known.items() if self._one and size in _SIZES[1:]}
        self._beside = 0.0
        """Prompt tokens/s while others write."""
        self.prefill_rate = prefill
        self.decode_rate = decode

    @property
    def seconds(self) -> dict[int, float]:
        """Seconds of a decode by its number of tokens, as far as measured."""
        return {1: self._one, **{size: self._one * times for size, times in self._times.items()}} if self._one else {}

    def read(self, tokens: int, seconds: float) -> None:
        """Learn from a decode of prompt tokens only."""
        if tokens >= _RATE_TOKENS:
            self.prefill_rate = _smooth(self.prefill_rate, tokens / seconds)

    def read_beside(self, tokens: int, seconds: float, writing: int) -> None:
        """Learn from a decode of prompt tokens together with `writing` tokens of answers; `seconds` of both."""
        if tokens >= _SMALLEST_BESIDE:
            rate = tokens / max(seconds - self.of(writing), seconds / 4)
            self._beside += _BESIDE_SMOOTHING * (rate - self._beside) if self._beside else rate

    def wrote(self, tokens: int, seconds: float) -> None:
        """Learn from a decode of answers' tokens and drafts only."""
        if tokens == 1:
            self._one = _smooth(self._one, seconds)
            self.decode_rate = _smooth(self.decode_rate, 1 / seconds)
        elif self._one:
            size = next((size for size in _SIZES if size >= tokens), _SIZES[-1])
            self._times[size] = _smooth(self._times.get(size, 0.0), seconds / self._one * size / tokens)

    def of(self, tokens: int) -> float:
        """Return the expected seconds of a decode, between the measured sizes on a straight line; 0 when unknown."""
        known = {1: 1.0, **self._times}
        above = min((size for size in known if size >= tokens), default=0)
        below = max(size for size in known if size <= tokens)
        if not above:
            return self._one * known[below] * tokens / below
        share = (tokens - below) / (above - below) if above > below else 0.0
        # A larger decode never takes less: a smoothed value of a rare size may be out of date.
        return self._one * (known[below] + share * max(0.0, known[above] - known[below]))

    def chunk(self, seconds: float, *, beside: bool = False) -> int:
        """Return how many prompt tokens take about that long; `beside` others that write."""
        if beside and self._beside:
            return max(_SMALLEST_BESIDE, int(self._beside * seconds))
        return max(_SMALLEST_CHUNK, int(self.prefill_rate * seconds)) if self.prefill_rate else _FIRST_CHUNK

    def worth(self, length: int, chance: float) -> int:
        """Return how many tokens of a draft are worth computing, each being right with `chance` if those before are."""
        alone = self.of(1)
        if not alone:
            return 0
        best, best_rate, gain = 0, _MARGIN / alone, 1.0
        for count in range(1, length + 1):
            gain += chance**count
            rate = gain / self.of(1 + count)
            if rate > best_rate:
                best, best_rate = count, rate
        return best


def _smooth(old: float, new: float) -> float:
    return new if not old else old + _SMOOTHING * (new - old)
