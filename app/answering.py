"""From passages to a checked answer: prompt, generation, quotation for weak models, citations, honest ends."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from app import grounding, prompts
from app.checking import Verdict, check
from app.citing import CitedStream
from app.cluster.prediction import rates
from app.errors import DocumentError
from app.events import (
    Answered,
    Citation,
    Event,
    Generated,
    ModelInfo,
    Moved,
    NodeChosen,
    NodeInfo,
    Passage,
    Timings,
    TokenReceived,
    Usage,
    Warned,
)
from app.excerpts import CHARACTERS_PER_TOKEN, EXCERPT_OVERHEAD, Excerpt, excerpts, merged, tokens
from app.personas import PLAIN, Persona
from app.quoting import inexact, quotes
from app.rules import Rules, rules_of
from app.screening import OWN_WORDS, SentenceScreen
from app.settings import Settings
from app.speculating import Place, Prepared, aligned, place_of
from app.streams import ending
from app.thinking import ChatRequest, Embeddings, Thinker
from app.turn_trace import Tracer
from nodeworker.protocol import LOCAL_NODE_NAME

WEAK_PASSAGES = 3
"""What a model that cannot be trusted gets to read: more only confuses it, and takes longer."""
WEAK_MAX_TOKENS = 64
"""After the quotation a weak model gets room for a sentence or two: measured, two of three of its answers are wrong."""
SMALL_PARAMETERS = 3_000_000_000
"""Below, a model's answer is followed by the sentences of the documents that answer best. Measured with 1.5 billion:
its own words hold the right answer in two of three cases, those sentences in nine of ten (docs/assistant.md)."""
PLACES = "Your documents say:"
NEAREST = "The nearest that they say:"
WIDENED = 0.5
"""Share of the room that is left over which goes to the section around the best passage."""
NOTES = 0.3
"""Share of the prompt's room that goes to what the user said before, where no document is searched."""
QUICK_BUDGET = 1000
"""Tokens of a prompt from which more text than the passages is read: a node that reads 125 tokens/s."""
LEAST_WIDER = 300
"""Characters; less is not worth a look into the library."""
DEFAULT_CONTEXT = 4096
"""Taken while no node has said what its model can hold."""

Around = Callable[[str, int, int, int], Awaitable[str]]
"""Gives the text of a document around a range of characters: path, start, end, characters in all."""


@dataclass
class Answering:
    """One answer in the making. Times are perf_counter seconds; milliseconds where the name says so."""

    question: str
    history: Sequence[prompts.Turn]
    settings: Settings
    nodes: Callable[[], tuple[NodeInfo, ...]]
    node: str = ""
    prefer: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int = 0
    begun: float = 0.0
    asked: float = 0.0
    transcribe_ms: float | None = None
    retrieve_ms: float | None = None
    rerank_ms: float = 0.0
    """The part of it that a reranker took."""
    ended: float = 0.0
    """When the model's last word was there; 0 = it is not."""
    request: ChatRequest | None = None
    """What was sent to the nodes."""
    conversation: str = ""
    persona: Persona = PLAIN
    seen: dict[str, bytes] = field(default_factory=dict)
    """Pictures that the model sees, by path: PNG."""
    tracer: Tracer | None = None
    """Of a spoken question."""
    earlier: Sequence[str] = ()
    """Paths of documents whose passages were read for earlier answers of the conversation."""
    passages: tuple[Passage, ...] = ()
    """What was found, numbered from 1: what the model is given to read, then what its node has no time for."""
    _documents: bool = False
    _notes: bool = False
    """The passages are only what the user said before."""
    meant: str = ""
    filters: tuple[str, ...] = ()
    """Limits that the search took from the question, in plain words."""
    """The question as it stands without what was said before; "" = as asked."""
    _excerpts: tuple[Excerpt, ...] = ()
    """What the model reads of the passages."""
    _text: str = ""
    _quoted: str = ""
    _model_text: str = ""
    """All that the model said, shown or not."""
    _own: str = ""
    """What the reader saw of the model's words."""
    _screen: SentenceScreen | None = None
    _first: float | None = None
    _chosen: NodeChosen | None = None
    _end: Generated | None = None
    _tokens: int = 0
    """Tokens received; what usage says when the model was stopped before it could tell."""
    _warned: set[str] = field(default_factory=set)

    def read(self, passages: Sequence[Passage], before: Sequence[Place] = ()) -> None:
        """Take the relevant passages and settle what of them the model reads: as much as its node allows.

        `before`: what a node has read ahead, in its order, which is kept to.
        """
        self._documents = True
        passages = merged(passages)
        if self._expected_weak():
            quoted = [quote.n for quote in quotes(self._asked, passages)]
            passages = sorted(passages, key=lambda passage: passage.n not in quoted)[:WEAK_PASSAGES]
        passages = aligned(passages, before)
        self.passages = passages  # where they may go decides which nodes count for the budget
        self._excerpts = prompts.fitting(self._asked, passages, self._budget(), self.persona.instructions)
        read = [excerpt.passage for excerpt in self._excerpts]
        ranges = {(one.path, one.start, one.end) for one in read}
        rest = [one for one in passages if (one.path, one.start, one.end) not in ranges]
        # What the node has no time to read is not lost: it may be quoted, and back what the model says.
        self.passages = (*read, *(replace(one, n=n) for n, one in enumerate(rest, len(read) + 1)))

    def would_see(self, paths: Sequence[str]) -> bool:
        """Tell whether a node that may have these pictures, one at least, has a model that sees."""
        zones = self._rules().zones((*self._paths, *paths))
        return bool(paths) and any(model.vision for model in self._models(zones))

    def see(self, path: str, png: bytes) -> None:
        """Let the model see a picture."""
        self.seen[path] = png

    @property
    def prefill_ms(self) -> float:
        """What the node says that reading took."""
        return self._end.prefill_ms if self._end is not None else 0.0

    @property
    def room(self) -> int:
        """Tokens that passages may have in the prompt."""
        return prompts.room(self._asked, self._budget(), self.persona.instructions)

    def recall(self, notes: Sequence[Passage]) -> None:
        """Take what the user said before, for a question that no document is searched for."""
        self._notes = bool(notes)
        self.passages = tuple(notes)
        self._excerpts = excerpts(self._asked, self.passages, int(self.room * NOTES)) if notes else ()

    async def widen(self, around: Around) -> None:
        """Let the model read the section around the best passage where its node has room for it."""
        if not self._excerpts or self._budget() < QUICK_BUDGET:
            return
        best = self._excerpts[0]
        used = sum(tokens(one.text) + EXCERPT_OVERHEAD for one in self._excerpts)
        spare = int((self.room - used) * CHARACTERS_PER_TOKEN * WIDENED)
        if spare < LEAST_WIDER or best.text != best.passage.text:
            return
        passage = best.passage
        try:
            text = await around(passage.path, passage.start, passage.end, len(passage.text) + spare)
        except DocumentError:
            return  # it has left the library meanwhile
        if passage.text in text and tokens(text) <= tokens(passage.text) + spare // CHARACTERS_PER_TOKEN + 8:
            self._excerpts = (replace(best, text=text), *self._excerpts[1:])

    def prepared(self) -> Prepared:
        """Return the request by which a node reads the prompt ahead of the question."""
        request = replace(self._request(), max_tokens=1, background=True, ahead=True)
        return Prepared(request, tuple((place_of(one.passage), one.text) for one in self._excerpts))

    @property
    def _read(self) -> tuple[Passage, ...]:
        """The passages with all the text that the model reads of them: what an answer may rest on."""
        wider = {one.passage.n: one.text for one in self._excerpts if one.passage.text in one.text}
        return tuple(replace(one, text=wider.get(one.n, one.text)) for one in self.passages)

    @property
    def _asked(self) -> str:
        return self.meant or self.question

    async def answer(self, thinker: Thinker) -> AsyncGenerator[Event, None]:
        """Yield everything from the chosen node to Answered. Raises NodeError."""
        if self._documents and not self.passages:
            yield self._say(grounding.NOT_FOUND, LOCAL_NODE_NAME)
            yield self._answered()
            return
        cited = CitedStream(self._read, self._asked)
        self.request = self._request()
        async with ending(thinker.generate(self.request)) as events:
            async for event in events:
                if isinstance(event, TokenReceived):
                    self._tokens += len(event.ids)
                    self._model_text += event.text
                    for words in self._show(cited.feed(event.text), event.node, event.ids):
                        yield words
                    if grounding.repeats(self._model_text):
                        if self._screen is None:
                            yield self._warn("repetition", *grounding.REPETITION)
                        break
                elif isinstance(event, Generated):
                    self._end, self.ended = event, perf_counter()
                elif isinstance(event, NodeChosen | Moved):
                    yield self._with_rule(event)
                else:
                    yield event
                if isinstance(event, NodeChosen):
                    self._chosen = event
                    for extra in self._introduce(event.model):
                        yield extra
                elif isinstance(event, Moved) and self._chosen is not None:
                    self._chosen = NodeChosen(event.to, "", event.reason, self._chosen.model if event.exact else "")
        for words in self._show(cited.flush(), self._node_name(), (), last=True):
            yield words
        if self._end is not None and self._weak(self._end.model):
            for extra in self._warn_weak(self._end.model):
                yield extra
        for words in self._show_places():
            yield words
        if self._end is not None and self._end.reason in ("length", "context") and self._screen is None:
            yield self._warn("cut", *grounding.CUT)
        async for extra in self._checked(thinker):
            yield extra

    def _with_rule(self, event: NodeChosen | Moved) -> NodeChosen | Moved:
        """Say in the reason where these documents may be answered, if a rule says it."""
        rule = self._rules().reason(self._paths)
        return replace(event, reason=f"{event.reason} {rule}".strip()) if rule else event

    def _rules(self) -> Rules:
        return rules_of(tuple(self.settings.rules_folders))

    @property
    def _paths(self) -> tuple[str, ...]:
        """Documents that stand in the prompt, by themselves or in what was said of them before."""
        passages = (path for one in self.passages for path in (one.path, *one.rests_on))
        return (*self.earlier, *self.seen, *passages)

    def _show(self, text: str, node: str, ids: tuple[int, ...], *, last: bool = False) -> list[Event]:
        """Return the events that show the model's words: as they come, or screened when it cannot be trusted."""
        if self._screen is None:
            self._own += text
            return [self._say(text, node, ids)] if text else []
        good = self._screen.feed(text) + (self._screen.flush() if last else "")
        if not good:
            return []
        opening = "" if self._own else f"\n\n{OWN_WORDS} "
        self._own += good
        return [self._say(opening + good, node, ids)]

    def _show_places(self) -> list[Event]:
        """Return the sentences of the documents that belong under a small model's answer."""
        if not self._documents or self._screen is not None or not self.settings.answer_quotes:
            return []
        if not self._small(self._end.model if self._end is not None else ""):
            return []
        refused = grounding.refuses(self._own)
        found = quotes(self._asked, self.passages)
        if not found:
            return []
        opening = NEAREST if refused else PLACES
        return [self._say("\n".join(["\n", opening, *map(str, found)]), LOCAL_NODE_NAME)]

    async def _checked(self, thinker: Thinker) -> AsyncGenerator[Event, None]:
        """Compare the finished answer with the passages, and finish."""
        if not self.passages:
            yield self._answered()
            return
        for quotation in inexact(self._own, self._read) if self._documents else ():
            yield self._warn(
                "inexact_quote",
                f"“{quotation}” does not stand so in the documents, though the answer puts it in quotation marks.",
                "Look at the passage before you quote it.",
            )

        def embed(texts: Sequence[str]) -> Awaitable[Embeddings]:
            return thinker.embed(texts, "query")

        verdict = await check(self._text, self._read, self._asked, embed, self._quoted or self._own)
        yield self._answered(verdict if self._documents else replace(verdict, sentences=()))

    def _introduce(self, model: str) -> list[Event]:
        """Before the words of a weak model: say so, and let the document speak first."""
        if not self._weak(model):
            return []
        events: list[Event] = list(self._warn_weak(model))
        if self._documents:
            quoted = "\n\n".join(map(str, quotes(self._asked, self.passages)))
            if quoted:
                self._quoted = quoted
                self._screen = SentenceScreen(self._asked, self.passages, quoted)
                events.append(self._say(quoted, LOCAL_NODE_NAME))
        return events

    def _warn_weak(self, model: str) -> list[Event]:
        if "weak_model" in self._warned or self.history:  # once a conversation is enough
            return []
        name = model or "The model here"
        what = (
            "your documents are quoted, and of its own words only those are shown that they back."
            if self._documents
            else "check what it says."
        )
        return [
            self._warn(
                "weak_model",
                f"{name} is too weak to be trusted: {what}",
                "`tangnet models add qwen2.5-coder-1.5b` fetches a better one (1.1 GB).",
            )
        ]

    def _request(self) -> ChatRequest:
        longest = self.max_tokens or self.settings.answer_max_tokens
        if self._expected_weak() and self.max_tokens is None and self._documents:
            longest = min(longest, WEAK_MAX_TOKENS)
        messages = prompts.build(
            self.question,
            history=self.history,
            excerpts=self._excerpts if self._documents or self._notes else None,
            budget=self._budget(),
            persona=self.persona.instructions,
            memory=self._notes,
        )
        if self.seen:
            messages = (*messages[:-1], replace(messages[-1], images=tuple(self.seen.values())))
        return ChatRequest(
            messages=messages,
            request_id=uuid.uuid4().hex,
            max_tokens=longest,
            temperature=self.settings.answer_temperature if self.temperature is None else self.temperature,
            seed=self.seed,
            model=self.persona.model or self.settings.answer_model,
            node=self.node,
            prefer=self.prefer,
            zones=self._rules().zones(self._paths),
        )

    def _say(self, text: str, node: str, ids: tuple[int, ...] = ()) -> TokenReceived:
        if self._first is None and text.strip():
            self._first = perf_counter()
            if self.tracer is not None:
                self.tracer.at("token", self._first)
        self._text += text
        return TokenReceived(text, node, ids)

    def _warn(self, code: str, message: str, hint: str) -> Warned:
        self._warned.add(code)
        return Warned(code, message, hint)

    def _answered(self, verdict: Verdict | None = None) -> Answered:
        by_number = {passage.n: passage for passage in self.passages}
        citations = tuple(
            Citation(n, by_number[n].path, by_number[n].page, by_number[n].start, by_number[n].end)
            for n in (verdict.cited if verdict is not None else ())
        )
        end = self._end
        timings = Timings(
            transcribe_ms=_rounded(self.transcribe_ms),
            retrieve_ms=_rounded(self.retrieve_ms),
            queue_ms=_rounded(end.queue_ms if end else None),
            prefill_ms=_rounded(end.prefill_ms if end else None),
            first_token_ms=_rounded((self._first - self.asked) * 1000 if self._first else None),
            total_ms=_rounded((perf_counter() - self.begun) * 1000),
        )
        usage = end.usage if end else Usage(completion_tokens=self._tokens)
        if self.tracer is not None and end is not None:
            self.tracer.took(_rounded(end.queue_ms), _rounded(end.prefill_ms))
        return Answered(
            self._text,
            citations,
            verdict is not None and verdict.grounded,
            self._node_name(),
            usage,
            timings,
            self.conversation,
            sentences=verdict.sentences if verdict is not None else (),
            trace=self.tracer.trace if self.tracer is not None else None,
        )

    def _node_name(self) -> str:
        if self._end is not None:
            return self._end.node
        return self._chosen.name if self._chosen is not None else ""

    def _models(self, zones: tuple[str, ...] | None = None) -> list[ModelInfo]:
        """Chat models that may make this answer, as far as nodes have told; `zones`: None follows the rules."""
        zones = self._rules().zones(self._paths) if zones is None else zones
        return [
            model
            for node in self.nodes()
            if (node.local or node.trusted) and (not zones or node.local or node.zone in zones)
            if self.node in ("", node.name) or (self.node == "local" and node.local)
            for model in node.models
            if model.role == "chat" and model.present and (model.vision or not self.seen)
        ]

    def _expected_weak(self) -> bool:
        models = self._models()
        return bool(models) and not any(model.trustworthy for model in models)

    def _weak(self, name: str) -> bool:
        if not name:
            return self._expected_weak()
        known = [model for node in self.nodes() for model in node.models if name in (model.name, model.sha256)]
        return any(not model.trustworthy for model in known)

    def _small(self, name: str) -> bool:
        """Say whether a model is small, so that the documents should speak beside it; not when nothing is known."""
        known = [model for model in self._models() if not name or name in (model.name, model.sha256)]
        return any(0 < model.parameters < SMALL_PARAMETERS for model in known)

    def _budget(self) -> int:
        """Tokens that the prompt may have: by the smallest context, and by what reading costs where it is quickest."""
        models = self._models()
        contexts = [model.context for model in models if model.context]
        answer = self.max_tokens or self.settings.answer_max_tokens
        rate = max((self._rate(model) for model in models), default=0.0)
        return prompts.budget(min(contexts, default=DEFAULT_CONTEXT), answer, rate)

    def _rate(self, model: ModelInfo) -> float:
        """Tokens/s that a model's node reads with it; the largest of those that have it."""
        return max((rates(node, model)[1] for node in self.nodes() if model in node.models), default=0.0)


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
