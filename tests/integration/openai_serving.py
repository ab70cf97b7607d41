"""An engine in front of a server, for tests: built as the node builds it, with short patience."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nodeworker.engines import ChatEvent, ChatRequest, Done, Message, Sampling, Token
from nodeworker.engines.openai.choice import ServerChoice
from nodeworker.engines.openai.engine import OpenAiEngine
from nodeworker.engines.openai.http import Patience
from nodeworker.engines.openai.server import OpenAiFolder, OpenAiServer
from nodeworker.models.folder import ModelFolder
from tests.fake_openai import FakeServer

SHORT = Patience(connect=1.0, send=2.0, short=1.0, first=1.0, between=0.5, last=0.3)
LONG = Patience()


def folder_of(server: OpenAiServer, home: Path) -> OpenAiFolder:
    """The node's models, with those of the server."""
    return OpenAiFolder(ModelFolder(home / "models", packages=False), server)


def engine_of(choice: str, home: Path, patience: Patience = LONG, model: str = "") -> OpenAiEngine:
    """A loaded engine; `choice` is what stands after "openai:"."""
    server = OpenAiServer(ServerChoice.parse(choice), patience=patience)
    engine = OpenAiEngine(server, folder_of(server, home).find("chat", model))
    engine.load(lambda fraction: None)
    return engine


def request(text: str = "Say something.", *, shown: str = "", max_tokens: int = 0, **sampling: object) -> ChatRequest:
    """A question."""
    how = Sampling(max_tokens=max_tokens, **sampling)  # type: ignore[arg-type]
    return ChatRequest("r1", (Message("user", text),), how, resume_text=shown)


def answered(server: FakeServer, home: Path, **how: Any) -> list[ChatEvent]:
    """A whole answer of a server, with short patience."""
    return list(engine_of(server.url, home, SHORT).generate(request(**how)))


def text_of(events: list[ChatEvent]) -> str:
    """What a reader sees."""
    return "".join(event.text for event in events if isinstance(event, Token))


def done_of(events: list[ChatEvent]) -> Done:
    """How it ended."""
    assert isinstance(events[-1], Done)
    assert not any(isinstance(event, Done) for event in events[:-1])
    return events[-1]


class Reading:
    """An answer that is read in a thread of its own, as the node does it."""

    def __init__(self, engine: OpenAiEngine, wanted: ChatRequest) -> None:
        self.events: list[ChatEvent] = []
        self.error: BaseException | None = None
        self.begun = threading.Event()
        """The first event is there."""
        self._thread = threading.Thread(target=self._read, args=(engine.generate(wanted),))
        self._thread.start()

    def _read(self, events: Iterator[ChatEvent]) -> None:
        try:
            for event in events:
                self.events.append(event)
                self.begun.set()
        except BaseException as error:  # looked at by the test
            self.error = error

    def ended(self, seconds: float = 10.0) -> bool:
        """Wait for its end."""
        self._thread.join(seconds)
        return not self._thread.is_alive()
