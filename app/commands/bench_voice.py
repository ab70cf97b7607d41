"""`tangnet bench voice`: where the time of a spoken question goes, over the library as it is.

A clip is played at the speed of speech, some turns with work done ahead and as many without, which is the reference;
that of the text is faster-whisper alone, in a process of the node's program. The first sound is that which a voice of
the cluster makes; no loudspeaker plays it. Nothing is kept of the answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.assistant import Assistant, Question
from app.commands.context import Context, existing
from app.conversations import Conversations, Outcome
from app.errors import NodeError
from app.events import Answered, TokenReceived
from app.home import home
from app.streams import ending
from app.turn_trace import TurnTrace
from app.voice.aloud import LOCAL, Aloud

if TYPE_CHECKING:
    from app.runtime import Runtime
    from app.thinking import Speaker

SENTENCE = "What do my documents say about the warranty of the heat pump?"
"""Spoken by a voice of the cluster where no clip is given."""
ROUNDS = 3
RATE = 16_000
BLOCK_SECONDS = 0.032
TAIL_SECONDS = 0.5
"""Silence after the last word: the finger that lets go, and what is taken after that."""
ANSWER_TOKENS = 16


async def run(context: Context) -> int:
    """Measure, print one figure a line, return the exit status. Raises TangnetError."""
    clip: Path | None = context.arguments.clip
    output = context.output
    async with context.runtime() as runtime:
        for name in ("transcribe", "chat", "embed", "speak"):
            output.progress(f"Loading the {name} model")
            async with ending(runtime.cluster.warm([name])) as steps:
                async for _ in steps:
                    pass
        sound = await _clip(existing([clip])[0]) if clip is not None else await _said(runtime)
        with tempfile.TemporaryDirectory(prefix="tangnet-bench-") as folder:
            ahead, without = await _turns(runtime, sound, Path(folder))
    output.progress("Reading the clip by faster-whisper alone")
    raw = await _raw(sound)
    for figure in figures(ahead, without, raw):
        if output.json:
            output.line(figure)
        else:
            beside = f" ({figure['ratio']} of {figure['reference']})" if figure["ratio"] is not None else ""
            output.text(f"{str(figure['figure']).replace('_', ' ')}: {figure['value']} {figure['unit']}{beside}")
    return 0


def figures(ahead: Sequence[TurnTrace], without: Sequence[TurnTrace], raw_ms: float) -> list[dict[str, object]]:
    """Return the figures: medians of the turns with work done ahead, and of those without as their reference.

    Args:
        ahead: Turns with work done ahead.
        without: Turns without, as many.
        raw_ms: What faster-whisper alone takes for the whole clip; the reference of the text.
    """
    spans = (
        ("voice_key_to_release", None, "release"),
        ("voice_key_to_sound", None, "audio"),
        ("voice_sound_to_first_words", "audio", "partial"),
        ("voice_release_to_text", "release", "final"),
        ("voice_text_to_passages", "final", "searched"),
        ("voice_release_to_first_text", "release", "token"),
        ("voice_release_to_first_sound", "release", "sound"),
    )
    made = []
    for name, begin, end in spans:
        ours, theirs = (_median([_span(trace, begin, end) for trace in side]) for side in (ahead, without))
        made.append(_figure(name, ours, raw_ms if name == "voice_release_to_text" else theirs))
    for name in ("queue", "prefill"):
        ours, theirs = (_median([getattr(trace, f"{name}_ms") for trace in side]) for side in (ahead, without))
        made.append(_figure(f"voice_{name}", ours, theirs))
    return [figure for figure in made if figure["value"] is not None]


def _figure(name: str, value: float | None, reference: float | None) -> dict[str, object]:
    ratio = round(value / reference, 3) if value is not None and reference else None
    beside = round(reference, 1) if reference is not None else None
    return {"figure": name, "value": value, "unit": "ms", "reference": beside, "ratio": ratio}


def _span(trace: TurnTrace, begin: str | None, end: str) -> float | None:
    early = 0.0 if begin is None else getattr(trace, f"{begin}_ms")
    late = getattr(trace, f"{end}_ms")
    return None if early is None or late is None else late - early


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 1) if known else None


async def _turns(runtime: Runtime, sound: bytes, folder: Path) -> tuple[list[TurnTrace], list[TurnTrace]]:
    store = Conversations(folder / "conversations.sqlite3")
    try:
        sides: tuple[list[TurnTrace], list[TurnTrace]] = [], []
        for number in range(2 * ROUNDS + 2):
            settings = replace(runtime.settings, voice_ahead=number % 2 == 0)
            assistant = Assistant(runtime.cluster, runtime.library, store, settings, runtime.collections)
            trace = await _turn(assistant, runtime.cluster, store, sound, number)
            if number >= 2:  # the first of each warms what is warm later
                sides[number % 2].append(trace)
        return sides
    finally:
        store.close()


async def _turn(assistant: Assistant, speaker: Speaker, store: Conversations, sound: bytes, number: int) -> TurnTrace:
    """Ask once, in a conversation whose opening is new: so no node has the beginning of the prompt."""
    conversation = store.create().id
    mark = time.time_ns()
    store.ask(conversation, f"The number of this conversation is {mark}.")
    opening = store.begin(conversation)
    store.append(opening, f"It is {mark}.")
    store.finish(opening, Outcome("complete"))
    question = Question(audio=_played(sound), conversation=conversation, max_tokens=ANSWER_TOKENS)
    trace: TurnTrace | None = None
    aloud = Aloud(speaker, zones=(LOCAL,))
    sounding = asyncio.create_task(_first_sound(aloud, lambda: assistant.sounded(conversation)))
    try:
        async with aclosing(assistant.ask(question)) as events:
            async for event in events:
                if isinstance(event, TokenReceived):
                    aloud.feed(event.text)
                elif isinstance(event, Answered):
                    trace = event.trace
                    aloud.end()
                    trace = await sounding or trace
    finally:
        sounding.cancel()
        await asyncio.gather(sounding, return_exceptions=True)
        await assistant.close()
    if trace is None:
        raise NodeError(f"Turn {number + 1} was not answered.", code="bench")
    return trace


async def _first_sound(aloud: Aloud, sounded: Callable[[], TurnTrace | None]) -> TurnTrace | None:
    """Wait for the first sound of the answer, which no loudspeaker plays here; None where there is no voice."""
    with contextlib.suppress(NodeError):
        async with ending(aloud.sound()) as pieces:
            async for piece in pieces:
                if piece.pcm16:
                    return sounded()
    return None


async def _played(sound: bytes) -> AsyncIterator[bytes]:
    whole = sound + bytes(2 * round(RATE * TAIL_SECONDS))
    size, due = 2 * round(RATE * BLOCK_SECONDS), time.perf_counter()
    for at in range(0, len(whole), size):
        due += BLOCK_SECONDS
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        yield whole[at : at + size]


async def _clip(path: Path) -> bytes:
    from app.voice.audio_file import pcm_from_file

    return b"".join([block async for block in pcm_from_file(path)])


async def _said(runtime: Runtime) -> bytes:
    from app.cluster.cluster import Cluster
    from app.voice.resampler import resampled

    if not isinstance(runtime.cluster, Cluster):
        raise NodeError("There is no voice here.", code="bench", hint="Give a sound file: --clip question.wav")

    async def sentence() -> AsyncIterator[str]:
        yield SENTENCE

    made, rate = b"", RATE
    async with aclosing(runtime.cluster.speak(sentence())) as spoken:
        async for piece in spoken:
            made, rate = made + piece.pcm16, piece.sample_rate or rate
    return resampled(made, rate, RATE)


async def _raw(sound: bytes) -> float:
    """Return the milliseconds that faster-whisper alone takes for `sound`. Raises NodeError."""
    folder = home()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "nodeworker.tuning.raw_hearing"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "TANGNET_HOME": str(folder)},
    )
    try:
        said, _ = await process.communicate(sound)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        values = json.loads(said.splitlines()[-1])
        return float(statistics.median(values["seconds"])) * 1000
    except (IndexError, KeyError, ValueError) as error:
        raise NodeError("faster-whisper alone cannot be measured.", code="bench") from error
