"""ListeningEngine: Silero's detector of speech, and beside it a wake word where one is asked for.

Both look at windows of 32 ms as they come, each call with a state of its own, so that a call may last for days. Nothing
of the sound is kept.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nodeworker.engines import AttendEvent, Attention, Progress, WakeHeard, WakeWord
from nodeworker.engines.attending.wake_words import Listener, WakeListener
from nodeworker.engines.speech.speech_bounds import WINDOW, WINDOW_SECONDS, SpeechBounds
from nodeworker.errors import EngineError, ModelDamaged, Unsupported, first_line
from nodeworker.models.folder import ModelFile
from nodeworker.models.onnx_file import check_onnx

_STATE = (1, 1, 128)
_CONTEXT = 64
"""Samples before a window that the detector sees with it."""
_WINDOW_BYTES = 2 * WINDOW


class ListeningEngine:
    """Tells speech and wake words from everything else; calls share the networks and nothing else."""

    slots = 4
    """Hands-free, barge-in, and a meter in the settings may all listen."""

    def __init__(self, model: ModelFile) -> None:
        self.model = model
        self._session: Any = None

    def load(self, progress: Progress) -> None:
        """Open the detector of speech.

        Raises:
            Unsupported: onnxruntime is not installed here.
            ModelDamaged: the file is not what it should be.
            ModelUnsafe: the network wants to read other files.
        """
        progress(0.0)
        try:
            import onnxruntime
        except ImportError as error:
            raise Unsupported("This node cannot listen: onnxruntime is not installed.") from error
        onnxruntime.disable_telemetry_events()
        try:
            data = self.model.main_file.read_bytes()
        except OSError as error:
            raise ModelDamaged(f"{self.model.name} cannot be read: {error.strerror or error}.") from error
        if hashlib.sha256(data).hexdigest() != self.model.sha256:
            raise ModelDamaged(f"{self.model.name} is damaged: its file has another hash than it should have.")
        check_onnx(data, self.model.main_file.name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise ModelDamaged(f"{self.model.name} is damaged: {first_line(error)}.") from error
        if {one.name for one in session.get_inputs()} != {"input", "h", "c"}:
            raise ModelDamaged(f"{self.model.name} is no detector of speech of the Silero kind.")
        self._session = session
        progress(1.0)

    def attend(
        self, audio: Iterator[bytes], *, wake_word: WakeWord | None, cancelled: threading.Event
    ) -> Iterator[AttendEvent]:
        """Yield an Attention for each window of 32 ms, the bounds of speech, and each saying of the wake word.

        Raises:
            Unsupported: wake words cannot be listened for on this machine.
            ModelDamaged: that is no wake word.
            EngineError: the model is not loaded, or failed.
        """
        session = self._session
        if session is None:
            raise EngineError("The model is not loaded.")
        listener: Listener | None = WakeListener(Path(wake_word.path)) if wake_word else None
        try:
            told = _Windows(session, listener, wake_word.threshold if wake_word else 0.0)
            for block in audio:
                if cancelled.is_set():
                    return
                yield from told.take(block)
            yield from told.bounds.finish()
        finally:
            if listener is not None:
                listener.close()

    def close(self) -> None:
        """Free the model; a running call ends with its sound."""
        self._session = None


class _Windows:
    """One call: its sound cut into windows, and what each of them holds."""

    def __init__(self, session: Any, listener: Listener | None, threshold: float) -> None:
        self.bounds = SpeechBounds()
        self._session = session
        self._listener = listener
        self._threshold = threshold or (listener.threshold if listener else 1.0)
        self._armed = True
        self._pcm = bytearray()
        self._state = (np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32))
        self._context = np.zeros(_CONTEXT, np.float32)

    def take(self, block: bytes) -> Iterator[AttendEvent]:
        self._pcm += block
        while len(self._pcm) >= _WINDOW_BYTES:
            window = bytes(self._pcm[:_WINDOW_BYTES])
            del self._pcm[:_WINDOW_BYTES]
            yield from self._window(window)

    def _window(self, window: bytes) -> Iterator[AttendEvent]:
        speech = self._speech(np.frombuffer(window, "<i2").astype(np.float32) / 32768)
        wake = self._listener.score(window) if self._listener is not None else 0.0
        events = self.bounds.feed([speech])
        self.bounds.forget(self.bounds.windows)
        at = self.bounds.windows * WINDOW_SECONDS
        yield Attention(at, speech, wake)
        yield from events
        if wake >= self._threshold and self._armed:
            self._armed = False  # one saying is one event: the score has to fall first
            yield WakeHeard(at, wake)
        elif wake < self._threshold / 2:
            self._armed = True

    def _speech(self, sound: Any) -> float:
        given = np.concatenate([self._context, sound])[None, :]
        try:
            out, h, c = self._session.run(None, {"input": given, "h": self._state[0], "c": self._state[1]})
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise EngineError(f"Listening failed: {first_line(error)}.") from error
        self._state, self._context = (h, c), sound[-_CONTEXT:]
        return float(out.reshape(-1)[0])
