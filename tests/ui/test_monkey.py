"""Whatever is clicked and typed, nothing breaks: no exception, no warning of Qt, no window of its own.

`pytest -m chaos tests/ui/test_monkey.py` does 20,000 things.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog

from app.events import NodeInfo
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import document
from tests.ui.fleet import busy, fleet
from tests.ui.monkey import Monkey


def let_loose(scene: Scene, monkeypatch: pytest.MonkeyPatch, events: int, seed: int) -> None:
    """Fill the window and let the monkey at it; what leads to other programs leads nowhere."""
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: True)
    for name, nothing in (("getOpenFileNames", ([], "")), ("getOpenFileName", ("", "")), ("getSaveFileName", ("", "")),
                          ("getExistingDirectory", "")):  # fmt: skip
        monkeypatch.setattr(QFileDialog, name, lambda *_, nothing=nothing, **__: nothing)
    runtime = scene.runtime
    runtime.cluster.known = busy(fleet(4, 2), 1)
    runtime.library.more = [document(f"/home/u/{at % 5}/report {at}.pdf") for at in range(30)]
    for number in range(6):
        made = runtime.conversations.create(f"Conversation {number}")
        for at in range(number * 5):
            runtime.conversations.ask(made.id, f"Question {at}")

    async def watch() -> AsyncIterator[tuple[NodeInfo, ...]]:
        told: tuple[NodeInfo, ...] = ()
        while True:
            if runtime.cluster.known is not told:
                told = runtime.cluster.known
                yield told
            await asyncio.sleep(0.02)

    monkeypatch.setattr(runtime.cluster, "watch", watch)
    scene.attach()
    scene.ask()
    runtime.assistant.pace = 0.02  # answers grow while other things are done
    monkey = Monkey(scene, events, seed)
    try:
        scene.until(lambda: monkey.finished, 60 + events / 20)
        scene.until(lambda: not scene.window.pane.runs, 30)
    except BaseException:
        print("\n".join(monkey.done[-40:]))
        raise
    finally:
        QApplication.clipboard().clear()


NOISE = ("This plugin does not support", "not accepted by receiving widget")


@pytest.mark.qt_log_ignore(*NOISE, extend=True)
def test_a_few_things(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    let_loose(scene, monkeypatch, 200, 1)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
@pytest.mark.qt_log_ignore(*NOISE, extend=True)
@pytest.mark.parametrize("seed", range(10))
def test_twenty_thousand_things(scene: Scene, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    let_loose(scene, monkeypatch, 2_000, seed)
