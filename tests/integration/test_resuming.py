"""A recording whose reader is killed says in the end what it says without: real engine, real processes, real nodes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import wave
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.voice.audio_file import pcm_from_file
from tests.integration.test_zone_rules import PACED, calls, zones
from tests.node_process import cluster, pair
from tests.spoken import question_wav, word_errors

pytestmark = [pytest.mark.models, pytest.mark.timeout(400)]

PART_SECONDS = 15.0
SENTENCES = (
    "The warranty of the water pump ends in March of next year.",
    "Every lamp in the upper corridor was replaced last week, and the stairs were painted.",
    "Please remember to close the windows before you leave the office in the evening.",
    "The meeting about the new budget begins at ten o'clock in the large room.",
    "Nobody knows who left the gate open, but the goats were found near the river.",
)


async def talk(folder: Path) -> tuple[Path, str]:
    """Write a recording of about 80 s, with pauses between sentences."""
    said = [SENTENCES[at % len(SENTENCES)] for at in range(15)]
    path = folder / "talk.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        for at, sentence in enumerate(said):
            async for block in pcm_from_file(question_wav(sentence)):
                file.writeframes(block)
            file.writeframes(bytes(2 * 16_000 * (3 + at % 3) // 4))
    return path, " ".join(said)


async def reader(home: Path, path: Path, *more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.part_reader", str(home), str(path), str(PART_SECONDS), *more),
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
        env={**os.environ, "TANGNET_HOME": str(home)},
    )


def kept(home: Path) -> int:
    file = home / "heard.db"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(file, timeout=10)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'parts'").fetchone():
            return 0
        return int(db.execute("SELECT count(*) FROM parts").fetchone()[0])


async def killed_with(home: Path, path: Path, parts: int, *more: str) -> None:
    """Kill a reader as soon as that many parts are kept; 0: as soon as it begins."""
    process = await reader(home, path, *more)
    assert process.stdout is not None
    async with asyncio.timeout(120):
        while line := await process.stdout.readline():
            assert "text" not in json.loads(line), "it was not killed in time"
            if kept(home) >= parts:
                break
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()


async def read(home: Path, path: Path, *more: str) -> tuple[dict[str, Any], float]:
    """Read to the end; returns the transcript, and how much of it was there at the beginning."""
    process = await reader(home, path, *more)
    async with asyncio.timeout(200):
        out, _ = await process.communicate()
    assert process.returncode == 0
    lines = [json.loads(line) for line in out.splitlines()]
    return lines[-1] if "text" in lines[-1] else lines[-2], max(lines[0].get("seconds", 0.0), lines[1]["seconds"])


async def test_a_reader_that_is_killed_goes_on_where_it_was(tmp_path: Path, home: Path) -> None:
    path, said = await talk(tmp_path)
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    whole, _ = await read(other, path)
    assert word_errors(whole["text"], said) < 0.1
    for parts in (0, 1, 3):
        await killed_with(home, path, parts)
        assert kept(home) >= parts
    made, before = await read(home, path)
    assert (made["text"], made["words"]) == (whole["text"], whole["words"])
    assert before >= 3 * PART_SECONDS * 0.8
    assert kept(home) == 0, "what is done is not kept"


async def test_parts_over_two_nodes_of_which_one_dies_and_a_reader_that_is_killed(tmp_path: Path, home: Path) -> None:
    path, said = await talk(tmp_path)
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    whole, _ = await read(other, path)
    assert word_errors(whole["text"], said) < 0.1 and whole["nodes"] == "local"
    async with zones(tmp_path, "house", "office") as (house, office):
        async with cluster(home, *PACED) as one:
            await pair(one, house)
            await pair(one, office)
        await killed_with(home, path, 2, "2")
        made, before = await read(home, path, "2")
        assert (made["text"], made["words"]) == (whole["text"], whole["words"]) and before > 0
        made, _ = await read(home, path, "2")  # nothing of it is kept: all parts are read again
        assert (made["text"], made["words"]) == (whole["text"], whole["words"])
        assert {"house", "office"} & set(made["nodes"].split(", "))
        assert await calls(tmp_path, "house", "transcribe") > 0 and await calls(tmp_path, "office", "transcribe") > 0
        await killed_with(home, path, 2, "2")
        house.kill()
        await house.gone()
        made, before = await read(home, path, "1")
        assert (made["text"], made["words"]) == (whole["text"], whole["words"]) and before > 0
    assert kept(home) == 0
