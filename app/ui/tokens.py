"""The colours of the window, light, dark and both in high contrast, its distances and sizes: see docs/design.md.

Imports nothing of Qt.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """One set of colours. Text on its ground has a contrast of at least 4.5 : 1 (checked by a test)."""

    name: str
    """light, dark, contrast-light or contrast-dark."""
    dark: bool
    ground: str
    """Behind the conversation."""
    side: str
    """Left and right panels."""
    surface: str
    """Cards, fields."""
    raised: str
    """Buttons, hovered rows."""
    text: str
    muted: str
    border: str
    accent: str
    on_accent: str
    accent_hover: str
    soft: str
    """The accent's pale sister: selection, chips, the user's own bubble."""
    on_soft: str
    notice: str
    on_notice: str
    error: str
    on_error: str
    good: str
    highlight: str
    on_highlight: str
    code: str
    """Behind code; the following stand on it."""
    code_keyword: str
    code_string: str
    code_number: str
    code_comment: str
    code_name: str
    """What is defined, called or decorated."""


LIGHT = Colours(
    name="light", dark=False, ground="#faf9f6", side="#f1efe9", surface="#ffffff", raised="#ebe8e0", text="#1d2126",
    muted="#5a626c", border="#dfdbd1", accent="#0f766e", on_accent="#ffffff", accent_hover="#0b5f58",
    soft="#d9efeb", on_soft="#0b3b37", notice="#fdf3d8", on_notice="#6b4500", error="#fde9e6", on_error="#8f1d16",
    good="#15803d", highlight="#ffe38a", on_highlight="#2b2200", code="#f3f1ec",
    code_keyword="#6b21a8", code_string="#0b5f33", code_number="#8a2f0c",
    code_comment="#5a626c", code_name="#1d48b8",
)  # fmt: skip
DARK = Colours(
    name="dark", dark=True, ground="#15171b", side="#1a1d22", surface="#20242a", raised="#2b3038", text="#e9ebee",
    muted="#a3abb6", border="#343a43", accent="#4cc9b8", on_accent="#04211d", accent_hover="#72dccd",
    soft="#173f3a", on_soft="#c9f3ec", notice="#3a2f14", on_notice="#f6d88f", error="#43211f", on_error="#ffb9b0",
    good="#5bd08a", highlight="#6e5a10", on_highlight="#fff3c4", code="#191c21",
    code_keyword="#c4a7ff", code_string="#8fd6a3", code_number="#f5b37a", code_comment="#a3abb6",
    code_name="#8ab8ff",
)  # fmt: skip
CONTRAST_LIGHT = Colours(
    name="contrast-light", dark=False, ground="#ffffff", side="#ffffff", surface="#ffffff", raised="#ffffff",
    text="#000000", muted="#000000", border="#000000", accent="#00453f", on_accent="#ffffff", accent_hover="#000000",
    soft="#d7f5f0", on_soft="#000000", notice="#fff4cc", on_notice="#000000", error="#ffe3df", on_error="#5c0600",
    good="#00501e", highlight="#ffe100", on_highlight="#000000", code="#ffffff",
    code_keyword="#4c0a8a", code_string="#004d22", code_number="#6b2600", code_comment="#333333",
    code_name="#002f8f",
)  # fmt: skip
CONTRAST_DARK = Colours(
    name="contrast-dark", dark=True, ground="#000000", side="#000000", surface="#000000", raised="#000000",
    text="#ffffff", muted="#ffffff", border="#ffffff", accent="#5ff0dc", on_accent="#000000", accent_hover="#ffffff",
    soft="#00352f", on_soft="#ffffff", notice="#332600", on_notice="#ffffff", error="#4a0a05", on_error="#ffffff",
    good="#7dffb0", highlight="#ffe100", on_highlight="#000000", code="#000000",
    code_keyword="#dcc4ff", code_string="#9dffbf", code_number="#ffcf99", code_comment="#d8d8d8",
    code_name="#a8ccff",
)  # fmt: skip
"""High contrast: at least 7 : 1, a line around everything that can be used, nothing grey."""
ALL = {colours.name: colours for colours in (LIGHT, DARK, CONTRAST_LIGHT, CONTRAST_DARK)}


@dataclass(frozen=True, slots=True)
class Space:
    """Distances in logical pixels; layouts use no others."""

    XS: int = 4
    S: int = 8
    M: int = 12
    L: int = 16
    XL: int = 24
    XXL: int = 32


@dataclass(frozen=True, slots=True)
class TypeScale:
    """Sizes of letters, times the system's own."""

    SMALL: float = 0.86
    BODY: float = 1.0
    LEAD: float = 1.1
    TITLE: float = 1.35
    DISPLAY: float = 1.8


SPACE = Space()
TYPE = TypeScale()
