"""The cache of a simulated engine: cells that answers hold, and prefixes that stay until the cells are needed.

Prefixes are kept in blocks, under the hashes of nodeworker/protocol/prefixes.py. A block that a running answer uses is
held; of the others the one that was not used for the longest time goes first, the end of a prefix before its beginning.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from nodeworker.protocol.prefixes import BLOCK_BYTES

CHARACTERS_PER_TOKEN = 4
BLOCK_CELLS = BLOCK_BYTES // CHARACTERS_PER_TOKEN


class Lease:
    """What one answer holds: blocks that it shares, and cells of its own."""

    def __init__(self, shared: tuple[int, ...], own: int) -> None:
        self.cached = len(shared)
        """Blocks that were there already."""
        self.blocks = list(shared)
        self.own = own


class Cells:
    """All cells of one engine. Not safe for threads by itself."""

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self._own = 0
        self._blocks: OrderedDict[int, int] = OrderedDict()
        """Block hash to the number of answers that hold it, least recently used first."""

    @property
    def free(self) -> int:
        """Cells that can be taken without forgetting a prefix."""
        return self.cells - self._used

    @property
    def cached(self) -> tuple[int, ...]:
        """Hashes of the blocks that are kept, most recently used first."""
        return tuple(reversed(self._blocks))

    @property
    def _used(self) -> int:
        return self._own + len(self._blocks) * BLOCK_CELLS

    def take(self, hashes: Sequence[int], tokens: int) -> Lease | None:
        """Hold cells for `tokens`, of which kept blocks of the prefix `hashes` are shared; None when they don't fit."""
        shared: list[int] = []
        for block in hashes:
            if block not in self._blocks or (len(shared) + 1) * BLOCK_CELLS >= tokens:
                break
            shared.append(block)
        lease = Lease(tuple(shared), max(0, tokens - len(shared) * BLOCK_CELLS))
        self._hold(shared)
        if not self._make_room(lease.own):
            self.give_back(Lease(tuple(shared), 0))
            return None
        self._own += lease.own
        return lease

    def keep(self, lease: Lease, hashes: Sequence[int]) -> None:
        """Turn cells of `lease` into blocks of the prefix `hashes`, which others may share from now on."""
        for place, block in enumerate(hashes):
            if place < len(lease.blocks):
                continue
            if block not in self._blocks:
                if lease.own < BLOCK_CELLS:
                    break
                lease.own -= BLOCK_CELLS
                self._own -= BLOCK_CELLS
                self._blocks[block] = 0
            self._hold([block])
            lease.blocks.append(block)

    def give_back(self, lease: Lease) -> None:
        """Let go of everything; blocks stay until their cells are needed. Twice does no harm."""
        self._own -= lease.own
        lease.own = 0
        for block in reversed(lease.blocks):
            self._blocks[block] -= 1
            self._blocks.move_to_end(block)
        lease.blocks.clear()

    def _hold(self, blocks: Sequence[int]) -> None:
        for block in blocks:
            self._blocks[block] += 1

    def _make_room(self, cells: int) -> bool:
        idle = [block for block, holders in self._blocks.items() if not holders]
        if cells > self.free + len(idle) * BLOCK_CELLS:
            return False
        for block in idle:
            if self.free >= cells:
                break
            del self._blocks[block]
        return True
