"""The assistant's memory: does what a message wants of it, finds what fits a question, proposes, and learns.

What was said in a conversation that stays on this machine is given to no other, and what rests on documents goes only
where these may go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from app import words
from app.conversations import Conversations
from app.errors import NodeError, TangnetError, UsageError
from app.events import Answered, Event, Passage, Timings, TokenReceived, Usage
from app.grounding import ENOUGH, backing
from app.memory.memory import CONVERSATION, MOST_TURNS, WORDED, Asked, Memory, unit
from app.memory.turns import Said
from app.memory.wording import Order, Wish, order, proposal
from app.question import ONLY_LOCAL, Question
from app.settings import Settings
from app.thinking import Embedder
from nodeworker.protocol import LOCAL_NODE_NAME

if TYPE_CHECKING:
    from app.memory.facts import Fact
    from app.messages import StoredMessage

log = logging.getLogger(__name__)

WAIT_SECONDS = 0.15
"""How long a question waits for its vector where no document is searched; where one is, as long again as that took."""
SAME_FACT = 0.6
"""Share of the words of "forget that …" that must stand in the fact."""
BACKFILLED = 20
"""Conversations from before there was a memory that are taken in after an answer."""
SHOWN_FACTS = 20


Tell = Callable[[Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Remembered(Event):
    """A fact is kept now."""

    event: ClassVar[str] = "remembered"
    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Forgotten(Event):
    """A fact is forgotten; it can be restored for a while."""

    event: ClassVar[str] = "forgotten"
    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Proposed(Event):
    """Something that the user said could be remembered; nothing was kept."""

    event: ClassVar[str] = "proposed"
    text: str
    private: bool = False


class Recall:
    """The search for what fits one question; it has begun."""

    def __init__(self, memory: Memory, embedder: Embedder, question: str, *, turns: bool, here: str, private: bool):
        self._memory = memory
        self._question = question
        self._turns, self._here, self.private = turns, here, private
        self._begun = perf_counter()
        self._embedding = asyncio.create_task(self._embed(embedder), name="embed for memory")

    async def passages(self, searched_ms: float | None) -> list[Passage]:
        """Return candidates, the best first. `searched_ms`: what the search of documents took, None without one."""
        patience = WAIT_SECONDS if searched_ms is None else 2 * searched_ms / 1000
        left = max(patience - (perf_counter() - self._begun), 0.0)
        await asyncio.wait([self._embedding], timeout=left)
        asked = self._embedding.result() if self._embedding.done() else None
        self._embedding.cancel()
        look = self._memory.find
        return await asyncio.to_thread(
            look, self._question, asked, turns=self._turns, here=self._here, private=self.private
        )

    def stop(self) -> None:
        """Nobody waits for it any more."""
        self._embedding.cancel()

    async def _embed(self, embedder: Embedder) -> Asked | None:
        try:
            return unit(await embedder.embed([self._question], "query"))
        except NodeError as error:
            log.info("a question is not embedded for the memory: %s", error.message)
            return None


class Recollection:
    """The memory of one assistant."""

    def __init__(
        self, memory: Memory | None, conversations: Conversations, settings: Settings, embedder: Embedder
    ) -> None:
        """`memory`: None remembers nothing."""
        self._memory = memory
        self._conversations = conversations
        self._settings = settings
        self._embedder = embedder
        self._learning: set[asyncio.Task[None]] = set()

    def begin(self, question: Question, text: str, conversation: str) -> Recall | None:
        """Begin to look for what fits a question; None where nothing shall be."""
        if self._memory is None or not self._settings.memory_use or question.attachments:
            return None
        return Recall(
            self._memory, self._embedder, text, turns=self._settings.memory_conversations, here=conversation,
            private=question.prefer == ONLY_LOCAL,
        )  # fmt: skip

    async def found(
        self, recall: Recall | None, searched_ms: float | None, question: Question, text: str, tell: Tell
    ) -> tuple[Passage, ...]:
        """Return what fits: with documents searched only what clearly does, since it stands among them.

        `searched_ms`: what the search of documents took, None without one. What of the message itself could be
        remembered goes to `tell`.
        """
        await self._propose(question, text, tell)
        if recall is None:
            return ()
        try:
            found = await recall.passages(searched_ms)
        except TangnetError as error:
            log.warning("nothing is recalled: %s", error.message)
            return ()
        kept = [one for one in found if _fits(one, strict=searched_ms is not None)]
        facts = [one for one in kept if one.origin != CONVERSATION]
        turns = [one for one in kept if one.origin == CONVERSATION and self._there(one, recall.private)][:MOST_TURNS]
        return tuple(replace(one, n=n) for n, one in enumerate(facts + turns, 1))

    def _there(self, turn: Passage, private: bool) -> bool:
        """Tell whether an earlier turn's conversation is still there and may be spoken of."""
        try:
            conversation = self._conversations.get(turn.path.split(":")[1])
        except UsageError:
            return False
        return private or conversation.prefer != ONLY_LOCAL

    async def obeyed(self, question: Question, text: str, conversation: str, begun: float, tell: Tell) -> bool:
        """Do what a message wants of the memory and answer it; False: it wants nothing of it. Raises StoreError."""
        wanted = order(text) if self._memory is not None and not question.attachments else None
        if wanted is None:
            return False
        for event in await self._answer(wanted, question, conversation, begun):
            await tell(event)
        return True

    async def _answer(self, wanted: Order, question: Question, conversation: str, begun: float) -> list[Event]:
        if not self._settings.memory_use:
            say = "Das Gedächtnis ist in den Einstellungen ausgeschaltet." if wanted.german else \
                "The memory is switched off in the settings."  # fmt: skip
            return _said(say, conversation, begun)
        return await asyncio.to_thread(self._do, wanted, conversation, question.prefer == ONLY_LOCAL, begun)

    def _do(self, wanted: Order, conversation: str, private: bool, begun: float) -> list[Event]:
        assert self._memory is not None
        facts = self._memory.facts
        de = wanted.german
        if wanted.wish is Wish.TELL:
            shown = [fact for fact in facts.all() if private or not fact.private]
            head = ("Das habe ich mir gemerkt:" if de else "This is what I remember:") if shown else \
                ("Ich habe mir noch nichts gemerkt." if de else "I remember nothing so far.")  # fmt: skip
            return _said("\n".join([head, *(f"- {fact.text}" for fact in shown[:SHOWN_FACTS])]), conversation, begun)
        if wanted.wish is Wish.REMEMBER:
            try:
                fact = facts.remember(wanted.about, conversation, private=private)
            except UsageError as error:
                return _said(f"{error.message} {error.hint}", conversation, begun)
            say = f"Das merke ich mir: “{fact.text}”" if de else f"I will remember: “{fact.text}”"
            return [Remembered(fact.id, fact.text), *_said(say, conversation, begun)]
        meant = _meant(wanted.about, [fact for fact in facts.all() if private or not fact.private])
        if len(meant) == 1:
            facts.forget([meant[0].id])
            say = f"Vergessen: “{meant[0].text}”" if de else f"Forgotten: “{meant[0].text}”"
            return [Forgotten(meant[0].id, meant[0].text), *_said(say, conversation, begun)]
        if meant:
            head = "Das könnte mehreres sein. Sag genauer, was:" if de else "That could be several things. Say which:"
            return _said("\n".join([head, *(f"- {fact.text}" for fact in meant)]), conversation, begun)
        return _said("So etwas habe ich mir nicht gemerkt." if de else "I remember nothing like that.",
                     conversation, begun)  # fmt: skip

    async def _propose(self, question: Question, text: str, tell: Tell) -> None:
        """Tell what the user may want remembered of a message; nothing is kept."""
        if self._memory is None or not (self._settings.memory_use and self._settings.memory_propose):
            return
        found = proposal(text)
        if not found:
            return
        try:
            if await asyncio.to_thread(self._memory.facts.may_propose, found):
                await tell(Proposed(found, question.prefer == ONLY_LOCAL))
        except TangnetError as error:
            log.warning("nothing is proposed: %s", error.message)

    def learn(self, conversation: str) -> None:
        """Take in, in the background, what was said in a conversation, and what it lacks of older ones."""
        wanted = self._settings.memory_use and self._settings.memory_conversations
        if self._memory is not None and conversation and wanted and not self._learning:
            task = asyncio.create_task(self._learn(conversation, self._memory), name="learn what was said")
            self._learning.add(task)
            task.add_done_callback(self._learning.discard)

    async def _learn(self, conversation: str, memory: Memory) -> None:
        try:
            said = await asyncio.to_thread(self._unknown, conversation, memory)
            await memory.learn(self._embedder, said)
        except TangnetError as error:
            log.warning("what was said is not learnt: %s", error.message)

    def _unknown(self, conversation: str, memory: Memory) -> list[Said]:
        memory.sweep(self._conversations.kept())
        known = memory.turns.known()
        older = [one.id for one in self._conversations.list() if one.id not in known and one.id != conversation]
        found: list[Said] = []
        for id in [conversation, *older[:BACKFILLED]]:
            try:
                private = self._conversations.get(id).prefer == ONLY_LOCAL
                found += turns_of(self._conversations.messages(id), private=private)
            except UsageError:
                continue  # deleted meanwhile
        return found

    async def close(self) -> None:
        """Stop learning."""
        for task in self._learning:
            task.cancel()
        await asyncio.gather(*self._learning, return_exceptions=True)


def turns_of(messages: Sequence[StoredMessage], *, private: bool) -> list[Said]:
    """Return the complete answers of a conversation with their questions."""
    found: list[Said] = []
    asked = ""
    for message in messages:
        if message.role == "user":
            asked = message.text
        elif message.state == "complete" and asked and message.text.strip() and order(asked) is None:
            paths = [path for one in message.passages for path in (*one.rests_on, *([] if one.origin else [one.path]))]
            found.append(Said(message.conversation, message.id, asked, message.text, message.created_at,
                              tuple(dict.fromkeys(paths)), private))  # fmt: skip
    return found


def _fits(passage: Passage, *, strict: bool) -> bool:
    if passage.origin != CONVERSATION and not strict:
        return True
    if passage.similarity:
        return backing(passage) >= ENOUGH
    return passage.overlap >= WORDED


def _meant(about: str, facts: Sequence[Fact]) -> list[Fact]:
    """Return the facts that "forget that …" may mean: the one that says it, or all that come near."""
    asked = set(words.content(about))
    shares = [(len(asked & set(words.content(fact.text))) / max(len(asked), 1), fact) for fact in facts]
    best = max((share for share, _ in shares), default=0.0)
    return [fact for share, fact in shares if share == best] if best >= SAME_FACT else []


def _said(text: str, conversation: str, begun: float) -> list[Event]:
    timings = Timings(total_ms=round((perf_counter() - begun) * 1000, 1))
    told = TokenReceived(text, LOCAL_NODE_NAME)
    return [told, Answered(text, (), True, LOCAL_NODE_NAME, Usage(), timings, conversation)]
