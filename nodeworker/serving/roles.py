"""The roles for which a node has engines."""

from __future__ import annotations

from collections.abc import Sequence

from nodeworker.errors import BadRequest

ROLES = ("chat", "embed", "transcribe", "rerank", "ocr", "speak")


def checked_roles(roles: Sequence[str]) -> tuple[str, ...]:
    """Return the roles that have a room; none named means all. Raises BadRequest for others."""
    for role in roles:
        if role not in ROLES:
            raise BadRequest(f"This node has no engine for {role!r}.", f"Known: {', '.join(ROLES)}.")
    return tuple(roles) or ROLES
