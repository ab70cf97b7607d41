"""What leads out of the window: files and folders for the system's programs, links of a model for the browser."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.translation import tr


def open_file(path: str) -> str:
    """Open a local file with the system's program; returns why that is not possible, or ""."""
    file = Path(path)
    if not file.is_file():
        return tr("{name} is no longer where it was: {folder}", name=file.name, folder=file.parent)
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(path)):
        return tr("The system knows no program to open {name}.", name=file.name)
    return ""


def show_in_folder(path: str) -> str:
    """Open the folder that a file is in with the system's file manager; returns why that is not possible, or ""."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    if not os.path.isdir(folder):
        return tr("That folder is no longer there: {folder}", folder=folder)
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
        return tr("The system knows no program to show {folder}.", folder=folder)
    return ""


def offer_link(parent: QWidget, url: QUrl) -> None:
    """Show where a link in an answer leads; only a click in the dialog opens it."""
    address = url.toDisplayString()
    box = QMessageBox(parent)
    box.setWindowTitle(tr("A link from the model"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(tr("The answer contains this address. The model may have made it up."))
    box.setInformativeText(address[:500])
    copy = box.addButton(tr("&Copy address"), QMessageBox.ButtonRole.ActionRole)
    if url.scheme() in ("http", "https"):
        browse = box.addButton(tr("&Open in browser"), QMessageBox.ButtonRole.ActionRole)
        browse.clicked.connect(lambda: QDesktopServices.openUrl(url))
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(address))
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
