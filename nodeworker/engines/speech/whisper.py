"""WhisperEngine: speech to text with faster-whisper, live with partial texts, or a long recording in batches.

Threads. One stretch of speech is read by all threads together, because somebody waits for it. A recording is read by
as many readers as there are threads, one thread each: nothing has to wait at barriers, which is quicker and costs less
(docs/voice.md has the figures). The model is opened anew, in the other shape, when a recording begins and ends.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from nodeworker.engines import Progress, TranscriptEvent, Word
from nodeworker.engines.speech.batch_reading import BatchReader, Reading
from nodeworker.engines.speech.hotwords import fitting
from nodeworker.engines.speech.listening import Listening
from nodeworker.engines.speech.recording import Recording
from nodeworker.engines.speech.speech_bounds import WINDOW
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, Unsupported, first_line
from nodeworker.hardware import free_cores
from nodeworker.models.folder import ModelFile
from nodeworker.protocol import SAMPLE_RATE

_CAREFUL = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Temperatures tried one after the other when a text repeats itself or is improbable: faster-whisper's own."""
_LANGUAGE_SECONDS = 30
_FILES = ("model.bin", "config.json", "tokenizer.json")
_FETCH_AGAIN = "Remove it and fetch it again."
_EACH = (1, 2, 4)
"""Chunks that one reader takes at once, see Recording."""
_EACH_GPU = (4, 8, 16)
_LOOK_SECONDS = 0.1


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say what the library raises in this package's words."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise EngineError(f"Recognising speech failed: {first_line(error)}.") from error


class WhisperEngine:
    """One recogniser; a second call of `transcribe` waits at each piece of work, not for the whole.

    A recording rests between two batches while somebody talks.
    """

    slots = 2
    """Beside a recording there is always room for somebody who talks."""

    def __init__(self, model: ModelFile, *, threads: int = 0) -> None:
        """`threads` 0: the free cores."""
        self.model = model
        self._threads = threads or free_cores()
        self._whisper: Any = None
        self._vad: Any = None
        self._made: tuple[tuple[Any, str, str], BatchReader] | None = None
        self._readers = 1
        self._recordings = 0
        self._talks = 0
        self._paused = False
        self._turn = threading.Condition()
        self._lock = threading.RLock()
        self._closing = threading.Event()

    def load(self, progress: Progress) -> None:
        """Load the recogniser and the speech detector.

        Raises:
            Unsupported: faster-whisper is not installed here.
            ModelDamaged: the folder is not a whole model.
        """
        progress(0.0)
        try:
            from faster_whisper.vad import get_vad_model
        except ImportError as error:
            raise Unsupported("This node cannot hear: faster-whisper is not installed.") from error
        progress(0.4)
        whisper = self._open(1)
        try:
            vad = get_vad_model().session
        except RuntimeError as error:
            raise Unsupported("This node cannot hear: onnxruntime is not installed.") from error
        with self._lock:
            self._whisper, self._vad = whisper, vad
        progress(1.0)

    def pause(self, on: bool) -> None:
        """Read no further chunk of recordings in the background while `on`."""
        with self._turn:
            self._paused = on
            self._turn.notify_all()

    @contextlib.contextmanager
    def _talking(self) -> Iterator[None]:
        with self._turn:
            self._talks += 1
        try:
            yield
        finally:
            with self._turn:
                self._talks -= 1
                self._turn.notify_all()

    def _its_turn(self, background: bool, stopped: Callable[[], bool]) -> bool:
        """Wait until a recording may read on; returns whether it has been stopped."""
        with self._turn:
            while (self._talks or (background and self._paused)) and not stopped():
                self._turn.wait(_LOOK_SECONDS)
        return stopped()

    def close(self) -> None:
        """Free the model; a running transcription ends at its next piece."""
        self._closing.set()
        with self._lock:
            self._whisper = self._vad = self._made = None

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
        background: bool = False,
    ) -> Iterator[TranscriptEvent]:
        """Read 16 kHz mono PCM16 until it ends; last comes the Final.

        Before it come bounds of speech and partial texts, or Heard after each batch of a recording: the texts of all
        Heard together are that of the Final. Silence and noise give a Final with "". After `cancelled` it ends without
        one, within a batch.

        Raises:
            BadRequest: a language that this model does not know.
            EngineError: the model is not loaded, or failed.
        """
        started = time.perf_counter()
        known = self._language(language)
        fit = self._fitting(hotwords)

        def stopped() -> bool:
            return cancelled.is_set() or self._closing.is_set()

        session: Listening | Recording
        if recording:
            each = _EACH_GPU if self._on_gpu() else _EACH
            # In the background one chunk at a time, and the model keeps the shape in which talks are quickest.
            readers = 1 if self._on_gpu() or background else self._threads
            batches = (1, 1) if background else tuple(readers * chunks for chunks in each)
            session = Recording(self, known, fit, expected=expected_seconds, batches=batches)
            with self.readers(readers):
                yield from session.run(audio, lambda: self._its_turn(background, stopped))
                yield from self._ending(session, cancelled, started)
        else:
            session = Listening(self, known, fit)
            with self._talking():
                yield from session.run(audio, partials, stopped)
                yield from self._ending(session, cancelled, started)

    def _ending(
        self, session: Listening | Recording, cancelled: threading.Event, started: float
    ) -> Iterator[TranscriptEvent]:
        if cancelled.is_set():
            return
        if self._closing.is_set():
            raise EngineError("The engine is closing.")
        yield session.final(time.perf_counter() - started)

    # -- what a session asks -----------------------------------------------------------------------------------------

    def probabilities(self, sound: Any, state: tuple[Any, Any], context: Any) -> tuple[Any, tuple[Any, Any]]:
        """Speech probability for each window of `sound` (float32, whole windows) and the detector's next state."""
        windows = sound.reshape(-1, WINDOW)
        before = np.concatenate([context[None, :], windows[:-1, -len(context) :]])
        with self._lock:
            if self._vad is None:
                raise EngineError("The model is not loaded.")
            inputs = {"input": np.concatenate([before, windows], axis=1), "h": state[0], "c": state[1]}
            out, h, c = self._vad.run(None, inputs)
        return out.reshape(-1), (h, c)

    def language_of(self, sound: Any) -> tuple[str, float]:
        """Return the language spoken in the first half minute and its probability. Raises EngineError."""
        with self._lock, _told():
            found = self._loaded().detect_language(sound[: _LANGUAGE_SECONDS * SAMPLE_RATE])
        return str(found[0]), float(found[1])

    def phrases(self, sound: Any, language: str, hotwords: str) -> list[Word]:
        """Read up to 30 s of sound (float32) quickly: phrases; [] when it cannot be believed. Raises EngineError."""
        with self._lock, _told():
            return self._reader(language, hotwords).phrases(sound)

    def read(self, sounds: Sequence[Any], language: str, hotwords: str, *, short: bool = False) -> list[Reading]:
        """Read stretches of at most 30 s at once; an improbable one again with care. Raises EngineError.

        `short`: where all of them last 13 s at most, in half of the time or less.
        """
        with self._lock, _told():
            reader, readers = self._reader(language, hotwords), min(self._readers, len(sounds))
            if readers < 2:
                readings = reader.read(sounds, short=short)
            else:
                shares = [sounds[at::readers] for at in range(readers)]
                with ThreadPoolExecutor(readers, "reader") as pool:
                    parts = list(pool.map(lambda share: reader.read(share, short=short), shares))
                readings = [parts[at % readers][at // readers] for at in range(len(sounds))]
        for at, reading in enumerate(readings):
            if reading.doubtful and not self._closing.is_set():
                readings[at] = self._with_care(sounds[at], language, hotwords)
        return readings

    def _with_care(self, sound: Any, language: str, hotwords: str) -> Reading:
        """Read with one temperature after the other, as faster-whisper does. Raises EngineError."""
        with self._lock, _told():
            segments, _ = self._loaded().transcribe(
                sound,
                language=language,
                beam_size=5,
                temperature=_CAREFUL,
                condition_on_previous_text=False,
                word_timestamps=True,
                hotwords=hotwords or None,
            )
            words = [Word(w.word, float(w.start), float(w.end)) for segment in segments for w in segment.words or ()]
        return Reading(tuple(words), len(sound) / SAMPLE_RATE)

    # -- the model ---------------------------------------------------------------------------------------------------

    def _open(self, readers: int) -> Any:
        from faster_whisper import WhisperModel

        missing = [name for name in _FILES if not (self.model.path / name).is_file()]
        if missing:  # faster-whisper would ask the network for them
            raise ModelDamaged(f"{self.model.name} is not whole: {missing[0]} is missing.", _FETCH_AGAIN)
        try:
            return WhisperModel(
                str(self.model.path),
                device="auto",
                compute_type="int8",
                cpu_threads=max(1, self._threads // readers),
                num_workers=readers,
                local_files_only=True,
            )
        except Exception as error:  # its tokenizer library raises bare exceptions; all of them mean the files
            raise ModelDamaged(f"{self.model.name} cannot be loaded: {first_line(error)}.", _FETCH_AGAIN) from error

    def _loaded(self) -> Any:
        if self._whisper is None:
            raise EngineError("The model is not loaded.")
        return self._whisper

    def _reader(self, language: str, hotwords: str) -> BatchReader:
        """The reader of a session; made anew when another session or another shape of the model comes."""
        key = (self._loaded(), language, hotwords)
        if self._made is None or self._made[0] != key:
            self._made = (key, BatchReader(*key))
        return self._made[1]

    def _on_gpu(self) -> bool:
        with self._lock:
            return bool(self._loaded().model.device != "cpu")

    @contextlib.contextmanager
    def readers(self, count: int) -> Iterator[None]:
        """Have chunks read by `count` readers that share the threads, until the last who wanted that is through."""
        with self._lock:
            self._shape(count)
            self._recordings += 1
        try:
            yield
        finally:
            with self._lock:
                self._recordings -= 1
                if not self._recordings and not self._closing.is_set():
                    self._shape(1)

    def _shape(self, readers: int) -> None:
        """Open the model for that many readers. The old one goes first: two would need twice the memory."""
        self._loaded()
        if readers != self._readers:
            self._whisper = self._made = None
            self._whisper = self._open(readers)
            self._readers = readers

    def _fitting(self, hotwords: tuple[str, ...]) -> str:
        if not hotwords:
            return ""
        with self._lock:
            tokenizer = self._loaded().hf_tokenizer
        return fitting(hotwords, lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids))

    def _language(self, wanted: str) -> str:
        """The code to ask the model for; "": let it find out."""
        code = wanted.strip().lower().partition("-")[0].partition("_")[0]
        with self._lock:
            known: list[str] = self._loaded().supported_languages
        if not code:
            return known[0] if len(known) == 1 else ""
        if code not in known:
            if len(known) == 1:
                raise BadRequest(
                    f"{self.model.name} understands English only, not {wanted[:40]!r}.",
                    "Add a model for many languages: tangnet models add whisper-base",
                )
            raise BadRequest(f"{self.model.name} does not know the language {wanted[:40]!r}.", "Use a code such as de.")
        return code
