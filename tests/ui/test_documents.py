"""The library view: what is listed, found and filtered, what can be done with it, and the queue above it."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.library_state import LibraryState, WatchedFolder, Working
from app.links import ToDocument, read
from app.ui.document_menu import document_menu, folders_menu
from app.ui.documents_panel import DocumentsPanel
from app.ui.password_dialog import PasswordDialog
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import document

MANY = [
    document("/home/u/Tax/2023/return.pdf", pages=12),
    document("/home/u/Tax/2023/letter.docx"),
    document("/home/u/Tax/notes.md", modified="2020-01-01T00:00:00+00:00"),
    document("/home/u/Work/plan.pdf", "failed", "It is protected by a password."),
    document("/home/u/Work/scan.pdf", "failed", "It is a scan, and recognition is switched off."),
    document("/home/u/Work/broken.pdf", "failed", "The file is damaged."),
    document("/home/u/Work/gone.txt", "missing"),
    document("/home/u/Work/soon.xlsx", "waiting"),
]


def drop(scene: Scene, paths: list[Path]) -> None:
    """Drag files over the window and drop them, as a file manager does."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 300), copy, mime, buttons, keys)
    QApplication.sendEvent(scene.window, enter)
    assert enter.isAccepted() and scene.window.overlay.isVisible()
    QApplication.sendEvent(scene.window, QDropEvent(QPointF(300, 300), copy, mime, buttons, keys))
    assert not scene.window.overlay.isVisible()


def rows(scene: Scene) -> dict[str, str]:
    """What is listed: names and the lines below them, folders left out."""
    return {row.title: row.detail for row in scene.window.documents.view.shelf.entries if not row.folder}


def titles(scene: Scene) -> list[str]:
    return [row.title for row in scene.window.documents.view.shelf.entries]


def choose(panel: DocumentsPanel, *paths: str) -> None:
    panel.view.choose(paths)


def listed(scene: Scene) -> DocumentsPanel:
    """Show the library with MANY in it."""
    scene.runtime.library.more = list(MANY)
    scene.attach()
    scene.window.show_documents()
    panel = scene.window.documents
    scene.until(lambda: len(rows(scene)) == len(MANY))
    return panel


def tell(scene: Scene, state: LibraryState) -> None:
    scene.bridge.run(lambda: scene.runtime.library.tell(state))


def actions(menu: QMenu | None) -> dict[str, QAction]:
    assert menu is not None
    return {action.text().replace("&", ""): action for action in menu.actions() if action.text()}


def test_files_and_folders_dropped_on_the_window_are_added(scene: Scene, tmp_path: Path) -> None:
    good, bad = tmp_path / "notes.md", tmp_path / "photo.bad"
    good.write_text("# Notes")
    bad.write_bytes(b"\x00")
    scene.attach()
    drop(scene, [good, bad])
    panel = scene.window.documents
    assert scene.window.views.page is panel
    scene.until(lambda: not panel.adding and {"photo.bad", "notes.md"} <= rows(scene).keys())
    assert rows(scene)["photo.bad"] == "This is no document."
    assert rows(scene)["notes.md"].startswith("2 pages · 34 kB · ")
    assert "(1)" in scene.window.sidebar.doors["library"].text()


def test_files_dropped_while_starting_wait(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "early.md"
    file.write_text("early")
    drop(scene, [file])
    assert not scene.runtime.library.paths
    assert not scene.runtime.library.working
    scene.attach()
    scene.until(lambda: scene.runtime.library.paths == [file])
    assert scene.runtime.library.working, "what waited since last time goes on"


def test_text_and_links_are_not_taken_for_files(scene: Scene) -> None:
    mime = QMimeData()
    mime.setText("hello")
    mime.setUrls([QUrl("https://example.org/a.pdf")])
    event = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
                            Qt.KeyboardModifier.NoModifier)  # fmt: skip
    event.ignore()
    QApplication.sendEvent(scene.window, event)
    assert not event.isAccepted() and not scene.window.overlay.isVisible()


def test_the_state_of_each_document_is_said(scene: Scene) -> None:
    panel = listed(scene)
    assert titles(scene) == [
        "/home/u/Tax", "2023", "letter.docx", "return.pdf", "notes.md",
        "/home/u/Work", "broken.pdf", "gone.txt", "plan.pdf", "scan.pdf", "soon.xlsx",
    ]  # fmt: skip
    assert rows(scene)["return.pdf"] == "12 pages · 34 kB · 2 Jan 2026"
    assert rows(scene)["plan.pdf"] == "protected: needs its password"
    assert rows(scene)["scan.pdf"] == "It is a scan, and recognition is switched off."
    assert rows(scene)["gone.txt"] == "the file is no longer there"
    assert rows(scene)["soon.xlsx"] == "waits for its turn"
    assert panel.summary.text() == "8 documents · 1 waiting or being read · 4 need attention"
    folder = panel.view.shelf.index(5, 0)
    said = panel.view.shelf.data(folder, Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Folder /home/u/Work, 5 documents · 4 need attention, open"


def test_the_search_narrows_with_each_key_and_the_list_is_one_key_away(scene: Scene) -> None:
    panel = listed(scene)
    panel.filters.search.setFocus()
    for text, count in (("tax", 3), ("tax 2", 2), ("tax 2023 let", 1), ("tax 2023", 2)):
        panel.filters.search.setText(text)
        scene.until(partial(lambda left: len(rows(scene)) == left, count))
    assert panel.summary.text().startswith("2 of 8 documents")
    QTest.keyClick(panel.filters.search, Qt.Key.Key_Down)
    assert panel.view.hasFocus()
    panel.filters.search.setFocus()
    QTest.keyClick(panel.filters.search, Qt.Key.Key_Escape)
    assert scene.window.views.page is panel
    scene.until(lambda: len(rows(scene)) == 8)


@pytest.mark.parametrize(
    ("choice", "value", "left"),
    [
        ("kind", "PDF", {"return.pdf", "plan.pdf", "scan.pdf", "broken.pdf"}),
        ("state", "attention", {"plan.pdf", "scan.pdf", "broken.pdf", "gone.txt"}),
        ("state", "coming", {"soon.xlsx"}),
        ("when", 1, set()),
    ],
)
def test_filters(scene: Scene, choice: str, value: object, left: set[str]) -> None:
    panel = listed(scene)
    panel.filters.toggle.click()
    field = getattr(panel.filters, choice)
    assert field.isVisible()
    field.setCurrentIndex(field.findData(value))
    scene.until(lambda: rows(scene).keys() == left)
    panel.filters.clear_button.click()
    scene.until(lambda: len(rows(scene)) == 8)


def test_orders_and_the_list_without_folders(scene: Scene) -> None:
    panel = listed(scene)
    panel.filters.folders.setChecked(False)
    panel.filters.sort_by("pages")
    scene.until(lambda: titles(scene)[0] == "return.pdf" and len(titles(scene)) == 8)


def test_folders_are_opened_and_closed_by_key_and_click(scene: Scene) -> None:
    panel = listed(scene)
    choose(panel, "/home/u/Tax/notes.md")
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Left)
    assert panel.view.current_key == "/home/u/Tax"
    QTest.keyClick(panel.view, Qt.Key.Key_Left)
    scene.until(lambda: "notes.md" not in titles(scene))
    assert panel.view.current_key == "/home/u/Tax", "what was chosen stays chosen"
    QTest.keyClick(panel.view, Qt.Key.Key_Right)
    scene.until(lambda: "notes.md" in titles(scene))
    arrow = panel.view.visualRect(panel.view.shelf.index(0, 0)).topLeft() + QPoint(14, 20)
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=arrow)
    scene.until(lambda: "notes.md" not in titles(scene))


def test_removing_can_be_undone_and_is_final_afterwards(scene: Scene) -> None:
    panel = listed(scene)
    choose(panel, "/home/u/Tax/2023/return.pdf", "/home/u/Tax/notes.md")
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    scene.until(lambda: len(rows(scene)) == 6)
    assert not scene.runtime.library.calls and scene.window.undo.isVisible()
    scene.window.undo.undo_button.click()
    scene.until(lambda: len(rows(scene)) == 8)
    choose(panel, "/home/u/Tax")
    panel.remove_button.click()
    scene.until(lambda: len(rows(scene)) == 5)
    scene.window.undo.settle()
    scene.until(lambda: scene.runtime.library.calls == [("remove", Path("/home/u/Tax"))])
    scene.until(lambda: len(scene.runtime.library.more) == 5 and len(rows(scene)) == 5)


def test_a_question_makes_a_removal_final(scene: Scene) -> None:
    panel = listed(scene)
    panel.remove(["/home/u/Tax/notes.md"])
    scene.ask()
    scene.until(lambda: scene.runtime.library.calls == [("remove", Path("/home/u/Tax/notes.md"))])
    assert not scene.window.undo.isVisible()


def test_a_removal_is_final_when_the_window_closes(scene: Scene) -> None:
    panel = listed(scene)
    panel.remove(["/home/u/Tax/notes.md"])
    scene.window.close()
    assert scene.bridge.close(5.0)
    assert scene.runtime.library.calls == [("remove", Path("/home/u/Tax/notes.md"))]


def test_the_queue_is_told_paused_and_cancelled(scene: Scene) -> None:
    panel = listed(scene)
    assert panel.strip.isHidden()
    working = Working("/home/u/Work/soon.xlsx", "reading", 0.4)
    tell(scene, LibraryState(27, 12, 40, (working,), 41.3, 120.0))
    scene.until(lambda: panel.strip.isVisible())
    assert panel.strip.text.text() == "12 of 40 files · 41 passages/s · about 2 min left"
    assert panel.strip.now.text() == "Reading soon.xlsx, 40 %"
    assert panel.strip.bar.value() == 310
    scene.until(lambda: rows(scene)["soon.xlsx"] == "is being read, 40 %")
    panel.strip.pause_button.click()
    scene.until(lambda: panel.strip.text.text().startswith("Paused"))
    assert panel.strip.pause_button.accessibleName() == "Go on indexing"
    panel.strip.pause_button.click()
    scene.until(lambda: not panel.strip.text.text().startswith("Paused"))
    panel.strip.cancel_button.click()
    scene.until(lambda: panel.strip.isHidden())
    assert [call[0] for call in scene.runtime.library.calls] == ["pause", "resume", "cancel"]


def test_why_nothing_goes_on_is_said(scene: Scene) -> None:
    panel = listed(scene)
    tell(scene, LibraryState(3, 0, 3, reason="No node can embed now"))
    scene.until(lambda: panel.strip.text.text() == "No node can embed now. 0 of 3 files.")


def test_a_protected_document_asks_for_its_password(scene: Scene) -> None:
    panel = listed(scene)
    choose(panel, "/home/u/Work/plan.pdf")
    assert panel.retry_button.isVisible() and panel.retry_button.text() == "Pass&word…"
    panel.retry_button.click()
    dialog = next(one for one in scene.window.findChildren(PasswordDialog))
    assert not dialog.read_button.isEnabled()
    QTest.keyClicks(dialog.field, "secret")
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    scene.until(lambda: ("retry", Path("/home/u/Work/plan.pdf"), "secret") in scene.runtime.library.calls)


def test_what_failed_is_tried_again(scene: Scene) -> None:
    panel = listed(scene)
    choose(panel, "/home/u/Work/broken.pdf")
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_F5)
    scene.until(lambda: ("retry", Path("/home/u/Work/broken.pdf"), "") in scene.runtime.library.calls)


def test_the_menu_offers_what_can_be_done(scene: Scene) -> None:
    panel = listed(scene)
    choose(panel, "/home/u/Work/soon.xlsx")
    menu = actions(document_menu(panel))
    assert {"Do this first", "Stop adding it", "Open file", "Show in folder", "Remove from library"} <= menu.keys()
    menu["Do this first"].trigger()
    scene.until(lambda: scene.runtime.library.calls == [("first", Path("/home/u/Work/soon.xlsx"))])
    choose(panel, "/home/u/Tax/2023/return.pdf")
    assert {"Show its passages", "Summarise", "Read again"} <= actions(document_menu(panel)).keys()
    actions(document_menu(panel))["Copy link"].trigger()
    assert read(QGuiApplication.clipboard().text()) == ToDocument("/home/u/Tax/2023/return.pdf")
    assert "is copied" in scene.window.pane.trouble.sentence.text()
    choose(panel, "/home/u/Work/plan.pdf")
    assert "Enter its password…" in actions(document_menu(panel))
    choose(panel, "/home/u/Work")
    assert {"Watch for changes", "Summarise"} <= actions(document_menu(panel)).keys()


def test_folders_are_watched_and_let_go(scene: Scene) -> None:
    panel = listed(scene)
    panel.watch("/home/u/Work", True)
    scene.until(lambda: [one.path for one in panel.source.folders] == ["/home/u/Work"])
    scene.until(lambda: any(row.watched for row in panel.view.shelf.entries))
    choose(panel, "/home/u/Work")
    assert "Stop watching it" in actions(document_menu(panel))
    assert "/home/u/Work" in actions(folders_menu(panel))
    panel.watch("/home/u/Work", False)
    scene.until(lambda: not panel.source.folders)


def test_a_watched_folder_without_documents_is_listed(scene: Scene) -> None:
    scene.runtime.library.watched = [WatchedFolder("/home/u/Inbox", "missing")]
    scene.attach()
    scene.window.show_documents()
    scene.until(lambda: titles(scene) == ["/home/u/Inbox"])


def test_rows_are_dragged_out_as_files(scene: Scene) -> None:
    panel = listed(scene)
    choose(panel, "/home/u/Tax/notes.md", "/home/u/Work/gone.txt")
    model = panel.view.shelf
    mime = model.mimeData(panel.view.selectedIndexes())
    assert [url.toLocalFile() for url in mime.urls()] == ["/home/u/Tax/notes.md", "/home/u/Work/gone.txt"]
    assert model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsDragEnabled


def test_thumbnails_come_for_rows_in_sight_only(scene: Scene) -> None:
    scene.runtime.library.more = [document(f"/home/u/Many/{at:04}.pdf") for at in range(2000)]
    scene.attach()
    scene.window.show_documents()
    scene.until(lambda: scene.runtime.library.drawn)
    scene.until(lambda: not scene.window.pictures.busy)
    drawn = scene.runtime.library.drawn
    assert {width for _, _, width in drawn} == {160}
    assert 3 <= len(drawn) < 60 and len(set(drawn)) == len(drawn)


def test_in_a_wide_window_pages_size_and_when_have_columns(scene: Scene) -> None:
    panel = listed(scene)
    scene.until(lambda: not panel.view.isColumnHidden(2))
    scene.window.resize(700, 600)
    scene.until(lambda: panel.view.isColumnHidden(2))
    panel.view.horizontalHeader().sectionClicked.emit(1)
    assert panel.filters.order.currentData() == "pages"


def test_the_passages_of_a_document_are_listed_and_lead_to_the_page(scene: Scene) -> None:
    panel = listed(scene)
    choose(panel, "/home/u/Tax/2023/return.pdf")
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    shown = scene.window.reading.passages
    scene.until(lambda: len(shown.list.rows.rows) == 2)
    assert shown.summary.text() == "2 passages" and shown.list.rows.rows[0].title == "1 · page 4 · Facts"
    shown.search.setText("garden")
    assert [row.key for row in shown.list.rows.rows] == ["1"]
    shown.search.clear()
    shown.list.select("0")
    shown.list.setFocus()
    QTest.keyClick(shown.list, Qt.Key.Key_Return)
    side = scene.window.side
    assert side.title == "Passage"
    scene.window.reading.passage.back_button.click()
    assert side.title == "Passages"
    shown.back_asked.emit()
    assert side.page is None and scene.window.views.page is panel


def test_a_monkey_on_the_library(scene: Scene) -> None:
    panel = listed(scene)
    chance = random.Random(7)
    keys = [
        Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_PageDown,
        Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Delete, Qt.Key.Key_F5, Qt.Key.Key_A, Qt.Key.Key_Tab,
    ]  # fmt: skip
    library = scene.runtime.library
    for step in range(400):
        what = chance.randrange(9)
        if what < 3:
            keyboard = chance.choice([Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier])
            QTest.keyClick(panel.view, chance.choice(keys), keyboard)
        elif what == 3:
            panel.filters.search.setText(chance.choice(["", "tax", "pdf zzz", "work", "ta"]))
        elif what == 4:
            place = QPoint(chance.randrange(300), chance.randrange(400))
            QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        elif what == 5:
            working = tuple(Working(one.path, "reading", chance.random()) for one in library.more[:2])
            tell(scene, LibraryState(step, step, 400, working))
        elif what == 6:
            at = chance.randrange(len(library.more) + 1)
            library.more.insert(at, document(f"/home/u/New/{chance.randrange(99)}-{step}.txt"))
            panel.source.refresh()
        elif what == 7:
            field = chance.choice([panel.filters.state, panel.filters.order, panel.filters.kind])
            field.setCurrentIndex(chance.randrange(max(1, field.count())))
        elif chance.random() < 0.5:
            scene.window.undo.undo_button.click() if scene.window.undo.isVisible() else panel.filters.clear()
        else:
            QApplication.processEvents()
    tell(scene, LibraryState())
    panel.filters.clear()
    panel.filters.folders.setChecked(False)
    scene.window.undo.settle()
    scene.until(lambda: len(rows(scene)) == len({one.path for one in library.more}))
    assert sorted(row.key for row in panel.view.shelf.entries) == sorted(one.path for one in library.more)


def test_ten_thousand_documents_are_arranged_without_loss() -> None:
    from app.ui import shelf

    infos = [replace(MANY[0], path=f"/data/{at % 40}/{at % 7}/file {at}.pdf") for at in range(10_000)]
    items = shelf.prepare(infos)
    whole = shelf.arrange(items, shelf.Wanted(), {})
    assert sum(not entry.folder for entry in whole.entries) == whole.total == 10_000
    closed = frozenset(entry.key for entry in whole.entries if entry.folder)
    folded = shelf.arrange(items, shelf.Wanted(closed=closed), {})
    assert all(entry.folder for entry in folded.entries)
    found = shelf.arrange(items, shelf.Wanted(text="file 9999", closed=closed), {})
    assert [entry.title for entry in found.entries if not entry.folder] == ["file 9999.pdf"]
