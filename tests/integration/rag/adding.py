"""A program that adds a folder, to be killed or run beside another: adding.py HOME FOLDER [go-on].

With `go-on` it works on what waits, whoever asked for it, as the window does, until it is killed.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from app.events import FileIndexed
from app.rag.library import Library
from tests.documents import HashEmbedder


async def main(home: Path, folder: Path, *, go_on: bool) -> None:
    library = Library(home, HashEmbedder(delay=0.01))
    print("started", flush=True)
    if go_on:
        await library.go_on()
    async with aclosing(library.add([folder])) as events:
        async for event in events:
            if isinstance(event, FileIndexed):
                print(event.state, event.path, flush=True)
    await library.close()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), go_on="go-on" in sys.argv[3:]))
