"""Embedding: what all embedding engines do alike, from checking a call's texts to the bytes of its vectors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import numpy

from nodeworker.engines import Vectors
from nodeworker.engines.embedding.merging import Merging
from nodeworker.engines.embedding.windows import check_length
from nodeworker.errors import BadRequest, EngineError, first_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["query", "passage"]
P = TypeVar("P", bound=Sized)
SLOTS = 8
"""Callers that are served at once: enough for batches that hold texts of like length."""
_READ_CHARACTERS = 2**17
"""Characters that are tokenised at once: bounds memory whatever the number of texts is."""


@dataclass(frozen=True, slots=True)
class Read(Generic[P]):
    """One text as the model reads it."""

    tokens: int
    """Of the whole text, special tokens included."""
    pieces: tuple[P, ...]
    """One, or its windows; the length of each is its tokens."""


class Embedding(Generic[P]):
    """Serves several callers at once: each tokenises in its own thread, the network's runs are shared."""

    def __init__(
        self,
        read: Callable[[Sequence[str], Kind], list[Read[P]]],
        merging: Merging[P, NDArray[numpy.float32]],
        *,
        dimension: int,
        to_length_one: bool,
    ) -> None:
        """Put a tokenizer and a network together.

        Args:
            read: Tokenises texts; called from several threads at once.
            merging: Gives one vector a piece.
            dimension: Of the vectors.
            to_length_one: Whether the model's vectors have length 1, and so the mean of several windows must, too.
        """
        self._read = read
        self._merging = merging
        self._dimension = dimension
        self._to_length_one = to_length_one

    def embed(
        self, texts: Sequence[str], kind: Kind, cancelled: threading.Event | None = None, *, background: bool = False
    ) -> Vectors:
        """Embed all texts. A text of several windows gets their vectors' mean, weighted by tokens.

        Raises:
            BadRequest: an unknown kind, a text that is too long or is no text, or `cancelled` was set.
            EngineError: the model failed, or was closed.
        """
        if kind not in ("query", "passage"):
            raise BadRequest(f"There is no kind of text {kind!r}.")
        check_length(texts)
        found = [read for group in groups(texts) for read in self._tokenised(group, kind)]
        pieces = [piece for read in found for piece in read.pieces]
        rows = self._merging.results(pieces, urgent=kind == "query", background=background, cancelled=cancelled)
        vectors = numpy.empty((len(found), self._dimension), dtype="<f4")
        at = 0
        for place, read in enumerate(found):
            vectors[place] = self._joined(rows[at : at + len(read.pieces)], read.pieces)
            at += len(read.pieces)
        if not numpy.isfinite(vectors).all():
            raise EngineError("The model computed vectors that are not numbers.", "Fetch the model again.")
        windows = tuple(len(read.pieces) for read in found)
        return Vectors(vectors.tobytes(), self._dimension, tuple(read.tokens for read in found), windows)

    @property
    def padding(self) -> float:
        """Share of all that was computed that was padding, 0 to 1."""
        return self._merging.padding

    def pause(self, on: bool) -> None:
        """Begin no batch of background work while `on`."""
        self._merging.pause(on)

    def close(self) -> None:
        """End; waits for running batches."""
        self._merging.close()

    def _tokenised(self, texts: Sequence[str], kind: Kind) -> list[Read[P]]:
        try:
            return self._read(texts, kind)
        except EngineError:
            raise
        except Exception as error:  # tokenizers raises whatever it likes for what is no Unicode text
            raise BadRequest(f"Embedding failed: a text cannot be tokenised: {first_line(error)}.") from error

    def _joined(self, rows: list[NDArray[numpy.float32]], pieces: tuple[P, ...]) -> Any:
        if len(rows) == 1:
            return rows[0]
        mean = numpy.average(numpy.stack(rows), axis=0, weights=[len(piece) for piece in pieces])
        return mean / max(float(numpy.linalg.norm(mean)), 1e-12) if self._to_length_one else mean


def groups(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the texts in order, in groups of few characters or of one text: what is tokenised at once."""
    first, characters = 0, 0
    for place, text in enumerate(texts):
        if place > first and characters + len(text) > _READ_CHARACTERS:
            yield texts[first:place]
            first, characters = place, 0
        characters += len(text)
    if first < len(texts):
        yield texts[first:]
