"""Saving the transcript of a recording as text, subtitles or JSON: the menu, the dialog, and how it goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.ui.shelf import kind_of
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.transcripts import Form
    from app.ui.bridge import Bridge
    from app.ui.documents_panel import DocumentsPanel
    from app.ui.seam import LibrarySeam

PATIENCE_MS = 1000
"""What takes longer is said to go on."""


def forms() -> dict[Form, tuple[str, str]]:
    """Return per form what stands in the menu, and the filter of the dialog."""
    return {
        "txt": (tr("&Text with times (TXT)…"), f"{tr('Text files')} (*.txt)"),
        "srt": (tr("&Subtitles (SRT)…"), f"{tr('Subtitles')} (*.srt)"),
        "vtt": (tr("Subtitles for the &web (VTT)…"), f"{tr('Web subtitles')} (*.vtt)"),
        "json": (tr("Words with their times (&JSON)…"), "JSON (*.json)"),
    }


def offer(menu: QMenu, panel: DocumentsPanel, path: str) -> None:
    """Add the forms to a menu, for a recording."""
    if kind_of(path) != "Recordings":
        return
    below = menu.addMenu(tr("Save tr&anscript as"))
    for form, (name, _) in forms().items():
        below.addAction(name, partial(choose, panel, path, form))


def choose(panel: DocumentsPanel, path: str, form: Form, over: QWidget | None = None) -> QFileDialog:
    """Ask for a file, and save the transcript of `path` there; the dialog asks before it takes one that is there."""
    dialog = QFileDialog(over or panel.window(), tr("Save transcript"), str(Path(path).parent), forms()[form][1])
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(form)
    dialog.selectFile(f"{Path(path).stem}.{form}")
    dialog.fileSelected.connect(lambda name: panel.export(path, Path(name), form))
    dialog.finished.connect(lambda _result: dialog.deleteLater())
    dialog.open()
    return dialog


class Exports(QObject):
    """Saves transcripts one beside the other; tells when one takes longer, and where it is."""

    def __init__(
        self, bridge: Bridge, said: Callable[[str], object], failed: Callable[[BaseException], object], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._bridge, self._said, self._failed = bridge, said, failed

    def save(self, library: LibrarySeam, recording: Path, target: Path, form: Form) -> None:
        """Write the transcript of `recording` to `target`.

        One that is there already was agreed to in the dialog; one that comes into being meanwhile is left as it is.
        """
        patience = QTimer(self, interval=PATIENCE_MS, singleShot=True)
        patience.timeout.connect(lambda: self._said(tr("Writing {name}…", name=target.name)))
        patience.start()
        over = target.exists()

        def over_with(then: Callable[[], object]) -> None:
            patience.stop()
            patience.deleteLater()
            then()

        self._bridge.run(
            lambda: _save(library, recording, target, form, over),
            lambda _result: over_with(lambda: self._said(tr("The transcript was saved as {path}.", path=target))),
            lambda error: over_with(lambda: self._failed(error)),
            name="save transcript",
            must_finish=True,
        )


async def _save(library: LibrarySeam, recording: Path, target: Path, form: Form, over: bool) -> None:
    """Raises DocumentError and VoiceError."""
    import asyncio

    from app.errors import VoiceError
    from app.transcript_file import write
    from app.transcripts import written

    if target == recording:
        raise VoiceError(
            tr("{name} is the recording.", name=target.name), code="file_exists", hint=tr("Choose another name.")
        )
    transcript = await library.transcript(recording)
    text = await asyncio.to_thread(written, transcript, form)
    await asyncio.to_thread(write, target, text, over=over)
