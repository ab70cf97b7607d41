"""Recordings as documents: words become paragraphs, and failures sentences."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from app.errors import ModelError, TangnetError, VoiceError
from app.events import Transcribed, Word
from app.rag.document import Document, Piece, assemble
from app.rag.recordings import SENTENCES_CHARACTERS, Told, document_of, heard, paragraphs
from app.rag.worker import Reading

RECORDING = Reading("/talk.wav", "rejected", "It is a recording.", recording=True)


class ScriptedHearing:
    """Hears what it is told to."""

    def __init__(self, result: Document | TangnetError) -> None:
        self._result = result

    async def hear(self, path: Path, told: Told | None = None) -> tuple[Document, str]:
        if isinstance(self._result, TangnetError):
            raise self._result
        if told is not None:
            told(0.5)
        return self._result, ""


def words_of(text: str, *, start: float = 0.0) -> list[Word]:
    return [Word(word, start + at / 2, start + at / 2 + 0.4) for at, word in enumerate(text.split())]


def test_a_pause_begins_a_paragraph() -> None:
    words = [*words_of("The frost came early."), *words_of("We lost the basil.", start=10.0)]
    found = list(paragraphs(words))
    assert [(piece.text, piece.seconds) for piece in found] == [
        ("The frost came early.", (0.0, 1.9)),
        ("We lost the basil.", (10.0, 11.9)),
    ]


def test_long_speech_is_parted_at_the_end_of_a_sentence() -> None:
    sentence = "Tomatoes want sun and water and a wall behind them."
    found = list(paragraphs(words_of(" ".join([sentence] * 40))))
    assert len(found) > 2 and all(piece.text.endswith(".") for piece in found)
    assert all(len(piece.text) < SENTENCES_CHARACTERS + 2 * len(sentence) for piece in found)
    for one, following in itertools.pairwise(found):
        assert one.seconds and following.seconds and one.seconds[1] <= following.seconds[0]


def test_words_are_joined_as_their_language_writes_them() -> None:
    chinese = [Word("霜", 0.0, 0.2), Word("来", 0.2, 0.4), Word("了", 0.4, 0.6)]
    assert [piece.text for piece in paragraphs(chinese)] == ["霜来了"]
    leading = [Word(" The", 0.0, 0.2), Word(" frost", 0.2, 0.4), Word(".", 0.4, 0.5)]
    assert [piece.text for piece in paragraphs(leading)] == ["The frost."]


def test_a_transcript_without_times_is_one_paragraph() -> None:
    document = document_of(Transcribed("The frost came early.", audio_seconds=3.0))
    assert [(block.text, block.seconds) for block in document.blocks] == [("The frost came early.", (0.0, 3.0))]


async def test_a_recording_is_heard() -> None:
    told: list[float] = []
    document = assemble([Piece("The frost came early.", seconds=(0.0, 2.0))])
    reading = await heard(RECORDING, ScriptedHearing(document), told.append)
    assert reading.status == "ok" and reading.document is document and told == [0.5]


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        (ModelError("There is no model that hears."), "error", "There is no model that hears."),
        (VoiceError("It is damaged.", code="voice_damaged"), "rejected", "It is damaged."),
        (assemble([]), "empty", "Nothing is said in it."),
    ],
)
async def test_what_cannot_be_heard_says_why(result: Document | TangnetError, status: str, reason: str) -> None:
    reading = await heard(RECORDING, ScriptedHearing(result))
    assert (reading.status, reading.reason, reading.document) == (status, reason, None)


async def test_other_files_and_no_nodes_leave_a_reading_as_it_is() -> None:
    reading = Reading("/a.txt", "empty")
    assert await heard(reading, ScriptedHearing(assemble([]))) is reading
    assert await heard(RECORDING, None) is RECORDING
