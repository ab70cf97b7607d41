"""OnnxRerankEngine: how well passages answer a query, by a cross-encoder that reads both together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from nodeworker.engines import Progress
from nodeworker.engines.embedding.embedding import SLOTS, groups
from nodeworker.engines.embedding.merging import Merging
from nodeworker.engines.embedding.onnx_network import OnnxNetwork, Part, depends_on_company
from nodeworker.engines.embedding.windows import check_length, windows
from nodeworker.errors import BadRequest, EngineError, Unsupported, first_line
from nodeworker.hardware import free_cores
from nodeworker.models.folder import ModelFile

log = logging.getLogger(__name__)
BATCH_TOKENS = 256
"""Most tokens in one run, padding included."""
LEAST_TOKENS = 128
"""A batch is not cut below this to give all cores work."""
BATCH_PAIRS = 64
_LEAST_ROOM = 8
"""Tokens for query and passage that a model must have."""
_POSITIONS_TAKEN = {"roberta": 2, "xlm-roberta": 2, "camembert": 2, "mpnet": 2}
"""Kind of network -> positions in its table that are no tokens' places."""
_NO_LIMIT = 1_000_000
"""What a tokenizer's settings give for a length is often a number without meaning."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A query with a passage or a window of it, as the network reads them."""

    ids: tuple[int, ...]
    types: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


class OnnxRerankEngine:
    """One score a passage, 0 to 1: the logistic function of the network's one output.

    A passage that does not fit beside the query is read in windows (`nodeworker.engines.embedding.windows`), and the
    best of them counts: a passage answers when any part of it does.
    """

    slots = SLOTS

    def __init__(self, model: ModelFile, *, threads: int = 0) -> None:
        """`threads` 0: the free cores."""
        self.model = model
        self.max_tokens = 0
        self._threads = threads or free_cores()
        self._network: OnnxNetwork | None = None
        self._merging: Merging[_Pair, float] | None = None
        self._around: tuple[Part, Part, Part] = ((), (), ())
        self._types = (0, 0)

    def load(self, progress: Progress) -> None:
        """Read tokenizer and weights; the bytes that are hashed are the bytes that are run.

        Raises:
            Unsupported: onnxruntime or tokenizers is not installed, or the model does not give one score.
            ModelDamaged: a file is missing or is not what it should be.
            ModelUnsafe: the weights want to read other files.
        """
        network = OnnxNetwork(self.model, "rerank", progress)
        config = network.settings("config.json", dict)
        if labels_of(config) not in (0, 1):
            raise self._no_score()
        self.max_tokens = _longest(network, config)
        before, between, after, first, second = network.around_pair()
        self._around, self._types = (before, between, after), (first, second)
        if self._room() < _LEAST_ROOM:
            raise network.damaged("it leaves no room for a query and a passage")
        self._network = network
        try:
            pairs = [
                self._pair(network.ids("warm up"), network.ids(text)) for text in ("cold", "A GREAT company! " * 5)
            ]
            alone, company = self._logits(pairs[:1]), self._logits(pairs)
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise error if isinstance(error, EngineError) else network.damaged(first_line(error)) from error
        solitary = depends_on_company(alone, company[:1])
        if solitary:
            log.info("%s: a score depends on the others of its batch; passages are run one by one", self.model.name)
        self._merging = Merging[_Pair, float](
            "rerank",
            self._logits,
            most_tokens=BATCH_TOKENS,
            most_pieces=1 if solitary else BATCH_PAIRS,
            workers=self._threads,
            least_tokens=LEAST_TOKENS,
        )
        progress(1.0)

    def rerank(self, query: str, texts: Sequence[str], cancelled: threading.Event | None = None) -> tuple[float, ...]:
        """Return one score a text, higher is better; from several threads at once. `cancelled` ends it early.

        Raises:
            BadRequest: the query takes more than half of what the model reads, a text is too long or is no text, or
                `cancelled` was set.
            EngineError: the model is not loaded, or failed.
        """
        network, merging = self._network, self._merging
        if network is None or merging is None:
            raise EngineError("The model is not loaded.")
        check_length((query, *texts))
        try:
            asked = network.ids(query)
            pairs = [pairs for group in groups(texts) for pairs in self._read(network, asked, group)]
        except EngineError:
            raise
        except Exception as error:  # tokenizers raises whatever it likes for what is no Unicode text
            raise BadRequest(f"Reranking failed: a text cannot be tokenised: {first_line(error)}.") from error
        logits = iter(merging.results([pair for windows in pairs for pair in windows], cancelled=cancelled))
        best = numpy.array([max(next(logits) for _ in windows) for windows in pairs], dtype=numpy.float64)
        if not numpy.isfinite(best).all():
            raise EngineError("The model computed scores that are not numbers.", "Put its files here again.")
        return tuple((1.0 / (1.0 + numpy.exp(-numpy.clip(best, -80.0, 80.0)))).tolist())

    def close(self) -> None:
        """Free the model; running batches are waited for, calls that wait fail."""
        if self._merging is not None:
            self._merging.close()
        self._merging = self._network = None

    def _room(self) -> int:
        """Tokens that are left for query and passage."""
        return self.max_tokens - sum(map(len, self._around))

    def _read(self, network: OnnxNetwork, query: tuple[int, ...], texts: Sequence[str]) -> list[list[_Pair]]:
        if len(query) > self._room() // 2:
            most = self._room() // 2
            raise BadRequest(f"A query of {len(query)} tokens is too long for this model: at most {most}.")
        room = self._room() - len(query)
        read = []
        for encoding in network.tokenizer.encode_batch(list(texts), add_special_tokens=False):
            ids = encoding.ids
            cuts = windows(encoding.word_ids, room) if len(ids) > room else [(0, len(ids))]
            read.append([self._pair(query, ids[first:last]) for first, last in cuts])
        return read

    def _pair(self, query: Sequence[int], passage: Sequence[int]) -> _Pair:
        before, between, after = self._around
        first, second = self._types
        ids = (*_ids(before), *query, *_ids(between), *passage, *_ids(after))
        types = (*_types(before), *(first,) * len(query), *_types(between), *(second,) * len(passage), *_types(after))
        return _Pair(ids, types)

    def _logits(self, pairs: Sequence[_Pair]) -> Any:
        """The network's one output for each pair."""
        network = self._network
        if network is None:
            raise EngineError("The model is not loaded.")
        found = network.run([pair.ids for pair in pairs], [pair.types for pair in pairs])
        if found.shape not in ((len(pairs), 1), (len(pairs),)):
            raise self._no_score()
        return found.reshape(len(pairs))

    def _no_score(self) -> Unsupported:
        return Unsupported(
            f"{self.model.name} does not give one score for a passage.", "Use a cross-encoder of one label."
        )


def labels_of(config: dict[str, Any]) -> int:
    """How many labels a config.json names; 0: it names none."""
    labels = config.get("id2label")
    if isinstance(labels, dict):
        return len(labels)
    count = config.get("num_labels")
    return count if isinstance(count, int) else 0


def _longest(network: OnnxNetwork, config: dict[str, Any]) -> int:
    """The most tokens that the model reads of a query and a passage together."""
    positions = config.get("max_position_embeddings")
    if not isinstance(positions, int) or not 0 < positions < _NO_LIMIT:
        raise network.damaged("config.json does not say how much it reads")
    longest = positions - _POSITIONS_TAKEN.get(str(config.get("model_type")), 0)
    return min(longest, network.cut_at) if network.cut_at > 0 else longest


def _ids(part: Part) -> tuple[int, ...]:
    return tuple(id for id, _ in part)


def _types(part: Part) -> tuple[int, ...]:
    return tuple(type for _, type in part)
