"""A window with something in each of its views, the same every time: for pictures, and for who looks at all views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.conversations import Outcome
from app.events import Answered, Citation, DocumentInfo, NodeChosen, Passage, Retrieved, Timings, TokenReceived, Usage
from app.rag.document import Line
from app.settings import Settings
from app.tracing import AnswerTrace, Step
from tests.ui.drawings import Drawing
from tests.ui.fake_runtime import BETTER, LOCAL, STARTER, ScriptedRuntime
from tests.ui.fake_upkeep import hour
from tests.ui.fleet import busy, fleet, troubled

if TYPE_CHECKING:
    from PIL.Image import Image
    from PySide6.QtWidgets import QWidget

    from app.ui.window import MainWindow

HOUSE = "/home/anna/Documents"
"""No folder of the machine that makes the pictures."""
MANUAL = Passage(
    1, f"{HOUSE}/House/Heat pump manual.pdf", 14, "Maintenance › Every year", 100, 236, 0.93,
    "Clean the filter of the water circuit once a year, before the heating season. Shut both valves first; about half "
    "a litre of water comes out.", 0.81, 0.74,
)  # fmt: skip
BILL = Passage(
    2, f"{HOUSE}/House/Electricity 2025.xlsx", None, "Heat pump", 0, 58, 0.71,
    "January 412 kWh, February 388 kWh, March 301 kWh, April 164 kWh", 0.66, 0.52,
)  # fmt: skip
SHORT = "How often does the filter of the heat pump have to be cleaned?"
SHORT_ANSWER = (
    "**Once a year**, before the heating season [1]. Shut both valves first; about half a litre of water comes out [1]."
)
LONG = (
    "What did the heat pump use in the first months of the year? Give me a table and a line of Python that adds it up."
)
LONG_ANSWER = """These are the figures of the bill [2]:

| Month | kWh | Share |
|---|---:|---:|
| January | 412 | 33 % |
| February | 388 | 31 % |
| March | 301 | 24 % |
| April | 164 | 13 % |

Together that is 1,265 kWh, a mean of $\\frac{1265}{4} \\approx 316$ a month:

```python
used = [412, 388, 301, 164]  # kWh, January to April
print(f"{sum(used):,} kWh, {sum(used) / len(used):.0f} a month")
```
"""
PAST = (
    "Which forms does the tax office still want?", "Summary of the meeting on the roof", "Recipe for the plum cake",
    "Warranty of the washing machine", "Notes on the lecture about rivers",
)  # fmt: skip
TRACE = AnswerTrace(
    (Step("search", 46.0), Step("wait", 12.0), Step("read", 610.0), Step("write", 2900.0), Step("check", 31.0)),
    (("system", "Answer from the passages below, and cite them."), ("user", f"[1] {MANUAL.text}\n\n{SHORT}")),
    {"temperature": 0.0, "longest answer": 512},
)


def _document(name: str, state: str = "indexed", reason: str = "", *, pages: int | None = None, size: int = 0,
              day: str = "2026-10-04", passages: int = 12) -> DocumentInfo:  # fmt: skip
    return DocumentInfo(
        f"{HOUSE}/{name}", state, passages, pages, f"{day}T09:00:00+00:00", "ab" * 32, reason, size=size,
        modified=f"{day}T08:30:00+00:00",
    )  # fmt: skip


DOCUMENTS = (
    _document("House/Heat pump manual.pdf", pages=48, size=3_400_000, passages=212),
    _document("House/Electricity 2025.xlsx", size=41_000, day="2026-01-07"),
    _document("House/Roof offer.docx", pages=4, size=88_000, day="2026-09-21"),
    _document("House/Old plan.pdf", "failed", "The file is damaged: it cannot be opened as a PDF.", size=700),
    _document("Tax/Return 2025.pdf", pages=12, size=910_000, day="2026-05-30", passages=40),
    _document("Tax/Receipts scanned.pdf", "recognising", pages=31, size=22_000_000, day="2026-11-20"),
    _document("Garden/Beds.md", size=5_200, day="2026-03-14", passages=6),
    _document("Letters/From Aunt Clara.eml", size=12_000, day="2026-02-02", passages=2),
    _document("Talks/Rivers and towns.mp3", size=48_000_000, day="2026-11-12", passages=96),
    _document("Talks/Choir meeting.m4a", size=31_000_000, day="2026-10-28", passages=61),
)


def furnish(runtime: ScriptedRuntime, settings: Settings | None = None) -> None:
    """Put documents, conversations, nodes, models and memories into `runtime`, before a window gets it."""
    if settings is not None:
        runtime.settings = settings
    runtime.library.more = list(DOCUMENTS)
    runtime.library.draws = page
    runtime.library.pages = 48
    runtime.library.boxes = (Line(0, 70, 58, 128, 545, 150), Line(70, 137, 58, 150, 545, 172))
    runtime.library.passages = [MANUAL, BILL]
    local = replace(LOCAL, memory_total_bytes=8 * 10**9, memory_used_bytes=3 * 10**9, cpu_percent=12.0,
                    models=(replace(STARTER, decode_rate=60.0),))  # fmt: skip
    nodes = troubled(busy(fleet(14, 2), 3))
    runtime.cluster.known = (local, *nodes[1:])
    runtime.cluster.errors = {node.id: 0.12 for node in runtime.cluster.known}
    runtime.cluster.upkeep.past = hour(runtime.cluster.known)
    runtime.cluster.kept = [STARTER, BETTER]
    for fact in ("My daughter is called Anna.", "The bin goes out on Monday evening.", "I read kWh as kilowatt-hours."):
        runtime.memory.facts.remember(fact)
    store = runtime.conversations
    for title in reversed(PAST):
        made = store.create(title)
        store.ask(made.id, title)
        answer = store.begin(made.id)
        store.append(answer, "That stands in the letter of May.")
        store.finish(answer, Outcome("complete", (), True, "pi-3"))
        if title == PAST[0]:
            store.pin(made.id, True)
        if title in PAST[3:]:
            store.move([made.id], "House" if title == PAST[3] else "Study")
    scripts = [script(SHORT_ANSWER, "pi-3", (1,)), script(LONG_ANSWER, "rig-1", (2,))]
    runtime.assistant.make = lambda: scripts.pop(0) if len(scripts) > 1 else scripts[0]


def script(text: str, node: str, cited: Sequence[int]) -> list[Any]:
    """Return the events of an answer by `node` that cites MANUAL or BILL."""
    found = {passage.n: passage for passage in (MANUAL, BILL)}
    citations = tuple(Citation(n, found[n].path, found[n].page, found[n].start, found[n].end) for n in cited)
    words = [TokenReceived(part, node) for part in text.splitlines(keepends=True)]
    why = f"{node} is quickest: about 3.6 s, this machine about 9.5 s."
    end = Answered(text, citations, True, node, Usage(900, 700, 60), Timings(first_token_ms=640.0, total_ms=3600.0))
    return [Retrieved((MANUAL, BILL)), NodeChosen(node, "2" * 64, why, "qwen2.5-1.5b"), *words, end]


class Stage:
    """Goes through the views of a window that has what `furnish` gives."""

    def __init__(
        self, window: MainWindow, runtime: ScriptedRuntime, until: Callable[[Callable[[], object]], object]
    ) -> None:
        """`until` lets Qt work until something holds."""
        self.window, self.runtime, self._until = window, runtime, until
        self.views: dict[str, Callable[[], object]] = {
            "first-run": self._first_run,
            "conversation": self._conversation,
            "passage": self._passage,
            "why": self._why,
            "library": lambda: self._view("library"),
            "recordings": lambda: self._view("recordings"),
            "nodes-map": lambda: self._nodes("map"),
            "nodes-list": lambda: self._nodes("list"),
            "nodes-charts": lambda: self._nodes("charts"),
            "models": lambda: self._view("models"),
            "memory": lambda: self._view("memory"),
            "settings": lambda: self._view("settings"),
            "log": self._log,
        }
        """Each shows a view, in this order."""
        self.empty: dict[str, Callable[[], object]] = {
            "first-run": self._first_run,
            **{name: partial(self._nothing, name) for name in ("library", "recordings", "nodes", "models", "memory")},
            "settings": lambda: self._nothing("settings", "something that is no setting"),
        }
        """The same for a window that nobody has used yet."""

    def show(self, name: str) -> None:
        """Show a view, whole."""
        self.views[name]()

    def picture(self, of: QWidget | None = None) -> Image:
        """Return a dialog, or the window, as it looks now, in RGB, without the cursor of a text field."""
        from PIL import Image
        from PySide6.QtGui import QGuiApplication, QImage

        QGuiApplication.styleHints().setCursorFlashTime(0)
        grabbed = (of or self.window).grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
        size = (grabbed.width(), grabbed.height())
        return Image.frombytes("RGBA", size, bytes(grabbed.constBits()), "raw", "RGBA", grabbed.bytesPerLine()).convert(
            "RGB"
        )

    def _nothing(self, name: str, words: str = "") -> None:
        self.window.side.dismiss()
        from app.ui.settings_page import SettingsPage

        page = self.window.views.present(name)
        if name == "library":
            self._until(lambda: self.window.documents.empty.isVisible())
        if isinstance(page, SettingsPage):
            page.complete()
            page.search.setText(words)

    def _view(self, name: str) -> None:
        self.window.side.dismiss()
        self.window.views.present(name)
        if name == "library":
            view = self.window.documents.view
            self._until(lambda: view.shelf.arranged.total >= len(DOCUMENTS))
            self._until(lambda: not self.window.pictures.busy)

    def _first_run(self) -> None:
        self.window.pane.new_conversation()
        self.window.views.back()
        models = self.window.pane.models
        self._until(lambda: models.isVisible() and not models.weak.isHidden())

    def _ask(self, question: str) -> None:
        pane = self.window.pane
        pane.ask(question)
        self._until(lambda: not pane.runs and pane.view.answers[-1].message)

    def _conversation(self) -> None:
        self._first_run()
        self._ask(SHORT)
        card = self.window.pane.view.answers[-1]
        self.runtime.traces.keep(self.window.pane.conversation, card.message, TRACE)
        self._ask(LONG)

    def _passage(self) -> None:
        self.window.views.back()
        self.window.reading.show_passage(MANUAL)
        self._until(lambda: self.window.side.page is self.window.reading.passage)

    def _why(self) -> None:
        from app.ui.why_panel import WhyPanel

        self.window.side.dismiss()
        self.window.pane.view.why_asked.emit(self.window.pane.view.answers[0].message)

        def told() -> bool:
            panel = self.window.side.page
            return isinstance(panel, WhyPanel) and bool(panel.text)

        self._until(told)

    def _nodes(self, look: str) -> None:
        self._view("nodes")
        panel = self.window.nodes
        panel.look(look)
        self._until(lambda: panel.nodes)
        if look == "charts":
            self._until(lambda: panel.charts is not None and panel.charts.ready)
        panel.list.select(self.runtime.cluster.known[6].id)

    def _log(self) -> None:
        logs = self.runtime.home / "logs"
        logs.mkdir(exist_ok=True)
        Path(logs, "window.log").write_text(
            "2026-11-23 09:40:11,204 INFO MainThread app.ui.application: the window is there\n"
            "2026-11-23 09:40:12,911 INFO tangnet-asyncio app.cluster.cluster: pi-3 is there\n"
            "2026-11-23 09:41:02,377 WARNING tangnet-asyncio app.cluster.registry: pi-11 was not reached for 5 s\n",
            encoding="utf-8",
        )
        self._view("log")


def page(width: int, number: int) -> Drawing:
    """Return page `number` with some text, as the library draws one."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
    from PySide6.QtGui import QFont, QImage, QImageWriter, QPainter

    scale = width / 600
    image = QImage(width, round(800 * scale), QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = QPainter(image)
    painter.scale(scale, scale)
    painter.setFont(QFont("DejaVu Serif", 12))
    text = f"{number}   Maintenance\n\nEvery year\n\n{MANUAL.text}\n\nEvery five years\n\nHave the refrigerant checked."
    painter.drawText(QRectF(60, 60, 480, 680), Qt.TextFlag.TextWordWrap, text)
    painter.end()
    out = QBuffer()
    out.open(QIODevice.OpenModeFlag.WriteOnly)
    assert QImageWriter(out, QByteArray(b"png")).write(image)
    return Drawing(image.width(), image.height(), bytes(out.data().data()), 600.0, 800.0)
