"""Documents, nodes, pairing, models, settings: what the panels around the conversation do."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from app.errors import NodeError
from app.events import EngineInfo
from app.thinking import ModelProgress
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import LOCAL, PI, RIG, TOWER


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


WRONG = "The code is wrong. Look at the node again."


def texts(dialog: QDialog) -> str:
    return "\n".join(found.text() for found in dialog.findChildren(QLabel) if found.isVisible())


def rows(scene: Scene) -> dict[str, str]:
    return {row.title: row.detail for row in scene.window.documents.view.shelf.entries if not row.folder}


def test_nodes_are_listed_and_the_pill_counts_them(scene: Scene) -> None:
    scene.attach()
    scene.until(lambda: scene.window.pane.pill.text() == "Ready · 2 nodes")
    scene.window.pane.pill.click()
    assert scene.window.views.page is scene.window.nodes
    scene.window.nodes.look("list")
    found = scene.window.nodes.list.rows
    scene.until(lambda: len(found.rows) == 3)
    assert [row.title for row in found.rows] == ["This machine", "pi-3", "rig"]
    assert "12 tokens/s" in found.rows[1].detail and "waits to be paired" in found.rows[2].detail


def test_pairing_says_what_is_wrong_and_then_succeeds(scene: Scene) -> None:
    scene.attach()
    nodes = scene.window.nodes
    scene.window.show_nodes()
    nodes.look("list")
    scene.until(lambda: len(nodes.list.rows.rows) == 3)
    nodes.list.select(RIG.id)
    assert nodes.pair_button.isVisible() and not nodes.unpair_button.isVisible()
    nodes.pair_button.click()
    dialog = nodes.pairing
    assert dialog is not None and not dialog.pair_button.isEnabled()
    QTest.keyClicks(dialog.digits, "1111 abc 2222")
    assert dialog.digits.text() == "1111  2222"
    QTest.keyClick(dialog.digits, Qt.Key.Key_Return)
    scene.until(lambda: dialog.problem_text.text() == WRONG + " Two tries are left with these digits.")
    dialog.digits.clear()
    QTest.keyClicks(dialog.digits, "1234-5678")
    with scene.qtbot.waitSignal(dialog.paired, timeout=60_000):
        QTest.keyClick(dialog.digits, Qt.Key.Key_Return)
    assert scene.runtime.cluster.paired == [(RIG.address, "11112222"), (RIG.address, "12345678")]
    assert dialog.mark.text() == "12ab 34cd 56ef 7890"
    scene.until(lambda: "Both machines show" in texts(dialog))
    assert dialog.title.text() == "rig is paired" and not dialog.asking.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    scene.until(lambda: nodes.pairing is None)
    assert not scene.runtime.cluster.unpaired


def test_pairing_counts_tries_and_starts_anew_with_new_digits(scene: Scene) -> None:
    scene.attach()
    scene.until(lambda: scene.window.nodes.nodes)
    scene.window.nodes.open_pairing(RIG.id)
    dialog = scene.window.nodes.pairing
    assert dialog is not None
    for left in (" Two tries are left with these digits.", " One try is left with these digits.", "", " Two tries are"):
        dialog.problem_text.clear()
        dialog.digits.setText("11112222")
        dialog.pair_button.click()
        scene.until(dialog.problem_text.text)
        assert dialog.problem_text.text().startswith(WRONG + left)
    dialog.reject()


def test_pairing_says_how_long_it_stays_open_where_that_was_seen(scene: Scene) -> None:
    scene.attach()
    panel = scene.window.nodes
    scene.until(lambda: panel.nodes)
    panel.open_pairing(RIG.id)  # it was open when it was seen first: nobody knows since when
    assert panel.pairing is not None and not panel.pairing.time_line.isVisible()
    panel.pairing.reject()
    panel.show_nodes((LOCAL, replace(RIG, pairing=False)))
    panel.show_nodes((LOCAL, RIG))
    panel.open_pairing(RIG.id)
    dialog = panel.pairing
    assert dialog is not None and dialog.time_line.text().startswith("The digits are good for 1")
    dialog.show_time(time.monotonic() + 121)
    assert dialog.time_line.text() == "The time is over. Run  tangnet-node pair  again for new digits."
    dialog.reject()


def test_pairing_by_a_pasted_link(scene: Scene) -> None:
    scene.attach()
    scene.window.nodes.open_pairing("")
    dialog = scene.window.nodes.pairing
    assert dialog is not None
    link = f"tangnet://pair/10.0.0.9:7443?code=12345678&key={'ab' * 16}"
    QGuiApplication.clipboard().setText(f"  tangnet pair '{link}'\n")
    dialog.address.paste()
    assert dialog.digits.text() == link and not dialog.address.isVisible()
    dialog.digits.clear()
    assert dialog.address.isVisible() and not dialog.pair_button.isEnabled()
    dialog.digits.paste()
    assert dialog.digits.text() == link and dialog.pair_button.text() == "&Pair with 10.0.0.9:7443"
    with scene.qtbot.waitSignal(dialog.paired, timeout=60_000):
        dialog.pair_button.click()
    assert scene.runtime.cluster.paired == [(link, "")]
    dialog.differ_button.click()
    scene.until(lambda: scene.runtime.cluster.unpaired == [RIG.id])


def test_pairing_by_address_asks_for_it(scene: Scene) -> None:
    scene.attach()
    scene.window.nodes.open_pairing("")
    dialog = scene.window.nodes.pairing
    assert dialog is not None
    QTest.keyClicks(dialog.digits, "12345678")
    assert not dialog.pair_button.isEnabled()
    QTest.keyClicks(dialog.address, "10.0.0.9:7443")
    assert dialog.pair_button.isEnabled()
    dialog.reject()


def test_unpairing_can_be_undone_and_is_final_afterwards(scene: Scene) -> None:
    scene.attach()
    nodes = scene.window.nodes
    scene.window.show_nodes()
    nodes.look("list")
    scene.until(lambda: len(nodes.list.rows.rows) == 3)
    nodes.unpair(PI.id)
    assert [row.title for row in nodes.list.rows.rows] == ["This machine", "rig"]
    scene.window.undo.undo_button.click()
    assert len(nodes.list.rows.rows) == 3 and not scene.runtime.cluster.unpaired
    nodes.unpair(PI.id)
    scene.window.undo.settle()
    scene.until(lambda: scene.runtime.cluster.unpaired == [PI.id])


def test_unpairing_is_final_when_the_window_closes(scene: Scene) -> None:
    scene.attach()
    scene.until(lambda: len(scene.window.nodes.nodes) == 3)
    scene.window.nodes.unpair(PI.id)
    scene.window.close()
    assert scene.bridge.close(5.0)
    assert scene.runtime.cluster.unpaired == [PI.id] and scene.runtime.closed


def test_models_load_and_a_weak_one_is_told_and_replaced(scene: Scene) -> None:
    scene.attach()
    card = scene.window.pane.models
    scene.until(lambda: card.title.text() == "Ready on this machine" and card.choice.count() == 1)
    assert "too weak to be trusted" in card.weak_text.text()
    assert card.choice.itemText(0) == "qwen2.5-1.5b (1.1 GB, Apache-2.0)"
    card.fetch_button.click()
    scene.until(lambda: scene.runtime.cluster.sources == ["qwen2.5-1.5b"])
    scene.until(lambda: card.fetch_row.isHidden())


def test_a_failed_engine_and_a_failed_download_are_told(scene: Scene) -> None:
    scene.runtime.cluster.engines = ((EngineInfo("chat", "failed", message="The file is damaged."),),)
    scene.runtime.cluster.downloads = (ModelProgress(5, 100, "downloading", "x"), NodeError("The disk is full."))
    scene.attach()
    card = scene.window.pane.models
    scene.until(lambda: card.choice.count() == 1)
    assert card.problem.text() == "The file is damaged."
    card.fetch_button.click()
    scene.until(lambda: "The disk is full." in card.weak_text.text())


def test_in_a_narrow_window_the_panel_takes_the_room_and_gives_it_back(scene: Scene) -> None:
    scene.attach()
    scene.ask()
    conversation = scene.window.splitter.widget(1)
    assert conversation is not None
    scene.window.resize(860, 640)
    scene.window.reading.show_passage(TOWER)
    scene.until(lambda: scene.window.side.isVisible() and not conversation.isVisible())
    assert scene.window.side.wide_button.isChecked()
    scene.window.side.dismiss()
    scene.until(conversation.isVisible)
    scene.window.resize(1180, 780)
    scene.window.reading.show_passage(TOWER)
    scene.until(lambda: scene.window.side.isVisible() and conversation.isVisible())
    assert not scene.window.side.wide_button.isChecked()
