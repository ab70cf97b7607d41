"""How llama.cpp's threads should wait for each other: the measurement behind decision 6.

`pytest -m bench tests/bench/bench_node_threads.py -s`. The bare C loop, one stream, by how long GNU OpenMP spins before
it sleeps, on an idle machine and beside as many busy programs as cores. TANGNET_BENCH_LLAMA_LIB names the folder of
another build of llama.cpp's libraries to try (the headers must fit).
"""

from __future__ import annotations

import subprocess
from contextlib import nullcontext

import pytest

from tests.bench import native
from tests.bench.asking import GREEDY, story
from tests.bench.busy import busy, share_left
from tests.bench.figures import CORES, ROUNDS, TOKENS, cores, show

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(3600)]

WAYS = {
    "1000": "1000, as the node sets it",
    "": "the library's own",
    "10000": "10000",
    "300": "300",
    "100": "100",
    "passive": "none",
}
PATIENCE = 60.0
"""Seconds after which a run counts as hung."""


@pytest.mark.parametrize("taken", [False, True], ids=["idle", "busy"])
@pytest.mark.parametrize("count", CORES)
def test_spinning(count: int, taken: bool) -> None:
    model = native.starter()
    text = [native.chatml(story(0, GREEDY, 1).messages)]
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    pauses: dict[str, list[float]] = {way: [] for way in WAYS}
    with cores(count), busy(count) if taken else nullcontext():
        for _ in range(ROUNDS):
            for way in WAYS:
                chosen = {"threads": count, "length": 512, "tokens": TOKENS, **native.EQUAL}
                try:
                    run = native.run(model.path, text, chosen, spin=way, seconds=PATIENCE)
                    rates[way].append(run.writes)
                    pauses[way].append(1000 * run.longest_s)
                except subprocess.TimeoutExpired:
                    rates[way].append(0.0)
                    pauses[way].append(1000 * PATIENCE)
    left = share_left(count, count, count) if taken else 1.0
    how = f"{count} threads, {'cores busy, of which a share of ' + format(left, '.2f') if taken else 'all'} left"
    for way, name in WAYS.items():
        show(
            f"spinning: {name}; {how}", rates[way], "tokens/s", rates["1000"], longest_pause_ms=round(max(pauses[way]))
        )
