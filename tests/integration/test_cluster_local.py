"""What the cluster does with this machine's own engines: vectors, words, models."""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.errors import NodeError
from app.events import Transcribed
from tests.node_process import cluster

PACED = ("--engine", "paced:100,5000")


@pytest.mark.models
async def test_many_texts_are_embedded_in_order_even_when_the_node_is_killed(home: Path) -> None:
    texts = [f"Sentence number {number} about the sea." for number in range(150)]
    async with cluster(home, *PACED) as one:
        async for _ in one.warm(["chat"]):
            pass
        pid = one.local_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        vectors = await one.embed(texts, "passage")
        assert one.local_pid != pid
        assert vectors.dimension == 384
        assert len(vectors.data) == 4 * 384 * len(texts)
        assert len(vectors.tokens) == len(texts)
        last = await one.embed([texts[-1]], "passage")
        cosine = sum(a * b for a, b in zip(_row(vectors.data, -1), _row(last.data, 0), strict=True))
        assert cosine > 0.999
        empty = await one.embed([], "passage")
        assert (empty.data, empty.tokens) == (b"", ())


def _row(data: bytes, number: int) -> tuple[float, ...]:
    rows = list(struct.iter_unpack("<384f", data))
    return rows[number]


@pytest.mark.models
async def test_silence_is_no_text(home: Path) -> None:
    async def silence() -> AsyncGenerator[bytes, None]:
        for _ in range(30):
            yield bytes(2 * 512)

    async with cluster(home, *PACED) as one:
        events = [event async for event in one.transcribe(silence(), language="en")]
        assert isinstance(events[-1], Transcribed)
        assert events[-1].text == ""


@pytest.mark.models
async def test_models_of_this_machine(home: Path) -> None:
    async with cluster(home) as one:
        present = await one.models()
        assert {"chat", "embed", "transcribe"} <= {model.role for model in present}
        assert all(model.nodes == ("local",) for model in present)
        everything = await one.models(catalogue=True)
        assert any(not model.present and model.nodes == () for model in everything)
        assert len({model.sha256 for model in everything}) == len(everything)
        with pytest.raises(NodeError):
            await one.remove_model("no such model")
        with pytest.raises(NodeError):
            _ = [step async for step in one.add_model("no such model")]
