"""OnnxEmbedderEngine: texts to vectors with onnxruntime and tokenizers only, ready in a fraction of torch's time."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from nodeworker.engines import Progress, Vectors
from nodeworker.engines.batching import batches
from nodeworker.engines.onnx_file import check_onnx
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, Unsupported, first_line
from nodeworker.hardware import free_cores
from nodeworker.models import ModelFile

BATCH_TOKENS = 512
"""Most tokens in one run, padding included. Measured: larger batches are slower, for they leave the processor's cache,
and 8192 tokens take a gigabyte of memory."""
BATCH_TEXTS = 64
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_MEAN = "pooling_mode_mean_tokens"


class OnnxEmbedderEngine:
    """Mean of the tokens' vectors, to length 1: the pooling of the model's own card, checked when it is loaded."""

    def __init__(self, model: ModelFile, *, threads: int = 0) -> None:
        """`threads` 0: the free cores."""
        self.model = model
        self.dimension = model.dimension
        self.max_tokens = model.context
        self._threads = threads or free_cores()
        self._session: Any = None
        self._tokenizer: Any = None
        self._inputs: frozenset[str] = frozenset()
        self._pad = 0
        self._lock = threading.Lock()

    def load(self, progress: Progress) -> None:
        """Read tokenizer and weights; the bytes that are hashed are the bytes that are run.

        Raises:
            Unsupported: onnxruntime or tokenizers is not installed, or the model pools in another way.
            ModelDamaged: a file is missing or is not what it should be.
            ModelUnsafe: the weights want to read other files.
        """
        progress(0.0)
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a few texts at a time: a thread pool costs more
        try:
            import onnxruntime
            import tokenizers
        except ImportError as error:
            raise Unsupported(
                "This node cannot embed: onnxruntime and tokenizers are not installed.",
                "Install tangnet with: [node]",
            ) from error
        progress(0.5)
        with self._lock:
            self._check_pooling()
            self.max_tokens = self._longest()
            try:
                tokenizer = tokenizers.Tokenizer.from_file(str(self.model.file("tokenizer.json")))
            except Exception as error:  # tokenizers raises Exception itself for whatever is wrong with the file
                raise self._damaged(f"its tokenizer cannot be read: {first_line(error)}") from error
            padding = tokenizer.padding
            self._pad = int(padding["pad_id"]) if padding else 0
            tokenizer.no_padding()
            tokenizer.no_truncation()
            self._tokenizer = tokenizer
            progress(0.6)
            try:
                self._session = self._open(onnxruntime, self._weights())
                self._inputs = frozenset(given.name for given in self._session.get_inputs())
                if not {"input_ids"} <= self._inputs <= _INPUTS:
                    raise self._damaged(f"it asks for {', '.join(sorted(self._inputs))}")
                progress(0.9)
                self.dimension = self._run([tokenizer.encode("warm up").ids]).shape[1]
            except EngineError:
                self._session = None
                raise
            except Exception as error:  # onnxruntime's errors have no base of their own
                self._session = None
                raise self._damaged(first_line(error)) from error
        progress(1.0)

    def embed(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> Vectors:
        """Embed all texts; a text longer than `max_tokens` is cut there and counted whole.

        Raises:
            BadRequest: an unknown kind.
            EngineError: the model is not loaded, or failed.
        """
        if kind not in ("query", "passage"):
            raise BadRequest(f"There is no kind of text {kind!r}.")
        with self._lock:
            if self._session is None:
                raise EngineError("The model is not loaded.")
            if not texts:
                return Vectors(b"", self.dimension, ())
            try:
                return self._embed(list(texts))
            except EngineError:
                raise
            except Exception as error:  # as in load; out of memory is one of them
                raise EngineError(f"Embedding failed: {first_line(error)}") from error

    def close(self) -> None:
        """Free the model; waits for a running call."""
        with self._lock:
            self._session = self._tokenizer = None

    def _embed(self, texts: list[str]) -> Vectors:
        import numpy

        read, counts = self._read(texts)
        rows = numpy.empty((len(texts), self.dimension), dtype="<f4")
        for batch in batches([len(ids) for ids in read], most_texts=BATCH_TEXTS, most_tokens=BATCH_TOKENS):
            rows[batch] = self._run([read[at] for at in batch])
        if not numpy.isfinite(rows).all():
            raise EngineError("The model computed vectors that are not numbers.", "Fetch the model again.")
        return Vectors(rows.tobytes(), self.dimension, counts)

    def _read(self, texts: list[str]) -> tuple[list[list[int]], tuple[int, ...]]:
        """Tokens of each text as the model gets them, and how many there were before cutting."""
        read = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        counts = tuple(len(ids) for ids in read)
        long = [at for at, count in enumerate(counts) if count > self.max_tokens]
        if long:
            # The tokenizer cuts, not we: it knows which special tokens must stay at the end.
            self._tokenizer.enable_truncation(max_length=self.max_tokens)
            try:
                for at, encoding in zip(long, self._tokenizer.encode_batch([texts[at] for at in long]), strict=True):
                    read[at] = encoding.ids
            finally:
                self._tokenizer.no_truncation()
        return read, counts

    def _run(self, read: list[list[int]]) -> Any:
        """Vectors of one batch, one row a text."""
        import numpy

        shape = (len(read), max(len(ids) for ids in read))
        given = {"input_ids": numpy.full(shape, self._pad, dtype=numpy.int64)}
        given |= {name: numpy.zeros(shape, dtype=numpy.int64) for name in ("attention_mask", "token_type_ids")}
        for row, ids in enumerate(read):
            given["input_ids"][row, : len(ids)] = ids
            given["attention_mask"][row, : len(ids)] = 1
        hidden = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        if hidden.ndim != 3 or hidden.shape[:2] != shape:
            raise self._damaged("its output is not one vector a token")
        means = numpy.stack([tokens[: len(ids)].mean(axis=0) for tokens, ids in zip(hidden, read, strict=True)])
        return means / numpy.maximum(numpy.linalg.norm(means, axis=1, keepdims=True), 1e-12)

    def _open(self, onnxruntime: Any, weights: bytes) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: its warnings are about the export, not about us
        # Threads that spin between two operations take the cores from the chat engine and gain nothing measurable.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Every batch has another shape: what is kept for one is of no use to the next.
        options.enable_mem_pattern = False
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])

    def _weights(self) -> bytes:
        try:
            data = self.model.main_file.read_bytes()
        except OSError as error:
            raise self._damaged(f"its weights cannot be read: {error.strerror or error}") from error
        if hashlib.sha256(data).hexdigest() != self.model.sha256:
            raise self._damaged("its file has another hash than it should have")
        check_onnx(data, self.model.main_file.name)
        return data

    def _check_pooling(self) -> None:
        """The sentence-transformers files beside the weights say what is done with the tokens' vectors."""
        pooling = self._settings("1_Pooling/config.json", dict)
        modes = {key for key, on in pooling.items() if key.startswith("pooling_mode_") and on}
        steps = [str(step.get("type", "")).rsplit(".", 1)[-1] for step in self._settings("modules.json", list)]
        if modes != {_MEAN} or steps != ["Transformer", "Pooling", "Normalize"]:
            raise Unsupported(
                f"{self.model.name} makes its vectors in a way that this version does not know.",
                "Use minilm-l6-v2-int8, or the model's safetensors files.",
            )

    def _longest(self) -> int:
        """The most tokens that the model reads of a text."""
        longest = self._settings("sentence_bert_config.json", dict).get("max_seq_length")
        if not isinstance(longest, int) or longest < 8:
            raise self._damaged("sentence_bert_config.json does not say how much it reads")
        return longest

    def _settings(self, name: str, kind: type[Any]) -> Any:
        path: Path = self.model.file(name)
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._damaged(f"{name} cannot be read") from error
        if not isinstance(found, kind) or (kind is list and not all(isinstance(item, dict) for item in found)):
            raise self._damaged(f"{name} is not what it should be")
        return found

    def _damaged(self, why: str) -> ModelDamaged:
        return ModelDamaged(
            f"{self.model.name} cannot be loaded: {why}.", f"Fetch it again: tangnet models add {self.model.name}"
        )
