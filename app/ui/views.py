"""The views in the middle of the window, the conversation and full pages: which there are, and going to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.controls import label
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.conversation_pane import ConversationPane
    from app.ui.seam import RuntimeSeam
    from app.ui.window import MainWindow

CONVERSATION = "conversation"


@dataclass(frozen=True)
class View:
    """A page of the window, and the row that leads to it where it has one."""

    name: str
    title: Callable[[], str]
    """Called once the language of the window is known."""
    glyph: str
    make: Callable[[MainWindow], QWidget]
    """Makes the page when it is shown for the first time. The page may have `failed`, a signal with an error, and
    `attach(runtime)`, `enter()` and `leave()`: the runtime is there, the page is shown, another one is."""
    row: bool = True
    """Whether the sidebar has a row for it."""
    bleeds: bool = False
    """Whether it scrolls away at the edge of the window; what stands still ends above the edge."""


class Views(QWidget):
    """Shows one view at a time. What may be told, undone or recorded stands below all of them."""

    went = Signal(str)
    """Name of the view that is shown now."""
    failed = Signal(object)

    def __init__(self, window: MainWindow, pane: ConversationPane, views: tuple[View, ...]) -> None:
        super().__init__()
        self._window = window
        self._pane = pane
        self._views = {view.name: view for view in views}
        self._frames: dict[str, QWidget] = {}
        self._pages: dict[str, QWidget] = {}
        self._runtime: RuntimeSeam | None = None
        self.name = CONVERSATION
        """The view that is shown."""
        self._stack = QStackedWidget()
        self._stack.addWidget(pane)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stack, 1)
        column.addWidget(pane.foot)

    @property
    def page(self) -> QWidget:
        """The page that is shown; the conversation is one too."""
        return self._pane if self.name == CONVERSATION else self._pages[self.name]

    def hold(self, name: str, page: QWidget) -> None:
        """Take a page that is needed before it is shown."""
        self._pages[name] = page
        if hasattr(page, "failed"):
            page.failed.connect(self.failed)
        self._give(page)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime, for the pages there are and those that come."""
        self._runtime = runtime
        for page in self._pages.values():
            self._give(page)

    def present(self, name: str) -> QWidget:
        """Show the view of that name and return its page. Raises KeyError."""
        frame = self._pane if name == CONVERSATION else self._frames.get(name) or self._make(self._views[name])
        if name != self.name:
            self._tell("leave")
            self.name = name
            self._stack.setCurrentWidget(frame)
            self._pane.composer.setVisible(name == CONVERSATION)
            self.went.emit(name)
            self._tell("enter")
        if name != CONVERSATION:
            self.page.setFocus()
        return self.page

    def knows(self, name: str) -> bool:
        """Tell whether there is a page of that name."""
        return name in self._views

    def back(self) -> bool:
        """Go back to the conversation; False where it is shown already."""
        if self.name == CONVERSATION:
            return False
        self.present(CONVERSATION)
        self._pane.composer.box.setFocus()
        return True

    def _make(self, view: View) -> QWidget:
        if view.name not in self._pages:
            self.hold(view.name, view.make(self._window))
        page = self._pages[view.name]
        frame = QWidget()
        frame.setAccessibleName(view.title())
        column = QVBoxLayout(frame)
        column.setContentsMargins(SPACE.XL, SPACE.L, SPACE.XL, 0 if view.bleeds else SPACE.XL)
        column.setSpacing(SPACE.M)
        head = QHBoxLayout()
        title = label(view.title())
        theme.sized(title, TYPE.TITLE, QFont.Weight.DemiBold)
        head.addWidget(title, 1)
        column.addLayout(head)
        column.addWidget(page, 1)
        self._frames[view.name] = frame
        self._stack.addWidget(frame)
        return frame

    def _give(self, page: QWidget) -> None:
        if self._runtime is not None and hasattr(page, "attach"):
            page.attach(self._runtime)

    def _tell(self, what: str) -> None:
        told = getattr(self.page, what, None)
        if told is not None:
            told()


def _documents(window: MainWindow) -> QWidget:
    return window.documents


def _nodes(window: MainWindow) -> QWidget:
    return window.nodes


def _recordings(window: MainWindow) -> QWidget:
    from app.ui.recordings_page import recordings_page

    return recordings_page(window)


def _models(window: MainWindow) -> QWidget:
    from app.ui.models_page import models_page

    return models_page(window)


def _memory(window: MainWindow) -> QWidget:
    from app.ui.memory_page import memory_page

    return memory_page(window)


def _settings(window: MainWindow) -> QWidget:
    from app.ui.settings_page import settings_page

    return settings_page(window)


def _log(window: MainWindow) -> QWidget:
    from app.ui.leaving import show_in_folder
    from app.ui.log_page import LogPage

    page = LogPage(window.bridge)
    page.folder_asked.connect(show_in_folder)
    return page


VIEWS = (
    View("library", lambda: tr("Library"), "document", _documents, bleeds=True),
    View("recordings", lambda: tr("Recordings"), "record", _recordings),
    View("nodes", lambda: tr("Nodes"), "nodes", _nodes),
    View("models", lambda: tr("Models"), "models", _models, bleeds=True),
    View("memory", lambda: tr("Memory"), "memory", _memory),
    View("settings", lambda: tr("Settings"), "settings", _settings, bleeds=True),
    View("log", lambda: tr("Log"), "document", _log, row=False),
)
"""All views but the conversation, in the order of their rows and of their keys from Ctrl+2 on."""
