"""Pure: which keys write a text on a keyboard, and which spare keys must be given a character for it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.errors import VoiceError


@dataclass(frozen=True, slots=True)
class Stroke:
    """One key to press and let go."""

    code: int
    """Key code of the keyboard."""
    shift: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """What can be typed before a spare key must be given another character."""

    give: tuple[tuple[int, str], ...]
    """(key code, character) to be given before."""
    strokes: tuple[Stroke, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a text is typed."""

    group: int
    """The layout, of those that the user switches between, that must be on meanwhile."""
    stretches: tuple[Stretch, ...]


Layout = Mapping[str, Stroke]
"""The characters that a layout has on its keys."""


def typable(text: str) -> str:
    """Return `text` as it may be typed: one line without control characters, so that it sends and runs nothing."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8"))
    line = re.sub(r"\s+", " ", "".join(" " if _controls(character) else character for character in composed))
    return line.rstrip()


def _controls(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cn", "Co")


def layout_of(rows: Iterable[tuple[int, Sequence[str]]]) -> Layout:
    """Return the layout of keys given as (code, (character, character with Shift)); "" is none. First found wins."""
    found: dict[str, Stroke] = {}
    for shift in (False, True):
        for code, characters in rows:
            character = characters[shift] if shift < len(characters) else ""
            if character and character not in found:
                found[character] = Stroke(code, shift)
    return found


def plan(text: str, layouts: Sequence[Layout], group: int, spares: Mapping[int, str]) -> Plan:
    """Return how `text` is typed with as few spare keys as can be.

    Args:
        text: What to type.
        layouts: Those that the user can switch between.
        group: The one that is on now.
        spares: Keys without a symbol of their own and what they were given before, "" for nothing; the one whose
            character was needed longest ago comes first.

    Raises:
        VoiceError: voice_no_typing, a character is on no key and there is no spare one.
    """
    wanted = set(text)
    order = sorted(range(len(layouts)), key=lambda at: at != group)
    group = max(order, key=lambda at: len(wanted & layouts[at].keys()), default=group)
    layout = layouts[group] if layouts else {}
    holds = dict(spares)
    stretches: list[Stretch] = []
    give: list[tuple[int, str]] = []
    strokes: list[Stroke] = []
    used: set[int] = set()
    for character in text:
        stroke = layout.get(character)
        if stroke is None:
            code = next((code for code, held in holds.items() if held == character), 0)
            if not code:
                if not holds:
                    raise VoiceError(
                        "This keyboard has no spare key for letters that are not on it.", code="voice_no_typing"
                    )
                free = [code for code in holds if code not in used]
                if not free:
                    stretches.append(Stretch(tuple(give), tuple(strokes)))
                    give, strokes, used, free = [], [], set(), list(holds)
                code = free[0]
                give.append((code, character))
            holds.pop(code)
            holds[code] = character  # to the end: needed last
            used.add(code)
            stroke = Stroke(code)
        strokes.append(stroke)
    return Plan(group, (*stretches, Stretch(tuple(give), tuple(strokes))))
