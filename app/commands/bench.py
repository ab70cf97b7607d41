"""`tangnet bench node`: how fast a chat model is on this machine, and with --tune its best settings.

`tangnet bench cluster` is in bench_cluster.py, `tangnet bench voice` in bench_voice.py.

The program itself never runs a model: a child process, the node's own program, measures, and its lines are passed on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from argparse import Namespace

from app.commands.context import Context
from app.commands.output import Output
from app.errors import NodeError, TangnetError, UsageError
from app.home import home

END_SECONDS = 10.0
"""How long an interrupted measurement may take to keep what it knows; loading a model cannot be interrupted."""
_LINE_BYTES = 1 << 20


async def run(context: Context) -> int:
    """Measure and return the exit status of the measurement. Raises TangnetError."""
    arguments = context.arguments
    if arguments.what == "cluster":
        from app.commands import bench_cluster

        return await bench_cluster.run(context)
    if arguments.what == "voice":
        from app.commands import bench_voice

        return await bench_voice.run(context)
    if arguments.what != "node":
        raise TangnetError(
            f"`tangnet bench {arguments.what}` is not in this version.",
            code="not_in_this_version",
            hint="`tangnet bench node` measures the model on this machine.",
        )
    if not arguments.tune and (arguments.anyway or arguments.prefer != "exact"):
        raise UsageError("--prefer and --anyway say what --tune may do.", code="usage", hint="Add --tune.")
    folder = home()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "nodeworker", *_asked(arguments)),
            stdin=asyncio.subprocess.PIPE,  # when we are gone it ends, and the measurement with it
            stdout=asyncio.subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "TANGNET_HOME": str(folder)},
            start_new_session=True,  # Ctrl-C in a terminal is for us: it is handed on once
            limit=_LINE_BYTES,
        )
    except OSError as error:
        raise NodeError(f"The measurement cannot be started: {error.strerror or error}.", code="bench") from error
    try:
        await _pass_on(process, context.output)
    except asyncio.CancelledError:
        await _interrupted(process, context.output)
        raise
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        status = await process.wait()
    if status < 0:
        raise NodeError(
            f"The measurement was killed ({signal.Signals(-status).name}).",
            code="bench",
            hint="Is the machine out of memory? A smaller model may fit: `tangnet models list`.",
        )
    return status


def _asked(arguments: Namespace) -> list[str]:
    """Return the command line of the node's program."""
    words = ["bench", "--with-parent", "--prefer", arguments.prefer, "--seconds", str(arguments.seconds)]
    words += [f"--{flag}" for flag in ("json", "tune", "anyway") if getattr(arguments, flag)]
    return [*words, f"--model={arguments.model}"]


async def _pass_on(process: asyncio.subprocess.Process, output: Output) -> None:
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            _print(line.decode("utf-8", errors="replace").rstrip("\n"), output)
    except ValueError as error:  # a line without end
        raise NodeError("The measurement said what makes no sense.", code="bench") from error
    await process.wait()


def _print(line: str, output: Output) -> None:
    if not output.json:
        output.text(line)
        return
    try:
        value = json.loads(line)
    except ValueError:
        output.note(line)  # whatever it is, it is no figure: standard output holds nothing else
    else:
        output.line(value)


async def _interrupted(process: asyncio.subprocess.Process, output: Output) -> None:
    """Let the measurement keep and print what it knows."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            await _pass_on(process, output)
