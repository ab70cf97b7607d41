"""Makes the pictures of the docs: window-light, window-dark, passage, first-run and nodes, in docs/pictures.

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
    from app.ui.seam import OpenRuntime, RuntimeSeam

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if os.environ["QT_QPA_PLATFORM"] == "offscreen" and Path("/usr/share/fonts/truetype/dejavu").is_dir():
    # The offscreen platform does not ask fontconfig on every machine.
    os.environ.setdefault("QT_QPA_FONTDIR", "/usr/share/fonts/truetype/dejavu")
os.environ.setdefault("QT_SCALE_FACTOR", "1.5")

HANDBOOK = """# Greenhouse handbook

Written for the volunteers of the Ostwall community greenhouse.

## Opening

The greenhouse opens at seven in the morning from April to September and at nine in winter. The key hangs in the
blue box beside the west door; the code of the box is given out at the yearly meeting.

## Watering

Tomatoes are watered every second day, three litres a plant, always in the morning and never on the leaves.
Seedlings stay moist but not wet: use the small can with the fine rose. The rain barrel on the north side holds
five hundred litres; when it is empty, take water from the well, not from the tap.

## Heating

The heating starts by itself below eight degrees. In a frost warning close all roof windows before dusk and check
that the thermometer at bench four shows at least six degrees in the evening. If the heating fails, call Marta.

## Pests

Aphids are washed off with plain water. Nothing is sprayed without asking the pest team first.
"""
MINUTES = """# Minutes of the yearly meeting

Twenty-three members were present. The accounts were approved.

The new rain barrel cost 420 euros and was paid from the raffle. Marta Lindqvist takes over the heating from Jonas.
Next year's plant market is on the second Saturday in May. Members bring cakes; the greenhouse provides coffee.
"""
QUESTIONS = ("How much water does a tomato plant get?", "What should I do when a frost warning comes?")


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
        return Photographer(choice.real, choice.out, home, Path(place) / "Documents").work()


class Photographer:
    """Drives a real window and takes its picture."""

    def __init__(self, real: bool, out: Path, home: Path, documents: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from app.ui.application import microphone, open_runtime
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
        self.window.complete(self.bridge, self.theme, microphone)
        self.theme.dress()
        self.window.resize(1180, 780)
        documents.mkdir()
        (documents / "Greenhouse handbook.md").write_text(HANDBOOK, encoding="utf-8")
        (documents / "Minutes of the meeting.md").write_text(MINUTES, encoding="utf-8")
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
            self.window.documents.add([self.documents])
            self._until(lambda: not self.window.documents.adding, "the documents")
            self.window.side.dismiss()
            for question in QUESTIONS[:1] if self.real else QUESTIONS:
                pane.ask(question)
                self._until(lambda: not pane.runs, "the answer")
                self._settle()
            self._take("window-light")
            self.theme.choose("dark")
            self._settle()
            self._take("window-dark")
            self.theme.choose("light")
            cited = [card for card in pane.view.answers if card.passages]
            if not cited:
                raise SystemExit("screenshot: no answer had passages")
            self.window.show_passage(next(iter(cited[-1].passages.values())))
            self._settle()
            self._take("passage")
            self._nodes()
        finally:
            self.bridge.close(10)
        return 0

    def _nodes(self) -> None:
        """Show a made-up fleet in a window of its own: nobody has a hundred nodes at hand when a picture is made."""
        from app.ui.application import microphone
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
        self.window.complete(self.bridge, self.theme, microphone)
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
        path = self.out / f"{name}.png"
        if not self.window.grab().save(str(path)):
            raise SystemExit(f"screenshot: {path} cannot be written")
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
        Passage(2, path, None, "Watering", watering, watering + 105, 0.8, HANDBOOK[watering : watering + 105]),
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

            return Surroundings(path, page, None, HANDBOOK[:start], HANDBOOK[start:end], HANDBOOK[end:], True, False)

        runtime.library.surroundings = surroundings  # type: ignore[method-assign, assignment]
        await asyncio.sleep(0)
        return runtime

    return opened


if __name__ == "__main__":
    raise SystemExit(main())
