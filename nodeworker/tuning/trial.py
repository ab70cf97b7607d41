"""Runs a model with given settings to see how fast it is: what `tangnet bench node` measures with."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import replace

import psutil

from nodeworker.engines import Progress
from nodeworker.engines.llama.context import BATCH, NativeContext
from nodeworker.engines.llama.gauge import measure
from nodeworker.engines.llama.native import NativeModel
from nodeworker.engines.llama.pace import Pace
from nodeworker.errors import ModelTooLarge
from nodeworker.hardware import free_cores, usable_cores
from nodeworker.models.gguf import GgufInfo, read_gguf
from nodeworker.models.model_file import ModelFile
from nodeworker.models.tuned import FLASH, Tuning
from nodeworker.tuning.busy import busy_cores
from nodeworker.tuning.choosing import CHUNK_SECONDS, MOST_DRAFT, READ, Speed, Strain

STREAMS = 8
SIZES = (1, 2, 3, 4, 6, 8, 12, 16)
_ROOM = 1536
"""Tokens of the cache for one answer: the long prompt, and what is written after it."""
_SMALLEST = _COMPANY_ROOM = 256
_PREFIX = 64
_WRITE_SECONDS = 0.5
_STRAIN_SECONDS = 1.5
_FEWEST, _MOST = 4, 48
"""Decodes of one token in one measurement."""
_KEPT = 4
"""Contexts at once: two settings are compared, each alone and in company."""
_GRAPH_BYTES = 256 * 1024 * 1024
_TEXT = (
    "The keeper of the lighthouse wrote down every ship that passed the cape, its flag, its course and the hour. In "
    "winter the lamp was lit at four, in summer at nine, and a second keeper watched while the first one slept. "
)


class Trials:
    """One loaded model and the contexts that it is measured with. One thread uses it; `close` it in the end."""

    def __init__(self, model: ModelFile, progress: Progress) -> None:
        """Load. Raises ModelDamaged, ModelTooLarge, EngineError."""
        info = read_gguf(model.path)
        self._length = max(_SMALLEST, min(_ROOM, info.context or _ROOM))
        self._check(model, info)
        before = _resident()
        self._model = NativeModel(model.path, progress=progress)
        self._tokens = self._model.tokenise(_TEXT * 60, special=True)[: self._length]
        self._contexts: dict[tuple[str, int], NativeContext] = {}
        self._rows: dict[str, int] = {}
        self._bytes: dict[str, int] = {}
        context = NativeContext(self._model, streams=1, length=_COMPANY_ROOM, threads=free_cores())
        self._decode(context, 0, _PREFIX)  # touches every weight
        context.close()
        self._weights = max(0, _resident() - before)

    def close(self) -> None:
        """Free everything."""
        for context in self._contexts.values():
            context.close()
        self._contexts.clear()
        self._model.close()

    @property
    def longest_prompt(self) -> int:
        """Tokens of the longest prompt that can be measured."""
        return min(READ, self._length - _MOST)

    # -- what the chooser asks ---------------------------------------------------------------------------------------

    def speed(self, settings: Tuning, tokens: int) -> Speed:
        """Read a prompt of so many tokens in pieces as the engine does, then write. Raises EngineError."""
        context = self._alone(settings)
        tokens = min(tokens, self.longest_prompt)
        took, _ = self._read(context, tokens)
        return Speed(tokens / took, 1 / statistics.median(self._write(context, tokens, _WRITE_SECONDS)))

    def strain(self, settings: Tuning) -> Strain:
        """Write while every core is busy. Raises EngineError, OSError."""
        context = self._alone(settings)
        self._read(context, _PREFIX)
        with busy_cores(usable_cores()):
            times = self._write(context, _PREFIX, _STRAIN_SECONDS, most=context.length - _PREFIX)
        return Strain(len(times) / sum(times), max(times))

    def costs(self, settings: Tuning) -> dict[int, float]:
        """Return the seconds of decodes by number of tokens, as far as drafts may be that long. Raises EngineError."""
        rows = self.exact_rows(settings) if settings.exact else 0
        costs = self.decodes(settings)
        return {size: seconds for size, seconds in costs.items() if not rows or size <= rows}

    # -- what is only shown ------------------------------------------------------------------------------------------

    def read(self, settings: Tuning, tokens: int, seconds: float) -> tuple[float, int]:
        """Return the rate of reading a prompt, and how many tokens of it were read within `seconds`."""
        took, done = self._read(self._alone(settings), min(tokens, self.longest_prompt), seconds)
        return done / took, done

    def write(self, settings: Tuning, streams: int, seconds: float) -> float:
        """Return the tokens/s of so many answers together."""
        if streams == 1:
            context = self._alone(settings)
            self._read(context, _PREFIX)
            times = self._write(context, _PREFIX, seconds)
            return 1 / statistics.median(times)
        context = self._together(settings)
        for stream in range(streams):
            context.cut(stream, 0)
            context.add(self._tokens[:_PREFIX], stream, 0, 0)
            context.decode()
        times = []
        begun = time.perf_counter()
        while len(times) < _FEWEST or (time.perf_counter() - begun < seconds and len(times) < _MOST):
            at = _PREFIX + len(times)
            for stream in range(streams):
                context.add(self._tokens[at : at + 1], stream, at, 1)
            times.append(_timed(context))
        return streams / statistics.median(times)

    def decodes(self, settings: Tuning) -> dict[int, float]:
        """Return the seconds of decodes by their number of tokens, with all their scores, as drafts need them."""
        context = self._alone(settings)
        if not self._model.rewinds:
            return {}
        self._read(context, _PREFIX)
        found: dict[int, list[float]] = {}
        for _ in range(3):
            for size in SIZES:
                context.cut(0, _PREFIX)
                context.add(self._tokens[_PREFIX : _PREFIX + size], 0, _PREFIX, size)
                found.setdefault(size, []).append(_timed(context))
            if sum(map(sum, found.values())) > 4 * _WRITE_SECONDS:
                break
        return {size: statistics.median(times) for size, times in found.items() if size <= MOST_DRAFT + 1}

    def exact_rows(self, settings: Tuning) -> int:
        """Return the most tokens of one decode for which bits stay equal; 0: any number."""
        label = settings.label
        if label not in self._rows:
            context = self._alone(settings)
            context.cut(0, 0)
            self._rows[label] = measure(self._model, context)[0]
        return self._rows[label]

    def memory(self, settings: Tuning) -> int:
        """Return the bytes that the weights and one context take: by how much this process has grown."""
        self._alone(settings)
        return self._weights + self._bytes[_kind(settings)]

    # -- contexts ----------------------------------------------------------------------------------------------------

    def _alone(self, settings: Tuning) -> NativeContext:
        return self._ready(settings, streams=1, length=self._length)

    def _together(self, settings: Tuning) -> NativeContext:
        return self._ready(settings, streams=STREAMS, length=_COMPANY_ROOM)

    def _ready(self, settings: Tuning, *, streams: int, length: int) -> NativeContext:
        """Return a context of that kind with that many threads; the newest few are kept."""
        kind, threads = _kind(settings), settings.threads or free_cores()
        context = self._contexts.pop((kind, streams), None)
        if context is None:
            while len(self._contexts) >= _KEPT:
                self._contexts.pop(next(iter(self._contexts))).close()
            before = _resident()
            context = NativeContext(
                self._model, streams=streams, length=length, threads=threads,
                exact=settings.exact, flash=FLASH[settings.flash], batch=settings.batch or BATCH,
            )  # fmt: skip
            self._decode(context, 0, _PREFIX)
            if streams == 1:
                self._bytes.setdefault(kind, max(0, _resident() - before))
        self._contexts[kind, streams] = context
        context.use_threads(threads)
        return context

    def _check(self, model: ModelFile, info: GgufInfo) -> None:
        """Raise ModelTooLarge when weights and contexts would not fit into the free memory."""
        weights = model.path.stat().st_size
        cache = info.kv_bytes_per_token * (self._length + STREAMS * _COMPANY_ROOM) * _KEPT // 2
        free = psutil.virtual_memory().available
        if weights + cache + _GRAPH_BYTES > free:
            raise ModelTooLarge(
                f"To measure {model.name} about {(weights + cache + _GRAPH_BYTES) // 10**6} MB of memory are needed, "
                f"but only {free // 10**6} MB are free.",
                "Close other programs, or measure a smaller model.",
            )

    # -- decodes -----------------------------------------------------------------------------------------------------

    def _read(self, context: NativeContext, tokens: int, most: float = math.inf) -> tuple[float, int]:
        """Read the prompt anew, in pieces as the engine does, for `most` seconds; returns seconds and tokens."""
        context.cut(0, 0)
        pace, done, took = Pace(), 0, 0.0
        while done < tokens and (took < most or not done):
            count = min(pace.chunk(CHUNK_SECONDS), context.batch, tokens - done)
            seconds = self._decode(context, done, count)
            pace.read(count, seconds)
            done, took = done + count, took + seconds
        return took, done

    def _write(self, context: NativeContext, at: int, seconds: float, most: int = _MOST) -> list[float]:
        """Write single tokens from a place for about that long; returns the seconds of each."""
        times: list[float] = []
        while len(times) < _FEWEST or (sum(times) < seconds and len(times) < most):
            times.append(self._decode(context, at + len(times), 1))
        return times

    def _decode(self, context: NativeContext, start: int, count: int) -> float:
        context.add(self._tokens[start : start + count], 0, start, 1)
        return _timed(context)


def _timed(context: NativeContext) -> float:
    begun = time.perf_counter()
    context.decode()
    return time.perf_counter() - begun


def _kind(settings: Tuning) -> str:
    """What of the settings needs a context of its own."""
    return replace(settings, threads=1).label


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)
