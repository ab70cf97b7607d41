"""Where the time of one spoken question goes: noted while it happens, kept with its answer.

Imports nothing of the project.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from time import perf_counter
from typing import Any, Literal

Mark = Literal["audio", "partial", "release", "final", "searched", "token", "sound"]


@dataclass(frozen=True, slots=True)
class TurnTrace:
    """Where the time of a spoken question went: milliseconds after the key went down; None where it did not happen."""

    audio_ms: float | None = None
    """The first sound was there."""
    partial_ms: float | None = None
    """The first words were shown."""
    release_ms: float | None = None
    """The sound ended."""
    final_ms: float | None = None
    searched_ms: float | None = None
    token_ms: float | None = None
    """The first text of the answer was shown."""
    sound_ms: float | None = None
    """The first sound of the answer was heard."""
    queue_ms: float | None = None
    """How long the node let it wait."""
    prefill_ms: float | None = None
    """How long the node read."""
    ahead: str = ""
    """What was ready before the text was: "passages", "prompt" (the node had read some of it, too); "" = nothing."""


@dataclass
class Tracer:
    """Notes the first time that something happens, in milliseconds since the key went down."""

    began: float
    """perf_counter seconds of the key, or of whatever opened the microphone."""
    trace: TurnTrace

    @classmethod
    def start(cls) -> Tracer:
        """The key goes down now."""
        return cls(perf_counter(), TurnTrace())

    def mark(self, what: Mark) -> None:
        """`what` happens now; only the first time counts."""
        self.at(what, perf_counter())

    def at(self, what: Mark, when: float) -> None:
        """`what` happened at `when`, perf_counter seconds; only the first time counts."""
        name = f"{what}_ms"
        if getattr(self.trace, name) is None:
            value: Any = round((when - self.began) * 1000, 1)
            self.trace = replace(self.trace, **{name: value})

    def between(self, one: Mark, other: Mark) -> float | None:
        """Return the milliseconds from `one` to `other`; None while they are not both known."""
        early, late = getattr(self.trace, f"{one}_ms"), getattr(self.trace, f"{other}_ms")
        return None if early is None or late is None else round(max(late - early, 0.0), 1)

    def took(self, queue_ms: float | None, prefill_ms: float | None) -> None:
        """The node let it wait for `queue_ms` and read for `prefill_ms`."""
        self.trace = replace(self.trace, queue_ms=queue_ms, prefill_ms=prefill_ms)

    def ahead(self, what: str) -> None:
        """What was ready when the last word was heard: see TurnTrace.ahead."""
        self.trace = replace(self.trace, ahead=what)


def known(values: dict[str, Any]) -> TurnTrace:
    """Return the trace of stored values; what a later version wrote besides is left out."""
    names = {item.name for item in fields(TurnTrace)}
    return TurnTrace(**{name: value for name, value in values.items() if name in names})
