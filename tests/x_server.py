"""An X server of a test's own (Xvfb), keys for it (xdotool), and a real program that receives them (Qt)."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

_CLIENT = Path(__file__).with_name("x_client.py")


class XServer:
    """An Xvfb of its own and a keyboard for it."""

    def __init__(self, process: asyncio.subprocess.Process, display: str) -> None:
        self.process = process
        self.display = display

    @classmethod
    async def start(cls, screen: str = "320x240x24") -> XServer:
        """Start one; skips the test where Xvfb or xdotool is not installed."""
        for program in ("Xvfb", "xdotool"):
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed")
        read, write = os.pipe()
        process = await asyncio.create_subprocess_exec(
            "Xvfb", "-displayfd", str(write), "-screen", "0", screen, "-nolisten", "tcp", "-noreset",
            pass_fds=(write,), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as pipe:
            number = (await asyncio.wait_for(asyncio.to_thread(pipe.readline), 20)).strip()
        assert number, "Xvfb did not start"
        return cls(process, f":{number}")

    async def keys(self, *arguments: str) -> str:
        """Run xdotool; returns what it prints."""
        process = await asyncio.create_subprocess_exec(
            "xdotool", *arguments, env=os.environ | {"DISPLAY": self.display}, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        return out.decode().strip()

    async def layout(self, *arguments: str) -> None:
        """Run setxkbmap."""
        process = await asyncio.create_subprocess_exec("setxkbmap", "-display", self.display, *arguments)
        assert await process.wait() == 0

    async def stop(self) -> None:
        """End it."""
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()


class XClient:
    """Another program with a text field that has the keyboard; `text` is what stands there."""

    def __init__(self, process: asyncio.subprocess.Process, window: int) -> None:
        self.process = process
        self.window = window
        self.text = ""

    @classmethod
    async def start(cls, server: XServer) -> XClient:
        """Start it and wait until its window has the keyboard."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(_CLIENT), stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.PIPE,
            env=os.environ | {"DISPLAY": server.display, "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11"},
        )  # fmt: skip
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        assert line.startswith("window "), line
        return cls(process, int(line.split()[1]))

    async def until(self, text: str) -> None:
        """Wait until exactly this stands in the field."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(20):
                while self.text != text:
                    self.text = (await self.process.stdout.readline()).decode().removesuffix("\n").replace("⏎", "\n")
        except TimeoutError:
            assert self.text == text, f"{self.text!r} is not {text!r}"

    async def clear(self) -> None:
        """Empty the field."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"clear\n")
        await self.until("")

    async def stop(self) -> None:
        """End it."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()
