"""A program whose files may not grow while it adds a folder, and then may again: filling.py HOME FOLDER KIBIBYTES.

A limit on the size of files stands for a full disk: the database meets the same error in the middle of its work.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from contextlib import aclosing
from pathlib import Path

from app.rag.library import Library
from tests.documents import HashEmbedder


async def main(home: Path, folder: Path, most: int) -> None:
    library = Library(home, HashEmbedder())
    await library.go_on()

    async def add() -> None:
        async with aclosing(library.add([folder])) as events:
            async for _ in events:
                pass

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    adding = asyncio.create_task(add())
    async with aclosing(library.state()) as states:
        async for state in states:
            if "cannot be written" in state.reason:
                print(state.reason, flush=True)
                break
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    await adding
    await library.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) * 1024))
