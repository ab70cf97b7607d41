"""Colours have enough contrast; sentences for states and figures read well."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from app.events import Moved
from app.ui import phrases
from app.ui.accents import contrast, with_accent
from app.ui.controls import label
from app.ui.theme import Theme, current
from app.ui.tokens import ALL, CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, Colours
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import answer

PAIRS = (
    ("text", "ground"), ("text", "surface"), ("text", "side"), ("text", "raised"), ("muted", "ground"),
    ("muted", "surface"), ("muted", "side"), ("on_accent", "accent"), ("on_soft", "soft"), ("accent", "surface"),
    ("on_notice", "notice"), ("on_error", "error"), ("on_highlight", "highlight"), ("text", "code"),
    ("muted", "code"), ("code_keyword", "code"), ("code_string", "code"), ("code_number", "code"),
    ("code_comment", "code"), ("code_name", "code"),
)  # fmt: skip


@pytest.mark.parametrize("colours", ALL.values(), ids=ALL)
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(colours: Colours, ink: str, ground: str) -> None:
    found = contrast(getattr(colours, ink), getattr(colours, ground))
    assert found >= (7.0 if colours.name.startswith("contrast") else 4.5)


@pytest.mark.parametrize("base", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ["#000000", "#ffffff", "#ffd500", "#e01b24", "#3584e4", "#7c3aed", "#808080"])
def test_with_every_accent_all_can_be_read(base: Colours, accent: str) -> None:
    colours = with_accent(base, accent)
    for ink, ground in PAIRS:
        assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5, (ink, ground)
    assert with_accent(base, colours.accent) == colours


def test_accent_and_letters_follow_the_system_while_it_runs(qapp: QApplication, scene: Scene) -> None:
    theme, title = scene.window.theme, label("Large", scale=1.5)
    title.setParent(scene.window)
    before = title.font().pointSizeF()
    scene.accent = "#7c3aed"
    palette = QPalette(QApplication.palette())
    palette.setColor(QPalette.ColorRole.Accent, QColor(scene.accent))
    QApplication.setPalette(palette)  # the system tells: Qt sends the same to the window
    scene.until(lambda: theme.colours.accent == "#7c3aed")
    assert current() == theme.colours and "#7c3aed" in qapp.styleSheet()
    theme.choose("light", accent=False)
    assert theme.colours is LIGHT and current() is LIGHT
    usual = QApplication.font()
    larger = QFont(usual)
    larger.setPointSizeF(usual.pointSizeF() * 1.4)
    try:
        QApplication.setFont(larger)
        scene.until(lambda: title.font().pointSizeF() == pytest.approx(before * 1.4))
    finally:
        QApplication.setFont(usual)
    scene.until(lambda: title.font().pointSizeF() == pytest.approx(before))


def test_colours_follow_the_choice_and_the_system(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    theme, seen = Theme(qapp, "light"), []
    theme.changed.connect(lambda: seen.append(theme.colours.name))
    theme.choose("dark")
    assert (theme.colours, current()) == (DARK, DARK)
    theme.choose("contrast")
    assert current() in (CONTRAST_LIGHT, CONTRAST_DARK)
    theme.choose("light")
    assert seen[0] == "dark" and seen[2] == "light" and current() is LIGHT
    monkeypatch.setattr("app.ui.theme.strong", lambda _application: True)
    theme.choose("dark")
    assert current() is CONTRAST_DARK, "who asked the system for contrast gets it in the colours chosen here"
    theme.deleteLater()


def test_sentences() -> None:
    assert phrases.seconds(400) == "0.4 s" and phrases.seconds(65_000) == "1 min 5 s"
    assert phrases.time_left(None) == "" and phrases.time_left(float("inf")) == ""
    assert phrases.time_left(3) == "a few seconds left" and phrases.time_left(300) == "about 5 min left"
    assert phrases.megabytes(398_000_000) == "398 MB" and phrases.megabytes(1_117_000_000) == "1.1 GB"
    moved = Moved("pi-3", "rig", "gone", 400.0, exact=False)
    assert phrases.moved_line(moved) == "moved pi-3 → rig, 0.4 s, with another model: the wording may change"
    assert (
        phrases.moved_line(Moved("pi-3", "local", "gone", 400.0)) == "moved pi-3 → this machine, 0.4 s, word for word"
    )
    assert phrases.node_line(answer(node="rig"), [moved]).startswith("Answered by pi-3, then rig · 1.0 s")
    assert phrases.sentence("pi-3 is quickest") == "pi-3 is quickest." and phrases.sentence("") == ""
    assert phrases.trouble(KeyError("x")) == ("Something unexpected went wrong inside Tangnet.", "KeyError: 'x'")
