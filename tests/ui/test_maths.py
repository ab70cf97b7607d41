"""Maths in answers: found where it is maths, drawn outside the Qt thread, its source kept, money left alone."""

from __future__ import annotations

import time

import pytest
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui import maths, maths_objects, tokens
from app.ui.markdown import Growing
from app.ui.text_card import TextCard
from tests.ui.test_growing import seen


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.", "From $5-$10, or US$7.", "$5, $6 and $7", "a $ b $ c",
        "$HOME/bin and $PATH", "100$ or 200$",
        "`$x$` and ``$y^2$``", "\\$5 and \\$x", "$$$", "$ x$", "$x $", "$not maths$",
        "price $1,000 (was $2,000)", "A$ and B$",
        "$", "no maths",
    ],
)  # fmt: skip
def test_money_and_code_stay_text(text: str) -> None:
    assert maths.formulas(text) == []


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Energy is $E = mc^2$.", ["E = mc^2"]),
        ("With $x$, $n+1$ and $5$; $f(x)$", ["x", "n+1", "5", "f(x)"]),
        ("\\(a_1\\) and \\[b^2\\]", ["a_1", "b^2"]),
        ("$$\\frac{a}{b}$$ costs $5", ["\\frac{a}{b}"]),
        ("`$x$` but $y$", ["y"]),
        ("$5 and $x^2$", ["x^2"]),
    ],
)
def test_maths_is_found(text: str, sources: list[str]) -> None:
    found = maths.formulas(text)
    assert [one.source for one in found] == sources
    assert all(text[one.start : one.end] == one.written for one in found)


@pytest.mark.parametrize(
    "source",
    ["E=mc^2", r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}", r"\begin{pmatrix} a & b\\ c & d\end{pmatrix}",
     r"\sum_{i=1}^n \text{größe}_i \le \left(\frac{a}{b}\right)", r"\mathbb{R} \to \mathcal{L}",
     r"\frac{1}{1+\frac{1}{1+\frac{1}{x}}}", r"\boxed{x}"],
)  # fmt: skip
def test_formulas_are_drawn(source: str) -> None:
    drawn = maths.outline(source, True)
    assert drawn is not None and drawn.width > 20 and drawn.ascent > 5 and drawn.strokes


@pytest.mark.parametrize(
    "source",
    [r"\frac{", r"\frac{1}{" * 20 + "x" + "}" * 20, "{" * 300 + "}" * 300, r"\left(" * 40 + r"\right)" * 40, "x" * 601,
     r"\sqrt{" * 60 + "x" + "}" * 60, "x^{" * 30 + "y" + "}" * 30, r"\href{file:///etc/passwd}{x}",
     r"\def\a{\a\a}\a", "",
     r"\begin{matrix}" * 12 + "x" + r"\end{matrix}" * 12],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_formula_or_too_much_is_none_at_once(source: str) -> None:
    began = time.perf_counter()
    assert maths.outline(source, True) is None
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize(
    "part", ["{x}", r"\frac{a}{b}", r"\sqrt{x}", "x^{y_{z}}", r"\left(a\right)", "x_1+", "^", "&", r"\\"]
)
def test_the_dearest_formula_takes_about_a_second(part: str) -> None:
    inner = part
    while len(inner) <= maths.LONGEST and maths.cost("{" * 4 + inner + part + "}" * 4) <= maths.DEAREST:
        inner += part
    began = time.perf_counter()
    maths.outline("{" * 4 + inner + "}" * 4, False)
    assert time.perf_counter() - began < 6.0


def test_the_source_stands_where_nothing_is_drawn(qapp: QApplication) -> None:
    document = QTextDocument()
    Growing(document).show("Energy $E_0 = mc^2_x$ costs $5 and $10.\n\n$$\na*b*c\n$$\n", tokens.LIGHT)
    assert document.toPlainText() == "Energy $E_0 = mc^2_x$ costs $5 and $10.\n$$a*b*c$$"


def test_a_formula_is_drawn_and_its_source_is_heard_and_copied(qtbot: QtBot) -> None:
    card = TextCard()
    qtbot.addWidget(card)
    card.resize(600, 200)
    growing = Growing(card.document(), drawn=True)
    growing.show("Energy $E_0 = mc^2$ is \\(\\frac{a_1}{b_2}\\).\n\n$$\n\\nonsense{\n$$\n", tokens.LIGHT)
    assert growing.maths
    card.show_maths()
    card.fit()
    card.show()
    post = maths_objects._post()
    qtbot.waitUntil(
        lambda: {source for source, _ in post.known} >= {"E_0 = mc^2", "\\frac{a_1}{b_2}", "\\nonsense{"},
        timeout=60_000,
    )
    assert post.known["E_0 = mc^2", False] is not None and post.known["\\nonsense{", True] is None
    before = card.grab().toImage()
    qtbot.waitUntil(
        lambda: not card.document().isEmpty() and card.grab().toImage() == card.grab().toImage(), timeout=60_000
    )
    assert not before.isNull()
    assert "Energy \ufffc$E_0 = mc^2$ is \ufffc\\(\\frac{a_1}{b_2}\\)." in card.toPlainText()
    card.selectAll()
    copied = card.createMimeDataFromSelection().text()
    assert copied == "Energy $E_0 = mc^2$ is \\(\\frac{a_1}{b_2}\\).\n$$\\nonsense{$$"


def test_a_drawn_formula_takes_its_own_room(qtbot: QtBot) -> None:
    heights = []
    for text in ("Just words", "$$\n\\frac{\\frac{a}{b}}{\\frac{c}{d}}\n$$"):
        card = TextCard()
        qtbot.addWidget(card)
        card.resize(600, 20)
        growing = Growing(card.document(), drawn=True)
        growing.show(text, tokens.LIGHT)
        if growing.maths:
            card.show_maths()
        card.fit()
        heights.append(card)
    qtbot.waitUntil(lambda: heights[1].height() > 1.5 * heights[0].height(), timeout=60_000)


def test_what_grew_with_maths_is_what_is_laid_out_whole(qapp: QApplication) -> None:
    text = "A $x^2$ and $5.\n\n$$\ny_1\n$$\nthen \\(z\\) and $$w^2$$ end $a_b$\n\n"
    text += "| $p_1$ | b |\n|---|---|\n| 1 | $q^2$ |\n\nEnd."
    document = QTextDocument()
    growing = Growing(document, drawn=True)
    for at in range(len(text) + 1):
        growing.show(text[:at], tokens.LIGHT)
        whole = QTextDocument()
        Growing(whole, drawn=True).show(text[:at], tokens.LIGHT)
        assert seen(document) == seen(whole), text[:at]
