"""`tangnet transcribe`: sound files to text, with the time of each word."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from app.commands.context import Context, existing
from app.commands.output import Output
from app.errors import VoiceError
from app.events import Hearing, Transcribed
from app.runtime import Runtime
from app.streams import ending


async def run(context: Context) -> int:
    """Transcribe each file; one that is no sound does not keep the others back. Return the exit status."""
    paths = existing(context.arguments.files)
    last: VoiceError | None = None
    async with context.runtime() as runtime:
        for path in paths:
            try:
                await _one(context, runtime, path)
            except VoiceError as error:
                if last is not None:
                    context.output.note(last.message)
                last = error
    if last is not None:
        raise last
    return 0


async def _one(context: Context, runtime: Runtime, path: Path) -> None:
    from app.voice.audio_file import pcm_from_file

    output = context.output
    sound = pcm_from_file(path, on_damage=output.note)
    async with ending(runtime.cluster.transcribe(sound, language=context.arguments.language)) as events:
        async for event in events:
            _show(output, path, event)


def _show(output: Output, path: Path, event: Hearing | Transcribed) -> None:
    if isinstance(event, Hearing):
        output.progress(event.text)
    elif isinstance(event, Transcribed) and output.json:
        output.line(
            {
                "path": str(path),
                "text": event.text,
                "language": event.language,
                "seconds": event.seconds,
                "audio_seconds": event.audio_seconds,
                "words": [asdict(word) for word in event.words],
                "node": event.node,
            }
        )
    elif isinstance(event, Transcribed):
        output.text(event.text)
