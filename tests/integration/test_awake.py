"""A computer that is kept awake: by a login service on a bus of its own, by one that refuses, and by none."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dbus_fast import Message
from dbus_fast.aio import MessageBus

from app.voice.awake import INTERFACE, SERVICE, awake


class Login:
    """Answers Inhibit with one end of a pipe; the other one tells when that is let go of."""

    def __init__(self, bus: MessageBus, *, refuses: bool) -> None:
        self.refuses = refuses
        self.asked: list[list[str]] = []
        self.pipes: list[tuple[int, int]] = []
        bus.add_message_handler(self._asked)

    def _asked(self, message: Message) -> Message | None:
        if message.interface != INTERFACE:
            return None
        self.asked.append(message.body)
        if self.refuses:
            return Message.new_error(message, "org.freedesktop.DBus.Error.AccessDenied", "Permission denied")
        self.pipes.append(os.pipe())
        return Message.new_method_return(message, "h", [0], [self.pipes[-1][1]])


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    process = await asyncio.create_subprocess_exec(
        "dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={tmp_path}/bus",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    yield (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    process.terminate()
    await process.communicate()


@asynccontextmanager
async def service(address: str, *, refuses: bool = False) -> AsyncIterator[Login]:
    bus = await MessageBus(bus_address=address, negotiate_unix_fd=True).connect()
    try:
        login = Login(bus, refuses=refuses)
        await bus.request_name(SERVICE)
        yield login
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()


async def test_it_stays_awake_until_it_may_sleep(address: str) -> None:
    async with service(address) as login:
        async with awake("Recording", address=address) as held:
            assert held and login.asked == [["sleep:idle", "Tangnet", "Recording", "block"]]
            ((told, own),) = login.pipes
            os.close(own)  # now it is held by us alone
            os.set_blocking(told, False)
            with pytest.raises(BlockingIOError):
                os.read(told, 1)
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(told, gone.set)
        async with asyncio.timeout(30):  # the bus may let go of its own copy a moment later
            await gone.wait()
        asyncio.get_running_loop().remove_reader(told)
        assert os.read(told, 1) == b""
        os.close(told)


async def test_where_nobody_keeps_it_awake_all_goes_on(address: str, tmp_path: Path) -> None:
    async with service(address, refuses=True), awake("Recording", address=address) as held:
        assert not held
    for nowhere in (address, f"unix:path={tmp_path}/none", "nonsense"):
        async with awake("Recording", address=nowhere) as held:
            assert not held
