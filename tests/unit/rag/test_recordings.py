"""Recordings as documents: words become paragraphs, and failures sentences."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from app.errors import ModelError, TangnetError, VoiceError
from app.events import Transcribed, Word
from app.rag.document import Document, Piece, assemble
from app.rag.places import WORDS, marks_of, places_of
from app.rag.recordings import SENTENCES_CHARACTERS, Told, document_of, heard, paragraphs, transcript_of
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


def test_a_document_is_the_transcript_that_it_was_made_of() -> None:
    words = []
    for at, text in enumerate(("The", " frost", " came", " early.", " Nobody", " knew", " why.")):
        later = 3.0 if at > 3 else 0.0  # a pause: another paragraph
        words.append(Word(text, at * 0.5 + later, at * 0.5 + 0.4 + later))
    for given in (words, [Word(word.text.strip(), word.start, word.end) for word in words]):
        document = document_of(Transcribed("…", "en", 1.0, 9.0, tuple(given)))
        assert document.text == "The frost came early.\n\nNobody knew why."
        spoken = [span for block in document.blocks for span in block.spoken]
        assert [document.text[start:end].strip() for start, end, _, _ in spoken] == [one.text.strip() for one in words]
        made = transcript_of(document.text, spoken, "en")
        assert made.text == "The frost came early. Nobody knew why." and made.language == "en"
        assert [(one.text.strip(), one.start, one.end) for one in made.words] == [
            (one.text.strip(), one.start, one.end) for one in words
        ]
        paragraphs = [(block.start, block.end, *block.seconds) for block in document.blocks if block.seconds]
        likely = transcript_of(document.text, paragraphs, "en")  # as documents of earlier versions know it
        assert likely.text == made.text and [one.text for one in likely.words] == [one.text for one in made.words]
        assert abs(likely.words[5].start - words[5].start) < 0.3


def test_languages_without_blanks_stay_without() -> None:
    words = (Word("霜", 0.0, 0.4), Word("来了。", 0.4, 1.0), Word("没人", 4.0, 4.5), Word("知道。", 4.5, 5.0))
    document = document_of(Transcribed("霜来了。没人知道。", "zh", 1.0, 5.0, words))
    spoken = [span for block in document.blocks for span in block.spoken]
    made = transcript_of(document.text, spoken, "zh")
    assert made.text == "霜来了。没人知道。" and made.words == words


def test_words_are_kept_beside_the_paragraphs() -> None:
    words = (Word(" The", 0.0, 0.4), Word(" frost.", 0.5, 1.0))
    places = {one.page: one for one in places_of(document_of(Transcribed("The frost.", "en", 1.0, 1.0, words)))}
    assert marks_of(places[None].marks).seconds == ((0, 10, 0.0, 1.0),)
    assert marks_of(places[WORDS].marks).seconds == ((0, 3, 0.0, 0.4), (3, 10, 0.5, 1.0))
    assert {one.page for one in places_of(assemble([Piece("Written.")]))} == set()
