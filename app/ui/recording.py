"""Recording a lecture in the window: it goes to disk as it comes and becomes a document when it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.transcripts import clock
from app.ui.bridge import Bridge, Handle
from app.ui.core_words import in_language
from app.ui.recording_bar import RecordingBar
from app.ui.seam import RuntimeSeam
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.seam import Ear
    from app.ui.talk import Talker
    from app.ui.window import MainWindow
    from app.voice.live_recording import LiveRecording, Recorded

SHOWN_MS = 50
"""How often time and level are shown anew."""
FOLDER = "recordings"
"""Below the home folder."""
WHO = "recording"


class Recording(QObject):
    """One recording at a time. What it makes is told by `made`, and belongs to the library from then on."""

    failed = Signal(object)
    hint = Signal(str)
    made = Signal(object)
    """The WAV file of what was stopped, in a list: to be added to the library."""
    found = Signal(object)
    """WAV files of what an earlier run of the program did not end: to be added as well."""
    changed = Signal(bool)
    """Whether something is being recorded."""

    def __init__(self, bridge: Bridge, talker: Talker, bar: RecordingBar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._talker, self.bar = bridge, talker, bar
        self._runtime: RuntimeSeam | None = None
        self._handle: Handle | None = None
        self._live: LiveRecording | None = None  # made and told in the asyncio thread; read here
        self._ear: Ear | None = None
        self._stopping = False
        self._timer = QTimer(self, interval=SHOWN_MS)
        self._timer.timeout.connect(self._show)
        bar.pause_asked.connect(self.pause)
        bar.stop_asked.connect(self.stop)
        talker.state.connect(lambda state, _detail: bar.show_microphone(state))
        talker.kept = lambda: self.active

    @property
    def active(self) -> bool:
        """True from the beginning until the file is there."""
        return self._handle is not None

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime, and finish what an earlier run of the program did not."""
        self._runtime = runtime
        folder = runtime.home / FOLDER
        self._bridge.run(lambda: _left_behind(folder), self._found, self.failed.emit, name="recordings left behind")

    def toggle(self) -> None:
        """Begin, or end what is being recorded."""
        if self.active:
            self.stop()
        else:
            self.begin()

    def begin(self) -> None:
        """Record from now on."""
        if self.active:
            return
        if self._runtime is None:
            from app.errors import VoiceError

            self.failed.emit(
                VoiceError(tr("Tangnet is still starting."), code="starting", hint=tr("Try again in a moment."))
            )
            return
        folder = self._runtime.home / FOLDER
        self._stopping = False
        self.bar.show_state("opening")
        self.bar.show_sound(0.0, 0.0)
        self.bar.show()
        self._timer.start()
        self._handle = self._bridge.run(lambda: self._record(folder), self._ended, self._broken, name="recording")
        self.changed.emit(True)

    def pause(self, on: bool) -> None:
        """Keep nothing of what comes now, or keep it again."""

        async def tell() -> None:
            if self._live is not None:
                (self._live.pause if on else self._live.go_on)()

        self._bridge.run(tell, name="pause recording")

    def stop(self) -> None:
        """End it; `made` tells the file."""

        async def tell() -> None:
            self._stopping = True
            if self._live is not None:
                self._live.stop()

        self._bridge.run(tell, name="stop recording")

    # ------------------------------------------------------------------ the asyncio thread

    async def _record(self, folder: Path) -> Recorded:
        import asyncio

        from app.voice.live_recording import LiveRecording

        post = self._bridge.post
        live = LiveRecording(
            folder,
            self._listen,
            on_state=lambda state: post(self.bar.show_state, state.value),
            on_notice=lambda sentence: post(self.hint.emit, in_language(sentence)),
        )
        self._live = live
        if self._stopping:  # it was stopped before this began
            live.stop()
        waking = asyncio.create_task(_stay_awake(), name="stay awake")  # beside it: the first word waits for nobody
        try:
            return await live.run()
        finally:
            self._live = None
            waking.cancel()
            await asyncio.gather(waking, return_exceptions=True)
            ear, self._ear = self._ear, None
            if ear is not None:
                ear.unwant(WHO)

    async def _listen(self) -> Ear:
        ear = self._ear = await self._talker.ear()
        ear.want(WHO)
        return ear

    # ------------------------------------------------------------------ the Qt thread

    def _show(self) -> None:
        live, ear = self._live, self._ear
        if live is not None:
            self.bar.show_sound(live.seconds, ear.level if ear is not None else 0.0)

    def _rest(self) -> None:
        self._handle = None
        self._timer.stop()
        self.bar.hide()
        self._talker.stand_by()
        self.changed.emit(False)

    def _ended(self, recorded: Recorded) -> None:
        self._rest()
        if recorded.path is not None:
            self.made.emit([recorded.path])
            if recorded.reason:
                self.hint.emit(
                    tr(
                        "{reason} {time} were recorded and are kept.",
                        reason=in_language(recorded.reason),
                        time=clock(recorded.seconds),
                    )
                )
        else:
            self.hint.emit(in_language(recorded.reason) or tr("Nothing was recorded."))

    def _broken(self, error: BaseException) -> None:
        self._rest()
        self.failed.emit(error)

    def _found(self, found: list[tuple[Path, float]]) -> None:
        if not found:
            return
        length = clock(sum(seconds for _, seconds in found))
        self.found.emit([path for path, _ in found])
        kept = tr("All of it is kept and goes to your documents now.")
        if len(found) == 1:
            told = tr("A recording of {length} was not ended when Tangnet was closed.", length=length)
        else:
            told = tr(
                "{number} recordings, {length} long, were not ended when Tangnet was closed.",
                number=len(found),
                length=length,
            )
        self.hint.emit(f"{told} {kept}")


async def _stay_awake() -> None:
    """Keep the computer awake until this is cancelled."""
    import asyncio

    from app.voice.awake import awake

    async with awake(tr("Recording a lecture")):
        await asyncio.Event().wait()


async def _left_behind(folder: Path) -> list[tuple[Path, float]]:
    """Finish what was cut short. Returns files and their seconds."""
    import asyncio

    from app.errors import VoiceError
    from app.voice.growing_wav import cut_short, finished

    def finish() -> list[tuple[Path, float]]:
        made = []
        for path in cut_short(folder):
            try:
                found = finished(path)
            except VoiceError:
                continue  # it stays where it is for the next start
            if found is not None:
                made.append(found)
        return made

    return await asyncio.to_thread(finish)


def record_in(window: MainWindow) -> Recording:
    """Return recording in a window: its bar, its button in the documents panel, its key."""
    from PySide6.QtGui import QKeySequence, QShortcut

    recording = Recording(window.bridge, window.talker, window.pane.recording, window)
    recording.made.connect(
        lambda paths: window.documents.add(paths) if window.views.name == "recordings" else window.add_documents(paths)
    )
    recording.found.connect(window.documents.add)
    recording.failed.connect(window.show_error)
    recording.hint.connect(lambda sentence: window.pane.trouble.tell(sentence, "", calm=True))
    recording.changed.connect(window.documents.show_recording)
    window.documents.record_asked.connect(recording.toggle)
    QShortcut(QKeySequence("Ctrl+Shift+R"), window, recording.toggle)
    return recording
