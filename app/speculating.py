"""What is done while somebody still speaks: the search for what was understood so far, and the reading of the prompt.

Nothing of it is shown or stored. Reading is asked for as `ahead`: it stands behind all other work of a node, and a
prompt whose reading is broken off is kept there as far as it was read, so that the question itself goes on from there.
See docs/assistant.md, "Ahead of the question".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from app.errors import TangnetError
from app.events import Generated, Passage, TokenReceived
from app.looking import Find
from app.streams import ending
from app.thinking import ChatRequest, GenerationEvent
from app.words import all_words, content

if TYPE_CHECKING:
    from app.rag.search import Result

log = logging.getLogger(__name__)

LEAST_WORDS = 2
"""Content words from which a search says anything."""


class Answers(Protocol):
    """What reads prompts; `app.thinking.Thinker` is one."""

    def generate(self, request: ChatRequest) -> AsyncIterator[GenerationEvent]:
        """Stream an answer."""
        ...


Place = tuple[str, int, int]
"""Path, first and last character: which passage it is, whatever it was found for."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The request that would be sent if the text so far were the question."""

    request: ChatRequest
    read: tuple[tuple[Place, str], ...] = ()
    """What the model would read of each passage, in its order."""


Prepare = Callable[[str, "Ahead"], Awaitable[Prepared | None]]
"""Makes the request of a text; None: no model would be asked."""


class Ahead:
    """What is done for one utterance. Use it in one asyncio loop; `close` it in the end."""

    def __init__(self, answers: Answers, find: Find, prepare: Prepare, place: object) -> None:
        """`place`: all that must be the same for the question itself, compared by ==."""
        self._answers = answers
        self._find = find
        self._prepare = prepare
        self.place = place
        self.reused = ""
        """What the question itself took over: "passages", "prompt" or ""."""
        self._searches: dict[tuple[str, int], asyncio.Task[Result]] = {}
        self._text = ""
        self._prepared_for: list[str] = []
        self._news = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._last: Prepared | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        """Which passages a node reads, or has read, in its order; () = none yet."""
        return tuple(place for place, _text in self._last.read) if self._last is not None else ()

    def heard(self, text: str) -> None:
        """So much has been understood until now; the newest text is worked on as soon as the one before is done."""
        self._text = text
        self._news.set()
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name="ahead")

    async def find(self, query: str, most: int) -> Result:
        """Search, or return what was found for the same words before. Raises StoreError, NodeError."""
        key = (normalised(query), most)
        search = self._searches.get(key)
        if search is not None and not (search.done() and (search.cancelled() or search.exception())):
            self.reused = self.reused or "passages"
        else:
            search = self._searches[key] = asyncio.ensure_future(self._find(query, most))
        return await asyncio.shield(search)

    def takes(self, prepared: Prepared) -> None:
        """Note that the question itself sends `prepared`."""
        if self._last is not None and prepared.read and prepared.read == self._last.read:
            self.reused = "prompt"

    async def stop(self) -> None:
        """The text is there: begin nothing more, and let the nodes go, which keep what they have read."""
        tasks = [task for task in (self._worker, self._reading) if task is not None]
        self.reused = ""
        await _ended(tasks)

    async def close(self) -> None:
        """Stop everything and forget it."""
        await self.stop()
        await _ended(list(self._searches.values()))
        self._searches.clear()

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            text = self._text
            said = content(text)
            if len(said) < LEAST_WORDS or said == self._prepared_for:
                continue
            self._prepared_for = said
            try:
                prepared = await self._prepare(text, self)
            except TangnetError as error:
                log.info("nothing could be done ahead: %s", error.message)
                continue
            if prepared is not None and (self._last is None or prepared.read != self._last.read):
                await self._read(prepared)

    async def _read(self, prepared: Prepared) -> None:
        if self._reading is not None:
            await _ended([self._reading])
        self._last = prepared
        self._reading = asyncio.create_task(self._let_read(prepared.request), name="read ahead")

    async def _let_read(self, request: ChatRequest) -> None:
        try:
            async with ending(self._answers.generate(request)) as events:
                async for event in events:
                    if isinstance(event, TokenReceived | Generated):
                        return
        except TangnetError as error:
            log.info("nothing could be read ahead: %s", error.message)


def normalised(text: str) -> str:
    """Return the words of a text: what two transcripts of the same utterance have in common."""
    return " ".join(all_words(text))


def aligned(passages: Sequence[Passage], before: Sequence[Place]) -> tuple[Passage, ...]:
    """Return `passages` so that they begin like `before` as far as they hold the same: that is read already."""
    rest = list(passages)
    first: list[Passage] = []
    for one in before:
        same = next((other for other in rest if place_of(other) == one), None)
        if same is None:
            break
        rest.remove(same)
        first.append(same)
    return (*first, *rest)


def place_of(passage: Passage) -> Place:
    """Return which passage it is."""
    return passage.path, passage.start, passage.end


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
