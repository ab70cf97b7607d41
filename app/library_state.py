"""How far the library's queue is, and what is watched: what the window shows of it. Imports nothing of the project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Step = Literal["reading", "recognising", "transcribing", "embedding", "writing"]


@dataclass(frozen=True, slots=True)
class Working:
    """A file that is being worked on."""

    path: str
    step: Step
    fraction: float | None = None
    """0…1 of this step; None when it cannot be known."""


@dataclass(frozen=True, slots=True)
class LibraryState:
    """How far the library's queue is. `done` and `total` count since the queue was empty last."""

    waiting: int = 0
    """Files that nobody works on yet."""
    done: int = 0
    total: int = 0
    working: tuple[Working, ...] = ()
    chunks_per_second: float = 0.0
    """Embedded, smoothed; 0 = not known yet."""
    seconds_left: float | None = None
    """None: nothing is left, or it cannot be told yet."""
    paused: bool = False
    reason: str = ""
    """One sentence on why nothing goes on, or what is waited for; "" while all goes well."""
    changes: int = 0
    """Documents that were added, changed or removed since the program began: a list that is shown is old then."""


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder whose changes are noticed by themselves."""

    path: str
    state: Literal["watched", "polled", "missing"]
    """By events of the system; by looking now and then (network drives); not there now, its documents stay."""
    documents: int = 0
    added_at: str = ""
    """ISO 8601, UTC."""
