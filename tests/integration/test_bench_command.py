"""`tangnet-node bench` and `tangnet bench node` as processes with a real model: figures, errors, Ctrl-C, orphans."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.conversations import Conversations
from nodeworker.engines.llama.engine import LlamaEngine
from nodeworker.models.folder import ModelFolder
from nodeworker.models.tuned import Tuning, figures_file, remembered, settings_file
from nodeworker.settings import measured_folder
from tests.spoken import question_wav

pytestmark = pytest.mark.timeout(300)
DEADLINE = 240.0
ROOT = Path(__file__).parents[2]
NODE = ("-m", "nodeworker", "bench", "--json")
APP = ("-m", "app", "bench", "node", "--json")
MODEL = ("--model", "smollm2-135m")


async def started(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        cwd=ROOT,
        # Ctrl-C is ignored where the tests themselves were started in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


async def ran(*arguments: str) -> tuple[int | None, list[Any], str]:
    """Exit status, the lines of standard output as objects, and standard error."""
    process = await started(*arguments)
    async with asyncio.timeout(DEADLINE):
        out, err = await process.communicate()
    return process.returncode, [json.loads(line) for line in out.splitlines()], err.decode()


async def until_said(process: Process, word: bytes) -> None:
    assert process.stderr is not None
    async with asyncio.timeout(DEADLINE):
        while word not in (line := await process.stderr.readline()):
            assert line, "it ended"


@pytest.mark.models
@pytest.mark.parametrize("program", [NODE, APP])
async def test_every_figure_has_value_unit_reference_and_ratio(program: tuple[str, ...], home: Path) -> None:
    status, lines, err = await ran(*program, *MODEL, "--seconds", "1")
    assert status == 0, err
    names = [line["figure"] for line in lines]
    assert names[0] == "prefill_32" and names[1].startswith("prefill_") and names[-2:] == ["memory", "question"]
    assert {"decode_1", "decode_2", "decode_4", "decode_8", "decode_of_1", "decode_of_16"} <= set(names)
    for line in lines:
        assert {"figure", "value", "unit", "reference", "ratio"} <= set(line)
        assert line["value"] > 0 and line["ratio"] == 1.0  # nothing is tuned: both are the default settings
    assert "Loading smollm2-135m" in err and "Traceback" not in err
    assert (home / "measured").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("program", [NODE, APP])
async def test_a_missing_model_is_a_sentence(program: tuple[str, ...]) -> None:
    status, lines, err = await ran(*program, "--model", "nowhere")
    assert status == 1
    assert lines[-1]["event"] == "error" and lines[-1]["code"] == "model_missing" and lines[-1]["hint"]
    assert "There is no chat model 'nowhere' here." in err and "Traceback" not in err


@pytest.mark.models
async def test_two_at_once_would_disturb_each_other() -> None:
    first = await started(*NODE, *MODEL, "--seconds", "600")
    try:
        await until_said(first, b"prefill_32")
        status, lines, _ = await ran(*NODE, *MODEL)
        assert status == 1 and lines[-1]["message"] == "Another measurement is running."
    finally:
        first.kill()
        await first.communicate()


@pytest.mark.models
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_ends_it_with_130(number: signal.Signals) -> None:
    process = await started(*APP, *MODEL, "--tune", "--seconds", "600")
    await until_said(process, b"threads")
    child = psutil.Process(process.pid).children()[0]
    process.send_signal(number)
    async with asyncio.timeout(DEADLINE):
        out, err = await process.communicate()
    assert process.returncode == 130, err
    assert json.loads(out.splitlines()[-1])["code"] == "interrupted" and b"Traceback" not in err
    assert not child.is_running()


@pytest.mark.models
async def test_it_does_not_outlive_the_program_that_asked_for_it() -> None:
    process = await started(*APP, *MODEL, "--tune", "--seconds", "600")
    await until_said(process, b"threads")
    child = psutil.Process(process.pid).children()[0]
    process.kill()
    async with asyncio.timeout(DEADLINE):
        await process.communicate()  # reads to the end: of standard error, which the child has too
    _, alive = await asyncio.to_thread(psutil.wait_procs, [child], timeout=10)
    assert not alive


@pytest.mark.models
def test_an_engine_runs_as_it_was_tuned(tmp_path: Path) -> None:
    model = ModelFolder(tmp_path / "models").find("chat", "smollm2-135m")
    notes = measured_folder()
    chosen = Tuning(threads=1, exact=False, flash="off", batch=128, drafts=False, tuned=True)
    assert settings_file(notes, model).write(chosen)
    engine = LlamaEngine(model, context=256, slots=1, notes=notes)
    engine.load(lambda _fraction: None)
    try:
        assert engine.threads == 1
        figures = figures_file(notes, model, chosen).read()
        assert figures.decode_rate == engine.decode_rate > 0
        known = remembered(notes, [model])[model.sha256]
        assert known.tuned and known.decode_rate == figures.decode_rate
    finally:
        engine.close()
    # What the command line says goes before, and its figures are kept apart from those of the tuned settings.
    other = LlamaEngine(model, context=256, slots=1, threads=2, notes=notes)
    other.load(lambda _fraction: None)
    other.close()
    assert other.threads == 2
    assert remembered(notes, [model])[model.sha256] == known


@pytest.mark.models
async def test_a_spoken_question_is_measured_against_faster_whisper(home: Path, tmp_path: Path) -> None:
    clip = question_wav("How long is the warranty of the heat pump?", tmp_path)
    status, lines, err = await ran("-m", "app", "bench", "voice", "--json", "--clip", str(clip))
    assert status == 0, err
    made = {line["figure"]: line for line in lines}
    assert {"voice_release_to_text", "voice_release_to_first_text", "voice_prefill"} <= set(made)
    for line in lines:
        assert set(line) == {"figure", "value", "unit", "reference", "ratio"} and line["unit"] == "ms"
    assert made["voice_release_to_text"]["reference"] > 0
    assert not (home / "conversations.sqlite3").exists() or Conversations(home / "conversations.sqlite3").list() == []
