"""Transcripts: paragraphs, and subtitles that an independent parser and the program's own reader read back."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence

import pytest

from app.commands.arguments import TRANSCRIPTS
from app.events import Transcribed, Word
from app.rag.readers.subtitles import read
from app.subtitling import COLUMNS, LINES, broken, width
from app.transcripts import FORMS, clock, joined, paragraphs, sentences, spread, words_of, written

TALK = (
    "When the weather is fine, we sail out at six in the morning, and nobody who has ever seen the bay asks why. "
    "Yes. Dr. Smith, who is a friend of J. R. Brown, came with us twice; he was sick both times. "
    "It costs about 3.50 a head <including bread> & tea --> or nothing at all if you row. Would you come?"
)


def said(text: str, pace: float = 0.3, pauses: dict[int, float] | None = None) -> tuple[Word, ...]:
    """Return words that take `pace` seconds each, with pauses before some of them."""
    words, now = [], 0.0
    for at, one in enumerate(text.split()):
        now += (pauses or {}).get(at, 0.0)
        words.append(Word(f" {one}", round(now, 3), round(now + pace, 3)))
        now += pace
    return tuple(words)


def transcribed(words: Sequence[Word]) -> Transcribed:
    end = words[-1].end if words else 0.0
    return Transcribed(joined(words), "en", 1.0, end, tuple(words))


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def cues(text: str, point: str) -> list[tuple[float, float, list[str]]]:
    """Parse SRT or WebVTT after its description, and nothing beyond: a line of another form is an error."""
    found = []
    blocks = text.rstrip("\n").split("\n\n")
    if point == ".":
        assert blocks.pop(0) == "WEBVTT"
    for number, block in enumerate(blocks, 1):
        lines = block.split("\n")
        if point == ",":
            assert lines.pop(0) == str(number)
        stamp = rf"\d\d:[0-5]\d:[0-5]\d{re.escape(point)}\d{{3}}"
        times = re.fullmatch(rf"({stamp}) --> ({stamp})", lines.pop(0))
        assert times is not None and lines
        found.append((seconds(times[1]), seconds(times[2]), lines))
    return found


def unescaped(text: str) -> str:
    assert not re.search(r"<|>|&(?!(amp|lt|gt);)", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def test_sentences_end_with_a_full_stop_but_not_behind_an_abbreviation() -> None:
    found = [one.text for one in sentences(said(TALK))]
    assert found[1] == "Yes." and found[2].startswith("Dr. Smith, who is a friend of J. R. Brown, came")
    assert found[3].startswith("It costs about 3.50 a head") and found[4] == "Would you come?"
    assert len(found) == 5


def test_a_long_silence_ends_a_sentence_and_a_paragraph() -> None:
    words = said("so there we were then it rained. And we went home.", pauses={4: 5.0, 7: 1.0})
    assert [one.text for one in sentences(words)] == ["so there we were", "then it rained.", "And we went home."]
    made = list(paragraphs(words))
    assert [one.text for one in made] == ["so there we were", "then it rained. And we went home."]
    assert made[1].start == words[4].start and made[1].end == words[-1].end


def test_paragraphs_end_with_a_sentence_when_they_are_long() -> None:
    made = list(paragraphs(said(" ".join(["This is one of many sentences that somebody says."] * 60))))
    assert len(made) > 3
    assert all(one.text.endswith("says.") for one in made)
    assert all(400 < len(one.text) < 600 for one in made[:-1])
    endless = list(paragraphs(said("and so on " * 500)))
    assert len(endless) > 3 and all(len(one.text) <= 1000 for one in endless)


@pytest.mark.parametrize(
    ("words", "text"),
    [((" We", " sail."), "We sail."), (("We", "sail."), "We sail."), (("今", "日", "は"), "今日は"), ((), "")],
)
def test_words_are_put_together_as_their_language_has_it(words: tuple[str, ...], text: str) -> None:
    assert joined([Word(one, 0.0, 1.0) for one in words]) == text


@pytest.mark.parametrize("pace", [0.12, 0.3, 0.9])
def test_subtitles_keep_the_rules_and_every_word(pace: float) -> None:
    one = transcribed(said(TALK, pace, {21: 2.5, 40: 0.5}))
    srt, vtt = cues(written(one, "srt"), ","), cues(written(one, "vtt"), ".")
    assert [(a, b, [unescaped(line) for line in lines]) for a, b, lines in vtt] == [
        (a, b, [line.replace("→", "-->") for line in lines]) for a, b, lines in srt
    ]
    assert " ".join(line.replace("→", "-->") for *_, lines in srt for line in lines) == TALK
    check(srt)
    ends = [lines[-1].split()[-1] for *_, lines in srt]
    assert not {"the", "a", "of", "and", "at"}.intersection(ends), "cut within a phrase"


def check(found: Sequence[tuple[float, float, list[str]]], shortest: float = 1.0) -> None:
    before = 0.0
    for start, end, lines in found:
        assert before <= start < end
        assert shortest - 0.002 <= end - start <= 7.002
        assert 1 <= len(lines) <= LINES and all(0 < width(line) <= COLUMNS for line in lines)
        before = end


def test_subtitles_of_anything_keep_the_rules() -> None:
    chance = random.Random(7)
    for _ in range(60):
        texts = [
            "".join(chance.choice("abcdefg") for _ in range(chance.choice([1, 3, 5, 8, 13])))
            + chance.choice(["", "", "", ",", ".", "?"])
            for _ in range(chance.randrange(1, 120))
        ]
        pauses = {at: chance.choice([0.1, 0.6, 2.0, 8.0]) for at in range(0, len(texts), 7)}
        words = said(" ".join(texts), chance.uniform(0.15, 0.6), pauses)
        found = cues(written(transcribed(words), "srt"), ",")
        check(found)
        assert " ".join(line for *_, lines in found for line in lines) == " ".join(texts)
        assert abs(found[0][0] - words[0].start) < 0.002 and found[-1][1] >= words[-1].end - 0.002


def test_words_that_no_line_holds_and_scripts_without_blanks() -> None:
    address = "https://example.org/" + "x" * 150
    found = cues(written(transcribed(said(f"Look at {address} today.", 3.0)), "srt"), ",")
    assert "".join(line for *_, lines in found for line in lines).replace(" ", "") == f"Lookat{address}today."
    assert all(width(line) <= COLUMNS for *_, lines in found for line in lines)
    chinese = "今天天气很好我们去海边走走然后在那里吃饭再回家休息明天还要早起工作所以不能太晚" * 2
    words = [Word(one, at * 0.2, at * 0.2 + 0.2) for at, one in enumerate(chinese)]
    found = cues(written(transcribed(words), "srt"), ",")
    assert "".join(line for *_, lines in found for line in lines) == chinese
    check(found)
    assert len(found) > 1


def test_our_own_reader_reads_what_we_write() -> None:
    one = transcribed(said(TALK.replace("-->", "to").replace("<including bread>", "including"), 0.3, {21: 4.0}))
    for text in (written(one, "srt"), written(one, "vtt")):
        blocks = read(text.encode()).pieces
        assert [piece.text for piece in blocks if piece.text] == [found.text for found in paragraphs(one.words)]
        assert blocks[1].seconds is not None and abs(blocks[1].seconds[0] - one.words[21].start) < 0.002


def test_text_has_a_time_over_each_paragraph() -> None:
    one = transcribed(said("We sail. We row.", 0.5, {2: 3700.0}))
    assert written(one, "txt") == "[0:00]\nWe sail.\n\n[1:01:41]\nWe row.\n"
    assert clock(59.99) == "0:59"


def test_json_has_paragraphs_sentences_and_words() -> None:
    one = transcribed(said("We sail. We row."))
    value = json.loads(written(one, "json"))
    assert set(value) == {"text", "language", "audio_seconds", "paragraphs", "words"}
    (paragraph,) = value["paragraphs"]
    assert paragraph["text"] == value["text"] == "We sail. We row."
    assert [found["text"] for found in paragraph["sentences"]] == ["We sail.", "We row."]
    assert value["words"][1] == {"text": "sail.", "start": 0.3, "end": 0.6}


def test_where_nothing_is_said_there_is_nothing() -> None:
    silence = Transcribed("", "en", 1.0, 5.0)
    assert written(silence, "txt") == written(silence, "srt") == "" and written(silence, "vtt") == "WEBVTT\n"
    assert json.loads(written(silence, "json"))["words"] == []


def test_a_text_without_times_gets_likely_ones() -> None:
    words = words_of(Transcribed("We sail out. We row.", "en", 1.0, 10.0))
    assert joined(words) == "We sail out. We row." and words[-1].end == 10.0
    assert [one.start for one in spread("ab cd", 1.0, 2.0)] == [1.0, 1.4]


def test_two_lines_are_cut_where_a_phrase_ends() -> None:
    assert broken("short") == ("short",) and broken("") == ()
    assert broken("When the weather is fine in the morning, we sail out to the bay") == (
        "When the weather is fine in the morning,",
        "we sail out to the bay",
    )


def test_the_command_line_knows_the_same_forms() -> None:
    assert TRANSCRIPTS == FORMS
