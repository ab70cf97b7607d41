"""One OpenAI-style server as a whole: what kind it is, which models it lists, and whether it is there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nodeworker.engines.openai.choice import Resolve, ServerChoice, resolve_name
from nodeworker.engines.openai.http import Guard, Patience, Wire
from nodeworker.errors import EngineError, ModelMissing
from nodeworker.models.model_file import ModelFile

if TYPE_CHECKING:
    from nodeworker.models.catalogue import CatalogueEntry
    from nodeworker.models.folder import FetchProgress, ModelFolder

REFRESH_SECONDS = 5.0
"""The list of models is asked for again after this long, while nothing is being answered: an answer proves more."""
REFRESH_WAIT = 0.5
MOST_MODELS = 64
MOST_ID = 300
DEFAULT_SLOTS = 8
Kind = Literal["vllm", "sglang", "llama-server", "llama-cpp-python", "ollama", "other"]
_OWNERS: dict[str, Kind] = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama-server", "me": "llama-cpp-python"}
_SAID = ("id", "root", "parent", "owned_by", "max_model_len")
_META = ("vocab_type", "n_vocab", "n_ctx_train", "n_embd", "n_params", "size", "ftype")
"""What identifies a model. Not `created` and `permission`: some servers make them up anew for each request."""
_NOT_CHAT = re.compile(r"embed|rerank|whisper|minilm|(^|[-/])bge-|(^|[-/])e5-", re.IGNORECASE)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerModel:
    """One model of a server."""

    id: str
    """As the server wants it in a request."""
    name: str
    """For people: the file's name where the id is a path."""
    sha256: str
    owner: str = ""
    context: int = 0
    parameters: int = 0
    bytes: int = 0
    quantisation: str = ""
    vision: bool = False
    """It sees pictures, as far as the server says."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of the server beside its models."""

    kind: Kind
    version: tuple[int, int] = (0, 0)
    slots: int = 0
    """0 = it does not say."""
    context: int = 0
    """Of one answer, where it says so apart from the model."""


class OpenAiServer:
    """Shared by the folder, which lists its models, and the engine, which asks it. Safe to use from several threads."""

    def __init__(
        self, choice: ServerChoice, *, patience: Patience | None = None, resolve: Resolve = resolve_name
    ) -> None:
        """Prepare; nothing is asked before `models` or `traits`."""
        self.choice = choice
        self.wire = Wire(choice, patience=patience, resolve=resolve)
        self._lock = threading.Lock()
        self._models: tuple[ServerModel, ...] | EngineError = ()
        self._header = ""
        self._asked = 0.0
        """Monotonic time of the last answer to the question for models; 0 = never."""
        self._asking: threading.Thread | None = None
        self._active = 0

    @property
    def slots(self) -> int:
        """Answers at the same time, before the server has been asked."""
        return self.choice.slots or DEFAULT_SLOTS

    def models(self) -> tuple[ServerModel, ...]:
        """Return the server's models, as known some seconds ago at most. Raises EngineError when it cannot be asked."""
        with self._lock:
            never = not self._asked
            stale = not self._active and time.monotonic() - self._asked >= REFRESH_SECONDS
            if (never or stale) and self._asking is None:
                self._asking = threading.Thread(target=self._refresh, name="openai-models", daemon=True)
                self._asking.start()
            asking = self._asking
        if asking is not None:
            patience = self.wire.patience
            # A server that does not answer must not hold up calls that need no model list for long.
            asking.join(patience.connect + patience.short if never else REFRESH_WAIT)
        with self._lock:
            found = self._models
        if isinstance(found, EngineError):
            raise type(found)(found.message, found.hint)
        return found

    def forget(self) -> None:
        """Ask anew at the next occasion, however short ago it was asked."""
        with self._lock:
            self._asked = min(self._asked, time.monotonic() - REFRESH_SECONDS)

    def ask_models(self, guard: Guard) -> tuple[ServerModel, ...]:
        """Ask for the list now. Raises EngineError."""
        guard.give(self.wire.patience.short)
        try:
            answer, header = self.wire.ask(f"{self.choice.path}/models", guard, self.choice.read_key())
            found = self._kept(_listed(answer))
        except EngineError as error:
            self._note(error, "")
            raise
        self._note(found, header)
        return found

    def traits(self, guard: Guard) -> Traits:
        """Find out what kind of server it is. Raises EngineError when it is not there."""
        models = self.ask_models(guard)
        owners = {model.owner for model in models}
        kind = next((_OWNERS[owner] for owner in sorted(owners) if owner in _OWNERS), None)
        if kind is None and self._header.startswith("llama.cpp"):
            kind = "llama-server"
        if kind == "llama-server":
            props = self._side("/props", guard)
            settings = props.get("default_generation_settings")
            context = settings.get("n_ctx") if isinstance(settings, dict) else 0
            return Traits(kind, slots=_number(props.get("total_slots"), 4096), context=_number(context, 10**8))
        if kind == "llama-cpp-python":
            # It makes one answer at a time, and a second request cuts the first one off.
            return Traits(kind, slots=1)
        if kind == "vllm":
            return Traits(kind, version=_version(self._side("/version", guard).get("version")))
        if kind is None and isinstance(self._side("/api/version", guard).get("version"), str):
            kind = "ollama"
        return Traits(kind or "other")

    def id_of(self, model: ModelFile) -> str:
        """Return what the server calls a model of its list. Raises ModelMissing, EngineError."""
        return _pick(self.models(), model.sha256, self.choice).id

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """An answer is being made: the server is not asked for its models meanwhile."""
        with self._lock:
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1

    @property
    def active(self) -> int:
        """Answers that are being made."""
        return self._active

    def _refresh(self) -> None:
        try:
            with contextlib.suppress(EngineError):  # noted, and raised by `models`
                self.ask_models(Guard())
        finally:
            with self._lock:
                self._asking = None

    def _note(self, found: tuple[ServerModel, ...] | EngineError, header: str) -> None:
        with self._lock:
            before, self._models, self._asked, self._header = self._models, found, time.monotonic(), header
        if isinstance(found, EngineError):
            if not isinstance(before, EngineError):
                _log.warning("the model server at %s: %s", self.choice.address, found.message)
        elif isinstance(before, EngineError):
            _log.info("the model server at %s is back", self.choice.address)

    def _side(self, path: str, guard: Guard) -> dict[str, Any]:
        """Ask something beside the interface; a server that has no such thing says {}."""
        guard.give(self.wire.patience.short)
        root = self.choice.path.removesuffix("/v1")
        try:
            answer, _ = self.wire.ask(root + path, guard, self.choice.read_key())
        except EngineError as error:
            _log.debug("%s%s: %s", self.choice.address, path, error.message)
            return {}
        return answer if isinstance(answer, dict) else {}

    def _kept(self, models: tuple[ServerModel, ...]) -> tuple[ServerModel, ...]:
        wanted = self.choice.model
        if wanted:
            return (_pick(models, wanted, self.choice),)
        able = tuple(model for model in models if not _NOT_CHAT.search(model.id))
        if not able:
            raise ModelMissing(f"The model server at {self.choice.address} lists no chat model.", "Load one there.")
        return able


class OpenAiFolder:
    """The model folder of a node in front of a server: its chat models are the server's, everything else is real."""

    def __init__(self, folder: ModelFolder, server: OpenAiServer) -> None:
        self._folder = folder
        self._server = server

    def all(self) -> list[ModelFile]:
        """Return the server's chat models, none while it cannot be reached, and the real others."""
        try:
            chat = [self._file(model) for model in self._server.models()]
        except EngineError:  # the server object has logged it, and `find` says it to whoever asks for a model
            chat = []
        return [*chat, *(model for model in self._folder.all() if model.role != "chat")]

    def find(self, role: str, name: str = "") -> ModelFile:
        """Return a model of the server by name, id or sha256, or its first. Raises ModelMissing."""
        if role != "chat":
            return self._folder.find(role, name)
        try:
            models = self._server.models()
        except ModelMissing:
            raise
        except EngineError as error:
            raise ModelMissing(error.message, error.hint) from error
        return self._file(_pick(models, name, self._server.choice))

    def verify(self, model: ModelFile) -> None:
        """Check a real model's file; the server's models are its own affair."""
        if model.role != "chat":
            self._folder.verify(model)

    def fetch(self, source: str, progress: Callable[[FetchProgress], None], cancelled: threading.Event) -> ModelFile:
        """Fetch a real model."""
        return self._folder.fetch(source, progress, cancelled)

    def remove(self, name: str) -> ModelFile:
        """Remove a real model."""
        if any(name in (model.name, model.sha256) for model in self.all() if model.role == "chat"):
            raise ModelMissing(f"{name} belongs to the model server, not to this node.", "Remove it there.")
        return self._folder.remove(name)

    def catalogue(self) -> list[CatalogueEntry]:
        """Return what could be fetched."""
        return self._folder.catalogue()

    def _file(self, model: ServerModel) -> ModelFile:
        choice = self._server.choice
        return ModelFile(
            role="chat",
            name=model.name,
            sha256=model.sha256,
            path=Path(),
            bytes=model.bytes,
            quantisation=model.quantisation,
            context=model.context,
            trustworthy=choice.trustworthy,
            parameters=model.parameters,
            note=f"Run by the model server at {choice.address}.",
            vision=model.vision if choice.vision is None else choice.vision,
        )


def _pick(models: tuple[ServerModel, ...], wanted: str, choice: ServerChoice) -> ServerModel:
    for model in models:
        if wanted.strip() in ("", model.id, model.name, model.sha256):
            return model
    names = ", ".join(model.name for model in models[:8])
    raise ModelMissing(
        f"The model server at {choice.address} has no model {wanted[:100]!r}.", f"It has: {names}." if names else ""
    )


def _listed(answer: Any) -> tuple[ServerModel, ...]:
    entries = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(entries, list):
        raise EngineError("The model server's list of models is none.", "Does its address end with /v1?")
    seeing = _seeing(answer)
    found: dict[str, ServerModel] = {}
    for entry in entries[:MOST_MODELS]:
        id = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(id, str) and 0 < len(id) <= MOST_ID and id.isprintable():
            model = replace(_model(id, entry), vision=id in seeing)
            found.setdefault(model.sha256, model)
    return tuple(found.values())


def _seeing(answer: dict[str, Any]) -> frozenset[str]:
    """Return the ids of models that see pictures, where the server tells it, as llama-server does."""
    told = answer.get("models")
    found = set()
    for entry in told[:MOST_MODELS] if isinstance(told, list) else ():
        able = entry.get("capabilities") if isinstance(entry, dict) else None
        if isinstance(able, list) and ("multimodal" in able or "vision" in able):
            found |= {name for key in ("model", "name", "id") if isinstance(name := entry.get(key), str)}
    return frozenset(found)


def _model(id: str, entry: dict[str, Any]) -> ServerModel:
    meta = entry.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    said = {key: value for key in _SAID if isinstance(value := entry.get(key), str | int)}
    more = {key: value for key in _META if isinstance(value := meta.get(key), str | int)}
    # "openai" goes in first: the weights may be those of a GGUF file here, but its token ids are not known by them.
    identity = json.dumps(["tangnet openai engine", said, more], sort_keys=True)
    name = id.replace("\\", "/").rstrip("/").rpartition("/")[2] if _is_path(id) else id
    context = entry.get("max_model_len") or meta.get("n_ctx") or meta.get("n_ctx_train")
    quantisation = meta.get("ftype")
    return ServerModel(
        id=id,
        name=name.removesuffix(".gguf")[:100] or id[:100],
        sha256=hashlib.sha256(identity.encode()).hexdigest(),
        owner=str(entry.get("owned_by", ""))[:40],
        context=_number(context, 10**8),
        parameters=_number(meta.get("n_params"), 10**14),
        bytes=_number(meta.get("size"), 10**14),
        quantisation=quantisation[:20] if isinstance(quantisation, str) and quantisation.isprintable() else "",
    )


def _is_path(id: str) -> bool:
    return id.startswith(("/", "./", "~", "\\")) or id[1:3] == ":\\" or id.endswith(".gguf")


def _number(value: Any, most: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most else 0


def _version(said: Any) -> tuple[int, int]:
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})", said) if isinstance(said, str) else None
    return (int(found[1]), int(found[2])) if found else (0, 0)
