"""EmbedderEngine: texts to vectors with a sentence-transformers model from a local folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Any, Literal

from nodeworker.engines import Progress, Vectors
from nodeworker.engines.batching import batches
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, Unsupported, first_line
from nodeworker.hardware import free_cores
from nodeworker.models import ModelFile

BATCH_TOKENS = 8192
"""Most tokens in one forward pass, padding included: bounds memory whatever the lengths are."""
BATCH_TEXTS = 64


class EmbedderEngine:
    """Prompts, pooling, normalisation and maximum length are the model's own."""

    def __init__(self, model: ModelFile, *, threads: int = 0) -> None:
        """`threads` 0: the free cores."""
        self.model = model
        self.dimension = model.dimension
        self.max_tokens = model.context
        self._threads = threads or free_cores()
        self._encoder: Any = None
        self._lock = threading.Lock()

    def load(self, progress: Progress) -> None:
        """Import torch and load the weights, offline and without any code of the model's.

        Raises:
            Unsupported: sentence-transformers is not installed here.
            ModelDamaged: the folder is not a whole model.
        """
        progress(0.0)
        # Read when the libraries are imported: nothing may be asked of a hub, and no thread pool before a fork.
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging
        except ImportError as error:
            raise Unsupported(
                "This node cannot embed: sentence-transformers is not installed.", "Install tangnet with: [embed]"
            ) from error
        progress(0.6)
        transformers_logging.disable_progress_bar()
        torch.set_num_threads(self._threads)
        with self._lock:
            try:
                encoder = SentenceTransformer(
                    str(self.model.path),
                    device="cuda" if torch.cuda.is_available() else "cpu",
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
                progress(0.9)
                encoder.encode(["warm up"], show_progress_bar=False)
            except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
                raise ModelDamaged(
                    f"{self.model.name} cannot be loaded: {first_line(error)}", "Remove it and fetch it again."
                ) from error
            self._encoder = encoder
            self.dimension = int(encoder.get_embedding_dimension())
            self.max_tokens = int(encoder.max_seq_length or encoder.tokenizer.model_max_length)
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
            if self._encoder is None:
                raise EngineError("The model is not loaded.")
            if not texts:
                return Vectors(b"", self.dimension, ())
            try:
                return self._embed(list(texts), kind)
            except RuntimeError as error:  # torch: out of memory and the like
                raise EngineError(f"Embedding failed: {first_line(error)}") from error

    def close(self) -> None:
        """Free the model; waits for a running call."""
        with self._lock:
            self._encoder = None

    def _embed(self, texts: list[str], kind: str) -> Vectors:
        import numpy

        encode = self._encoder.encode_query if kind == "query" else self._encoder.encode_document
        counts = self._count(texts)
        rows = numpy.empty((len(texts), self.dimension), dtype="<f4")
        lengths = [min(count, self.max_tokens) for count in counts]
        for batch in batches(lengths, most_texts=BATCH_TEXTS, most_tokens=BATCH_TOKENS):
            rows[batch] = encode(
                [texts[at] for at in batch],
                batch_size=len(batch),
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        if not numpy.isfinite(rows).all():
            raise EngineError("The model computed vectors that are not numbers.", "Fetch the model again.")
        return Vectors(rows.tobytes(), self.dimension, tuple(counts))

    def _count(self, texts: list[str]) -> list[int]:
        """Tokens of each text as the model would read it, special tokens included, nothing cut off."""
        tokenised = self._encoder.tokenizer(texts, truncation=False, padding=False, verbose=False)
        return [len(ids) for ids in tokenised["input_ids"]]
