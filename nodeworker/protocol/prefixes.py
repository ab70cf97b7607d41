"""Block hashes of a conversation: how a node says, and a desktop asks, whose cache already holds its beginning.

Both sides hash what both know: the messages, not the tokens. A conversation is written as one byte string and cut
into blocks; the hash of a block covers everything before it, so one equal hash means that the whole beginning is equal.
Only whole blocks count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

BLOCK_BYTES = 256


def block_hashes(messages: Iterable[tuple[str, str]]) -> tuple[int, ...]:
    """Return the 64-bit hashes of all whole blocks of (role, content) pairs, first block first."""
    return tuple(_hashes(messages))


def _hashes(messages: Iterable[tuple[str, str]]) -> Iterator[int]:
    written = b"".join(
        len(part).to_bytes(4, "little") + part
        for role, content in messages
        for part in (role.encode(errors="replace"), content.encode(errors="replace"))
    )
    running = hashlib.blake2b(digest_size=8)
    for start in range(0, len(written) - BLOCK_BYTES + 1, BLOCK_BYTES):
        running.update(written[start : start + BLOCK_BYTES])
        yield int.from_bytes(running.digest(), "little")


def shared(wanted: tuple[int, ...], cached: Iterable[int]) -> int:
    """Return how many leading blocks of `wanted` are among `cached`."""
    known = frozenset(cached)
    count = 0
    for block in wanted:
        if block not in known:
            break
        count += 1
    return count
