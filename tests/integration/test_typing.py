"""Typing into another program: a real X server, and a real Qt program that receives the keys."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.errors import VoiceError
from app.voice.dictation import typist
from app.voice.typing_x11 import X11Typist
from app.voice.xcb_keyboard import Keyboard
from tests.x_server import XClient, XServer


@pytest.fixture
async def server() -> AsyncIterator[XServer]:
    server = await XServer.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(server: XServer) -> AsyncIterator[XClient]:
    client = await XClient.start(server)
    yield client
    await client.stop()


@pytest.fixture
async def typing(server: XServer) -> AsyncIterator[X11Typist]:
    made = typist(environment={"DISPLAY": server.display}, platform="linux")
    assert isinstance(made, X11Typist)
    yield made
    await made.close()


ROUNDS = 8
"""How often the keyboard goes from our window to another program, with the talk key at its heels."""
HARD = "Größe: 5 € – „Käse“, naïve café, Привет, 日本語, 😀👩‍🔬 #@~^`´ {[x]} \\ <tag> 100 % _so_!"


async def test_all_characters_arrive_in_order(client: XClient, typing: X11Typist) -> None:
    assert await typing.aim() == client.window
    await typing.type(HARD, client.window)
    await client.until(HARD)


async def test_more_strange_characters_than_spare_keys(client: XClient, typing: X11Typist) -> None:
    many = "".join(chr(0x4E00 + at) for at in range(70)) + "".join(chr(0x4E00 + at) for at in range(10))
    await typing.type(many, client.window)
    await client.until(many)


async def test_never_a_new_line_and_nothing_that_controls(client: XClient, typing: X11Typist) -> None:
    await typing.type("rm\n-rf\t/\x1b[2J\r\nmore\u2028end\x00 ", client.window)
    await client.until("rm -rf / [2J more end")


@pytest.mark.parametrize("layout", ["de", "fr", "us,ru", "ru,us", "ru", "us(dvorak)", "gr,us,de"])
async def test_other_layouts(server: XServer, client: XClient, typing: X11Typist, layout: str) -> None:
    await server.layout(layout)
    await typing.type(HARD, client.window)
    await client.until(HARD)


async def test_the_second_of_two_layouts_is_on_and_stays_on(
    server: XServer, client: XClient, typing: X11Typist
) -> None:
    await server.layout("us,ru")
    keyboard = Keyboard(server.display)
    try:
        keyboard.lock(1, caps=True)
        await typing.type("Hello Мир", client.window)
        await client.until("Hello Мир")
        assert keyboard.state(2) == (1, True)
        await typing.type("Привет, как дела", client.window)
        await client.until("Hello МирПривет, как дела")
        assert keyboard.state(2) == (1, True)
    finally:
        keyboard.close()


async def test_a_program_that_reads_late_gets_the_same(server: XServer, client: XClient, typing: X11Typist) -> None:
    assert client.process.pid
    os.kill(client.process.pid, signal.SIGSTOP)
    try:
        await typing.type("Grüße aus 東京 😀", client.window)
        await typing.type(" und Köln 大阪", client.window)
    finally:
        os.kill(client.process.pid, signal.SIGCONT)
    await client.until("Grüße aus 東京 😀 und Köln 大阪")


async def test_nothing_is_typed_into_another_window_or_while_a_key_is_held(server: XServer, client: XClient) -> None:
    typing = X11Typist(display=server.display, patience=0.0)
    try:
        with pytest.raises(VoiceError, match="Another window") as caught:
            await typing.type("secret", client.window + 1)
        assert caught.value.code == "voice_not_typed"
        await server.keys("keydown", "Control_L")
        with pytest.raises(VoiceError, match="held down"):
            await typing.type("secret", client.window)
        await server.keys("keyup", "Control_L")
        await typing.type("x", client.window)
        await client.until("x")
    finally:
        await typing.close()


async def test_it_waits_until_the_key_is_let_go(server: XServer, client: XClient, typing: X11Typist) -> None:
    await server.keys("keydown", "Shift_L")
    typed = asyncio.create_task(typing.type("small", client.window))
    await server.keys("keyup", "Shift_L")
    await typed
    await client.until("small")


async def test_cancelled_it_stops_with_no_key_down(server: XServer, client: XClient, typing: X11Typist) -> None:
    typed = asyncio.create_task(typing.type("ABC " * 2000, client.window))
    while not client.text:
        await client.until("ABC ABC ")
    typed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await typed
    keyboard = Keyboard(server.display)
    try:
        assert not keyboard.held(0xFF)
    finally:
        keyboard.close()
    await client.clear()
    await typing.type("on", client.window)
    await client.until("on")


async def test_spare_keys_are_given_back_and_found_after_a_kill(server: XServer, client: XClient) -> None:
    keyboard = Keyboard(server.display)
    try:
        before = keyboard.rows()
        first = X11Typist(display=server.display)
        await first.type("äöü", client.window)
        assert keyboard.rows() != before
        second = X11Typist(display=server.display)  # as after a kill: nobody gives back what the first one took
        await second.type("äöü" + "".join(chr(0x4E00 + at) for at in range(40)), client.window)
        await client.until("äöüäöü" + "".join(chr(0x4E00 + at) for at in range(40)))
        await second.close()
        await first.close()
        await first.close()
        assert keyboard.rows() == before
    finally:
        keyboard.close()


async def test_nobody_has_the_keyboard_and_no_server(server: XServer) -> None:
    typing = X11Typist(display=server.display)
    assert await typing.aim() == 0
    await server.stop()
    with pytest.raises(VoiceError):
        await typing.type("lost", 0)
    await typing.close()


@pytest.mark.parametrize(
    ("environment", "platform", "word"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "linux", "Wayland"),
        ({}, "linux", "X11"),
        ({}, "darwin", "macOS"),
        ({}, "win32", "Windows"),
    ],
)
def test_where_typing_is_not_possible_it_is_said(environment: dict[str, str], platform: str, word: str) -> None:
    with pytest.raises(VoiceError, match=word) as caught:
        typist(environment=environment, platform=platform)
    assert "clipboard" in caught.value.hint


class OurWindow:
    """tests/dictating_window.py, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []

    @classmethod
    async def start(cls, server: XServer, home: Path) -> OurWindow:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.dictating_window", str(home),
            env=os.environ | {"DISPLAY": server.display, "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11"},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        window = cls(process)
        await window.until("here")
        return window

    async def until(self, line: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while line not in self.said:
                came = (await self.process.stdout.readline()).decode()
                assert came, f"it ended after {self.said}"
                self.said.append(came.strip())

    async def front(self) -> None:
        assert self.process.stdin is not None
        self.said.clear()
        self.process.stdin.write(b"front\n")
        await self.until("front")

    async def stop(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        await asyncio.wait_for(self.process.wait(), 30)


async def test_the_talk_key_over_another_program_types_there_and_over_ours_asks(server: XServer, home: Path) -> None:
    ours = await OurWindow.start(server, home)
    await ours.until("front")
    client = await XClient.start(server)
    try:
        await ours.until("behind")  # Qt tells it a while after the server does
        await server.keys("keydown", "F9", "sleep", "0.3", "keyup", "F9")
        await client.until("How high is the tower?")
        assert not any(line.startswith("asked") for line in ours.said)
        await ours.front()
        await server.keys("keydown", "F9", "sleep", "0.6", "keyup", "F9")  # held, as long as Qt takes to notice
        await ours.until("asked How high is the tower?")
        await client.clear()
    finally:
        await client.stop()
        await ours.stop()
    assert ours.process.returncode == 0


async def test_the_talk_key_just_after_another_program_took_the_keyboard_types_there(
    server: XServer, home: Path
) -> None:
    """Qt hears of the change some 100 ms later than the server, and the key comes at once."""
    ours = await OurWindow.start(server, home)
    await ours.until("front")
    window = await server.keys("getwindowfocus")
    client = await XClient.start(server)
    try:
        for number in range(ROUNDS):
            await ours.until("behind")
            ours.said.clear()
            await server.keys("windowfocus", window)
            await ours.until("front")
            await server.keys("windowfocus", str(client.window), "keydown", "F9", "sleep", "0.2", "keyup", "F9")
            await client.until("How high is the tower?" if number == 0 else " How high is the tower?")
            assert not any(line.startswith("asked") for line in ours.said)
            await client.clear()
    finally:
        await client.stop()
        await ours.stop()
    assert ours.process.returncode == 0
