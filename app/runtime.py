"""Everything that belongs to one running program: settings, cluster, library, conversations, assistant.

Opening is quick: no engine starts and no heavy library is imported until something needs it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.assistant import Assistant, Documents, Thinking
from app.cluster.key_change import KeyChange
from app.collections import Collections
from app.conversations import Conversations
from app.events import DeploymentInfo, DocumentInfo, ModelInfo, NodeInfo, Passage, Transcribed
from app.hearing import NodesHearing
from app.home import home as default_home
from app.kept_sound import KeptSound
from app.library_state import LibraryState, WatchedFolder
from app.memory.memory import Memory
from app.outside import Outside
from app.personas import Personas
from app.rules import Rules, rules_of
from app.settings import Settings
from app.thinking import Attendant, ChatRequest, Going, ModelProgress, Ocr, Recording, RecordingRead, Speaker
from app.titling import Titles
from app.tracing import Traces

if TYPE_CHECKING:
    from app.cluster.keeping import Keep
    from app.cluster.outlook import Outlook
    from app.cluster.upkeep import Upkeep
    from app.rag.library import ReadResult, Surroundings
    from app.rag.replies import Picture


class Nodes(Thinking, Speaker, Attendant, Protocol):
    """The nodes as window and command line need them; `app.cluster.cluster.Cluster` is one."""

    def watch(self) -> AsyncIterator[tuple[NodeInfo, ...]]:
        """Yield all nodes now and at each change."""
        ...

    async def discovered(self, seconds: float) -> tuple[NodeInfo, ...]:
        """Wait that long for nodes to be found, then return all."""
        ...

    @property
    def upkeep(self) -> Upkeep:
        """The last hour, and what people do with nodes beside asking them."""
        ...

    def prediction_error(self, id: str) -> float | None:
        """Tell how far the times predicted for a node were off lately, 0 to 1; None: not known."""
        ...

    def outlook(self, request: ChatRequest) -> Outlook:
        """Return how soon an answer would be there, place by place."""
        ...

    def read_recordings(
        self, recordings: Sequence[Recording], *, language: str = ""
    ) -> AsyncIterator[Going | RecordingRead]:
        """Turn recordings into text; yields each once, in any order, and how far all are."""
        ...

    async def models(self, *, catalogue: bool = False) -> list[ModelInfo]:
        """Return the models of this machine and of trusted nodes."""
        ...

    def add_model(self, source: str) -> AsyncIterator[ModelProgress]:
        """Fetch a model, or take a file."""
        ...

    def take_model(self, model: ModelInfo, node: str) -> AsyncIterator[ModelProgress]:
        """Bring a chat model here from a paired node, by id."""
        ...

    async def remove_model(self, name: str) -> ModelInfo:
        """Delete a model of this machine."""
        ...

    def deploy(self, model: str, nodes: Sequence[NodeInfo], *, rate: float = 0.0) -> AsyncIterator[DeploymentInfo]:
        """Bring a model of this machine to nodes."""
        ...

    async def undeploy(self, sha256: str, nodes: Sequence[NodeInfo]) -> list[DeploymentInfo]:
        """Delete a model from nodes."""
        ...

    def deployments(self) -> AsyncIterator[tuple[DeploymentInfo, ...]]:
        """Yield how far each deployed model is on each node."""
        ...

    async def lacking(self, keep: Keep) -> list[NodeInfo]:
        """Return the nodes that a rule speaks of and that do not have its model."""
        ...

    async def pair(self, target: str, code: str) -> NodeInfo:
        """Pair with a node. Raises TrustError."""
        ...

    async def shared_fingerprint(self, id: str) -> str:
        """Return what this machine and a paired node both show."""
        ...

    async def unpair(self, name: str) -> NodeInfo:
        """Forget a node's key. Raises TrustError."""
        ...

    async def rotate(self, *, drop: bool = False) -> KeyChange:
        """Give this machine a new key, and tell the nodes; `drop` gives up those that are away. Raises TrustError."""
        ...

    async def close(self) -> None:
        """Stop this machine's node if it is ours, and let go of the others."""
        ...


class Shelf(Documents, Protocol):
    """The documents as window and command line need them; `app.rag.library.Library` is one."""

    async def remove(self, paths: Sequence[Path]) -> list[DocumentInfo]:
        """Take documents out of the index."""
        ...

    async def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        """Return the text around a passage."""
        ...

    async def read(self, path: Path, *, password: str = "") -> ReadResult:
        """Return what the reader sees in a file."""
        ...

    async def transcript(self, path: Path) -> Transcribed:
        """Return what is said in a recording, with the times of its words. Raises DocumentError."""
        ...

    async def picture(self, path: Path, page: int, width: int, *, password: str = "") -> Picture:
        """Return a page as a picture. Raises DocumentError."""
        ...

    async def chunks_of(self, path: Path) -> list[Passage]:
        """Return the passages of a document, in order."""
        ...

    async def go_on(self) -> None:
        """Work on the queue from now on, and watch the watched folders."""
        ...

    def state(self) -> AsyncIterator[LibraryState]:
        """Yield how far the queue is, now and after changes."""
        ...

    async def pause(self) -> None:
        """Let the queue rest."""
        ...

    async def resume(self) -> None:
        """Let it go on."""
        ...

    async def cancel(self, paths: Sequence[Path] = ()) -> None:
        """Take files out of the queue; without paths everything."""
        ...

    async def retry(self, paths: Sequence[Path], *, password: str = "") -> None:
        """Read files again, protected ones with `password`."""
        ...

    async def first(self, paths: Sequence[Path]) -> None:
        """Put files before everything else that waits."""
        ...

    async def folders(self) -> list[WatchedFolder]:
        """Return the watched folders."""
        ...

    async def watch(self, path: Path) -> None:
        """Notice changes of a folder by themselves. Raises DocumentError."""
        ...

    async def unwatch(self, path: Path) -> None:
        """Notice them no longer."""
        ...

    async def close(self) -> None:
        """Close the index."""
        ...


class Runtime:
    """The parts, opened together and closed together."""

    def __init__(
        self, home: Path, settings: Settings, cluster: Nodes, library: Shelf, conversations: Conversations
    ) -> None:
        self.home = home
        self.settings = settings
        self.cluster = cluster
        self.library = library
        self.conversations = conversations
        self.collections = Collections(home)
        self.sound = KeptSound(home)
        self.outside = Outside(home / "outside.json")
        """Counts what leaves the user's network."""
        self.memory = Memory(home)
        self.traces = Traces(home)
        self.assistant = Assistant(cluster, library, conversations, settings, self.collections, home, self.memory,
                                   self.traces)  # fmt: skip
        self.attachments = self.assistant.attachments
        self.personas = Personas(home)
        self.titles = Titles(cluster, conversations, settings)

    @classmethod
    async def open(cls, home: Path | None = None, *, discover: bool | None = None) -> Runtime:
        """Open everything under `home`.

        Args:
            home: the folder that holds everything; None follows TANGNET_HOME.
            discover: look for nodes on the network; None does as set.

        Raises:
            SettingsError: settings.toml is wrong.
            StoreError: the conversations cannot be opened.
        """
        from app.cluster.cluster import Cluster
        from app.rag.library import Library

        place = home or default_home()
        settings = Settings.load(place / "settings.toml")
        async with AsyncExitStack() as opened:
            conversations = Conversations(place / "conversations.sqlite3")
            opened.callback(conversations.close)
            cluster = Cluster(place, settings, discover=discover)
            opened.push_async_callback(cluster.close)
            await cluster.start()

            def rules() -> Rules:
                return rules_of(tuple(settings.rules_folders))

            library = Library(
                place,
                cluster,
                rules,
                NodesHearing(cluster, rules),
                lambda: Ocr(cluster if settings.documents_ocr else None, settings.documents_ocr_language),
                settings.documents_store,
                lambda wanted: cluster if wanted or settings.documents_rerank == "auto" else None,
            )
            runtime = cls(place, settings, cluster, library, conversations)
            runtime.sound.sweep(conversations.kept())
            runtime.traces.sweep(conversations.kept())
            if runtime.attachments.pasted():
                runtime.attachments.sweep(conversations.attached())
            opened.pop_all()
        return runtime

    async def close(self) -> None:
        """Stop answers, close the index, let go of the nodes, close the conversations; each even if one fails."""
        async with AsyncExitStack() as closing:
            closing.callback(self.conversations.close)
            closing.callback(self.memory.close)
            closing.callback(self.traces.close)
            closing.push_async_callback(self.cluster.close)
            closing.push_async_callback(self.library.close)
            closing.push_async_callback(self.assistant.close)
