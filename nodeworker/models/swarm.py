"""Which piece is asked from whom next: a pure choice over what is known of the peers, and a cap on bytes a second.

Sets of pieces are whole numbers, a bit for each piece, so that a choice among 100,000 pieces takes microseconds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

AT_ONCE = 8
"""Pieces that are under way to this node at the same time."""
FROM_ONE = 2
"""Of these, from the same peer."""
LATE_SECONDS = 0.5
"""A piece that is under way for longer may be asked from a second peer once nothing else is left to ask for."""
_CLASSES = 8
"""Pieces that more peers have than this count as equally common."""


@dataclass(slots=True)
class Peer:
    """What is known of one peer that is connected now."""

    id: str
    near: bool = True
    """In this node's zone."""
    first: bool = False
    """The administrator's own machine: asked only for what no other peer has."""
    have: int = 0
    busy: int = 0
    """Pieces asked from it that have not come yet."""
    not_before: dict[int, float] = field(default_factory=dict)
    """Piece -> when it may be asked again, after the peer said no."""


class Swarm:
    """The choice for one model on one node."""

    def __init__(self, count: int, have: int, *, seed: int | None = None, at_once: int = AT_ONCE) -> None:
        self.peers: dict[str, Peer] = {}
        self.have = have
        self._all = (1 << count) - 1
        self._at_once = at_once
        self._flying: dict[int, dict[str, float]] = {}
        self._random = random.Random(seed)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.have == self._all

    @property
    def reachable(self) -> bool:
        """Whether every missing piece is at some peer, or on its way."""
        seen = self.have
        for peer in self.peers.values():
            seen |= peer.have
        return seen == self._all

    def choose(self, now: float) -> tuple[str, int] | None:
        """Return (peer, piece) to ask next and count it as under way; None when there is nothing to ask now.

        Peers of the own zone come first, then those that are asked for less already; the administrator's machine comes
        last. Of what a peer has the rarest piece is taken; equally rare ones are drawn by lot, so that nodes that
        begin together do not all fetch the same. When nothing else is left, a late piece is asked from a second peer.
        """
        if sum(map(len, self._flying.values())) >= self._at_once:
            return None
        free = [peer for peer in self.peers.values() if peer.busy < FROM_ONE]
        free.sort(key=lambda peer: (peer.first, not peer.near, peer.busy, self._random.random()))
        flying = sum(1 << index for index in self._flying)
        elsewhere = 0
        for peer in self.peers.values():
            elsewhere |= 0 if peer.first else peer.have
        for peer in free:
            wanted = peer.have & ~self.have & ~flying & ~_refused(peer, now)
            if peer.first:
                wanted &= ~elsewhere
            if wanted:
                return self._take(peer, self._rarest(wanted), now)
        for index, asked in self._flying.items():
            if len(asked) == 1 and now - min(asked.values()) > LATE_SECONDS:
                for peer in free:
                    if peer.id not in asked and peer.have >> index & 1 and not _refused(peer, now) >> index & 1:
                        return self._take(peer, index, now)
        return None

    def ended(self, id: str, index: int, *, arrived: bool) -> None:
        """Say that a piece is no longer under way from that peer; `arrived`: it is here and verified."""
        asked = self._flying.get(index, {})
        if asked.pop(id, None) is not None and (peer := self.peers.get(id)) is not None:
            peer.busy = max(peer.busy - 1, 0)
        if not asked:
            self._flying.pop(index, None)
        if arrived:
            self.have |= 1 << index

    def refuse(self, id: str, index: int, until: float) -> None:
        """Say that a peer does not give a piece before `until`."""
        if (peer := self.peers.get(id)) is not None:
            peer.not_before[index] = until

    def others(self, index: int) -> list[str]:
        """Return the peers from which that piece is under way."""
        return list(self._flying.get(index, ()))

    def _take(self, peer: Peer, index: int, now: float) -> tuple[str, int]:
        peer.busy += 1
        self._flying.setdefault(index, {})[peer.id] = now
        return peer.id, index

    def _rarest(self, wanted: int) -> int:
        """Draw one of those pieces of `wanted` that the fewest peers have."""
        at_least = [wanted] + [0] * _CLASSES  # at_least[n]: those of `wanted` that n peers or more have
        for peer in self.peers.values():
            for n in range(_CLASSES, 0, -1):
                at_least[n] |= at_least[n - 1] & peer.have
        for n in range(1, _CLASSES):
            if rare := at_least[n] & ~at_least[n + 1]:
                return self._drawn(rare)
        return self._drawn(wanted)

    def _drawn(self, pieces: int) -> int:
        start = self._random.randrange(pieces.bit_length())
        above = pieces >> start
        return start + _lowest(above) if above else _lowest(pieces)


class Cap:
    """Bytes a second, as the time to wait before the next piece is asked for."""

    def __init__(self, bytes_per_second: int) -> None:
        """0 = no cap."""
        self._rate = bytes_per_second
        self._free_at = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until a piece may be asked for."""
        return max(self._free_at - now, 0.0)

    def took(self, size: int, now: float) -> None:
        """Count a piece that was asked for."""
        if self._rate:
            self._free_at = max(self._free_at, now) + size / self._rate


def _refused(peer: Peer, now: float) -> int:
    for index in [index for index, until in peer.not_before.items() if until <= now]:
        del peer.not_before[index]
    return sum(1 << index for index in peer.not_before)


def _lowest(pieces: int) -> int:
    return (pieces & -pieces).bit_length() - 1
