"""`tangnet transcribe`: sound files and folders of them to text, with the time of each word."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from functools import partial
from pathlib import Path

from app.commands.context import Context, existing
from app.commands.output import Output
from app.commands.transcript_files import targets
from app.errors import NodeError, TangnetError, UsageError, VoiceError
from app.events import Transcribed
from app.hearing import recording_of
from app.rules import rules_of
from app.runtime import Runtime
from app.streams import ending
from app.thinking import Going, RecordingRead
from app.transcript_file import write
from app.transcripts import Form
from app.transcripts import written as transcript


async def run(context: Context) -> int:
    """Transcribe each file; one that is no sound does not keep the others back. Return the exit status."""
    from app.voice.sound_files import sound_files

    paths = await asyncio.to_thread(sound_files, existing(context.arguments.files))
    if not paths:
        raise VoiceError("There are no sound files in there.", code="voice_no_file", hint="Name a file, to try it.")
    arguments, files = context.arguments, []
    if arguments.output is not None and arguments.format is None:
        raise UsageError("--output needs --format.", code="usage", hint="For example: --format srt")
    if arguments.format is not None and not (context.output.json and arguments.output is None):
        files = await asyncio.to_thread(
            targets, paths, arguments.output, arguments.format, overwrite=arguments.overwrite
        )
    elif arguments.format is not None:
        raise UsageError("With --json a transcript needs a file.", code="usage", hint="Add --output FILE.")
    async with context.runtime() as runtime:
        last = await _all(context, runtime, paths, files)
    if last is not None:
        raise last
    return 0


async def _all(context: Context, runtime: Runtime, paths: list[Path], files: list[Path]) -> TangnetError | None:
    """Print each file's text in the order of the files; returns the last error, the others have been told."""
    printed = _Printed(context.output, paths, context.arguments.format, files)
    rules = rules_of(tuple(runtime.settings.rules_folders))
    recordings, places = [], []
    for at, path in enumerate(paths):
        try:
            recordings.append(
                await asyncio.to_thread(recording_of, path, rules, partial(printed.damage.__setitem__, path))
            )
            places.append(at)
        except VoiceError as error:
            printed.put(at, "", error)
    if not recordings:
        return printed.last
    stream = runtime.cluster.read_recordings(recordings, language=context.arguments.language)
    async with ending(stream) as events:
        async for event in events:
            if isinstance(event, RecordingRead):
                printed.put(places[event.at], event.node, event.result)
            else:
                context.output.progress(how_far(event))
    return printed.last


def how_far(going: Going) -> str:
    """Return how far recordings are, in a line: "2 of 7 recordings, 31 %, about 4 min left"."""
    parts = [f"{going.done} of {going.of} recordings"] if going.of > 1 else []
    parts.append(f"{int(100 * min(going.seconds / going.total, 1.0)) if going.total else 100} %")
    if going.seconds_left is not None:
        left = going.seconds_left
        said = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min" if left < 5400 else f"{left / 3600:.1f} h"
        parts.append(f"about {said} left")
    line = ", ".join(parts)
    return f"{line} · {going.text.strip()}" if going.of == 1 and going.text.strip() else line


class _Printed:
    """Holds texts back until those of all files before have been printed."""

    def __init__(self, output: Output, paths: list[Path], form: Form | None, files: list[Path]) -> None:
        """`files`: where transcripts in `form` are written; [] = to stdout."""
        self._output, self._paths, self._form, self._files = output, paths, form, files
        self._waiting: dict[int, tuple[str, Transcribed | TangnetError]] = {}
        self._next = 0
        self.damage: dict[Path, str] = {}
        """What was wrong with files that gave a text all the same."""
        self.last: TangnetError | None = None

    def put(self, at: int, node: str, result: Transcribed | TangnetError) -> None:
        """Take what became of a file, and print what can be printed."""
        self._waiting[at] = (node, result)
        while self._next in self._waiting:
            self._print(self._next, *self._waiting.pop(self._next))
            self._next += 1

    def _print(self, at: int, node: str, result: Transcribed | TangnetError) -> None:
        output, path = self._output, self._paths[at]
        if path in self.damage:
            output.note(self.damage[path])
        written: dict[str, str] = {}
        if isinstance(result, Transcribed) and self._form is not None and self._files:
            try:
                write(self._files[at], transcript(result, self._form), over=True)
                written["output"] = str(self._files[at])
            except VoiceError as error:
                result = error
        if isinstance(result, TangnetError):
            if self.last is not None:
                output.note(self.last.message)
            if isinstance(result, NodeError):
                result = NodeError(f"{path.name}: {result.message}", code=result.code, hint=result.hint)
            self.last = result
        elif output.json:
            output.line(
                {
                    "path": str(path),
                    "text": result.text,
                    "language": result.language,
                    "seconds": result.seconds,
                    "audio_seconds": result.audio_seconds,
                    "words": [asdict(word) for word in result.words],
                    "node": node,
                    **written,
                }
            )
        elif written:
            output.note(f"{path.name}: {written['output']}")
        elif self._form is not None:
            output.text(transcript(result, self._form), end="")
        else:
            if len(self._paths) > 1:
                output.text(f"==> {path} <==")
            output.text(result.text)
