"""What is said over another program: typed there, copied, or asked here; with a scripted typist."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.errors import VoiceError
from app.events import Hearing, Transcribed
from app.voice.hotkeys import KeyEvents
from tests.ui.conftest import Scene

SAID = "How high is the tower?"
OTHER = 0x1200003


class FakeTypist:
    """Types into a list; `held` keeps it from ending, `silent` the first question for the window from an answer."""

    def __init__(self) -> None:
        self.window = OTHER
        self.typed: list[tuple[str, int]] = []
        self.error: VoiceError | None = None
        self.held: asyncio.Event | None = None
        self.stopped = self.closed = False
        self.silent: asyncio.Event | None = None
        self.asked = 0

    async def aim(self) -> int:
        if self.silent is not None and self.asked == 0:
            self.asked += 1
            await self.silent.wait()
        return self.window

    async def type(self, text: str, window: int) -> None:
        if self.held is not None:
            try:
                await self.held.wait()
            except asyncio.CancelledError:
                self.stopped = True
                raise
        if self.error is not None:
            raise self.error
        self.typed.append((text, window))

    async def close(self) -> None:
        self.closed = True


class Desk:
    """A desktop whose talk key the test presses while another program is in front."""

    def __init__(self, scene: Scene, where: str) -> None:
        self.scene, self.typist = scene, FakeTypist()
        self.escape: list[bool] = []
        self.clipboard = QGuiApplication.clipboard()
        self.clipboard.setText("before")
        scene.attach()
        scene.runtime.settings.voice_dictation = where
        window = scene.window
        window.dictation.make = lambda: self.typist
        window.dictation.elsewhere = lambda: True
        window.talk_key._make = self._key
        window.talk_key.use("F9")
        scene.until(lambda: window.talk_key.key == "F9")

    def _key(self, _name: str, events: KeyEvents) -> Desk:
        self.events = events
        return self

    async def open(self) -> None: ...

    def watch_escape(self, on: bool) -> None:
        self.escape.append(on)

    async def close(self) -> None: ...

    def tell(self, what: Callable[[], None]) -> None:
        async def call() -> None:
            what()

        self.scene.bridge.run(call)

    def begin(self) -> None:
        """Hold the key until it listens."""
        self.tell(self.events.pressed)
        self.scene.until(lambda: self.scene.window.talker.active and self.scene.ears[0].calls[-1:] == ["press"])

    def say(self) -> None:
        """Say one utterance and wait until it is written down."""
        self.begin()
        self.tell(self.events.released)
        self.scene.until(lambda: not self.scene.window.talker.active)

    @property
    def told(self) -> str:
        trouble = self.scene.window.pane.trouble
        return f"{trouble.sentence.text()} {trouble.hint.text()}".strip() if trouble.isVisible() else ""


def test_it_is_typed_once_where_the_keyboard_was_and_a_second_goes_on_with_the_line(scene: Scene) -> None:
    desk = Desk(scene, "type")
    desk.say()
    scene.until(lambda: desk.told == f"Typed: “{SAID}”")
    desk.say()
    scene.until(lambda: len(desk.typist.typed) == 2)
    desk.typist.window = OTHER + 9
    desk.say()
    scene.until(lambda: len(desk.typist.typed) == 3)
    assert desk.typist.typed == [(SAID, OTHER), (f" {SAID}", OTHER), (SAID, OTHER + 9)]
    assert not scene.runtime.assistant.questions and not scene.runtime.assistant.spoken
    assert scene.window.pane.composer.box.toPlainText() == ""
    assert desk.clipboard.text() == "before"


def test_qt_hears_of_another_window_later_than_the_key_comes(scene: Scene) -> None:
    desk = Desk(scene, "type")
    scene.window.dictation.elsewhere = lambda: False
    desk.say()
    scene.until(lambda: desk.typist.typed == [(SAID, OTHER)])


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_desktop_that_does_not_say_who_has_the_keyboard_is_not_waited_for(scene: Scene, elsewhere: bool) -> None:
    desk = Desk(scene, "type")
    scene.window.dictation.elsewhere = lambda: elsewhere
    desk.typist.silent = asyncio.Event()
    desk.say()
    if elsewhere:
        scene.until(lambda: desk.typist.typed == [(SAID, OTHER)])
    else:
        scene.until(lambda: scene.runtime.assistant.closed == 1)
        assert not desk.typist.typed


def test_commands_are_no_commands_there(scene: Scene) -> None:
    desk = Desk(scene, "type")
    scene.runtime.cluster.heard = (Hearing("New"), Transcribed("New conversation."))
    desk.say()
    scene.until(lambda: desk.typist.typed == [("New conversation.", OTHER)])


def test_in_our_own_window_it_is_asked_here(scene: Scene) -> None:
    desk = Desk(scene, "type")
    desk.typist.window = int(scene.window.winId())  # Qt was told by the key that it lost the keyboard
    desk.say()
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    assert scene.runtime.assistant.questions[0].text == SAID
    scene.window.dictation.elsewhere = lambda: False
    desk.say()
    scene.until(lambda: scene.runtime.assistant.closed == 2)
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.window.talker.active and scene.ears[0].calls[-1:] == ["press"])
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.runtime.assistant.closed == 3)
    assert not desk.typist.typed


def test_unless_chosen_it_is_asked_here(scene: Scene) -> None:
    desk = Desk(scene, "chat")
    desk.say()
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    assert not desk.typist.typed


def test_copied(scene: Scene) -> None:
    desk = Desk(scene, "clipboard")
    desk.say()
    scene.until(lambda: desk.told.startswith("Copied. It is in the clipboard"))
    assert desk.clipboard.text() == SAID
    assert not desk.typist.typed and not scene.runtime.assistant.questions


@pytest.mark.parametrize("how", ["cannot", "nobody", "moved"])
def test_what_cannot_be_typed_is_not_lost(scene: Scene, how: str) -> None:
    desk = Desk(scene, "type")
    if how == "nobody":
        desk.typist.window = 0
    elif how == "moved":
        desk.typist.error = VoiceError("Another window has the keyboard now.", code="voice_not_typed")
    else:

        def refuse() -> FakeTypist:
            raise VoiceError("Wayland lets no program type into another one.", code="voice_no_typing")

        scene.window.dictation.make = refuse
    desk.say()
    reason = {"cannot": "Wayland lets no", "nobody": "No window has", "moved": "Another window has"}[how]
    scene.until(lambda: desk.told.startswith(reason) and "clipboard" in desk.told)
    assert desk.clipboard.text() == SAID and not desk.typist.typed


def test_escape_while_speaking_leaves_nothing(scene: Scene) -> None:
    desk = Desk(scene, "type")
    desk.begin()
    desk.tell(desk.events.escaped)
    scene.until(lambda: not scene.window.talker.active)
    desk.tell(desk.events.released)
    scene.until(lambda: desk.escape[-1:] == [False])
    assert not desk.typist.typed and desk.clipboard.text() == "before" and not desk.told
    desk.typist.window = int(scene.window.winId())  # the next one is not dictated because this one was
    desk.say()
    scene.until(lambda: scene.runtime.assistant.closed == 1)


def test_escape_while_typing_stops_it(scene: Scene) -> None:
    desk = Desk(scene, "type")
    desk.typist.held = asyncio.Event()
    desk.say()
    scene.until(lambda: desk.escape[-1:] == [True])
    desk.tell(desk.events.escaped)
    scene.until(lambda: desk.typist.stopped and desk.escape[-1:] == [False])
    assert desk.told == "Typing was stopped."
    assert not desk.typist.typed and desk.clipboard.text() == "before"


def test_nothing_understood_types_nothing(scene: Scene) -> None:
    desk = Desk(scene, "type")
    scene.runtime.cluster.heard = (Hearing(""), Transcribed(""))
    desk.say()
    scene.until(lambda: "Nothing was understood" in desk.told)
    assert not desk.typist.typed


def test_the_keyboard_is_given_back_in_the_end(scene: Scene) -> None:
    desk = Desk(scene, "type")
    desk.say()
    scene.until(lambda: desk.typist.typed)
    assert scene.bridge.close(5.0)
    assert desk.typist.closed
