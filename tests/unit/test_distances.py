"""The window has six distances and five sizes of letters (docs/design.md); no part brings its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "app" / "ui"
DISTANCES = {"setContentsMargins", "setSpacing", "setHorizontalSpacing", "setVerticalSpacing", "addSpacing", "inset"}
LETTERS = {"sized", "setPointSizeF", "setPointSize", "setPixelSize"}


def literals(part: ast.AST) -> Iterator[ast.Constant]:
    """Give the numbers in an expression that are no multiple of something: 16, but not SPACE.XL * 2."""
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult) and "SPACE." in ast.unparse(part):
        return
    if isinstance(part, ast.Constant):
        if isinstance(part.value, int | float) and part.value not in (0, 1) and not isinstance(part.value, bool):
            yield part
        return
    for child in (part.body, part.orelse) if isinstance(part, ast.IfExp) else ast.iter_child_nodes(part):
        yield from literals(child)


def own_measures(source: str) -> list[str]:
    """Return the calls in `source` that give a distance or a size of letters as a number, each with its line."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        measured: list[ast.expr] = list(call.args) if name in DISTANCES | LETTERS else []
        measured += [keyword.value for keyword in call.keywords if keyword.arg == "scale"]
        if any(True for part in measured for _ in literals(part)):
            found.append(f"{call.lineno}: {ast.unparse(call)}")
    return found


def test_distances_and_sizes_come_from_the_tokens() -> None:
    own = [
        f"{path.name}:{found}" for path in sorted(UI.glob("*.py")) for found in own_measures(path.read_text("utf-8"))
    ]
    assert not own, "take SPACE or TYPE of app/ui/tokens.py: " + "; ".join(own)


@pytest.mark.parametrize(
    "line",
    [
        "row.setSpacing(6)",
        "row.setContentsMargins(SPACE.L, 18, SPACE.L, 0)",
        "self._foot.setContentsMargins(SPACE.L, 0, 24 + (bar.width() if shown else 0), 0)",
        "label('', scale=0.88)",
        "theme.sized(self.digits, 1.7 if large else TYPE.BODY)",
        "font.setPointSizeF(font.pointSizeF() * 0.82)",
    ],
)
def test_a_measure_of_its_own_is_found(line: str) -> None:
    assert own_measures(line)


@pytest.mark.parametrize(
    "line", ["row.setSpacing(0)", "row.setContentsMargins(SPACE.XXL * 2, 0, 0, 0)", "label('', scale=TYPE.SMALL)"]
)
def test_a_measure_of_all_is_none_of_its_own(line: str) -> None:
    assert not own_measures(line)
