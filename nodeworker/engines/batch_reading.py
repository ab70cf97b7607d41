"""BatchReader: several stretches of sound read at once by faster-whisper's model, with word times.

faster-whisper's own batched pipeline drops what a stretch says behind its last time mark and never tries again when
the text is improbable or repeats itself. Here the text is kept to its end, and what deserves another look is told.
Timed against it in tests/bench/bench_whisper.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nodeworker.engines import Word
from nodeworker.engines.spoken_words import repeats_itself
from nodeworker.protocol import SAMPLE_RATE

LEAST_LOG_PROBABILITY = -1.0
"""Mean of a text below which it is not believed; this and the next as in Whisper."""
MOST_NO_SPEECH = 0.6
"""Probability that nothing is said, above which an improbable text is dropped."""
_TIME_STEP = 0.02
_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Marks that belong to the next and to the last word; those of faster-whisper."""
_BEAMS = 5
_SHORT, _SHORT_FRAMES = 7.0, 1000
"""Sounds of at most so many seconds are read in a window of 10 s (in frames of 10 ms) instead of 30 s: a third of the
work. It is for what a first reading left out; over whole sentences it costs accuracy (word errors 3.8 instead of 2.9 %
with the smallest model)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one stretch says; times in seconds from its beginning."""

    words: tuple[Word, ...]
    reached: float
    """Up to where the recogniser has read: speech behind it is still to be read."""
    doubtful: bool = False
    """Improbable, or repeating itself: worth reading again with other settings."""


class BatchReader:
    """Reads with one language and one list of hotwords. `whisper` is a faster_whisper.WhisperModel."""

    def __init__(self, whisper: Any, language: str, hotwords: str) -> None:
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        self._whisper = whisper
        multilingual = whisper.model.is_multilingual
        self._tokens = Tokenizer(whisper.hf_tokenizer, multilingual, task="transcribe", language=language)
        self._prompt: list[int] = whisper.get_prompt(self._tokens, [], hotwords=hotwords or None)
        self._suppressed = list(get_suppressed_tokens(self._tokens, [-1]))

    def read(self, sounds: Sequence[Any], *, rest: bool = False) -> list[Reading]:
        """Read stretches of at most 30 s each (float32, 16 kHz). Raises RuntimeError, ValueError.

        `rest`: they are what earlier readings left out; short ones are read in a short window.
        """
        if not sounds:
            return []
        from faster_whisper.audio import pad_or_trim

        whisper = self._whisper
        features = [whisper.feature_extractor(sound)[..., :-1] for sound in sounds]
        frames = [feature.shape[-1] for feature in features]
        short = rest and all(len(sound) <= _SHORT * SAMPLE_RATE for sound in sounds)
        window = _SHORT_FRAMES if short else whisper.feature_extractor.nb_max_frames
        encoded = whisper.encode(np.stack([pad_or_trim(feature, window) for feature in features]))
        results = whisper.model.generate(
            encoded,
            [self._prompt] * len(sounds),
            beam_size=_BEAMS,
            max_length=whisper.max_length,
            suppress_tokens=self._suppressed,
            return_scores=True,
            return_no_speech_prob=True,
        )
        seconds = [len(sound) / SAMPLE_RATE for sound in sounds]
        segments = [
            self._segments(result.sequences_ids[0], length) for result, length in zip(results, seconds, strict=True)
        ]
        whisper.add_word_timestamps(segments, self._tokens, encoded, frames, _PREPENDED, _APPENDED, 0.0)
        return [
            self._reading(result, said, length) for result, said, length in zip(results, segments, seconds, strict=True)
        ]

    def _segments(self, tokens: Sequence[int], seconds: float) -> list[dict[str, Any]]:
        """Split at the time marks; the last one need not be closed. At least one, perhaps empty."""
        found: list[dict[str, Any]] = []
        text: list[int] = []
        start, mark = 0.0, self._tokens.timestamp_begin
        for token in tokens:
            if token >= mark:
                at = min((token - mark) * _TIME_STEP, seconds)
                if text:
                    found.append({"seek": 0, "start": start, "end": at, "tokens": text})
                start, text = at, []
            elif token < self._tokens.eot:
                text.append(token)
        if text or not found:
            found.append({"seek": 0, "start": start, "end": seconds, "tokens": text})
        return found

    def _reading(self, result: Any, segments: list[dict[str, Any]], seconds: float) -> Reading:
        tokens = result.sequences_ids[0]
        probability = result.scores[0] * len(tokens) / (len(tokens) + 1)
        improbable = probability < LEAST_LOG_PROBABILITY
        if improbable and result.no_speech_prob > MOST_NO_SPEECH:
            return Reading((), seconds)
        words = tuple(
            Word(word["word"], float(word["start"]), float(word["end"]))
            for segment in segments
            for word in segment.get("words", ())
        )
        loops = repeats_itself(self._tokens.decode(tokens))
        return Reading(words, words[-1].end if words else seconds, improbable or loops)
