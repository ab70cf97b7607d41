"""Fakes that implement the Protocols of `app`: a thinker with a script, and a library in memory."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from app.cluster.keeping import Keep, has, wanting
from app.cluster.key_change import KeyChange
from app.cluster.outlook import Outlook
from app.errors import DocumentError, NodeError, TangnetError
from app.events import (
    DeploymentInfo,
    DocumentInfo,
    EngineInfo,
    FileIndexed,
    Generated,
    Hearing,
    IndexDone,
    ModelInfo,
    Moved,
    NodeChosen,
    NodeInfo,
    Passage,
    Prefilling,
    Progress,
    TokenReceived,
    Transcribed,
    Usage,
)
from app.library_state import LibraryState, WatchedFolder
from app.rag.document import Piece, assemble
from app.rag.library import ReadResult, Surroundings
from app.rag.material import Material, material_of
from app.rag.replies import Picture
from app.rag.search import Result
from app.rag.worker import Reading
from app.thinking import (
    Attended,
    Attention,
    ChatRequest,
    Embeddings,
    EmbedKind,
    GenerationEvent,
    Going,
    ModelProgress,
    Recording,
    RecordingRead,
    Reranked,
    Spoken,
    Told,
)

STARTER = ModelInfo("smollm2-135m", "chat", "b1" * 32, 98_000_000, "Q4_1", 8192, trustworthy=False)
STRONG = ModelInfo("qwen2.5-coder-1.5b", "chat", "cc" * 32, 1_117_000_000, "Q4_K_M", 32768)


NO_RERANKER = "No node has a reranker. The order is that of the search."


def local_node(model: ModelInfo = STRONG, state: str = "ready") -> NodeInfo:
    """Return the node of this machine with one chat model."""
    return NodeInfo("local", "local-1", "unix", "", True, state, local=True, models=(model,))


def passage(
    n: int = 1,
    text: str = "The tower is 330 metres high.",
    *,
    path: str = "/docs/tower.pdf",
    page: int | None = 2,
    similarity: float = 0.7,
    overlap: float = 0.8,
) -> Passage:
    """Return a relevant passage unless told otherwise."""
    return Passage(n, path, page, "", 0, len(text), 1.0 / n, text, similarity, overlap)


@dataclass
class FakeThinker:
    """Says a script.

    In `script` a string is a token, an event goes out as it is, an exception is raised, and an asyncio.Event is waited
    for. `requests` are the requests it got; `open` counts generations that have not ended.
    """

    script: Sequence[str | GenerationEvent | TangnetError | asyncio.Event] = ("It is ", "330 metres high [1].")
    model: ModelInfo = STRONG
    node: str = "local"
    heard: Sequence[str | TangnetError] = ("How high is", "How high is the tower?")
    """What transcribe makes of any sound: all but the last as Hearing, the last as Transcribed."""
    others: tuple[NodeInfo, ...] = ()
    loading: Sequence[tuple[EngineInfo, ...]] = ()
    reason: str = "the only node there is"
    requests: list[ChatRequest] = field(default_factory=list)
    warmed: list[tuple[str, ...]] = field(default_factory=list)
    heard_here: list[bool] = field(default_factory=list)
    """For each utterance, whether it had to be heard on this machine."""
    hotwords: list[tuple[str, ...]] = field(default_factory=list)
    open: int = 0
    state: str = "ready"

    def nodes(self) -> tuple[NodeInfo, ...]:
        return (local_node(self.model, self.state), *self.others)

    async def generate(self, request: ChatRequest) -> AsyncIterator[GenerationEvent]:
        self.requests.append(request)
        self.open += 1
        count = 0
        node = self.node
        try:
            yield NodeChosen(node, "local-1", self.reason, self.model.name)
            yield Prefilling(1, 1)
            for step in self.script:
                if isinstance(step, str):
                    count += 1
                    yield TokenReceived(step, node, (count,))
                elif isinstance(step, TangnetError):
                    raise step
                elif isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    node = step.to if isinstance(step, Moved) else node
                    yield step
            yield Generated("stop", Usage(10, 0, count), 1.0, 2.0, self.model.name, node)
        finally:
            self.open -= 1

    async def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False, hotwords: Sequence[str] = ()
    ) -> AsyncIterator[Hearing | Transcribed]:
        self.heard_here.append(here)
        self.hotwords.append(tuple(hotwords))
        seconds = 0.0
        async for block in audio:
            seconds += len(block) / 32_000
        for text in self.heard[:-1]:
            if isinstance(text, TangnetError):
                raise text
            yield Hearing(text)
        last = self.heard[-1]
        if isinstance(last, TangnetError):
            raise last
        yield Transcribed(last, language or "en", 0.1, seconds)

    async def warm(self, roles: Sequence[str]) -> AsyncIterator[tuple[EngineInfo, ...]]:
        self.warmed.append(tuple(roles))
        for engines in self.loading:
            yield engines

    async def rerank(self, query: str, texts: Sequence[str], *, zones: tuple[str, ...] = ()) -> Reranked:
        raise NodeError("No node has a reranker.", code="unsupported")

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        return Embeddings("fake", "00" * 32, 2, b"".join(struct.pack("<2f", 1.0, 0.0) for _ in texts))


@dataclass
class FakeCluster(FakeThinker):
    """A FakeThinker with models and trust: what `app.runtime.Nodes` asks for."""

    catalogue: Sequence[ModelInfo] = (STARTER, replace(STRONG, present=False, licence="Apache-2.0"))
    failure: TangnetError | None = None
    """Raised by pair, unpair and add_model."""
    codes: list[tuple[str, str]] = field(default_factory=list)
    read: list[Recording] = field(default_factory=list)
    deployed: list[tuple[str, tuple[str, ...], float]] = field(default_factory=list)
    closed: bool = False
    upkeep: Any = None
    """The command line asks for none of it."""
    said: list[str] = field(default_factory=list)
    """Sentences that were spoken."""
    dumb: TangnetError | None = None
    """Raised by speak after its first sentence."""
    spoken_in: tuple[str, ...] = ()
    """Zones that the last speech was allowed to be made in."""

    async def speak(
        self, sentences: AsyncIterator[str], *, voice: str = "", speed: float = 1.0, zones: tuple[str, ...] = ()
    ) -> AsyncIterator[Spoken]:
        """A sample for each character of a sentence."""
        self.spoken_in = zones
        async for sentence in sentences:
            self.said.append(sentence)
            yield Spoken(
                b"\x01\x00" * len(sentence), 24_000, len(self.said) - 1, last=True, node=self.node, voice=voice
            )
            if self.dumb is not None:
                raise self.dumb

    async def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str = "", threshold: float = 0.0
    ) -> AsyncIterator[Attended]:
        """Nobody ever speaks."""
        windows = 0
        async for _ in audio:
            windows += 1
            yield Attention(windows * 0.032, 0.0)

    def prediction_error(self, id: str) -> float | None:
        return None

    def outlook(self, request: ChatRequest) -> Outlook:
        return {}

    async def read_recordings(
        self, recordings: Sequence[Recording], *, language: str = ""
    ) -> AsyncIterator[Going | RecordingRead]:
        """Reads the last one first; each says how much sound it heard."""
        total = sum(recording.seconds for recording in recordings)
        for done, (at, recording) in enumerate(reversed(list(enumerate(recordings)))):
            self.read.append(recording)
            yield Going(done, len(recordings), total * done / len(recordings), total, 60.0 * (len(recordings) - done))
            heard = 0
            try:
                async for block in recording.sound():
                    heard += len(block)
            except TangnetError as error:
                yield RecordingRead(at, "local", error)
            else:
                made = Transcribed(f"{heard} bytes", language or "en", 0.1, heard / 32_000)
                yield RecordingRead(at, "local" if at else "pi", made)

    async def watch(self) -> AsyncIterator[tuple[NodeInfo, ...]]:
        yield self.nodes()

    async def discovered(self, seconds: float) -> tuple[NodeInfo, ...]:
        return self.nodes()

    async def models(self, *, catalogue: bool = False) -> list[ModelInfo]:
        return [model for model in self.catalogue if model.present or catalogue]

    async def add_model(self, source: str) -> AsyncIterator[ModelProgress]:
        if self.failure is not None:
            raise self.failure
        yield ModelProgress(50, 100, "download", "a mirror")
        found = next(model for model in self.catalogue if model.name == source)
        self.catalogue = [replace(model, present=True) for model in self.catalogue]
        yield ModelProgress(100, 100, "done", "a mirror", found.name, found.sha256)

    def take_model(self, model: ModelInfo, node: str) -> AsyncIterator[ModelProgress]:
        return self.add_model(f"{model.name} from {node}")

    async def remove_model(self, name: str) -> ModelInfo:
        return next(model for model in self.catalogue if model.name == name)

    async def deploy(
        self, model: str, nodes: Sequence[NodeInfo], *, rate: float = 0.0
    ) -> AsyncIterator[DeploymentInfo]:
        self.deployed.append((model, tuple(node.name for node in nodes), rate))
        for node in nodes:
            yield DeploymentInfo(node.name, node.id, STRONG.name, model, "fetching", 50, 100)
            yield DeploymentInfo(node.name, node.id, STRONG.name, model, "ready", 100, 100)

    async def undeploy(self, sha256: str, nodes: Sequence[NodeInfo]) -> list[DeploymentInfo]:
        return [DeploymentInfo(node.name, node.id, STRONG.name, sha256, "removed") for node in nodes]

    async def deployments(self) -> AsyncIterator[tuple[DeploymentInfo, ...]]:
        yield ()

    async def lacking(self, keep: Keep) -> list[NodeInfo]:
        return [node for node in wanting(keep, self.nodes()) if not has(node, keep.sha256)]

    async def pair(self, target: str, code: str) -> NodeInfo:
        if self.failure is not None:
            raise self.failure
        self.codes.append((target, code))
        return NodeInfo(target, "a1b2c3d4e5f67788" * 4, "10.0.0.4:7443", "", True, "ready")

    async def shared_fingerprint(self, id: str) -> str:
        return "1111 2222 3333 4444"

    async def unpair(self, name: str) -> NodeInfo:
        if self.failure is not None:
            raise self.failure
        return NodeInfo(name, "a1b2c3d4e5f67788" * 4, "10.0.0.4:7443", "", False, "unpaired")

    async def rotate(self, *, drop: bool = False) -> KeyChange:
        waiting = () if drop else ("pi-7",)
        return KeyChange("ab" * 32, "cd" * 32, ("pi-4",), waiting, finished=drop)

    async def close(self) -> None:
        self.closed = True


class QuietQueue:
    """The part of a library that the window looks at: nothing waits, nothing is watched, nothing is drawn."""

    async def picture(self, path: Path, page: int, width: int, *, password: str = "") -> Picture:
        raise DocumentError("There are no pictures here.", code="no_picture")

    async def material(self, path: Path) -> Material:
        """A text file as it is, in memory; everything else is damaged."""
        try:
            text = await asyncio.to_thread(path.read_text, encoding="utf-8")
            document = assemble([Piece(part) for part in text.split("\n\n")])
        except (OSError, UnicodeDecodeError):
            return material_of(Reading(str(path), "error", "The file is damaged."))
        return material_of(Reading(str(path), "ok" if document.blocks else "empty", "", document))

    async def go_on(self) -> None:
        pass

    async def state(self) -> AsyncIterator[LibraryState]:
        yield LibraryState()

    async def pause(self) -> None:
        pass

    async def resume(self) -> None:
        pass

    async def cancel(self, paths: Sequence[Path] = ()) -> None:
        pass

    async def retry(self, paths: Sequence[Path], *, password: str = "") -> None:
        pass

    async def first(self, paths: Sequence[Path]) -> None:
        pass

    async def folders(self) -> list[WatchedFolder]:
        return []

    async def watch(self, path: Path) -> None:
        pass

    async def unwatch(self, path: Path) -> None:
        pass


@dataclass
class FakeLibrary(QuietQueue):
    """Finds always the same passages."""

    passages: Sequence[Passage] = field(default_factory=lambda: (passage(),))
    files: Sequence[FileIndexed] = ()
    """What `add` tells of files; without any it tells one `added` a path."""
    present: bool = True
    error: TangnetError | None = None
    """Raised by search."""
    waiting: tuple[int, int] = (0, 0)
    """What `unfinished` tells."""
    filters: tuple[str, ...] = ()
    """What `find` says of the limits of a question."""
    added: list[Path] = field(default_factory=list)
    told_names: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    withins: list[tuple[Path, ...]] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)

    async def add(
        self, paths: Sequence[Path], *, watch: bool = False
    ) -> AsyncIterator[Progress | FileIndexed | IndexDone]:
        self.added += paths
        for path in paths:
            yield Progress(f"Reading {path.name}", 0.5)
        for file in self.files or [FileIndexed(str(path), "added", 3) for path in paths]:
            yield file
        yield IndexDone(len(paths), 3 * len(paths), 0.1, 3 * len(paths))

    async def documents(self) -> list[DocumentInfo]:
        if not self.present:
            return []
        paths = dict.fromkeys(passage.path for passage in self.passages)
        return [DocumentInfo(path, "indexed", 3, 2, "2026-01-01T00:00:00+00:00", "ab" * 32) for path in paths]

    async def remove(self, paths: Sequence[Path]) -> list[DocumentInfo]:
        self.removed += paths
        return [DocumentInfo(str(path), "removed", 3, 2, "2026-01-01T00:00:00+00:00", "ab" * 32) for path in paths]

    async def unfinished(self, within: Sequence[Path] = ()) -> tuple[int, int]:
        return self.waiting

    async def search(
        self,
        query: str,
        *,
        k: int = 8,
        mode: Literal["hybrid", "vector", "text"] = "hybrid",
        within: Sequence[Path] = (),
    ) -> list[Passage]:
        self.queries.append(query)
        self.withins.append(tuple(within))
        if self.error is not None:
            raise self.error
        return list(self.passages[:k])

    async def find(
        self,
        query: str,
        *,
        k: int = 8,
        mode: Literal["hybrid", "vector", "text"] = "hybrid",
        within: Sequence[Path] = (),
        rerank: bool | None = None,
    ) -> Result:
        found = await self.search(query, k=k, mode=mode, within=within)
        return Result(found, self.filters, not_reranked=NO_RERANKER if rerank else "")

    async def names(self, most: int) -> list[str]:
        return self.told_names[:most]

    async def text_around(self, path: str, start: int, end: int, characters: int) -> str:
        text = next(one.text for one in self.passages if one.path == path)
        wider = f"It stands in Paris. {text} It was painted red in 1925."
        return wider if characters >= len(wider) else text

    async def chunks_of(self, path: Path) -> list[Passage]:
        found = [one for one in self.passages if one.path == str(path)]
        return [replace(one, n=n) for n, one in enumerate(found, 1)]

    async def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        text = next(passage.text for passage in self.passages if passage.path == path)
        return Surroundings(path, page, 2, "Before. ", text, " After.", True, False)

    async def transcript(self, path: Path) -> Transcribed:
        return Transcribed("What it says.", "en", 0.1, 1.0, ())

    async def read(self, path: Path, *, password: str = "") -> ReadResult:
        if path.suffix == ".locked" and password != "secret":
            return ReadResult(str(path), "password", reason="It has a password.")
        return ReadResult(str(path), "ok", "What it says.", 1, 0.1, 20.0)

    async def close(self) -> None:
        """Nothing is open."""
