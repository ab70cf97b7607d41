"""The kept sound of the conversation that is shown: played, deleted with a way back; and how much there is of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.controls import button, label
from app.ui.numbers import number as decimal
from app.ui.playback import loudspeaker, sound_from
from app.ui.tokens import TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.kept_sound import Kept, KeptSound
    from app.ui.bridge import Bridge, Handle
    from app.ui.chrome import UndoBar
    from app.ui.conversation_view import ConversationView
    from app.ui.question_row import QuestionRow
    from app.ui.seam import RuntimeSeam
    from app.voice.player import Player


def really() -> str:
    """Return what the button says once it was pressed: the second press deletes."""
    return tr("Delete for good")


class KeptSounds(QObject):
    """One sound plays at a time."""

    failed = Signal(object)

    def __init__(self, bridge: Bridge, view: ConversationView, undo: UndoBar) -> None:
        super().__init__(view)
        self._bridge, self._view, self._undo = bridge, view, undo
        self.loudspeaker = loudspeaker
        """Makes what plays, in the asyncio thread."""
        self._sound: KeptSound | None = None
        self._conversation = ""
        self._gone: set[tuple[str, int]] = set()
        """Deleted, but perhaps not yet for good."""
        self._player: Player | None = None  # used in the asyncio thread; `stop` may come from here
        self._handle: Handle | None = None
        self._playing: QuestionRow | None = None
        view.replay.connect(self.toggle)
        view.forget_sound.connect(self.delete)
        view.emptied.connect(self.stop)
        bridge.at_close(self._close)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._sound = runtime.sound

    def present(self, conversation: str) -> None:
        """Show what is kept of the conversation in the view, whose newest question may have been asked just now."""
        sound = self._sound
        self._conversation = conversation
        if sound is None or not conversation:
            return

        async def read() -> dict[int, Kept]:
            import asyncio

            return await asyncio.to_thread(sound.of, conversation)

        def show(kept: dict[int, Kept]) -> None:
            if conversation == self._conversation:
                left = {id: one for id, one in kept.items() if (conversation, id) not in self._gone}
                self._view.show_sounds(left)

        self._bridge.run(read, show, self.failed.emit, name="kept sound")

    def toggle(self, row: QuestionRow) -> None:
        """Play the sound of a question, or stop it."""
        stops = self._playing is row
        self.stop()
        kept = row.kept
        if stops or kept is None:
            return

        async def play() -> bool:
            if self._player is None:
                self._player = self.loudspeaker(lambda: None, lambda _hint: None)
            return await self._player.play(sound_from(kept.path, 0.0))

        self._playing = row
        row.show_playing(True)
        self._handle = self._bridge.run(play, lambda _whole: self._rest(), self._fail, name="kept sound")

    def stop(self) -> None:
        """Be silent at once."""
        if self._handle is not None:
            self._handle.cancel()
            if self._player is not None:
                self._player.stop()
        self._rest()

    def delete(self, row: QuestionRow) -> None:
        """Delete the sound of a question as soon as that is not taken back."""
        kept, sound = row.kept, self._sound
        if kept is None or sound is None:
            return
        if self._playing is row:
            self.stop()
        key = (kept.conversation, kept.message)
        self._gone.add(key)
        self.present(self._conversation)

        def back() -> None:
            self._gone.discard(key)
            self.present(self._conversation)

        async def delete() -> None:
            import asyncio

            await asyncio.to_thread(sound.delete, *key)

        self._undo.offer(
            tr("The sound of a question was deleted."),
            back,
            lambda: self._bridge.run(delete, None, self.failed.emit, name="delete sound", must_finish=True),
        )

    def line(self) -> KeptLine:
        """Return what the settings show: how much is kept, and the button that deletes it."""
        return KeptLine(self._bridge, self._sound, lambda: self.present(self._conversation))

    def _fail(self, error: BaseException) -> None:
        self._rest()
        self.failed.emit(error)

    def _rest(self) -> None:
        self._handle = None
        row, self._playing = self._playing, None
        if row is not None:
            row.show_playing(False)

    async def _close(self) -> None:
        if self._player is not None:
            await self._player.close()


class KeptLine(QWidget):
    """How much sound is kept, and a button that deletes all of it at its second press."""

    def __init__(self, bridge: Bridge, sound: KeptSound | None, changed: Callable[[], object]) -> None:
        """`changed` is called when it was deleted; it may outlive this widget."""
        super().__init__()
        self._bridge, self._sound, self._changed = bridge, sound, changed
        self._work: Handle | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.words = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        row.addWidget(self.words, 1)
        self.delete_button = button(tr("Delete all"), description=tr("Delete all kept sound"), clicked=self._press)
        self.delete_button.setAutoDefault(False)
        self.delete_button.setEnabled(False)
        row.addWidget(self.delete_button)
        if sound is not None:
            self._run(sound.all, "kept")

    def end(self) -> None:
        """The dialog closes: nothing comes back to this widget any more."""
        if self._work is not None:
            self._work.cancel()

    def _press(self) -> None:
        assert self._sound is not None
        if self.delete_button.text() != really():
            self.delete_button.setText(really())
            return
        self.delete_button.setEnabled(False)
        self._run(self._sound.delete_all, "deleted")

    def _run(self, work: Callable[[], list[Kept]], state: str) -> None:
        async def do() -> list[Kept]:
            import asyncio

            return await asyncio.to_thread(work)

        def done(kept: list[Kept]) -> None:
            self.words.setText(_summary(kept, deleted=state == "deleted"))
            self.delete_button.setEnabled(state == "kept" and bool(kept))
            if state == "deleted":
                self._changed()

        self._work = self._bridge.run(do, done, self._trouble, name="kept sound", must_finish=True)

    def _trouble(self, error: BaseException) -> None:
        from app.ui import phrases

        self.words.setText(" ".join(part for part in phrases.trouble(error) if part))


def _summary(kept: Sequence[Kept], *, deleted: bool) -> str:
    """Say how much sound is kept, or was deleted."""
    if not kept:
        return tr("No sound is kept.")
    number, size = len(kept), f"{decimal(sum(one.bytes for one in kept) / 1e6, 1)} MB"
    if deleted and number == 1:
        return tr("The sound of 1 spoken question ({size}) is deleted.", size=size)
    if deleted:
        return tr("The sound of {number} spoken questions ({size}) is deleted.", number=number, size=size)
    if number == 1:
        return tr("The sound of 1 spoken question ({size}) is kept.", size=size)
    return tr("The sound of {number} spoken questions ({size}) is kept.", number=number, size=size)
