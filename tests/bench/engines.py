"""The chat engine as the benches build it: in this process, or by name in an engine process of a node."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nodeworker.engines import Token
from nodeworker.engines.llama.engine import LlamaEngine
from nodeworker.models.tuned import Tuning

if TYPE_CHECKING:
    from nodeworker.engines import ChatEvent, ChatRequest, Tell
    from nodeworker.errors import EngineError
    from nodeworker.models.folder import ModelFile


Options = Mapping[str, int | bool]
"""Keyword arguments of `made`."""


class StampedEngine(LlamaEngine):
    """Says, in place of a token's text, at what time it was told: nanoseconds of the machine's monotonic clock."""

    def begin(self, request: ChatRequest, tell: Tell) -> None:
        """Take one answer up."""
        super().begin(request, functools.partial(_stamped, tell))


def _stamped(tell: Tell, event: ChatEvent | EngineError | None) -> None:
    if isinstance(event, Token):
        event = replace(event, text=f"{time.monotonic_ns()} " if event.ids else "")
    tell(event)


def made(
    model: ModelFile,
    *,
    slots: int = 0,
    threads: int = 0,
    context: int = 0,
    drafts: bool = True,
    exact: bool = True,
    stamped: bool = False,
) -> LlamaEngine:
    """Build an engine; the defaults are the engine's own."""
    kind = StampedEngine if stamped else LlamaEngine
    return kind(model, slots=slots, threads=threads, context=context, tuning=Tuning(exact=exact, drafts=drafts))


@contextlib.contextmanager
def loaded(model: ModelFile, options: Options) -> Iterator[LlamaEngine]:
    """Build an engine in this process with options of `made`, and load it; close it."""
    engine = made(model, **options)  # type: ignore[arg-type]  # which has a type for each
    engine.load(lambda _fraction: None)
    try:
        yield engine
    finally:
        engine.close()
