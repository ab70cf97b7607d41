"""Subtitles (SRT, WebVTT, SBV): what is said, in paragraphs that know from when to when."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from app.rag.document import Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.text import decode, paragraphs

PAUSE_SECONDS = 2.0
"""A longer silence ends a paragraph."""
FULL_CHARACTERS = 600
"""A paragraph this long ends with its sentence; one twice as long at once."""
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d\d)[.,](\d{1,3})"
_CUE = re.compile(rf"^\s*{_TIME}\s*(?:-->|,)\s*{_TIME}", re.M)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?[a-zA-Z0-9][^>]*>|\{\\[^}]*\}")
_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")


def read(data: bytes) -> Outcome:
    """Return the paragraphs with their seconds. Raises Refused for what is not text."""
    text, reason = decode(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    cues = list(_cues(text))
    if not cues:
        return Outcome(paragraphs(text), reason=reason)
    return Outcome(list(joined(cues)), reason=reason)


def _cues(text: str) -> Iterator[tuple[float, float, str]]:
    found = list(_CUE.finditer(text))
    for match, following in zip(found, [*found[1:], None], strict=True):
        lines = text[match.end() : following.start() if following else len(text)].split("\n")[1:]
        words = []
        for line in lines:
            if not line.strip():
                break  # what follows belongs to the next cue: its number or name, or a note
            words.append(line.strip())
        said = _TAG.sub("", _VOICE.sub(r"\1: ", " ".join(words)))
        if said.strip():
            yield _seconds(match.groups()[:4]), _seconds(match.groups()[4:]), html.unescape(said).strip()


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, rest = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{rest}")


def joined(cues: list[tuple[float, float, str]]) -> Iterator[Piece]:
    """Yield cues as paragraphs: a pause, or the end of a sentence in a long one, begins the next.

    Args:
        cues: From when, until when, and what was said; in order.
    """
    words: list[str] = []
    size, start, end = 0, 0.0, 0.0
    for begins, ends, said in cues:
        full = size > 2 * FULL_CHARACTERS or (size > FULL_CHARACTERS and _END.search(words[-1]))
        if words and (begins - end > PAUSE_SECONDS or full):
            yield Piece(" ".join(words), seconds=(start, end))
            words, size = [], 0
        if words and words[-1] == said:
            end = max(end, ends)  # shown twice, as live subtitles roll
            continue
        if not words:
            start = begins
        words.append(said)
        size += len(said) + 1
        end = max(end, ends) if size > len(said) + 1 else ends
    if words:
        yield Piece(" ".join(words), seconds=(start, end))
