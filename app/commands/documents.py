"""`tangnet add`, `documents`, `remove` and `read`: the library and what the readers see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from app.commands.context import Context, existing
from app.commands.output import Output
from app.errors import DocumentError
from app.events import FileIndexed, IndexDone, Progress
from app.rag.scanning import scan
from app.streams import ending


async def run(context: Context) -> int:
    """Do what the command says; return the exit status."""
    command = {"add": _add, "documents": _list, "remove": _remove, "read": _read}[context.arguments.command]
    return await command(context)


async def _add(context: Context) -> int:
    output, paths = context.output, existing(context.arguments.paths)
    failed = good = 0
    reason = ""
    async with context.runtime() as runtime, _told_when_stopped(output):
        stream = runtime.library.add(paths, watch=context.arguments.watch)
        async with ending(stream) as events:
            async for event in events:
                if isinstance(event, Progress):
                    output.progress(_going(event))
                    continue
                if isinstance(event, FileIndexed):
                    failed += event.state == "failed"
                    good += event.state in ("added", "changed", "unchanged", "removed")
                    reason = event.reason if event.state == "failed" else reason
                if output.json:
                    output.line(event.to_json())
                elif isinstance(event, FileIndexed):
                    output.text(f"{event.state:<9} {event.path}" + (f": {event.reason}" if event.reason else ""))
                elif isinstance(event, IndexDone):
                    output.text(f"{event.files} files, {event.chunks} passages, {event.seconds:.1f} s")
    if failed and not good:
        raise DocumentError("No file could be added.", code="nothing_added", hint=reason)
    return 0


@asynccontextmanager
async def _told_when_stopped(output: Output) -> AsyncIterator[None]:
    """Say how to go on when Ctrl+C ends it."""
    try:
        yield
    except asyncio.CancelledError:
        output.note("Stopped. What is done stays, the rest waits: the same command or the window goes on with it.")
        raise


def _going(event: Progress) -> str:
    """Return how far it is and how long it will take, on one line."""
    part = f" {event.fraction:.0%}" if event.fraction is not None else ""
    left = ""
    if event.seconds_left is not None:
        minutes, seconds = divmod(round(event.seconds_left), 60)
        left = f", {minutes} min left" if minutes >= 2 else f", {60 * minutes + seconds} s left"
    return event.what + part + left


async def _list(context: Context) -> int:
    async with context.runtime() as runtime:
        documents = await runtime.library.documents()
    for document in documents:
        if context.output.json:
            context.output.line(document)
        else:
            pages = f"{document.pages} p." if document.pages else ""
            state = "" if document.state == "indexed" else f" ({document.state}) {document.reason}".rstrip()
            counts = (
                f"{document.chunks:>7} passages  {pages:>8}  {_size(document.size):>8}  {document.modified[:10]:<10}"
            )
            context.output.text(f"{counts}  {document.path}{state}")
    if not documents and not context.output.json:
        context.output.note("The library is empty. `tangnet add PATH` fills it.")
    return 0


async def _remove(context: Context) -> int:
    paths = [path.expanduser().absolute() for path in context.arguments.paths]
    async with context.runtime() as runtime:
        removed = await runtime.library.remove(paths)
    if not removed:
        raise DocumentError(
            "None of these is in the library.", code="not_in_library", hint="`tangnet documents` lists what is."
        )
    for document in removed:
        if context.output.json:
            context.output.line({**asdict(document), "state": "removed"})
        else:
            context.output.text(f"removed   {document.path}")
    return 0


async def _read(context: Context) -> int:
    output = context.output
    async with context.runtime() as runtime:
        for path in await asyncio.to_thread(_files, context.arguments.paths):
            result = await runtime.library.read(path, password=context.arguments.password)
            if output.json:
                output.line(result)
            elif result.status == "ok":
                output.text(result.text)
                if result.reason:
                    output.note(f"{path}: {result.reason}")
            else:
                output.note(f"{path}: {result.status}. {result.reason}".rstrip())
    return 0


def _size(size: int) -> str:
    """Return a number of bytes as people read it."""
    if size < 1000:
        return f"{size} B"
    if size < 999_500:
        return f"{size / 1e3:.1f} kB"
    return f"{size / 1e6:.1f} MB" if size < 999_500_000 else f"{size / 1e9:.1f} GB"


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return what is to be read: files as they are named, and below folders what `add` would find there."""
    found: list[Path] = []
    for path in paths:
        name = path.expanduser().absolute()
        folder = name.is_dir()
        found += [Path(file.path) for file in scan([str(name)]).files] if folder else [name]
    return found
