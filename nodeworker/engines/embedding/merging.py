"""Merging: pieces of work from several callers, run together in batches by threads of its own.

Urgent calls go first; background calls get what all others leave, in batches that are over soon, and nothing while they
are held. Of the calls of one class each gets its turn: a batch holds the piece whose turn it is, and of what else
waits the pieces nearest to it in length, so that little is padded and nobody waits for ever. Nobody waits for company
either: a thread that is free runs what is there.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Any, Generic, TypeVar

from nodeworker.engines.embedding.batching import batches
from nodeworker.errors import BadRequest, EngineError, first_line

log = logging.getLogger(__name__)
LOOK_AHEAD = 256
"""Waiting pieces, of all callers together, among which those of like length are sought."""
BRIEF_SECONDS = 0.1
"""What a batch of background work takes at most, by the measured rate: the longest that others wait for it."""
_FIRST_BRIEF = 128
"""Tokens of a background batch before a rate is known."""
_LOOK_SECONDS = 0.1
"""How often calls that are held are asked whether their callers have gone."""
_SMOOTHING = 0.3
_BACKGROUND = 2
P = TypeVar("P", bound=Sized)
R = TypeVar("R")


class _Call(Generic[P, R]):
    """What one caller waits for."""

    def __init__(self, pieces: Sequence[P], rank: int, cancelled: threading.Event | None) -> None:
        self.pieces = pieces
        self.rank = rank
        """0 urgent, 1 usual, 2 background: the lowest is served."""
        self.cancelled = cancelled
        self.waiting = dict.fromkeys(range(len(pieces)))
        """Places of pieces that no thread has taken, in order."""
        self.results: list[R | None] = [None] * len(pieces)
        self.left = len(pieces)
        self.error: EngineError | None = None
        self.over = threading.Event()


class Merging(Generic[P, R]):
    """`run` gets pieces whose length is their number of tokens, and gives one result a piece. From any thread."""

    def __init__(
        self,
        name: str,
        run: Callable[[Sequence[P]], Iterable[R]],
        *,
        most_tokens: int,
        most_pieces: int,
        workers: int = 1,
        least_tokens: int = 0,
    ) -> None:
        """Begin to work.

        Args:
            name: Of the threads.
            run: Called by `workers` threads at the same time.
            most_tokens: Of one batch, padding included.
            most_pieces: Of one batch; 1 runs each by itself.
            workers: Threads.
            least_tokens: With several workers a batch is cut down to this, if need be, so that all have work.
        """
        self._run = run
        self._most_tokens = most_tokens
        self._most_pieces = most_pieces
        self._least_tokens = least_tokens or most_tokens
        self._calls: list[_Call[P, R]] = []
        self._closed = False
        self._held = False
        self._rate = 0.0
        """Tokens/s of one thread, padding included."""
        self._tokens = 0
        self._computed = 0
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def results(
        self,
        pieces: Sequence[P],
        *,
        urgent: bool = False,
        background: bool = False,
        cancelled: threading.Event | None = None,
    ) -> list[R]:
        """Return one result a piece, in order; blocks until all are there.

        Raises:
            BadRequest: `cancelled` was set; noticed between two batches.
            EngineError: a piece failed when it ran by itself, or the engine was closed.
        """
        if not pieces:
            return []
        call = _Call[P, R](pieces, _BACKGROUND if background else 0 if urgent else 1, cancelled)
        with self._changed:
            if self._closed:
                raise _closed()
            self._calls.append(call)
            self._changed.notify_all()
        call.over.wait()
        if call.error is not None:
            raise call.error
        return call.results  # type: ignore[return-value]  # all are there

    def pause(self, on: bool) -> None:
        """Form no batch of background work while `on`."""
        with self._changed:
            self._held = on
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Pieces that no thread has taken yet, of all callers."""
        with self._changed:
            return sum(len(call.waiting) for call in self._calls)

    @property
    def padding(self) -> float:
        """Share of all that was computed that was padding, 0 to 1."""
        with self._changed:
            return 1.0 - self._tokens / self._computed if self._computed else 0.0

    def close(self) -> None:
        """End: running batches are waited for, everything else fails. Doing it twice does no harm."""
        with self._changed:
            self._closed = True
            for call in list(self._calls):
                self._fail(call, _closed())
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            self._serve(batch)

    def _next(self) -> list[tuple[_Call[P, R], int]] | None:
        """Take a batch: (call, place of its piece); None when it is over."""
        with self._changed:
            while not self._closed:
                for call in [call for call in self._calls if call.cancelled is not None and call.cancelled.is_set()]:
                    self._fail(call, BadRequest("The call was cancelled."))
                if batch := self._form():
                    for call, place in batch:
                        del call.waiting[place]
                    lengths = [len(call.pieces[place]) for call, place in batch]
                    self._tokens += sum(lengths)
                    self._computed += len(lengths) * max(lengths)
                    return batch
                # Nobody tells this thread that a call was cancelled; without one there is nothing to look for.
                self._changed.wait(_LOOK_SECONDS if self._calls else None)
            return None

    def _form(self) -> list[tuple[_Call[P, R], int]]:
        waiting = [call for call in self._calls if call.waiting and not (self._held and call.rank == _BACKGROUND)]
        if not waiting:
            return []
        rank = min(call.rank for call in waiting)
        if rank == _BACKGROUND and any(call.rank != rank for call in self._calls):
            return []  # another thread serves somebody who waits: it shall have the cores for itself
        calls = [call for call in waiting if call.rank == rank]
        share = max(1, LOOK_AHEAD // len(calls))
        seen = [(call, place) for call in calls for place in itertools.islice(call.waiting, share)]
        lengths = [len(call.pieces[place]) for call, place in seen]
        fair = sum(lengths) // len(self._threads)  # as if every other thread were about to come for its part
        most_tokens = min(self._most_tokens, max(self._least_tokens, fair))
        if rank == _BACKGROUND:
            brief = int(self._rate * BRIEF_SECONDS) if self._rate else _FIRST_BRIEF
            most_tokens = min(self._most_tokens, max(1, brief))
        formed = batches(lengths, most_texts=self._most_pieces, most_tokens=most_tokens)
        batch = next(batch for batch in formed if 0 in batch)
        self._calls.remove(calls[0])
        self._calls.append(calls[0])  # the next call's turn
        return [seen[at] for at in batch]

    def _serve(self, batch: list[tuple[_Call[P, R], int]]) -> None:
        pieces = [call.pieces[place] for call, place in batch]
        begun = time.perf_counter()
        try:
            outcomes: list[R | EngineError] = [*self._tried(pieces)]
        except EngineError as error:
            outcomes = [error] if len(batch) == 1 else self._one_by_one(batch, error)
        rate = len(pieces) * max(map(len, pieces)) / max(1e-6, time.perf_counter() - begun)
        with self._changed:
            self._rate += _SMOOTHING * (rate - self._rate) if self._rate else rate
            for (call, place), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, EngineError):
                    self._fail(call, outcome)
                    continue
                call.results[place] = outcome
                call.left -= 1
                if call.left == 0 and call.error is None:
                    self._end(call)

    def _one_by_one(self, batch: list[tuple[_Call[P, R], int]], error: EngineError) -> list[R | EngineError]:
        """What fails by itself fails alone; where others of its batch do not, it is the text, not the model."""
        log.warning("a batch failed, each of its %d texts is tried by itself: %s", len(batch), error.message)
        outcomes: list[R | EngineError] = []
        for call, place in batch:
            try:
                outcomes += self._tried([call.pieces[place]])
            except EngineError as alone:
                outcomes.append(alone)
        if all(isinstance(outcome, EngineError) for outcome in outcomes):
            return outcomes
        return [BadRequest(o.message, o.hint) if type(o) is EngineError else o for o in outcomes]

    def _tried(self, pieces: list[P]) -> list[R]:
        try:
            results = list(self._run(pieces))
        except EngineError:
            raise
        except Exception as error:  # the libraries' errors have no base of their own; out of memory is one of them
            raise EngineError(f"The model failed: {first_line(error)}.") from error
        if len(results) != len(pieces):
            raise EngineError("The model returned a wrong number of results.")
        return results

    def _fail(self, call: _Call[P, R], error: EngineError) -> None:
        if call.error is None and call.left:
            call.error = error
            call.waiting.clear()
            self._end(call)

    def _end(self, call: _Call[Any, Any]) -> None:
        with contextlib.suppress(ValueError):  # it failed before
            self._calls.remove(call)
        call.over.set()
        if call.rank != _BACKGROUND:
            self._changed.notify_all()  # background work may go on


def _closed() -> EngineError:
    return EngineError("The model is not loaded.", "Try again: it is loaded anew.")
