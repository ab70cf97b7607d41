"""EmbedderEngine: texts to vectors with a sentence-transformers model from a local folder."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nodeworker.engines import Progress, Vectors
from nodeworker.engines.embedding.embedding import SLOTS, Embedding, Kind, Read
from nodeworker.engines.embedding.merging import Merging
from nodeworker.engines.embedding.windows import windows
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, Unsupported, first_line
from nodeworker.hardware import free_cores
from nodeworker.models.folder import ModelFile

BATCH_TOKENS, GPU_BATCH_TOKENS = 512, 8192
"""Most tokens in one forward pass, padding included: bounds memory whatever the lengths are. A processor gains nothing
from larger ones and computes more padding in them; a graphics card is idle with smaller ones."""
BATCH_TEXTS = 64
_PROMPTS: dict[Kind, tuple[str, ...]] = {"query": ("query",), "passage": ("document", "passage", "corpus")}
"""Names under which sentence-transformers looks for what is put before a text."""
_LENGTHS: dict[Kind, str] = {"query": "query_length", "passage": "document_length"}


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    kind: Kind
    tokens: int

    def __len__(self) -> int:
        return self.tokens


class EmbedderEngine:
    """Prompts, pooling, normalisation and maximum length are the model's own.

    A longer text than the model reads at once is read in windows: see `nodeworker.engines.embedding.windows`.
    """

    slots = SLOTS

    def __init__(self, model: ModelFile, *, threads: int = 0) -> None:
        """`threads` 0: the free cores."""
        self.model = model
        self.dimension = model.dimension
        self.max_tokens = model.context
        self._threads = threads or free_cores()
        self._encoder: Any = None
        self._embedding: Embedding[_Piece] | None = None
        self._tokenizer: Any = None
        """A copy: the library changes the state of its own with each batch, which may run meanwhile."""
        self._tokenizing = threading.Lock()

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
        on_gpu = torch.cuda.is_available()
        try:
            encoder = SentenceTransformer(
                str(self.model.path),
                device="cuda" if on_gpu else "cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
            raise ModelDamaged(
                f"{self.model.name} cannot be loaded: {first_line(error)}", "Remove it and fetch it again."
            ) from error
        self._encoder = encoder
        self._tokenizer = copy.deepcopy(encoder.tokenizer)
        self.dimension = int(encoder.get_embedding_dimension())
        self.max_tokens = int(encoder.max_seq_length or encoder.tokenizer.model_max_length)
        # One thread: torch divides each run over the cores by itself.
        most_tokens = GPU_BATCH_TOKENS if on_gpu else BATCH_TOKENS
        merging = Merging[_Piece, Any]("embed", self._vectors, most_tokens=most_tokens, most_pieces=BATCH_TEXTS)
        normalised = any(type(module).__name__ == "Normalize" for module in encoder)
        self._embedding = Embedding(self._read, merging, dimension=self.dimension, to_length_one=normalised)
        progress(0.9)
        try:  # on the thread that computes later: OpenMP is slow as soon as two of them have workers
            self._embedding.embed(["warm up"], "passage")
        except EngineError as error:
            self.close()
            raise ModelDamaged(
                f"{self.model.name} cannot compute: {error.message}", "Remove it and fetch it again."
            ) from error
        progress(1.0)

    def embed(
        self,
        texts: Sequence[str],
        kind: Literal["query", "passage"],
        cancelled: threading.Event | None = None,
        *,
        background: bool = False,
    ) -> Vectors:
        """Embed all texts; from several threads at once. `cancelled` ends it early; `background`: when nobody waits.

        Raises:
            BadRequest: an unknown kind, a text that is too long or is no text, or `cancelled` was set.
            EngineError: the model is not loaded, or failed.
        """
        if self._embedding is None:
            raise EngineError("The model is not loaded.")
        return self._embedding.embed(texts, kind, cancelled, background=background)

    def pause(self, on: bool) -> None:
        """Begin no batch of background work while `on`."""
        if self._embedding is not None:
            self._embedding.pause(on)

    @property
    def padding(self) -> float:
        """Share of all that was computed that was padding, 0 to 1."""
        return self._embedding.padding if self._embedding is not None else 0.0

    def close(self) -> None:
        """Free the model; running batches are waited for, calls that wait fail."""
        if self._embedding is not None:
            self._embedding.close()
        self._embedding = self._encoder = None

    def _read(self, texts: Sequence[str], kind: Kind) -> list[Read[_Piece]]:
        """Texts go to the library whole, for prompts and special tokens are its own; only long ones are cut here."""
        prompt = self._prompt(kind)
        longest = min(self.max_tokens, getattr(self._encoder[0], _LENGTHS[kind], None) or self.max_tokens)
        read = []
        for text, count in zip(texts, self._count([prompt + text for text in texts]), strict=True):
            if count <= longest:
                read.append(Read(count, (_Piece(text, kind, count),)))
            else:
                read.append(Read(count, self._cut(text, kind, prompt, longest)))
        return read

    def _cut(self, text: str, kind: Kind, prompt: str, longest: int) -> tuple[_Piece, ...]:
        tokenizer = self._tokenizer
        if not tokenizer.is_fast:
            raise BadRequest(
                f"A text is longer than the {longest} tokens that this model reads at once, and its tokenizer does not "
                "tell where it could be cut.",
                "Cut it into passages and send these.",
            )
        with self._tokenizing:
            options = {"truncation": False, "padding": False, "verbose": False, "add_special_tokens": False}
            whole = tokenizer(text, return_offsets_mapping=True, **options)
        words, places = whole.word_ids(0), whole["offset_mapping"]
        room = longest - self._count([prompt])[0]
        # A window that begins within a word may have some more tokens when it is read by itself.
        for fewer in (room, room * 3 // 4, room // 2):
            if fewer < 4:
                break
            parts = [text[places[first][0] : places[last - 1][1]] for first, last in windows(words, fewer)]
            counts = self._count([prompt + part for part in parts])
            if max(counts) <= longest:
                return tuple(_Piece(part, kind, count) for part, count in zip(parts, counts, strict=True))
        raise BadRequest("A text is too long for this model and cannot be cut.", "Cut it into passages and send these.")

    def _vectors(self, pieces: Sequence[_Piece]) -> Any:
        """Vectors of one batch, one row a piece; all are of one kind."""
        encoder = self._encoder
        encode = encoder.encode_query if pieces[0].kind == "query" else encoder.encode_document
        return encode(
            [piece.text for piece in pieces], batch_size=len(pieces), show_progress_bar=False, convert_to_numpy=True
        )

    def _count(self, texts: list[str]) -> list[int]:
        """Tokens of each text as the model would read it, special tokens included, nothing cut off."""
        with self._tokenizing:
            tokenised = self._tokenizer(texts, truncation=False, padding=False, verbose=False)
        return [len(ids) for ids in tokenised["input_ids"]]

    def _prompt(self, kind: Kind) -> str:
        """What sentence-transformers puts before a text of this kind."""
        prompts, default = self._encoder.prompts, self._encoder.default_prompt_name
        name = next((name for name in _PROMPTS[kind] if name in prompts), default)
        return prompts.get(name) or ""
