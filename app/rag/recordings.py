"""Sound and video recordings as documents: what a node heard, in paragraphs that know from when to when it was said."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from app.errors import NodeError, TangnetError
from app.events import Transcribed, Word
from app.rag.document import Document, Piece, assemble
from app.rag.worker import Reading
from app.transcripts import spread

PAUSE_SECONDS = 1.5
"""Who is silent for so long begins something new."""
SENTENCES_CHARACTERS = 500
"""A paragraph this long ends with its sentence, one twice as long with the next word."""
_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")

Told = Callable[[float], None]


class Hearing(Protocol):
    """Turns recordings into text; nodes do the listening."""

    async def hear(self, path: Path, told: Told | None = None) -> tuple[Document, str]:
        """Return what is said in a recording, and a sentence on what of it could not be read, else "".

        Args:
            path: A sound or video file.
            told: Called now and then with the share that has been read, 0 to 1.

        Raises:
            VoiceError: the file holds no sound that can be decoded.
            NodeError: no node can listen.
        """
        ...


async def heard(reading: Reading, hearing: Hearing | None, told: Told | None = None) -> Reading:
    """Return a reading with its recording heard; any other one as it is. Raises NodeError that a later try may not."""
    if not reading.recording or hearing is None:
        return reading
    began = time.monotonic()
    try:
        document, reason = await hearing.hear(Path(reading.path), told)
    except NodeError as error:
        return replace(reading, status="error", reason=error.message)  # a node may be there later
    except TangnetError as error:
        return replace(reading, status="rejected", reason=error.message)
    reading = replace(reading, seconds=round(reading.seconds + time.monotonic() - began, 4))
    if not document.blocks:
        return replace(reading, status="empty", reason="Nothing is said in it.")
    return replace(reading, status="ok", reason=reason, document=document)


def document_of(transcribed: Transcribed) -> Document:
    """Return a transcript as a document."""
    if not transcribed.words:
        span = (0.0, max(transcribed.audio_seconds, 0.0))
        return assemble([Piece(transcribed.text, seconds=span)])
    return assemble(paragraphs(transcribed.words))


def paragraphs(words: Sequence[Word]) -> Iterator[Piece]:
    """Yield paragraphs: a pause, or the end of a sentence in a long one, begins the next."""
    held: list[Word] = []
    size = 0
    for word in words:
        full = size > 2 * SENTENCES_CHARACTERS or (size > SENTENCES_CHARACTERS and _END.search(held[-1].text.strip()))
        if held and (word.start - held[-1].end > PAUSE_SECONDS or full):
            yield _piece(held)
            held, size = [], 0
        held.append(word)
        size += len(word.text) + 1
    if held:
        yield _piece(held)


def _piece(words: Sequence[Word]) -> Piece:
    # Languages without blanks between words give them without; others with one before each, or stripped.
    texts = [word.text for word in words]
    spaced = any(text[:1].isspace() for text in texts[1:])
    if not spaced and _blanks(texts):
        texts = [texts[0], *(f" {text}" for text in texts[1:])]
    spoken, at = [], 0
    for text, word in zip(texts, words, strict=True):
        spoken.append((at, at + len(text), round(word.start, 3), round(max(word.start, word.end), 3)))
        at += len(text)
    seconds = words[0].start, max(words[0].start, words[-1].end)
    return Piece("".join(texts).strip(), seconds=seconds, spoken=_stripped(spoken, texts))


def _stripped(
    spoken: Sequence[tuple[int, int, float, float]], texts: Sequence[str]
) -> tuple[tuple[int, int, float, float], ...]:
    """Return the ranges in the text without white space around it."""
    whole = "".join(texts)
    cut, last = len(whole) - len(whole.lstrip()), len(whole.strip())
    return tuple(
        (max(0, start - cut), min(last, end - cut), begin, stop)
        for start, end, begin, stop in spoken
        if max(0, start - cut) < min(last, end - cut)
    )


def transcript_of(text: str, spoken: Sequence[tuple[int, int, float, float]], language: str) -> Transcribed:
    """Return a document as the transcript that it was made of: `document_of` the other way round.

    `spoken` are ranges of `text` with their seconds: words, or paragraphs, whose words get likely times.
    """
    words: list[Word] = []
    for start, end, begin, stop in spoken:
        said = spread(text[start:end], begin, stop)
        words += said if len(said) > 1 else [Word(text[start:end], begin, stop)]
    spaced = any(word.text[:1].isspace() for word in words[1:])
    if spaced:
        words = [replace(word, text=f" {word.text.strip()}") for word in words]
    whole = "".join(word.text for word in words).strip()
    return Transcribed(whole, language, 0.0, max((word.end for word in words), default=0.0), tuple(words))


def _blanks(texts: Sequence[str]) -> bool:
    """Return True unless this is Chinese, Japanese or Thai."""
    return not any(re.search(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]", text) for text in texts)
