"""The nodes panel: many nodes, found and grouped, updated in their places; one in full; words for their states."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.events import NodeInfo
from app.ui import node_words
from app.ui.two_line import Row, RowModel
from app.ui.views import CONVERSATION
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import LOCAL, PI, RIG
from tests.ui.fleet import busy, fleet


def opened(scene: Scene, nodes: tuple[NodeInfo, ...], look: str = "list") -> None:
    """Open the page with `nodes`, as a list, a map or charts."""
    scene.runtime.cluster.known = nodes
    scene.attach()
    scene.window.show_nodes()
    scene.until(lambda: len(scene.window.nodes.nodes) == len(nodes))
    scene.window.nodes.look(look)
    scene.until((scene.window.nodes.map if look == "map" else scene.window.nodes.list).isVisible)


def titles(scene: Scene) -> list[str]:
    return [row.title for row in scene.window.nodes.list.rows.rows]


def test_nodes_stand_by_zone_and_in_the_order_of_their_numbers(scene: Scene) -> None:
    opened(scene, (*fleet(9, 1), RIG))
    assert titles(scene) == [
        "This machine", "attic · 3 nodes", "pi-1", "pi-5", "pi-9", "cellar · 3 nodes", "pi-2", "pi-6", "rig-1",
        "library · 2 nodes", "pi-3", "pi-7", "office · 2 nodes", "pi-4", "pi-8", "Not paired · 1 node", "rig",
    ]  # fmt: skip
    panel = scene.window.nodes
    assert panel.summary.text() == "11 of 11 can answer"
    panel.zones_toggle.click()
    assert titles(scene) == ["This machine", *(f"pi-{n}" for n in range(1, 10)), "rig-1", "rig"]


def test_a_node_is_found_by_its_words(scene: Scene) -> None:
    nodes = fleet(20, 2)
    gone = replace(nodes[3], state="unreachable")
    opened(scene, (*nodes[:3], gone, *nodes[4:]))
    panel = scene.window.nodes
    scene.until(panel.search.isVisible)
    panel.search.setFocus()
    QTest.keyClicks(panel.search, "cellar rig")
    assert titles(scene) == ["cellar · 2 nodes", "rig-1", "rig-2"]
    assert panel.summary.text() == "2 of 23 nodes match"
    panel.search.setText("not reached")
    assert [row.title for row in panel.list.rows.rows if not row.heading] == [gone.name]
    panel.search.setText("nothing like it")
    assert panel.summary.text() == "No node matches."
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert not panel.search.text() and scene.window.views.page is panel
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert scene.window.views.name == CONVERSATION


def test_the_keyboard_goes_through_the_list_and_past_headings(scene: Scene) -> None:
    opened(scene, fleet(8, 0))
    panel = scene.window.nodes
    panel.search.setFocus()
    QTest.keyClick(panel.search, Qt.Key.Key_Down)
    assert panel.list.hasFocus()
    reached = []
    for _ in range(4):
        QTest.keyClick(panel.list, Qt.Key.Key_Down)
        reached.append(panel.list.currentIndex().data())
    assert [name for name in reached if "·" in name] == []
    assert len(set(reached)) == 4 and panel.card.title.text() == reached[-1]
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert scene.window.undo.isVisible() and reached[-1] not in titles(scene)
    scene.window.undo.undo_button.click()
    assert reached[-1] in titles(scene)


def test_news_change_rows_in_their_places(scene: Scene) -> None:
    nodes = fleet(30, 0)
    opened(scene, nodes)
    panel = scene.window.nodes
    panel.list.select(nodes[20].id)
    bar = panel.list.verticalScrollBar()
    scene.until(lambda: bar.maximum() > 400)
    bar.setValue(200)
    resets: list[int] = []
    panel.list.rows.modelReset.connect(lambda: resets.append(1))
    newcomer = replace(nodes[5], name="pi-99", id="f" * 64)
    panel.show_nodes((*busy(nodes, 1), newcomer))
    panel.show_nodes(busy(nodes, 2)[:-1])
    assert not resets
    assert panel.list.current_key == nodes[20].id
    QApplication.processEvents()
    assert bar.value() == 200
    assert nodes[-1].name not in titles(scene) and "pi-99" not in titles(scene)
    assert panel.card.title.text() == nodes[20].name


def test_a_hidden_panel_does_no_work(scene: Scene) -> None:
    opened(scene, fleet(5, 0))
    panel = scene.window.nodes
    scene.window.views.back()
    before = panel.list.rows.rows[1:]
    panel.show_nodes(busy(fleet(5, 0), 1))
    assert panel.list.rows.rows[1:] == before
    scene.window.show_nodes()
    assert panel.list.rows.rows[1:] != before


def test_one_node_in_full(scene: Scene) -> None:
    hot = replace(
        PI, throttled=True, temperature_c=84.0, under_voltage=True, rights=frozenset({"use", "administer"}), active=1,
        slots=2,
    )  # fmt: skip
    scene.runtime.cluster.errors[PI.id] = 0.12
    opened(scene, (LOCAL, hot, RIG))
    panel = scene.window.nodes
    panel.list.select(PI.id)
    card = panel.card
    assert card.state.text() == "Ready, slowed by heat, 84 °C, power supply too weak."
    assert "Look at its fan" in card.advice_text.text() and "maker's supply" in card.advice_text.text()
    told = card.accessibleDescription()
    for words in ("Predictions: off by 12 % lately: good", "Load: 1 of 2 in use · 12 tokens/s", "Zone: attic",
                  "We may: ask questions and change models and settings", "Key: 2222 2222 2222 2222"):  # fmt: skip
        assert words in told
    panel.list.select(RIG.id)
    assert not card.advice.isVisible() and "Load" not in card.accessibleDescription()
    assert card.accessibleName() == "rig"


def test_states_in_words() -> None:
    now = time.monotonic()
    lost = replace(PI, state="unreachable")
    assert node_words.state(lost) == "not reached yet"
    assert node_words.state(replace(lost, seen_at=now)).startswith("not reached since ")
    assert "," in node_words.state(replace(lost, seen_at=now - 30 * 3600))  # names the day
    assert node_words.state(replace(PI, state="draining")) == "finishing, takes no new work"
    assert node_words.state(replace(PI, state="unpaired")) == "does not trust this machine any more"
    assert node_words.state(RIG) == "waits to be paired"
    assert node_words.dot(PI) == "good" and node_words.dot(lost) == "on_error"
    assert node_words.dot(replace(PI, under_voltage=True)) == "on_notice" and node_words.dot(RIG) == "muted"
    assert node_words.troubles(replace(PI, temperature_c=82.0)) == ["hot, 82 °C"]
    assert node_words.troubles(replace(lost, temperature_c=82.0)) == []  # old figures are not shown as news
    assert node_words.rights({"observe"}) == "see its state only: it answers no questions of this machine"
    assert node_words.rights(set()) == ""
    assert node_words.prediction(None) == "" and "learned" in node_words.prediction(1.4)
    assert node_words.some(fleet(10, 0), 2) == "this machine, pi-1 and 9 more"


@pytest.mark.parametrize(
    "after", ["abcd", "acd", "dcba", "xaybz", "", "bd", "dxa"], ids=lambda keys: f"to {keys or 'none'}"
)
def test_rows_come_go_and_move_one_by_one(qtbot: QtBot, after: str) -> None:
    model = RowModel()
    model.replace([Row(key, key) for key in "abcd"])
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    held = {key: QPersistentModelIndex(model.index(at)) for at, key in enumerate("abcd")}
    model.replace([Row(key, key.upper()) for key in after])
    assert "".join(row.key for row in model.rows) == after
    assert all(row.title == row.key.upper() for row in model.rows)
    assert not resets
    assert {key: index.row() for key, index in held.items()} == {key: after.find(key) for key in "abcd"}


def test_only_what_changed_is_painted(qtbot: QtBot) -> None:
    model = RowModel()
    model.replace([Row(key, key) for key in "abcdef"])
    painted: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: painted.append((first.row(), last.row())))
    model.replace([Row(key, key.upper() if key in "bcf" else key) for key in "abcdef"])
    assert painted == [(1, 2), (5, 5)]


def test_a_new_list_replaces_the_old_one_at_once(qtbot: QtBot) -> None:
    model = RowModel()
    model.replace([Row(f"a{at}", "x") for at in range(200)])
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    model.replace([Row(f"b{at}", "x") for at in range(200)])
    assert resets == [1] and model.rows[0].key == "b0"
