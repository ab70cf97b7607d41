"""The window over AT-SPI, on an X server of its own: everything has a name, and the keyboard reaches it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.ui.views import CONVERSATION, VIEWS
from tests.screen_reader import ScreenReader
from tests.x_server import XServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="AT-SPI is Linux")
_SERVICE = "/usr/share/dbus-1/services/org.a11y.Bus.service"
_WINDOW = Path(__file__).parents[1] / "ui" / "accessible_window.py"
CONTROLS = {"push button", "button", "toggle button", "check box", "radio button", "combo box", "entry", "text",
            "spin button", "slider", "list", "table", "tree", "tree table", "list box", "page tab list",
            "link"}  # fmt: skip
"""Roles of what can be used."""


class Program:
    """The window in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        """Return what it says next."""
        assert self._process.stdout is not None
        said = await asyncio.wait_for(self._process.stdout.readline(), 60)
        assert said, "the window ended"
        return said.decode().strip()

    async def tell(self, command: str) -> str:
        """Let it do something; returns what has the keyboard then."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        return await self.line()


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The environment of a desktop with a session bus, an X server, and somebody who wants a screen reader."""
    if shutil.which("dbus-daemon") is None or not os.access(_SERVICE, os.R_OK):
        pytest.skip("dbus-daemon or at-spi2-core is not installed")
    server = await XServer.start("1280x900x24")
    environment = {
        **os.environ, "DISPLAY": server.display, "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path),
    }  # fmt: skip
    bus = await asyncio.create_subprocess_exec(
        "dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={tmp_path}/bus",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    assert bus.stdout is not None
    environment["DBUS_SESSION_BUS_ADDRESS"] = (await asyncio.wait_for(bus.stdout.readline(), 20)).decode().strip()
    yield environment
    bus.terminate()
    await bus.wait()
    await server.stop()


async def test_everything_is_named_and_the_keyboard_reaches_it(session: dict[str, str], home: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_WINDOW), str(home), env=session, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        program = Program(process)
        assert await program.line() == "here"
        reader = await ScreenReader.open(session["DBUS_SESSION_BUS_ADDRESS"])
        place = await reader.program()
        faults = []
        for view in (CONVERSATION, *(view.name for view in VIEWS)):
            await program.tell(f"view {view}")
            tree = await reader.walk(place)
            shown = [
                seen for seen in tree if seen.role in CONTROLS and {"showing", "enabled", "focusable"} <= seen.states
            ]
            assert len(shown) > 4, [seen.role for seen in tree]
            faults += [f"{view}: a {seen.role} without a name in {seen.path[-3:]}" for seen in shown if not seen.name]
            reached = await _tabbed(program)
            # Of radio buttons Tab comes to the one that is chosen; arrows go on from there.
            stops = [seen for seen in shown if seen.role != "radio button" or "checked" in seen.states]
            faults += [f"{view}: Tab never comes to {seen.role} {seen.name!r}" for seen in stops
                       if seen.name and seen.name not in reached]  # fmt: skip
        reader.close()
        assert not faults, "\n".join(faults)
    finally:
        process.kill()
        await process.wait()


async def test_an_answer_is_read_out_as_it_grows(session: dict[str, str], home: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_WINDOW), str(home), env=session, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        program = Program(process)
        assert await program.line() == "here"
        reader = await ScreenReader.open(session["DBUS_SESSION_BUS_ADDRESS"])
        await reader.program()
        heard = await reader.listen()
        await program.tell("ask How high is the tower?")
        told = ""
        async with asyncio.timeout(30):
            while "330" not in told or "Answered by this machine" not in told:
                told += " " + await heard.get()
        reader.close()
    finally:
        process.kill()
        await process.wait()


async def _tabbed(program: Program) -> set[str]:
    """Press Tab until the keyboard has been everywhere twice; returns the names of what had it."""
    names: set[str] = set()
    visits: dict[str, int] = {}
    for _ in range(400):  # Tab stays in a text as long as there is another link in it
        place, _, name = (await program.tell("tab")).partition(" ")
        names.add(name)
        visits[place] = visits.get(place, 0) + 1
        if len(visits) > 1 and min(visits.values()) > 1:
            break
    return names
