"""Hints of the core as the window says them."""

from __future__ import annotations

import pytest

from app.ui.hints import in_window


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("", ""),
        ("Is it switched on?", "Is it switched on?"),
        (
            "`tangnet models add qwen2.5-coder-1.5b` fetches a better one (1.1 GB).",
            "The page Models shows which there are, and gets better ones.",
        ),
        (
            "Is it overloaded? `tangnet nodes` shows its load.",
            "Is it overloaded? The page Nodes shows how each one is, and pairs others.",
        ),
        (
            "`tangnet models list` shows voices; add one with `tangnet models add hibari-heart`.",
            "The page Models shows which there are, and gets better ones.",
        ),
        (
            "Run `tangnet-node pair` on it, then `tangnet pair pi-3` here.",
            "Run tangnet-node pair on it, then tangnet pair pi-3 here.",
        ),
        (
            "`tangnet nodes` shows them. `tangnet nodes` shows their load.",
            "The page Nodes shows how each one is, and pairs others.",
        ),
        (
            "`tangnet conversations restore 3` brings it back.",
            "tangnet conversations restore 3 brings it back.",
        ),
    ],
)
def test_a_command_of_the_terminal_becomes_a_page(hint: str, said: str) -> None:
    assert in_window(hint) == said
