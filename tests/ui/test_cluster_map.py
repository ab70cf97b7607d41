"""The nodes as a picture and as charts: where they stand, what tiles say, arrows, age of old values, rest and names."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.cluster.history import Past
from app.errors import NodeError
from app.events import WorkInfo
from app.ui import cluster_series, cluster_tiles, node_words
from app.ui.cluster_layout import DENSE_FROM, Box, plan
from app.ui.cluster_pi import PiDialog
from app.ui.nodes_panel import NodesPanel
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import LOCAL, PI, RIG
from tests.ui.fake_upkeep import hour
from tests.ui.fleet import busy, fleet
from tests.ui.test_nodes import opened

NOW = 10_000.0


@pytest.mark.parametrize("width", [120, 420, 700, 1100, 2400])
@pytest.mark.parametrize("counts", [(1,), (1, 4, 7), (1, 30, 2, 2, 2), (1, 25, 25, 25, 35)], ids=str)
def test_nothing_overlaps_and_nothing_is_wider_than_its_room(width: int, counts: tuple[int, ...]) -> None:
    headings = [False] * counts[0]
    for count in counts[1:]:
        headings += [True] + [False] * count
    made = plan(headings, width)
    assert set(made.tiles) == {row for row, heading in enumerate(headings) if not heading}
    assert made.dense == (sum(counts) >= DENSE_FROM)
    boxes = [area.box for area in made.areas]
    for several in (boxes, list(made.tiles.values())):
        for at, box in enumerate(several):
            assert box.x >= 0 and box.y + box.height <= made.height
            assert width < 240 or box.x + box.width <= width
            assert not any(overlap(box, other) for other in several[at + 1 :])


def overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def test_words_marks_and_ages() -> None:
    ready = replace(PI, seen_at=NOW)
    assert cluster_tiles.tile(ready, (None, 11.6)).figure == "12 tokens/s"
    assert cluster_tiles.tile(ready, (3.0, None)).figure == ""  # nothing is known now
    lost = replace(PI, state="unreachable", seen_at=NOW - 250, temperature_c=51.0)
    stale = cluster_tiles.tile(lost, (12.0, None), NOW)
    assert stale.stale and stale.words == "not reached, 4 min ago" and stale.figure == ""
    ages = [cluster_tiles.age(replace(PI, seen_at=NOW - s), NOW) for s in (5, 3599, 7300, 200_000)]
    assert ages == ["a moment ago", "59 min ago", "2 h ago", "2 days ago"]
    assert cluster_tiles.age(PI, NOW) == ""
    marks = [
        cluster_tiles.tile(node).mark
        for node in (ready, replace(ready, active=1), replace(ready, state="draining"), replace(ready, throttled=True),
                     lost, RIG)
    ]  # fmt: skip
    assert marks == ["full", "busy", "pause", "warn", "cross", "ring"]  # told apart without colour
    assert cluster_tiles.tile(replace(ready, state="draining", resting=True)).words == "rests"
    known = node_words.last_known(replace(lost, seen_at=time.monotonic() - 250))
    assert known == "4 min ago · 51\u00a0°C" and node_words.last_known(ready) == ""


def test_what_a_node_does_and_for_whom_in_words() -> None:
    mine = WorkInfo("chat", True, "", 3.2, 40)
    other = WorkInfo("chat", False, "anna", 12.0, 210)
    waits = WorkInfo("embed", False, "", 30.0, 0, waiting=True, background=True)
    assert cluster_tiles.work_lines((mine, other, waits)) == [
        "an answer for you · 40 tokens · 3 s",
        "an answer for anna · 210 tokens · 12 s",
        "documents to index for another machine · waits · 30 s · in the background",
    ]
    assert cluster_tiles.work_lines((mine,) * 6)[-1] == "and 2 more"
    said = [
        cluster_tiles.doing_words(replace(PI, work=work)) for work in ((), (mine,), (other,), (waits,), (mine, other))
    ]
    assert said == ["", "works for you", "works for anna", "works for others", "works for you and for others"]
    assert cluster_tiles.doing_words(replace(PI, work=(mine,), state="unreachable")) == ""


def on_the_map(scene: Scene) -> NodesPanel:
    nodes = tuple(replace(node, seen_at=time.monotonic()) for node in busy(fleet(9, 1), 1))
    scene.runtime.cluster.upkeep.past = hour(nodes)
    opened(scene, nodes, "map")
    panel = scene.window.nodes
    scene.until(lambda: (tile := panel.map.tile_of(nodes[1].id)) is not None and len(tile.trail) == 90)
    return panel


def test_the_map_is_gone_through_by_arrows_and_shares_its_choice_with_the_list(scene: Scene) -> None:
    panel = on_the_map(scene)
    panel.map.setFocus()
    reached = []
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_End):
        QTest.keyClick(panel.map, key)
        reached.append(panel.map.currentIndex().data())
    assert reached[0] == "This machine" and reached[1] == "pi-1" and reached[2] == "pi-5" and reached[-1] == "pi-8"
    assert panel.card.title.text() == "pi-8" and panel.list.current_key == panel.map.current_key
    assert panel.map.visualRect(panel.map.currentIndex()).bottom() <= panel.map.viewport().height()
    rect = panel.map.visualRect(panel.list.rows.index(0))
    QTest.mouseClick(panel.map.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert panel.card.title.text() == "This machine"
    QTest.keyClick(panel.map, Qt.Key.Key_Delete)
    assert not scene.window.undo.isVisible()  # this machine cannot be unpaired
    panel.search.setText("rig")
    assert panel.map.model().rowCount() == 2


def test_a_page_that_nobody_sees_asks_for_nothing(scene: Scene) -> None:
    panel = on_the_map(scene)
    scene.window.views.back()
    assert not panel.past._timer.isActive()
    scene.window.show_nodes()
    assert panel.past._timer.isActive()


def test_a_node_rests_and_is_woken_from_the_window(scene: Scene) -> None:
    upkeep = scene.runtime.cluster.upkeep
    mine = replace(PI, rights=frozenset({"use", "administer"}))
    opened(scene, (LOCAL, mine, RIG), "map")
    panel = scene.window.nodes
    panel.list.select(LOCAL.id)
    assert not panel.deeds.rest_button.isVisible() and not panel.deeds.name_button.isVisible()
    panel.list.select(PI.id)
    panel.deeds.rest_button.click()
    scene.until(lambda: upkeep.rested == [(PI.id, True)] and scene.window.undo.isVisible())
    scene.window.undo.undo_button.click()
    scene.until(lambda: upkeep.rested[1:] == [(PI.id, False)])
    panel.show_nodes((LOCAL, replace(mine, state="draining", resting=True), RIG))
    assert panel.deeds.rest_button.accessibleName() == "Wake"
    upkeep.refuses = NodeError("This machine may not administer that node.", code="not_allowed")
    panel.deeds.rest_button.click()
    scene.until(scene.window.pane.trouble.isVisible)
    assert "may not administer" in scene.window.pane.trouble.sentence.text() and panel.deeds.rest_button.isEnabled()


def test_a_node_gets_a_name_and_a_place(scene: Scene) -> None:
    opened(scene, (LOCAL, PI, RIG), "map")
    panel = scene.window.nodes
    panel.list.select(PI.id)
    panel.deeds.name_button.click()
    dialog = panel.deeds.dialog
    assert dialog is not None and dialog.zone.currentText() == "attic"
    dialog.name.setText("")
    assert not dialog.save_button.isEnabled()
    dialog.name.setText("kitchen")
    dialog.zone.setCurrentText("home")
    dialog.save_button.click()
    scene.until(lambda: scene.runtime.cluster.upkeep.labels == [(PI.id, "kitchen", "home")])
    scene.until(lambda: panel.deeds.dialog is None)


def test_charts_say_in_words_what_they_draw() -> None:
    past = hour(fleet(10, 1), NOW)
    assert cluster_series.tokens(past, NOW, 15).words == "Now 218 tokens/s; 109 on average, 242 at most."
    assert cluster_series.availability(past, NOW, 60).words == "Now 12 of 12 nodes; 99.1 % over this time."
    assert cluster_series.availability(past, NOW, 15).words == "Now 12 of 12 nodes; 100.0 % over this time."
    waits = cluster_series.first_tokens(past, NOW, 60)
    assert waits.words == "400 answers of this machine: half began within 0.27 s, 99 of 100 within 2.1 s."
    assert len(waits.lines) == 2 and len(waits.lines[0][0]) <= 16
    assert all(len(line[0]) <= 241 for line in cluster_series.queue(past, NOW, 60).lines)
    for make in (cluster_series.tokens, cluster_series.queue, cluster_series.first_tokens, cluster_series.availability):
        assert make(Past(), NOW, 15).lines == ()
    assert [cluster_series.seconds(ms) for ms in (340, 2100, 12_000)] == ["0.34 s", "2.1 s", "12 s"]


def test_charts_are_drawn_beside_the_window(scene: Scene) -> None:
    panel = on_the_map(scene)
    panel.looks["charts"].click()
    charts = panel.charts
    assert charts is not None
    scene.until(lambda: charts.ready and charts.cards[0].series.lines)
    drawn = charts.cards[0].plot.listDataItems()[0].getData()
    assert len(drawn[0]) > 100 and charts.cards[0].accessibleDescription() == charts.cards[0].words.text()
    before = charts.cards[3].words.text()
    charts.spans[1].click()
    assert charts.cards[3].words.text() != before
    scene.window.theme.choose("dark")
    assert not panel.search.isVisible() and not panel.card.isVisible()
    panel.looks["list"].click()
    assert panel.list.isVisible() and panel.search.isVisible()


def test_a_card_for_a_new_pi_is_written(scene: Scene, tmp_path: Path) -> None:
    opened(scene, (LOCAL, replace(PI, name="pi-1"), RIG), "map")
    panel = scene.window.nodes
    panel.deeds.add_button.click()
    dialog = panel.deeds.pi_dialog
    assert isinstance(dialog, PiDialog) and dialog.name.text() == "pi-2"
    dialog.program = tmp_path  # no program here: packing it is tested elsewhere
    dialog.choose_folder = lambda _title: str(tmp_path)
    dialog.name.setText("no name!")
    dialog.card_button.click()
    assert dialog.note.isVisible() and "no name for a Pi" in dialog.note_text.text()
    dialog.name.setText("kitchen")
    dialog.card_button.click()
    scene.until(lambda: "not the boot partition" in dialog.note_text.text())
    assert not scene.runtime.cluster.upkeep.taken  # no token was made for nothing
    for mark in ("config.txt", "cmdline.txt"):
        (tmp_path / mark).touch()
    dialog.card_button.click()
    scene.until(lambda: "user-data" in dialog.note_text.text())
    assert "tangnet-join-1" in (tmp_path / "user-data").read_text() and "port 7445" in dialog.note_text.text()
    dialog.script_button.click()
    scene.until(lambda: "make-a-node.sh" in dialog.note_text.text())
    dialog.reject()
    scene.until(lambda: panel.deeds.pi_dialog is None)
