"""This machine's node as a real process: restarts, shares, and never outlives its owner."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.cluster.client import NodeClient
from app.cluster.cluster import Cluster
from app.cluster.place import private_folder
from app.errors import NodeError
from app.events import Generated, Moved, NodeInfo, TokenReceived
from app.settings import Settings
from tests.fakes_nodes import until
from tests.node_process import cluster, question, state

PACED = ("--engine", "paced:100,5000")


async def warm(one: Cluster) -> None:
    async for _ in one.warm(["chat"]):
        pass


def pid(one: Cluster) -> int:
    assert one.local_pid is not None
    return one.local_pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the sockets' folders lie for one test alone: another one's node would remove dead folders, too."""
    with tempfile.TemporaryDirectory(prefix="tn-", dir="/tmp") as folder:  # a socket's path must be short
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


class Holder:
    """Another process with a cluster of the same home."""

    def __init__(self, process: asyncio.subprocess.Process, child: int | None) -> None:
        self.process = process
        self.child = child


@asynccontextmanager
async def holder(home: Path) -> AsyncGenerator[Holder, None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).with_name("local_holder.py")), str(home), *PACED),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
        yield Holder(process, json.loads(line)["child"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_nothing_starts_before_it_is_needed(home: Path) -> None:
    begun = time.perf_counter()
    async with cluster(home, *PACED) as one:
        assert time.perf_counter() - begun < 0.2
        (local,) = one.nodes()
        assert (local.name, local.state, local.local, local.trusted) == ("local", "stopped", True, True)
        await asyncio.sleep(0.05)
        assert one.local_pid is None


async def test_it_reports_seldom_while_it_has_nothing_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a report each second keeps the window awake: three quarters of what it costs that nobody uses."""
    asked: list[float] = []
    watch = NodeClient.watch

    def watched(
        self: NodeClient, current: Callable[[], NodeInfo], *, heartbeat: float, rest: float = 0.0
    ) -> AsyncGenerator[NodeInfo, None]:
        asked.append(rest)
        return watch(self, current, heartbeat=heartbeat, rest=rest)

    monkeypatch.setattr(NodeClient, "watch", watched)
    async with cluster(home, *PACED) as one:
        await warm(one)
        await until(lambda: bool(asked))
    assert min(asked) >= 5


async def test_killed_child_is_restarted_and_the_answer_goes_on(home: Path) -> None:
    async with cluster(home, *PACED) as one:
        whole = [event async for event in one.generate(question("whole"))]
        first = one.local_pid
        assert first is not None
        events = []
        async for event in one.generate(question("cut")):
            events.append(event)
            if isinstance(event, TokenReceived) and len(events) == 12:
                os.kill(first, signal.SIGKILL)
        text = ["".join(e.text for e in some if isinstance(e, TokenReceived)) for some in (whole, events)]
        assert text[0] == text[1]
        (moved,) = [event for event in events if isinstance(event, Moved)]
        assert (moved.from_, moved.to) == ("local", "local")
        # Who notices first says it: the watcher of the process, the call, or the connection.
        assert any(word in moved.reason for word in ("signal 9", "lost", "closed")), moved.reason
        # The first restart waits half a second.
        assert moved.gap_ms >= 500
        assert isinstance(events[-1], Generated)
        second = one.local_pid
        assert second not in (None, first)
        assert not alive(first)
        folder = private_folder(home)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert second is not None
    assert not alive(second)
    assert not folder.exists()


async def test_the_folder_of_a_killed_owner_goes_when_the_next_starts_and_that_of_a_living_one_stays(
    home: Path, tmp_path: Path, runtime: Path
) -> None:
    folders = {}
    for name in ("living", "killed"):
        (tmp_path / name).mkdir()
        folders[name] = private_folder(tmp_path / name)
        assert folders[name].parent == runtime
    async with holder(tmp_path / "living") as living:
        async with holder(tmp_path / "killed") as killed:
            killed.process.kill()
            await killed.process.wait()
        assert folders["killed"].exists()
        async with cluster(home, *PACED) as one:
            await warm(one)
        assert not folders["killed"].exists()
        assert folders["living"].exists()
        assert living.child is not None and alive(living.child)


async def test_parent_killed_child_gone(home: Path) -> None:
    async with holder(home) as other:
        assert other.child is not None
        assert alive(other.child)
        begun = time.monotonic()
        other.process.kill()
        child = other.child
        await until(lambda: not alive(child), 2.0)
        assert time.monotonic() - begun < 2.0


async def test_two_processes_share_one_child_and_the_second_takes_over(home: Path) -> None:
    async with holder(home) as owner, cluster(home, *PACED) as one:
        await warm(one)
        assert owner.child is not None
        assert one.local_pid is None  # it is the other's
        events = []
        async for event in one.generate(question("over", max_tokens=150)):
            events.append(event)
            if isinstance(event, TokenReceived) and len(events) == 12:
                owner.process.kill()
        whole = [event async for event in one.generate(question("whole", max_tokens=150))]
        ids = [[id for e in some if isinstance(e, TokenReceived) for id in e.ids] for some in (whole, events)]
        assert ids[0] == ids[1]
        assert [event.to for event in events if isinstance(event, Moved)] == ["local"]
        mine, theirs = pid(one), owner.child
        assert mine != theirs
        await until(lambda: not alive(theirs), 3.0)
        assert (await state(one, "local", "ready")).local


async def test_works_in_a_thread_that_is_not_the_main_one(home: Path) -> None:
    failures: list[BaseException] = []

    async def use() -> None:
        async with cluster(home, *PACED) as one:
            await warm(one)
            first = one.local_pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until(lambda: one.local_pid not in (None, first), 30)
            await warm(one)

    def run() -> None:
        try:
            asyncio.run(use())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert not failures


async def test_child_that_cannot_start_says_why(home: Path) -> None:
    one = Cluster(home, Settings(), discover=False, local_arguments=("--engine", "nonsense"))
    try:
        with pytest.raises(NodeError) as caught:
            await warm(one)
        assert caught.value.code == "local_node"
        assert "nonsense" in caught.value.hint
        assert one.nodes()[0].state in ("loading", "unreachable")
    finally:
        await one.close()


async def test_pipe_is_not_inherited_by_other_children(home: Path) -> None:
    async with cluster(home, *PACED) as one:
        await warm(one)
        child = one.local_pid
        assert child is not None
        stranger = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert stranger.stdout is not None
            await stranger.stdout.readline()  # it runs; files of its own start are closed again
            pipe = os.readlink(f"/proc/{child}/fd/0")
            held = [os.readlink(f"/proc/{stranger.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{stranger.pid}/fd")]
            assert pipe not in held
        finally:
            stranger.kill()
            await stranger.communicate()
