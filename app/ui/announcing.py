"""What a screen reader is told without being asked: sentences of an answer as they are finished, politely."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from app.ui.code_words import name_of
from app.ui.translation import tr

PAUSE_MS = 1_500
"""Sentences that are finished within this time are told together."""
_END = re.compile(r"[.!?…][\"'”’»)\]*_]*(?=\s)|[。！？]|\n")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})\s*([\w.+#-]*)")
_MARKS = re.compile(r"^\s*(?:[#>]+\s*|[-+*]\s+)+|\*\*|__|`|\[\d[\d, ]*\]|(?<=\])\([^)\s]*\)")
_RULE = re.compile(r"[\s|:=_*-]*")


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader say `text` when it has said the rest; nothing happens where there is none."""
    if text and QAccessible.isActive():
        event = QAccessibleAnnouncementEvent(widget, text)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)


class Announcer(QObject):
    """Tells the sentences of one answer while it grows, each once."""

    def __init__(self, parent: QObject, tell: Callable[[str], object]) -> None:
        super().__init__(parent)
        self._tell = tell
        self._told = 0
        """Characters of the answer that are dealt with."""
        self._in_code = False
        self._waiting: list[str] = []
        self._soon = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._soon.timeout.connect(self._say)

    def grew(self, text: str) -> None:
        """Take the answer as it is now."""
        for found in _END.finditer(text, self._told):
            self._take(text[self._told : found.end()])
            self._told = found.end()
        if self._waiting and not self._soon.isActive():
            self._soon.start()

    def ended(self, text: str, last: str = "") -> None:
        """The answer is complete: tell the rest of it, and `last`."""
        self.grew(text)
        self._take(text[self._told :])
        self._told = len(text)
        self._waiting += [last] if last else []
        self._soon.stop()
        self._say()

    def _take(self, part: str) -> None:
        fence = _FENCE.match(part)
        if fence:
            self._in_code = not self._in_code
            if self._in_code:
                name = name_of(fence[1])
                self._waiting.append(tr("Code in {language}.", language=name) if name else tr("Code."))
        elif not self._in_code:
            words = " ".join(_MARKS.sub("", part).replace("|", " ").split())
            if words and not _RULE.fullmatch(words):
                self._waiting.append(words)

    def _say(self) -> None:
        if self._waiting:
            said = " ".join(self._waiting)
            self._waiting = []
            self._tell(said)
