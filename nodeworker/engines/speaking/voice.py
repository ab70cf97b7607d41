"""VoiceEngine: sentences to sound with a voice of the hibari kind (ONNX) and that package's English phonemiser.

Of the package hibari only the phonemiser and the signal processing are used: the class that it offers looks for voices
in the network, so the model is opened here, from the bytes that were hashed. Nothing is fetched here, ever. Its
phonemiser is a lexicon, a tagger and a small network inside the package; no espeak is in it or called by it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

from nodeworker.engines import Progress, Spoken
from nodeworker.engines.speaking.cutting import parts, readable
from nodeworker.errors import EngineError, ModelDamaged, Unsupported, first_line
from nodeworker.models.folder import ModelFile
from nodeworker.models.onnx_file import check_onnx

SOUND_SECONDS = 1.0
"""Of one event: sound goes out in pieces, so that no message is large."""
_LOOK_SECONDS = 0.1
_OUTPUTS = 6


class VoiceEngine:
    """One English voice. Several callers take turns by the sentence; the same sentence always sounds the same."""

    slots = 4

    def __init__(self, model: ModelFile, *, threads: int = 1) -> None:
        """`threads` of onnxruntime: one makes sound thirty times as fast as it plays, and leaves the others alone."""
        self.model = model
        self._threads = max(1, threads)
        self._session: Any = None
        self._phonemes: Callable[[str], str] = str
        self._ids: dict[str, int] = {}
        self._synthesise: Any = None
        self._rate = 0
        self._computing = threading.Lock()
        self._go_on = threading.Event()
        self._go_on.set()

    def load(self, progress: Progress) -> None:
        """Open the voice and the phonemiser.

        Raises:
            Unsupported: hibari or onnxruntime is not installed here.
            ModelDamaged: the file is not what it should be, or no voice of this kind.
            ModelUnsafe: the network wants to read other files.
        """
        progress(0.0)
        try:
            import onnxruntime
            from hibari import dsp
            from hibari.g2p import G2P
        except ImportError as error:
            raise Unsupported(
                f"This node cannot speak: {error.name} is not installed.", "Install tangnet with: [speak]"
            ) from error
        onnxruntime.disable_telemetry_events()
        progress(0.4)
        try:
            data = self.model.main_file.read_bytes()
        except OSError as error:
            raise self._damaged(f"its file cannot be read: {error.strerror or error}") from error
        if hashlib.sha256(data).hexdigest() != self.model.sha256:
            raise self._damaged("its file has another hash than it should have")
        check_onnx(data, self.model.main_file.name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # every sentence has another length
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise self._damaged(first_line(error)) from error
        if {one.name for one in session.get_inputs()} != {"ids", "speed"} or len(session.get_outputs()) != _OUTPUTS:
            raise self._damaged("it is no voice of the hibari kind")
        progress(0.6)
        self._phonemes = G2P(british=self.model.language.lower() == "en-gb")
        self._ids = json.loads(files("hibari").joinpath("assets", "vocab.json").read_text(encoding="utf-8"))
        self._synthesise, self._rate = dsp.synth, int(dsp.SR)
        self._session = session
        try:  # the first run allocates, and the network for unknown words is opened with the first of them
            self._sound(self._phonemes("Warm up, zxqwv."), 1.0)
        except EngineError as error:
            self._session = None
            raise self._damaged(error.message) from error
        progress(1.0)

    def pause(self, on: bool) -> None:
        """Begin no sentence of background work while `on`."""
        if on:
            self._go_on.clear()
        else:
            self._go_on.set()

    def speak(
        self, texts: Iterator[str], *, speed: float, cancelled: threading.Event, background: bool = False
    ) -> Iterator[Spoken]:
        """Yield the sound of each text in pieces of a second, each text's last one marked.

        `speed` 0.5 to 2. Stops within one part of a sentence after `cancelled`. Raises EngineError.
        """
        if self._session is None:
            raise EngineError("The model is not loaded.")
        for number, text in enumerate(texts):
            held = b""
            for part in parts(self._read(text)):
                while background and not cancelled.is_set() and not self._go_on.wait(_LOOK_SECONDS):
                    pass
                if cancelled.is_set():
                    return
                held += self._sound(part, speed)
                piece = 2 * int(SOUND_SECONDS * self._rate)
                while len(held) > piece:
                    yield Spoken(held[:piece], self._rate, number)
                    held = held[piece:]
            if cancelled.is_set():
                return
            yield Spoken(held, self._rate, number, last=True)

    def close(self) -> None:
        """Free the model."""
        self._session = None

    def _read(self, text: str) -> str:
        """Phonemes of a text; "" for one that cannot be said, such as one of signs only."""
        said = readable(text)
        try:
            with self._computing:
                return self._phonemes(said) if said else ""
        except Exception as error:  # a port of a large grammar: whatever it stumbles over is that sentence's trouble
            raise EngineError(f"A sentence cannot be read aloud: {first_line(error)}.") from error

    def _sound(self, phonemes: str, speed: float) -> bytes:
        """PCM16 of phonemes."""
        import numpy

        ids = [self._ids[one] for one in phonemes if one in self._ids]
        if not ids:
            return b""
        given = {
            "ids": numpy.asarray([[0, *ids, 0]], numpy.int64),
            "speed": numpy.asarray([speed], numpy.float32),
        }
        try:
            with self._computing:
                made = self._session.run(None, given)
                noise = numpy.random.default_rng(0)
                sound = self._synthesise(*(one[0] for one in made), noise)
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise EngineError(f"Speaking failed: {first_line(error)}.") from error
        return bytes((numpy.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes())

    def _damaged(self, why: str) -> ModelDamaged:
        return ModelDamaged(f"{self.model.name} cannot be loaded: {why}.", "Remove it and fetch it again.")
