"""WhisperEngine: speech to text with faster-whisper, from a stream of sound, with partial text while it comes in.

Sound is held only until it has been read for good: after 20 s a pause of the speaker is looked for, and what lies
before it is transcribed once, carefully, and dropped. So an hour costs an hour's work, and memory stays small.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from nodeworker.engines import Final, Partial, Progress, TranscriptEvent, Word
from nodeworker.engines.agreement import Agreement, pieces, whole_words
from nodeworker.engines.speech_bounds import WINDOW, WINDOW_SECONDS, SpeechBounds
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, Unsupported
from nodeworker.hardware import free_cores
from nodeworker.models import ModelFile
from nodeworker.protocol import SAMPLE_RATE

CUT_AFTER, CUT_LATEST = 20.0, 28.0
"""Seconds of held sound: from the first on a pause is waited for, at the second it is cut at the quietest place."""
PARTIAL_EVERY = 1.0
"""Seconds of new sound between two partial texts."""
_LOOK_EVERY = 8 * WINDOW
_PAD = 6
"""Windows (0.19 s) kept on both sides of speech: soft beginnings lie outside what the detector sees."""
_SEARCH_CUT = 8.0
_LEAST_CUT_PAUSE = 6
_CAREFUL = (0.0, 0.2, 0.4, 0.6)
"""Temperatures tried one after the other when a text repeats itself or is improbable."""


class WhisperEngine:
    """One recogniser; a second call of `transcribe` waits at each piece of work, not for the whole."""

    def __init__(self, model: ModelFile, *, threads: int = 0) -> None:
        """`threads` 0: the free cores."""
        self.model = model
        self._threads = threads or free_cores()
        self._whisper: Any = None
        self._vad: Any = None
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def load(self, progress: Progress) -> None:
        """Load the recogniser and the speech detector.

        Raises:
            Unsupported: faster-whisper is not installed here.
            ModelDamaged: the folder is not a whole model.
        """
        progress(0.0)
        try:
            from faster_whisper import WhisperModel
            from faster_whisper.vad import get_vad_model
        except ImportError as error:
            raise Unsupported("This node cannot hear: faster-whisper is not installed.") from error
        progress(0.4)
        try:
            whisper = WhisperModel(
                str(self.model.path),
                device="auto",
                compute_type="int8",
                cpu_threads=self._threads,
                local_files_only=True,
            )
            vad = get_vad_model().session
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise ModelDamaged(
                f"{self.model.name} cannot be loaded: {str(error).splitlines()[0][:200] if str(error) else error!r}.",
                "Remove it and fetch it again.",
            ) from error
        with self._lock:
            self._whisper, self._vad = whisper, vad
        progress(1.0)

    def close(self) -> None:
        """Free the model; a running transcription ends at its next piece."""
        self._closing.set()
        with self._lock:
            self._whisper = self._vad = None

    def transcribe(
        self,
        audio: Iterator[bytes],
        *,
        language: str = "",
        partials: bool = True,
        hotwords: tuple[str, ...] = (),
        cancelled: threading.Event,
        recording: bool = False,
        expected_seconds: float = 0.0,
    ) -> Iterator[TranscriptEvent]:
        """Read 16 kHz mono PCM16 until it ends; yield bounds of speech, partial texts and last the Final.

        Silence and noise give a Final with "". After `cancelled` it ends without one.

        Raises:
            BadRequest: a language that this model does not know.
            EngineError: the model is not loaded, or failed.
        """
        started = time.perf_counter()
        session = _Session(self, self._language(language), " ".join(hotwords) or None)
        yield from session.run(audio, partials, cancelled, self._closing)
        if cancelled.is_set():
            return
        if self._closing.is_set():
            raise EngineError("The engine is closing.")
        yield session.final(time.perf_counter() - started)

    def probabilities(self, sound: Any, state: tuple[Any, Any], context: Any) -> tuple[Any, tuple[Any, Any]]:
        """Speech probability for each window of `sound` (float32, whole windows) and the detector's next state."""
        import numpy

        windows = sound.reshape(-1, WINDOW)
        before = numpy.concatenate([context[None, :], windows[:-1, -len(context) :]])
        with self._lock:
            if self._vad is None:
                raise EngineError("The model is not loaded.")
            inputs = {"input": numpy.concatenate([before, windows], axis=1), "h": state[0], "c": state[1]}
            out, h, c = self._vad.run(None, inputs)
        return out.reshape(-1), (h, c)

    def recognise(
        self, sound: Any, language: str | None, hotwords: str | None, *, careful: bool
    ) -> tuple[list[Word], str]:
        """Read up to 30 s of sound (float32): words with the space before them, times from its beginning; language.

        Without `careful` it is quicker and gives whole phrases instead of words. Raises EngineError.
        """
        with self._lock:
            if self._whisper is None:
                raise EngineError("The model is not loaded.")
            try:
                segments, about = self._whisper.transcribe(
                    sound,
                    language=language,
                    beam_size=5 if careful else 1,
                    temperature=_CAREFUL if careful else 0.0,
                    condition_on_previous_text=False,
                    word_timestamps=careful,
                    hotwords=hotwords,
                )
                words: list[Word] = []
                for segment in segments:
                    if careful:
                        words += [Word(w.word, float(w.start), float(w.end)) for w in segment.words or ()]
                    else:
                        words.append(Word(segment.text, segment.start, segment.end))
            except (RuntimeError, ValueError) as error:
                raise EngineError(f"Recognising speech failed: {error}.") from error
        return words, about.language

    def _language(self, wanted: str) -> str | None:
        """The code to ask the model for; None: let it find out."""
        code = wanted.strip().lower().partition("-")[0].partition("_")[0]
        with self._lock:
            if self._whisper is None:
                raise EngineError("The model is not loaded.")
            known: list[str] = self._whisper.supported_languages
        if not code:
            return known[0] if len(known) == 1 else None
        if code not in known:
            if len(known) == 1:
                raise BadRequest(
                    f"{self.model.name} understands English only, not {wanted!r}.",
                    "Add a model for many languages: tangnet models add whisper-base",
                )
            raise BadRequest(f"{self.model.name} does not know the language {wanted!r}.", "Use a code such as de.")
        return code


class _Session:
    """One transcription: the sound not yet read for good, the bounds of speech, the words so far."""

    def __init__(self, engine: WhisperEngine, language: str | None, hotwords: str | None) -> None:
        import numpy

        self._np = numpy
        self._engine = engine
        self._language = language
        self._hotwords = hotwords
        self._held = numpy.zeros(0, dtype=numpy.float32)
        self._offset = 0
        """Window at which the held sound begins."""
        self._seen = 0
        """Samples of the held sound that the detector has heard."""
        self._loudness: list[float] = []
        """Probability for each window of the held sound."""
        self._state = (numpy.zeros((1, 1, 128), numpy.float32), numpy.zeros((1, 1, 128), numpy.float32))
        self._context = numpy.zeros(64, numpy.float32)
        self._bounds = SpeechBounds()
        self._agreement = Agreement()
        self._words: list[Word] = []
        self._samples = 0
        self._odd = b""
        self._partial_at = 0
        self._partial_not_before = 0.0

    def run(
        self, audio: Iterator[bytes], partials: bool, cancelled: threading.Event, closing: threading.Event
    ) -> Iterator[TranscriptEvent]:
        pending: list[bytes] = []
        waiting = 0
        for block in audio:
            if cancelled.is_set() or closing.is_set():
                return
            pending.append(block)
            waiting += len(block) // 2
            if waiting < _LOOK_EVERY:
                continue
            yield from self._take(b"".join(pending))
            pending, waiting = [], 0
            while (cut := self._place_to_cut()) is not None and not cancelled.is_set():
                self._settle(cut)
            if partials and (partial := self._partial()):
                yield partial
        if cancelled.is_set() or closing.is_set():
            return
        yield from self._take(b"".join(pending), last=True)
        yield from self._bounds.finish()
        while (cut := self._place_to_cut()) is not None and not cancelled.is_set():
            self._settle(cut)
        if not cancelled.is_set():
            self._settle(len(self._loudness))

    def final(self, seconds: float) -> Final:
        words = tuple(whole_words(self._words))
        text = "".join(word.text for word in self._words).strip()
        return Final(text, self._language or "", words, self._samples / SAMPLE_RATE, seconds)

    def _take(self, data: bytes, *, last: bool = False) -> Iterator[TranscriptEvent]:
        """Hold new sound and let the detector hear its whole windows; the last one is filled up with silence."""
        np = self._np
        data = self._odd + data
        self._odd = data[len(data) // 2 * 2 :]
        new = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.float32) / 32768.0
        self._samples += len(new)
        self._held = np.concatenate([self._held, new])
        if last and len(self._held) % WINDOW:
            self._held = np.concatenate([self._held, np.zeros(-len(self._held) % WINDOW, np.float32)])
        whole = len(self._held) // WINDOW * WINDOW
        if whole == self._seen:
            return
        sound = self._held[self._seen : whole]
        found, self._state = self._engine.probabilities(sound, self._state, self._context)
        self._context = sound[-len(self._context) :]
        self._seen = whole
        self._loudness += [float(value) for value in found]
        yield from self._bounds.feed(self._loudness[-len(found) :])
        self._drop_silence()

    def _drop_silence(self) -> None:
        """Without speech in the held sound nothing but a moment before now has to be kept."""
        windows = len(self._loudness)
        if windows > 4 * _PAD and not self._bounds.speech_between(self._offset, self._offset + windows):
            recent = max(self._loudness[-2 * _PAD :], default=0.0)
            if recent < 0.35:
                self._forget(windows - 2 * _PAD)

    def _place_to_cut(self) -> int | None:
        """Window of the held sound before which it is read for good; None while it may still grow."""
        windows = len(self._loudness)
        if windows * WINDOW_SECONDS < CUT_AFTER:
            return None
        spans = self._bounds.speech_between(self._offset, self._offset + windows)
        earliest = int((CUT_AFTER - _SEARCH_CUT) / WINDOW_SECONDS)
        latest = int(CUT_LATEST / WINDOW_SECONDS)
        pauses = [
            ((left.end + right.start) // 2 - self._offset, right.start - left.end) for left, right in pairwise(spans)
        ]
        if spans and self._bounds.open_span() is None:
            pauses.append((spans[-1].end + _PAD - self._offset, windows))
        good = [(length, at) for at, length in pauses if earliest <= at <= min(windows, latest)]
        good = [(length, at) for length, at in good if length >= _LEAST_CUT_PAUSE]
        if good:
            return max(good)[1]
        if windows < latest:
            return None
        # Nobody breathes: between two words the probability dips, so the deepest dip is the least bad place.
        return min(range(earliest, latest), key=lambda at: (sum(self._loudness[at - 1 : at + 2]), -at))

    def _settle(self, cut: int) -> None:
        """Read the held sound before window `cut` for good, and drop it."""
        spans = self._bounds.speech_between(self._offset, self._offset + cut)
        words: list[Word] = []
        if spans:
            first = max(0, spans[0].start - self._offset - _PAD)
            last = min(cut, spans[-1].end - self._offset + _PAD)
            found, language = self._read(first, last, careful=True)
            shift = (self._offset + first) * WINDOW_SECONDS
            words = [Word(word.text, round(word.start + shift, 3), round(word.end + shift, 3)) for word in found]
            if words and self._language is None:
                self._language = language
        self._words += words
        self._agreement = Agreement(self._agreement.settle(pieces("".join(word.text for word in words))))
        self._forget(cut)
        self._partial_at = self._samples

    def _partial(self) -> Partial | None:
        """A partial text, when enough new sound has come and at most half of the time goes into partial texts."""
        if self._samples - self._partial_at < PARTIAL_EVERY * SAMPLE_RATE:
            return None
        begun = time.perf_counter()
        spans = self._bounds.speech_between(self._offset, self._offset + len(self._loudness))
        if begun < self._partial_not_before or not spans:
            return None
        first = max(0, spans[0].start - self._offset - _PAD)
        words, _ = self._read(first, len(self._loudness), careful=False)
        self._agreement.read(pieces("".join(word.text for word in words)))
        ended = time.perf_counter()
        self._partial_not_before = ended + (ended - begun)
        self._partial_at = self._samples
        text = self._agreement.text
        return Partial(text, self._agreement.confirmed) if text else None

    def _read(self, first: int, last: int, *, careful: bool) -> tuple[list[Word], str]:
        sound = self._held[first * WINDOW : last * WINDOW]
        return self._engine.recognise(sound, self._language, self._hotwords, careful=careful)

    def _forget(self, windows: int) -> None:
        self._held = self._held[windows * WINDOW :]
        self._seen -= windows * WINDOW
        self._loudness = self._loudness[windows:]
        self._offset += windows
        self._bounds.forget(self._offset)
