"""The picture of bench_store.py: how long a search takes over the size of the library, as SVG.

python -m tests.bench.store_plot FIGURES > docs/pictures/search.svg
FIGURES holds the lines that the bench printed, of all sizes one after the other.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP = 520, 280, 60, 44
SIZES = (1_000, 10_000, 100_000, 1_000_000)
TICKS = (5, 10, 20, 40, 100, 200)
COLOURS = {"hybrid search p50": "#3b7ddd", "hybrid search p99": "#d9822b"}
"""Readable on white and on black."""

Figures = Mapping[str, Mapping[int, float]]
"""By name of the figure and number of chunks, in ms."""


def read(text: str) -> Figures:
    """Return the figures of the picture among the lines that a bench printed; the last of each counts."""
    found: dict[str, dict[int, float]] = {name: {} for name in COLOURS}
    for line in text.splitlines():
        if "{" in line:
            row = json.loads(line[line.index("{") :])
            if row["figure"] in found:
                found[row["figure"]][row["chunks"]] = row["value"]
    return found


def picture(figures: Figures) -> str:
    """Return the SVG; both axes are logarithmic, and a dashed line shows what growing with the size would be."""

    def at(chunks: float, ms: float) -> tuple[float, float]:
        x = math.log10(chunks / SIZES[0]) / math.log10(SIZES[-1] / SIZES[0])
        y = math.log(min(max(ms, TICKS[0]), TICKS[-1]) / TICKS[0]) / math.log(TICKS[-1] / TICKS[0])
        return LEFT + WIDTH * x, TOP + HEIGHT * (1 - y)

    parts = []
    for tick in TICKS:
        _, y = at(SIZES[0], tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick}</text>')
    for size in SIZES:
        x, _ = at(size, TICKS[0])
        parts.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">{size:,}</text>')
    first = next((ms for _, ms in sorted(figures["hybrid search p50"].items())), TICKS[0])
    ends = (at(SIZES[0], first), at(SIZES[0] * TICKS[-1] / first, TICKS[-1]))
    dashes = " L".join(f"{x:.1f},{y:.1f}" for x, y in ends)
    parts.append(f'<path d="M{dashes}" stroke="#888" stroke-dasharray="4 4"/>')
    for place, (name, colour) in enumerate(COLOURS.items()):
        points = " L".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in sorted(figures[name].items())))
        parts.append(f'<path d="M{points}" stroke="{colour}"/>')
        x = LEFT + 180 * place
        parts.append(f'<rect x="{x}" y="{TOP + HEIGHT + 36}" width="18" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{x + 24}" y="{TOP + HEIGHT + 42}">{name}</text>')
    parts.append(f'<text x="{LEFT + 360}" y="{TOP + HEIGHT + 42}">- - - as the size</text>')
    style = (
        "text{font:13px sans-serif;fill:#333}.grid{stroke:#8884;stroke-width:1}path{fill:none;stroke-width:2}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEFT + 40} {TOP + HEIGHT + 60}" role="img">'
        f"<title>Milliseconds of a hybrid search over the number of chunks</title><style>{style}</style>"
        f'<text x="{LEFT}" y="{TOP - 18}" font-weight="bold">Hybrid search: ms over chunks in the library</text>'
        f"{''.join(parts)}</svg>\n"
    )


if __name__ == "__main__":
    sys.stdout.write(picture(read(Path(sys.argv[1]).read_text(encoding="utf-8"))))
