"""Makes the pictures of the docs, in docs/pictures: the window, the library, a page, a passage, the nodes.

    python packaging/screenshot.py

Documents are written, indexed and asked with the models installed; the fleet of nodes alone is made up.
packaging/view_pictures.py makes the pictures of all views with written answers.
Runs without a display (Qt's offscreen platform) unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.events import Passage
    from app.ui.seam import OpenRuntime, RuntimeSeam

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "packaging"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if os.environ["QT_QPA_PLATFORM"] == "offscreen" and Path("/usr/share/fonts/truetype/dejavu").is_dir():
    # The offscreen platform does not ask fontconfig on every machine.
    os.environ.setdefault("QT_QPA_FONTDIR", "/usr/share/fonts/truetype/dejavu")
os.environ.setdefault("QT_SCALE_FACTOR", "1.5")

QUESTION = "How much water does a tomato plant get?"
PAGE_QUESTION = "How many litres an hour does the pump on the well lift?"


def main() -> int:
    """Make the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures", help="folder for the pictures")
    choice = parser.parse_args()
    choice.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tangnet-pictures-") as place:
        home = Path(place) / "home"
        home.mkdir(mode=0o700)
        os.environ["TANGNET_HOME"] = str(home)
        os.environ["HOME"] = place  # the documents are shown as ~/Documents
        return Photographer(choice.out, home, Path(place) / "Documents").work()


class Photographer:
    """Drives a real window and takes its picture."""

    def __init__(self, out: Path, home: Path, documents: Path) -> None:
        from PySide6.QtWidgets import QApplication
        from sample_documents import write

        from app.ui.application import loudspeaker, microphone, open_runtime
        from app.ui.bridge import Bridge
        from app.ui.theme import Theme
        from app.ui.window import MainWindow

        self.out = out
        self.application = QApplication(["tangnet"])
        self.application.setStyle("Fusion")
        font = self.application.font()
        font.setPointSizeF(9.5)
        self.application.setFont(font)
        self.theme = Theme(self.application, "light")
        self.bridge = Bridge()
        self.window = MainWindow()
        self.window.complete(self.bridge, self.theme, microphone, loudspeaker)
        self.theme.dress()
        self.window.resize(1180, 780)
        write(documents)
        self.documents = documents
        self.open: OpenRuntime = open_runtime

    def work(self) -> int:
        """Take all pictures; returns the exit status."""
        self.window.bug.connect(lambda error: print(f"screenshot: {error!r}", file=sys.stderr))
        self.window.show()
        self.bridge.start()

        async def opened() -> RuntimeSeam:
            runtime = await self.open()
            self.bridge.at_close(runtime.close)
            return runtime

        self.bridge.run(opened, self.window.attach)
        pane = self.window.pane
        try:
            self._until(lambda: self.window.runtime is not None, "the runtime")
            ready = "Ready on this machine"
            self._until(lambda: pane.models.title.text() == ready and not pane.models.weak.isHidden(), "the models")
            self._settle()
            self._take("first-run")
            self._library()
            self._ask(QUESTION)
            self._both("window")
            self.window.reading.show_passage(self._cited())
            self._settle()
            self._take("passage")
            self.window.side.dismiss()
            self._page()
            self._nodes()
        finally:
            self.bridge.close(10)
        return 0

    def _library(self) -> None:
        """Drop the folder, watch it being read, and take the list of what became of its files."""
        from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
        from PySide6.QtGui import QDragEnterEvent, QDropEvent

        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(self.documents))])
        copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        place = QPoint(500, 300)
        self.application.sendEvent(self.window, QDragEnterEvent(place, copy, mime, left, none))
        self.application.sendEvent(self.window, QDropEvent(QPointF(place), copy, mime, left, none))
        panel = self.window.documents
        files = sum(path.is_file() for path in self.documents.rglob("*"))
        self._until(lambda: not panel.adding and panel.view.shelf.arranged.total >= files, "the documents")
        self._until(lambda: not panel.view.shelf.arranged.coming, "the list")
        panel.view.choose([str(self.documents / "Report on the year.pdf")])
        panel.view.setFocus()
        self._until(lambda: not self.window.pictures.busy, "the thumbnails")
        self._settle()
        self._both("library")
        self.window.views.back()

    def _page(self) -> None:
        """Ask for what stands in the PDF, follow the citation, and take the page with the lines marked."""
        from PySide6.QtCore import QUrl

        self.window.pane.new_conversation()
        self._ask(PAGE_QUESTION)
        passage = self._cited(".pdf")
        self.window.pane.view.answers[-1].body.anchorClicked.emit(QUrl(f"tangnet-cite:{passage.n}"))
        view = self.window.reading.passage
        self._until(lambda: view.page_view is not None and view.page_view.canvas.sharp, "the page")
        if view.page_view is None or not view.page_view.canvas.marks:
            raise SystemExit("screenshot: no line of the page is marked")
        self._settle()
        self._both("page")
        self.window.side.dismiss()

    def _ask(self, question: str) -> None:
        self.window.pane.ask(question)
        self._until(lambda: not self.window.pane.runs, "the answer")
        self._settle()

    def _cited(self, ending: str = "") -> Passage:
        """Return the first source of the newest answer that has one, of a file with that ending."""
        for card in reversed(self.window.pane.view.answers):
            for passage in card.passages.values():
                if passage.path.endswith(ending):
                    return passage
        raise SystemExit(f"screenshot: no answer had a passage of *{ending}")

    def _both(self, name: str) -> None:
        """Take a picture in light and in dark."""
        for scheme in ("light", "dark"):
            self.theme.choose(scheme)
            self._settle()
            self._take(f"{name}-{scheme}")
        self.theme.choose("light")
        self._settle()

    def _nodes(self) -> None:
        """Show a made-up fleet in a window of its own: nobody has a hundred nodes at hand when a picture is made."""
        from app.ui.application import loudspeaker, microphone
        from app.ui.window import MainWindow
        from tests.ui.fake_runtime import ScriptedRuntime
        from tests.ui.fleet import busy, fleet, troubled

        place = self.documents.parent / "fleet"
        place.mkdir(mode=0o700)
        runtime = ScriptedRuntime(place)
        runtime.settings.window_theme = "light"
        runtime.cluster.known = troubled(busy(fleet(), 3))
        runtime.cluster.errors = {node.id: 0.12 for node in runtime.cluster.known}
        self.bridge.at_close(runtime.close)
        real, self.window = self.window, MainWindow()
        self.window.complete(self.bridge, self.theme, microphone, loudspeaker)
        self.window.resize(1180, 780)
        self.window.show()
        self.window.attach(runtime)
        self.window.show_nodes()
        self._until(lambda: bool(self.window.nodes.nodes), "the nodes")
        self.window.nodes.list.select(runtime.cluster.known[6].id)
        self._settle()
        self._take("nodes", "a made-up fleet")
        self.window.hide()
        self.window = real

    def _take(self, name: str, what: str = "") -> None:
        from PIL import Image

        path = self.out / f"{name}.png"
        if not self.window.grab().save(str(path)):
            raise SystemExit(f"screenshot: {path} cannot be written")
        with Image.open(path) as picture:  # 256 colours are enough for a window, and a third of the bytes
            small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        print(f"{path}: {what or 'a real answer'}")

    def _until(self, done: Callable[[], bool], what: str, seconds: float = 240.0) -> None:
        from PySide6.QtCore import QEventLoop

        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise SystemExit(f"screenshot: waited {seconds:.0f} s in vain for {what}")
            self.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)

    def _settle(self) -> None:
        until = time.monotonic() + 0.6
        self._until(lambda: time.monotonic() > until, "painting")


if __name__ == "__main__":
    raise SystemExit(main())
