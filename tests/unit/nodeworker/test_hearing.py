"""Live transcriptions and recordings over a recogniser that reads loud windows as words; no model."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nodeworker.engines import Final, Heard, Partial, SpeechEnded, SpeechStarted, TranscriptEvent, Word
from nodeworker.engines.speech.batch_reading import Reading
from nodeworker.engines.speech.chunks import MOST, Chunk, first_chunk, kept
from nodeworker.engines.speech.listening import Listening
from nodeworker.engines.speech.recording import Recording
from nodeworker.engines.speech.speech_bounds import WINDOW, Pause, Span, pauses, quietest

RATE = 16_000


class FakeReader:
    """Hears a word in each second of sound that is loud; its text is the loudness, so every second is told apart."""

    def __init__(self, *, language: str = "en", stops_after: int = 0) -> None:
        self.language = language
        self.stops_after = stops_after
        """Words after which a reading ends, as recognisers do at a change of speaker; 0: none."""
        self.batches: list[int] = []
        self.longest = 0.0
        self.lengths: list[float] = []
        self.glimpses: list[float] = []
        self.rests = 0

    def probabilities(self, sound: Any, state: tuple[Any, Any], context: Any) -> tuple[Any, tuple[Any, Any]]:
        return (np.abs(sound.reshape(-1, WINDOW)).max(axis=1) > 0.001).astype(float), state

    def language_of(self, sound: Any) -> tuple[str, float]:
        return self.language, 0.9

    def read(self, sounds: Sequence[Any], language: str, hotwords: str, *, short: bool = False) -> list[Reading]:
        self.batches.append(len(sounds))
        self.rests += short
        self.lengths += [len(sound) / RATE for sound in sounds]
        self.longest = max(self.longest, *(len(sound) / RATE for sound in sounds))
        return [self._reading(sound) for sound in sounds]

    def phrases(self, sound: Any, language: str, hotwords: str) -> list[Word]:
        self.glimpses.append(len(sound) / RATE)
        return self._words(sound)

    def _reading(self, sound: Any) -> Reading:
        words = self._words(sound)[: self.stops_after or None]
        return Reading(tuple(words), words[-1].end if words else len(sound) / RATE)

    def _words(self, sound: Any) -> list[Word]:
        levels = np.round(np.abs(sound[:: RATE // 100]) * 32768).astype(int)
        edges = [0, *(np.flatnonzero(np.diff(levels)) + 1), len(levels)]
        return [
            Word(f" w{levels[start]}", start / 100, end / 100)
            for start, end in pairwise(edges)
            if end - start > 20 and levels[start] > 100
        ]


def talk(*stretches: tuple[int, float], first: int = 1000) -> bytes:
    """Seconds of speech, each of its own loudness, then a silence; for each pair."""
    parts: list[Any] = []
    for seconds, silence in stretches:
        for _ in range(seconds):
            parts.append(np.full(RATE, first, dtype="<i2"))
            first += 1
        parts.append(np.zeros(int(silence * RATE), dtype="<i2"))
    return b"".join(part.tobytes() for part in parts)


def blocks(sound: bytes, size: int = 8001) -> Iterator[bytes]:
    return (sound[at : at + size] for at in range(0, len(sound), size))


def never() -> bool:
    return False


def record(
    reader: FakeReader, sound: Iterator[bytes], *, stopped: Callable[[], bool] = never, expected: float = 0.0
) -> tuple[list[TranscriptEvent], Final]:
    session = Recording(reader, "", "", expected=expected, batches=(1, 2, 4), clock=lambda: 0.0)
    return list(session.run(sound, stopped)), session.final(0.0)


def listen(reader: FakeReader, sound: Iterator[bytes]) -> tuple[list[TranscriptEvent], Final]:
    session = Listening(reader, "", "", clock=lambda: 0.0)
    return list(session.run(sound, True, never)), session.final(0.0)


def numbers(text: str) -> list[int]:
    return [int(word[1:]) for word in text.split()]


def test_a_recording_is_read_once_in_full_chunks_and_nothing_is_lost() -> None:
    reader = FakeReader()
    sound = talk(*[(7, 0.7), (4, 2.0), (13, 0.5)] * 8)
    events, final = record(reader, blocks(sound), expected=250.0)
    said = numbers(final.text)
    assert sorted(set(said)) == list(range(1000, 1000 + 24 * 8))
    assert said == sorted(said) and len(said) <= 24 * 8 + len(reader.batches) * 4  # a second cut in two is two words
    assert reader.longest <= 30.0 and max(reader.batches) == 4
    assert all(isinstance(event, Heard) for event in events)
    heard = [event for event in events if isinstance(event, Heard)]
    assert "".join(event.text for event in heard).strip() == final.text
    assert [event.seconds for event in heard] == sorted(event.seconds for event in heard)
    assert heard[-1].seconds == heard[-1].total == final.audio_seconds == pytest.approx(len(sound) / 2 / RATE)
    assert heard[0].total == 250.0
    assert final.language == "en" and final.language_probability == pytest.approx(0.9)


def test_words_of_a_recording_have_its_times_although_silence_is_left_out() -> None:
    _, final = record(FakeReader(), blocks(talk((3, 20.0), (2, 45.0), (1, 0.0))))
    starts = [(word.text, word.start) for word in final.words]
    assert [text for text, _ in starts] == ["w1000", "w1001", "w1002", "w1003", "w1004", "w1005"]
    assert [start for _, start in starts] == pytest.approx([0, 1, 2, 23, 24, 70], abs=0.05)
    assert all(a.end <= b.start for a, b in zip(final.words, final.words[1:], strict=False))


def test_what_a_reading_leaves_out_is_read_again() -> None:
    reader = FakeReader(stops_after=5)
    _, final = record(reader, blocks(talk((12, 1.0), (9, 1.0))))
    assert sorted(set(numbers(final.text))) == list(range(1000, 1021))
    assert reader.rests >= 3


def test_silence_is_told_as_progress_and_costs_no_memory() -> None:
    reader = FakeReader()

    def meeting() -> Iterator[bytes]:
        yield talk((3, 0.0))
        for _ in range(60):
            yield bytes(2 * RATE * 10)
        yield talk((2, 1.0), first=2000)

    tracemalloc.start()
    events, final = record(reader, meeting())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert numbers(final.text) == [1000, 1001, 1002, 2000, 2001]
    assert final.words[-1].end == pytest.approx(605.0, abs=0.1)
    assert len(events) >= 3 and peak < 30 * 2**20


def test_a_stopped_recording_reads_no_further_batch() -> None:
    reader = FakeReader()
    events, _ = record(reader, blocks(talk(*[(10, 0.5)] * 20)), stopped=lambda: len(reader.batches) >= 2)
    assert len(reader.batches) == 2 and len(events) <= 2


@pytest.mark.parametrize("expected", [math.nan, math.inf, -5.0, 1e300])
def test_an_absurd_length_is_not_believed(expected: float) -> None:
    events, _ = record(FakeReader(), blocks(talk((2, 1.0))), expected=expected)
    assert isinstance(events[-1], Heard) and 3.0 <= events[-1].total <= 86_400.0


@pytest.mark.parametrize("sound", [b"", b"\x01", bytes(3), bytes(200_001)])
@pytest.mark.parametrize("hear", [record, listen])
def test_nothing_said_is_no_text(
    hear: Callable[[FakeReader, Iterator[bytes]], tuple[list[TranscriptEvent], Final]], sound: bytes
) -> None:
    reader = FakeReader()
    _, final = hear(reader, iter([sound]))
    assert (final.text, final.words, final.language_probability) == ("", (), 0.0)
    assert final.audio_seconds == len(sound) // 2 / RATE
    assert reader.batches == []


@pytest.mark.parametrize("hear", [record, listen])
def test_one_giant_block_is_the_same_as_many_odd_ones(
    hear: Callable[[FakeReader, Iterator[bytes]], tuple[list[TranscriptEvent], Final]],
) -> None:
    sound = talk(*[(6, 0.8)] * 12)
    whole, odd = hear(FakeReader(), iter([sound])), hear(FakeReader(), blocks(sound, 7777))
    assert set(numbers(whole[1].text)) == set(numbers(odd[1].text)) == set(range(1000, 1072))


def test_a_live_transcription_tells_bounds_and_text_that_only_grows() -> None:
    reader = FakeReader()
    events, final = listen(reader, blocks(talk(*[(6, 0.8)] * 12), 16_000))
    assert set(numbers(final.text)) == set(range(1000, 1072))
    assert sum(isinstance(event, SpeechStarted) for event in events) == 12
    assert sum(isinstance(event, SpeechEnded) for event in events) == 12
    confirmed = ""
    for event in events:
        if isinstance(event, Partial):
            assert event.confirmed.startswith(confirmed) and event.text.startswith(event.confirmed)
            confirmed = event.confirmed
    assert len(confirmed) > 20


def test_what_was_read_in_the_last_pause_is_not_read_again_at_the_end() -> None:
    reader = FakeReader()
    read_before_the_end: list[int] = []

    def spoken() -> Iterator[bytes]:
        yield from blocks(talk((4, 0.6)), 3200)
        read_before_the_end.append(len(reader.batches))

    events, final = listen(reader, spoken())
    assert read_before_the_end == [len(reader.batches)] == [1]
    assert numbers(final.text) == [1000, 1001, 1002, 1003]
    told = [event for event in events if isinstance(event, Partial)]
    assert told[-1].text == final.text  # seen before the end, too


def test_who_speaks_on_after_a_short_pause_is_read_again_and_loses_nothing() -> None:
    reader = FakeReader()
    events, final = listen(reader, blocks(talk((3, 0.4), (2, 0.0)), 3200))
    assert numbers(final.text) == [1000, 1001, 1002, 1003, 1004] and len(reader.batches) == 2
    assert [word.start for word in final.words] == pytest.approx([0, 1, 2, 3.4, 4.4], abs=0.05)
    assert sum(isinstance(event, SpeechEnded) for event in events) == 1


def test_little_is_left_to_read_at_the_end() -> None:
    reader = FakeReader()
    read_before_the_end: list[int] = []

    def spoken() -> Iterator[bytes]:
        yield from blocks(talk(*[(4, 0.6)] * 8, (3, 0.0)), 3200)
        read_before_the_end.append(len(reader.lengths))

    _, final = listen(reader, spoken())
    assert set(numbers(final.text)) == set(range(1000, 1035))
    assert sum(reader.lengths[read_before_the_end[0] :]) < 10.0


def test_without_partial_texts_nothing_is_read_ahead() -> None:
    reader = FakeReader()
    session = Listening(reader, "", "", clock=lambda: 0.0)
    list(session.run(blocks(talk((2, 0.4), (2, 0.4)), 3200), False, never))
    assert len(reader.batches) == 1 and len(numbers(session.final(0.0).text)) == 4


def test_partial_readings_never_grow_beyond_the_last_confirmed_pause() -> None:
    reader = FakeReader()
    listen(reader, blocks(talk(*[(5, 0.6)] * 10), 16_000))
    assert len(reader.glimpses) > 25 and max(reader.glimpses) < 14.0
    without_pauses = FakeReader()
    listen(without_pauses, blocks(talk((60, 0.0)), 16_000))
    assert max(without_pauses.glimpses) <= 29.0


def test_a_chunk_ends_in_the_last_good_pause_that_fits() -> None:
    second = 31  # windows
    speech = [Span(0, 22 * second), Span(24 * second, 60 * second)]
    spans = kept(speech, 0, 60 * second)
    assert spans == [Span(0, 22 * second + 12), Span(24 * second - 12, 60 * second)]
    no_pause = first_chunk(spans, lambda _: [], lambda span: span.end - 1)
    assert no_pause.end == 22 * second + 12  # better between two stretches than anywhere within one
    within = first_chunk(spans, lambda span: [Pause(25 * second, 25 * second + 12)], lambda span: span.end - 1)
    assert within.end == 25 * second + 6 and within.windows <= MOST


def test_who_never_pauses_is_cut_where_the_voice_is_weakest() -> None:
    loud = [0.9] * 2000
    loud[700] = 0.6
    chunk = first_chunk(
        [Span(0, 2000)],
        lambda span: pauses(loud[span.start : span.end], span.start),
        lambda span: quietest(loud[span.start : span.end], span.start),
    )
    assert chunk == Chunk((Span(0, 700),))


def test_words_keep_to_the_part_of_the_chunk_that_they_are_in() -> None:
    chunk = Chunk((Span(100, 200), Span(1000, 1100)))  # 3.2 s each, from 3.2 s and from 32 s on
    words = chunk.placed([Word("a", 0.0, 1.0), Word("b", 3.0, 3.3), Word("c", 3.2, 4.2), Word("d", 9.0, 9.5)])
    times = [(word.start, word.end) for word in words]
    assert times == [pytest.approx(t) for t in ((3.2, 4.2), (6.2, 6.4), (32.0, 33.0), (35.2, 35.2))]
    assert chunk.behind(1.6) == Chunk((Span(150, 200), Span(1000, 1100)))
    assert chunk.behind(4.8) == Chunk((Span(1050, 1100),))
    assert chunk.behind(99.0) is None
