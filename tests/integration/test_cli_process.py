"""The command line as a process: exit status, clean stdout, Ctrl-C, and what may not be imported."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from app.conversations import Conversations

DEADLINE = 30.0
ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "llama_cpp", "faster_whisper", "lancedb", "pyarrow", "numpy", "av", "sounddevice", "PySide6")

FAKE = """
import asyncio, os, sys
from pathlib import Path
from app.cli import main
from app.conversations import Conversations
from app.runtime import Runtime
from app.home import home
from app.settings import Settings
from tests.fakes import FakeCluster, FakeLibrary

class Noisy(FakeLibrary):
    async def search(self, *arguments, **named):
        print("a library that talks on stdout")
        os.write(1, b"and a child that does\\n")
        return await super().search(*arguments, **named)

async def open_runtime():
    store = Conversations(home() / "conversations.sqlite3")
    script = ["It is ", asyncio.Event()] if "--hang" in sys.argv else ["It is high [1]."]
    return Runtime(home(), Settings(), FakeCluster(script=script), Noisy(), store)

raise SystemExit(main([word for word in sys.argv[1:] if word != "--hang"], open_runtime=open_runtime))
"""


CLOCK = """
import asyncio, time
from app.cli import main
from app.conversations import Conversations
from app.events import NodeChosen, TokenReceived
from app.runtime import Runtime
from app.home import home
from app.settings import Settings
from tests.fakes import FakeCluster, FakeLibrary

class Clock(FakeCluster):
    async def generate(self, request):
        yield NodeChosen("local", "1", "", self.model.name)
        while True:
            yield TokenReceived(f"{time.monotonic():.4f} ", "local")
            await asyncio.sleep(0.01)

async def open_runtime():
    return Runtime(home(), Settings(), Clock(), FakeLibrary(), Conversations(home() / "conversations.sqlite3"))

raise SystemExit(main(["--json", "--no-docs", "What time is it?"], open_runtime=open_runtime))
"""


async def _run(*arguments: str) -> tuple[int | None, str, str]:
    async with asyncio.timeout(DEADLINE):
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, cwd=ROOT
        )
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_version_and_usage_errors() -> None:
    assert await _run("-m", "app.cli", "--version") == (0, "tangnet 0.1.0\n", "")
    status, out, err = await _run("-m", "app.cli", "ask")
    assert (status, out) == (2, "") and err.startswith("tangnet: There is no question.")
    status, out, err = await _run("-m", "app.cli", "search", "--json", "--mode", "magic", "x")
    assert status == 2 and json.loads(out)["event"] == "error"


async def test_stdout_holds_json_and_nothing_else() -> None:
    status, out, err = await _run("-c", FAKE, "How high is the tower?", "--json")
    assert status == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["retrieved", "node", "token", "answered"]
    assert "a library that talks" in err and "a child that does" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_in_mid_answer_keeps_what_was_shown(home: Path, number: signal.Signals) -> None:
    async with asyncio.timeout(DEADLINE):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", FAKE, "ask", "How high is it?", "--json", "--hang"),
            stdout=PIPE,
            stderr=PIPE,
            cwd=ROOT,
            # Ctrl-C is ignored where the tests themselves were started in the background; SIGTERM must work there, too.
            preexec_fn=None if number == signal.SIGTERM else lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stdout is not None
        while json.loads(await process.stdout.readline())["event"] != "token":
            pass
        process.send_signal(number)
        out, err = await process.communicate()
    assert process.returncode == 130, err
    assert json.loads(out)["code"] == "interrupted" and b"Traceback" not in err
    store = Conversations(home / "conversations.sqlite3")
    answer = store.messages(store.list()[0].id)[1]
    assert (answer.state, answer.text) == ("stopped", "It is ")
    store.close()


async def test_kill_9_in_mid_answer_loses_at_most_250_ms(home: Path) -> None:
    async with asyncio.timeout(DEADLINE):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", CLOCK, stdout=PIPE, cwd=ROOT)
        assert process.stdout is not None
        lines = [await process.stdout.readline() for _ in range(80)]
        process.kill()
        lines += (await process.stdout.read()).splitlines()
        await process.wait()
    shown = [json.loads(line) for line in lines if line.rstrip().endswith(b"}")]
    store = Conversations(home / "conversations.sqlite3")
    question, answer = store.messages(store.list()[0].id)
    assert (question.text, answer.state) == ("What time is it?", "interrupted")
    assert float(shown[-1]["text"]) - float(answer.text.split()[-1]) <= 0.25
    store.close()


async def test_a_reader_that_goes_away_is_no_error() -> None:
    async with asyncio.timeout(DEADLINE):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FAKE, "search", "x", "--json", stdout=PIPE, stderr=PIPE, cwd=ROOT
        )
        assert process.stdout is not None
        process.stdout.feed_eof()
        transport = process._transport  # type: ignore[attr-defined]
        transport.get_pipe_transport(1).close()
        assert process.stderr is not None
        err = await process.stderr.read()
        await process.wait()
    assert b"Traceback" not in err and process.returncode == 141


async def test_nothing_heavy_is_imported_at_start() -> None:
    code = (
        "import sys, app.cli, app.assistant, app.runtime, app.cluster.cluster, app.rag.library, app.commands.ask\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert await _run("-c", code) == (0, "[]\n", "")


async def test_no_display_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    status, out, err = await _run("-m", "app")
    assert (status, out) == (1, "") and err.startswith("tangnet: There is no display for a window here.")
