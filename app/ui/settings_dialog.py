"""The settings, generated from their declarations: one row each, with its sentence below."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.ui.controls import Choice, button, label
from app.ui.microphone_choice import ListDevices, MicrophoneChoice, list_devices

if TYPE_CHECKING:
    from app.settings import Settings
    from app.ui.bridge import Bridge

_CHOICE = re.compile(r": (\w+(?:, \w+)*),? or (\w+)\.$")
_SECTIONS = {"answer": "Answers", "nodes": "Nodes", "voice": "Voice", "window": "Window"}
_TITLES = {"voice.device": "Microphone"}


class SettingsDialog(QDialog):
    """Edits a copy; `values` holds the result after the dialog was accepted."""

    def __init__(
        self,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        bridge: Bridge | None = None,
        devices: ListDevices = list_devices,
        lend: Callable[[bool], object] = lambda _on: None,
    ) -> None:
        """`bridge`, `devices` and `lend`: see MicrophoneChoice; without a bridge the microphone is a name."""
        super().__init__(parent)
        self.microphone: MicrophoneChoice | None = None
        if bridge is not None:
            self.microphone = MicrophoneChoice(bridge, settings.voice_device, devices=devices, lend=lend)
            self.finished.connect(self.microphone.end)
        self.setWindowTitle("Settings")
        self.resize(540, 620)
        self.fields: dict[str, QWidget] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(12)
        column.addWidget(label("Settings", scale=1.5, weight=QFont.Weight.DemiBold))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 12, 0)
        rows.setSpacing(4)
        section = ""
        for name, _kind, _default, sentence in type(settings).describe():
            head, _, rest = name.partition(".")
            if head != section:
                section = head
                rows.addSpacing(10)
                rows.addWidget(label(_SECTIONS.get(head, head.capitalize()), tone="accent", weight=QFont.Weight.Bold))
            title = _TITLES.get(name, rest.replace("_", " ").capitalize())
            field: QWidget
            if name == "voice.device" and self.microphone is not None:
                field = self.microphone
            else:
                field = _field(getattr(settings, name.replace(".", "_", 1)), sentence)
            field.setAccessibleName(f"{_SECTIONS.get(head, head)}: {title}")
            field.setAccessibleDescription(sentence)
            field.setToolTip(sentence)
            self.fields[name] = field
            caption = label(title)
            caption.setBuddy(field)
            if field is self.microphone:  # wider than the others, and it tells by itself what it is for
                rows.addSpacing(6)
                rows.addWidget(caption)
                rows.addWidget(field)
                continue
            line = QHBoxLayout()
            line.addWidget(caption, 1)
            line.addWidget(field, 1)
            rows.addSpacing(6)
            rows.addLayout(line)
            rows.addWidget(label(sentence, tone="muted", scale=0.88, wrap=True))
        rows.addStretch()
        scroll.setWidget(inside)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        column.addWidget(scroll, 1)
        column.addWidget(label("Settings of nodes take effect at the next start.", tone="muted", scale=0.88))
        buttons = QHBoxLayout()
        buttons.addStretch()
        cancel = button("Cancel", clicked=self.reject)
        cancel.setAutoDefault(False)
        buttons.addWidget(cancel)
        save = button("&Save", kind="primary", clicked=self.accept)
        save.setDefault(True)
        buttons.addWidget(save)
        column.addLayout(buttons)

    def values(self) -> dict[str, Any]:
        """Return the dotted names with what is in the fields."""
        return {name: _value(field) for name, field in self.fields.items()}


def _field(value: Any, sentence: str) -> QWidget:
    choice = _CHOICE.search(sentence)
    if isinstance(value, bool):
        box = QCheckBox()
        box.setChecked(value)
        return box
    if isinstance(value, int):
        number = QSpinBox()
        number.setRange(0, 1_000_000)
        number.setValue(value)
        return number
    if isinstance(value, float):
        decimal = QDoubleSpinBox()
        decimal.setRange(0.0, 100.0)
        decimal.setSingleStep(0.1)
        decimal.setValue(value)
        return decimal
    if isinstance(value, str) and choice:
        combo = Choice()
        combo.addItems([*choice.group(1).split(", "), choice.group(2)])
        combo.setCurrentText(value)
        return combo
    line = QLineEdit(", ".join(value) if isinstance(value, list) else value)
    line.setProperty("many", isinstance(value, list))
    return line


def _value(field: QWidget) -> Any:
    if isinstance(field, MicrophoneChoice):
        return field.value
    if isinstance(field, QCheckBox):
        return field.isChecked()
    if isinstance(field, QSpinBox | QDoubleSpinBox):
        return field.value()
    if isinstance(field, QComboBox):
        return field.currentText()
    assert isinstance(field, QLineEdit)
    text = field.text().strip()
    if field.property("many"):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
