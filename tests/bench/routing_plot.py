"""The picture and the table of bench_routing.py: SVG and Markdown as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, TOP, GAP = 400, 260, 56, 42, 40
COLOURS = {
    "oracle": "#2e9e5b", "Tangnet": "#3b7ddd", "least connections": "#d9822b", "round robin": "#b455c4",
    "random": "#d04a4a",
}  # fmt: skip
"""Readable on white and on black."""
TICKS = (0.1, 0.3, 1, 3, 10, 30, 100, 300)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one policy came to at one load; seconds."""

    first: float
    first_p99: float
    end: float
    end_p99: float


Results = Mapping[str, Mapping[float, Mapping[str, Outcome]]]
"""By fleet, load and policy."""


def table(results: Results) -> str:
    """Return the Markdown table: mean and 99th percentile to the first token, and the mean to the end."""
    lines = []
    for fleet, loads in results.items():
        policies = list(next(iter(loads.values())))
        lines += [f"| {fleet}: load | " + " | ".join(policies) + " |", "|---|" + "---|" * len(policies)]
        for load, outcomes in loads.items():
            cells = [f"{_short(o.first)} · {_short(o.first_p99)} · {_short(o.end)}" for o in outcomes.values()]
            lines.append(f"| {load:.0%} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def picture(results: Results) -> str:
    """Return an SVG: mean (line) and 99th percentile (dashes) to the first token over the load, one panel a fleet."""
    panels = [_panel(name, loads, place * (WIDTH + GAP)) for place, (name, loads) in enumerate(results.items())]
    wide = len(panels) * (WIDTH + GAP) + LEFT
    legend = "".join(
        f'<rect x="{LEFT + 150 * place}" y="{TOP + HEIGHT + 44}" width="18" height="4" fill="{colour}"/>'
        f'<text x="{LEFT + 24 + 150 * place}" y="{TOP + HEIGHT + 50}">{name}</text>'
        for place, (name, colour) in enumerate(COLOURS.items())
    )
    style = (
        "text{font:13px sans-serif;fill:#333}.grid{stroke:#8884;stroke-width:1}path{fill:none;stroke-width:2}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {TOP + HEIGHT + 64}" role="img">'
        f"<title>Seconds to the first token over the load; lines are means, dashes the 99th percentile</title>"
        f"<style>{style}</style>{''.join(panels)}{legend}</svg>\n"
    )


def _panel(name: str, loads: Mapping[float, Mapping[str, Outcome]], x: int) -> str:
    left = x + LEFT
    low, high = math.log(TICKS[0]), math.log(TICKS[-1])

    def at(load: float, seconds: float) -> str:
        height = (math.log(min(max(seconds, TICKS[0]), TICKS[-1])) - low) / (high - low)
        return f"{left + load * WIDTH * 0.92:.1f},{TOP + HEIGHT * (1 - height):.1f}"

    parts = [f'<text x="{left}" y="{TOP - 16}" font-weight="bold">{name}: seconds to the first token</text>']
    for tick in TICKS:
        y = at(0, tick).split(",")[1]
        parts.append(f'<line class="grid" x1="{left}" x2="{left + WIDTH * 0.92}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{left - 8}" y="{float(y) + 4}" text-anchor="end">{tick:g}</text>')
    for load in loads:
        place = at(load, TICKS[0]).split(",")[0]
        parts.append(f'<text x="{place}" y="{TOP + HEIGHT + 20}" text-anchor="middle">{load:.0%}</text>')
    for policy, colour in COLOURS.items():
        for dashes, values in _lines(policy, loads):
            points = " L".join(at(load, value) for load, value in values)
            parts.append(f'<path d="M{points}" stroke="{colour}"{dashes}/>')
    return "".join(parts)


def _lines(
    policy: str, loads: Mapping[float, Mapping[str, Outcome]]
) -> Sequence[tuple[str, Sequence[tuple[float, float]]]]:
    return (
        ("", [(load, outcomes[policy].first) for load, outcomes in loads.items()]),
        (' stroke-dasharray="4 4"', [(load, outcomes[policy].first_p99) for load, outcomes in loads.items()]),
    )


def _short(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.0f}"
