"""The picture of `tangnet bench voice`: where the time of a spoken question goes, with work done ahead, as SVG.

`tangnet --json bench voice --clip QUESTION.wav > FIGURES`, then
`python -m tests.bench.turn_plot FIGURES > docs/pictures/turn.svg`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

WIDTH, LEFT, ROW, TOP = 560, 190, 30, 52
TITLES = ("as released", "without work done ahead")

Figures = Mapping[str, tuple[float, float | None]]
"""By name: the figure and its reference, in ms."""


def read(text: str) -> Figures:
    """Return the figures among the lines that the command printed."""
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return {row["figure"]: (row["value"], row["reference"]) for row in rows if "figure" in row}


def marks(figures: Figures, ahead: bool) -> list[tuple[str, float]]:
    """Return what happened and when, in ms after the key was let go, in this order; `ahead` or without."""

    def value(name: str) -> float | None:
        ours, reference = figures.get(name, (None, None))
        return ours if ahead or name == "voice_release_to_text" else reference

    text, passages = value("voice_release_to_text"), value("voice_text_to_passages")
    found = [
        ("text", text),
        ("passages", None if text is None or passages is None else text + max(0.0, passages)),
        ("first word", value("voice_release_to_first_text")),
        ("first sound", value("voice_release_to_first_sound")),
    ]
    return [(name, at) for name, at in found if at is not None]


def picture(figures: Figures) -> str:
    """Return the SVG: a line of marks for each way of working, from letting the key go on."""
    lines = [(title, marks(figures, ahead)) for title, ahead in zip(TITLES, (True, False), strict=True)]
    most = max((at for _, found in lines for _, at in found), default=1.0)
    step = next(size for size in (100, 200, 500, 1000, 2000, 5000, 10**9) if most / size <= 8)
    parts = []
    for tick in range(0, int(most) + step, step):
        x = LEFT + WIDTH * tick / (int(most / step) * step + step)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{TOP + 8 * ROW}"/>')
        parts.append(f'<text x="{x:.1f}" y="{TOP + 8 * ROW + 20}" text-anchor="middle">{tick}</text>')
    row = 0
    for title, found in lines:
        parts.append(f'<text x="{LEFT - 12}" y="{TOP + ROW * row + 16}" text-anchor="end" class="b">{title}</text>')
        for name, at in found:
            width = WIDTH * at / (int(most / step) * step + step)
            y = TOP + ROW * row
            colour = "#0f766e" if title == TITLES[0] else "#8a8f98"
            parts.append(f'<rect x="{LEFT}" y="{y + 4}" width="{max(width, 1):.1f}" height="16" fill="{colour}"/>')
            parts.append(f'<text x="{LEFT + width + 6:.1f}" y="{y + 17}">{name}, {at:.0f}</text>')
            row += 1
    style = (
        "text{font:13px sans-serif;fill:#333}.b{font-weight:bold}.grid{stroke:#8884;stroke-width:1}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 110} {TOP + 8 * ROW + 34}" role="img">'
        f"<title>Milliseconds from letting the key go to text, passages, first word and first sound</title>"
        f"<style>{style}</style>"
        f'<text x="{LEFT}" y="24" class="b">From letting the key go: ms until …</text>'
        f"{''.join(parts)}</svg>\n"
    )


if __name__ == "__main__":
    sys.stdout.write(picture(read(Path(sys.argv[1]).read_text(encoding="utf-8"))))
