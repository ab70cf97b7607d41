"""From the last word of a spoken question to the first token of its answer: with work done ahead and without, in turns.

`pytest -m bench tests/bench/bench_turn.py -s`. Eight questions, spoken by a packaged voice, come as fast as speech.
The library is small, the models are those that come along. Each run is a conversation of its own with an opening of its
own, so that no node remembers the prompt of the run before.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.assistant import Question
from app.conversations import Outcome
from app.events import Answered, TokenReceived
from app.runtime import Runtime
from app.thinking import ChatRequest, GenerationEvent
from app.turn_trace import TurnTrace
from app.voice.audio_file import pcm_from_file
from nodeworker.protocol import SAMPLE_RATE
from tests.bench.figures import show
from tests.e2e.papers import PAPERS
from tests.spoken import question_wav

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(1200)]

QUESTIONS = (
    "How long is the warranty of the compressor of the heat pump?",
    "How often must the air filter of the heat pump be cleaned?",
    "What does the error code of the outdoor sensor mean?",
    "How much is the monthly rent of the flat in Harbour Street?",
    "When is the deposit paid back after the tenant moves out?",
    "How long is the notice period of the lease contract?",
    "How long must the dough of the rye bread rest in a cool place?",
    "How hot must the oven be to bake the rye bread?",
)
BLOCK_SECONDS = 0.032
TAIL_SECONDS = 0.5
"""Between the last word and the end of the sound: the finger, and what is taken after it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Milliseconds after the end of the sound."""

    text: float
    shown: float
    token: float
    """The first of the model's own: what is shown first may be a quotation."""
    trace: TurnTrace


class Watched:
    """Notes when the model's first token comes."""

    def __init__(self, runtime: Runtime) -> None:
        self._generate = runtime.cluster.generate
        self.first = 0.0

    async def generate(self, request: ChatRequest) -> AsyncIterator[GenerationEvent]:
        """As the cluster's."""
        async for event in self._generate(request):
            if isinstance(event, TokenReceived) and not request.ahead and not self.first:
                self.first = time.perf_counter()
            yield event


async def spoken(path: Path) -> AsyncIterator[bytes]:
    """Yield a sound file at the speed of speech."""
    sound = b"".join([block async for block in pcm_from_file(path)]) + bytes(2 * round(SAMPLE_RATE * TAIL_SECONDS))
    size, due = 2 * round(SAMPLE_RATE * BLOCK_SECONDS), time.perf_counter()
    for at in range(0, len(sound), size):
        due += BLOCK_SECONDS
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        yield sound[at : at + size]


async def turn(runtime: Runtime, watched: Watched, clip: Path, number: int, ahead: bool) -> Turn:
    """Ask one question."""
    store = runtime.conversations
    id = store.create().id
    store.ask(id, f"{number} is the number of this conversation. Keep {number} in mind.")
    message = store.begin(id)
    store.append(message, f"It is {number}.")
    store.finish(message, Outcome("complete"))
    runtime.settings.voice_ahead = ahead
    watched.first = 0.0
    began = time.perf_counter()
    async with aclosing(runtime.assistant.ask(Question(audio=spoken(clip), conversation=id, max_tokens=24))) as events:
        async for event in events:
            if isinstance(event, Answered):
                trace = event.trace
    assert trace is not None and trace.release_ms is not None and watched.first
    assert trace.final_ms is not None and trace.token_ms is not None
    release = trace.release_ms
    return Turn(trace.final_ms - release, trace.token_ms - release, (watched.first - began) * 1000 - release, trace)


async def test_release_to_first_token(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [question_wav(question, tmp_path) for question in QUESTIONS]
    folder = tmp_path / "papers"
    folder.mkdir()
    for name, pages in PAPERS.items():
        (folder / name).with_suffix(".md").write_text("\n\n".join(f"# {page}" for page in pages))
    runtime = await Runtime.open(home, discover=False)
    try:
        async for _ in runtime.library.add([folder]):
            pass
        async for _ in runtime.cluster.warm(["chat", "embed", "transcribe"]):
            pass
        watched, numbers = Watched(runtime), itertools.count(101)
        monkeypatch.setattr(runtime.cluster, "generate", watched.generate)
        for ahead in (True, False):
            await turn(runtime, watched, clips[0], next(numbers), ahead)
        pairs = []
        for place, clip in enumerate(clips):
            first = place % 2 == 0
            one, other = [await turn(runtime, watched, clip, next(numbers), way) for way in (first, not first)]
            pairs.append((one, other) if first else (other, one))
        with_, without = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        show("release to final text", [t.text for t in with_], "ms", [t.text for t in without])
        show("release to first text shown", [t.shown for t in with_], "ms", [t.shown for t in without])
        show("release to first token", [t.token for t in with_], "ms", [t.token for t in without], "ratio <= 0.5")
        after = [max(t.token - t.text, 0.1) for t in with_], [max(t.token - t.text, 0.1) for t in without]
        show("final text to first token", after[0], "ms", after[1], "ratio <= 0.5")
        reading = [t.trace.prefill_ms or 0.0 for t in with_], [t.trace.prefill_ms or 0.0 for t in without]
        show("reading of the prompt", reading[0], "ms", reading[1])
        show("prompts read ahead", sum(t.trace.ahead == "prompt" for t in with_), f"of {len(with_)}")
    finally:
        await runtime.close()
