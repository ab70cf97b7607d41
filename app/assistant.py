"""The one use case: a question in, a stream of events out, the conversation kept as it happens.

`Assistant.ask` hears (when the question is spoken), reads the given documents, searches, decides whether anything
found is relevant, lets a node answer, and checks the answer against the passages. See docs/assistant.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal, Protocol

from app.answer_record import Record
from app.answering import Answering
from app.collections import EVERYTHING, Collections
from app.conversations import Conversations
from app.errors import NodeError, TangnetError, UsageError, VoiceError
from app.events import (
    DocumentInfo,
    EngineInfo,
    Event,
    FileIndexed,
    IndexDone,
    NodeInfo,
    Passage,
    Progress,
    Retrieved,
    Transcribed,
    Warned,
)
from app.following import queries
from app.grounding import relevant
from app.prompts import Turn
from app.rules import rules_of
from app.settings import Settings
from app.streams import ending
from app.summaries import asks, wanted
from app.summarising import Summariser
from app.thinking import Thinker

if TYPE_CHECKING:
    from app.rag.search import Result

log = logging.getLogger(__name__)

ONLY_LOCAL = "only-local"
"""A conversation that never leaves this machine, not even by failover."""


class Thinking(Thinker, Protocol):
    """The cluster as the assistant needs it: a Thinker that also says which nodes and models there are."""

    def nodes(self) -> tuple[NodeInfo, ...]:
        """Return all known nodes, this machine's first."""
        ...


class Documents(Protocol):
    """The library as the assistant needs it."""

    def add(self, paths: Sequence[Path], *, watch: bool = False) -> AsyncIterator[Progress | FileIndexed | IndexDone]:
        """Index files and folders."""
        ...

    async def documents(self) -> list[DocumentInfo]:
        """Return what is in the library."""
        ...

    async def unfinished(self, within: Sequence[Path] = ()) -> tuple[int, int]:
        """Return how many files are not indexed yet, of how many."""
        ...

    async def text_around(self, path: str, start: int, end: int, characters: int) -> str:
        """Return the text of a document around a range of its characters. Raises DocumentError."""
        ...

    async def chunks_of(self, path: Path) -> list[Passage]:
        """Return the passages of a document, in order."""
        ...

    async def search(
        self,
        query: str,
        *,
        k: int = 8,
        mode: Literal["hybrid", "vector", "text"] = "hybrid",
        within: Sequence[Path] = (),
    ) -> list[Passage]:
        """Return the best passages."""
        ...

    async def find(
        self,
        query: str,
        *,
        k: int = 8,
        mode: Literal["hybrid", "vector", "text"] = "hybrid",
        within: Sequence[Path] = (),
        rerank: bool | None = None,
    ) -> Result:
        """Return the best passages, and the limits that the query named; `rerank`: None does as is set."""
        ...


@dataclass(frozen=True)
class Question:
    """What is asked, typed or spoken, and how."""

    text: str = ""
    audio: AsyncIterator[bytes] | None = None
    """16 kHz mono PCM16; used when there is no text."""
    docs: tuple[Path, ...] = ()
    """Files and folders to add first and to search alone; empty searches the whole library."""
    use_documents: bool = True
    collection: str = ""
    """Name of the collection to search from now on in this conversation, "*" = everything; "" = as before."""
    conversation: str = ""
    """Id of the conversation to go on with; "" begins one."""
    node: str = ""
    """Name of the node that shall answer, "local" for this machine, "" = choose."""
    prefer: str = ""
    """Where this conversation is answered from now on: automatic, local, cluster, only-local; "" = as before."""
    max_tokens: int | None = None
    seed: int = 0
    temperature: float | None = None
    language: str = ""


class Assistant:
    """Answers questions, any number at the same time."""

    def __init__(
        self,
        thinker: Thinking,
        library: Documents,
        conversations: Conversations,
        settings: Settings,
        collections: Collections | None = None,
        home: Path | None = None,
    ) -> None:
        """`collections`: None knows none. `home`: where a summary keeps its notes; None makes none."""
        self._home = home
        self._collections = collections
        self._thinker = thinker
        self._library = library
        self._conversations = conversations
        self._settings = settings
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question) -> AsyncGenerator[Event, None]:
        """Answer one question: a stream of events that ends with Answered.

        Closing the stream (or cancelling the task that reads it) stops the answer; what was shown stays stored,
        marked stopped.

        Raises:
            UsageError: no question, or no such conversation.
            VoiceError: nothing was said.
            NodeError, DocumentError, StoreError: what went wrong there; the stored answer is marked failed.
        """
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        record = Record(self._conversations)
        producer = asyncio.create_task(self._answer(question, record, events), name="answer")
        producer.add_done_callback(lambda _: events.put_nowait(None))
        keeper = asyncio.create_task(record.keep(), name="keep answer")
        self._running.add(producer)
        try:
            while (event := await events.get()) is not None:
                record.shown(event)
                yield event
            if not producer.cancelled():  # cancelled: the whole assistant is being closed
                await producer
        except TangnetError as error:
            record.failed(error)
            raise
        except Exception as error:
            record.failed(TangnetError(f"Something unexpected happened: {error}", code="internal"))
            raise
        finally:
            self._running.discard(producer)
            await _end(producer, keeper)
            record.close()

    async def close(self) -> None:
        """Stop all running answers; what they showed is kept by whoever reads them."""
        await _end(*self._running)

    async def _answer(self, question: Question, record: Record, events: asyncio.Queue[Event | None]) -> None:
        begun = perf_counter()
        question = self._placed(question)
        roles = self._roles(question)
        warming = asyncio.create_task(self._warm(roles, events), name="warm") if roles else None
        await asyncio.sleep(0)  # lets the loading begin before anything else
        try:
            text, spoken_ms = await self._text(question, events)
            asked = perf_counter() if question.audio is not None and not question.text else begun
            within = await self._within(question)
            history = record.begin(question.conversation, text, question.prefer, question.collection)
            answering = Answering(
                question=text,
                history=history,
                settings=self._settings,
                nodes=self._thinker.nodes,
                node=question.node,
                prefer="" if question.prefer == ONLY_LOCAL else question.prefer,
                max_tokens=question.max_tokens,
                temperature=question.temperature,
                seed=question.seed,
                begun=begun,
                asked=asked,
                transcribe_ms=spoken_ms,
                conversation=record.conversation,
                earlier=record.earlier,
            )
            if await self._summarised(replace(question, text=text), record, events):
                return
            passages = await self._passages(
                replace(question, docs=within), bool(question.docs), history, answering, events
            )
            if passages is not None:
                answering.read(passages)
                await answering.widen(self._library.text_around)
                record.passages(answering.passages)
                await events.put(Retrieved(answering.passages, answering.filters))
            if passages == () and warming is not None:
                await _end(warming)
            async with ending(answering.answer(self._thinker)) as answer:
                async for event in answer:
                    await events.put(event)
        finally:
            if warming is not None:
                await _end(warming)

    def _placed(self, question: Question) -> Question:
        """Return the question with where its conversation is answered. Raises UsageError."""
        prefer = question.prefer
        if not prefer and question.conversation:
            prefer = self._conversations.get(question.conversation).prefer
        node = question.node or ("local" if prefer == ONLY_LOCAL else "")
        return replace(question, prefer=prefer, node=node)

    async def _within(self, question: Question) -> tuple[Path, ...]:
        """Return the files and folders to search: those given, else the collection's; () = all. Raises UsageError."""
        name = question.collection
        if not name and question.conversation:
            name = self._conversations.get(question.conversation).collection
        if question.docs or name in ("", EVERYTHING) or not question.use_documents:
            return question.docs
        if self._collections is None:
            raise UsageError(f"There is no collection {name!r}.", code="collection_missing")
        return (await asyncio.to_thread(self._collections.get, name)).folders

    async def _summarised(self, question: Question, record: Record, events: asyncio.Queue[Event | None]) -> bool:
        """Answer a request such as "summarise report.pdf"; False when it is none, or names no document."""
        if self._home is None or not question.use_documents or not asks(question.text):
            return False
        if question.docs:
            async with ending(self._library.add(question.docs)) as adding:
                async for event in adding:
                    if isinstance(event, Progress):
                        await events.put(event)
        documents = wanted(question.text, await self._library.documents(), question.docs)
        if not documents:
            return False
        rules = rules_of(tuple(self._settings.rules_folders))
        summariser = Summariser(
            self._thinker, self._library, self._home, rules, spread=self._settings.nodes_documents == "cluster"
        )
        made = summariser.run(documents, node=question.node, conversation=record.conversation)
        async with ending(made) as steps:
            async for step in steps:
                if isinstance(step, Retrieved):
                    record.passages(step.passages)
                await events.put(step)
        return True

    def _roles(self, question: Question) -> tuple[str, ...]:
        """Engines that this machine will need: no chat engine when a paired node is there to answer."""
        roles = ["transcribe"] if question.audio is not None and not question.text else []
        others = any(
            node.trusted and not node.local and node.state in ("ready", "busy") for node in self._thinker.nodes()
        )
        prefer = question.prefer or self._settings.nodes_prefer
        elsewhere = question.node not in ("", "local") or (others and prefer != "local")
        if question.node == "local" or not elsewhere:
            roles.append("chat")
        if question.use_documents and question.docs:
            roles.append("embed")
        return tuple(roles)

    async def _warm(self, roles: Sequence[str], events: asyncio.Queue[Event | None]) -> None:
        told: dict[str, Progress] = {}
        try:
            async with ending(self._thinker.warm(roles)) as progress:
                async for engine in (engine async for engines in progress for engine in engines):
                    news = _loading(engine)
                    if news is not None and told.get(engine.role) != news:
                        told[engine.role] = news
                        await events.put(news)
        except NodeError as error:
            # Not the end of the answer: another node may make it, and if none can, `generate` says why.
            log.info("warming %s failed: %s", ", ".join(roles), error.message)

    async def _text(self, question: Question, events: asyncio.Queue[Event | None]) -> tuple[str, float | None]:
        """Return the question as text, and the milliseconds from the end of the sound to it if it was spoken."""
        if question.text.strip() or question.audio is None:
            if not question.text.strip():
                raise UsageError("There is no question.", code="no_question", hint="Type one, or speak.")
            return question.text.strip(), None
        ended = perf_counter()

        async def timed(audio: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            nonlocal ended
            async for block in audio:
                yield block
            ended = perf_counter()

        heard: Transcribed | None = None
        sound = timed(question.audio)
        async with (
            ending(question.audio),
            ending(
                self._thinker.transcribe(sound, language=question.language, here=question.node == "local")
            ) as hearing,
        ):
            async for event in hearing:
                await events.put(event)
                if isinstance(event, Transcribed):
                    heard = event
        if heard is None or not heard.text.strip():
            raise VoiceError(
                "I heard no words.", code="no_speech", hint="Check the microphone, and speak a bit louder."
            )
        return heard.text.strip(), (perf_counter() - ended) * 1000

    async def _passages(
        self,
        question: Question,
        add: bool,
        history: Sequence[Turn],
        answering: Answering,
        events: asyncio.Queue[Event | None],
    ) -> tuple[Passage, ...] | None:
        """Return the relevant passages of `question.docs`, added first if `add`; None: no documents are to be used."""
        if not question.use_documents:
            return None
        if add:
            async with ending(self._library.add(question.docs)) as adding:
                async for event in adding:
                    if isinstance(event, Progress):
                        await events.put(event)
                    elif isinstance(event, FileIndexed) and event.state == "failed":
                        reason = event.reason or "It cannot be read."
                        await events.put(Warned("document_failed", f"{event.path} is left out. {reason}"))
        elif not question.docs and not await self._library.documents():
            return None
        started = perf_counter()
        wanted = max(self._settings.answer_passages, 1)
        found: tuple[Passage, ...] = ()
        for query in queries(answering.question, history):
            result = await self._library.find(query, k=max(8, wanted), within=question.docs)
            if found := relevant(result.passages, wanted, query):
                answering.meant, answering.filters = query, result.filters
                if result.dropped:
                    await events.put(Warned("limits_dropped", result.dropped))
                break
        answering.retrieve_ms = (perf_counter() - started) * 1000
        waiting, total = await self._library.unfinished(question.docs)
        if waiting:
            are = "is" if waiting == 1 else "are"
            message = f"{waiting} of {total} files {are} not indexed yet; what they say is not in the answer."
            await events.put(Warned("still_indexing", message, "Ask again when they are."))
        return found


def _loading(engine: EngineInfo) -> Progress | None:
    """Say in words what a loading engine does; None when there is nothing to wait for."""
    if engine.state != "loading":
        return None
    what = {"chat": "the chat model", "embed": "the search model", "transcribe": "the speech model"}.get(engine.role)
    name = f" ({engine.model})" if engine.model else ""
    return Progress(f"Loading {what or engine.role}{name}", round(engine.progress, 2))


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait for them; what they raise has been told elsewhere or no longer matters."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
