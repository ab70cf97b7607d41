"""Pure: a set of colours with another accent, such as the system's, in which all words can still be read."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from app.ui.tokens import Colours

READABLE = 4.5
"""Least contrast of words to what is behind them (WCAG 2, AA)."""
_STEP = 0.04


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb" as WCAG 2 defines it, 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Return `one` with a `share` of `other` in it."""
    parts = (round(int(one[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share) for at in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)


def apart(colour: str, *grounds: str, towards: str) -> str:
    """Return `colour`, moved towards another one until words in it can be read on all `grounds`."""
    share = 0.0
    moved = colour
    while share < 1.0 and any(contrast(moved, ground) < READABLE for ground in grounds):
        share += _STEP
        moved = mixed(colour, towards, min(share, 1.0))
    return moved


@lru_cache(maxsize=8)
def with_accent(base: Colours, accent: str) -> Colours:
    """Return `base` with the accent "#rrggbb", made darker or lighter as far as reading needs it."""
    far = "#ffffff" if base.dark else "#000000"
    seen = apart(accent.lower(), base.surface, base.ground, base.side, towards=far)
    soft = mixed(base.surface, seen, 0.22 if base.dark else 0.14)
    return replace(
        base,
        accent=seen,
        on_accent=max("#ffffff", "#101418", key=lambda ink: contrast(ink, seen)),
        accent_hover=mixed(seen, far, 0.2),
        soft=soft,
        on_soft=apart(mixed(seen, base.text, 0.6), soft, towards=far),
    )
