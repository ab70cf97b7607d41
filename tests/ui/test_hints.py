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
            "The page Models on the left helps.",
        ),
        (
            "Is it overloaded? `tangnet nodes` shows its load.",
            "Is it overloaded? The page Nodes on the left helps.",
        ),
        (
            "`tangnet models list` shows voices; add one with `tangnet models add hibari-heart`.",
            "The page Models on the left helps.",
        ),
        (
            "Run `tangnet-node pair` on it, then `tangnet pair pi-3` here.",
            "Run tangnet-node pair on it, then tangnet pair pi-3 here.",
        ),
        (
            "`tangnet nodes` shows them. `tangnet nodes` shows their load.",
            "The page Nodes on the left helps.",
        ),
        (
            "`tangnet conversations restore 3` brings it back.",
            "tangnet conversations restore 3 brings it back.",
        ),
    ],
)
def test_a_command_of_the_terminal_becomes_a_page(hint: str, said: str) -> None:
    assert in_window(hint) == said
