"""Cycles of Qt objects die on the Qt thread only."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.ui.bridge import Bridge
from app.ui.collector import Collector


class _View(QWidget):
    """A view that is part of a cycle, as views with lambdas in their signals are."""

    def __init__(self) -> None:
        super().__init__()
        self.me = self
        QLabel("x", self)


def test_the_asyncio_thread_frees_no_widget(qtbot: QtBot, bridge: Bridge) -> None:
    freed: list[str] = []
    view = _View()
    weakref.finalize(view, lambda: freed.append(threading.current_thread().name))
    del view
    done: list[int] = []

    async def allocate() -> int:
        return len([[index] for index in range(200_000)])  # far beyond what starts a collection

    bridge.run(allocate, done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=10_000)
    assert freed == []
    gc.collect()
    assert freed == [threading.main_thread().name]


def test_it_collects_by_itself_and_hands_the_work_back(qtbot: QtBot) -> None:
    assert not gc.isenabled()
    collector = Collector()
    try:
        freed: list[bool] = []
        lone = QObject()
        lone.me = lone  # type: ignore[attr-defined]
        weakref.finalize(lone, freed.append, True)
        del lone
        young: list[list[int]] = [[] for _ in range(gc.get_threshold()[0] + 1)]
        qtbot.waitUntil(lambda: bool(freed), timeout=60_000)
        del young
        collector.stop()
        assert gc.isenabled()
    finally:
        collector.stop()
        gc.disable()  # as the collector of all tests here left it
