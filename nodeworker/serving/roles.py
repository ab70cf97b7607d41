"""What a node can do: its roles, how many calls of each may wait, and which of them a caller has named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nodeworker.errors import BadRequest, EngineError

if TYPE_CHECKING:
    from nodeworker.models.folder import ModelFile
    from nodeworker.serving.parts import Shelf

ROLES = ("chat", "embed", "transcribe", "rerank", "ocr", "speak", "vad")
QUEUE_LIMITS = {"chat": 16, "embed": 64, "transcribe": 4, "rerank": 32, "ocr": 32, "speak": 8, "vad": 4}


def checked_roles(roles: Sequence[str]) -> tuple[str, ...]:
    """Return the roles that have a room; none named means all. Raises BadRequest for others."""
    for role in roles:
        if role not in ROLES:
            raise BadRequest(f"This node has no engine for {role!r}.", f"Known: {', '.join(ROLES)}.")
    return tuple(roles) or ROLES


def best_of(shelf: Shelf) -> dict[str, tuple[ModelFile | None, str]]:
    """Return for each role the model that would be loaded, or why there is none; it may block."""
    best: dict[str, tuple[ModelFile | None, str]] = {}
    for role in ROLES:
        try:
            best[role] = shelf.find(role), ""
        except EngineError as error:
            best[role] = None, error.message
    return best
