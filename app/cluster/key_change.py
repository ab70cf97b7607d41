"""What is told of this machine's change of key. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyChange:
    """How far the rotation of this machine's key has come."""

    id: str
    """Of the new key."""
    was: str
    told: tuple[str, ...]
    """Names of nodes that know the new key."""
    waiting: tuple[str, ...]
    """Names of nodes that could not be told yet; while there are any, the old key is kept for them."""
    finished: bool
