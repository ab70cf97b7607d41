"""asyncio and Qt: where callbacks run, what cancelling and closing do, and that a flood does not stop the window."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.bridge import Bridge


async def count(most: int, ended: list[str] | None = None) -> AsyncIterator[int]:
    try:
        for number in range(most):
            yield number
            await asyncio.sleep(0)
        if most < 0:
            await asyncio.Event().wait()
    finally:
        if ended is not None:
            ended.append("closed")


async def endless(ended: list[str]) -> AsyncIterator[int]:
    number = 0
    try:
        while True:
            number += 1
            yield number
            await asyncio.sleep(0.001)
    finally:
        ended.append("closed")


def test_result_comes_back_on_the_qt_thread(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[object] = []

    async def work() -> str:
        return threading.current_thread().name

    bridge.run(work, lambda name: seen.extend((name, threading.current_thread() is threading.main_thread())))
    qtbot.waitUntil(lambda: bool(seen), timeout=60_000)
    assert seen == ["tangnet-asyncio", True]


def test_work_asked_for_before_the_start_waits(qapp: QApplication, qtbot: QtBot) -> None:
    bridge = Bridge()
    seen: list[int] = []

    async def work() -> int:
        return 7

    bridge.run(work, seen.append)
    assert not seen
    bridge.start()
    qtbot.waitUntil(lambda: seen == [7], timeout=60_000)
    assert bridge.close()


def test_stream_keeps_the_order_and_ends(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[object] = []
    bridge.stream(lambda: count(5000), seen.append, lambda: seen.append("end"))
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] == "end", timeout=10_000)
    assert seen == [*range(5000), "end"]


def test_cancel_stops_the_work_and_all_callbacks(bridge: Bridge, qtbot: QtBot) -> None:
    ended: list[str] = []
    seen: list[object] = []
    handle = bridge.stream(lambda: endless(ended), seen.append, lambda: seen.append("end"), seen.append)
    qtbot.waitUntil(lambda: len(seen) > 3, timeout=60_000)
    handle.cancel()
    shown = len(seen)
    qtbot.waitUntil(lambda: ended == ["closed"], timeout=60_000)
    qtbot.wait(30)
    assert len(seen) == shown


def test_errors_reach_the_handler_and_those_without_one_still_show(bridge: Bridge, qtbot: QtBot) -> None:
    async def fail() -> None:
        raise ValueError("no")

    taken: list[BaseException] = []
    bridge.run(fail, None, taken.append)
    qtbot.waitUntil(lambda: bool(taken), timeout=60_000)
    with qtbot.waitSignal(bridge.failed, timeout=60_000) as signal:
        bridge.run(fail)
    assert isinstance(signal.args[0], ValueError)


def test_a_failing_callback_does_not_take_the_others_with_it(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[int] = []

    def show(number: int) -> None:
        if number == 1:
            raise KeyError("a view's own bug")
        seen.append(number)

    with qtbot.waitSignal(bridge.failed, timeout=60_000):
        bridge.stream(lambda: count(4), show)
    qtbot.waitUntil(lambda: seen == [0, 2, 3], timeout=60_000)


def test_close_while_streaming_gives_no_callback_and_runs_the_closers(qapp: QApplication, qtbot: QtBot) -> None:
    bridge = Bridge()
    bridge.start()
    order: list[str] = []
    seen: list[int] = []

    async def closer() -> None:
        order.append("closer")

    bridge.at_close(closer)
    bridge.stream(lambda: endless(order), seen.append)
    qtbot.waitUntil(lambda: len(seen) > 3, timeout=60_000)
    assert bridge.close(5.0)
    shown = len(seen)
    qtbot.wait(30)
    assert len(seen) == shown
    assert order == ["closed", "closer"]
    handle = bridge.run(closer, lambda _: seen.append(-1))
    assert handle.finished and seen[-1] != -1


def test_close_waits_for_what_must_finish(qapp: QApplication) -> None:
    bridge = Bridge()
    bridge.start()
    done: list[str] = []

    async def save() -> None:
        await asyncio.sleep(0.05)
        done.append("saved")

    bridge.run(save, must_finish=True)
    assert bridge.close(5.0)
    assert done == ["saved"]


def test_close_gives_up_after_its_time(qapp: QApplication, caplog: pytest.LogCaptureFixture) -> None:
    bridge = Bridge()
    bridge.start()

    async def stuck() -> None:
        await asyncio.Event().wait()

    bridge.at_close(stuck)
    began = time.monotonic()
    assert bridge.close(0.3)
    assert time.monotonic() - began < 2.0
    assert "given up" in caplog.text


def test_a_flood_of_events_does_not_stop_the_window(bridge: Bridge, qtbot: QtBot) -> None:
    gaps: list[float] = []
    last = [time.thread_time()]

    def tick() -> None:
        now = time.thread_time()  # of the Qt thread alone: other programs must not fail this test
        gaps.append(now - last[0])
        last[0] = now

    probe = QTimer(interval=5)
    probe.timeout.connect(tick)
    probe.start()
    seen: list[int] = []
    ended: list[bool] = []

    def show(number: int) -> None:
        seen.append(number)
        until = time.perf_counter() + 0.0001
        while time.perf_counter() < until:
            pass

    bridge.stream(lambda: count(5000), show, lambda: ended.append(True))
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)
    probe.stop()
    assert len(seen) == 5000
    assert len(gaps) > 5 and max(gaps) < 0.25
