"""Between the wire and the engines: checks what came in, and turns what goes out into messages. No effects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nodeworker.engines import (
    ChatRequest,
    Done,
    Final,
    Partial,
    Prefill,
    Sampling,
    SpeechEnded,
    SpeechStarted,
    Token,
    TranscriptEvent,
)
from nodeworker.errors import BadRequest
from nodeworker.protocol import node_pb2 as pb
from nodeworker.rooms import Began, QueuedAt

if TYPE_CHECKING:
    from nodeworker.hardware import Hardware
    from nodeworker.models import ModelFile

MAX_REQUEST_ID = 128
MAX_STOPS = 16
MAX_STOP_CHARACTERS = 200
_ROLES = frozenset(pb.Role.keys())
_SPEAKERS = ("system", "user", "assistant")


def chat_request(request: pb.GenerateRequest) -> ChatRequest:
    """Check a request for an answer. Raises BadRequest."""
    if not 0 < len(request.request_id) <= MAX_REQUEST_ID:
        raise BadRequest(f"A request needs an id of 1 to {MAX_REQUEST_ID} characters.")
    if not request.messages:
        raise BadRequest("A request needs at least one message.")
    for message in request.messages:
        if message.role not in _SPEAKERS:
            raise BadRequest(f"{message.role[:40]!r} is no role of a message.", f"Roles: {', '.join(_SPEAKERS)}.")
    return ChatRequest(
        request_id=request.request_id,
        messages=tuple((message.role, message.content) for message in request.messages),
        sampling=sampling(request.sampling),
        resume=tuple(request.resume),
        resume_text=request.resume_text,
    )


def sampling(wanted: pb.Sampling) -> Sampling:
    """Check how to sample. Raises BadRequest."""
    numbers = (wanted.temperature, wanted.top_p, wanted.min_p, wanted.repeat_penalty)
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise BadRequest("Temperature, top-p, min-p and repeat penalty must be numbers of 0 or more.")
    if wanted.top_p > 1 or wanted.min_p > 1:
        raise BadRequest("Top-p and min-p must not exceed 1.")
    if len(wanted.stop) > MAX_STOPS or any(not 0 < len(stop) <= MAX_STOP_CHARACTERS for stop in wanted.stop):
        raise BadRequest(f"At most {MAX_STOPS} stop texts of 1 to {MAX_STOP_CHARACTERS} characters.")
    return Sampling(
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        top_k=wanted.top_k,
        min_p=wanted.min_p,
        repeat_penalty=wanted.repeat_penalty,
        seed=wanted.seed,
        max_tokens=wanted.max_tokens,
        stop=tuple(wanted.stop),
    )


def role_name(role: pb.Role.ValueType) -> str:
    """Return "chat" for ROLE_CHAT; a number that no version knows becomes its digits."""
    try:
        return pb.Role.Name(role).removeprefix("ROLE_").lower()
    except ValueError:
        return str(role)


def role_of(name: str) -> pb.Role.ValueType:
    """Return ROLE_CHAT for "chat"; ROLE_UNSPECIFIED for what has no role on the wire."""
    key = f"ROLE_{name.upper()}"
    return pb.Role.Value(key) if key in _ROLES else pb.ROLE_UNSPECIFIED


def model(file: ModelFile, *, prefill_rate: float = 0.0, decode_rate: float = 0.0) -> pb.Model:
    """Describe a model; the rates are 0 unless measured."""
    return pb.Model(
        role=role_of(file.role),
        name=file.name,
        sha256=file.sha256,
        bytes=file.bytes,
        quantisation=file.quantisation,
        context=file.context,
        licence=file.licence,
        trustworthy=file.trustworthy,
        prefill_rate=prefill_rate,
        decode_rate=decode_rate,
        dimension=file.dimension,
        parameters=file.parameters,
    )


def hardware(found: Hardware) -> pb.Hardware:
    """Describe the machine."""
    return pb.Hardware(
        cpu=found.cpu,
        cores=found.cores,
        memory_bytes=found.memory_bytes,
        accelerator=found.accelerator,
        accelerator_memory_bytes=found.accelerator_memory_bytes,
        machine=found.machine,
    )


def generate_event(event: QueuedAt | Prefill | Token) -> pb.GenerateEvent:
    """Turn an event in the middle of an answer into its message."""
    if isinstance(event, QueuedAt):
        return pb.GenerateEvent(queued=pb.Queued(position=event.position))
    if isinstance(event, Prefill):
        return pb.GenerateEvent(prefill=pb.Prefill(done=event.done, total=event.total))
    return pb.GenerateEvent(token=pb.Token(ids=event.ids, text=event.text))


def done_event(done: Done, began: Began) -> pb.GenerateEvent:
    """Turn the end of an answer into its message."""
    return pb.GenerateEvent(
        done=pb.Done(
            reason=done.reason,
            usage=pb.Usage(
                prompt_tokens=done.prompt_tokens,
                cached_tokens=done.cached_tokens,
                completion_tokens=done.completion_tokens,
            ),
            timings=pb.Timings(
                queue_ms=began.queue_ms, load_ms=began.load_ms, prefill_ms=done.prefill_ms, decode_ms=done.decode_ms
            ),
            model=began.model.name,
            model_sha256=began.model.sha256,
        )
    )


def transcribe_event(event: TranscriptEvent) -> pb.TranscribeEvent:
    """Turn what was heard into its message."""
    match event:
        case SpeechStarted():
            return pb.TranscribeEvent(speech_started=pb.SpeechStarted(at=event.at))
        case SpeechEnded():
            return pb.TranscribeEvent(speech_ended=pb.SpeechEnded(at=event.at))
        case Partial():
            return pb.TranscribeEvent(partial=pb.Partial(text=event.text, confirmed=event.confirmed))
        case Final():
            return pb.TranscribeEvent(
                final=pb.Final(
                    text=event.text,
                    language=event.language,
                    words=[pb.Word(text=word.text, start=word.start, end=word.end) for word in event.words],
                    audio_seconds=event.audio_seconds,
                    seconds=event.seconds,
                )
            )
