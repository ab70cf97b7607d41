"""Between the wire and the engines: checks what came in, and turns what goes out into messages. No effects."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nodeworker.engines import (
    AttendEvent,
    Attention,
    ChatRequest,
    Done,
    Final,
    Heard,
    Message,
    Partial,
    Prefill,
    Sampling,
    SpeechEnded,
    SpeechStarted,
    Token,
    Tool,
    ToolCall,
    TranscriptEvent,
    WakeHeard,
)
from nodeworker.errors import BadRequest
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.rooms import Began, PageRead, QueuedAt

if TYPE_CHECKING:
    from nodeworker.hardware import Hardware
    from nodeworker.models.catalogue import CatalogueEntry
    from nodeworker.models.folder import ModelFile

MAX_REQUEST_ID = 128
MAX_STOPS = 16
MAX_STOP_CHARACTERS = 200
_ROLES = frozenset(pb.Role.keys())
_SPEAKERS = ("system", "user", "assistant", "tool")
MAX_IMAGES = 4
MAX_IMAGE_BYTES = 3 * 2**20
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
MAX_TOOLS = 64
MAX_TOOL_BYTES = 256 * 1024
MAX_GRAMMAR_BYTES = 256 * 1024
MAX_LOGPROBS = 20


def chat_request(request: pb.GenerateRequest) -> ChatRequest:
    """Check a request for an answer. Raises BadRequest."""
    if not 0 < len(request.request_id) <= MAX_REQUEST_ID:
        raise BadRequest(f"A request needs an id of 1 to {MAX_REQUEST_ID} characters.")
    if not request.messages:
        raise BadRequest("A request needs at least one message.")
    pictures = [image for message in request.messages for image in message.images]
    if len(pictures) > MAX_IMAGES or any(len(image) > MAX_IMAGE_BYTES for image in pictures):
        raise BadRequest(f"At most {MAX_IMAGES} pictures of {MAX_IMAGE_BYTES // 2**20} MiB each.")
    if not all(image.startswith((PNG, JPEG)) for image in pictures):
        raise BadRequest("Pictures must be PNG or JPEG.")
    for message in request.messages:
        if message.role not in _SPEAKERS:
            raise BadRequest(f"{message.role[:40]!r} is no role of a message.", f"Roles: {', '.join(_SPEAKERS)}.")
    if len(request.tools) > MAX_TOOLS or sum(tool.ByteSize() for tool in request.tools) > MAX_TOOL_BYTES:
        raise BadRequest(f"At most {MAX_TOOLS} tools of {MAX_TOOL_BYTES // 1024} KB together.")
    return ChatRequest(
        request_id=request.request_id,
        messages=tuple(map(_message, request.messages)),
        sampling=sampling(request.sampling),
        resume=tuple(request.resume),
        resume_text=request.resume_text,
        tools=tuple(map(_tool, request.tools)),
        background=in_background(request.priority),
        ahead=request.ahead and in_background(request.priority),
    )


def in_background(priority: pb.Priority.ValueType) -> bool:
    """Whether nobody waits for it; a priority of a later version counts as if somebody did."""
    return priority == pb.PRIORITY_BACKGROUND


def _message(message: pb.Message) -> Message:
    calls = tuple(ToolCall(call.id, call.name, call.arguments) for call in message.tool_calls)
    return Message(message.role, message.content, calls, message.tool_call_id, tuple(message.images))


def _tool(tool: pb.Tool) -> Tool:
    try:
        parameters = json.loads(tool.parameters or "{}")
    except (ValueError, RecursionError):
        parameters = None
    if not tool.name or not isinstance(parameters, dict):
        raise BadRequest(f"The tool {tool.name[:40]!r} needs a name and a JSON schema of its parameters.")
    return Tool(tool.name, tool.description, tool.parameters or "{}")


def sampling(wanted: pb.Sampling) -> Sampling:
    """Check how to sample. Raises BadRequest."""
    numbers = (wanted.temperature, wanted.top_p, wanted.min_p, wanted.repeat_penalty)
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise BadRequest("Temperature, top-p, min-p and repeat penalty must be numbers of 0 or more.")
    if wanted.top_p > 1 or wanted.min_p > 1:
        raise BadRequest("Top-p and min-p must not exceed 1.")
    if len(wanted.stop) > MAX_STOPS or any(not 0 < len(stop) <= MAX_STOP_CHARACTERS for stop in wanted.stop):
        raise BadRequest(f"At most {MAX_STOPS} stop texts of 1 to {MAX_STOP_CHARACTERS} characters.")
    if max(len(wanted.grammar), len(wanted.json_schema)) > MAX_GRAMMAR_BYTES:
        raise BadRequest(f"A grammar or schema has at most {MAX_GRAMMAR_BYTES // 1024} KB.")
    if wanted.grammar and wanted.json_schema:
        raise BadRequest("A grammar or a JSON schema, not both.")
    if wanted.logprobs > MAX_LOGPROBS:
        raise BadRequest(f"At most {MAX_LOGPROBS} alternatives with each token.")
    return Sampling(
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        top_k=wanted.top_k,
        min_p=wanted.min_p,
        repeat_penalty=wanted.repeat_penalty,
        seed=wanted.seed,
        max_tokens=wanted.max_tokens,
        stop=tuple(wanted.stop),
        grammar=wanted.grammar,
        json_schema=wanted.json_schema,
        logprobs=wanted.logprobs,
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


def model(
    file: ModelFile,
    *,
    prefill_rate: float = 0.0,
    decode_rate: float = 0.0,
    tuned: bool = False,
    languages: Sequence[str] = (),
) -> pb.Model:
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
        tuned=tuned,
        languages=languages,
        vision=file.vision,
    )


def languages_of(file: ModelFile) -> tuple[str, ...]:
    """Return the language of a voice by ISO 639-1, without its country; nothing for other models."""
    return (file.language.partition("-")[0],) if file.language else ()


def hardware(found: Hardware, *, build: tuple[str, ...] = (), graphics: tuple[str, ...] = ()) -> pb.Hardware:
    """Describe the machine, what llama.cpp was built for, and what graphics there are: see acceleration.py."""
    return pb.Hardware(
        cpu=found.cpu,
        cores=found.cores,
        memory_bytes=found.memory_bytes,
        accelerator=found.accelerator,
        accelerator_memory_bytes=found.accelerator_memory_bytes,
        machine=found.machine,
        build=", ".join(build),
        graphics=", ".join(graphics),
    )


def generate_event(event: QueuedAt | Prefill | Token | ToolCall) -> pb.GenerateEvent:
    """Turn an event in the middle of an answer into its message."""
    if isinstance(event, QueuedAt):
        return pb.GenerateEvent(queued=pb.Queued(position=event.position))
    if isinstance(event, Prefill):
        return pb.GenerateEvent(prefill=pb.Prefill(done=event.done, total=event.total))
    if isinstance(event, ToolCall):
        call = pb.ToolCall(id=event.id, name=event.name, arguments=event.arguments)
        return pb.GenerateEvent(tool_call=call)
    token = pb.Token(ids=event.ids, text=event.text, reasoning=event.reasoning)
    for known in event.logprobs:
        token.logprobs.add(chosen=known.chosen, ids=known.ids, values=known.values)
    return pb.GenerateEvent(token=token)


def done_event(done: Done, began: Began) -> pb.GenerateEvent:
    """Turn the end of an answer into its message."""
    return pb.GenerateEvent(
        done=pb.Done(
            reason=done.reason,
            usage=pb.Usage(
                prompt_tokens=done.prompt_tokens,
                cached_tokens=done.cached_tokens,
                completion_tokens=done.completion_tokens,
                drafted_tokens=done.drafted_tokens,
                accepted_tokens=done.accepted_tokens,
            ),
            timings=pb.Timings(
                queue_ms=began.queue_ms, load_ms=began.load_ms, prefill_ms=done.prefill_ms, decode_ms=done.decode_ms
            ),
            model=began.model.name,
            model_sha256=began.model.sha256,
        )
    )


def recognised(made: PageRead) -> pb.RecogniseResponse:
    """Turn what stands in a picture into its message."""
    found = made.found
    return pb.RecogniseResponse(
        lines=[
            pb.RecognisedLine(
                text=line.text, corners=[side for corner in line.corners for side in corner], confidence=line.confidence
            )
            for line in found.lines
        ],
        width=found.width,
        height=found.height,
        model=made.model.name,
        model_sha256=made.model.sha256,
        program=found.program,
        seconds=found.seconds,
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
        case Heard():
            return pb.TranscribeEvent(heard=pb.Heard(seconds=event.seconds, total=event.total, text=event.text))
        case Final():
            return pb.TranscribeEvent(
                final=pb.Final(
                    text=event.text,
                    language=event.language,
                    words=[pb.Word(text=word.text, start=word.start, end=word.end) for word in event.words],
                    audio_seconds=event.audio_seconds,
                    seconds=event.seconds,
                    language_probability=event.language_probability,
                )
            )


def attend_event(event: AttendEvent) -> pb.AttendEvent:
    """Turn what a window of sound holds into its message."""
    match event:
        case Attention():
            return pb.AttendEvent(attention=pb.Attention(at=event.at, speech=event.speech, wake=event.wake))
        case SpeechStarted():
            return pb.AttendEvent(speech_started=pb.SpeechStarted(at=event.at))
        case SpeechEnded():
            return pb.AttendEvent(speech_ended=pb.SpeechEnded(at=event.at))
        case WakeHeard():
            return pb.AttendEvent(wake_heard=pb.WakeHeard(at=event.at, score=event.score))


def catalogued(entry: CatalogueEntry) -> pb.ListedModel:
    """Return a model that could be fetched as ListModels tells it."""
    return pb.ListedModel(
        model=pb.Model(
            role=role_of(entry.role),
            name=entry.name,
            sha256=entry.sha256,
            bytes=entry.bytes,
            quantisation=entry.quantisation,
            context=entry.context,
            licence=entry.licence,
            trustworthy=entry.trustworthy,
            dimension=entry.dimension,
            parameters=entry.parameters,
        ),
        download_bytes=entry.bytes,
        note=entry.note,
    )
