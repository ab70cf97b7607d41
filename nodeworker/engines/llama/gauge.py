"""Measures a freshly loaded model in about a second: how fast it reads and writes, and where its bits stay equal."""

from __future__ import annotations

import statistics
import time
from typing import Any

from nodeworker.engines.llama.context import NativeContext
from nodeworker.engines.llama.native import NativeModel
from nodeworker.engines.llama.pace import Pace

_TEXT = "The keeper of the lighthouse wrote down every ship that passed the cape, its flag, its course and the hour. "
_PROMPT, _SINGLE = 32, 8
_GROUPS = (6, 5, 4, 3, 2)
SMALLEST_CACHE = _PROMPT + _SINGLE


def measure(model: NativeModel, context: NativeContext) -> tuple[int, Pace]:
    """Return the most tokens of a decode for which bits stay equal (0: any number) and the measured pace.

    The same eight tokens are computed one by one, all at once, and as the end of a long prompt; scores must not differ
    in a single bit. Uses sequence 0 of an empty cache and leaves it empty.
    """
    tokens = model.tokenise(_TEXT * 4, special=True)[:SMALLEST_CACHE]
    run = _Run(context, tokens)
    run.decode(0, 2, 1)  # the weights come from the disk
    run.rewind(0)
    together, _ = run.decode(0, len(tokens), _SINGLE)
    run.rewind(0)
    _, reading = run.decode(0, _PROMPT, 1)
    singles, times = [], []
    for at in range(_PROMPT, len(tokens)):
        scores, seconds = run.decode(at, 1, 1)
        singles.append(scores[0])
        times.append(seconds)
    taken = {1: statistics.median(times)}
    exact = all((row == single).all() for row, single in zip(together, singles, strict=True))
    rows = 0
    if model.rewinds:
        for size in (_SINGLE, 16, 2, 4) if taken[1] < 0.1 else (_SINGLE,):
            run.rewind(_PROMPT if size <= _SINGLE else _PROMPT + _SINGLE - size)
            scores, taken[size] = run.decode(len(tokens) - size if size > _SINGLE else _PROMPT, size, size)
            exact = exact and (scores[-1] == singles[-1]).all() if size >= _SINGLE else exact
        if not exact:
            rows = next((size for size in _GROUPS if run.equal(size, singles)), 1)
    run.rewind(0)
    return rows, Pace(taken, prefill=_PROMPT / reading, decode=1 / taken[1])


class _Run:
    def __init__(self, context: NativeContext, tokens: list[int]) -> None:
        self._context = context
        self._tokens = tokens

    def rewind(self, length: int) -> None:
        self._context.cut(0, length)

    def decode(self, start: int, count: int, outputs: int) -> tuple[Any, float]:
        """Compute tokens from `start`; a copy of the last scores, and the seconds it took."""
        self._context.add(self._tokens[start : start + count], 0, start, outputs)
        begun = time.perf_counter()
        self._context.decode()
        scores = self._context.scores(outputs)
        seconds = time.perf_counter() - begun
        return scores.copy(), seconds

    def equal(self, size: int, singles: list[Any]) -> bool:
        """Whether groups of `size` give the same bits as tokens one by one."""
        self.rewind(_PROMPT)
        for at in range(0, _SINGLE - size + 1, size):
            scores, _ = self.decode(_PROMPT + at, size, size)
            if not all((row == single).all() for row, single in zip(scores, singles[at : at + size], strict=True)):
                return False
        return True
