"""Transcripts: words with their times become sentences, paragraphs and subtitles, and text, SRT, VTT or JSON. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from app.events import Transcribed, Word
from app.subtitling import Cue, ends_sentence, subtitles, with_blanks

Form = Literal["txt", "srt", "vtt", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
NEW_THOUGHT = 1.5
"""Seconds of silence behind a sentence with which a paragraph ends, however short it is."""
BREATH = 0.7
"""… with which one of HALF characters ends."""
LONG_SILENCE = 3.0
"""… with which it ends in mid-sentence."""
HALF, FULL = 250, 500
"""Characters. A paragraph of FULL ends with its sentence, one of twice that with its word."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said between two full stops. Never without words."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """What it says, without a blank around it."""
        return joined(self.words)

    @property
    def start(self) -> float:
        """Seconds from the beginning of the recording."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """Seconds from the beginning of the recording."""
        return max(self.start, self.words[-1].end)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that belong together. Never without one."""

    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """What it says."""
        return joined([word for sentence in self.sentences for word in sentence.words])

    @property
    def start(self) -> float:
        """Seconds from the beginning of the recording."""
        return self.sentences[0].start

    @property
    def end(self) -> float:
        """Seconds from the beginning of the recording."""
        return self.sentences[-1].end


def joined(words: Sequence[Word]) -> str:
    """Return words as text, without a blank around it."""
    return "".join(word.text for word in with_blanks(words)).strip()


def sentences(words: Sequence[Word]) -> Iterator[Sentence]:
    """Yield sentences, which end with a full stop or a long silence; empty words are left out."""
    held: list[Word] = []
    for word in words:
        if not word.text.strip():
            continue
        if held and (ends_sentence(held[-1].text) or word.start - held[-1].end >= LONG_SILENCE):
            yield Sentence(tuple(held))
            held = []
        held.append(word)
    if held:
        yield Sentence(tuple(held))


def paragraphs(words: Sequence[Word]) -> Iterator[Paragraph]:
    """Yield paragraphs: silence, or the length of what has been said, begins the next."""
    held: list[Sentence] = []
    size = 0
    for sentence in (part for one in sentences(words) for part in _parts(one)):
        silence = sentence.start - held[-1].end if held else 0.0
        over = silence >= NEW_THOUGHT or size >= FULL or (size >= HALF and silence >= BREATH)
        if held and over:
            yield Paragraph(tuple(held))
            held, size = [], 0
        held.append(sentence)
        size += len(sentence.text) + 1
    if held:
        yield Paragraph(tuple(held))


def _parts(sentence: Sentence) -> Iterator[Sentence]:
    """Cut a sentence that never ends: some models give no full stops at all."""
    held: list[Word] = []
    size = 0
    for word in sentence.words:
        if held and size + len(word.text) > 2 * FULL:
            yield Sentence(tuple(held))
            held, size = [], 0
        held.append(word)
        size += len(word.text) + 1
    yield Sentence(tuple(held))


def written(transcribed: Transcribed, form: Form) -> str:
    """Return a transcript as the content of a file, ending with a line end; "" where nothing is said.

    JSON is an object in any case: `text`, `language`, `audio_seconds`, `paragraphs` with their `sentences`, `words`.
    """
    words = words_of(transcribed)
    if form == "json":
        return _json(transcribed, words)
    if form == "txt":
        blocks = [f"[{clock(one.start)}]\n{one.text}" for one in paragraphs(words)]
        return "\n\n".join(blocks) + "\n" if blocks else ""
    cues = subtitles([list(one.words) for one in sentences(words)])
    return _srt(cues) if form == "srt" else _vtt(cues)


def words_of(transcribed: Transcribed) -> tuple[Word, ...]:
    """Return its words; those of a text without any get the times that their length makes likely."""
    if transcribed.words or not transcribed.text.strip():
        return transcribed.words
    return spread(transcribed.text, 0.0, transcribed.audio_seconds)


def spread(text: str, start: float, end: float) -> tuple[Word, ...]:
    """Return the words of `text` as if it had been said at one speed between two seconds."""
    texts = re.findall(r"\s*\S+", text)
    total = sum(map(len, texts))
    words: list[Word] = []
    before = 0
    for one in texts:
        after = before + len(one)
        words.append(Word(one, *(start + max(end - start, 0.0) * at / total for at in (before, after))))
        before = after
    return tuple(words)


def clock(seconds: float) -> str:
    """Return a time for people: "0:07", "12:30", "1:02:03"."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _json(transcribed: Transcribed, words: Sequence[Word]) -> str:
    def said(one: Sentence | Paragraph) -> dict[str, object]:
        return {"start": round(one.start, 3), "end": round(one.end, 3), "text": one.text}

    value = {
        "text": transcribed.text,
        "language": transcribed.language,
        "audio_seconds": transcribed.audio_seconds,
        "paragraphs": [
            {**said(one), "sentences": [said(sentence) for sentence in one.sentences]} for one in paragraphs(words)
        ],
        "words": [
            {"text": word.text.strip(), "start": round(word.start, 3), "end": round(word.end, 3)} for word in words
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _srt(cues: Sequence[Cue]) -> str:
    blocks = []
    for number, cue in enumerate(cues, 1):
        times = f"{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}"
        lines = "\n".join(line.replace("-->", "→") for line in cue.lines)
        blocks.append(f"{number}\n{times}\n{lines}\n")
    return "\n".join(blocks)


def _vtt(cues: Sequence[Cue]) -> str:
    blocks = ["WEBVTT\n"]
    for cue in cues:
        lines = "\n".join(cue.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n{lines}\n")
    return "\n".join(blocks)


def _stamp(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{rest // 1000:02}{point}{rest % 1000:03}"
