"""The cluster as the rest of the program sees it: answers, vectors, transcripts, models and trust over all nodes.

Nothing heavy is imported before it is needed: gRPC with the first connection, cryptography with the first pin,
zeroconf in a thread once discovery runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cluster.attending import attended
from app.cluster.budget import RetryBudget
from app.cluster.hearing import heard, listener
from app.cluster.kept_parts import KeptParts
from app.cluster.key_change import KeyChange
from app.cluster.learning import Keeper, Learned
from app.cluster.local import LocalNode
from app.cluster.model_list import models_of
from app.cluster.outliers import Outliers
from app.cluster.outlook import Outlook, outlook
from app.cluster.placing import Placing
from app.cluster.recognising import Recognising
from app.cluster.recordings import Recordings
from app.cluster.registry import Roster
from app.cluster.reranking import Reranking
from app.cluster.routing import Choice, rank
from app.cluster.session import Answerer, Session
from app.cluster.speaking import Speaking
from app.cluster.spreading import Helper, Spreading, embed_with, may_help
from app.cluster.upkeep import Upkeep
from app.cluster.vectors import embed_here
from app.errors import NodeError, NodeLost, TrustError
from app.events import DeploymentInfo, EngineInfo, Generated, Hearing, ModelInfo, NodeInfo, TokenReceived, Transcribed
from app.thinking import (
    Attended,
    ChatRequest,
    Embeddings,
    EmbedKind,
    GenerationEvent,
    Going,
    ModelProgress,
    RecognisedPage,
    Recording,
    RecordingRead,
    Reranked,
    Spoken,
    Told,
)

if TYPE_CHECKING:
    from app.cluster.client import NodeClient
    from app.cluster.deployment import Deployer
    from app.cluster.keeping import Keep
    from app.cluster.network import Network
    from app.settings import Settings

SETTLE_SECONDS = 1.0
"""How long after the start an answer still waits for trusted nodes that have not been tried yet."""
OPEN_SECONDS = 10.0
NAMED_SECONDS = 5.0
"""How long an answer waits for the node that was asked for by name."""

log = logging.getLogger(__name__)


class Cluster:
    """All nodes: this machine's own and the trusted ones of the network. Implements `app.thinking.Thinker`."""

    def __init__(
        self, home: Path, settings: Settings, *, discover: bool | None = None, local_arguments: Sequence[str] = ()
    ) -> None:
        """Prepare; touches neither disk nor network.

        Args:
            home: The folder of keys, trust and logs.
            settings: `nodes_*` and `answer_model` are used.
            discover: Look for nodes by mDNS; None follows the settings.
            local_arguments: More command line for this machine's node, such as `--engine`.
        """
        self._settings = settings
        self._discover = settings.nodes_discover if discover is None else discover
        self._home = home
        self._roster = Roster()
        self._local = LocalNode(home, lambda info: self._roster.put("local", info), arguments=local_arguments)
        self._network: Network | None = None
        self._spreading = Spreading(lambda texts: embed_here(self._local.client, texts, "passage"), self._helpers)
        self._recordings = Recordings(self._local.client, self.nodes, self._client, KeptParts(home / "heard.db"))
        self._recognising = Recognising(self._local.client, self.nodes, self._client)
        self._reranking = Reranking(self._local.client, self.nodes, self._client)
        self._speaking = Speaking(self._local.client, self.nodes, self._client)
        self._refused: TrustError | None = None
        self._deployer: Deployer | None = None
        self._began = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened = asyncio.Event()
        self._placing = Placing()
        self._keeper = Keeper(home / "learned.json")
        self._budget = RetryBudget()
        self._outliers = Outliers()
        self.upkeep = Upkeep(home, self._roster, self._ready_network)
        """The last hour, and what a person does with nodes beside asking them."""

    @property
    def settings(self) -> Settings:
        """The settings that it follows; a change counts from the next answer on."""
        return self._settings

    @property
    def local_pid(self) -> int | None:
        """Process id of this machine's node; None while it is not running or belongs to another process."""
        return self._local.pid

    async def start(self) -> None:
        """Begin to look for nodes; returns at once. This machine's node starts on first need."""
        self._began = time.monotonic()
        self._placing = Placing(await asyncio.to_thread(Learned.read, self._keeper.path))
        self._spawn(self._open_network())
        self._spawn(self.upkeep.run())

    async def close(self) -> None:
        """Stop watching, close all connections and this machine's node if it is ours."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._network is not None:
            await self._network.close()
        await self._local.close()
        await asyncio.to_thread(self._recordings.close)
        await asyncio.to_thread(self._keeper.close, self._placing.learned.as_json())

    def nodes(self) -> tuple[NodeInfo, ...]:
        """Return what is known now, this machine first."""
        return self._roster.snapshot()

    def prediction_error(self, id: str) -> float | None:
        """Return how far predicted times to the first token of a node were off lately, 0 to 1; None: not known."""
        return self._placing.learned.error(id)

    def outlook(self, request: ChatRequest) -> Outlook:
        """Return how soon an answer would be there, place by place; see app/cluster/outlook.py."""
        return outlook(self._placing, self.nodes(), request, self._settings.nodes_prefer)

    async def watch(self) -> AsyncGenerator[tuple[NodeInfo, ...], None]:
        """Yield `nodes()` now and at each change, at most four times a second."""
        async with aclosing(self._roster.watch()) as snapshots:
            async for snapshot in snapshots:
                yield snapshot

    async def discovered(self, seconds: float) -> tuple[NodeInfo, ...]:
        """Give discovery that long, and trusted nodes the time to be described; then return all nodes."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(TrustError):  # this machine is there whatever is wrong with the others
            await self._ready_network()
        await asyncio.sleep(max(deadline - time.monotonic(), 0))
        return self.nodes()

    async def generate(self, request: ChatRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Stream one answer, moving to another node when one is lost.

        Raises:
            NodeError: no node can make it; NodeLost also when it broke off and none could go on.
        """
        if not request.model and self._settings.answer_model:
            request = replace(request, model=self._settings.answer_model)
        began: float | None = time.monotonic()
        await self._settle(request)
        question = self._placing.question(request)

        async def placed(node: NodeInfo) -> tuple[Answerer, NodeInfo]:
            opened = await self._open(node)
            self._placing.given(opened[1], question)
            return opened

        session = Session(
            *(request, self._rank, placed, self._silent, self._learn), budget=self._budget, outliers=self._outliers
        )
        async with aclosing(session.events()) as events:
            async for event in events:
                if isinstance(event, Generated) and not request.ahead:
                    self._placing.learned.answered(event.usage.completion_tokens)
                if isinstance(event, TokenReceived) and event.text and began is not None and not request.ahead:
                    self.upkeep.first_token(1000.0 * (time.monotonic() - began))
                    began = None
                yield event

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        """Embed any number of texts: queries on this machine, passages also on nodes that may help. Raises NodeError.

        Which nodes may is a matter of `nodes_documents` and `zones`; see docs/background-work.md.
        """
        if kind == "passage":
            return await self._spreading.embed(texts, zones, told)
        return await embed_here(self._local.client, texts, "query")

    async def recognise(
        self, picture: bytes, *, language: str = "", zones: tuple[str, ...] = (), background: bool = False
    ) -> RecognisedPage:
        """Read the text in a picture: here, and where `nodes_documents` says so on idle nodes too. Raises NodeError."""
        elsewhere = self._settings.nodes_documents == "cluster" and background
        return await self._recognising.read(
            picture, language=language, zones=zones, background=background, elsewhere=elsewhere
        )

    async def rerank(self, query: str, texts: Sequence[str], *, zones: tuple[str, ...] = ()) -> Reranked:
        """Score passages: here, and where `nodes_documents` says so on an idle node. Raises NodeError."""
        elsewhere = self._settings.nodes_documents == "cluster"
        return await self._reranking.rerank(query, texts, zones=zones, elsewhere=elsewhere)

    def _helpers(self, sha256: str, zones: tuple[str, ...]) -> list[Helper]:
        """Nodes that may embed documents now: trusted, allowed, with the same model, and idle."""
        if self._settings.nodes_documents != "cluster":
            return []
        found = []
        for node in self.nodes():
            client = self._client(node.id) if may_help(node, sha256, zones) else None
            if client is not None:
                found.append(Helper(node.id, node.name, partial(embed_with, client, sha256)))
        return found

    async def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False, hotwords: Sequence[str] = ()
    ) -> AsyncGenerator[Hearing | Transcribed, None]:
        """Turn 16 kHz mono PCM16 into text: any Hearing, then one Transcribed. Raises NodeError.

        On this machine, unless the setting voice.elsewhere lets the sound go to a paired node that is quicker; with
        `here` on this machine in any case.
        """
        node = listener(self.nodes()) if self._settings.voice_elsewhere and not here else None
        client = self._client(node.id) if node is not None else None
        elsewhere = (node, client) if node is not None and client is not None else None
        async with aclosing(heard(audio, language, self._local.client, elsewhere, hotwords)) as events:
            async for event in events:
                yield event

    def read_recordings(
        self, recordings: Sequence[Recording], *, language: str = "", background: bool = False
    ) -> AsyncGenerator[Going | RecordingRead, None]:
        """Turn recordings into text, on idle paired nodes too where `voice_elsewhere` is set. Raises NodeError.

        Yields each recording once, as soon as it is read or cannot be, and now and then how far all are.
        `background`: nobody waits for it; so it is for several in any case.
        """
        elsewhere = self._settings.voice_elsewhere
        return self._recordings.read(recordings, language=language, elsewhere=elsewhere, background=background)

    def speak(
        self,
        sentences: AsyncIterator[str],
        *,
        voice: str = "",
        speed: float = 1.0,
        zones: tuple[str, ...] = (),
        node: str = "",
    ) -> AsyncGenerator[Spoken, None]:
        """Read sentences aloud as they come: on this machine where it has the voice, else on a paired node in `zones`.

        A node that is lost is replaced at the sentence it was in. `node`: its name, "local" for this machine.
        Raises NodeError.
        """
        return self._speaking.speak(sentences, voice=voice, speed=speed, zones=zones, node=node)

    def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str = "", threshold: float = 0.0
    ) -> AsyncGenerator[Attended, None]:
        """Tell what live sound holds; this machine's node alone hears it. See app/cluster/attending.py."""
        return attended(audio, self._local.client, wake_word=wake_word, threshold=threshold)

    async def warm(self, roles: Sequence[str]) -> AsyncGenerator[tuple[EngineInfo, ...], None]:
        """Start this machine's node and load the engines of `roles`; yields progress until they are ready or failed."""
        client = await self._local.client()
        async with aclosing(client.load(roles)) as steps:
            async for step in steps:
                yield step

    async def models(self, *, catalogue: bool = False) -> list[ModelInfo]:
        """Return all models, each once, with the names of the nodes that have it. Raises NodeError."""
        return models_of(await (await self._local.client()).models(catalogue=catalogue), self.nodes())

    async def add_model(self, source: str) -> AsyncGenerator[ModelProgress, None]:
        """Fetch a model by catalogue name, or take a GGUF file; the last progress names it. Raises NodeError."""
        client = await self._local.client()
        async with aclosing(client.fetch_model(source)) as steps:
            async for step in steps:
                yield step

    def take_model(self, model: ModelInfo, node: str) -> AsyncGenerator[ModelProgress, None]:
        """Bring a chat model here from a paired node, by id; see `taking`. Raises NodeError, ModelError."""
        from app.cluster.taking import bring

        return bring(self, self._ready_network, self._home / "incoming", model, node)

    async def remove_model(self, name: str) -> ModelInfo:
        """Delete a model from this machine; returns what it was. Raises NodeError."""
        return await (await self._local.client()).remove_model(name)

    async def deploy(
        self, model: str, nodes: Sequence[NodeInfo], *, rate: float = 0.0
    ) -> AsyncGenerator[DeploymentInfo, None]:
        """Bring a model of this machine to nodes; yields how far each is. See app/cluster/deployment.py."""
        async with aclosing((await self._deploying()).deploy(model, nodes, rate=rate)) as infos:
            async for info in infos:
                yield info

    async def undeploy(self, sha256: str, nodes: Sequence[NodeInfo]) -> list[DeploymentInfo]:
        """Delete a model from nodes. Raises TrustError."""
        return await (await self._deploying()).remove(sha256, nodes)

    async def deployments(self) -> AsyncGenerator[tuple[DeploymentInfo, ...], None]:
        """Yield how far each deployed model is on each node, now and after each change. Raises TrustError."""
        async with aclosing((await self._deploying()).deployments()) as snapshots:
            async for snapshot in snapshots:
                yield snapshot

    async def lacking(self, keep: Keep) -> list[NodeInfo]:
        """Return the nodes that a rule of keep.toml speaks of and that do not have its model. Raises TrustError."""
        return await (await self._deploying()).lacking(keep)

    async def _deploying(self) -> Deployer:
        network = await self._ready_network()
        if self._deployer is None:
            from app.cluster.deployment import Deployer

            self._deployer = Deployer(self._home, local=self._local.client, client=network.client, nodes=self.nodes)
        return self._deployer

    async def _keep_models(self) -> None:
        deployer = await self._deploying()
        from app.cluster.keeper import RuleKeeper

        await RuleKeeper(self._home, deployer).run()

    async def pair(self, target: str, code: str) -> NodeInfo:
        """Trust a node: `target` is its name, the beginning of its id, or host:port. Raises TrustError."""
        return await (await self._ready_network()).pair(target, code)

    async def shared_fingerprint(self, id: str) -> str:
        """Return what this machine and a paired node both show, for people to compare. Raises TrustError."""
        return (await self._ready_network()).shared_fingerprint(id)

    async def unpair(self, name: str) -> NodeInfo:
        """Stop trusting a node, by name or beginning of its id. Raises TrustError."""
        return await (await self._ready_network()).unpair(name)

    async def rotate(self, *, drop: bool = False) -> KeyChange:
        """Give this machine a new key, and tell the nodes; `drop` gives up those that are away. Raises TrustError."""
        return await (await self._ready_network()).rotate(drop=drop)

    async def _open_network(self) -> None:
        # Imports of a tenth of a second each: in a thread, so that a window on this loop does not wait for them.
        await asyncio.to_thread(_import_network)
        from app.cluster.network import Network
        from app.cluster.trust import TrustStore

        try:
            store = TrustStore(self._home)
            await asyncio.to_thread(store.read)
            self._network = Network(store, self._settings, self._roster)
        except TrustError as error:
            self._refused = error
            log.error("other machines are not used: %s %s", error.message, error.hint)
            return
        finally:
            self._opened.set()
        self._spawn(self._keep_models())
        await self._network.run(discover=self._discover)

    async def _ready_network(self) -> Network:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self._opened.wait()
        except TimeoutError as error:
            raise TrustError("Other machines cannot be looked for yet.", code="trust", hint="Try again.") from error
        if self._network is None:
            raise self._refused or TrustError("Other machines cannot be used.", code="trust")
        return self._network

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        log.error("looking for nodes ended", exc_info=task.exception())

    async def _settle(self, request: ChatRequest) -> None:
        """Give trusted nodes a moment to be reached before an answer is placed for the first time."""
        if request.node.strip().lower() == "local" or not self._tasks:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(self._began + SETTLE_SECONDS - time.monotonic(), 0)):
                await self._opened.wait()
                while self._network is not None and not self._network.settled:
                    await self._roster.changed()
        if request.node:
            await self._roster.until(lambda: self._usable(request), NAMED_SECONDS)

    def _usable(self, request: ChatRequest) -> bool:
        try:
            return bool(rank(self.nodes(), request))
        except NodeLost:
            return False
        except NodeError as error:
            return error.code != "node_unknown" or not self._discover

    def _rank(self, request: ChatRequest, avoid: Collection[str]) -> list[Choice]:
        nodes = self.nodes()
        avoid = {*avoid, *self._outliers.aside([node.id for node in nodes if node.trusted])}
        return self._placing.order(nodes, request, prefer=self._settings.nodes_prefer, avoid=avoid)

    def _learn(self, choice: Choice, milliseconds: float) -> None:
        self._placing.learn(choice, milliseconds)
        if self._keeper.due:
            self._spawn(asyncio.to_thread(self._keeper.keep, self._placing.learned.as_json()))

    async def _open(self, node: NodeInfo) -> tuple[Answerer, NodeInfo]:
        if node.local:
            client: NodeClient | None = await self._local.client()
        else:
            client = self._client(node.id)
        if client is None:
            raise NodeLost(f"{node.name} cannot be reached.")
        return client, self._roster.get(node.id) or node

    def _client(self, id: str) -> NodeClient | None:
        return self._network.client(id) if self._network is not None else None

    def _silent(self, id: str) -> float:
        info = self._roster.get(id)
        return time.monotonic() - info.seen_at if info is not None else float("inf")


def _import_network() -> None:
    import app.cluster.keeper
    import app.cluster.network  # noqa: F401
