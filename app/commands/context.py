"""What a command gets: its arguments, where to write, and how to open the parts of the program."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.commands.output import Output
from app.errors import UsageError
from app.runtime import Runtime

Opener = Callable[[], Awaitable[Runtime]]


@dataclass
class Context:
    """One run of one command."""

    arguments: argparse.Namespace
    output: Output
    open: Opener

    @asynccontextmanager
    async def runtime(self) -> AsyncIterator[Runtime]:
        """Open the program's parts, and close them in the end whatever happens."""
        runtime = await self.open()
        try:
            if runtime.conversations.notice:
                self.output.note(runtime.conversations.notice)
            yield runtime
        finally:
            self.output.clear()
            await runtime.close()


def existing(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the paths as absolute ones. Raises UsageError for one that is not there."""
    for path in paths:
        if not path.expanduser().exists():
            raise UsageError(f"{path} does not exist.", code="path_missing", hint="Check the spelling of the path.")
    return tuple(path.expanduser().absolute() for path in paths)
