"""The words of the window in the user's language."""

from __future__ import annotations

from app.ui.translation import tr


def test_without_a_translation_it_is_english() -> None:
    assert tr("New conversation") == "New conversation"
    assert tr("{node} answers {what}", node="pi-3", what="{node}") == "pi-3 answers {node}"
    assert tr("%n left", 3) == "3 left"
