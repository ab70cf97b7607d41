"""The tray of a real desktop: our window under X, its icon and menu over D-Bus as a panel has them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.notice_daemon import NoticeDaemon
from tests.tray_host import TrayHost
from tests.x_server import XServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="StatusNotifierItem is of Linux desktops")


@dataclass
class Desktop:
    """An X server and a session bus."""

    environment: dict[str, str]
    address: str
    programs: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def window(self, home: Path) -> Program:
        """Start our window there."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.tray_window", str(home), env=self.environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self.programs.append(process)
        program = Program(process)
        await program.until("here")
        return program


class Program:
    """tests/tray_window.py, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def until(self, line: str) -> None:
        """Wait until it says that."""
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            while True:
                came = (await self._process.stdout.readline()).decode()
                assert came, f"it ended before {line!r}"
                if came.strip() == line:
                    return

    def tell(self, command: str) -> None:
        """Let it do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())

    async def end(self) -> int:
        """Let it end; returns its exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return await asyncio.wait_for(self._process.wait(), 30)


@pytest.fixture
async def desktop(tmp_path: Path) -> AsyncIterator[Desktop]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    server = await XServer.start("1280x900x24")
    environment = {
        **os.environ, "DISPLAY": server.display, "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11",
        "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path),
    }  # fmt: skip
    bus = await asyncio.create_subprocess_exec(
        "dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={tmp_path}/bus",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    assert bus.stdout is not None
    address = (await asyncio.wait_for(bus.stdout.readline(), 20)).decode().strip()
    made = Desktop(environment | {"DBUS_SESSION_BUS_ADDRESS": address}, address)
    yield made
    for process in made.programs:
        if process.returncode is None:
            process.kill()
            await process.wait()
    bus.terminate()
    await bus.wait()
    await server.stop()


async def test_a_panel_shows_the_state_and_its_menu_acts(desktop: Desktop, home: Path) -> None:
    host = await TrayHost.open(desktop.address)
    program = await desktop.window(home)
    ready = await host.until(lambda icon: icon.tooltip[0].startswith("Tangnet: Ready") and bool(icon.picture))
    assert [entry.text for entry in await host.menu()] == [
        "Hide the window", "New conversation", "Start talking", "Record a lecture", "Hands-free",
        "Pause reading documents", "Settings", "Quit Tangnet",
    ]  # fmt: skip
    program.tell("read")
    reading = await host.until(lambda icon: "Reading documents" in icon.tooltip[0])
    assert "12 of 300 files" in "".join(reading.tooltip) and reading.picture not in (b"", ready.picture)
    await host.choose("Pause reading documents")
    await host.until(lambda icon: "paused" in icon.tooltip[0])
    assert next(entry for entry in await host.menu() if entry.text.startswith("Pause")).checked
    await host.choose("Hands-free")
    await host.until(lambda icon: "Reading documents" not in icon.tooltip[0])

    program.tell("close")
    await program.until("hidden")
    await host.choose("Show the window")
    await program.until("shown")
    await host.activate()
    await program.until("hidden")
    await host.choose("Settings")
    await program.until("shown")
    await host.choose("Quit Tangnet")
    await program.until("ended")
    assert await program.end() == 0
    await host.close()


async def test_a_panel_may_come_later_than_the_window(desktop: Desktop, home: Path) -> None:
    program = await desktop.window(home)
    program.tell("read")
    host = await TrayHost.open(desktop.address)
    await host.until(lambda icon: "Reading documents" in icon.tooltip[0])
    program.tell("close")
    await program.until("hidden")
    await host.activate()
    await program.until("shown")
    assert await program.end() == 0
    await host.close()


async def test_a_notice_brings_the_window_back_from_the_tray(desktop: Desktop, home: Path) -> None:
    host, daemon = await TrayHost.open(desktop.address), await NoticeDaemon.open(desktop.address)
    program = await desktop.window(home)
    await host.until(lambda icon: "Ready" in icon.tooltip[0])
    program.tell("close")
    await program.until("hidden")
    program.tell("model")
    told = await daemon.until(1)
    assert (told[0], told[3], told[4]) == ("Tangnet", "A model is there", "llama")
    daemon.click(1)
    await program.until("shown")
    assert await program.end() == 0
    await daemon.close()
    await host.close()


async def test_where_no_panel_is_closing_ends_it(desktop: Desktop, home: Path) -> None:
    program = await desktop.window(home)
    program.tell("close")
    await program.until("ended")
    assert await program.end() == 0
