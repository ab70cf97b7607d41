"""Dictation: what is said with the talk key over another program is typed there, or copied, as the settings say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.ui import phrases
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.bridge import Handle
    from app.ui.window import MainWindow
    from app.voice.dictation import Typist

GO_ON_SECONDS = 30.0
"""What is said into the same window within this time goes on with the line: a space comes before it."""
SHOWN_MOST = 200


def _typist() -> Typist:
    from app.voice.dictation import typist

    return typist(windows=QGuiApplication.platformName())


class Dictation(QObject):
    """Decides at each press of the talk key of the whole desktop; what is said in our own window is not dictated."""

    def __init__(self, window: MainWindow) -> None:
        """Join in with the talk key of `window`."""
        super().__init__(window)
        self.make: Callable[[], Typist] = _typist
        """Makes what types. Raises VoiceError where nothing can."""
        self.elsewhere: Callable[[], bool] = lambda: QGuiApplication.focusWindow() is None
        """Whether another program is in front, as Qt knows it: it hears of a change some 100 ms late, so that this
        counts only where the desktop does not tell which window has the keyboard."""
        self._window = window
        self._utterance: _Utterance | None = None
        self._typist: Typist | None = None
        self._typing: list[Handle] = []
        self._last = (0, float("-inf"))
        """Where something was typed last, and when."""
        talker, key = window.talker, window.talk_key
        question = talker.question
        talker.question = lambda: None if self._utterance is not None else question()
        key.aim, key.begins = self._aim, self._begins
        key.escaped.connect(self._stop)
        for over in (talker.failed, talker.cancelled):
            over.connect(self._forget)
        window.bridge.at_close(self._close)

    def takes(self, said: str) -> bool:
        """Take the words of an utterance that was dictated; False: it was not."""
        utterance, self._utterance = self._utterance, None
        if utterance is None or not said:
            return False
        if utterance.typist is None:
            self._copy(said, utterance.trouble)
            return True

        async def type_it() -> str:
            return await utterance.type(said, self._last)

        def typed(line: str) -> None:
            self._ended(handle)
            if not line:  # our own window had the keyboard all the time
                from app.ui.told import take_here

                take_here(self._window, said)
                return
            self._last = utterance.window, time.monotonic()
            shown = said if len(said) <= SHOWN_MOST else f"{said[:SHOWN_MOST]}…"
            self._tell(tr("Typed: “{text}”", text=shown))

        def failed(error: BaseException) -> None:
            self._ended(handle)
            self._copy(said, getattr(error, "message", "") or tr("It could not be typed: {error}.", error=error))

        handle = self._window.bridge.run(type_it, typed, failed, name="dictation")
        self._typing.append(handle)
        self._window.talk_key.watch("typing", True)
        return True

    # ------------------------------------------------------------------ the talk key of the whole desktop

    async def _aim(self) -> int | None:
        """Return the window that has the keyboard, as the desktop itself knows it; in the asyncio thread."""
        from app.errors import VoiceError

        runtime = self._window.runtime
        if runtime is None or runtime.settings.voice_dictation == "chat":
            return None
        try:
            if self._typist is None:
                self._typist = self.make()
            return await self._typist.aim() or None
        except VoiceError:
            return None  # where it matters it is told when what was said is to be typed

    def _begins(self, focus: int | None) -> None:
        """The key is pressed while the window `focus` has the keyboard; None: the desktop does not tell."""
        from app.errors import VoiceError

        window = self._window
        where = window.runtime.settings.voice_dictation if window.runtime is not None else "chat"
        busy = window.talker.active and window.talker.by_key  # what came without the key gives way to it
        # Named by the server itself: our own may have the keyboard although Qt was told otherwise by the key.
        ours = {int(one.winId()) for one in QGuiApplication.topLevelWindows() if one.isVisible()}
        elsewhere = self.elsewhere() if focus is None else focus not in ours
        if busy or where == "chat" or not elsewhere:
            return
        self._utterance = utterance = _Utterance()
        if where == "type":
            try:
                if self._typist is None:
                    self._typist = self.make()
            except VoiceError as error:
                utterance.trouble = phrases.trouble(error)[0]
                return
            utterance.typist, utterance.ours = self._typist, ours
            if focus is None:
                window.bridge.run(utterance.look, name="dictation")
            else:
                utterance.found(focus)

    def _forget(self, *_: object) -> None:
        self._utterance = None

    def _stop(self) -> None:
        """Escape: nothing more is typed."""
        typing, self._typing = self._typing, []
        for handle in typing:
            handle.cancel()
        if typing:
            self._window.talk_key.watch("typing", False)
            self._tell(tr("Typing was stopped."))

    def _ended(self, handle: Handle) -> None:
        if handle in self._typing:
            self._typing.remove(handle)
        if not self._typing:
            self._window.talk_key.watch("typing", False)

    def _copy(self, said: str, trouble: str) -> None:
        QGuiApplication.clipboard().setText(said)
        if QGuiApplication.platformName().startswith("wayland"):
            # A compositor may refuse the clipboard to a program that is not in front, and does not say so.
            self._window.pane.composer.put(said)
            self._tell(trouble or tr("Copied."), tr("It is in the clipboard, and in the text box below."))
        else:
            self._tell(trouble or tr("Copied."), tr("It is in the clipboard: paste it with Ctrl+V."))
        if trouble:
            QApplication.alert(self._window)

    def _tell(self, sentence: str, hint: str = "") -> None:
        self._window.pane.trouble.tell(sentence, hint, calm=True)

    async def _close(self) -> None:
        if self._typist is not None:
            await self._typist.close()


class _Utterance:
    """What is being said over another program. `look` and `type` run in the asyncio thread."""

    def __init__(self) -> None:
        import asyncio

        self.typist: Typist | None = None
        """None: it is only copied."""
        self.trouble = ""
        """Why it is only copied, unless that was wanted."""
        self.ours: set[int] = set()
        self.window = 0
        self._error: BaseException | None = None
        self._looked = asyncio.Event()

    async def look(self) -> None:
        """Find out where the words shall go: to the window that has the keyboard now."""
        from app.errors import VoiceError

        assert self.typist is not None
        try:
            self.window = await self.typist.aim()
        except VoiceError as error:
            self._error = error
        finally:
            self._looked.set()

    def found(self, window: int) -> None:
        """That window has the keyboard; before `type` is called."""
        self.window = window
        self._looked.set()

    async def type(self, said: str, last: tuple[int, float]) -> str:
        """Type it; "" if the window is ours. `last`: the window that was typed into and when. Raises VoiceError."""
        from app.errors import VoiceError

        assert self.typist is not None
        await self._looked.wait()
        if self._error is not None:
            raise self._error
        if self.window in self.ours:
            return ""
        if not self.window:
            raise VoiceError(tr("No window has the keyboard."), code="voice_not_typed")
        goes_on = last[0] == self.window and time.monotonic() - last[1] < GO_ON_SECONDS
        line = f" {said}" if goes_on else said
        await self.typist.type(line, self.window)
        return line
