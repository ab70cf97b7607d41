"""A runtime for tests of the window: a scripted assistant, cluster and library, and the real conversation store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.answer_record import Record
from app.assistant import Question
from app.attachments import Attachments
from app.cluster.outlook import Outlook, outlook
from app.cluster.placing import Placing
from app.collections import Collections
from app.conversations import Conversations, Outcome
from app.errors import ModelError, TrustError
from app.events import (
    Answered,
    Citation,
    DeploymentInfo,
    EngineInfo,
    Event,
    Hearing,
    ModelInfo,
    Moved,
    NodeChosen,
    NodeInfo,
    Retrieved,
    Timings,
    TokenReceived,
    Transcribed,
    Usage,
)
from app.kept_sound import KeptSound
from app.memory.memory import Memory
from app.messages import StoredMove
from app.outside import Outside
from app.personas import Personas
from app.settings import Settings
from app.spoken_turn import without_call
from app.thinking import Attended, ChatRequest, ModelProgress, Spoken
from app.tracing import Traces
from app.turn_trace import TurnTrace
from tests.fakes_voice import FakeAttendant
from tests.ui.fake_library import GARDEN, SAID, TOWER, ScriptedLibrary, document
from tests.ui.fake_upkeep import ScriptedUpkeep

__all__ = ["GARDEN", "SAID", "TOWER", "ScriptedLibrary", "document"]

Step = Event | BaseException | asyncio.Event
STARTER = ModelInfo(
    "smollm2-135m", "chat", "b1" * 32, 98_000_000, "Q4_1", 8192, trustworthy=False, parameters=135, nodes=("local",)
)
BETTER = ModelInfo(
    "qwen2.5-1.5b",
    "chat",
    "cc" * 32,
    1_117_000_000,
    "Q4_K_M",
    32768,
    licence="Apache-2.0",
    parameters=1500,
    present=False,
)
LOCAL = NodeInfo("local", "1" * 64, "unix", "", True, "ready", local=True, models=(STARTER,), hardware="2 cores, 8 GB")
PI = NodeInfo("pi-3", "2" * 64, "192.168.1.23:7443", "attic", True, "ready", decode_rate=12.3, hardware="Pi 5, 8 GB")
RIG = NodeInfo("rig", "3" * 64, "192.168.1.40:7443", "cellar", False, "unpaired", pairing=True)


def answer(
    text: str = "It is 330 metres high [1].", *, node: str = "local", cited: Sequence[int] = (1,), grounded: bool = True
) -> Answered:
    """Return a finished answer that cites TOWER."""
    citations = tuple(Citation(n, TOWER.path, TOWER.page, TOWER.start, TOWER.end) for n in cited)
    return Answered(text, citations, grounded, node, Usage(300, 0, 8), Timings(first_token_ms=200.0, total_ms=1000.0))


def simple_script(text: str = "It is 330 metres high [1].") -> list[Step]:
    """Return the events of an answer that goes well."""
    words = [TokenReceived(word + " ", "local") for word in text.split()]
    chosen = NodeChosen("local", "1" * 64, "the only node there is", "smollm2-135m")
    return [Retrieved((TOWER, GARDEN)), chosen, *words, answer(text)]


@dataclass
class ScriptedAssistant:
    """Says `script`: an event goes out, an exception is raised, an asyncio.Event is waited for."""

    store: Conversations
    script: Sequence[Step] = field(default_factory=simple_script)
    make: Callable[[], Sequence[Step]] | None = None
    """Makes the script in the asyncio thread, for scripts with an asyncio.Event."""
    questions: list[Question] = field(default_factory=list)
    cluster: ScriptedCluster | None = None
    spoken: list[Question] = field(default_factory=list)
    sounded: Callable[[str], TurnTrace | None] = lambda conversation: None
    pace: float = 0.0
    """Seconds from one token to the next."""
    closed: int = 0
    """How many streams have ended, in whatever way."""

    async def hear(self, question: Question) -> AsyncIterator[Hearing | Transcribed]:
        self.spoken.append(question)
        assert self.cluster is not None and question.audio is not None
        events = self.cluster.transcribe(question.audio, here=question.prefer == "only-local")
        async for event in without_call(events, question.called) if question.called else events:
            yield event

    async def ask(self, question: Question) -> AsyncIterator[Event]:
        self.questions.append(question)
        record = Record(self.store)
        record.begin(question.conversation, question.text, "", "", [*map(str, question.attachments)], question.instead)
        message = record.answer
        state: Outcome = Outcome("stopped")
        moves: list[StoredMove] = []
        length = 0
        try:
            for step in self.make() if self.make else self.script:
                if isinstance(step, BaseException):
                    state = Outcome("failed", error=str(step))
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                    continue
                if isinstance(step, TokenReceived):
                    if self.pace:
                        await asyncio.sleep(self.pace)
                    self.store.append(message, step.text)
                    length += len(step.text)
                if isinstance(step, Moved):
                    moves.append(StoredMove(step.from_, step.to, step.reason, step.gap_ms, step.exact, length))
                if isinstance(step, Retrieved):
                    self.store.passages(message, step.passages)
                if isinstance(step, Answered):
                    state = Outcome("complete", step.citations, step.grounded, step.node, "", step.usage, step.timings,
                                    reason="it is there", moves=moves)  # fmt: skip
                yield step
        finally:
            self.closed += 1
            self.store.finish(message, state)


@dataclass
class ScriptedCluster:
    """Nodes, engines and models as told; speaks a sentence as its own letters."""

    attendant: FakeAttendant = field(default_factory=FakeAttendant)
    said: list[str] = field(default_factory=list)
    upkeep: ScriptedUpkeep = field(default_factory=ScriptedUpkeep)
    spoken_in: tuple[str, ...] = ()
    known: tuple[NodeInfo, ...] = (LOCAL, PI, RIG)
    engines: Sequence[tuple[EngineInfo, ...]] = (
        (
            EngineInfo("chat", "loading", "smollm2-135m", 0.4),
            EngineInfo("embed", "loading"),
            EngineInfo("transcribe", "idle"),
        ),
        tuple(EngineInfo(role, "ready", name) for role, name in
              (("chat", "smollm2-135m"), ("embed", "minilm"), ("transcribe", "whisper-tiny"))),
    )  # fmt: skip
    code: str = "12345678"

    async def speak(
        self, sentences: AsyncIterator[str], *, voice: str = "", speed: float = 1.0, zones: tuple[str, ...] = ()
    ) -> AsyncIterator[Spoken]:
        self.spoken_in = zones
        async for sentence in sentences:
            self.said.append(sentence)
            yield Spoken(sentence.encode("utf-16-le"), 24_000, len(self.said) - 1, last=True)

    downloads: Sequence[ModelProgress | BaseException] = (
        ModelProgress(300_000_000, 1_117_000_000, "downloading", "mirror"),
        ModelProgress(1_117_000_000, 1_117_000_000, "done", "mirror", "qwen2.5-1.5b"),
    )
    writing: asyncio.Event | None = None
    """Set it to an Event to hold back the text after the sound has ended."""
    heard: Sequence[Hearing | Transcribed | BaseException] = (
        Hearing("How high is", "How"),
        Transcribed("How high is the tower?"),
    )
    heard_here: list[bool] = field(default_factory=list)
    """For each utterance, whether it had to be heard on this machine."""
    paired: list[tuple[str, str]] = field(default_factory=list)
    unpaired: list[str] = field(default_factory=list)
    foreseen: list[ChatRequest] = field(default_factory=list)
    placing: Placing = field(default_factory=lambda: Placing(clock=lambda: 0.0))
    errors: dict[str, float] = field(default_factory=dict)
    """How far predictions were off, by id."""
    sources: list[str] = field(default_factory=list)
    sound: bytes = b""
    kept: list[ModelInfo] = field(default_factory=lambda: [STARTER, BETTER])
    """Models that are here or could be fetched."""
    pushes: list[tuple[str, list[str], float]] = field(default_factory=list)
    """Model, names of nodes and MB/s of each deployment that was asked for."""
    arriving: Sequence[DeploymentInfo | BaseException | asyncio.Event] = ()
    """What a deployment tells."""
    deployed: tuple[DeploymentInfo, ...] = ()

    def nodes(self) -> tuple[NodeInfo, ...]:
        return self.known

    def prediction_error(self, id: str) -> float | None:
        return self.errors.get(id)

    def outlook(self, request: ChatRequest) -> Outlook:
        self.foreseen.append(request)
        return outlook(self.placing, self.known, request, "automatic")

    async def watch(self) -> AsyncIterator[tuple[NodeInfo, ...]]:
        yield self.known
        await asyncio.Event().wait()

    async def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False
    ) -> AsyncIterator[Hearing | Transcribed]:
        self.heard_here.append(here)
        first = True
        async for block in audio:
            self.sound += block
            if first and isinstance(self.heard[0], Hearing):
                first = False
                yield self.heard[0]
        if self.writing is not None:
            await self.writing.wait()
        for event in self.heard[1:]:
            if isinstance(event, BaseException):
                raise event
            yield event

    def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str = "", threshold: float = 0.0
    ) -> AsyncIterator[Attended]:
        return self.attendant.attend(audio, wake_word=wake_word, threshold=threshold)

    async def warm(self, roles: Sequence[str]) -> AsyncIterator[tuple[EngineInfo, ...]]:
        for step in self.engines:
            yield step

    async def models(self, *, catalogue: bool = False) -> list[ModelInfo]:
        return [model for model in self.kept if catalogue or model.present]

    async def take_model(self, model: ModelInfo, node: str) -> AsyncIterator[ModelProgress]:
        self.sources.append(f"{model.name} from {node}")
        for step in self.downloads:
            assert isinstance(step, ModelProgress)
            yield step

    async def remove_model(self, name: str) -> ModelInfo:
        gone = next((model for model in self.kept if name in (model.name, model.sha256)), None)
        if gone is None:
            raise ModelError(f"There is no model {name} here.", code="model_missing")
        self.kept = [model for model in self.kept if model is not gone]
        return gone

    async def add_model(self, source: str) -> AsyncIterator[ModelProgress]:
        self.sources.append(source)
        for step in self.downloads:
            if isinstance(step, BaseException):
                raise step
            yield step

    async def deploy(
        self, model: str, nodes: Sequence[NodeInfo], *, rate: float = 0.0
    ) -> AsyncIterator[DeploymentInfo]:
        self.pushes.append((model, [node.name for node in nodes], rate))
        for step in self.arriving:
            if isinstance(step, BaseException):
                raise step
            if isinstance(step, asyncio.Event):
                await step.wait()
                continue
            yield step

    async def deployments(self) -> AsyncIterator[tuple[DeploymentInfo, ...]]:
        yield self.deployed
        await asyncio.Event().wait()

    async def pair(self, target: str, code: str) -> NodeInfo:
        self.paired.append((target, code))
        if code != self.code and f"code={self.code}" not in target:
            raise TrustError("The code is wrong.", code="pairing_failed", hint="Look at the node again.")
        return RIG

    async def shared_fingerprint(self, id: str) -> str:
        return "12ab 34cd 56ef 7890"

    async def unpair(self, name: str) -> NodeInfo:
        self.unpaired.append(name)
        for node in self.known:
            if node.id.startswith(name):
                return node
        raise TrustError(f"No paired node is called {name}.", code="node_unknown")  # it went meanwhile


@dataclass
class ScriptedTitles:
    """Gives the title it has."""

    store: Conversations
    title: str = ""

    async def give(self, id: str) -> str:
        return self.title if self.title and self.store.entitle(id, self.title) else ""


class ScriptedRuntime:
    """All parts together, under `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = Settings()
        self.conversations = Conversations(home / "conversations.sqlite3")
        self.collections = Collections(home)
        self.sound = KeptSound(home)
        self.memory = Memory(home)
        self.traces = Traces(home)
        self.outside = Outside(home / "outside.json")
        self.cluster = ScriptedCluster()
        self.library = ScriptedLibrary()
        self.attachments = Attachments(self.library, home)
        self.personas = Personas(home)
        self.assistant = ScriptedAssistant(self.conversations, cluster=self.cluster)
        self.titles = ScriptedTitles(self.conversations)
        self.closed = False

    async def close(self) -> None:
        self.closed = True
        self.memory.close()
        self.traces.close()
        self.conversations.close()
