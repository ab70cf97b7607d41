"""Which engine runs which model: the real ones, or a paced one that only takes the time a model would."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nodeworker.engines import ChatEngine
from nodeworker.engines.openai.choice import ServerChoice
from nodeworker.engines.openai.server import OpenAiFolder, OpenAiServer
from nodeworker.engines.paced.choice import PACED, USAGE, PacedChoice
from nodeworker.engines.speaking.program import FILE as VOICES
from nodeworker.engines.speaking.program import ProgramVoice, read_programs
from nodeworker.engines.speaking.program_folder import ProgramFolder
from nodeworker.errors import BadRequest, ModelMissing
from nodeworker.hosting.fed import HostedAttend, HostedSpeak, HostedTranscribe
from nodeworker.hosting.hosted import (
    EngineSpec,
    HostedChat,
    HostedEmbed,
    HostedRecognise,
    HostedRerank,
)
from nodeworker.models.folder import FetchProgress, ModelFile, ModelFolder
from nodeworker.settings import home, kept_folder, measured_folder

if TYPE_CHECKING:
    from nodeworker.models.catalogue import CatalogueEntry
    from nodeworker.serving.server import Folder

MOST_CONTEXT = 8192
"""Tokens a chat engine is loaded with at most unless asked: more costs memory in proportion."""
SMALLEST_CONTEXT = 512
MOST_SLOTS = 128
PACED_NAME = "paced-simulated"
"""Of the model that a simulated node shows."""


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """What --engine says: the real engines, another server, or answers at a fixed pace with no model behind them."""

    paced: PacedChoice | None = None
    """Answers are simulated: see docs/node.md, "Paced engine"."""
    server: ServerChoice | None = None
    """Answers come from this OpenAI-style server: see docs/openai-engine.md."""

    @property
    def simulated(self) -> bool:
        """Whether no model is behind the answers."""
        return self.paced is not None

    @classmethod
    def parse(cls, text: str) -> EngineChoice:
        """Read "llama", "paced:DECODE[,PREFILL][,OPTION=…]" or "openai:URL[,OPTION=…]". Raises BadRequest."""
        if text == "llama":
            return cls()
        kind, _, rest = text.partition(":")
        if kind == "openai":
            return cls(server=ServerChoice.parse(rest))
        if kind == PACED:
            return cls(paced=PacedChoice.parse(rest))
        raise BadRequest(f"{text[:100]!r} is no engine.", f"Use llama, openai:URL, or {USAGE}.")


class EngineMaker:
    """Builds engines for `nodeworker.serving.rooms`; nothing is loaded here."""

    def __init__(
        self, choice: EngineChoice, *, context: int = 0, threads: int = 0, slots: int = 0, keep_prefixes: bool = False
    ) -> None:
        """`context` tokens, `threads` and `slots` of 0 mean: as fits this machine.

        Raises:
            BadRequest: a context that is too small for any use.
        """
        if context and context < SMALLEST_CONTEXT:
            raise BadRequest(f"A context of {context} tokens is too small.", f"At least {SMALLEST_CONTEXT}.")
        self._choice = choice
        self._simulate = choice.paced.engines() if choice.paced else None
        self._context = context
        self._threads = threads
        self._slots = slots
        self._keep = str(kept_folder()) if keep_prefixes else ""
        self._programs: tuple[ProgramVoice, ...] = ()
        self._server = OpenAiServer(choice.server) if choice.server else None

    def folder(self, real: ModelFolder) -> Folder:
        """Return the models of the node: those of `real`, in place of its chat models what the choice has, programs."""
        self._programs = read_programs(home() / VOICES)
        folder = self._models(real)
        return ProgramFolder(folder, self._programs) if self._programs else folder

    def _models(self, real: ModelFolder) -> Folder:
        if self._server is not None:
            return OpenAiFolder(real, self._server)
        return PacedFolder(real, context=self._choice.paced.context) if self._choice.paced else real

    @property
    def slots(self) -> int:
        """Answers that the chat engine makes at the same time, before it is loaded."""
        if self._server is not None:
            return self._server.slots
        return self._choice.paced.slots if self._choice.paced else self._slots or 1

    def chat(self, model: ModelFile) -> ChatEngine | HostedChat:
        """Build the engine that answers."""
        if self._simulate is not None:
            return self._simulate()
        if self._server is not None:
            from nodeworker.engines.openai.engine import OpenAiEngine

            return OpenAiEngine(self._server, model)
        most = self._context or MOST_CONTEXT
        context = min(most, model.context) if model.context else most
        options: dict[str, int | float | str | bool] = {
            "context": context,
            "threads": self._threads,
            "slots": self._slots,
            "notes": str(measured_folder()),
            "keep": self._keep,
        }
        return HostedChat(model, EngineSpec("nodeworker.engines.llama.engine:LlamaEngine", options, ("llama_cpp",)))

    def embed(self, model: ModelFile) -> HostedEmbed:
        """Build the engine that embeds: by the format of the weights."""
        if model.main_file.suffix == ".onnx":
            factory, imports = (
                "nodeworker.engines.embedding.onnx_embedder:OnnxEmbedderEngine",
                ("onnxruntime", "tokenizers"),
            )
        else:
            factory, imports = (
                "nodeworker.engines.embedding.embedder:EmbedderEngine",
                ("torch", "sentence_transformers"),
            )
        return HostedEmbed(model, EngineSpec(factory, {"threads": self._threads}, imports))

    def rerank(self, model: ModelFile) -> HostedRerank:
        """Build the engine that orders passages."""
        factory = "nodeworker.engines.embedding.onnx_reranker:OnnxRerankEngine"
        return HostedRerank(model, EngineSpec(factory, {"threads": self._threads}, ("onnxruntime", "tokenizers")))

    def recognise(self, model: ModelFile) -> HostedRecognise:
        """Build the engine that reads scans."""
        factory = "nodeworker.engines.ocr.engine:PageEngine"
        return HostedRecognise(model, EngineSpec(factory, {"threads": self._threads}, ("onnxruntime", "cv2")))

    def transcribe(self, model: ModelFile) -> HostedTranscribe:
        """Build the engine that hears."""
        factory = "nodeworker.engines.speech.whisper:WhisperEngine"
        return HostedTranscribe(model, EngineSpec(factory, {"threads": self._threads}, ("faster_whisper",)))

    def attend(self, model: ModelFile) -> HostedAttend:
        """Build the engine that listens without writing anything down."""
        return HostedAttend(
            model, EngineSpec("nodeworker.engines.attending.engine:ListeningEngine", {}, ("onnxruntime",))
        )

    def speak(self, model: ModelFile) -> HostedSpeak:
        """Build the engine that speaks: with a voice, or with a program of the user's own."""
        for program in self._programs:
            if program.model.sha256 == model.sha256:
                return HostedSpeak(
                    model, EngineSpec("nodeworker.engines.speaking.program:ProgramEngine", program.options)
                )
        factory = "nodeworker.engines.speaking.voice:VoiceEngine"
        return HostedSpeak(model, EngineSpec(factory, {}, ("onnxruntime", "hibari.g2p")))


class PacedFolder:
    """The model folder of a simulated node: one chat model that is no file; everything else is real."""

    def __init__(self, folder: ModelFolder, *, context: int = MOST_CONTEXT) -> None:
        self._folder = folder
        # Every paced node says the same tokens, so an answer can move between them: one hash for all.
        self._chat = ModelFile(
            role="chat",
            name=PACED_NAME,
            sha256=hashlib.sha256(b"tangnet paced engine").hexdigest(),
            path=Path(),
            bytes=0,
            context=context,
            licence="Apache-2.0",
            trustworthy=False,
            note="Simulated: no model, answers that only take the time one would.",
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
