"""Turns the bytes of tokens into text that can be shown: whole characters only, stop strings never."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextStream:
    """Holds back what may still change: an incomplete character, the beginning of a stop string.

    What `feed` returns depends only on the bytes fed so far. A resumed answer therefore feeds its old tokens again,
    throws away what comes back (it has been shown) and has the very same bytes held back as the node before it.
    """

    def __init__(self, stops: Sequence[str] = (), shown: str = "") -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = tuple(stop for stop in stops if stop)
        longest = max((len(stop) for stop in self._stops), default=1)
        self._tail = shown[-(longest - 1) :] if longest > 1 else ""
        """Text shown elsewhere in which a stop string may have begun."""
        self._held = ""
        self.stopped = False

    def feed(self, piece: bytes) -> str:
        """Return the text that can be shown now; "" while everything is held back. Sets `stopped`."""
        return self._advance(self._decoder.decode(piece))

    def finish(self) -> str:
        """Return what was held back and turned out to be no stop string; an incomplete character is dropped."""
        text = "" if self.stopped else self._held
        self._held = ""
        return text

    def _advance(self, new: str) -> str:
        if self.stopped:
            return ""
        window = self._tail + self._held + new
        seam = len(self._tail)
        found = min((at for at in (window.find(stop) for stop in self._stops) if at >= 0), default=-1)
        if found >= 0:
            self.stopped, self._held = True, ""
            return window[seam:found]
        keep = max((self._overlap(window, stop) for stop in self._stops), default=0)
        end = max(seam, len(window) - keep)
        self._held = window[end:]
        shown = window[seam:end]
        # The tail matters only until enough new text has gone by that no stop string can reach back into it.
        self._tail = self._tail if not shown else (self._tail + shown)[-len(self._tail) :] if self._tail else ""
        return shown

    @staticmethod
    def _overlap(window: str, stop: str) -> int:
        """Length of the longest end of `window` with which `stop` begins."""
        for length in range(min(len(stop) - 1, len(window)), 0, -1):
            if window.endswith(stop[:length]):
                return length
        return 0
