"""Between protobuf messages and the dataclasses of app.events: the only file that knows both. Nothing is trusted.

Text from a node is stripped of control characters and clipped where it is a name or a sentence; the answer's own text
passes unchanged. Numbers that make no sense become 0.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from app.errors import NodeError
from app.events import EngineInfo, Hearing, ModelInfo, NodeInfo, Transcribed, Word, WorkInfo
from app.thinking import (
    Attended,
    Attention,
    ChatRequest,
    Heard,
    ModelProgress,
    RecognisedLine,
    RecognisedPage,
    SpeechBegan,
    SpeechPaused,
    Spoken,
    WakeHeard,
)
from nodeworker.protocol import node_pb2 as pb

_ROLES = {
    pb.ROLE_CHAT: "chat",
    pb.ROLE_EMBED: "embed",
    pb.ROLE_TRANSCRIBE: "transcribe",
    pb.ROLE_RERANK: "rerank",
    pb.ROLE_SPEAK: "speak",
    pb.ROLE_OCR: "ocr",
    pb.ROLE_WAKE: "wake",
    pb.ROLE_VAD: "vad",
}
_ROLE_NUMBERS = {name: number for number, name in _ROLES.items()}
_ENGINE_STATES = {
    pb.ENGINE_ABSENT: "absent",
    pb.ENGINE_IDLE: "idle",
    pb.ENGINE_LOADING: "loading",
    pb.ENGINE_READY: "ready",
    pb.ENGINE_FAILED: "failed",
}
MAX_MODELS = 200
MAX_LINES = 5000
MAX_LINE = 2000
"""Characters of one line of a page."""
MAX_PREFIXES = 4096
MAX_LABELS = 16
MAX_WORK = 16
MAX_RIGHTS = 16


def one_line(text: str, limit: int = 100) -> str:
    """Return foreign text fit for one line of a terminal or window: printable, clipped."""
    if len(text) <= limit and text.isprintable():  # nearly always; a hundred nodes send a thousand a second
        return text.strip()
    return "".join(character for character in text[: 4 * limit] if character.isprintable())[:limit].strip()


def role_number(role: str) -> pb.Role.ValueType:
    """Return the protocol's number of a role such as "chat". Raises KeyError for one that doesn't exist."""
    return _ROLE_NUMBERS[role]


def model_info(model: pb.Model, *, present: bool = True, note: str = "") -> ModelInfo:
    """Translate one model."""
    return ModelInfo(
        name=one_line(model.name),
        role=_ROLES.get(model.role, ""),
        sha256=one_line(model.sha256, 64),
        bytes=model.bytes,
        quantisation=one_line(model.quantisation, 20),
        context=model.context,
        trustworthy=model.trustworthy,
        licence=one_line(model.licence),
        prefill_rate=_rate(model.prefill_rate),
        decode_rate=_rate(model.decode_rate),
        parameters=model.parameters,
        present=present,
        note=one_line(note, 300),
        tuned=model.tuned,
        vision=model.vision,
    )


def spoken(event: pb.SpeakEvent) -> Spoken:
    """Translate a piece of sound. Raises NodeError for one that cannot be played."""
    if len(event.pcm16) % 2 or not (8_000 <= event.sample_rate <= 48_000 or (not event.pcm16 and event.last)):
        raise NodeError("The node sent sound that cannot be played.", code="bad_reply")
    return Spoken(event.pcm16, event.sample_rate, event.sentence, event.last, voice=one_line(event.voice))


def engine_info(engine: pb.EngineStatus) -> EngineInfo:
    """Translate the state of one engine."""
    progress = engine.progress if 0.0 <= engine.progress <= 1.0 else 0.0
    return EngineInfo(
        role=_ROLES.get(engine.role, ""),
        state=_ENGINE_STATES.get(engine.state, "absent"),
        model=one_line(engine.model),
        progress=progress,
        message=one_line(engine.message, 300),
    )


def described(info: NodeInfo, description: pb.Description) -> NodeInfo:
    """Return `info` with what the node says of itself; id, name and trust stay ours: they follow from the key."""
    hardware = description.hardware
    memory = f"{hardware.memory_bytes / 2**30:.0f} GB" if hardware.memory_bytes else ""
    cores = f"{hardware.cores} cores" if hardware.cores else ""
    return replace(
        info,
        zone=one_line(description.zone, 40),
        models=tuple(model_info(model) for model in description.models[:MAX_MODELS]),
        slots=max(description.slots, 1),
        rights=_rights(description.rights),
        labels=tuple(filter(None, (one_line(label, 40) for label in description.labels[:MAX_LABELS]))),
        simulated=description.simulated,
        hardware=", ".join(filter(None, (one_line(hardware.cpu), cores, memory, one_line(hardware.machine, 20)))),
        accelerator=one_line(hardware.accelerator),
        build=one_line(hardware.build),
        graphics=one_line(hardware.graphics),
        memory_total_bytes=hardware.memory_bytes,
        cores=hardware.cores,
        disk_free_bytes=description.disk_free_bytes,
        seen_at=time.monotonic(),
    )


def with_status(info: NodeInfo, status: pb.Status) -> NodeInfo:
    """Return `info` with the latest load; the state follows from it."""
    engines = tuple(engine_info(engine) for engine in status.engines[: len(_ROLES)])
    slots = max(status.slots, 1)
    if status.draining:
        state = "draining"
    elif any(engine.role == "chat" and engine.state == "loading" for engine in engines):
        state = "loading"
    elif status.active >= slots:
        state = "busy"
    else:
        state = "ready"
    return replace(
        info,
        state=state,
        rights=_rights(status.rights) or info.rights,
        engines=engines,
        active=status.active,
        queued=status.queued,
        slots=slots,
        decode_rate=_rate(status.decode_rate),
        prefill_rate=_rate(status.prefill_rate),
        memory_used_bytes=status.memory_used_bytes,
        memory_total_bytes=status.memory_total_bytes or info.memory_total_bytes,
        cpu_percent=_rate(status.cpu_percent),
        temperature_c=_rate(status.temperature_c),
        throttled=status.throttled,
        under_voltage=status.under_voltage,
        power_watts=_rate(status.power_watts),
        predicted_wait_ms=_rate(status.predicted_wait_ms),
        unread_tokens=status.unread_tokens,
        kv_cells=status.kv_cells,
        free_kv_cells=status.free_kv_cells,
        cached_prefixes=frozenset(status.cached_prefixes[:MAX_PREFIXES]),
        tokens_made=status.tokens_made,
        work=tuple(_work(one) for one in status.work[:MAX_WORK]),
        resting=status.resting,
        seen_at=time.monotonic(),
    )


def _work(one: pb.Work) -> WorkInfo:
    return WorkInfo(
        role=_ROLES.get(one.role, ""),
        own=one.own,
        who=one_line(one.who, 40),
        seconds=_rate(one.seconds),
        tokens=one.tokens,
        waiting=one.waiting,
        background=one.background,
    )


def generate_request(
    request: ChatRequest, *, request_id: str, model: str, resume: tuple[int, ...], resume_text: str
) -> pb.GenerateRequest:
    """Build the message for one attempt at `request`; a node counts resumed tokens against max_tokens itself."""
    return pb.GenerateRequest(
        request_id=request_id,
        model=model,
        messages=[
            pb.Message(role=message.role, content=message.content, images=message.images)
            for message in request.messages
        ],
        sampling=pb.Sampling(
            temperature=request.temperature,
            top_p=request.top_p,
            repeat_penalty=request.repeat_penalty,
            seed=request.seed,
            max_tokens=request.max_tokens,
            stop=request.stop,
        ),
        resume=resume,
        resume_text=resume_text,
        priority=priority(request.background or request.ahead),
        ahead=request.ahead,
    )


def priority(background: bool) -> pb.Priority.ValueType:
    """Return how a node is to rank a call."""
    return pb.PRIORITY_BACKGROUND if background else pb.PRIORITY_INTERACTIVE


def heard(event: pb.TranscribeEvent) -> Hearing | Heard | Transcribed | None:
    """Translate one transcription event; None for those that carry no text."""
    kind = event.WhichOneof("kind")
    if kind == "partial":
        return Hearing(event.partial.text, event.partial.confirmed)
    if kind == "heard":
        return Heard(_rate(event.heard.seconds), _rate(event.heard.total), event.heard.text)
    if kind == "final":
        final = event.final
        words = tuple(Word(word.text, _rate(word.start), _rate(word.end)) for word in final.words)
        language = one_line(final.language, 20)
        return Transcribed(final.text, language, _rate(final.seconds), _rate(final.audio_seconds), words)
    return None


def attended(event: pb.AttendEvent) -> Attended | None:
    """Translate what is told of live sound; None for what this version does not know."""
    kind = event.WhichOneof("kind")
    if kind == "attention":
        told = event.attention
        return Attention(_rate(told.at), min(1.0, _rate(told.speech)), min(1.0, _rate(told.wake)))
    if kind == "speech_started":
        return SpeechBegan(_rate(event.speech_started.at))
    if kind == "speech_ended":
        return SpeechPaused(_rate(event.speech_ended.at))
    if kind == "wake_heard":
        return WakeHeard(_rate(event.wake_heard.at), min(1.0, _rate(event.wake_heard.score)))
    return None


def recognised(reply: pb.RecogniseResponse) -> RecognisedPage:
    """Translate what was read in a picture; lines that make no sense are left out."""
    lines = []
    for line in reply.lines[:MAX_LINES]:
        sides = [side for side in line.corners if math.isfinite(side)]
        text = "".join(character for character in line.text[:MAX_LINE] if character.isprintable()).strip()
        if len(sides) == len(line.corners) == 8 and text:
            corners = tuple((sides[at], sides[at + 1]) for at in range(0, 8, 2))
            lines.append(RecognisedLine(text, corners, min(1.0, _rate(line.confidence))))
    return RecognisedPage(
        reply.width, reply.height, tuple(lines), one_line(reply.model), one_line(reply.model_sha256, 64)
    )


def fetch_progress(progress: pb.FetchProgress) -> ModelProgress:
    """Translate one step of fetching a model."""
    return ModelProgress(
        done=progress.done,
        total=progress.total,
        step=one_line(progress.step, 20),
        origin=one_line(progress.origin, 300),
        model=one_line(progress.model.name),
        sha256=one_line(progress.model.sha256, 64),
    )


def _rights(words: Sequence[str]) -> frozenset[str]:
    return frozenset(one_line(right, 20) for right in words[:MAX_RIGHTS])


def _rate(value: float) -> float:
    return value if math.isfinite(value) and value > 0 else 0.0
