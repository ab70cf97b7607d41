"""Which engine runs which model: the real ones, or a paced one that only takes the time a model would."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nodeworker import hardware
from nodeworker.engines import ChatEngine
from nodeworker.engines.openai_choice import ServerChoice
from nodeworker.errors import BadRequest, ModelMissing
from nodeworker.hosted import EngineSpec, HostedChat, HostedEmbed, HostedRerank, HostedTranscribe
from nodeworker.models import FetchProgress, ModelFile, ModelFolder

if TYPE_CHECKING:
    from nodeworker.catalogue import CatalogueEntry

MOST_CONTEXT = 8192
"""Tokens a chat engine is loaded with at most unless asked: more costs memory in proportion."""
SMALLEST_CONTEXT = 512
PACED_NAME = "paced"
_PACED_SLOTS = 4


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """What --engine says: the real engines, or answers at a fixed pace (tokens/s) with no model behind them."""

    decode_rate: float = 0.0
    prefill_rate: float = 0.0
    server: ServerChoice | None = None
    """Answers come from this OpenAI-style server: see docs/openai-engine.md."""

    @property
    def simulated(self) -> bool:
        """Whether no model is behind the answers."""
        return self.decode_rate > 0

    @classmethod
    def parse(cls, text: str) -> EngineChoice:
        """Read "llama", "paced:DECODE[,PREFILL]" or "openai:URL[,OPTION=…]". Raises BadRequest."""
        if text == "llama":
            return cls()
        kind, _, rates = text.partition(":")
        if kind == "openai":
            return cls(server=ServerChoice.parse(rates))
        try:
            numbers = [float(rate) for rate in rates.split(",")] if kind == PACED_NAME else []
        except ValueError:
            numbers = []
        if not 1 <= len(numbers) <= 2 or not all(0 < number <= 1e6 for number in numbers):
            hint = "Use llama, openai:URL, or paced:DECODE[,PREFILL] in tokens a second."
            raise BadRequest(f"{text[:100]!r} is no engine.", hint)
        return cls(numbers[0], numbers[1] if len(numbers) == 2 else 20 * numbers[0])


class EngineMaker:
    """Builds engines for `nodeworker.rooms`; nothing is loaded here."""

    def __init__(self, choice: EngineChoice, *, context: int = 0, threads: int = 0) -> None:
        """`context` tokens and `threads` of 0 mean: as fits this machine. Raises BadRequest for a useless context."""
        if context and context < SMALLEST_CONTEXT:
            raise BadRequest(f"A context of {context} tokens is too small.", f"At least {SMALLEST_CONTEXT}.")
        self._choice = choice
        self._context = context
        self._threads = threads

    @property
    def slots(self) -> int:
        """Answers that the chat engine makes at the same time, before it is loaded."""
        return _PACED_SLOTS if self._choice.simulated else 1

    def chat(self, model: ModelFile) -> ChatEngine | HostedChat:
        """Build the engine that answers."""
        if self._choice.simulated:
            from nodeworker.engines.paced import PacedEngine

            return PacedEngine(self._choice.decode_rate, self._choice.prefill_rate, slots=_PACED_SLOTS)
        most = self._context or MOST_CONTEXT
        context = min(most, model.context) if model.context else most
        options = {"context": context, "threads": self._threads or hardware.free_cores()}
        return HostedChat(model, EngineSpec("nodeworker.engines.llama:LlamaEngine", options, ("llama_cpp",)))

    def embed(self, model: ModelFile) -> HostedEmbed:
        """Build the engine that embeds: by the format of the weights."""
        if model.main_file.suffix == ".onnx":
            factory, imports = "nodeworker.engines.onnx_embedder:OnnxEmbedderEngine", ("onnxruntime", "tokenizers")
        else:
            factory, imports = "nodeworker.engines.embedder:EmbedderEngine", ("torch", "sentence_transformers")
        return HostedEmbed(model, EngineSpec(factory, {"threads": self._threads}, imports))

    def rerank(self, model: ModelFile) -> HostedRerank:
        """Build the engine that orders passages."""
        factory = "nodeworker.engines.onnx_reranker:OnnxRerankEngine"
        return HostedRerank(model, EngineSpec(factory, {"threads": self._threads}, ("onnxruntime", "tokenizers")))

    def transcribe(self, model: ModelFile) -> HostedTranscribe:
        """Build the engine that hears."""
        options = {"threads": self._threads or hardware.free_cores()}
        return HostedTranscribe(
            model, EngineSpec("nodeworker.engines.whisper:WhisperEngine", options, ("faster_whisper",))
        )


class PacedFolder:
    """The model folder of a simulated node: one chat model that is no file; everything else is real."""

    def __init__(self, folder: ModelFolder) -> None:
        self._folder = folder
        # Every paced node says the same tokens, so an answer can move between them: one hash for all.
        self._chat = ModelFile(
            role="chat",
            name=PACED_NAME,
            sha256=hashlib.sha256(b"tangnet paced engine").hexdigest(),
            path=Path(),
            bytes=0,
            context=MOST_CONTEXT,
            licence="Apache-2.0",
            trustworthy=False,
            note="No model: answers that only take the time one would.",
        )

    def all(self) -> list[ModelFile]:
        """Return the simulated chat model and the real others."""
        return [self._chat, *(model for model in self._folder.all() if model.role != "chat")]

    def find(self, role: str, name: str = "") -> ModelFile:
        """Return the simulated model for any chat model's name: a stand-in must take every call."""
        return self._chat if role == "chat" else self._folder.find(role, name)

    def verify(self, model: ModelFile) -> None:
        """Check a real model's file."""
        if model is not self._chat:
            self._folder.verify(model)

    def fetch(self, source: str, progress: Callable[[FetchProgress], None], cancelled: threading.Event) -> ModelFile:
        """Fetch a real model."""
        return self._folder.fetch(source, progress, cancelled)

    def remove(self, name: str) -> ModelFile:
        """Remove a real model."""
        if name in (self._chat.name, self._chat.sha256):
            raise ModelMissing(f"{name} is no file that could be removed.")
        return self._folder.remove(name)

    def catalogue(self) -> list[CatalogueEntry]:
        """Return what could be fetched."""
        return self._folder.catalogue()
