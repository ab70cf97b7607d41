"""What the desktop is told of, and what it is not told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from app.events import Moved, NodeChosen, TokenReceived
from app.library_state import LibraryState, Working
from app.notifying import Notice
from app.ui.notices import LONG_SECONDS, MANY
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import answer, simple_script

quiet = pytest.mark.qt_log_ignore("does not support propagateSizeHints", "does not support raise", extend=True)


class Desktop:
    """A desktop that shows notices, and a clock that stands still."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.told: list[Notice] = []
        self.shows = True
        self.now = 0.0
        self.front = False
        notices = scene.window.notices
        notices.make = lambda _clicked: self
        notices.away = lambda: not self.front
        notices.clock = lambda: self.now

    async def show(self, notice: Notice) -> bool:
        self.told.append(notice)
        return self.shows

    async def close(self) -> None: ...

    def queue(self, state: LibraryState) -> None:
        self.scene.bridge.run(lambda: self.scene.runtime.library.tell(state))
        self.scene.until(lambda: self.scene.window.documents.source.state == state)

    def settled(self) -> list[Notice]:
        """Return what was told, once all that was asked for before has been."""
        for _ in range(2):  # what is looked up first is told by a second call
            passed: list[None] = []
            self.scene.bridge.run(_nothing, passed.append)
            self.scene.until(partial(bool, passed))
        return self.told


async def _nothing() -> None: ...


def ask(desktop: Desktop, seconds: float) -> str:
    """Ask; the answer takes so long. Returns the id of the conversation."""
    scene, gate = desktop.scene, desktop.scene.gate()
    scene.runtime.assistant.script = [*simple_script()[:-1], gate.event, simple_script()[-1]]
    scene.window.pane.ask("How high is the tower?")
    scene.until(lambda: scene.window.pane.runs and scene.window.pane.runs[0].conversation)
    desktop.now += seconds
    gate.open()
    scene.until(lambda: not scene.window.pane.runs)
    return scene.window.pane.conversation


@quiet
def test_a_long_answer_is_told_by_its_title_and_a_click_leads_to_it(scene: Scene) -> None:
    desktop = Desktop(scene)
    scene.attach()
    id = ask(desktop, LONG_SECONDS + 1)
    scene.until(lambda: desktop.told)
    (told,) = desktop.told
    assert told == Notice("The answer is ready", "How high is the tower?", f"conversation/{id}")
    scene.window.pane.new_conversation()
    scene.window.show_nodes()
    scene.window.hide()
    scene.window.notices.go(told.place, "token-7")
    scene.until(lambda: scene.window.pane.conversation == id)
    assert scene.window.isVisible() and scene.window.views.name == "conversation"


def test_words_of_an_answer_are_shown_only_where_that_is_wished(scene: Scene) -> None:
    desktop = Desktop(scene)
    scene.runtime.settings.window_notices = "full"
    scene.attach()
    ask(desktop, LONG_SECONDS + 1)
    scene.until(lambda: desktop.told)
    assert desktop.told[0].body == "How high is the tower?\nIt is 330 metres high [1]."


@pytest.mark.parametrize("why", ["short", "front", "off"])
def test_nothing_is_told_of_a_short_answer_in_front_or_unwished(scene: Scene, why: str) -> None:
    desktop = Desktop(scene)
    desktop.front = why == "front"
    scene.runtime.settings.window_notices = "off" if why == "off" else "full"
    scene.attach()
    ask(desktop, 1 if why == "short" else LONG_SECONDS + 1)
    scene.window.notices.model_is("", "") if why != "short" else None
    assert not desktop.settled()


def test_an_answer_that_was_stopped_is_not_told_and_one_that_failed_is(scene: Scene) -> None:
    desktop = Desktop(scene)
    scene.attach()
    scene.runtime.assistant.script = [TokenReceived("It is", "local"), scene.gate().event]
    scene.window.pane.ask("How high is the tower?")
    scene.until(lambda: scene.window.pane.runs and scene.window.pane.runs[0].conversation)
    desktop.now += LONG_SECONDS + 1
    scene.window.pane.stop()
    assert not desktop.settled()
    gate = scene.gate()
    scene.runtime.assistant.script = [gate.event, OSError("gone")]
    scene.window.pane.ask("And how wide?")
    scene.until(lambda: scene.window.pane.runs)
    desktop.now += LONG_SECONDS + 1
    gate.open()
    scene.until(lambda: desktop.told)
    assert desktop.told[0].title == "The answer could not be made"
    scene.bugs.clear()


def test_a_node_that_is_lost_after_long_work_is_told(scene: Scene) -> None:
    desktop = Desktop(scene)
    scene.attach()
    gate = scene.gate()
    scene.runtime.assistant.script = [
        NodeChosen("pi-3", "pi-3", "it is free"), TokenReceived("It is", "pi-3"), gate.event,
        Moved("pi-3", "local", "pi-3 was not reached", 400.0), answer("It is 330 metres high."),
    ]  # fmt: skip
    scene.window.pane.ask("How high is the tower?")
    scene.until(lambda: scene.window.pane.runs and scene.window.pane.runs[0].conversation)
    desktop.now += LONG_SECONDS + 1
    gate.open()
    scene.until(lambda: len(desktop.told) == 2)
    assert desktop.told[0].title == "The answer goes on elsewhere" and "pi-3" in desktop.told[0].body


def test_many_documents_are_told_when_all_are_read(scene: Scene) -> None:
    desktop = Desktop(scene)
    scene.attach()
    for count, seconds in ((MANY - 1, 60.0), (MANY, 1.0), (MANY, 60.0)):
        desktop.queue(LibraryState(waiting=count, total=count))
        desktop.now += seconds
        desktop.queue(LibraryState(done=count - 1, total=count, working=(Working("a.pdf", "reading"),)))
        desktop.queue(LibraryState(done=count, total=count))
        desktop.queue(LibraryState())
    assert desktop.settled() == [Notice(f"{MANY} documents were read", "", "library")]


@pytest.mark.parametrize("understood", [True, False])
def test_a_recording_is_told_when_it_is_text(scene: Scene, understood: bool) -> None:
    desktop = Desktop(scene)
    scene.attach()
    path = Path("/somewhere/Lecture 1.wav")
    scene.window.notices.recorded([path])
    desktop.queue(LibraryState(waiting=1, total=1))
    desktop.queue(LibraryState(total=1, working=(Working(str(path), "transcribing"),)))
    if understood:
        scene.runtime.library.paths.append(path)
    desktop.queue(LibraryState(done=1, total=1))
    scene.until(lambda: desktop.told)
    title = "A recording is text now" if understood else "A recording could not be turned into text"
    assert desktop.told == [Notice(title, "Lecture 1", "recordings")]


@pytest.mark.qt_log_ignore("propagateSizeHints", "systemTrayWindowChanged", "does not support raise", extend=True)
def test_where_nobody_shows_notices_the_icon_in_the_tray_does(scene: Scene) -> None:
    desktop, tray = Desktop(scene), scene.window.tray
    desktop.shows = False
    tray.available = lambda: True
    scene.attach()
    scene.window.pane.models.came.emit("llama", "")
    scene.until(lambda: tray.icon is not None and tray.icon.isVisible())
    assert desktop.told == [Notice("A model is there", "llama", "models")] and tray.icon is not None
    tray.icon.messageClicked.emit()
    assert scene.window.views.name == "models"
