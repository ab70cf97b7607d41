"""Reading recordings on several machines: each goes to this machine's node or to an idle one beside it.

Long ones come in parts (`app.cluster.parts`). The longest are given out first, to whoever is free. What a node loses is
read again from its beginning, elsewhere; towards the end a free node also begins what another is slow with, and the
first transcript counts. Only nodes with this machine's model (by sha256) help, and only where rules let a recording go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from app.cluster.parts import PART_SECONDS, InParts, may_be_long
from app.cluster.routing import in_zones
from app.cluster.spreading import may_help
from app.errors import ModelError, NodeBusy, NodeError, NodeLost, TangnetError
from app.events import NodeInfo, Transcribed
from app.thinking import Going, Heard, Recording, RecordingRead

if TYPE_CHECKING:
    from app.cluster.client import NodeClient
    from app.cluster.kept_parts import KeptParts

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.25
"""How often nodes that have become idle, and recordings that another would read sooner, are looked for."""
SOONER = 1.5
"""A recording is begun a second time where that should take less than the first still needs, with that margin."""
FIRST_RATE = 1.0
"""Seconds of sound that a node is thought to read in a second, before anybody's speed is known."""
REST_SECONDS, LONGEST_REST = 0.5, 30.0
"""How long a node that failed is left alone, doubled with each failure."""
MOST_LOST = 2
"""After so many nodes have failed with a recording only this machine reads it: the recording may be what ends them."""
OWN_TRIES = 3
SAMPLE_BYTES_A_SECOND = 32_000
MISSING_SECONDS, MISSING_SHARE = 1.0, 0.01
"""How much less than it was sent a node may say that it heard."""
_SMOOTHING = 0.5

Read = Callable[[AsyncIterator[bytes], Recording], AsyncGenerator[Heard | Transcribed, None]]


@dataclass(frozen=True, slots=True)
class Reader:
    """A node that may read recordings now. Raises TangnetError from `read`."""

    id: str
    """"" is this machine."""
    name: str
    read: Read
    may: Callable[[tuple[str, ...]], bool] = lambda zones: True
    """Whether rules that leave these zones let a recording go there."""


@dataclass(eq=False, slots=True)
class _Job:
    """One recording that has no transcript yet."""

    at: int
    recording: Recording
    tries: list[_Try] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    """Nodes that failed with it."""
    own_failures: int = 0

    @property
    def heard(self) -> float:
        """Seconds that the furthest has read."""
        return min(max((one.heard for one in self.tries), default=0.0), self.recording.seconds)


@dataclass(eq=False, slots=True)
class _Try:
    """A recording being read by a node."""

    job: _Job
    reader: Reader
    rate: float
    """Seconds of sound a second, as it was thought when this began."""
    task: asyncio.Task[Transcribed] | None = None
    began: float = field(default_factory=time.monotonic)
    news: float = field(default_factory=time.monotonic)
    """When it last said something."""
    heard: float = 0.0
    text: str = ""

    @property
    def left(self) -> float:
        """Seconds that it should still take; of one that falls silent more and more."""
        now = time.monotonic()
        rate = self.heard / max(now - self.began, 1e-3) if self.heard else self.rate
        return max((self.job.recording.seconds - self.heard) / rate, now - self.news)


class Spread:
    """One list of recordings being read; `events` is to be gone through once."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        own: Reader,
        others: Callable[[], Sequence[Reader]],
        rates: dict[str, float],
        *,
        longest_first: bool,
    ) -> None:
        """`rates`: seconds of sound that each node reads in a second, by id; what is learned goes in there."""
        self._own, self._others, self._rates = own, others, rates
        jobs = [_Job(at, recording) for at, recording in enumerate(recordings)]
        self._open = sorted(jobs, key=lambda job: -job.recording.seconds) if longest_first else jobs
        self._of, self._done, self._total = len(jobs), 0.0, sum(job.recording.seconds for job in jobs)
        self._rests: dict[str, tuple[int, float]] = {}
        """Failures in a row of each node, and until when it is left alone."""
        self._began = time.monotonic()
        self._text = ""
        self.coming = False
        """Whether more may be added: it does not end before that is over."""
        self._news = asyncio.Event()
        self._turned = asyncio.Event()

    def add(self, recording: Recording) -> None:
        """Have one more read; its place is the number of those before."""
        self._open.append(_Job(self._of, recording))
        self._of += 1
        self._total += recording.seconds
        self._news.set()

    async def room(self, most: int) -> None:
        """Wait while as many as that have not been begun by anybody."""
        while sum(1 for job in self._open if not job.tries) >= most:
            await self._turned.wait()

    async def events(self) -> AsyncGenerator[Going | RecordingRead, None]:
        """Yield each recording once, as it is read or cannot be, and now and then how far all are.

        Raises:
            NodeError: this machine's node cannot read at all.
        """
        try:
            while self._open or self.coming:
                self._give_out()
                self._turned.set()
                self._turned.clear()
                running = {one.task: one for job in self._open for one in job.tries if one.task is not None}
                if running:
                    await asyncio.wait(running, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                else:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), LOOK_SECONDS)
                self._news.clear()
                for task, one in running.items():
                    result = await self._ended(one, task) if task.done() and one in one.job.tries else None
                    if result is not None:
                        self._open.remove(one.job)
                        self._done += one.job.recording.seconds
                        yield RecordingRead(one.job.at, one.reader.name, result)
                yield self._going()
        finally:
            await _end([one for job in self._open for one in job.tries])

    def _give_out(self) -> None:
        busy = {one.reader.id for job in self._open for one in job.tries}
        now = time.monotonic()
        for reader in (self._own, *self._others()):
            if reader.id in busy or self._rests.get(reader.id, (0, 0.0))[1] > now:
                continue
            job = self._next(reader)
            if job is not None:
                one = _Try(job, reader, self._rate(reader))
                one.task = asyncio.create_task(_read(one), name="recording")
                job.tries.append(one)

    def _next(self, reader: Reader) -> _Job | None:
        own = reader is self._own
        fit = [
            job
            for job in self._open
            if job.recording.ready()
            if own or (reader.may(job.recording.zones) and reader.id not in job.lost and len(job.lost) < MOST_LOST)
        ]
        untouched = next((job for job in fit if not job.tries), None)
        if untouched is not None:
            return untouched
        slow = [job for job in fit if len(job.tries) == 1]
        slowest = max(slow, key=lambda job: job.tries[0].left, default=None)
        if slowest is None or slowest.tries[0].left < SOONER * slowest.recording.seconds / self._rate(reader):
            return None
        return slowest

    def _rate(self, reader: Reader) -> float:
        return self._rates.get(reader.id) or max(self._rates.values(), default=FIRST_RATE)

    async def _ended(self, one: _Try, task: asyncio.Task[Transcribed]) -> Transcribed | TangnetError | None:
        """Return what became of the recording; None where it is to be read again."""
        job, id = one.job, one.reader.id
        job.tries.remove(one)
        try:
            made = task.result()
        except NodeError as error:
            if not self._failed(one, error):
                return None
            result: Transcribed | TangnetError = error
        except TangnetError as error:
            result = error  # the file itself
        else:
            rate = max(made.audio_seconds / max(time.monotonic() - one.began, 1e-3), 1e-3)
            self._rates[id] = rate + (1 - _SMOOTHING) * (self._rates.get(id, rate) - rate)
            self._rests.pop(id, None)
            result = made
        await _end(job.tries)
        job.tries.clear()
        return result

    def _failed(self, one: _Try, error: NodeError) -> bool:
        """Note that a node failed; True where it is the recording that cannot be read. Raises NodeError."""
        job, id = one.job, one.reader.id
        failures = self._rests.get(id, (0, 0.0))[0] + 1
        self._rests[id] = failures, time.monotonic() + min(LONGEST_REST, REST_SECONDS * 2 ** (failures - 1))
        log.info("%s does not read recording %d: %s", one.reader.name, job.at, error.message)
        if one.reader is not self._own:
            job.lost.add(id)
            return False
        if isinstance(error, NodeBusy):
            return False
        if isinstance(error, ModelError):
            raise error
        job.own_failures += 1
        if error.retryable and job.own_failures < OWN_TRIES:
            return False
        if isinstance(error, NodeLost):
            raise error
        return True

    def _going(self) -> Going:
        read = self._done + sum(job.heard for job in self._open)
        gone = time.monotonic() - self._began
        left = (self._total - read) * gone / read if read else None
        texts = [one.text for job in self._open for one in job.tries if one.text]
        self._text = texts[0] if texts else self._text
        return Going(self._of - len(self._open), self._of, read, self._total, left, self._text)


async def _read(one: _Try) -> Transcribed:
    """Read a recording from its beginning. Raises TangnetError."""
    sent = 0

    async def counted() -> AsyncGenerator[bytes, None]:
        nonlocal sent
        async for block in one.job.recording.sound():
            sent += len(block)
            yield block

    async with aclosing(one.reader.read(counted(), one.job.recording)) as events:
        async for event in events:
            if isinstance(event, Heard):
                one.heard, one.text = max(one.heard, event.seconds), event.text or one.text
                one.news = time.monotonic()
                continue
            seconds = sent / SAMPLE_BYTES_A_SECOND
            if seconds - event.audio_seconds > max(MISSING_SECONDS, MISSING_SHARE * seconds):
                said = f"{one.reader.name} heard {event.audio_seconds:.1f} of {seconds:.1f} seconds."
                raise NodeError(said, code="internal", retryable=True)
            return event
    raise NodeLost(f"{one.reader.name} ended the transcript without a result.")


async def _end(tries: Sequence[_Try]) -> None:
    """Cancel what runs, and wait until it has ended."""
    tasks = [one.task for one in tries if one.task is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Recordings:
    """Reads recordings with the nodes of a cluster."""

    def __init__(
        self,
        local: Callable[[], Awaitable[NodeClient]],
        nodes: Callable[[], Sequence[NodeInfo]],
        client: Callable[[str], NodeClient | None],
        kept: KeptParts | None = None,
        part_seconds: float = PART_SECONDS,
    ) -> None:
        """`local`: the connection to this machine's node; `client`: to another, None while there is none.

        `kept`: where parts of long recordings stay until all is read; None: nowhere.
        """
        self._local, self._nodes, self._client = local, nodes, client
        self._kept, self._part_seconds = kept, part_seconds
        self._rates: dict[str, float] = {}

    async def read(
        self, recordings: Sequence[Recording], *, language: str, elsewhere: bool, background: bool = False
    ) -> AsyncGenerator[Going | RecordingRead, None]:
        """Read all; as `Spread.events`. `elsewhere`: sound may leave this machine. Raises NodeError."""
        background = background or len(recordings) > 1
        long = any(may_be_long(recording, self._part_seconds) for recording in recordings)
        sha256 = await self._model() if elsewhere or long else ""

        async def here(sound: AsyncIterator[bytes], recording: Recording) -> AsyncGenerator[Heard | Transcribed, None]:
            client = await self._local()
            own = language if recording.language is None else recording.language()
            events = client.read(sound, recording, language=own, model=sha256, background=background)
            async with aclosing(events) as heard:
                async for event in heard:
                    yield event

        def others() -> list[Reader]:
            found = []
            for node in self._nodes() if elsewhere and sha256 else ():
                client = self._client(node.id) if may_help(node, sha256, (), role="transcribe") else None
                if client is not None:
                    found.append(Reader(node.id, node.name, partial(there, client), partial(in_zones, node)))
            return found

        def there(
            client: NodeClient, sound: AsyncIterator[bytes], recording: Recording
        ) -> AsyncGenerator[Heard | Transcribed, None]:
            spoken = language if recording.language is None else recording.language()
            return client.read(sound, recording, language=spoken, model=sha256, background=True)

        own = Reader("", "local", here)
        spread = Spread([], own, others, self._rates, longest_first=False)
        parts = InParts(
            recordings,
            spread,
            kept=self._kept,
            model=sha256,
            language=language,
            longest_first=elsewhere and bool(sha256),
            part_seconds=self._part_seconds,
        )
        async with aclosing(parts.events()) as events:
            async for event in events:
                yield event

    def close(self) -> None:
        """Close what parts are kept in."""
        if self._kept is not None:
            self._kept.close()

    async def _model(self) -> str:
        """Return the sha256 of the model that this machine reads with, loading it; "" where that fails."""
        name = ""
        try:
            client = await self._local()
            async with aclosing(client.load(["transcribe"])) as steps:
                async for engines in steps:
                    name = next((engine.model for engine in engines if engine.state == "ready"), "")
            here = await client.models(catalogue=False) if name else []
        except NodeError as error:  # reading will say the same, where it lasts
            log.info("no model for recordings: %s", error.message)
            return ""
        return next((model.sha256 for model in here if model.role == "transcribe" and model.name == name), "")
