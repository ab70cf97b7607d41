"""What the window needs from `app.cluster.upkeep.Upkeep`, as a Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.cluster.history import Past
    from app.events import NodeInfo


class UpkeepSeam(Protocol):
    """The last hour of the nodes, and what people do with them beside asking."""

    async def history(self) -> Past:
        """Return what is known of the last hour; times are those of time.monotonic()."""
        ...

    async def take_in(self, *, hours: float = 24.0) -> str:
        """Return a token with which one new machine may join, and let it in when it comes. Raises TrustError."""
        ...

    async def let_in(self, *, always: bool = False) -> bool:
        """Let machines in whose tokens are still good; returns whether there are any. Raises TrustError."""
        ...

    async def rest(self, id: str, resting: bool) -> NodeInfo:
        """Have a node take no new work, or take it again. Raises NodeError, TrustError."""
        ...

    async def relabel(self, id: str, name: str, zone: str) -> NodeInfo:
        """Call a node `name` here, in `zone`; "" = where it says itself. Raises UsageError, TrustError."""
        ...
