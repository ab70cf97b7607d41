"""Embedding many texts on several machines: pieces of the work go to this machine's node and to idle ones beside it.

Each node has a few pieces at a time, as large as it embeds in about a second, and gets the next when one comes back; so
a slow node does little and nobody waits long for it. What a node loses, or is slow with, another does as well.
Every piece goes to its place in the result by where it begins: nothing is lost, doubled or out of order.

Only nodes with this machine's embedding model (by sha256) help, and before its first piece each must make the vectors
of a few sentences that this machine makes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import struct
import time
from array import array
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from operator import mul
from typing import TYPE_CHECKING

from app.cluster.routing import in_zones, may_use
from app.errors import NodeError
from app.events import NodeInfo
from app.thinking import Embeddings, Told

if TYPE_CHECKING:
    from app.cluster.client import NodeClient

log = logging.getLogger(__name__)
MOST_TEXTS = 64
MOST_CHARACTERS = 2_000_000
"""Of one piece; a message holds 16 MiB."""
FIRST_CHARACTERS = 4_000
"""Of a node's first piece, before its speed is known."""
LEAST_CHARACTERS = 2_000
"""Of the last pieces, which are small so that all nodes are through at about the same time."""
PIECE_SECONDS = 1.0
LANES = 2
"""Pieces that a node has at the same time: while one travels it works on the other."""
LOOK_SECONDS = 0.25
"""How often nodes that have become idle, and pieces that are overdue, are looked for."""
FIRST_LOOK_SECONDS = 0.02
"""The same while it is not known which model this machine has: the others can begin as soon as it is."""
OVERDUE, OVERDUE_SECONDS = 3.0, 2.0
"""A piece is given to somebody else too after that many times what it should take, and at least so long."""
SOONER = 1.5
"""At the end a piece is given to a second node that should need less than the first still needs, with that margin."""
REST_SECONDS, LONGEST_REST = 0.5, 30.0
"""How long a node that failed is left alone, doubled with each failure."""
ALIKE = 0.9999
"""Least cosine between vectors of the same sentence on two machines."""
SAMPLES = (
    "The lighthouse keeper wrote down every ship that passed.",
    "Umsatzsteuer-Voranmeldung, 3. Quartal: 1.284,50 EUR.",
    "def area(width: float, height: float) -> float:\n    return width * height",
)
_SMOOTHING = 0.3

Embed = Callable[[Sequence[str]], Awaitable[Embeddings]]


@dataclass(frozen=True, slots=True)
class Helper:
    """A node that may help now. Raises NodeError from `embed`."""

    id: str
    name: str
    embed: Embed


Helpers = Callable[[str, tuple[str, ...]], Sequence[Helper]]
"""The nodes that may help now with the model of a sha256, for documents that may go to some zones only."""


@dataclass
class _Pace:
    """What is known of one node."""

    lanes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LANES))
    rate: float = 0.0
    """Characters/s of one lane."""
    failures: int = 0
    rests_until: float = 0.0
    proven: str = ""
    """Sha256 of the model with which it made the samples as this machine does."""
    proving: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def characters(self) -> int:
        return int(self.rate * PIECE_SECONDS) if self.rate else FIRST_CHARACTERS

    def seconds(self, characters: int) -> float:
        return characters / self.rate if self.rate else PIECE_SECONDS

    def learn(self, characters: int, seconds: float) -> None:
        rate = characters / max(seconds, 1e-3)
        self.rate += _SMOOTHING * (rate - self.rate) if self.rate else rate
        self.failures = 0

    def fail(self) -> None:
        self.failures += 1
        self.rests_until = time.monotonic() + min(LONGEST_REST, REST_SECONDS * 2 ** (self.failures - 1))


@dataclass(eq=False, slots=True)
class _Piece:
    """Texts `start` to `end` on their way to a node."""

    start: int
    end: int
    characters: int
    node: str
    ready: float
    """When it should be back, by the monotonic clock."""
    due: float
    """When it is overdue."""
    shared: bool = False
    """Another node does it too."""

    def better_done(self, pace: _Pace) -> bool:
        """Whether a node that has nothing else to do should begin it as well: it is overdue, or sooner done there."""
        now = time.monotonic()
        return self.due < now or (pace.rate > 0 and now + SOONER * pace.seconds(self.characters) < self.ready)


class _Run:
    """One list of texts: what is still to be given out, what is on its way, what has come back."""

    def __init__(self, texts: Sequence[str], told: Told | None) -> None:
        self.texts = texts
        self.over = asyncio.Event()
        self._told = told
        self._todo = deque([(0, len(texts))])
        self._left = sum(map(len, texts))
        self._away: list[_Piece] = []
        self._made: dict[int, tuple[int, Embeddings]] = {}
        self._missing = len(texts)

    @property
    def model(self) -> Embeddings | None:
        """Any part of the result: all are of one model."""
        return next((made for _, made in self._made.values()), None)

    def take(self, node: str, pace: _Pace, nodes: int) -> _Piece | None:
        """Return a piece for a node, or None when there is nothing for it now."""
        if self._todo:
            start, end = self._todo.popleft()
            most = min(pace.characters, max(self._left // (2 * LANES * nodes), LEAST_CHARACTERS), MOST_CHARACTERS)
            stop, characters = start, 0
            while stop < end and stop - start < MOST_TEXTS and (stop == start or characters < most):
                characters += len(self.texts[stop])
                stop += 1
            if stop < end:
                self._todo.appendleft((stop, end))
            self._left -= characters
        else:
            others = [piece for piece in self._away if piece.node != node and not piece.shared]
            slowest = max(others, key=lambda piece: piece.ready, default=None)
            if slowest is None or not slowest.better_done(pace):
                return None
            slowest.shared = True
            start, stop, characters = slowest.start, slowest.end, slowest.characters
        now = time.monotonic()
        expected = pace.seconds(characters)
        piece = _Piece(start, stop, characters, node, now + expected, now + max(OVERDUE_SECONDS, OVERDUE * expected))
        self._away.append(piece)
        return piece

    def give_back(self, piece: _Piece) -> None:
        """Note that a piece came to nothing."""
        self._away.remove(piece)
        again = any(other.start == piece.start for other in self._away)
        if piece.start not in self._made and not again:
            self._todo.appendleft((piece.start, piece.end))
            self._left += piece.characters

    def put(self, piece: _Piece, made: Embeddings) -> None:
        """Take a piece's vectors; those that come for the second time are dropped."""
        self._away.remove(piece)
        if piece.start not in self._made:
            self._made[piece.start] = (piece.end, made)
            self._missing -= piece.end - piece.start
            if self._told is not None:
                self._told(len(self.texts) - self._missing)
            if not self._missing:
                self.over.set()

    def whole(self) -> Embeddings:
        """Return everything in order."""
        parts = [made for _, (_, made) in sorted(self._made.items(), key=lambda part: part[0])]
        return replace(
            parts[0],
            data=b"".join(part.data for part in parts),
            tokens=tuple(count for part in parts for count in part.tokens),
        )


class Spreading:
    """Embeds passages here and on whoever helps. Any number of calls at once share the nodes' lanes."""

    def __init__(self, own: Embed, helpers: Helpers) -> None:
        """`own`: this machine's node, which tries again by itself what may pass."""
        self._own = Helper("", "this machine", own)
        self._helpers = helpers
        self._paces: dict[str, _Pace] = {}
        self._samples: Embeddings | None = None
        self._sampling = asyncio.Lock()
        self._sha256 = ""
        self.texts: dict[str, int] = {}
        """Texts that came back from each helper, by id; this machine under ""."""

    async def embed(self, texts: Sequence[str], zones: tuple[str, ...] = (), told: Told | None = None) -> Embeddings:
        """Return the vectors of all texts in order; `zones` and `told` as `app.thinking.Embedder.embed` has them.

        Raises:
            NodeError: this machine's node cannot embed, or changed its model in the middle.
        """
        if not texts:
            return await self._own.embed(texts)
        run = _Run(texts, told)
        lanes: dict[tuple[str, int], asyncio.Task[None]] = {}
        over = asyncio.create_task(run.over.wait())
        try:
            while not run.over.is_set():
                for helper in (self._own, *self._able(zones)):
                    for number in range(LANES):
                        if (helper.id, number) not in lanes:
                            lanes[helper.id, number] = asyncio.create_task(self._lane(run, helper, zones))
                pause = LOOK_SECONDS if self._sha256 else FIRST_LOOK_SECONDS
                await asyncio.wait({over, *lanes.values()}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
                for key in [key for key, lane in lanes.items() if lane.done()]:
                    lanes.pop(key).result()
            return run.whole()
        finally:
            over.cancel()
            for lane in lanes.values():
                lane.cancel()
            await asyncio.gather(over, *lanes.values(), return_exceptions=True)

    def _able(self, zones: tuple[str, ...]) -> list[Helper]:
        if not self._sha256:
            return []  # not before this machine has said which model it is
        now = time.monotonic()
        able = self._helpers(self._sha256, zones)
        return [helper for helper in able if self._pace(helper).rests_until <= now]

    def _pace(self, helper: Helper) -> _Pace:
        return self._paces.setdefault(helper.id, _Pace())

    async def _lane(self, run: _Run, helper: Helper, zones: tuple[str, ...]) -> None:
        """Give one piece after the other to a node, until all is done or the node is no help any more."""
        pace, own = self._pace(helper), helper is self._own
        try:
            if not own:
                await self._prove(helper, pace)
            while not run.over.is_set():
                async with pace.lanes:
                    worked = await self._piece(run, helper, pace, 1 + len(self._able(zones)))
                if not worked:  # what is left is on its way to others; it may become overdue
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await run.over.wait()
                if not own and all(other.id != helper.id for other in self._able(zones)):
                    return  # somebody needs it, it is gone, or it may not see these documents any more
        except NodeError as error:
            if own:
                raise
            pace.fail()
            log.info("%s does not help with embedding: %s", helper.name, error.message)

    async def _piece(self, run: _Run, helper: Helper, pace: _Pace, nodes: int) -> bool:
        """Have a node make one piece; False when there is none for it."""
        piece = None if run.over.is_set() else run.take(helper.id, pace, nodes)
        if piece is None:
            return False
        begun = time.monotonic()
        try:
            made = await helper.embed(run.texts[piece.start : piece.end])
            self._check(run, helper, made, piece.end - piece.start)
        except BaseException:
            run.give_back(piece)
            raise
        pace.learn(piece.characters, time.monotonic() - begun)
        self.texts[helper.id] = self.texts.get(helper.id, 0) + piece.end - piece.start
        run.put(piece, made)
        return True

    def _check(self, run: _Run, helper: Helper, made: Embeddings, count: int) -> None:
        """Raise NodeError for vectors that do not belong to the others of the run."""
        if helper is self._own and made.sha256 != self._sha256:
            self._sha256, self._samples = made.sha256, None
        first = run.model
        same = made.sha256 == self._sha256 and (first is None or first.sha256 == made.sha256)
        if not same and helper is self._own:
            raise NodeError("The embedding model changed in the middle.", code="model_changed", retryable=True)
        if not same or (first is not None and first.dimension != made.dimension):
            raise NodeError(f"{helper.name} embeds with another model.", code="model_changed")
        if len(made.data) != 4 * made.dimension * count or not math.isfinite(sum(array("f", made.data))):
            raise NodeError(f"{helper.name} sent vectors that cannot be used.", code="bad_vector")

    async def _prove(self, helper: Helper, pace: _Pace) -> None:
        """Have a node make the samples, once; that also loads its engine. Raises NodeError."""
        async with pace.proving:
            if pace.proven == self._sha256:
                return
            async with self._sampling:
                if self._samples is None:
                    self._samples = await self._own.embed(SAMPLES)
                mine = self._samples
            theirs = await helper.embed(SAMPLES)
            if theirs.sha256 != mine.sha256 or not alike(mine, theirs):
                raise NodeError(f"{helper.name} makes other vectors than this machine.", code="bad_vector")
            pace.proven = mine.sha256


def may_help(node: NodeInfo, sha256: str, zones: tuple[str, ...], *, role: str = "embed") -> bool:
    """Tell whether documents may go to a node now: it has the model, lets us, stands in their zones, and is idle."""
    return (
        node.trusted
        and not node.local
        and node.state == "ready"
        and not (node.active or node.queued or node.throttled or node.under_voltage)
        and may_use(node)
        and in_zones(node, zones)
        and any(model.role == role and model.sha256 == sha256 for model in node.models)
    )


def alike(one: Embeddings, other: Embeddings) -> bool:
    """Tell whether each two vectors point in the same direction, up to what rounding does."""
    if one.dimension != other.dimension or len(one.data) != len(other.data) or not one.dimension:
        return False
    rows = struct.Struct(f"<{one.dimension}f")
    pairs = zip(rows.iter_unpack(one.data), rows.iter_unpack(other.data), strict=True)
    return all(_cosine(mine, theirs) >= ALIKE for mine, theirs in pairs)


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    size = math.sqrt(_product(one, one) * _product(other, other))
    return _product(one, other) / size if size > 0 else 0.0


def _product(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(map(mul, one, other))


async def embed_with(client: NodeClient, sha256: str, texts: Sequence[str]) -> Embeddings:
    """Embed passages on another node, in the background. Raises NodeError."""
    return await client.embed(texts, "passage", model=sha256, background=True)
