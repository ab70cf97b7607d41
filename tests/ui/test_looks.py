"""Colours have enough contrast; sentences for states and figures read well."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.events import Moved
from app.ui import phrases
from app.ui.theme import Theme, current
from app.ui.tokens import ALL, CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, Colours
from tests.ui.fake_runtime import answer

PAIRS = (
    ("text", "ground"), ("text", "surface"), ("text", "side"), ("text", "raised"), ("muted", "ground"),
    ("muted", "surface"), ("muted", "side"), ("on_accent", "accent"), ("on_soft", "soft"), ("accent", "surface"),
    ("on_notice", "notice"), ("on_error", "error"), ("on_highlight", "highlight"), ("text", "code"),
    ("muted", "code"), ("code_keyword", "code"), ("code_string", "code"), ("code_number", "code"),
    ("code_comment", "code"), ("code_name", "code"),
)  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
             for part in (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())]  # fmt: skip
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("colours", ALL.values(), ids=ALL)
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(colours: Colours, ink: str, ground: str) -> None:
    light, dark = sorted((luminance(getattr(colours, ink)), luminance(getattr(colours, ground))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= (7.0 if colours.name.startswith("contrast") else 4.5)


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
