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
from nodeworker.engines.speech.spoken_words import repeats_itself
from nodeworker.protocol import SAMPLE_RATE

LEAST_LOG_PROBABILITY = -1.0
"""Mean of a text below which it is not believed; this and the next as in Whisper."""
MOST_NO_SPEECH = 0.6
"""Probability that nothing is said, above which an improbable text is dropped."""
_TIME_STEP = 0.02
_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Marks that belong to the next and to the last word; those of faster-whisper."""
_BEAMS = 5
_QUICK_TOKENS, _QUICK_RATE, _QUICK_MOST = 16, 10.0, 200
"""Tokens of a quick reading at most: so many, and so many for each second. Nobody speaks quicker; a circle ends."""
_SHORT, _MORE_FRAMES = 13.0, 300
"""Sounds of at most so many seconds are read in a window with so many frames of 10 ms to spare, instead of 30 s."""
_LEAST_QUICK, _LEAST_CAREFUL = 1000, 1500
"""Frames of a short window at least: docs/decisions/0033 has what it costs."""


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

    def read(self, sounds: Sequence[Any], *, short: bool = False) -> list[Reading]:
        """Read stretches of at most 30 s each (float32, 16 kHz), with care. Raises RuntimeError, ValueError.

        `short`: where all of them last 13 s at most they are read in a short window.
        """
        if not sounds:
            return []
        short = short and all(len(sound) <= _SHORT * SAMPLE_RATE for sound in sounds)
        encoded, frames = self._encoded(sounds, least=_LEAST_CAREFUL if short else 0)
        results = self._generated(encoded, len(sounds), beams=_BEAMS)
        seconds = [len(sound) / SAMPLE_RATE for sound in sounds]
        segments = [
            self._segments(result.sequences_ids[0], length) for result, length in zip(results, seconds, strict=True)
        ]
        self._whisper.add_word_timestamps(segments, self._tokens, encoded, frames, _PREPENDED, _APPENDED, 0.0)
        readings: list[Reading] = []
        for result, said, length in zip(results, segments, seconds, strict=True):
            words = tuple(
                Word(word["word"], float(word["start"]), float(word["end"]))
                for segment in said
                for word in segment.get("words", ())
            )
            believed, doubtful = self._judged(result)
            reached = words[-1].end if words and believed else length
            readings.append(Reading(words if believed else (), reached, doubtful))
        return readings

    def phrases(self, sound: Any) -> list[Word]:
        """Read one stretch quickly, whole phrases with their times; [] when it cannot be believed.

        Raises RuntimeError, ValueError.
        """
        seconds = len(sound) / SAMPLE_RATE
        encoded, _ = self._encoded([sound], least=_LEAST_QUICK if seconds <= _SHORT else 0)
        most = min(_QUICK_MOST, _QUICK_TOKENS + int(_QUICK_RATE * seconds))
        (result,) = self._generated(encoded, 1, beams=1, most=most)
        believed, doubtful = self._judged(result)
        if doubtful or not believed:
            return []
        segments = self._segments(result.sequences_ids[0], seconds)
        return [
            Word(self._tokens.decode(segment["tokens"]), segment["start"], segment["end"])
            for segment in segments
            if segment["tokens"]
        ]

    def _encoded(self, sounds: Sequence[Any], *, least: int) -> tuple[Any, list[int]]:
        """What the encoder makes of the sounds, and the length of each in frames of 10 ms.

        `least`: frames of a window that is just long enough; 0: the window of 30 s.
        """
        from faster_whisper.audio import pad_or_trim

        whisper = self._whisper
        features = [whisper.feature_extractor(sound)[..., :-1] for sound in sounds]
        frames = [feature.shape[-1] for feature in features]
        window = whisper.feature_extractor.nb_max_frames
        if least:
            window = min(window, max(least, (max(frames) + _MORE_FRAMES) // 2 * 2))
        encoded = whisper.encode(np.stack([pad_or_trim(feature, window) for feature in features]))
        return encoded, frames

    def _generated(self, encoded: Any, count: int, *, beams: int, most: int = 0) -> Any:
        """What is said, as tokens; `most` of them, 0: as many as the model holds."""
        held: int = self._whisper.max_length
        return self._whisper.model.generate(
            encoded,
            [self._prompt] * count,
            beam_size=beams,
            max_length=min(held, len(self._prompt) + most) if most else held,
            suppress_tokens=self._suppressed,
            return_scores=True,
            return_no_speech_prob=True,
        )

    def _judged(self, result: Any) -> tuple[bool, bool]:
        """Whether the text is believed at all, and whether it deserves another look."""
        tokens = result.sequences_ids[0]
        probability = result.scores[0] * len(tokens) / (len(tokens) + 1)
        improbable = probability < LEAST_LOG_PROBABILITY
        if improbable and result.no_speech_prob > MOST_NO_SPEECH:
            return False, False
        return True, improbable or repeats_itself(self._tokens.decode(tokens))

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
