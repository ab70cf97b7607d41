"""From scores to a token: penalties, top-k, top-p, min-p, temperature, grammar, and the draw.

The stages follow llama.cpp's own chain (penalties, top-k, top-p, min-p, temperature, draw) and keep the same tokens.
They differ in cost: llama.cpp copies the whole vocabulary for every token, here only the few best are looked at. Which
are enough is proven for every token, never assumed: see `_candidates` and `_nucleus_of`.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

import numpy

from nodeworker.engines import Logprobs
from nodeworker.errors import ModelDamaged

if TYPE_CHECKING:
    from nodeworker.engines import Sampling

PENALTY_TOKENS = 64
"""Tokens of the answer that a repeat penalty looks back on."""
_ROWS = 64
"""Tokens of one group; the best of each group say how far down to look."""
_FEW = 128
"""Up to this top-k the rest is done in plain Python: each call of numpy costs more than all of it, above all when the
weights of the model have just been through the caches."""
_FIRST_GUESS = 64
"""So many tokens are looked at first for top-p; adapts to what was needed last, which changes the cost only."""
_BLOCK = 256
_LEAST_TEMPERATURE = 1e-6
_REDRAW = 0x5DEECE66D1CE4E5B
"""Changes the seed for the second draw of a place: the first number tells what was refused, so it is not random."""
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_LARGEST = 1e30

Scores = numpy.ndarray[Any, numpy.dtype[numpy.float32]]
Places = numpy.ndarray[Any, numpy.dtype[numpy.intp]]
Floats = numpy.ndarray[Any, numpy.dtype[numpy.float64]]


class Vocabulary(Protocol):
    """The tokens of one model."""

    size: int
    lib: Any
    """The llama_cpp module."""
    pointer: Any
    """llama.cpp's vocabulary."""

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token; b"" for control tokens."""
        ...

    def is_end(self, token: int) -> bool:
        """Whether the model ends its answer with this token."""
        ...


def mix(seed: int, place: int) -> int:
    """64 well-mixed bits of both (SplitMix64, doi 10.1145/2714064.2660195)."""
    value = (seed + _GOLDEN * (place + 1)) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def uniform(seed: int, place: int) -> float:
    """A number from 0 to below 1 that depends on both arguments only."""
    return float(mix(seed, place) >> 11) * 2.0**-53


class Constraint(Protocol):
    """What the text of one answer must look like."""

    def allows(self, token: int) -> bool:
        """Whether the text may go on with this token."""
        ...

    def allowed(self) -> numpy.ndarray[Any, numpy.dtype[numpy.bool_]]:
        """All tokens that the text may go on with. Raises BadRequest when there is none."""
        ...

    def accept(self, token: int) -> None:
        """Go on with this token. Raises BadRequest when it is not allowed."""
        ...


class Picker:
    """One answer's way from scores to a token.

    The random number for a token depends on the seed and on the token's place in the answer only, so an answer that
    goes on elsewhere draws the same numbers. Not thread-safe.
    """

    def __init__(self, vocabulary: Vocabulary, sampling: Sampling, seed: int, *, grammar_after: str = "") -> None:
        """`seed`: any integer. Raises BadRequest for a grammar or schema that is none.

        `grammar_after`: the grammar holds for what follows this text, the end of the reasoning section; until then all
        goes but the end of the answer.
        """
        self._sampling = sampling
        self._seed = seed & _MASK
        self._greedy = sampling.temperature <= 0
        self._temperature = max(sampling.temperature, _LEAST_TEMPERATURE)
        self._least = math.log(sampling.min_p) if 0 < sampling.min_p <= 1 else None
        self._penalty = sampling.repeat_penalty if sampling.repeat_penalty not in (0.0, 1.0) else 0.0
        self._recent: deque[int] = deque(maxlen=PENALTY_TOKENS)
        self._guess = _FIRST_GUESS
        self._scratch: Scores | None = None
        self._powers: Scores | None = None
        self._constraint: Constraint | None = None
        if sampling.grammar or sampling.json_schema:
            from nodeworker.engines.grammar.grammar import constraint

            self._constraint = constraint(vocabulary, sampling, grammar_after)

    def pick(self, scores: Scores, place: int) -> tuple[int, Logprobs | None]:
        """Pick the token for this place of the answer (0 is the first) and take it as part of the answer.

        `scores`: float32, one for each token of the vocabulary, only read. The second of the result is None unless
        the request asks for probabilities.

        Raises:
            ModelDamaged: the scores are no numbers.
            BadRequest: no token continues the text as the grammar wants it, or the grammar is too ambiguous.
        """
        values = self._penalised(scores) if self._penalty and self._recent else scores
        token = self._choose(values, uniform(self._seed, place))
        constraint = self._constraint
        if constraint is not None and not constraint.allows(token):
            allowed = self._copy(scores) if values is scores else values
            allowed[~constraint.allowed()] = -numpy.inf
            token = self._choose(allowed, uniform(self._seed ^ _REDRAW, place))
        logprobs = self._logprobs(scores, token) if self._sampling.logprobs else None
        self.accept(token)
        return token, logprobs

    def accept(self, token: int) -> None:
        """Take a token as the next of this answer. Raises BadRequest for one that the grammar forbids here."""
        if self._penalty:
            self._recent.append(token)
        if self._constraint is not None:
            self._constraint.accept(token)

    def close(self) -> None:
        """Let go of the memory; may be called twice."""
        self._scratch = self._powers = self._constraint = None

    def survivors(self, scores: Scores) -> tuple[list[int], list[float]]:
        """Return the tokens that may be drawn next and their probabilities, without a grammar; nothing changes."""
        values = self._penalised(scores) if self._penalty and self._recent else scores
        if self._greedy:
            return [self._best(values)], [1.0]
        if 0 < self._sampling.top_k <= _FEW:
            _, tokens, few = self._few(values, 0.0)
            return tokens, [weight / sum(few) for weight in few]
        peaks, top = _peaks(values)
        kept, logits = self._filtered(values, peaks, top)
        if kept is None:
            weights = numpy.exp((values.astype(numpy.float64) - top) / self._temperature)
            return list(range(len(values))), list(weights / weights.sum())
        weights = numpy.exp((logits - logits[0]) / self._temperature)
        return [int(token) for token in kept], list(weights / weights.sum())

    # -- stages ------------------------------------------------------------------------------------------------------

    def _choose(self, values: Scores, chance: float) -> int:
        if self._greedy:
            return self._best(values)
        if 0 < self._sampling.top_k <= _FEW:
            return self._few(values, chance)[0]
        peaks, top = _peaks(values)
        kept, logits = self._filtered(values, peaks, top)
        if kept is None:
            return self._drawn_from_all(values, top, chance)
        if len(kept) == 1:
            return int(kept[0])
        sums = numpy.cumsum(numpy.exp((logits - logits[0]) / self._temperature))
        at = int(sums.searchsorted(chance * sums[-1]))
        return int(kept[min(at, len(kept) - 1)])

    @staticmethod
    def _best(values: Scores) -> int:
        token = int(values.argmax())  # argmax finds a NaN first
        _finite(values[token])
        return token

    def _few(self, values: Scores, chance: float) -> tuple[int, list[int], list[float]]:
        """The token drawn with a small top-k, the tokens that survive, and their probabilities times their sum.

        As `_peaks`, `_candidates` and `_filtered`, but in one go with as few calls as can be.
        """
        count = self._sampling.top_k
        columns, left = divmod(len(values), _ROWS)
        if left == 0 and columns >= 2 * count:
            ordered = numpy.partition(values.reshape(_ROWS, columns).max(axis=0), (columns - count, columns - 1))
            _finite(ordered[-1])
            at = (values >= ordered[columns - count]).nonzero()[0]
        else:
            peaks, _ = _peaks(values)
            at = _candidates(values, peaks, count)
        logits = values[at]
        order = logits.argsort(kind="stable")[: -count - 1 : -1]
        best: list[float] = logits[order].tolist()
        while best[-1] == -math.inf:
            best.pop()  # what a grammar forbids
        exp, top, share = math.exp, best[0], self._sampling.top_p
        if 0 < share < 1:
            weights = [exp(score - top) for score in best]
            goal, run, kept = share * sum(weights), 0.0, 0
            for weight in weights:
                run += weight
                kept += 1
                if run >= goal:
                    break
            del best[kept:]
        if self._least is not None:
            while best[-1] < top + self._least:
                best.pop()
        temperature = self._temperature
        weights = [exp((score - top) / temperature) for score in best]
        goal, run, place = chance * sum(weights), 0.0, -1
        for weight in weights:
            run += weight
            place += 1
            if run >= goal:
                break
        tokens: list[int] = at[order[: len(best)]].tolist()
        return tokens[place], tokens, weights

    def _filtered(self, values: Scores, peaks: Scores, top: float) -> tuple[Places | None, Floats]:
        """The tokens that survive top-k, top-p and min-p, best first, and their scores; None: all of them."""
        sampling = self._sampling
        nucleus = sampling.top_p if 0 < sampling.top_p < 1 else 0.0
        least = self._least
        if sampling.top_k > 0:
            kept, logits = _sorted(values, _candidates(values, peaks, sampling.top_k))
            kept, logits = kept[: sampling.top_k], logits[: sampling.top_k]
        elif nucleus:
            kept, logits = self._nucleus_of(values, peaks, top, nucleus)
            nucleus = 0.0
        elif least is not None:
            at = numpy.flatnonzero(values >= numpy.float32(top + least))
            return _sorted(values, at)
        else:
            return None, numpy.empty(0)
        if nucleus and len(kept) > 1:
            sums = numpy.cumsum(numpy.exp(logits - logits[0]))
            enough = int(sums.searchsorted(nucleus * sums[-1])) + 1
            kept, logits = kept[:enough], logits[:enough]
        if least is not None and len(kept) > 1:
            enough = int(numpy.count_nonzero(logits >= logits[0] + least))
            kept, logits = kept[:enough], logits[:enough]
        return kept, logits

    def _nucleus_of(self, values: Scores, peaks: Scores, top: float, share: float) -> tuple[Places, Floats]:
        """The best tokens that together have this share of the probability of the whole vocabulary."""
        powers = self._powers
        if powers is None:
            powers = self._powers = numpy.empty(len(values), numpy.float32)
        numpy.subtract(values, numpy.float32(top), out=powers)
        numpy.exp(powers, out=powers)
        wanted = share * float(powers.sum())
        count = self._guess
        while True:
            at = _candidates(values, peaks, count)
            if count >= len(values) or float(powers[at].sum(dtype=numpy.float64)) > wanted:
                break
            count *= 4
        kept, logits = _sorted(values, at)
        enough = int(numpy.cumsum(numpy.exp(logits - top)).searchsorted(wanted)) + 1
        self._guess = max(_FIRST_GUESS, enough)
        return kept[:enough], logits[:enough]

    def _drawn_from_all(self, values: Scores, top: float, chance: float) -> int:
        """Draw from the whole vocabulary: first a block of tokens, then one of the block."""
        size = len(values)
        whole = -(-size // _BLOCK) * _BLOCK
        powers = self._powers
        if powers is None or len(powers) != whole:
            powers = self._powers = numpy.zeros(whole, numpy.float32)
        part = powers[:size]
        numpy.subtract(values, numpy.float32(top), out=part)
        if self._temperature != 1.0:
            numpy.multiply(part, numpy.float32(1.0 / self._temperature), out=part)
        numpy.exp(part, out=part)
        blocks = numpy.cumsum(powers.reshape(-1, _BLOCK).sum(axis=1), dtype=numpy.float64)
        goal = chance * float(blocks[-1])
        block = min(int(blocks.searchsorted(goal)), len(blocks) - 1)
        start = block * _BLOCK
        sums = numpy.cumsum(powers[start : start + _BLOCK], dtype=numpy.float64)
        before = float(blocks[block - 1]) if block else 0.0
        at = start + int(sums.searchsorted(min(goal - before, float(sums[-1]))))
        return min(at, size - 1)

    def _penalised(self, scores: Scores) -> Scores:
        values = self._copy(scores)
        at = numpy.fromiter(set(self._recent), numpy.intp)
        old = scores[at].astype(numpy.float64)
        new = numpy.where(old <= 0, old * self._penalty, old / self._penalty)
        values[at] = numpy.clip(new, -_LARGEST, _LARGEST)
        return values

    def _copy(self, scores: Scores) -> Scores:
        if self._scratch is None:
            self._scratch = numpy.empty(len(scores), numpy.float32)
        numpy.copyto(self._scratch, scores)
        return self._scratch

    def _logprobs(self, scores: Scores, token: int) -> Logprobs:
        """Natural logarithms of the probabilities that the raw scores mean."""
        peaks, top = _peaks(scores)
        total = top + math.log(float(numpy.exp(scores - numpy.float32(top)).sum(dtype=numpy.float64)))
        count = self._sampling.logprobs
        ids, logits = _sorted(scores, _candidates(scores, peaks, count))
        return Logprobs(
            chosen=float(scores[token]) - total,
            ids=tuple(int(one) for one in ids[:count]),
            values=tuple(float(logit) - total for logit in logits[:count]),
        )


def _peaks(values: Scores) -> tuple[Scores, float]:
    """The best score of each of many groups of tokens, and of all. Raises ModelDamaged when it is no number."""
    columns = len(values) // _ROWS
    if columns < _ROWS:
        return values, _finite(values.max())
    whole = columns * _ROWS
    peaks = values[:whole].reshape(_ROWS, columns).max(axis=0)
    top = _finite(peaks.max())
    return peaks, max(top, _finite(values[whole:].max())) if whole < len(values) else top


def _candidates(values: Scores, peaks: Scores, count: int) -> Places:
    """The tokens that hold the `count` best ones, and few others.

    At least `count` groups have a peak not below the `count`-th best peak, so at least that many tokens reach it.
    """
    if count >= len(values):
        return _possible(values)
    among = peaks if count <= len(peaks) else values
    least = numpy.partition(among, len(among) - count)[len(among) - count]
    if least == -numpy.inf:
        return _possible(values)
    at: Places = (values >= least).nonzero()[0]
    return at


def _possible(values: Scores) -> Places:
    at: Places = (values > -numpy.inf).nonzero()[0]
    return at


def _sorted(values: Scores, at: Places) -> tuple[Places, Floats]:
    """These tokens and their scores, best first; equal ones in the order of the vocabulary."""
    logits = values[at]
    order = (-logits).argsort(kind="stable")
    best: Floats = logits[order].astype(numpy.float64)
    return at[order], best


def _finite(score: Any) -> float:
    """The score as a number. Raises ModelDamaged when it is none."""
    number = float(score)
    if not math.isfinite(number):
        raise ModelDamaged("The model computes no valid numbers.", "Fetch it again or choose another model.")
    return number
