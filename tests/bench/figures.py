"""What all benches of the node have in common: how often, with how many cores, and how a figure is printed."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
from collections.abc import Iterator, Sequence

ROUNDS = int(os.environ.get("TANGNET_BENCH_ROUNDS", "5"))
"""Ours and the reference take turns so often; medians are printed."""
TOKENS = int(os.environ.get("TANGNET_BENCH_TOKENS", "128"))
"""Length of a measured answer."""
PROMPT = int(os.environ.get("TANGNET_BENCH_PROMPT", "1000"))
"""Length of a long prompt in tokens, roughly."""
SECONDS = float(os.environ.get("TANGNET_BENCH_SECONDS", "10"))
"""How long what has no natural end is watched."""
CORES = tuple(int(count) for count in os.environ.get("TANGNET_BENCH_CORES", "2,1").split(","))
"""Each figure is taken with the programs held to so many cores, and with so many threads. The most come first: OpenMP
counts the cores when it is loaded, and with more threads than those it puts them to sleep at each barrier."""
DATA = os.environ.get("TANGNET_BENCH_DATA", "")
"""Folder of the evaluation data."""


def show(
    figure: str,
    values: float | Sequence[float],
    unit: str,
    references: float | Sequence[float] | None = None,
    goal: str = "",
    **more: object,
) -> None:
    """Print one figure as a line of JSON.

    Args:
        figure: what was measured.
        values: one for each round; the median is printed.
        unit: of value and reference.
        references: of the same rounds. The ratio is the median of each round's own: other work on the machine slows
            both sides of a round. With several rounds the ratio of the best of each is printed besides: on a machine
            that others share, it says most about the programs themselves.
        goal: "ratio >= 0.97" or "value <= 5"; whether it is met is printed, too.
        more: printed as it is.
    """
    ours = [values] if isinstance(values, int | float) else list(values)
    line: dict[str, object] = {"figure": figure, "value": _short(statistics.median(ours)), "unit": unit}
    ratio = 0.0
    if references is not None:
        theirs = [references] if isinstance(references, int | float) else list(references)
        pairs = zip(ours, theirs, strict=True)
        ratio = statistics.median(one / other if other else 0.0 for one, other in pairs)
        line |= {"reference": _short(statistics.median(theirs)), "ratio": round(ratio, 3)}
        if len(ours) > 1:
            best = max if unit.endswith("/s") else min
            line["ratio_of_best"] = round(best(ours) / best(theirs), 3) if best(theirs) else 0.0
    if goal:
        line |= {"goal": goal, "met": _meets(goal, statistics.median(ours), ratio)}
    print(json.dumps(line | more, ensure_ascii=False), flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextlib.contextmanager
def cores(count: int) -> Iterator[None]:
    """Hold this thread, and threads and processes that it starts meanwhile, to the first `count` usable cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _meets(goal: str, value: float, ratio: float) -> bool:
    what, sign, limit = goal.split()
    reached = ratio if what == "ratio" else value
    return reached >= float(limit) if sign == ">=" else reached <= float(limit)


def _short(number: float) -> float:
    return round(number, 1 if abs(number) >= 100 else 2 if abs(number) >= 1 else 4)
