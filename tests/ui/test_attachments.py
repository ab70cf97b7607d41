"""Files that go with a question, as the window has them: chosen, pasted and dropped, as chips, sent and kept."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.attachments import MOST_FILES
from app.ui.attachment_strip import AttachedFile
from tests.ui.conftest import Scene


def written(folder: Path, name: str, text: str = "The ferry leaves at nine.") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def drop(scene: Scene, paths: list[Path], place: QPoint) -> None:
    """Drag files over the window to `place` and drop them there."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(scene.window, QDragEnterEvent(QPoint(10, 10), copy, mime, buttons, keys))
    QApplication.sendEvent(scene.window, QDragMoveEvent(place, copy, mime, buttons, keys))
    QApplication.sendEvent(scene.window, QDropEvent(QPointF(place), copy, mime, buttons, keys))


def pasted(scene: Scene, mime: QMimeData) -> None:
    scene.window.pane.composer.box.insertFromMimeData(mime)


def test_a_file_is_attached_told_sent_and_shown_with_its_question(scene: Scene, tmp_path: Path) -> None:
    letter, broken = written(tmp_path, "letter.txt"), tmp_path / "broken.txt"
    broken.write_bytes(b"\xff\xfe\x00")
    scene.attach()
    pane, composer = scene.window.pane, scene.window.pane.composer
    pane.attaching.add([letter, broken, letter])
    scene.until(lambda: len(composer.attachments.chips) == 2)
    good, bad = composer.attachments.chips
    scene.until(lambda: bad.state.text() == "cannot be read" and good.state.text() == "5 words")
    assert "The file is damaged." in bad.toolTip() and bad.close_button.accessibleName() == "Remove broken.txt"
    assert composer.box.placeholderText() == "Ask about 2 files…" and not composer.documents_toggle.isEnabled()
    bad.close_button.click()
    assert composer.box.placeholderText() == "Ask about letter.txt…"
    scene.ask("When does the ferry leave?")
    assert scene.runtime.assistant.questions[-1].attachments == (letter,)
    assert composer.attachments.isHidden() and composer.documents_toggle.isEnabled()
    (file,) = pane.view.questions[-1].findChildren(AttachedFile)
    assert file.toolTip() == str(letter)
    id = pane.conversation
    pane.new_conversation()
    pane.open_conversation(id, "")
    scene.until(lambda: pane.view.questions and pane.view.questions[0].findChildren(AttachedFile))
    scene.ask("And back?")
    assert not scene.runtime.assistant.questions[-1].attachments


def test_files_and_pictures_are_pasted_and_text_stays_text(scene: Scene, tmp_path: Path) -> None:
    scene.attach()
    strip, box = scene.window.pane.composer.attachments, scene.window.pane.composer.box
    files, picture, text = QMimeData(), QMimeData(), QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(written(tmp_path, "a.txt"))), QUrl("https://example.org/b.txt")])
    picture.setImageData(QImage(8, 8, QImage.Format.Format_RGB32))
    text.setText("see https://example.org")
    text.setImageData(QImage(8, 8, QImage.Format.Format_RGB32))
    for mime in (files, picture, text):
        pasted(scene, mime)
    assert box.toPlainText() == "see https://example.org"
    scene.until(lambda: len(strip.paths) == 2)
    assert {chip.name for chip in strip.chips} == {"a.txt", "Pasted picture"}
    assert scene.runtime.attachments.pasted()[0] in strip.paths


def test_what_is_dropped_is_asked_about_or_added_by_the_zone_that_it_falls_into(scene: Scene, tmp_path: Path) -> None:
    letter = written(tmp_path, "letter.txt")
    scene.attach()
    window, strip = scene.window, scene.window.pane.composer.attachments
    below, above = QPoint(300, window.height() - 60), QPoint(300, 60)
    drop(scene, [letter], below)
    scene.until(lambda: strip.paths == (letter,))
    assert not scene.runtime.library.paths and window.overlay.isHidden()
    drop(scene, [letter], above)
    scene.until(lambda: scene.runtime.library.paths == [letter])
    assert window.views.name == "library" and strip.paths == (letter,)
    drop(scene, [written(tmp_path, "b.txt")], below)
    scene.until(lambda: len(scene.runtime.library.paths) == 2)
    assert strip.paths == (letter,), "there is no question to ask on other pages"


def test_the_keyboard_goes_through_the_chips_and_removes_them(scene: Scene, tmp_path: Path) -> None:
    scene.attach()
    composer = scene.window.pane.composer
    scene.window.activateWindow()
    composer.attachments.add([written(tmp_path, f"{n}.txt") for n in range(3)])
    first, second, third = composer.attachments.chips
    first.close_button.setFocus()
    QTest.keyClick(first.close_button, Qt.Key.Key_Right)
    QTest.keyClick(second.close_button, Qt.Key.Key_Delete)
    assert composer.attachments.chips == [first, third]
    QTest.keyClick(third.close_button, Qt.Key.Key_Backspace)
    QTest.keyClick(first.close_button, Qt.Key.Key_Delete)
    assert composer.attachments.chips == [] and composer.attachments.isHidden()
    scene.window.pane.attaching.add([tmp_path])
    scene.until(lambda: "folder" in scene.window.pane.trouble.sentence.text())
    scene.window.pane.attaching.add([written(tmp_path, f"{n}.md") for n in range(MOST_FILES + 2)])
    scene.until(lambda: len(composer.attachments.chips) == MOST_FILES)
    assert scene.window.pane.trouble.sentence.text() == "At most 10 files can go with a question."


def test_the_text_box_grows_to_a_third_of_the_window(scene: Scene) -> None:
    composer = scene.window.pane.composer
    composer.show_draft("line\n" * 200)
    assert 0.2 < composer.box.height() / scene.window.height() < 0.4


def test_no_word_of_the_row_is_cut_off_at_any_width(scene: Scene) -> None:
    scene.attach()
    composer = scene.window.pane.composer
    row = (composer.documents_toggle, composer.collection, composer.persona, composer.where)
    composer.where.choose("cluster")
    texts = []
    for width in (1500, 1000, 860, 760):
        scene.window.resize(width, 700)
        QApplication.processEvents()
        assert all(one.width() >= one.sizeHint().width() for one in row), [one.text() for one in row]
        texts.append(composer.where.text())
    assert texts[0] == "Where: prefer cluster" and texts[-1] == "Cluster"
