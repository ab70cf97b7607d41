"""Cancel while a recording is listened to: a real library, node and engine. The node is free, and goes on later."""

from __future__ import annotations

import asyncio
import socket
import wave
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from app.hearing import NodesHearing
from app.library_state import LibraryState
from app.rag.library import Library
from app.rules import Rules
from tests.documents import HashEmbedder
from tests.integration.test_node_metrics import fetched
from tests.integration.test_resuming import talk
from tests.node_process import cluster
from tests.prometheus import parse

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]


async def told(library: Library, wanted: Callable[[LibraryState], object]) -> LibraryState:
    async with asyncio.timeout(200), aclosing(library.state()) as states:
        async for state in states:
            if wanted(state):
                return state
    raise AssertionError


async def until_active(address: str, wanted: float) -> None:
    """Wait until the node counts so many calls that listen."""
    async with asyncio.timeout(60):
        while True:
            _, _, page = await fetched(address)
            family = parse(page).get("tangnet_node_requests_active")
            samples = family.samples.items() if family is not None else ()
            if sum(value for (_, labels), value in samples if dict(labels)["role"] == "transcribe") == wanted:
                return
            await asyncio.sleep(0.05)


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


async def test_cancel_frees_the_node_and_read_again_goes_to_the_end(tmp_path: Path, home: Path) -> None:
    short, _ = await talk(tmp_path)
    path = tmp_path / "long.wav"
    with wave.open(str(short), "rb") as one_time, wave.open(str(path), "wb") as file:
        file.setparams(one_time.getparams())
        sound = one_time.readframes(one_time.getnframes())
        for _ in range(4):
            file.writeframes(sound)
    short.unlink()
    address = free_address()
    async with cluster(home, "--metrics", address) as one:
        library = Library(home, HashEmbedder(), hearing=NodesHearing(one, Rules))
        try:
            await library.go_on()
            adding = asyncio.create_task(_asked(library, path))
            state = await told(library, lambda state: state.seconds_left and state.working)
            (working,) = state.working
            assert working.step == "transcribing" and working.fraction is not None and 0 < working.fraction < 1
            await adding
            await until_active(address, 1)
            await library.cancel()
            await until_active(address, 0)
            state = await told(library, lambda state: not state.working)
            assert [document.state for document in await library.documents()] == ["cancelled"]
            await library.retry([path])
            await told(library, lambda state: not state.working and not state.waiting and state.changes > 1)
            assert [document.state for document in await library.documents()] == ["indexed"]
            assert len((await library.transcript(path)).words) > 400
        finally:
            await library.close()


async def _asked(library: Library, path: Path) -> None:
    """Drop a file as the window does: the queue goes on when nobody listens any more."""
    async with aclosing(library.add([path])) as events:
        async for _ in events:
            return
