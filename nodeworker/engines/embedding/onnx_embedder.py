"""OnnxEmbedderEngine: texts to vectors with onnxruntime and tokenizers only, ready in a fraction of torch's time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy

from nodeworker.engines import Progress, Vectors
from nodeworker.engines.embedding.embedding import SLOTS, Embedding, Kind, Read
from nodeworker.engines.embedding.merging import Merging
from nodeworker.engines.embedding.onnx_network import OnnxNetwork, depends_on_company
from nodeworker.engines.embedding.windows import windows
from nodeworker.errors import EngineError, Unsupported, first_line
from nodeworker.hardware import free_cores
from nodeworker.models.folder import ModelFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)
BATCH_TOKENS = 256
"""Most tokens in one run, padding included: larger ones gain nothing measurable, and a question waits for them."""
LEAST_TOKENS = 128
"""A batch is not cut below this to give all cores work."""
BATCH_TEXTS = 64
_LEAST_ROOM = 4
_MEAN = "pooling_mode_mean_tokens"
_Piece = tuple[int, ...]


class OnnxEmbedderEngine:
    """Mean of the tokens' vectors, to length 1: the pooling of the model's own card, checked when it is loaded.

    A longer text than the model reads at once is read in windows: see `nodeworker.engines.embedding.windows`.
    """

    slots = SLOTS

    def __init__(self, model: ModelFile, *, threads: int = 0) -> None:
        """`threads` 0: the free cores."""
        self.model = model
        self.dimension = model.dimension
        self.max_tokens = model.context
        self._threads = threads or free_cores()
        self._network: OnnxNetwork | None = None
        self._embedding: Embedding[_Piece] | None = None
        self._before: _Piece = ()
        self._after: _Piece = ()

    def load(self, progress: Progress) -> None:
        """Read tokenizer and weights; the bytes that are hashed are the bytes that are run.

        Raises:
            Unsupported: onnxruntime or tokenizers is not installed, or the model pools in another way.
            ModelDamaged: a file is missing or is not what it should be.
            ModelUnsafe: the weights want to read other files.
        """
        network = OnnxNetwork(self.model, "embed", progress)
        _check_pooling(network, self.model.name)
        self.max_tokens = _longest(network)
        self._before, self._after = network.around_text()
        if self.max_tokens - len(self._before) - len(self._after) < _LEAST_ROOM:
            raise network.damaged("it leaves no room for a text")
        self._network = network
        try:
            alone = self._vectors([self._whole("warm up")])
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise error if isinstance(error, EngineError) else network.damaged(first_line(error)) from error
        self.dimension = alone.shape[1]
        company = self._vectors([self._whole("warm up"), self._whole("A GREAT company! " * 9)])
        solitary = depends_on_company(alone[0], company[0])
        if solitary:
            log.info("%s: a vector depends on the others of its batch; texts are run one by one", self.model.name)
        merging = Merging[_Piece, Any](
            "embed",
            self._vectors,
            most_tokens=BATCH_TOKENS,
            most_pieces=1 if solitary else BATCH_TEXTS,
            workers=self._threads,
            least_tokens=LEAST_TOKENS,
        )
        self._embedding = Embedding(self._read, merging, dimension=self.dimension, to_length_one=True)
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
        self._embedding = self._network = None

    def _read(self, texts: Sequence[str], kind: Kind) -> list[Read[_Piece]]:
        assert self._network is not None
        special = len(self._before) + len(self._after)
        found = []
        for encoding in self._network.tokenizer.encode_batch(list(texts), add_special_tokens=False):
            ids = encoding.ids
            if len(ids) + special <= self.max_tokens:
                cuts = [(0, len(ids))]
            else:
                cuts = windows(encoding.word_ids, self.max_tokens - special)
            pieces = tuple((*self._before, *ids[first:last], *self._after) for first, last in cuts)
            found.append(Read(len(ids) + special, pieces))
        return found

    def _whole(self, text: str) -> _Piece:
        return self._read([text], "passage")[0].pieces[0]

    def _vectors(self, pieces: Sequence[_Piece]) -> NDArray[numpy.float32]:
        """Vectors of one batch, one row a piece."""
        network = self._network
        if network is None:
            raise EngineError("The model is not loaded.")
        hidden = network.run(pieces)
        if hidden.ndim != 3 or hidden.shape[0] != len(pieces) or hidden.shape[1] != max(map(len, pieces)):
            raise network.damaged("its output is not one vector a token")
        means = numpy.stack([tokens[: len(ids)].mean(axis=0) for tokens, ids in zip(hidden, pieces, strict=True)])
        lengths = numpy.maximum(numpy.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        vectors: NDArray[numpy.float32] = (means / lengths).astype(numpy.float32, copy=False)
        return vectors


def _check_pooling(network: OnnxNetwork, name: str) -> None:
    """The sentence-transformers files beside the weights say what is done with the tokens' vectors."""
    pooling = network.settings("1_Pooling/config.json", dict)
    modes = {key for key, on in pooling.items() if key.startswith("pooling_mode_") and on}
    steps = [str(step.get("type", "")).rsplit(".", 1)[-1] for step in network.settings("modules.json", list)]
    if modes != {_MEAN} or steps != ["Transformer", "Pooling", "Normalize"]:
        raise Unsupported(
            f"{name} makes its vectors in a way that this version does not know.",
            "Use minilm-l6-v2-int8, or the model's safetensors files.",
        )


def _longest(network: OnnxNetwork) -> int:
    """The most tokens that the model reads of a text."""
    longest = network.settings("sentence_bert_config.json", dict).get("max_seq_length")
    if not isinstance(longest, int) or longest < 8:
        raise network.damaged("sentence_bert_config.json does not say how much it reads")
    return longest
