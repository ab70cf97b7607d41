"""How files come to a question: chosen, dropped or pasted; each is looked into at once, so that its chip can tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from app.ui.translation import tr

if TYPE_CHECKING:
    from app.rag.material import Material
    from app.ui.bridge import Bridge
    from app.ui.composer import Composer
    from app.ui.seam import RuntimeSeam


class Attaching(QObject):
    """Stands between the text box and the runtime."""

    said = Signal(str)
    """A sentence on what could not be attached."""
    failed = Signal(object)

    def __init__(self, bridge: Bridge, composer: Composer) -> None:
        super().__init__(composer)
        self._bridge = bridge
        self._composer = composer
        self._strip = composer.attachments
        self._runtime: RuntimeSeam | None = None
        self._strip.added.connect(self._read)
        composer.files_pasted.connect(self.add)
        composer.picture_pasted.connect(self._keep)
        composer.attach_asked.connect(self.choose)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; what was attached before is looked into now."""
        self._runtime = runtime
        for path in self._strip.paths:
            self._read(path)

    def add(self, paths: Sequence[Path]) -> None:
        """Attach files; folders, and more files than may go with a question, are left out with a sentence."""
        from app.attachments import MOST_FILES

        async def look() -> list[Path]:
            import asyncio

            return await asyncio.to_thread(lambda: [path for path in paths if not path.is_dir()])

        def show(files: list[Path]) -> None:
            room = MOST_FILES - len(self._strip.paths)
            self._strip.add(files[: max(room, 0)])
            if len(files) > room:
                self.said.emit(tr("At most {most} files can go with a question.", most=MOST_FILES))
            elif len(files) < len(paths):
                self.said.emit(tr("A folder cannot go with a question. Add it to the library and ask then."))
            self._composer.box.setFocus()

        self._bridge.run(look, show, self.failed.emit, name="attach")

    def choose(self) -> None:
        """Let the user choose files."""
        dialog = QFileDialog(self._composer.window(), tr("Files to ask about"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _read(self, path: Path) -> None:
        if self._runtime is None:
            return
        attachments, cluster = self._runtime.attachments, self._runtime.cluster

        async def read() -> tuple[Material, bool]:
            from app.cluster.routing import sees

            material = await attachments.read(path)
            return material, any(sees(node) for node in cluster.nodes() if node.local or node.trusted)

        def show(found: tuple[Material, bool]) -> None:
            self._strip.show_read(path, *found)

        self._bridge.run(read, show, self.failed.emit, name="look into attachment")

    def _keep(self, picture: QImage) -> None:
        if self._runtime is None or picture.isNull():
            self.said.emit(tr("A picture can be pasted as soon as Tangnet is ready."))
            return
        attachments = self._runtime.attachments

        async def keep() -> Path:
            import asyncio

            return await asyncio.to_thread(lambda: attachments.keep_picture(_png(picture)))

        self._bridge.run(keep, lambda path: self._strip.add([path]), self.failed.emit, name="keep picture")


def _png(picture: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, PySide itself takes str alone
    return bytes(buffer.data().data())
