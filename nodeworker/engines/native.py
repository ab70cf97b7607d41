"""The thin wall around llama.cpp: load, tokenise, decode, sample, free. Nothing else touches its pointers."""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nodeworker.engines import Sampling
from nodeworker.errors import EngineError, ModelDamaged

BATCH = 512
"""Most tokens in one decode."""
_SINGLE_SEQUENCE = 0
_PENALTY_TOKENS = 64
_LOG_ERROR = 4
_log = logging.getLogger(__name__)
_callbacks: list[Any] = []
"""Kept for the life of the process: llama.cpp calls them from its threads at any time."""
_last_error: list[str] = []


def _start() -> Any:
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


class NativeModel:
    """One model with one context of one sequence. Not thread-safe: its engine holds a lock."""

    def __init__(
        self,
        path: Path,
        *,
        context: int,
        threads: int,
        progress: Callable[[float], None],
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Load. `stop` is asked while loading and ends it. Raises ModelDamaged, EngineError."""
        self._lib = _start()
        self._model: Any = None
        self._context: Any = None
        self._batch: Any = None
        self._load(path, progress, stop)
        try:
            self._open(context, threads)
        except EngineError:
            self.close()
            raise

    def _load(self, path: Path, progress: Callable[[float], None], stop: Callable[[], bool]) -> None:
        lib = self._lib
        parameters = lib.llama_model_default_params()

        def report(fraction: float, _user: Any) -> bool:
            progress(min(1.0, max(0.0, fraction)))
            return not stop()

        parameters.progress_callback = lib.llama_progress_callback(report)
        _last_error.clear()
        self._model = lib.llama_model_load_from_file(str(path).encode(), parameters)
        if not self._model:
            self._model = None
            if stop():
                raise EngineError("Loading was stopped.")
            why = _last_error[0].rpartition(": ")[2] if _last_error else "the file could not be read"
            raise ModelDamaged(f"{path.name} cannot be loaded: {why}.", "Fetch it again or choose another model.")
        self._vocab = lib.llama_model_get_vocab(self._model)
        self.vocabulary: int = lib.llama_vocab_n_tokens(self._vocab)

    def _open(self, context: int, threads: int) -> None:
        lib = self._lib
        if lib.llama_model_has_encoder(self._model) or not lib.llama_model_has_decoder(self._model):
            raise EngineError("This model cannot chat: it is no decoder.", "Choose a chat model.")
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = context
        parameters.n_batch = parameters.n_ubatch = min(BATCH, context)
        parameters.n_seq_max = 1
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.no_perf = True
        _last_error.clear()
        self._context = lib.llama_init_from_model(self._model, parameters)
        if not self._context:
            self._context = None
            raise EngineError(
                f"No memory for a context of {context} tokens. {' '.join(_last_error)}".strip(),
                "Choose a smaller context or a smaller model.",
            )
        self._memory = lib.llama_get_memory(self._context)
        self.context: int = lib.llama_n_ctx(self._context)
        self._batch = lib.llama_batch_init(BATCH, 0, 1)

    def close(self) -> None:
        """Free everything; may be called twice."""
        if self._batch is not None:
            self._lib.llama_batch_free(self._batch)
        if self._context is not None:
            self._lib.llama_free(self._context)
        if self._model is not None:
            self._lib.llama_model_free(self._model)
        self._batch = self._context = self._model = None

    # -- vocabulary --------------------------------------------------------------------------------------------------

    def tokenise(self, text: str, *, special: bool) -> list[int]:
        """Token ids; with `special`, control tokens are recognised and the model's beginning token is put first."""
        data = text.encode("utf-8", errors="replace")
        room = len(data) + 16
        for _ in range(2):
            tokens = (self._lib.llama_token * room)()
            count: int = self._lib.llama_tokenize(self._vocab, data, len(data), tokens, room, special, special)
            if count >= 0:
                return list(tokens[:count])
            room = -count
        raise EngineError("The text could not be turned into tokens.")

    def piece(self, token: int) -> bytes:
        """The bytes of a token; b"" for control tokens."""
        for room in (64, 4096):
            buffer = ctypes.create_string_buffer(room)
            count: int = self._lib.llama_token_to_piece(self._vocab, token, buffer, room, 0, False)
            if count >= 0:
                return buffer.raw[:count]
        raise EngineError(f"Token {token} has no text.")

    def ends(self, token: int) -> bool:
        """Whether the model ends its answer with this token."""
        return bool(self._lib.llama_vocab_is_eog(self._vocab, token))

    def special_text(self, which: str) -> str:
        """Text of the "bos" or "eos" token; "" when the model has none."""
        token = (self._lib.llama_vocab_bos if which == "bos" else self._lib.llama_vocab_eos)(self._vocab)
        return self._text(token) if token >= 0 else ""

    def adds_bos(self) -> bool:
        """Whether tokenising puts the beginning token in front by itself."""
        return bool(self._lib.llama_vocab_get_add_bos(self._vocab))

    def control_texts(self) -> list[str]:
        """Texts of all control tokens."""
        is_control, vocab = self._lib.llama_vocab_is_control, self._vocab
        return [self._text(token) for token in range(self.vocabulary) if is_control(vocab, token)]

    def _text(self, token: int) -> str:
        text: bytes | None = self._lib.llama_vocab_get_text(self._vocab, token)
        return (text or b"").decode("utf-8", errors="replace")

    # -- computing ---------------------------------------------------------------------------------------------------

    def keep(self, count: int) -> bool:
        """Forget all but the first `count` tokens of the sequence; False when everything had to be forgotten."""
        if count and self._lib.llama_memory_seq_rm(self._memory, _SINGLE_SEQUENCE, count, -1):
            return True
        self._lib.llama_memory_clear(self._memory, True)
        return False

    def decode(self, tokens: Sequence[int], position: int) -> None:
        """Compute up to BATCH tokens; the scores after the last can be sampled then. Raises EngineError."""
        batch = self._batch
        batch.n_tokens = len(tokens)
        for at, token in enumerate(tokens):
            batch.token[at] = token
            batch.pos[at] = position + at
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = _SINGLE_SEQUENCE
            batch.logits[at] = 0
        batch.logits[len(tokens) - 1] = 1
        _last_error.clear()
        result: int = self._lib.llama_decode(self._context, batch)
        if result:
            raise EngineError(f"The engine failed (llama.cpp status {result}). {' '.join(_last_error)}".strip())

    def best(self) -> int:
        """The token with the highest score after the last decode. Raises ModelDamaged when scores are no numbers."""
        import numpy

        scores = numpy.ctypeslib.as_array(self._lib.llama_get_logits_ith(self._context, -1), shape=(self.vocabulary,))
        token = int(scores.argmax())
        if scores[token] != scores[token]:  # argmax finds a NaN first
            raise ModelDamaged("The model computes no valid numbers.", "Fetch it again or choose another model.")
        return token

    def sampler(self, sampling: Sampling, seed: int) -> NativeSampler:
        """A sampler with these settings; close it after use."""
        return NativeSampler(self._lib, self._context, self.vocabulary, sampling, seed)


class NativeSampler:
    """Picks tokens as `Sampling` says.

    The random number for a token depends on the seed and on the token's place in the answer only, so an answer that
    goes on elsewhere draws the same numbers.
    """

    def __init__(self, lib: Any, context: Any, vocabulary: int, sampling: Sampling, seed: int) -> None:
        self._lib = lib
        self._context = context
        self._seed = seed
        self._chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        stages = []
        if sampling.repeat_penalty not in (0.0, 1.0):
            penalty = (vocabulary, _PENALTY_TOKENS, sampling.repeat_penalty, 0.0, 0.0)
            stages.append(lib.llama_sampler_init_penalties(*penalty))
        self._greedy = sampling.temperature <= 0
        if self._greedy:
            stages.append(lib.llama_sampler_init_greedy())
        else:
            if sampling.top_k > 0:
                stages.append(lib.llama_sampler_init_top_k(sampling.top_k))
            if 0 < sampling.top_p < 1:
                stages.append(lib.llama_sampler_init_top_p(sampling.top_p, 1))
            if sampling.min_p > 0:
                stages.append(lib.llama_sampler_init_min_p(sampling.min_p, 1))
            stages.append(lib.llama_sampler_init_temp(sampling.temperature))
        for stage in stages:
            lib.llama_sampler_chain_add(self._chain, stage)
        self._length = len(stages)

    def accept(self, token: int) -> None:
        """Tell of a token of this answer that was not picked here."""
        self._lib.llama_sampler_accept(self._chain, token)

    def pick(self, place: int) -> int:
        """Pick the token for this place of the answer (0 is the first) from the scores of the last decode."""
        lib = self._lib
        if self._greedy:
            return int(lib.llama_sampler_sample(self._chain, self._context, -1))
        lib.llama_sampler_chain_add(self._chain, lib.llama_sampler_init_dist(_mix(self._seed, place)))
        try:
            return int(lib.llama_sampler_sample(self._chain, self._context, -1))
        finally:
            lib.llama_sampler_free(lib.llama_sampler_chain_remove(self._chain, self._length))

    def close(self) -> None:
        """Free it; may be called twice."""
        if self._chain is not None:
            self._lib.llama_sampler_free(self._chain)
        self._chain = None


def _mix(seed: int, place: int) -> int:
    """32 well-mixed bits of both (SplitMix64, doi 10.1145/2714064.2660195)."""
    mask = (1 << 64) - 1
    value = (seed + 0x9E3779B97F4A7C15 * (place + 1)) & mask
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & mask
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & mask
    return (value ^ (value >> 31)) >> 32
