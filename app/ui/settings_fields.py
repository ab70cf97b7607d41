"""The controls of settings: each kind of setting has the one that shows what it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QLocale, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.settings import Declared
from app.ui.controls import Choice, Toggle
from app.ui.flow import Flow
from app.ui.settings_colours import Scene
from app.ui.tokens import SPACE
from app.ui.translation import tr

WIDE = 280
"""Logical pixels of a control that holds text."""
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "ar", "hi", "zh", "ja", "ko")
"""Offered by name; any other stays as it was written into settings.toml."""


class Field(QWidget):
    """A control with its value; `changed` comes when the user has changed it."""

    changed = Signal()
    control: QWidget
    """What has the keyboard and the name."""

    @property
    def value(self) -> Any:
        """What the setting shall be."""
        raise NotImplementedError  # each kind has its own; ABC and Qt have different metaclasses

    def put(self, value: Any) -> None:
        """Show `value`; nothing is told."""
        raise NotImplementedError  # each kind has its own; ABC and Qt have different metaclasses

    def name(self, title: str, sentence: str) -> None:
        """Tell a screen reader what this is."""
        self.control.setAccessibleName(title)
        self.control.setAccessibleDescription(sentence)

    def _hold(self, control: QWidget, *, width: int = 0) -> None:
        self.control = control
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addStretch()
        if width:
            control.setFixedWidth(width)
        row.addWidget(control)
        self.setFocusProxy(control)


class Switch(Field):
    """Yes or no."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Toggle()
        self._hold(self.box)
        self.box.clicked.connect(lambda _on: self.changed.emit())

    @property
    def value(self) -> bool:
        """Whether it is on."""
        return self.box.isChecked()

    def put(self, value: Any) -> None:
        """Show it."""
        self.box.setChecked(bool(value))


class Number(Field):
    """A number in its bounds."""

    def __init__(self, declared: Declared) -> None:
        super().__init__()
        self.box: QSpinBox | QDoubleSpinBox
        if isinstance(declared.default, float):
            self.box = QDoubleSpinBox()
            self.box.setRange(declared.low, declared.high)
            self.box.setSingleStep(0.1)
            self.box.setDecimals(2)
        else:
            self.box = QSpinBox()
            self.box.setRange(int(declared.low), int(declared.high))
            self.box.setGroupSeparatorShown(True)
        self.box.setKeyboardTracking(False)
        self.box.lineEdit().setTextMargins(SPACE.S, 0, SPACE.S, 0)  # a style sheet does not reach it
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel scrolls the page
        self._hold(self.box, width=WIDE // 2)
        self.box.valueChanged.connect(lambda _value: self.changed.emit())

    @property
    def value(self) -> float:
        """The number."""
        return self.box.value() if isinstance(self.box, QSpinBox) else round(self.box.value(), 2)

    def put(self, value: Any) -> None:
        """Show it."""
        with QSignalBlocker(self.box):
            self.box.setValue(value)


class Pick(Field):
    """One of some values that have names."""

    def __init__(self, values: Sequence[tuple[str, str]]) -> None:
        """`values`: (value, its name)."""
        super().__init__()
        self.choice = Choice()
        self.choice.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(12)
        self.choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._hold(self.choice, width=WIDE)
        self.offer(values)
        self.choice.activated.connect(lambda _at: self.changed.emit())

    def offer(self, values: Sequence[tuple[str, str]]) -> None:
        """Offer other values; the one that is chosen stays."""
        held = self.value if self.choice.count() else None
        self.choice.clear()
        for value, name in values:
            self.choice.addItem(name, value)
        if held is not None:
            self.put(held)

    @property
    def value(self) -> str:
        """The chosen one."""
        return str(self.choice.currentData() or "")

    def put(self, value: Any) -> None:
        """Show it, also where it is none of those offered."""
        at = self.choice.findData(value)
        if at < 0:
            self.choice.addItem(str(value), value)
            at = self.choice.count() - 1
        self.choice.setCurrentIndex(at)


class Line(Field):
    """A line of text; it counts when it has been left or Enter was pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setAcceptDrops(False)
        self._hold(self.line, width=WIDE)
        self._told = ""
        self.line.editingFinished.connect(self._end)

    @property
    def value(self) -> str:
        """The text without blanks around it."""
        return self.line.text().strip()

    def put(self, value: Any) -> None:
        """Show it."""
        self._told = str(value)
        self.line.setText(self._told)

    def _end(self) -> None:
        if self.value != self._told:
            self._told = self.value
            self.changed.emit()


class Lines(Field):
    """Several texts, one a line; they count when the box has been left."""

    def __init__(self) -> None:
        super().__init__()
        self.box = _Box()
        self.box.setTabChangesFocus(True)
        self.box.setAcceptDrops(False)
        self.box.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.box.setProperty("kind", "lines")
        self.box.setPlaceholderText(tr("One a line"))
        self._hold(self.box, width=WIDE)
        self._told: list[str] = []
        self.box.left.connect(self._end)

    @property
    def value(self) -> list[str]:
        """The lines that hold something."""
        return [line.strip() for line in self.box.toPlainText().splitlines() if line.strip()]

    def put(self, value: Any) -> None:
        """Show them."""
        self._told = list(value)
        self.box.setPlainText("\n".join(self._told))

    def _end(self) -> None:
        if self.value != self._told:
            self._told = self.value
            self.changed.emit()


class _Box(QPlainTextEdit):
    left = Signal()

    def focusOutEvent(self, event: Any) -> None:
        """The user goes elsewhere."""
        super().focusOutEvent(event)
        self.left.emit()

    def sizeHint(self) -> QSize:
        """Return room for three lines."""
        return QSize(WIDE, self.fontMetrics().lineSpacing() * 3 + 2 * SPACE.M)

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(120, self.sizeHint().height())


class Key(Field):
    """A key, taken by pressing it."""

    def __init__(self) -> None:
        super().__init__()
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self._hold(self.edit, width=WIDE // 2)
        self.setFocusProxy(self.edit)
        self.edit.editingFinished.connect(self._end)
        self._told = ""

    @property
    def value(self) -> str:
        """The key as settings.toml holds it."""
        return self.edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def put(self, value: Any) -> None:
        """Show it."""
        self._told = str(value)
        self.edit.setKeySequence(QKeySequence(self._told))

    def name(self, title: str, sentence: str) -> None:
        """Name the line inside, too: it is what a screen reader finds."""
        super().name(title, sentence)
        for line in self.edit.findChildren(QLineEdit):
            line.setAccessibleName(title)
            line.setAccessibleDescription(sentence)

    def _end(self) -> None:
        if not self.value:
            self.put(self._told)
        elif self.value != self._told:
            self._told = self.value
            self.changed.emit()


class Scenes(Field):
    """Colours as small pictures of the window."""

    def __init__(self, values: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        row = Flow(self)
        row.setSpacing(SPACE.M)
        self.pictures = [Scene(value, name) for value, name in values]
        for picture in self.pictures:
            row.addWidget(picture)
            picture.clicked.connect(lambda _on: self.changed.emit())
        self.control = self.pictures[0]
        self.setFocusProxy(self.control)

    @property
    def value(self) -> str:
        """The chosen one."""
        return next((one.chosen for one in self.pictures if one.isChecked()), "")

    def put(self, value: Any) -> None:
        """Show it."""
        for one in self.pictures:
            one.setChecked(one.chosen == value)

    def name(self, title: str, sentence: str) -> None:
        """Put the title before each picture's own name."""
        for one in self.pictures:
            one.setAccessibleName(f"{title}: {one.text()}")
            one.setAccessibleDescription(sentence)


class Part(Field):
    """A part with more to it than a control, such as the microphone with its test; it is there while it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.control = self
        self.part: Any = None
        """Has `value` and `end`; None while nobody looks."""
        self._held: Any = None

    @property
    def value(self) -> Any:
        """What the part says; what was put while there is none."""
        return self._held if self.part is None else self.part.value

    def put(self, value: Any) -> None:
        """Keep it for the part that comes."""
        self._held = value

    def take(self, part: Any) -> None:
        """Show `part`."""
        self.drop()
        self.part = part
        self._column.addWidget(part)
        self.setFocusProxy(part.focusProxy() or part)

    def drop(self) -> None:
        """End the part."""
        if self.part is not None:
            self._held = self.part.value
            self.part.end()
            self.part.hide()
            self.part.deleteLater()
            self.part = None


def field_for(declared: Declared) -> Field:
    """Return the control for a setting."""
    values = [(value, tr(name)) for value, name in zip(declared.choices, declared.names, strict=True)]
    if declared.kind == "colours":
        return Scenes(values)
    if declared.kind == "key":
        return Key()
    if declared.kind in ("microphone", "wake threshold"):
        return Part()
    if declared.kind == "language":
        return Pick([("", tr("Found out by itself")), *((code, language(code)) for code in LANGUAGES)])
    if declared.kind in ("chat model", "voice"):
        return Pick([("", tr("The best one there is"))])
    if declared.kind == "wake word":
        return Pick([])
    if values:
        return Pick(values)
    if isinstance(declared.default, bool):
        return Switch()
    if isinstance(declared.default, int | float):
        return Number(declared)
    return Lines() if isinstance(declared.default, list) else Line()


def language(code: str) -> str:
    """Return a language's own name, such as "Deutsch"; the code where there is none."""
    name = QLocale(code).nativeLanguageName()
    return name[:1].upper() + name[1:] if name else code
