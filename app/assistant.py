"""The one use case: a question in, a stream of events out, the conversation kept as it happens.

`Assistant.ask` hears (when the question is spoken), reads the given documents, searches, decides whether anything
found is relevant, lets a node answer, and checks the answer against the passages. See docs/assistant.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from app.answer_record import Record, said_before
from app.answering import Answering
from app.attachments import AttachedShelf, Attachments, beside
from app.collections import EVERYTHING, Collections
from app.conversations import Conversations
from app.errors import TangnetError, UsageError, VoiceError
from app.events import (
    DocumentInfo,
    Event,
    FileIndexed,
    Hearing,
    Passage,
    Progress,
    Retrieved,
    Transcribed,
    Warned,
)
from app.hotwords import Hotwords
from app.kept_sound import KeptSound
from app.looking import look
from app.personas import NOBODY, PLAIN, Personas
from app.prompts import Turn
from app.question import ONLY_LOCAL, Documents, Question, Thinking, pinned, placed
from app.recalling import Recollection
from app.rules import rules_of
from app.settings import Settings
from app.speculating import Ahead, Prepared, normalised
from app.spoken_turn import SpokenTurn
from app.streams import ending
from app.summaries import asks, wanted
from app.summarising import Summariser
from app.tracing import Traces, Tracing
from app.turn_trace import Tracer, TurnTrace
from app.warming import warm

if TYPE_CHECKING:
    from app.memory.memory import Memory
    from app.rag.search import Result

log = logging.getLogger(__name__)

__all__ = ["ONLY_LOCAL", "Assistant", "Documents", "Question", "Thinking"]


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
        memory: Memory | None = None,
        traces: Traces | None = None,
    ) -> None:
        """`collections`, `memory`: None knows none. `home`: where a summary keeps its notes; None makes none."""
        self._traces = traces
        self._recollection = Recollection(memory, conversations, settings, thinker)
        self._home = home
        self._personas = Personas(home) if home is not None else None
        self._collections = collections
        self._thinker = thinker
        self._library = library
        self._conversations = conversations
        self._settings = settings
        self.attachments = Attachments(library, home)
        self._hotwords = Hotwords(library.names, settings, home)
        self._running: set[asyncio.Task[None]] = set()
        self._traced: tuple[Record, Tracer] | None = None
        """The newest spoken question that was asked."""
        self._turn: SpokenTurn | None = None
        """What was heard last, until it is asked."""

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
            self._recollection.learn(record.conversation)

    def sounded(self, conversation: str) -> TurnTrace | None:
        """The first sound of the newest answer in `conversation` is heard now; returns where its time went."""
        if self._traced is None or self._traced[0].conversation != conversation:
            return None
        record, tracer = self._traced
        tracer.mark("sound")
        record.traced(tracer.trace)
        return tracer.trace

    async def close(self) -> None:
        """Stop all running answers; what they showed is kept by whoever reads them."""
        await _end(*self._running)
        await self._hotwords.close()
        await self._recollection.close()
        if self._turn is not None:
            await self._turn.close()

    async def _answer(self, question: Question, record: Record, events: asyncio.Queue[Event | None]) -> None:
        begun = perf_counter()
        turn: SpokenTurn | None = None
        persona = question.persona
        question = self._placed(question)
        roles = self._roles(question)
        warming = asyncio.create_task(warm(self._thinker, roles, events.put), name="warm") if roles else None
        recall = None
        answering: Answering | None = None
        tracing = Tracing(begun)
        await asyncio.sleep(0)  # lets the loading begin before anything else
        try:
            turn, sound = await self._heard(question, events)
            text = turn.text if turn is not None else question.text.strip()
            asked = perf_counter() if turn is not None and not question.text else begun
            within = await self._within(question)
            history = record.begin(
                *(question.conversation, text, question.prefer, question.collection),
                [str(path) for path in question.attachments],
                question.instead,
            )
            if persona:
                self._conversations.personify(record.conversation, "" if persona == NOBODY else persona)
            if record.attachments and not question.attachments:
                question = replace(question, attachments=tuple(map(Path, record.attachments)))
            if sound:
                await self._keep(record, sound, events)
            answering = self._answering(question, text, history, record.earlier)
            answering.begun, answering.asked, answering.conversation = begun, asked, record.conversation
            ahead = turn.ahead if turn is not None else None
            self._traced = (record, turn.tracer) if turn is not None else None
            if turn is not None:
                tracing.mark("hear")
                answering.tracer = turn.tracer
                answering.transcribe_ms = turn.tracer.between("release", "final")
            if ahead is not None and ahead.place != _place(question, within, history):
                ahead = None
            if await self._recollection.obeyed(question, text, record.conversation, begun, events.put):
                return
            if await self._summarised(replace(question, text=text), record, events):
                return
            recall = self._recollection.begin(question, text, record.conversation)
            attached = await self.attachments.gather(
                *(question.attachments, record.attached, answering, self._thinker),
                *(rules_of(tuple(self._settings.rules_folders)), events.put),
            )
            if question.attachments:
                passages: tuple[Passage, ...] | None = attached if attached or not answering.seen else None
            else:
                passages = await self._passages(
                    replace(question, docs=within), bool(question.docs), history, answering, events, ahead
                )
                passages = beside(attached, passages, text, self._settings.answer_passages)
            if passages is not None:
                tracing.mark("search")
            recalled = await self._recollection.found(recall, answering.retrieve_ms, question, text, events.put)
            if recalled:
                tracing.mark("recall")
            if passages is not None:
                answering.read((*passages, *recalled), ahead.places if ahead is not None else ())
                if not attached:
                    await answering.widen(self._library.text_around)
            elif recalled:
                answering.recall(recalled)
            if passages is not None or recalled:
                record.passages(answering.passages)
                await events.put(Retrieved(answering.passages, answering.filters))
            if turn is not None:
                turn.tracer.mark("searched")
                if ahead is not None:
                    ahead.takes(answering.prepared())
                    turn.tracer.ahead(ahead.reused)
            if passages == () and warming is not None:
                await _end(warming)
            async with ending(answering.answer(self._thinker)) as answer:
                tracing.mark("prepare")
                async for event in answer:
                    tracing.note(event)
                    await events.put(event)
        finally:
            tracing.keep(self._traces, record.conversation, record.answer, answering)
            if recall is not None:
                recall.stop()
            if warming is not None:
                await _end(warming)
            if turn is not None:
                await turn.close()

    def _answering(self, question: Question, text: str, history: Sequence[Turn], earlier: Sequence[str]) -> Answering:
        return Answering(
            question=text,
            history=history,
            settings=self._settings,
            nodes=self._thinker.nodes,
            node=question.node,
            prefer="" if pinned(question.prefer) else question.prefer,
            max_tokens=question.max_tokens,
            temperature=question.temperature,
            seed=question.seed,
            earlier=earlier,
            persona=self._personas.get(question.persona) if self._personas is not None else PLAIN,
        )

    def _placed(self, question: Question) -> Question:
        """Return the question with where its conversation is answered, and by which persona. Raises UsageError."""
        prefer, persona = question.prefer, question.persona
        if question.conversation:
            kept = self._conversations.get(question.conversation)
            prefer, persona = prefer or kept.prefer, persona or kept.persona
        return replace(question, prefer=prefer, persona=persona, node=placed(question.node, prefer))

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
        use = question.use_documents or bool(question.attachments)
        if self._home is None or not use or not asks(question.text):
            return False
        if question.docs:
            async with ending(self._library.add(question.docs)) as adding:
                async for event in adding:
                    if isinstance(event, Progress):
                        await events.put(event)
        library: Documents | AttachedShelf = self._library
        if question.attachments:
            library = AttachedShelf([await self.attachments.read(path) for path in question.attachments])
            documents: list[DocumentInfo] | None = library.documents
        else:
            documents = wanted(question.text, await self._library.documents(), question.docs)
        if not documents:
            return False
        rules = rules_of(tuple(self._settings.rules_folders))
        spread = self._settings.nodes_documents == "cluster"
        summariser = Summariser(self._thinker, library, self._home, rules, spread=spread)
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

    async def hear(self, question: Question) -> AsyncGenerator[Hearing | Transcribed, None]:
        """Turn the sound of `question` into text; search and reading begin meanwhile.

        `ask` with that text takes up what was done. Nothing is stored or shown of it. Raises VoiceError, NodeError.
        """
        before, self._turn = self._turn, None
        if before is not None:
            await before.close()
        question = self._placed(question)
        turn = await self._spoken(question)
        try:
            async with aclosing(await self._listen(turn, question)) as events:
                async for event in events:
                    yield event
        finally:
            if turn.text:
                self._turn = turn

    async def _keep(self, record: Record, sound: bytes, events: asyncio.Queue[Event | None]) -> None:
        """Keep the sound of the question that was just stored, where the settings want it."""
        if self._home is None or not self._settings.voice_keep_sound:
            return
        try:
            await asyncio.to_thread(KeptSound(self._home).keep, record.conversation, record.question, sound)
        except TangnetError as error:
            await events.put(Warned("sound_not_kept", f"{error.message} The question is answered.", error.hint))

    async def _heard(self, question: Question, events: asyncio.Queue[Event | None]) -> tuple[SpokenTurn | None, bytes]:
        """Hear a spoken question, or find out that a typed one was spoken before (else None), and its sound."""
        if question.text.strip():
            turn, self._turn = self._turn, None
            if turn is None:
                return None, b""
            if turn.fresh and normalised(turn.text) == normalised(question.text):
                return turn, turn.sound
            await turn.close()
            await self._hotwords.learn(turn.text, question.text)
            return None, turn.sound if turn.becomes(question.text) else b""
        if question.audio is None:
            raise UsageError("There is no question.", code="no_question", hint="Type one, or speak.")
        turn = await self._spoken(question)
        async with aclosing(await self._listen(turn, question)) as hearing:
            async for event in hearing:
                await events.put(event)
        if not turn.text:
            raise VoiceError(
                "I heard no words.", code="no_speech", hint="Check the microphone, and speak a bit louder."
            )
        return turn, turn.sound

    async def _listen(self, turn: SpokenTurn, question: Question) -> AsyncGenerator[Hearing | Transcribed, None]:
        assert question.audio is not None
        hotwords = await self._hotwords.now()
        return turn.hear(self._thinker, question.audio, question.language, question.node == "local", hotwords)

    async def _spoken(self, question: Question) -> SpokenTurn:
        """Return the turn that begins now, with all that is needed to work ahead of it."""
        turn = SpokenTurn(called=question.called)
        turn.keeps = self._settings.voice_keep_sound
        if not self._settings.voice_ahead:
            return turn
        history: list[Turn] = []
        earlier: tuple[str, ...] = ()
        if question.conversation:
            history, earlier = said_before(self._conversations, question.conversation)
        within = await self._within(question)
        searched = question.use_documents and bool(within or await self._library.documents())

        def find(query: str, most: int) -> Awaitable[Result]:
            return self._library.find(query, k=most, within=within)

        async def prepare(text: str, ahead: Ahead) -> Prepared | None:
            if self._home is not None and asks(text):
                return None  # a summary reads everything
            answering = self._answering(question, text, history, earlier)
            if searched:
                looked = await look(ahead.find, text, history, max(self._settings.answer_passages, 1))
                if not looked.passages:
                    return None
                answering.meant, answering.filters = looked.meant, looked.filters
                answering.read(looked.passages, ahead.places)
                await answering.widen(self._library.text_around)
            return answering.prepared()

        turn.ahead = Ahead(self._thinker, find, prepare, _place(question, within, history))
        return turn

    async def _passages(
        self,
        question: Question,
        add: bool,
        history: Sequence[Turn],
        answering: Answering,
        events: asyncio.Queue[Event | None],
        ahead: Ahead | None = None,
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

        def find(query: str, most: int) -> Awaitable[Result]:
            return self._library.find(query, k=most, within=question.docs)

        finding = find if ahead is None or add else ahead.find  # what was just added is not in what was found before
        looked = await look(finding, answering.question, history, max(self._settings.answer_passages, 1))
        answering.meant, answering.filters, answering.rerank_ms = looked.meant, looked.filters, looked.rerank_ms
        if looked.dropped:
            await events.put(Warned("limits_dropped", looked.dropped))
        answering.retrieve_ms = (perf_counter() - started) * 1000
        waiting, total = await self._library.unfinished(question.docs)
        if waiting:
            are = "is" if waiting == 1 else "are"
            message = f"{waiting} of {total} files {are} not indexed yet; what they say is not in the answer."
            await events.put(Warned("still_indexing", message, "Ask again when they are."))
        return looked.passages


def _place(question: Question, within: tuple[Path, ...], history: Sequence[Turn]) -> object:
    """Return all that decides on an answer beside the words of the question."""
    chosen = question.use_documents, within, question.node, question.prefer, question.max_tokens, question.attachments
    return chosen, question.persona, tuple(history)


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait for them; what they raise has been told elsewhere or no longer matters."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
