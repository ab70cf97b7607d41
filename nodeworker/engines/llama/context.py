"""The thin wall around llama.cpp's context: a cache with one stream for each sequence, and decoding in batches."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodeworker.engines.llama.native import NativeModel, complaints, forget_errors
from nodeworker.errors import EngineError

if TYPE_CHECKING:
    import numpy

BATCH = 512
"""Most tokens in one decode."""
OUTPUTS = 128
"""Most of them whose scores can be read afterwards."""
_F16, _Q8_0 = 1, 8
_EXACT = ((_Q8_0, _F16), (_Q8_0, _Q8_0))
"""Keys and values that keep the bits of a token independent of its company, the quicker kind first; not every model
may have keys and values of different kinds, and graphics processors compute attention over them on the processor."""
_TO_THE_END = -1


class NativeContext:
    """One cache and one batch. Not thread-safe: one thread owns it."""

    def __init__(
        self,
        model: NativeModel,
        *,
        streams: int,
        length: int,
        threads: int,
        exact: bool = True,
        batch: int = BATCH,
        flash: int = -1,
    ) -> None:
        """Reserve memory for `streams` sequences of `length` tokens each. Raises EngineError.

        `exact`: keys of 8 bits with flash attention, for which the bits of a token do not depend on its company;
        without it 16 bits, quicker for long prompts (docs/decisions/0010). A model that cannot have the first gets the
        second. `flash`: whether 16 bits are read with flash attention, as llama.cpp numbers it; -1: it decides.
        """
        import numpy

        self._lib = lib = model.lib
        self._size = model.size
        self._context: Any = None
        kinds = _EXACT[1:] if lib.llama_supports_gpu_offload() else _EXACT
        for kind in (*kinds, None) if exact else (None,):
            parameters = lib.llama_context_default_params()
            parameters.n_ctx = streams * length
            parameters.n_batch = parameters.n_ubatch = batch = min(batch, length)
            parameters.n_seq_max = streams
            parameters.n_outputs_max = min(OUTPUTS, batch)
            parameters.n_threads = parameters.n_threads_batch = threads
            parameters.kv_unified = False
            parameters.no_perf = True
            parameters.flash_attn_type = flash
            if kind is not None:
                parameters.flash_attn_type = 1
                parameters.type_k, parameters.type_v = kind
            forget_errors()
            self._context = lib.llama_init_from_model(model.model, parameters)
            if self._context:
                break
        if not self._context:
            self._context = None
            raise EngineError(
                f"No memory for {streams} contexts of {length} tokens. {complaints()}".strip(),
                "Choose a smaller context, fewer slots or a smaller model.",
            )
        self.kind = kind or (_F16, _F16)
        """Of keys and of values, as ggml numbers its types."""
        self.threads = threads
        self.batch = batch
        self.length: int = min(length, lib.llama_n_ctx_seq(self._context))
        self._memory = lib.llama_get_memory(self._context)
        self._token = numpy.zeros(batch, dtype=numpy.int32)
        self._position = numpy.zeros(batch, dtype=numpy.int32)
        self._wanted = numpy.zeros(batch, dtype=numpy.int8)
        self._sequence = numpy.zeros(batch, dtype=numpy.int32)
        self._one = numpy.ones(batch, dtype=numpy.int32)
        # llama.cpp wants a list of sequences for each token; ours has one entry, so all lists lie in one array.
        self._lists = self._sequence.ctypes.data + 4 * numpy.arange(batch, dtype=numpy.uint64)
        self._batch = native = lib.llama_batch()
        for name, array in (
            ("token", self._token), ("pos", self._position), ("n_seq_id", self._one), ("seq_id", self._lists),
            ("logits", self._wanted),
        ):  # fmt: skip
            kind = dict(native._fields_)[name]
            setattr(native, name, ctypes.cast(array.ctypes.data, kind))
        self._filled = 0
        self._rows = 0
        self._where: Any = lib.llama_cpp._lib["llama_get_logits"]  # of our own: as a number, its address comes quicker
        self._where.argtypes, self._where.restype = [ctypes.c_void_p], ctypes.c_void_p
        self._scores: tuple[int, int, Any] = (0, 0, None)
        """Address and rows of the array that was given out last."""

    def close(self) -> None:
        """Free everything; may be called twice."""
        if self._context is not None:
            self._lib.llama_free(self._context)
        self._context = None

    def use_threads(self, threads: int) -> None:
        """Compute with that many threads from the next decode on; the bits stay the same."""
        self.threads = threads
        self._lib.llama_set_n_threads(self._context, threads, threads)

    # -- the batch ---------------------------------------------------------------------------------------------------

    def add(self, tokens: Sequence[int], stream: int, position: int, outputs: int) -> range:
        """Put tokens of a stream into the batch; the scores after the last `outputs` of them are wanted.

        Returns the rows of `scores` that will hold them.
        """
        start, end = self._filled, self._filled + len(tokens)
        self._token[start:end] = tokens
        self._position[start:end] = range(position, position + len(tokens))
        self._sequence[start:end] = stream
        self._wanted[start:end] = 0
        self._wanted[end - outputs : end] = 1
        self._filled = end
        self._rows += outputs
        return range(self._rows - outputs, self._rows)

    def decode(self) -> None:
        """Compute the batch and empty it. Raises EngineError."""
        self._batch.n_tokens = self._filled
        self._filled = self._rows = 0
        forget_errors()
        result: int = self._lib.llama_decode(self._context, self._batch)
        if result:
            raise EngineError(f"The engine failed (llama.cpp status {result}). {complaints()}".strip())

    def scores(self, rows: int) -> numpy.ndarray[Any, Any]:
        """Float32[rows, vocabulary] of the last decode: llama.cpp's own memory, valid until the next."""
        import numpy

        address = self._where(self._context)
        if not address:
            raise EngineError("The engine failed: it has no scores.")
        if self._scores[:2] != (address, rows):
            flat: Any = (ctypes.c_float * (rows * self._size)).from_address(address)
            self._scores = (address, rows, numpy.frombuffer(flat, dtype=numpy.float32).reshape(rows, self._size))
        found: numpy.ndarray[Any, Any] = self._scores[2]
        return found

    # -- the cache ---------------------------------------------------------------------------------------------------

    def copy(self, source: int, target: int, length: int) -> None:
        """Make the first `length` tokens of `source` those of `target`; copies the memory of a whole stream."""
        self._lib.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self.cut(target, length)

    def bytes_of(self, stream: int) -> int:
        """Return the size of a stream's state on disk."""
        return int(self._lib.llama_state_seq_get_size(self._context, stream))

    def save_stream(self, stream: int, tokens: Sequence[int], path: Path) -> bool:
        """Write a stream and its tokens to a file; returns whether that went well."""
        given = (self._lib.llama_token * len(tokens))(*tokens)
        written = self._lib.llama_state_seq_save_file(self._context, os.fsencode(path), stream, given, len(tokens))
        return bool(written)

    def load_stream(self, stream: int, path: Path) -> list[int]:
        """Read a file that `save_stream` wrote into an empty stream; its tokens, or nothing when it does not fit."""
        room = (self._lib.llama_token * self.length)()
        count = ctypes.c_size_t(0)
        read = self._lib.llama_state_seq_load_file(
            self._context, os.fsencode(path), stream, room, self.length, ctypes.byref(count)
        )
        if not read:
            self._lib.llama_memory_seq_rm(self._memory, stream, -1, -1)
            return []
        return list(room[: count.value])

    def cut(self, stream: int, length: int) -> bool:
        """Keep the first `length` tokens of a stream; False when the model cannot and all had to be forgotten."""
        if self._lib.llama_memory_seq_rm(self._memory, stream, length, _TO_THE_END):
            return True
        self._lib.llama_memory_seq_rm(self._memory, stream, -1, -1)
        return False
