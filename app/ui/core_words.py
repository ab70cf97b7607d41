"""What the core says, in the language of the window: errors, hints, reasons, what is being done."""

from __future__ import annotations

import re
from functools import cache

from app.ui.core_sentences import SENTENCES
from app.ui.numbers import number
from app.ui.translation import tr

_PLACE = re.compile(r"\{(\w+)\}")
_BREAK = re.compile(r"((?<=[.!?])\s+)")
_SECONDS = re.compile(r"(\d+)\.(\d) s")
_PARTS = re.compile(r" \((.+)\)")


def in_language(text: str) -> str:
    """Return what the core said in the language of the window; a sentence that is not known stays as it is."""
    whole = _sentence(text)
    if whole is not None or not text:
        return whole or ""
    return "".join(_sentence(part) or part for part in _BREAK.split(text))


def _sentence(text: str) -> str | None:
    """Return one sentence in the language of the window; None where it is not known."""
    if text in _whole():
        return tr(text)
    for template, start, end, shape in _templates():
        fits = text.startswith(start) and text.endswith(end)
        if fits and (found := re.fullmatch(shape, text, re.DOTALL)):
            values = {name: _value(value) for name, value in found.groupdict().items()}
            return tr(template).format(**values)
    return None


def _value(text: str) -> str:
    """Return what stood in a place: a sentence or its part in the language, seconds with its decimal sign."""
    if found := _SECONDS.fullmatch(text):
        return f"{number(float(f'{found[1]}.{found[2]}'), 1)} s"
    if found := _PARTS.fullmatch(text):
        return f" ({', '.join(in_language(part) for part in found[1].split(', '))})"
    return in_language(text)


def _place(name: str) -> str:
    """Return the pattern of a place: anything, or for "parts" a bracket that may be there."""
    return r"(?P<parts>(?: \([^)]*\))?)" if name == "parts" else f"(?P<{name}>.*?)"


@cache
def _whole() -> frozenset[str]:
    return frozenset(one for one in SENTENCES if not _PLACE.search(one))


@cache
def _templates() -> tuple[tuple[str, str, str, str], ...]:
    """Return each sentence with places, what it begins and ends with, and its pattern; those that say most first."""
    found = []
    for template in SENTENCES:
        words = _PLACE.split(template)
        if len(words) > 1:
            shape = "".join(_place(word) if at % 2 else re.escape(word) for at, word in enumerate(words))
            found.append((sum(map(len, words[::2])), (template, words[0], words[-1], shape)))
    return tuple(one for _length, one in sorted(found, key=lambda pair: -pair[0]))
