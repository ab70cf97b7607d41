"""Who hears of the queue: each call of `add` of its own files, the window of how far all is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.events import FileIndexed, FileState, IndexDone, Progress
from app.library_state import Step, Working
from app.rag.course import Course
from app.rag.queue import is_below
from app.rag.records import Record
from app.rag.refusals import Refusals
from app.rag.worker import printable

if TYPE_CHECKING:
    from app.rag.planning import Plan

IngestEvent = Progress | FileIndexed | IndexDone
_PROGRESS_SECONDS = 0.1


class Listener:
    """One call of `add`: what of it is still to be done, and the events for its reader."""

    def __init__(self, roots: Sequence[str], *, watch: bool) -> None:
        self.roots = tuple(roots)
        self.watch = watch
        self.undiscovered = set(roots)
        """Paths that nobody has looked at yet."""
        self.pending: dict[str, int] = {}
        """Files that are not done, and their bytes."""
        self.events: asyncio.Queue[IngestEvent | BaseException | None] = asyncio.Queue()
        self.over = False
        self._first = True
        self._changed = False
        self._refused: dict[str, str] = {}
        self._fraction = 0.0
        self._told = 0.0
        self._begin()

    def _begin(self) -> None:
        self._started = time.monotonic()
        self._files = self._chunks = self._embedded = self._total = 0

    @property
    def done(self) -> bool:
        """Whether everything that it asked for has been done."""
        return not self.undiscovered and not self.pending

    @property
    def waits(self) -> bool:
        """Whether its reader waits for something."""
        return not self.done or self._first or self._changed

    def discovered(self, paths: Sequence[str], plan: Plan) -> None:
        """Take note of what there is below some paths."""
        mine = self.undiscovered.intersection(paths)
        first = bool(mine)
        self.undiscovered.difference_update(paths)
        if not first and not self.watch:
            return
        for record in plan.unchanged:
            if first and self._has(record.path):
                if record.state == "indexed":
                    self._files += 1
                    self._chunks += record.chunks
                self.tell(FileIndexed(record.path, seen(record), record.chunks, record.reason))
        for path, reason in plan.refused:
            if self._has(path) and self._refused.get(path) != reason:
                self._refused[path] = reason
                self.tell(FileIndexed(printable(path), "skipped", 0, reason))
        for path in plan.absent if first else ():
            if self._has(path):
                self.tell(FileIndexed(printable(path), "failed", 0, "It does not exist."))
        for file in (*plan.todo, *(file for _, file in plan.moved)):
            if self._has(file.path):
                self.pending[file.path] = file.size + 1
                self._total += file.size + 1

    def ended(self, event: FileIndexed, embedded: int) -> None:
        """Take note of a file that is done."""
        if event.path not in self.pending and not (event.state == "removed" and self._has(event.path)):
            return
        self.pending.pop(event.path, None)
        if event.state in ("added", "changed", "unchanged"):
            self._files += 1
            self._chunks += event.chunks
        self._embedded += embedded
        self._changed = self._changed or event.state != "unchanged"
        self.tell(event)

    def embedded(self, chunks: int) -> None:
        """Count chunks that were embedded for all documents, because the model has changed."""
        self._embedded += chunks
        self._changed = True

    def progress(self, course: Course, working: Sequence[Working], missing: dict[str, int], readers: int) -> None:
        """Tell how far its files are, unless that was told just now."""
        now = time.monotonic()
        mine = [one for one in working if one.path in self.pending]
        if not mine or now < self._told + _PROGRESS_SECONDS:
            return
        self._told = now
        left = dict(self.pending)
        for one in mine:
            if one.step == "embedding":
                left[one.path] = round(left[one.path] * (1 - (one.fraction or 0.0)))
        fraction = 1 - sum(left.values()) / max(1, self._total)
        self._fraction = max(self._fraction, min(1.0, fraction))
        unread = [(path, size) for path, size in self.pending.items() if path not in missing]
        known = sum(count for path, count in missing.items() if path in self.pending)
        seconds = course.seconds(now, known, readers, unread)
        name = printable(mine[0].path.rsplit("/", 1)[-1])
        more = f" and {len(self.pending) - 1} more" if len(self.pending) > 1 else ""
        seconds = round(seconds, 1) if seconds is not None else None
        self.tell(Progress(f"Indexing {name}{more}", round(self._fraction, 4), seconds))

    def finish(self) -> None:
        """Tell that all is done; a watch goes on."""
        if self._first or self._changed:
            seconds = round(time.monotonic() - self._started, 3)
            self.tell(IndexDone(self._files, self._chunks, seconds, self._embedded))
        self._first = self._changed = False
        if self.watch:
            self._fraction = 0.0
            self._begin()
        else:
            self.end(None)

    def end(self, error: BaseException | None) -> None:
        """Let its reader go, with the error if there is one."""
        if not self.over:
            self.over = True
            self.events.put_nowait(error)

    def tell(self, event: IngestEvent) -> None:
        """Put an event before its reader."""
        self.events.put_nowait(event)

    def _has(self, path: str) -> bool:
        return any(is_below(path, root) for root in self.roots)


class Hub:
    """All listeners, and the figures of the queue as a whole."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.course = Course()
        self.done = 0
        """Files since the queue was empty last."""
        self.passwords: dict[str, str] = {}
        """Of protected files, as the user gave them; kept in memory alone."""
        self.refusals = Refusals()
        self.reason = ""
        self.changes = 0
        """Files that were looked at, since the program began."""
        self.news = asyncio.Event()
        self._steps: dict[str, Working] = {}
        self._paces: dict[str, tuple[Step, float, float]] = {}
        """Of files whose step is known to a fraction: the step, and when it was told first, and how far it was then."""

    def changed(self) -> None:
        """Let readers of the state look again."""
        self.news.set()
        self.news = asyncio.Event()

    def say(self, reason: str) -> None:
        """Say in one sentence why nothing goes on; "" when it does."""
        if reason != self.reason:
            self.reason = reason
            self.changed()
            for listener in self.listeners:
                if reason and listener.waits:
                    listener.tell(Progress(reason))

    def tell(self, progress: Progress) -> None:
        """Tell all who wait."""
        for listener in self.listeners:
            if listener.waits:
                listener.tell(progress)

    def step(self, path: str, step: Step, fraction: float | None) -> None:
        """Note what is being done with a file."""
        self._steps[path] = Working(path, step, fraction)
        pace = self._paces.get(path)
        if fraction is not None and (pace is None or pace[0] != step):
            self._paces[path] = step, time.monotonic(), fraction
        self.changed()

    def seconds_left(self, now: float) -> float | None:
        """Return how long the slowest of the files that are being worked on needs for its step; None: not known."""
        left = []
        for path, (step, since, first) in self._paces.items():
            one = self._steps.get(path)
            if one is not None and one.step == step and one.fraction is not None and one.fraction > first:
                left.append((1.0 - one.fraction) * (now - since) / (one.fraction - first))
        return max(left, default=None)

    def rests(self, path: str) -> None:
        """Note that nothing is being done with a file now."""
        self._steps.pop(path, None)
        self._paces.pop(path, None)

    @property
    def working(self) -> tuple[Working, ...]:
        """Files that are being worked on."""
        return tuple(self._steps.values())

    def discovered(self, paths: Sequence[str], plan: Plan) -> None:
        """Pass on what there is."""
        for listener in self.listeners:
            listener.discovered(paths, plan)
        self.changed()

    def ended(self, event: FileIndexed, embedded: int = 0) -> None:
        """Pass on that a file is done."""
        self.refusals.clear(event.path)
        self.rests(event.path)
        self.done += 1
        self.changes += 1
        for listener in self.listeners:
            listener.ended(event, embedded)
        self.changed()

    def idle(self) -> None:
        """The queue is empty: what comes now is counted anew."""
        self.done = 0
        self.course = Course()
        self._steps.clear()
        self._paces.clear()
        self.changed()


def seen(record: Record) -> FileState:
    """Return how a file is told of that is as it was."""
    if record.state == "indexed":
        return "unchanged"
    return "failed" if record.state == "failed" else "skipped"
