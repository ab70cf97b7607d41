"""The queue at work: who asked for what, the writer's lock, pauses, what is tried again, and the state of it all."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial

from app.errors import NodeError, TangnetError
from app.events import FileIndexed, IndexDone, Progress
from app.library_state import LibraryState
from app.rag.listening import Hub, Listener
from app.rag.orders import cancel, retry
from app.rag.preparing import readers
from app.rag.queue import Folder, is_below
from app.rag.recognising import Recognising
from app.rag.recordings import Hearing
from app.rag.reembedding import restore
from app.rag.session import Session, Work
from app.rag.store import Store
from app.rag.threads import StoreThread
from app.rag.watching import Watching
from app.rules import Rules
from app.thinking import Embedder

log = logging.getLogger(__name__)
LOCK_SECONDS = 0.2
"""How often the lock is tried while another process has it."""
LOOK_SECONDS = 5.0
"""How often it is looked whether another process has left work."""
STATE_SECONDS = 0.25
_AGAIN_SECONDS, _LONGEST_SECONDS = 2.0, 60.0
"""How long to wait after a failure, doubled with each."""
PAUSED = "Paused."
OTHER = "Waiting until another Tangnet has finished adding documents"


class Ingest:
    """The queue of one library. Its task runs while somebody waits for it, or always after `go_on`."""

    def __init__(
        self,
        writing: StoreThread,
        preparing: StoreThread,
        embedder: Embedder,
        rules: Callable[[], Rules] = Rules,
        hearing: Hearing | None = None,
        recognising: Recognising | None = None,
    ) -> None:
        self._writing = writing
        self._preparing = preparing
        self._embedder = embedder
        self._rules = rules
        self._hearing = hearing
        self._recognising = recognising
        self._hub = Hub()
        self._background = False
        self._paused = False
        self._repaired = False
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._folders: tuple[Folder, ...] = ()
        self._watching = Watching(self._changed)

    # -- what others call --------------------------------------------------------------------------------------------

    async def add(
        self, paths: Sequence[str], *, watch: bool
    ) -> AsyncGenerator[Progress | FileIndexed | IndexDone, None]:
        """Do what `Library.add` promises."""
        await self._writing.call(lambda store: store.records.queue.ask(paths, by_user=True))
        listener = Listener(paths, watch=watch)
        paused = self._background and self._paused
        listener.tell(Progress(PAUSED if paused else "Looking for documents"))
        self._hub.listeners.add(listener)
        if watch:
            self._watch()
        self.wake(asked=True)
        try:
            while True:
                event = await listener.events.get()
                if event is None:
                    return
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self._hub.listeners.discard(listener)
            if watch:
                self._watch()
            if not self._background and not self._hub.listeners:
                await self._end()

    async def go_on(self) -> None:
        """Work on what waits from now on, whoever asked for it, and watch the watched folders."""
        if not self._background:
            self._background = True
            self._paused = await self._writing.call(lambda store: store.records.fact("paused")) == "yes"
            await self._read_folders()
            paths = [folder.path for folder in self._folders]
            await self._writing.call(lambda store: store.records.queue.ask(paths, by_user=False))
            self.wake(asked=True)

    async def close(self) -> None:
        """End the work; what waits goes on next time."""
        self._background = False
        await self._watching.close()
        await self._end()
        for listener in tuple(self._hub.listeners):
            listener.end(None)
        self._hub.changed()

    def wake(self, *, asked: bool = False) -> None:
        """Look again at what is to be done."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="library-queue")
        self._wake.set()
        if self._session is not None:
            self._session.wake(asked=asked)

    async def pause(self) -> None:
        """Stop when what is on its way has come back; also after a restart nothing goes on by itself."""
        self._paused = True
        await self._writing.call(lambda store: store.records.set_facts({"paused": "yes"}))
        self.wake(asked=True)
        self._hub.changed()

    async def resume(self) -> None:
        """Go on after `pause`."""
        self._paused = False
        await self._writing.call(lambda store: store.records.set_facts({"paused": ""}))
        self.wake(asked=True)
        self._hub.changed()

    async def cancel(self, paths: Sequence[str]) -> None:
        """Take files out of the queue, and all below folders; without paths everything."""
        roots = tuple(paths) or ("/",)
        gone = await self._writing.call(partial(cancel, paths=roots))
        busy = self._session.cancel(roots) if self._session is not None else set()
        for path in gone:
            if path not in busy:
                self._hub.ended(FileIndexed(path, "skipped", 0, "It was cancelled or removed."))
        for listener in self._hub.listeners:
            listener.undiscovered = {
                path for path in listener.undiscovered if not any(is_below(path, root) for root in roots)
            }
        self.wake(asked=True)

    async def removed(self, paths: Sequence[str]) -> None:
        """Let go of files that were taken out of the library."""
        if self._session is not None:
            self._session.cancel(paths)
        await self._read_folders()
        self.wake(asked=True)

    @property
    def passwords(self) -> Mapping[str, str]:
        """Passwords of protected files, as they were given since the start."""
        return self._hub.passwords

    async def retry(self, paths: Sequence[str], password: str = "") -> None:
        """Read files again that failed or were cancelled, protected ones with `password`."""
        if password:
            self._hub.passwords.update(dict.fromkeys(paths, password))
        await self._writing.call(partial(retry, paths=paths))
        self.wake(asked=True)

    async def first(self, paths: Sequence[str]) -> None:
        """Put files, and all below folders, before everything else that waits."""
        await self._writing.call(lambda store: store.records.queue.first(paths))
        self.wake(asked=True)

    async def folders_changed(self) -> None:
        """Take note that the list of watched folders is another."""
        await self._read_folders()
        self.wake(asked=True)

    def polled(self, path: str) -> bool:
        """Tell whether a folder is looked at now and then, because its drive sends no events."""
        return self._watching.polled(path)

    async def state(self) -> AsyncGenerator[LibraryState, None]:
        """Do what `Library.state` promises."""
        last: LibraryState | None = None
        while True:
            news = self._hub.news
            state = await self._state()
            if state != last:
                last = state
                yield state
            await asyncio.sleep(STATE_SECONDS)
            try:
                # Not for ever: another process may have put something into the queue.
                async with asyncio.timeout(LOOK_SECONDS):
                    await news.wait()
            except TimeoutError:
                continue

    async def _state(self) -> LibraryState:
        waiting = await self._preparing.call(lambda store: store.records.queue.waiting())
        hub, now = self._hub, time.monotonic()
        embedding = self._session.embedding if self._session is not None else None
        busy = len(self._session.busy) if self._session is not None else 0
        left = hub.course.seconds_left(now, embedding.missing if embedding else 0, readers()) if waiting else None
        own = hub.seconds_left(now)
        if own is not None and (left is not None or waiting <= busy):
            left = round(max(left or 0.0, own), 1)
        paused = self._paused and self._background
        return LibraryState(
            waiting=max(0, waiting - busy),
            done=hub.done,
            total=hub.done + waiting,
            working=hub.working,
            chunks_per_second=round(hub.course.rate(now), 1),
            seconds_left=left,
            paused=paused,
            reason=hub.reason or (PAUSED if paused and waiting else ""),
            changes=hub.changes,
        )

    # -- the task ----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        failures = 0
        while self._background or self._hub.listeners:
            self._wake.clear()
            try:
                worked = await self._turn()
                failures = 0
            except TangnetError as error:
                failures += 1
                await self._failed(error, failures)
                continue
            except Exception as error:
                log.exception("the queue of documents failed")
                self._end_listeners(error)
                if not self._background:
                    return
                failures += 1
                await self._failed(TangnetError(f"Something unexpected happened: {error}"), failures)
                continue
            if not worked:
                await self._rest(LOOK_SECONDS)

    async def _turn(self) -> bool:
        """Do what there is to do; False if there is nothing."""
        waits = any(listener.waits for listener in self._hub.listeners)
        work = self._work()
        if not waits:
            if not await self._writing.call(lambda store: store.records.queue.busy(work.roots)):
                return False
        elif work.roots == ():
            return False
        if not await self._lock():
            return True
        try:
            await self._locked()
        finally:
            # Queued behind any commit that is still running, also when this task is being cancelled.
            self._writing.later(Store.unlock)
        return True

    async def _lock(self) -> bool:
        while not await self._writing.call(Store.try_lock):
            self._repaired = False
            self._hub.say(OTHER)
            await self._rest(LOCK_SECONDS)
            if not (self._background or self._hub.listeners):
                return False
        self._hub.say("")
        return True

    async def _locked(self) -> None:
        if not self._repaired:
            await self._writing.call(Store.repair)
        session = Session(
            *(self._writing, self._preparing, self._embedder, self._rules, self._hub, self._work),
            self._hearing,
            self._recognising,
        )
        self._session = session
        try:
            if not self._repaired:
                await session.again(restore)  # chunks of a table that was damaged
                self._repaired = True
            await session.run()
        finally:
            self._session = None
        await session.tidy()
        for listener in tuple(self._hub.listeners):
            if listener.done and listener.waits:
                listener.finish()
        if await self._writing.call(lambda store: store.records.queue.size()) == 0:
            self._hub.idle()

    async def _failed(self, error: TangnetError, failures: int) -> None:
        """Say what is wrong and wait, or tell those who cannot wait."""
        if not isinstance(error, NodeError):
            self._repaired = False  # chunks may stand in the index whose record could not be written
        patient = self._background or any(listener.watch for listener in self._hub.listeners)
        if not patient:
            self._end_listeners(error)
            return
        self._hub.say(f"{error.message} {error.hint}".strip())
        await self._rest(min(_LONGEST_SECONDS, _AGAIN_SECONDS * 2 ** (failures - 1)))

    def _end_listeners(self, error: BaseException) -> None:
        for listener in tuple(self._hub.listeners):
            listener.end(error)
        self._hub.listeners.clear()

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _work(self) -> Work:
        """Return what is to be done now: all that waits, or what somebody waits for."""
        if self._background:
            return Work(() if self._paused else None, self._folders)
        roots = tuple(dict.fromkeys(root for listener in self._hub.listeners for root in listener.roots))
        return Work(roots, self._folders + self._watching.folders)

    # -- watched folders ---------------------------------------------------------------------------------------------

    async def _read_folders(self) -> None:
        self._folders = tuple(await self._writing.call(lambda store: store.records.queue.folders()))
        self._watch()

    def _watch(self) -> None:
        """Watch what is to be watched: the list's folders while the window is open, and those of `add --watch`."""
        wanted = [folder.path for folder in self._folders] if self._background else []
        wanted += [root for listener in self._hub.listeners if listener.watch for root in listener.roots]
        self._watching.watch(wanted)

    async def _changed(self, paths: Sequence[str]) -> None:
        """Have what changed looked at."""
        await self._writing.call(lambda store: store.records.queue.ask(paths, by_user=False))
        self.wake(asked=True)
