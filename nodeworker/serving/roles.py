"""What a node can do: its roles, how many calls of each may wait, and which of them a caller has named."""

from __future__ import annotations

from collections.abc import Sequence

from nodeworker.errors import BadRequest

ROLES = ("chat", "embed", "transcribe", "rerank", "ocr", "speak")
QUEUE_LIMITS = {"chat": 16, "embed": 64, "transcribe": 4, "rerank": 32, "ocr": 32, "speak": 8}


def checked_roles(roles: Sequence[str]) -> tuple[str, ...]:
    """Return the roles that have a room; none named means all. Raises BadRequest for others."""
    for role in roles:
        if role not in ROLES:
            raise BadRequest(f"This node has no engine for {role!r}.", f"Known: {', '.join(ROLES)}.")
    return tuple(roles) or ROLES
