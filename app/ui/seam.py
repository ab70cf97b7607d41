"""What the window needs from the rest of the program, as Protocols: `app.runtime.Runtime` fits, and so do the fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.ui.conversations_seam import ConversationsSeam, TitlesSeam

if TYPE_CHECKING:
    from app.assistant import Question
    from app.attachments import Attachments
    from app.cluster.outlook import Outlook
    from app.collections import Collection
    from app.events import (
        DeploymentInfo,
        DocumentInfo,
        EngineInfo,
        Event,
        FileIndexed,
        Hearing,
        IndexDone,
        ModelInfo,
        NodeInfo,
        Passage,
        Progress,
        Transcribed,
    )
    from app.kept_sound import KeptSound
    from app.library_state import LibraryState, WatchedFolder
    from app.memory.memory import Memory
    from app.outside import Outside
    from app.personas import Persona
    from app.rag.library import Surroundings
    from app.settings import Settings
    from app.thinking import Attended, ChatRequest, ModelProgress, Spoken
    from app.tracing import Traces
    from app.turn_trace import TurnTrace
    from app.ui.seam_upkeep import UpkeepSeam
    from app.voice.audio_input import Blocks


class ClusterSeam(Protocol):
    """The nodes."""

    def nodes(self) -> tuple[NodeInfo, ...]:
        """Return what is known now, this machine first."""
        ...

    def prediction_error(self, id: str) -> float | None:
        """Return how far predictions for a node were off lately, 0 to 1; None: not known."""
        ...

    def outlook(self, request: ChatRequest) -> Outlook:
        """Return how soon an answer would be there, place by place; see app.cluster.outlook."""
        ...

    def watch(self) -> AsyncIterator[tuple[NodeInfo, ...]]:
        """Yield the nodes now and at each change."""
        ...

    def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False
    ) -> AsyncIterator[Hearing | Transcribed]:
        """Turn 16 kHz mono PCM16 into text; `here`: on this machine, whatever the settings allow."""
        ...

    def speak(
        self, sentences: AsyncIterator[str], *, voice: str = "", speed: float = 1.0, zones: tuple[str, ...] = ()
    ) -> AsyncIterator[Spoken]:
        """Read sentences aloud, as in `app.thinking.Speaker`."""
        ...

    def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str = "", threshold: float = 0.0
    ) -> AsyncIterator[Attended]:
        """Tell when somebody speaks or says the wake word, as in `app.thinking.Attendant`."""
        ...

    def warm(self, roles: Sequence[str]) -> AsyncIterator[tuple[EngineInfo, ...]]:
        """Load engines of this machine's node."""
        ...

    async def models(self, *, catalogue: bool = False) -> list[ModelInfo]:
        """Return the models that are there and, if asked, those that could be fetched."""
        ...

    def add_model(self, source: str) -> AsyncIterator[ModelProgress]:
        """Fetch a model."""
        ...

    def take_model(self, model: ModelInfo, node: str) -> AsyncIterator[ModelProgress]:
        """Bring a chat model here from a paired node, by id. Raises NodeError, ModelError."""
        ...

    async def remove_model(self, name: str) -> ModelInfo:
        """Delete a model of this machine, by name or sha256. Raises NodeError."""
        ...

    def deploy(self, model: str, nodes: Sequence[NodeInfo], *, rate: float = 0.0) -> AsyncIterator[DeploymentInfo]:
        """Bring a model of this machine to nodes, each at `rate` MB/s at most (0 = no cap); yields how far each is."""
        ...

    def deployments(self) -> AsyncIterator[tuple[DeploymentInfo, ...]]:
        """Yield how far each model is on each node, now and after each change."""
        ...

    @property
    def upkeep(self) -> UpkeepSeam:
        """The last hour, and what people do with nodes beside asking them."""
        ...

    async def pair(self, target: str, code: str) -> NodeInfo:
        """Pair with a node; `target` may be a link that holds the code, too. Raises TrustError."""
        ...

    async def shared_fingerprint(self, id: str) -> str:
        """Return what this machine and a paired node both show."""
        ...

    async def unpair(self, name: str) -> NodeInfo:
        """Forget a node's key."""
        ...


class PictureSeam(Protocol):
    """A page as a picture."""

    @property
    def png(self) -> bytes:
        """The picture."""
        ...

    @property
    def page_width(self) -> float:
        """Of the page as it is shown, in points."""
        ...

    @property
    def page_height(self) -> float:
        """Of the page as it is shown, in points."""
        ...


class LibrarySeam(Protocol):
    """The documents."""

    def add(self, paths: Sequence[Path], *, watch: bool = False) -> AsyncIterator[Progress | FileIndexed | IndexDone]:
        """Index files and folders."""
        ...

    async def documents(self) -> list[DocumentInfo]:
        """List what is indexed."""
        ...

    async def remove(self, paths: Sequence[Path]) -> list[DocumentInfo]:
        """Take documents out of the index; the files stay."""
        ...

    async def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        """Return the text around a passage."""
        ...

    async def transcript(self, path: Path) -> Transcribed:
        """Return what is said in a recording, with the times of its words. Raises DocumentError."""
        ...

    async def picture(self, path: Path, page: int, width: int) -> PictureSeam:
        """Return a page as a picture of about `width` pixels. Raises DocumentError."""
        ...

    async def chunks_of(self, path: Path) -> Sequence[Passage]:
        """Return all passages of a document, in order."""
        ...

    async def go_on(self) -> None:
        """Work on the queue from now on, also on what waited since last time, and watch the watched folders."""
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
        """Take files that are not done out of the queue; empty: all."""
        ...

    async def retry(self, paths: Sequence[Path], *, password: str = "") -> None:
        """Read documents once more, protected ones with `password`."""
        ...

    async def first(self, paths: Sequence[Path]) -> None:
        """Do these before all that wait."""
        ...

    async def folders(self) -> Sequence[WatchedFolder]:
        """Return the watched folders."""
        ...

    async def watch(self, path: Path) -> None:
        """Notice changes of a folder by themselves."""
        ...

    async def unwatch(self, path: Path) -> None:
        """Notice them no longer; its documents stay."""
        ...


class CollectionsSeam(Protocol):
    """Named sets of folders; each call reads or writes a small file."""

    def all(self) -> Sequence[Collection]:
        """Return all by name. Raises SettingsError."""
        ...

    def put(self, name: str, folders: Sequence[Path]) -> Collection:
        """Make one, or give it other folders. Raises UsageError, SettingsError, StoreError."""
        ...

    def remove(self, name: str) -> Collection:
        """Forget one. Raises UsageError, SettingsError, StoreError."""
        ...


class PersonasSeam(Protocol):
    """How answers shall be; each call but `original` reads or writes a small file."""

    def all(self) -> Sequence[Persona]:
        """Return all. Raises SettingsError, StoreError."""
        ...

    def original(self, id: str) -> Persona | None:
        """Return one that ships as it was."""
        ...

    def put(self, persona: Persona) -> Persona:
        """Keep one. Raises UsageError, SettingsError, StoreError."""
        ...

    def remove(self, id: str) -> Persona:
        """Forget one. Raises UsageError, SettingsError, StoreError."""
        ...

    def reset(self, id: str = "") -> None:
        """Have one that ships back, "" = all of them. Raises SettingsError, StoreError."""
        ...


class AssistantSeam(Protocol):
    """The one use case."""

    def ask(self, question: Question) -> AsyncIterator[Event]:
        """Stream one answer; closing the iterator stops it."""
        ...

    def hear(self, question: Question) -> AsyncIterator[Hearing | Transcribed]:
        """Turn the sound of a question into text and work ahead; `ask` with that text takes it up."""
        ...

    @property
    def sounded(self) -> Callable[[str], TurnTrace | None]:
        """To be called when the first sound of an answer in a conversation is heard; returns where its time went."""
        ...


class RuntimeSeam(Protocol):
    """Everything together, opened in the asyncio thread."""

    @property
    def home(self) -> Path:
        """The folder that holds everything."""
        ...

    @property
    def settings(self) -> Settings:
        """The settings in use."""
        ...

    @property
    def cluster(self) -> ClusterSeam:
        """The nodes."""
        ...

    @property
    def library(self) -> LibrarySeam:
        """The documents."""
        ...

    @property
    def conversations(self) -> ConversationsSeam:
        """The stored conversations."""
        ...

    @property
    def traces(self) -> Traces:
        """How answers came about."""
        ...

    @property
    def memory(self) -> Memory:
        """What is remembered across conversations."""
        ...

    @property
    def titles(self) -> TitlesSeam:
        """Names conversations."""
        ...

    @property
    def collections(self) -> CollectionsSeam:
        """The sets of folders."""
        ...

    @property
    def outside(self) -> Outside:
        """Counts what leaves the user's network."""
        ...

    @property
    def sound(self) -> KeptSound:
        """The kept sound of spoken questions."""
        ...

    @property
    def personas(self) -> PersonasSeam:
        """How answers shall be."""
        ...

    @property
    def attachments(self) -> Attachments:
        """Reads files that go with a question."""
        ...

    @property
    def assistant(self) -> AssistantSeam:
        """Answers questions."""
        ...

    async def close(self) -> None:
        """Close everything."""
        ...


OpenRuntime = Callable[[], Awaitable[RuntimeSeam]]
"""Opens the runtime; called in the asyncio thread."""


class Ear(Protocol):
    """Push-to-talk over a microphone; `level` and `live` may be read anywhere, all else in the asyncio thread."""

    @property
    def level(self) -> float:
        """Loudness now, 0…1."""
        ...

    @property
    def live(self) -> bool:
        """True while sound arrives; False while the microphone is still opening."""
        ...

    def want(self, who: str) -> None:
        """Keep the microphone open for `who`; see Standby."""
        ...

    def unwant(self, who: str) -> None:
        """`who` needs it no more: it closes a little later, unless somebody else wants it."""
        ...

    def press(self) -> bool:
        """The key went down. True when an utterance began: `audio` is its sound."""
        ...

    def release(self) -> None:
        """The key went up."""
        ...

    def cancel(self) -> None:
        """Throw the utterance away."""
        ...

    def audio(self) -> AsyncIterator[bytes]:
        """Return the sound of the utterance, pre-roll first. Raises VoiceError."""
        ...

    def blocks(self, before: float = 0.0) -> Blocks:
        """Return live sound, whoever else listens; see `app.voice.audio_input.AudioInput`."""
        ...

    async def close(self) -> None:
        """Let go of the microphone; returns when the device is free."""
        ...


OpenEar = Callable[[str, Callable[[str], None], Callable[[str], None], Callable[[str, str], None]], Ear]
"""(microphone name or "", on_hint, on_phase, on_state) -> Ear. on_hint gets sentences for the user, on_phase "idle",
"listening" or "finishing", on_state a MicrophoneState and the name of the device or why there is none. All of it
happens in the asyncio thread. Raises VoiceError."""


class PlayerSeam(Protocol):
    """The loudspeaker; `app.voice.player.Player` is one."""

    async def play(self, sounds: AsyncIterator[Spoken]) -> bool:
        """Play until the sounds end; returns whether it came to its end. Raises VoiceError."""
        ...

    def tap(self, take: Callable[[bytes, int, bool], None] | None) -> None:
        """Hand over all that is played, its rate in Hz, and whether it is ducked, from any thread; None: no longer."""
        ...

    def duck(self, on: bool) -> None:
        """Play more softly while `on`."""
        ...

    def hold(self, on: bool) -> None:
        """Be silent at once and keep what waits while `on`; then go on where it was."""
        ...

    def stop(self) -> None:
        """Be silent at once, from any thread."""
        ...

    async def close(self) -> None:
        """Close the loudspeaker."""
        ...


OpenPlayer = Callable[[Callable[[str], None]], PlayerSeam]
"""Makes the player; what it has to say to the user goes to the function given. Called in the asyncio thread."""
