"""A runtime for tests of the window: a scripted assistant, cluster and library, and the real conversation store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageWriter

from app.assistant import Question
from app.collections import Collections
from app.conversations import Conversations, Outcome
from app.errors import DocumentError, TrustError
from app.events import (
    Answered,
    Citation,
    DeploymentInfo,
    DocumentInfo,
    EngineInfo,
    Event,
    FileIndexed,
    Hearing,
    IndexDone,
    ModelInfo,
    Moved,
    NodeChosen,
    NodeInfo,
    Passage,
    Progress,
    Retrieved,
    Timings,
    TokenReceived,
    Transcribed,
    Usage,
)
from app.library_state import LibraryState, WatchedFolder
from app.messages import StoredMove
from app.rag.document import Line
from app.rag.library import Surroundings
from app.settings import Settings
from app.thinking import ModelProgress, Spoken
from app.turn_trace import TurnTrace

Step = Event | BaseException | asyncio.Event
TOWER = Passage(1, "/docs/tower.pdf", 4, "Facts", 100, 143, 0.9, "The tower is 330 metres high since 2022.", 0.7, 0.8)
GARDEN = Passage(2, "/docs/garden.md", None, "", 0, 24, 0.5, "The garden opens at nine.", 0.4, 0.3)
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
    closed: int = 0
    """How many streams have ended, in whatever way."""

    async def hear(self, question: Question) -> AsyncIterator[Hearing | Transcribed]:
        self.spoken.append(question)
        assert self.cluster is not None and question.audio is not None
        async for event in self.cluster.transcribe(question.audio, here=question.prefer == "only-local"):
            yield event

    async def ask(self, question: Question) -> AsyncIterator[Event]:
        self.questions.append(question)
        self.store.ask(question.conversation, question.text)
        message = self.store.begin(question.conversation)
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

    said: list[str] = field(default_factory=list)
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
    errors: dict[str, float] = field(default_factory=dict)
    """How far predictions were off, by id."""
    sources: list[str] = field(default_factory=list)
    sound: bytes = b""
    pushes: list[tuple[str, list[str], float]] = field(default_factory=list)
    """Model, names of nodes and MB/s of each deployment that was asked for."""
    arriving: Sequence[DeploymentInfo | BaseException | asyncio.Event] = ()
    """What a deployment tells."""
    deployed: tuple[DeploymentInfo, ...] = ()

    def nodes(self) -> tuple[NodeInfo, ...]:
        return self.known

    def prediction_error(self, id: str) -> float | None:
        return self.errors.get(id)

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

    async def warm(self, roles: Sequence[str]) -> AsyncIterator[tuple[EngineInfo, ...]]:
        for step in self.engines:
            yield step

    async def models(self, *, catalogue: bool = False) -> list[ModelInfo]:
        return [STARTER, BETTER] if catalogue else [STARTER]

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
        return next(node for node in self.known if node.id.startswith(name))


@dataclass(frozen=True)
class Drawing:
    """A page as a picture, as the library returns it."""

    width: int
    height: int
    png: bytes
    page_width: float
    page_height: float


def drawing(width: int, page: int = 1) -> Drawing:
    """Return a page of 600 × 800 points: white, with a black line across at a height that tells the page."""
    image = QImage(width, round(width * 800 / 600), QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    for x in range(width):
        image.setPixel(x, min(image.height() - 1, 10 * page), 0)
    out = QBuffer()
    out.open(QIODevice.OpenModeFlag.WriteOnly)
    assert QImageWriter(out, QByteArray(b"png")).write(image)
    return Drawing(image.width(), image.height(), bytes(out.data().data()), 600.0, 800.0)


def document(
    path: str | Path,
    state: str = "indexed",
    reason: str = "",
    *,
    pages: int | None = 2,
    modified: str = "2026-01-02T00:00:00+00:00",
) -> DocumentInfo:
    """Return a document of the library."""
    return DocumentInfo(
        str(path), state, 3, pages, "2026-01-01T00:00:00+00:00", "ab" * 32, reason, size=34_000, modified=modified
    )


@dataclass
class ScriptedLibrary:
    """Documents in memory."""

    paths: list[Path] = field(default_factory=list)
    more: list[DocumentInfo] = field(default_factory=list)
    """Documents besides `paths`, as they are listed."""
    changed: bool = False
    exists: bool = True
    gate: bool = False
    """True: adding never ends by itself."""
    pages: int = 9
    boxes: tuple[Line, ...] = (Line(0, 20, 60, 100, 400, 112), Line(20, 43, 60, 114, 300, 126))
    told: LibraryState = field(default_factory=LibraryState)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    """What was asked of the queue: (name, paths…)."""
    drawn: list[tuple[str, int, int]] = field(default_factory=list)
    """Path, page and width of each picture that was asked for."""
    undrawable: bool = False
    watched: list[WatchedFolder] = field(default_factory=list)
    working: bool = False
    """`go_on` was called."""
    passages: list[Passage] = field(default_factory=lambda: [TOWER, GARDEN])
    _ears: list[asyncio.Queue[LibraryState]] = field(default_factory=list)

    async def add(
        self, paths: Sequence[Path], *, watch: bool = False
    ) -> AsyncIterator[Progress | FileIndexed | IndexDone]:
        yield Progress("Reading", 0.5, 30.0)
        for path in paths:
            if path.suffix == ".bad":
                yield FileIndexed(str(path), "failed", 0, "This is no document.")
                continue
            if path not in self.paths:
                self.paths.append(path)
            yield FileIndexed(str(path), "added", 3)
        if self.gate:
            await asyncio.Event().wait()
        yield IndexDone(len(paths), 3 * len(paths), 0.2, 3)

    async def documents(self) -> list[DocumentInfo]:
        return [*(document(path) for path in self.paths), *self.more]

    async def remove(self, paths: Sequence[Path]) -> list[DocumentInfo]:
        self.calls.append(("remove", *paths))
        gone = [str(path) for path in paths]

        def stays(path: str) -> bool:
            return not any(path == one or path.startswith(f"{one}/") for one in gone)

        self.paths = [path for path in self.paths if stays(str(path))]
        self.more = [one for one in self.more if stays(one.path)]
        return []

    async def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        if path == GARDEN.path:
            raise DocumentError("That document is not in the library.", hint="Add it again.")
        return Surroundings(
            path, page, self.pages, "Before it. ", TOWER.text, " After it.", self.exists, self.changed, self.boxes
        )

    async def picture(self, path: Path, page: int, width: int) -> Drawing:
        self.drawn.append((str(path), page, width))
        if self.undrawable:
            raise DocumentError("The page cannot be shown. It is damaged.", code="no_picture")
        return drawing(width, page)

    async def chunks_of(self, path: Path) -> list[Passage]:
        return self.passages

    async def state(self) -> AsyncIterator[LibraryState]:
        ear: asyncio.Queue[LibraryState] = asyncio.Queue()
        self._ears.append(ear)
        yield self.told
        while True:
            yield await ear.get()

    async def tell(self, state: LibraryState) -> None:
        """Say how far the queue is, to all who listen; in the asyncio thread."""
        self.told = state
        for ear in self._ears:
            ear.put_nowait(state)

    async def go_on(self) -> None:
        self.working = True

    async def pause(self) -> None:
        self.calls.append(("pause",))
        await self.tell(replace(self.told, paused=True))

    async def resume(self) -> None:
        self.calls.append(("resume",))
        await self.tell(replace(self.told, paused=False))

    async def cancel(self, paths: Sequence[Path] = ()) -> None:
        self.calls.append(("cancel", *paths))
        if not paths:
            await self.tell(LibraryState())

    async def retry(self, paths: Sequence[Path], *, password: str = "") -> None:
        self.calls.append(("retry", *paths, password))

    async def first(self, paths: Sequence[Path]) -> None:
        self.calls.append(("first", *paths))

    async def folders(self) -> list[WatchedFolder]:
        return list(self.watched)

    async def watch(self, path: Path) -> None:
        self.watched.append(WatchedFolder(str(path), "watched"))

    async def unwatch(self, path: Path) -> None:
        self.watched = [one for one in self.watched if one.path != str(path)]


class ScriptedRuntime:
    """All parts together, under `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = Settings()
        self.conversations = Conversations(home / "conversations.sqlite3")
        self.collections = Collections(home)
        self.cluster = ScriptedCluster()
        self.library = ScriptedLibrary()
        self.assistant = ScriptedAssistant(self.conversations, cluster=self.cluster)
        self.closed = False

    async def close(self) -> None:
        self.closed = True
        self.conversations.close()
