"""What of a weak model's own words may be shown beside quotations: only sentences that one passage backs; pure.

The starter model repeats the quotation or invents (measured in docs/assistant.md), so its words are held back until a
sentence is whole, and shown only when they add something and stand in a passage, numbers included.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app import words
from app.events import Passage

OWN_WORDS = "In the model's own words:"
BACKED = 0.8
"""Share of a sentence's content words that must stand in one passage or in the question."""

_ENDED = re.compile(r"[.!?。！？][\"”’')\]]*$")
_OPENING = re.compile(r"^(the )?answer( is)?\s*:\s*", re.IGNORECASE)
_MARKER = re.compile(r"\[[\d\s,;–-]{1,24}\]")
_FENCE = re.compile(r"<{2,}|>{2,}")
"""What stands around passages in a prompt; a weak model says it after them."""


class SentenceScreen:
    """Takes a stream of text and gives back whole sentences that the passages back, each said once."""

    def __init__(self, question: str, passages: Sequence[Passage], quoted: str) -> None:
        self._asked = set(words.content(question))
        self._known = [
            (passage.n, set(words.content(f"{passage.section}\n{passage.header}\n{passage.text}")))
            for passage in passages
        ]
        self._said = set(words.content(quoted))
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the sentences that are whole and good now, each with a blank after it."""
        self._held += text
        # A full stop at the very end may be the point of a number: a sentence is whole once something follows it.
        whole = [
            (start, end)
            for start, end in words.sentences(self._held)
            if end < len(self._held) and (_ENDED.search(self._held[start:end]) or "\n\n" in self._held[end:])
        ]
        if not whole:
            return ""
        sentences = [self._held[start:end] for start, end in whole]
        self._held = self._held[whole[-1][1] :]
        return "".join(f"{sentence} " for sentence in map(self._checked, sentences) if sentence)

    def flush(self) -> str:
        """Return the last sentence if it ended and is good; a sentence that was cut off is not shown."""
        text, self._held = self._held.strip(), ""
        return self._checked(text) if _ENDED.search(text) else ""

    def _checked(self, sentence: str) -> str:
        sentence = _FENCE.sub(" ", _MARKER.sub(" ", sentence))
        sentence = " ".join(sentence.split()).replace(" .", ".").strip('“”"')
        sentence = _OPENING.sub("", sentence)
        said = set(words.content(sentence))
        if said <= self._said | self._asked:
            return ""  # the quotation, the question or an earlier sentence says it already
        for n, known in self._known:
            backed = known | self._asked
            # A year that only the question names may be the very thing that the passage is not about.
            numbers = {word for word in said if word[0].isdigit()}
            if numbers <= known and len(said & backed) >= BACKED * len(said):
                self._said |= said
                return f"{sentence} [{n}]"
        return ""
