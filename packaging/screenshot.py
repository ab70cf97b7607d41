"""Makes the pictures of the docs, in docs/pictures: the window, the library, a page, a passage, the nodes.

    python packaging/screenshot.py            scripted: a fake runtime plays a written conversation
    python packaging/screenshot.py --real     real: documents are written, indexed and asked with the models installed

The pictures in the repository are made with --real; which of the two made a picture is printed when it is written.
Runs without a display (Qt's offscreen platform) unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

QUESTIONS = ("How much water does a tomato plant get?", "What should I do when a frost warning comes?")
PAGE_QUESTION = "How many litres an hour does the pump on the well lift?"


def main() -> int:
    """Make the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", action="store_true", help="use the real runtime and the models installed")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures", help="folder for the pictures")
    choice = parser.parse_args()
    choice.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tangnet-pictures-") as place:
        home = Path(place) / "home"
        home.mkdir(mode=0o700)
        os.environ["TANGNET_HOME"] = str(home)
        os.environ["HOME"] = place  # the documents are shown as ~/Documents
        return Photographer(choice.real, choice.out, home, Path(place) / "Documents").work()


class Photographer:
    """Drives a real window and takes its picture."""

    def __init__(self, real: bool, out: Path, home: Path, documents: Path) -> None:
        from PySide6.QtWidgets import QApplication
        from sample_documents import write

        from app.ui.application import loudspeaker, microphone, open_runtime
        from app.ui.bridge import Bridge
        from app.ui.theme import Theme
        from app.ui.window import MainWindow

        self.real, self.out = real, out
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
        self.open: OpenRuntime = open_runtime if real else _scripted(home, documents)

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
            if self.real:
                self._library()
            for question in QUESTIONS[:1] if self.real else QUESTIONS:
                self._ask(question)
            self._both("window")
            self.window.reading.show_passage(self._cited())
            self._settle()
            self._take("passage")
            self.window.side.dismiss()
            if self.real:
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
        print(f"{path}: {what or ('real answer' if self.real else 'scripted conversation')}")

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


def _scripted(home: Path, documents: Path) -> OpenRuntime:
    from sample_documents import HANDBOOK

    from app.events import (
        Answered,
        Citation,
        Moved,
        NodeChosen,
        Passage,
        Retrieved,
        Timings,
        TokenReceived,
        Usage,
    )
    from tests.ui.fake_runtime import ScriptedRuntime

    path = str(documents / "Greenhouse handbook.md")
    watering = HANDBOOK.index("Tomatoes are")
    frost = HANDBOOK.index("In a frost")
    found = (
        Passage(1, path, None, "Heating", frost, frost + 160, 0.9, HANDBOOK[frost : frost + 160]),
        Passage(
            2,
            path,
            None,
            "Watering",
            watering,
            watering + 105,
            0.8,
            HANDBOOK[watering : watering + 105],
        ),
    )
    texts = (
        "Each tomato plant gets **three litres every second day**, in the morning and never on the leaves [2].",
        "Before dusk:\n\n1. **Close all roof windows.**\n2. Check that the thermometer at bench four shows "
        "at least six degrees [1].\n\nIf the heating fails, call Marta [1].",
    )

    def script(text: str, node: str, more: tuple[object, ...]) -> list[Any]:
        cited = tuple(Citation(p.n, p.path, p.page, p.start, p.end) for p in found if f"[{p.n}]" in text)
        end = Answered(text, cited, True, node, Usage(900, 0, 60), Timings(first_token_ms=900.0, total_ms=4200.0))
        words = [TokenReceived(word + " ", node) for word in text.split(" ")]
        why = "pi-3 is quickest: about 4.1 s (700 tokens remembered), this machine about 9.5 s."
        half = len(words) // 2
        return [Retrieved(found), NodeChosen("pi-3", "2" * 64, why), *words[:half], *more, *words[half:], end]

    async def opened() -> RuntimeSeam:
        runtime = ScriptedRuntime(home)
        scripts = iter(
            (
                script(texts[0], "pi-3", ()),
                script(texts[1], "local", (Moved("pi-3", "local", "pi-3 was switched off", 400.0),)),
            )
        )
        runtime.assistant.make = lambda: next(scripts)

        async def surroundings(path: str, page: int | None, start: int, end: int) -> object:
            from app.rag.library import Surroundings

            return Surroundings(
                path,
                page,
                None,
                HANDBOOK[:start],
                HANDBOOK[start:end],
                HANDBOOK[end:],
                True,
                False,
            )

        runtime.library.surroundings = surroundings  # type: ignore[method-assign, assignment]
        await asyncio.sleep(0)
        return runtime

    return opened


if __name__ == "__main__":
    raise SystemExit(main())
