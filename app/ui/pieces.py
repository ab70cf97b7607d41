"""Pure: where Markdown can be cut so that each piece is laid out alone, and is whole before the text goes on. No Qt.

A cut is decided by the lines up to it alone, so that what was cut once stays cut there while an answer grows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["text", "list", "code", "maths"]
LONG_LIST = 1_500
"""A list with more characters goes on in another piece, from its next item on."""

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)")
_FENCE_WITHIN = re.compile(r"(?:[-+*]|\d{1,9}[.)])?\s*(`{3,}(?=[^`]*$)|~{3,})")
_ITEM = re.compile(r"( {0,3})(?:([-+*])|(\d{1,9})[.)])[ \t]+\S")
_LANGUAGE = re.compile(r"[\w.+#-]{1,30}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that is laid out alone."""

    start: int
    end: int
    """Where it stands; nothing but empty lines is between two pieces."""
    kind: Kind
    text: str
    """Markdown, but of code and maths only what is between the fences."""
    language: str = ""
    """What stands behind the fence."""
    closed: bool = False
    """Nothing that comes can change it."""


def split(text: str) -> list[Piece]:
    """Return the pieces of `text`, in order."""
    cutter = _Cutter(text)
    at = 0
    for line in text.split("\n"):
        end = min(len(text), at + len(line) + 1)
        cutter.line(line, at, end)
        at = end
    cutter.end(len(text))
    return cutter.pieces


class _Cutter:
    """Reads line after line."""

    def __init__(self, text: str) -> None:
        self.pieces: list[Piece] = []
        self._text = text
        self._kind: Kind | None = None
        self._start = 0
        self._inside = 0
        """Where the text between the fences begins."""
        self._until = ""
        """What closes the code or maths that is open, also within a list."""
        self._language = ""
        self._gap = False
        """Empty lines came in a list."""
        self._number = 0
        """Of the last item of a list, 0 for one without numbers."""

    def line(self, line: str, at: int, end: int) -> None:
        bare = line.strip()
        if self._kind == "code":
            if _closes(bare, self._until):
                self._close(end, at, closed=True)
        elif self._kind == "maths":
            if bare.endswith(self._until):
                self._close(end, at + line.rindex(self._until), closed=True)
            elif not bare:
                self._close_as_text(at, closed=True)
        elif self._kind == "list":
            self._in_list(line, bare, at, end)
        elif not bare:
            if self._kind is not None:
                self._close(at, at, closed=True)
        elif not self._opens(line, bare, at, end):
            found = _ITEM.match(line)
            if found and (self._kind is None or found[2] or found[3] == "1"):
                self._begin_list(bare, at, int(found[3] or 0))
            elif self._kind is None:
                self._kind, self._start, self._inside = "text", at, at

    def end(self, at: int) -> None:
        """The text ends."""
        if self._kind == "maths":
            self._close_as_text(at)
        elif self._kind is not None:
            self._close(at, at)

    def _in_list(self, line: str, bare: str, at: int, end: int) -> None:
        if self._until:
            if _closes(bare, self._until):
                self._until = ""
            return
        if not bare:
            self._gap = True
            return
        far = len(line) - len(line.lstrip(" \t"))
        found = _ITEM.match(line)
        if found and not found[1]:
            number = int(found[3] or 0)
            goes_on = number == 0 == self._number or (number > 1 and number == self._number + 1)
            if at - self._start > LONG_LIST and goes_on:
                self._begin_list(bare, at, number)
            self._number = number
        elif not found and far < 2 and (self._gap or _FENCE.match(line) or _opens_maths(bare)):
            self._close(at, at, closed=True)
            if not self._opens(line, bare, at, end):
                self._kind, self._start, self._inside = "text", at, at
            return
        fence = _FENCE_WITHIN.match(bare)
        self._until = fence[1] if fence else ""
        self._gap = False

    def _begin_list(self, bare: str, at: int, number: int) -> None:
        if self._kind is not None:
            self._close(at, at, closed=True)
        self._kind, self._start, self._inside, self._number, self._gap = "list", at, at, number, False
        fence = _FENCE_WITHIN.match(bare)
        self._until = fence[1] if fence else ""

    def _opens(self, line: str, bare: str, at: int, end: int) -> bool:
        """Begin code or maths that stands alone, where this line does."""
        fence, maths = _FENCE.match(line), _opens_maths(bare)
        if not fence and not maths:
            return False
        if self._kind is not None:
            self._close(at, at, closed=True)
        self._start = at
        if fence:
            language = _LANGUAGE.match(fence[2])
            self._kind, self._until, self._inside = "code", fence[1], end
            self._language = language[0] if language else ""
        else:
            inside = at + line.index(bare) + 2
            self._kind, self._until, self._inside = "maths", maths, inside
            if len(bare) > 3 and bare.endswith(maths):
                self._close(end, at + line.rindex(maths), closed=True)
        return True

    def _close(self, end: int, inner: int, *, closed: bool = False) -> None:
        assert self._kind is not None
        text = self._text[self._inside : max(self._inside, inner)]
        if self._kind == "code":
            text = text.removesuffix("\n")
        self.pieces.append(Piece(self._start, end, self._kind, text, self._language, closed))
        self._kind, self._until, self._language = None, "", ""

    def _close_as_text(self, end: int, *, closed: bool = False) -> None:
        """Nothing closed the maths: two dollars were two dollars."""
        self._kind, self._inside = "text", self._start
        self._close(end, end, closed=closed)


def _closes(bare: str, fence: str) -> bool:
    return len(bare) >= len(fence) and not bare.strip(fence[0])


def _opens_maths(bare: str) -> str:
    """Return what closes the maths that a line begins with and that fills it to its end; "" for another line."""
    for opener, closer in (("$$", "$$"), ("\\[", "\\]")):
        if bare.startswith(opener):
            rest = bare[2:]
            if closer not in rest or rest.find(closer) == len(rest) - 2:
                return closer
    return ""
