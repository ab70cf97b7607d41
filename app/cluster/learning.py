"""What predictions turned out to be worth: how much longer than predicted each node took, smoothed; kept in a file."""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.cluster.prediction import TYPICAL_ANSWER

SMOOTHING = 0.3
MOST = 8.0
"""A node is never taken to be slower, or quicker, than predicted by more than this: one bad answer is no verdict."""
LEAST_MS = 50.0
"""Below this the difference is noise of the desktop, not the node's."""
HALF_LIFE_SECONDS = 900.0
"""Of a factor: a node that was late once is avoided, so nothing new would be learned of it; it gets another chance."""
MOST_NODES = 512
MOST_BYTES = 200_000
ANSWER_SMOOTHING = 0.05
LONGEST_ANSWER = 4096.0
KEEP_SECONDS = 10.0
"""Between two writes: a killed process forgets that much, and many answers a second are one write."""


@dataclass(slots=True)
class _Known:
    log_factor: float = 0.0
    error: float = 0.0
    count: int = 0
    at: float = 0.0
    """Seconds since 1970 when the last was learned."""

    def log_factor_at(self, now: float) -> float:
        return self.log_factor * math.exp2(-max(0.0, now - self.at) / HALF_LIFE_SECONDS)


class Learned:
    """Compares predicted and actual times to the first token, node by node; and how long answers are."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self.answer_tokens = float(TYPICAL_ANSWER)
        """Of an answer lately, on average."""

    @classmethod
    def read(cls, path: Path) -> Learned:
        """Return what was kept of `as_json`; a file that cannot be read, or makes no sense, counts as none."""
        made = cls()
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            if path.stat().st_size <= MOST_BYTES:
                kept = json.loads(path.read_bytes())
                made.answer_tokens = min(max(float(kept["answer_tokens"]), 1.0), LONGEST_ANSWER)
                for id, (log_factor, error, count, at) in kept["nodes"].items():
                    most = math.log(MOST)
                    sound = -most <= float(log_factor) <= most and 0 <= float(error) <= 1 and int(count) > 0
                    if sound and len(made._known) < MOST_NODES:
                        made._known[str(id)] = _Known(float(log_factor), float(error), int(count), float(at))
        return made

    def as_json(self) -> str:
        """Return all of it for `keep`."""
        nodes = {
            id: (round(one.log_factor, 4), round(one.error, 4), one.count, round(one.at))
            for id, one in self._known.items()
        }
        return json.dumps({"answer_tokens": round(self.answer_tokens, 2), "nodes": nodes})

    def answered(self, tokens: int) -> None:
        """Learn from the length of one answer."""
        if tokens > 0:
            self.answer_tokens += ANSWER_SMOOTHING * (min(tokens, LONGEST_ANSWER) - self.answer_tokens)

    def note(self, id: str, *, predicted_ms: float, corrected_ms: float, actual_ms: float) -> None:
        """Learn from one first token.

        Args:
            id: Of the node.
            predicted_ms: Before the correction that was known then.
            corrected_ms: What was reckoned with; the error that is told is of this.
            actual_ms: What it took.
        """
        factor = math.log((actual_ms + LEAST_MS) / (max(predicted_ms, 0.0) + LEAST_MS))
        factor = max(-math.log(MOST), min(math.log(MOST), factor))
        error = abs(actual_ms - corrected_ms) / (max(actual_ms, corrected_ms) + LEAST_MS)
        known = self._known.pop(id, None) or _Known()
        weight = max(SMOOTHING, 1.0 / (known.count + 1))
        now = self._clock()
        before = known.log_factor_at(now)
        known.log_factor, known.at = before + weight * (factor - before), now
        known.error += weight * (error - known.error)
        known.count += 1
        self._known[id] = known  # the newest last
        while len(self._known) > MOST_NODES:
            del self._known[next(iter(self._known))]

    def factors(self) -> Mapping[str, float]:
        """Return how many times as long as predicted each known node takes; what was learned long ago says little."""
        now = self._clock()
        return {id: math.exp(known.log_factor_at(now)) for id, known in self._known.items()}

    def error(self, id: str) -> float | None:
        """Return how far predictions for a node were off lately, 0 (exact) to 1; None before the first."""
        known = self._known.get(id)
        return known.error if known is not None else None


class Keeper:
    """Writes what was learned to one file, not more often than needed."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._kept_at = float("-inf")
        self._kept = ""

    @property
    def due(self) -> bool:
        """Whether it is time to write again; true once, then only after KEEP_SECONDS."""
        now = self._clock()
        if now - self._kept_at < KEEP_SECONDS:
            return False
        self._kept_at = now
        return True

    def keep(self, text: str) -> None:
        """Write the file."""
        self._kept = text
        keep(self.path, text)

    def close(self, text: str) -> None:
        """Write the last state, if anything was learned since."""
        if self._kept_at > float("-inf") and text != self._kept:
            self.keep(text)


def keep(path: Path, text: str) -> None:
    """Write the file, whole or not at all, from any thread; one that cannot be written is no error."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
