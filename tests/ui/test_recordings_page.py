"""The page of recordings: which there are, what is said in one, played from a time, saved, recorded, taken out."""

from __future__ import annotations

import wave
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.errors import DocumentError
from app.ui.recordings_page import RecordingsPage
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import document
from tests.ui.fake_sound import FakePlayer


def sound(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\x01\x00" * 16_000)
    return path


def opened(scene: Scene, tmp_path: Path) -> RecordingsPage:
    talk = sound(tmp_path / "Talk.wav")
    scene.runtime.library.more = [
        document(talk, modified="2026-02-01T00:00:00+00:00"),
        document(tmp_path / "Old.mp3", "missing", modified="2025-02-01T00:00:00+00:00"),
        document(tmp_path / "Report.pdf"),
    ]
    scene.attach()
    page = scene.window.views.present("recordings")
    assert isinstance(page, RecordingsPage)
    return page


def test_with_none_there_is_a_sentence_and_the_button(scene: Scene) -> None:
    scene.attach()
    page = scene.window.views.present("recordings")
    assert isinstance(page, RecordingsPage)
    assert page.record_button.isVisible() and not page.list.isVisible()
    page.record_button.click()
    assert page.record_button.text() == "End the &recording" and scene.window.recording.active
    page.record_button.click()
    scene.until(lambda: page.record_button.text() == "&Record")


def test_what_is_said_is_read_played_from_a_time_and_saved(scene: Scene, tmp_path: Path) -> None:
    page = opened(scene, tmp_path)
    scene.until(lambda: "The tower is high." in page.text.toPlainText())
    assert [Path(path).name for path in page.recordings] == ["Talk.wav", "Old.mp3"]
    assert page.about.text().startswith("0:02 · 1 Feb") and page.about.text().endswith("written down")
    players: list[FakePlayer] = []
    page.playback.loudspeaker = lambda _began, hint: players.append(FakePlayer(hint)) or players[-1]  # type: ignore
    page.text.anchorClicked.emit(QUrl("at:0.500"))
    scene.until(lambda: players and len(b"".join(players[0].played)) == 16_000)
    page.text.setFocus()
    QTest.keyClick(page.text, Qt.Key.Key_Space)
    page.forms().actions()[1].trigger()
    (dialog,) = scene.window.findChildren(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("Talk.srt")
    dialog.reject()
    page.list.select(str(tmp_path / "Old.mp3"))
    assert page.text.toPlainText() == "The file is no longer there." and not page.playback.isVisible()


def test_one_in_no_library_can_be_added_and_one_taken_out_comes_back(scene: Scene, tmp_path: Path) -> None:
    own = sound(scene.runtime.home / "recordings" / "Recording 2026-11-23 14.05.wav")
    page = opened(scene, tmp_path)
    scene.until(lambda: len(page.recordings) == 3)
    page.list.select(str(own))
    assert page.add_button.isVisible() and "not in your library" in page.text.toPlainText()
    page.add_button.click()
    scene.until(lambda: page.recordings[str(own)].state == "indexed" and not page.add_button.isVisible())
    page.remove_button.click()
    scene.window.undo.settle()
    scene.until(lambda: page.recordings[str(own)].state == "elsewhere")
    scene.runtime.library.spoken = DocumentError("Nobody can read it.", hint="Add it again.")
    page.list.select(str(tmp_path / "Talk.wav"))
    scene.until(lambda: page.text.toPlainText() == "Nobody can read it. Add it again.")
