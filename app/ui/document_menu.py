"""What can be done with the chosen documents and with watched folders, as menus and keys of the documents panel."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QMenu

from app.ui import leaving, shelf, transcript_export
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.documents_panel import DocumentsPanel

COMING = ("waiting", *shelf.STEPS)
AGAIN = ("failed", "scanned", "missing", "cancelled", "indexed")


def document_menu(panel: DocumentsPanel) -> QMenu | None:
    """Return the menu for what is chosen in `panel`; None if nothing is."""
    view = panel.view
    entry, chosen = view.current, view.chosen_keys
    if entry is None:
        return None
    states = {found.state for found in view.shelf.entries if found.key in set(chosen)}
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(tr("What can be done"))
    if not entry.folder:
        menu.addAction(tr("&Open file"), lambda: panel.open_asked.emit(entry.key))
    menu.addAction(tr("Show in &folder"), lambda: show_in_folder(panel, entry.key))
    if entry.state == "indexed":
        menu.addAction(tr("Show its &passages"), lambda: panel.passages_asked.emit(entry.key))
        transcript_export.offer(menu, panel, entry.key)
        menu.addAction(tr("Copy &link"), lambda: copy_link(panel, entry.key))
    if entry.folder or entry.state == "indexed":
        menu.addAction(tr("&Summarise"), lambda: panel.summary_asked.emit(entry.key))
    menu.addSeparator()
    if states & set(COMING) or entry.folder:
        menu.addAction(tr("&Do this first"), lambda: panel.first(chosen))
        menu.addAction(tr("S&top adding it"), lambda: panel.cancel(chosen))
    if entry.state == "protected":
        menu.addAction(tr("Enter its pass&word…"), lambda: panel.ask_password(entry.key))
    if states & set(AGAIN):
        menu.addAction(tr("Read a&gain"), lambda: panel.retry(chosen))
    if entry.folder:
        if entry.watched:
            menu.addAction(tr("Stop &watching it"), lambda: panel.watch(entry.key, False))
        else:
            menu.addAction(tr("&Watch for changes"), lambda: panel.watch(entry.key, True))
    menu.addSeparator()
    many = len(chosen) > 1
    remove = tr("&Remove from library ({number})", number=len(chosen)) if many else tr("&Remove from library")
    menu.addAction(remove, lambda: panel.remove(chosen))
    return menu


def copy_link(panel: DocumentsPanel, path: str) -> None:
    """Put the link to a document into the clipboard."""
    from app.links import ToDocument

    QGuiApplication.clipboard().setText(str(ToDocument(path)))
    panel.said.emit(tr("The link is copied. In notes and mails on this machine it leads back here."))


def folders_menu(panel: DocumentsPanel) -> QMenu:
    """Return the menu of watched folders: add one, stop watching one."""
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(tr("Watched folders"))
    menu.addAction(tr("&Watch a folder…"), lambda: choose_watched(panel))
    if panel.source.folders:
        menu.addSeparator()
        menu.addSection(tr("Watched now"))
    for folder in panel.source.folders:
        how = {"missing": tr("not there now"), "polled": tr("looked at now and then")}.get(folder.state, "")
        name = f"{shelf.short(folder.path)} ({how})" if how else shelf.short(folder.path)
        below = menu.addMenu(name.replace("&", "&&"))
        below.addAction(tr("&Stop watching"), partial(panel.watch, folder.path, False))
        below.addAction(tr("Show in &folder"), partial(show_in_folder, panel, folder.path))
    return menu


def choose_watched(panel: DocumentsPanel) -> None:
    """Ask for a folder and watch it."""
    name = QFileDialog.getExistingDirectory(panel, tr("Watch a folder"), os.path.expanduser("~"))
    if name:
        panel.watch(name, True)


def show_in_folder(panel: DocumentsPanel, path: str) -> None:
    """Show where a file is, or say why that is not possible."""
    problem = leaving.show_in_folder(path)
    if problem:
        panel.said.emit(problem)


def add_shortcuts(panel: DocumentsPanel) -> None:
    """Give the list its keys."""
    for keys, action in (("Shift+Return", panel.passages_button.click), ("F5", panel.retry)):
        shortcut = QShortcut(QKeySequence(keys), panel.view)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(lambda action=action: action())
