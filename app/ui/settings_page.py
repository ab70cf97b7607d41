"""The settings as a page: groups at the left, a field that finds, each setting with its sentence, used at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFont, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.settings import Declared, Settings
from app.ui import theme
from app.ui.controls import button, frame, label
from app.ui.empty_state import EmptyState
from app.ui.microphone_choice import ListDevices, list_devices
from app.ui.search_field import SearchField
from app.ui.settings_fields import Part, Pick
from app.ui.settings_row import SettingRow
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import ModelInfo
    from app.ui.bridge import Bridge
    from app.ui.chrome import UndoBar
    from app.ui.kept_sounds import KeptLine
    from app.ui.seam import RuntimeSeam
    from app.ui.wake_trial import Attend
    from app.ui.window import MainWindow

PAGE_WIDTH = 760
"""Logical pixels of the column of settings: longer lines are hard to read."""
NARROW = 720
"""Narrower than this, controls stand below their words."""
SLICE_SECONDS = 0.006
"""For which rows are built at a time; a frame has 16 ms."""


def group_title(section: str) -> str:
    """Return what a section of settings.toml is called in the window."""
    known = {
        "answer": tr("Answers"),
        "nodes": tr("Nodes"),
        "documents": tr("Documents"),
        "rules": tr("Where documents may go"),
        "voice": tr("Voice"),
        "window": tr("Window"),
        "memory": tr("Memory"),
    }
    return known.get(section) or section.replace("_", " ").capitalize()


@dataclass(slots=True)
class _Group:
    title: str
    head: QWidget
    card: QWidget
    rows: list[SettingRow]
    lines: list[QWidget]
    door: QPushButton


class SettingsPage(QWidget):
    """All settings. What is changed is used and written at once; what is set back can be taken back."""

    failed = Signal(object)
    log_asked = Signal()
    """The log shall be shown."""

    def __init__(
        self,
        bridge: Bridge,
        undo: UndoBar,
        save: Callable[[dict[str, object]], object],
        *,
        devices: ListDevices = list_devices,
        lend: Callable[[bool], object] = lambda _on: None,
        attend: Attend | None = None,
        kept: Callable[[], KeptLine] | None = None,
    ) -> None:
        """Build the page; `attach` fills it.

        Args:
            bridge: where microphones and models are listed.
            undo: offers to take back what was set back.
            save: uses and keeps settings by their dotted names.
            devices: see MicrophoneChoice.
            lend: see MicrophoneChoice.
            attend: see WakeTrial; None: the threshold cannot be tried.
            kept: makes the line about kept sound.
        """
        super().__init__()
        self._bridge, self._undo, self._save = bridge, undo, save
        self._devices, self._lend, self._attend, self._kept = devices, lend, attend, kept
        self._runtime: RuntimeSeam | None = None
        self._shown = self._narrow = False
        self._line: KeptLine | None = None
        self.rows: dict[str, SettingRow] = {}
        """By dotted name."""
        self._groups: list[_Group] = []
        self._missing: deque[tuple[Declared, _Group]] = deque()
        """Settings whose rows are not built yet."""
        self._later = QTimer(self, interval=0)
        self._later.timeout.connect(self._build)
        self.setAccessibleName(tr("Settings"))
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(SPACE.XL)
        across.addWidget(self._rail())
        across.addWidget(self._list(), 1)
        self._across = across
        self._fill()

    # ------------------------------------------------------------------ the parts

    def _rail(self) -> QWidget:
        rail = QWidget()
        rail.setFixedWidth(208)
        column = QVBoxLayout(rail)
        column.setContentsMargins(0, 0, 0, SPACE.XL)
        column.setSpacing(SPACE.XS)
        self.search = SearchField(tr("Search settings"), tr("Find settings by their words"))
        self.search.textChanged.connect(self._find)
        self.search.down.connect(self._to_first)
        column.addWidget(self.search)
        column.addSpacing(SPACE.S)
        self._doors = QVBoxLayout()
        self._doors.setSpacing(SPACE.XS)
        column.addLayout(self._doors)
        column.addStretch()
        self.reset_button = button(
            tr("Set all back…"), kind="row", description=tr("All settings as they were at first; it can be undone")
        )
        self.reset_button.clicked.connect(lambda: self.reset_all())
        column.addWidget(self.reset_button)
        self.log_button = button(
            tr("Log"), kind="row", description=tr("What Tangnet wrote on this machine, and reports of crashes")
        )
        self.log_button.clicked.connect(lambda: self.log_asked.emit())
        column.addWidget(self.log_button)
        return rail

    def _list(self) -> QWidget:
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().setAutoFillBackground(False)
        inside = QWidget()
        inside.setAutoFillBackground(False)
        middle = QWidget()
        middle.setMaximumWidth(PAGE_WIDTH)
        self._column = QVBoxLayout(middle)
        self._column.setContentsMargins(0, 0, SPACE.M, SPACE.XL)
        self._column.setSpacing(SPACE.S)
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(middle, 1)
        row.addStretch(0)
        self._scroll.setWidget(inside)
        return self._scroll

    def _fill(self) -> None:
        for declared in Settings.declared():
            section = declared.name.partition(".")[0]
            title = group_title(section)
            if not self._groups or self._groups[-1].title != title:
                self._groups.append(self._group(title))
            self._missing.append((declared, self._groups[-1]))
        self.clear_button = button(tr("Show all settings"), clicked=self.search.clear)
        self._empty = EmptyState("search", tr("Nothing is found"), act=self.clear_button)
        self._empty.hide()
        self.nothing = self._empty.sentence
        self._column.addWidget(self._empty, 1)
        self._column.addStretch(1)  # with a weight: a card takes none of the room that is left
        self._build()

    def complete(self) -> None:
        """Build what is not there yet."""
        self._build(everything=True)

    def _build(self, *, everything: bool = False) -> None:
        """Build rows for a part of a frame; the rest follows between the frames."""
        since = time.perf_counter()
        while self._missing:
            if not everything and time.perf_counter() - since > SLICE_SECONDS:
                self._later.start()
                return
            self._add(*self._missing.popleft())
        self._later.stop()
        self._find(self.search.text())
        if self._shown:
            self.enter()

    def _add(self, declared: Declared, group: _Group) -> None:
        row = SettingRow(declared)
        row.fold(self._narrow)
        row.changed.connect(self._wanted)
        row.reset_asked.connect(lambda name: self._reset([name]))
        column = group.card.layout()
        assert isinstance(column, QVBoxLayout)
        if group.rows:
            line = frame("line")
            line.setFixedHeight(1)
            group.lines.append(line)
            column.addWidget(line)
        column.addWidget(row)
        group.rows.append(row)
        self.rows[declared.name] = row
        for part in (row, *row.findChildren(QWidget)):
            part.installEventFilter(self)
        if self._runtime is not None:
            row.put(getattr(self._runtime.settings, declared.key))

    def _group(self, title: str) -> _Group:
        head = label(title)
        theme.sized(head, TYPE.LEAD, QFont.Weight.DemiBold)
        if self._groups:
            head.setContentsMargins(0, SPACE.L, 0, 0)
        card = frame("card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(0, SPACE.XS, 0, SPACE.XS)
        inside.setSpacing(0)
        self._column.addWidget(head)
        self._column.addWidget(card)
        door = button(title, kind="row", description=tr("Settings: {group}", group=title))
        self._doors.addWidget(door)
        group = _Group(title, head, card, [], [], door)
        door.clicked.connect(lambda: self._go_to(group))
        return group

    # ------------------------------------------------------------------ the page comes and goes

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self.refresh()
        if self._shown:
            self.enter()

    def enter(self) -> None:
        """The page is shown: settings are shown as they are now, and what has to be listed is listed."""
        self._shown = True
        if self._runtime is None or self._missing:
            return
        self.refresh()
        cluster = self._runtime.cluster
        self._bridge.run(cluster.models, self._offer, lambda _error: None, name="models for the settings")
        self._take_parts(self._runtime.settings)

    def leave(self) -> None:
        """Another page is shown: nothing listens any more."""
        self._shown = False
        for row in self.rows.values():
            if isinstance(row.field, Part):
                row.field.drop()
        if self._line is not None:
            self._line.end()
            self._line.deleteLater()
            self._line = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the rows where there is little room."""
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            for row in self.rows.values():
                row.fold(narrow)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The field that finds gets the keyboard."""
        super().focusInEvent(event)
        self.search.setFocus(event.reason())

    def refresh(self) -> None:
        """Show the settings as they are now."""
        if self._runtime is not None:
            for row in self.rows.values():
                row.put(getattr(self._runtime.settings, row.declared.key))

    def reveal(self, name: str) -> None:
        """Show the setting of that dotted name and give it the keyboard."""
        self.complete()
        self.search.clear()
        row = self.rows[name]
        # Rows that were built just now have their places only after this.
        QTimer.singleShot(0, row, lambda: self._scroll.ensureWidgetVisible(row, 0, SPACE.XXL * 3))
        (row.field.focusProxy() or row.field).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What gets the keyboard by Tab is scrolled to."""
        if event.type() == QEvent.Type.FocusIn and isinstance(watched, QWidget) and isinstance(event, QFocusEvent):
            by_keys = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
            if by_keys:
                self._scroll.ensureWidgetVisible(watched, 0, SPACE.XXL)
        return super().eventFilter(watched, event)

    def _take_parts(self, settings: Settings) -> None:
        from app.ui.microphone_choice import MicrophoneChoice
        from app.ui.wake_trial import WakeTrial

        for row in self.rows.values():
            field = row.field
            if not isinstance(field, Part):
                continue
            if row.declared.kind == "microphone":
                part = MicrophoneChoice(self._bridge, settings.voice_device, devices=self._devices, lend=self._lend)
                part.choice.activated.connect(lambda _at, field=field: field.changed.emit())
                field.take(part)
            elif self._attend is not None:
                trial = WakeTrial(
                    self._bridge,
                    settings.voice_wake_threshold,
                    lambda: str(self.rows["voice.wake_word"].field.value),
                    self._attend,
                )
                trial.number.valueChanged.connect(lambda _value, field=field: field.changed.emit())
                field.take(trial)
        if self._kept is not None and self._line is None:
            self._line = self._kept()
            self.rows["voice.keep_sound"].below.addWidget(self._line)

    def _offer(self, models: Sequence[ModelInfo]) -> None:
        """Offer the models that are there where a setting names one."""
        roles = {"chat model": "chat", "voice": "speak", "wake word": "wake"}
        for row in self.rows.values():
            role = roles.get(row.declared.kind)
            if role is None or not isinstance(row.field, Pick):
                continue
            names = sorted({model.name for model in models if model.role == role and model.present})
            first = [("", tr("The best one there is"))] if row.declared.default == "" else []
            value = row.field.value
            row.field.offer([*first, *((name, _shown(name, role)) for name in names)])
            row.field.put(value)

    # ------------------------------------------------------------------ changes

    def _wanted(self, name: str, value: object) -> None:
        if self._runtime is None:
            return
        from dataclasses import replace

        from app.errors import SettingsError

        row = self.rows[name]
        try:
            wanted = replace(self._runtime.settings)
            setattr(wanted, row.declared.key, value)
            wanted.check()
        except SettingsError as error:
            row.tell(f"{error.message.removeprefix('settings.toml: ')} {error.hint}".strip())
            return
        row.tell("")
        self._save({name: value})
        row.reset_button.setVisible(value != row.declared.default)

    def reset_all(self) -> None:
        """Set all back to what they were at first."""
        self.complete()
        self._reset([name for name, row in self.rows.items() if row.reset_button.isVisibleTo(row)])

    def _reset(self, names: Sequence[str]) -> None:
        if self._runtime is None or not names:
            return
        settings = self._runtime.settings
        before = {name: getattr(settings, self.rows[name].declared.key) for name in names}

        def put(values: dict[str, object]) -> None:
            self._save(values)
            self.refresh()
            if self._shown and values.keys() & {"voice.device", "voice.wake_threshold"}:
                self._take_parts(settings)

        for name in names:
            self.rows[name].tell("")
        put({name: self.rows[name].declared.default for name in names})
        if len(names) == 1:
            said = tr("“{name}” is as it was at first.", name=self.rows[names[0]].title.text())
        else:
            said = tr("%n settings are as they were at first.", len(names))
        self._undo.offer(said, lambda: put(before))

    # ------------------------------------------------------------------ finding

    def _find(self, text: str) -> None:
        if self._missing:
            return  # it is looked for when all are there
        words = text.casefold().split()
        found = 0
        for group in self._groups:
            shown = [row for row in group.rows if all(word in row.words for word in words)]
            found += len(shown)
            for row in group.rows:
                row.setVisible(row in shown)
            for line, row in zip(group.lines, group.rows[1:], strict=True):
                line.setVisible(row in shown and row is not shown[0])
            for part in (group.head, group.card):
                part.setVisible(bool(shown))
            group.door.setEnabled(bool(shown))
        self.nothing.setText("" if found else tr("No setting has “{words}” in it.", words=text.strip()))
        self._empty.setVisible(not found)
        self._scroll.verticalScrollBar().setValue(0)

    def _to_first(self) -> None:
        row = next((row for row in self.rows.values() if row.isVisible()), None)
        if row is not None:
            (row.field.focusProxy() or row.field).setFocus(Qt.FocusReason.TabFocusReason)

    def _go_to(self, group: _Group) -> None:
        bar = self._scroll.verticalScrollBar()
        bar.setValue(min(bar.maximum(), max(0, group.head.pos().y())))


def _shown(name: str, role: str) -> str:
    if role != "wake":
        return name
    from app.voice.handsfree import phrase_of

    return f"“{phrase_of(name)}”"


def settings_page(window: MainWindow) -> SettingsPage:
    """Return the page of a window."""
    page = SettingsPage(
        window.bridge, window.undo, window.save_settings, lend=window.talker.lend, attend=window.hands.tried,
        kept=window.pane.sounds.line,
    )  # fmt: skip
    page.log_asked.connect(lambda: window.views.present("log"))
    return page
