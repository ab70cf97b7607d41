"""Notices over a real D-Bus, to a daemon of the test's own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.notifying import KNOWN_MOST, Notice, Notifier
from tests.notice_daemon import NoticeDaemon


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
    await process.wait()


class Clicks:
    """What was clicked, in order."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def __call__(self, place: str, token: str) -> None:
        self.came.put_nowait((place, token))

    async def next(self) -> tuple[str, str]:
        return await asyncio.wait_for(self.came.get(), 30)


async def test_a_notice_is_shown_and_a_click_tells_where_it_leads(address: str) -> None:
    daemon, clicks = await NoticeDaemon.open(address), Clicks()
    notifier = Notifier(clicks, address=address)
    assert await notifier.show(Notice("The answer is ready", "Bridges & <towers>", "conversation/abc"))
    assert await notifier.show(Notice("20 documents were read", place="library"))
    name, replaces, icon, title, body, actions, hints, expires = daemon.told[0]
    assert (name, replaces, icon, title, expires) == ("Tangnet", 0, "tangnet", "The answer is ready", -1)
    assert body == "Bridges & <towers>" and actions == ["default", ""]
    assert hints["desktop-entry"].value == "tangnet"
    daemon.click(77)  # of another program
    daemon.click(2)
    daemon.click(1, "token-1")
    assert [await clicks.next(), await clicks.next()] == [("library", ""), ("conversation/abc", "token-1")]
    daemon.click(1)  # it is closed
    assert await notifier.show(Notice("Again", place="nodes"))
    daemon.click(3)
    assert await clicks.next() == ("nodes", "")
    await notifier.close()
    await notifier.close()
    await daemon.close()


async def test_a_click_that_comes_with_the_answer_counts(address: str) -> None:
    daemon, clicks = await NoticeDaemon.open(address), Clicks()
    notifier = Notifier(clicks, address=address)
    daemon.clicks_itself = True
    for number in range(20):
        assert await notifier.show(Notice("One", place=str(number)))
        assert await clicks.next() == (str(number), "")
    await notifier.close()
    await daemon.close()


async def test_what_the_daemon_would_take_for_markup_is_shown_as_it_is(address: str) -> None:
    daemon = await NoticeDaemon.open(address, "body", "body-markup")
    notifier = Notifier(Clicks(), address=address)
    assert await notifier.show(Notice("A & B", "Bridges & <towers>"))
    assert daemon.told[0][3:5] == ["A & B", "Bridges &amp; &lt;towers&gt;"]
    await notifier.close()
    await daemon.close()


async def test_only_so_many_clicks_are_understood(address: str) -> None:
    daemon, clicks = await NoticeDaemon.open(address), Clicks()
    notifier = Notifier(clicks, address=address)
    for number in range(KNOWN_MOST + 1):
        assert await notifier.show(Notice("One", place=str(number)))
    daemon.click(1)
    daemon.click(2)
    assert await clicks.next() == ("1", "")
    await notifier.close()
    await daemon.close()


async def test_nobody_shows_notices_and_then_somebody_does(address: str, tmp_path: Path) -> None:
    for nowhere in (f"unix:path={tmp_path}/none", "nonsense"):
        assert not await Notifier(Clicks(), address=nowhere).show(Notice("One"))
    notifier, clicks = Notifier(Clicks(), address=address), Clicks()
    assert not await notifier.show(Notice("One"))
    refusing = await NoticeDaemon.open(address, refuses=True)
    assert not await notifier.show(Notice("Two"))
    await refusing.close()
    daemon = await NoticeDaemon.open(address)
    assert await notifier.show(Notice("Three"))
    assert daemon.told[0][3] == "Three" and clicks.came.empty()
    await notifier.close()
    await daemon.close()
