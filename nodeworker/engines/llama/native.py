"""The thin wall around llama.cpp's model: loading, and turning text into tokens and back."""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nodeworker.errors import EngineError, ModelDamaged

_LOG_ERROR = 4
_log = logging.getLogger(__name__)
_callbacks: list[Any] = []
"""Kept for the life of the process: llama.cpp calls them from its threads at any time."""
_last_error: list[str] = []


def start() -> Any:
    """Import the library once and turn its log to ours: standard output belongs to the protocol."""
    # Read when the OpenMP library is loaded. By default waiting threads spin so long that a second busy process can
    # hold an answer up for seconds; not spinning at all costs two thirds of the speed on an idle machine.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    import llama_cpp

    if not _callbacks:

        def heard(level: int, text: bytes | None, _user: Any) -> None:
            line = (text or b"").decode("utf-8", errors="replace").strip()
            if level == _LOG_ERROR and line:
                _last_error[:] = [*_last_error[-4:], line]
                _log.warning("%s", line)

        _callbacks.append(llama_cpp.llama_log_callback(heard))
        llama_cpp.llama_log_set(_callbacks[0], ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
    return llama_cpp


def forget_errors() -> None:
    """Begin a new list of what llama.cpp complains about."""
    _last_error.clear()


def complaints() -> str:
    """Return what llama.cpp said was wrong since `forget_errors`, in one line."""
    return " ".join(_last_error)


class NativeModel:
    """The weights and the vocabulary of one GGUF file."""

    def __init__(
        self, path: Path, *, progress: Callable[[float], None], stop: Callable[[], bool] = lambda: False
    ) -> None:
        """Load. `stop` is asked while loading and ends it. Raises ModelDamaged, EngineError."""
        self.lib = lib = start()
        self.model: Any = None
        parameters = lib.llama_model_default_params()

        def report(fraction: float, _user: Any) -> bool:
            progress(min(1.0, max(0.0, fraction)))
            return not stop()

        parameters.progress_callback = lib.llama_progress_callback(report)
        parameters.n_gpu_layers = -1 if lib.llama_supports_gpu_offload() else 0
        forget_errors()
        self.model = lib.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.model:
            self.model = None
            if stop():
                raise EngineError("Loading was stopped.")
            why = _last_error[0].rpartition(": ")[2] if _last_error else "the file could not be read"
            raise ModelDamaged(f"{path.name} cannot be loaded: {why}.", "Fetch it again or choose another model.")
        if lib.llama_model_has_encoder(self.model) or not lib.llama_model_has_decoder(self.model):
            self.close()
            raise EngineError("This model cannot chat: it is no decoder.", "Choose a chat model.")
        self.pointer = lib.llama_model_get_vocab(self.model)
        self.size: int = lib.llama_vocab_n_tokens(self.pointer)
        self.rewinds = not (lib.llama_model_is_recurrent(self.model) or lib.llama_model_is_hybrid(self.model))
        """Whether the cache can forget the end of a sequence; the state of a recurrent model cannot."""
        self._pieces: dict[int, bytes] = {}
        self._ends: dict[int, bool] = {}

    def close(self) -> None:
        """Free the weights; may be called twice."""
        if self.model is not None:
            self.lib.llama_model_free(self.model)
        self.model = None

    # -- vocabulary --------------------------------------------------------------------------------------------------

    def tokenise(self, text: str, *, special: bool) -> list[int]:
        """Token ids; with `special`, control tokens are recognised and the model's beginning token is put first."""
        data = text.encode("utf-8", errors="replace")
        room = len(data) + 16
        for _ in range(2):
            tokens = (self.lib.llama_token * room)()
            count: int = self.lib.llama_tokenize(self.pointer, data, len(data), tokens, room, special, special)
            if count >= 0:
                return list(tokens[:count])
            room = -count
        raise EngineError("The text could not be turned into tokens.")

    def piece(self, token: int) -> bytes:
        """The bytes of a token; b"" for control tokens except those that `show_markers` named."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._read_piece(token, special=False)
        return known

    def show_markers(self, texts: tuple[str, ...]) -> None:
        """From now on spell out the control tokens with these texts: they mark reasoning and tool calls."""
        for text in texts:
            ids = self.tokenise(text, special=True)
            ids = ids[1:] if self.adds_bos() and len(ids) == 2 else ids
            if len(ids) == 1:
                self._pieces[ids[0]] = text.encode()

    def is_end(self, token: int) -> bool:
        """Whether the model ends its answer with this token."""
        known = self._ends.get(token)
        if known is None:
            known = self._ends[token] = bool(self.lib.llama_vocab_is_eog(self.pointer, token))
        return known

    def special_text(self, which: str) -> str:
        """Text of the "bos" or "eos" token; "" when the model has none."""
        token = (self.lib.llama_vocab_bos if which == "bos" else self.lib.llama_vocab_eos)(self.pointer)
        return self._text(token) if token >= 0 else ""

    def adds_bos(self) -> bool:
        """Whether tokenising puts the beginning token in front by itself."""
        return bool(self.lib.llama_vocab_get_add_bos(self.pointer))

    def control_texts(self) -> list[str]:
        """Texts of all control tokens."""
        is_control = self.lib.llama_vocab_is_control
        return [self._text(token) for token in range(self.size) if is_control(self.pointer, token)]

    def _text(self, token: int) -> str:
        text: bytes | None = self.lib.llama_vocab_get_text(self.pointer, token)
        return (text or b"").decode("utf-8", errors="replace")

    def _read_piece(self, token: int, *, special: bool) -> bytes:
        for room in (64, 4096):
            buffer = ctypes.create_string_buffer(room)
            count: int = self.lib.llama_token_to_piece(self.pointer, token, buffer, room, 0, special)
            if count >= 0:
                return buffer.raw[:count]
        raise EngineError(f"Token {token} has no text.")
