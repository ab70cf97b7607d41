"""Saving transcripts from the library's menu: every form, never over a file unasked, and said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox

from app.errors import DocumentError
from app.transcript_file import write
from app.transcripts import FORMS, Form, written
from app.ui.document_menu import document_menu
from app.ui.transcript_export import PATIENCE_MS, choose
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import SAID, document
from tests.ui.test_documents import choose as select


def shown(scene: Scene, *paths: Path) -> None:
    scene.runtime.library.more = [document(path) for path in paths]
    scene.attach()
    scene.window.show_documents()
    scene.until(lambda: len(scene.window.documents.view.shelf.entries) > len(paths) - 1)


def said(scene: Scene) -> str:
    return scene.window.pane.trouble.sentence.text()


def test_recordings_offer_every_form_and_other_files_none(scene: Scene, tmp_path: Path) -> None:
    shown(scene, tmp_path / "talk.mp3", tmp_path / "plan.pdf")
    panel = scene.window.documents
    select(panel, str(tmp_path / "plan.pdf"))
    menu = document_menu(panel)
    assert menu is not None and not menu.findChildren(QMenu)
    select(panel, str(tmp_path / "talk.mp3"))
    menu = document_menu(panel)
    assert menu is not None
    (below,) = menu.findChildren(QMenu)
    assert below.title() == "Save tr&anscript as"
    assert [form.upper() in action.text() for form, action in zip(FORMS, below.actions(), strict=True)] == [True] * 4
    below.actions()[1].trigger()
    (dialog,) = scene.window.findChildren(QFileDialog)
    assert dialog.selectedFiles() == [str(tmp_path / "talk.srt")]
    dialog.reject()


@pytest.mark.parametrize("form", FORMS)
def test_a_transcript_is_saved_where_the_dialog_says(scene: Scene, tmp_path: Path, form: Form) -> None:
    shown(scene, tmp_path / "talk.mp3")
    dialog = choose(scene.window.documents, str(tmp_path / "talk.mp3"), form)
    target = tmp_path / f"what was said.{form}"
    dialog.selectFile("what was said")  # the ending comes by itself
    dialog.accept()
    scene.until(lambda: said(scene) == f"The transcript was saved as {target}.")
    assert target.read_text(encoding="utf-8") == written(SAID, form)
    if form == "json":
        assert json.loads(target.read_text())["words"][1] == {"text": "tower", "start": 0.3, "end": 0.9}


@pytest.mark.parametrize("agrees", [True, False])
def test_a_file_that_is_there_is_asked_for(scene: Scene, tmp_path: Path, agrees: bool) -> None:
    shown(scene, tmp_path / "talk.mp3")
    target = tmp_path / "talk.txt"
    target.write_text("Mine.")
    dialog = choose(scene.window.documents, str(tmp_path / "talk.mp3"), "txt")
    asked: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(10, answer)
            return
        asked.append(box.text())
        box.button(QMessageBox.StandardButton.Yes if agrees else QMessageBox.StandardButton.No).click()

    QTimer.singleShot(10, answer)
    dialog.accept()
    assert len(asked) == 1 and "talk.txt" in asked[0]
    if agrees:
        scene.until(lambda: "was saved" in said(scene))
        assert target.read_text() == written(SAID, "txt")
    else:
        dialog.reject()
        assert target.read_text() == "Mine." and not said(scene)


def test_what_takes_long_is_said_to_go_on(scene: Scene, tmp_path: Path) -> None:
    shown(scene, tmp_path / "talk.mp3")
    gate = scene.gate()
    scene.runtime.library.speaking = gate.event
    scene.window.documents.export(str(tmp_path / "talk.mp3"), tmp_path / "talk.vtt", "vtt")
    scene.until(lambda: said(scene) == "Writing talk.vtt…", seconds=10 + PATIENCE_MS / 1000)
    gate.open()
    scene.until(lambda: "was saved" in said(scene))


def test_trouble_is_told_and_leaves_nothing(scene: Scene, tmp_path: Path) -> None:
    shown(scene, tmp_path / "talk.mp3")
    scene.runtime.library.spoken = DocumentError("Nothing that is said is known of talk.mp3.", code="no_transcript")
    panel = scene.window.documents
    panel.export(str(tmp_path / "talk.mp3"), tmp_path / "talk.txt", "txt")
    scene.until(lambda: "Nothing that is said" in said(scene))
    scene.runtime.library.spoken = SAID
    panel.export(str(tmp_path / "talk.mp3"), tmp_path / "talk.mp3", "txt")
    scene.until(lambda: "is the recording" in said(scene))
    panel.export(str(tmp_path / "talk.mp3"), Path("/proc/talk.txt"), "txt")
    scene.until(lambda: "cannot be written" in said(scene))
    assert not list(tmp_path.glob("talk.*")) and not list(tmp_path.glob(".*"))


def test_a_file_that_comes_into_being_meanwhile_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "talk.txt"
    target.write_text("Mine.")
    with pytest.raises(Exception, match="is there already"):
        write(target, "Other.", over=False)
    assert target.read_text() == "Mine."
    write(target, "Other.", over=True)
    assert target.read_text() == "Other." and [one.name for one in tmp_path.iterdir() if one.is_file()] == ["talk.txt"]
