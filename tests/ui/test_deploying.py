"""Putting models on nodes: choosing, progress of each node, stopping, failing; and what the nodes panel shows of it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.errors import NodeError
from app.events import DeploymentInfo, NodeInfo
from app.ui import phrases
from app.ui.deploy_dialog import DeployDialog
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import LOCAL, PI, STARTER

ADMIN = frozenset({"use", "administer"})
SIZE = STARTER.bytes


def on(node: NodeInfo, state: str, done: int = 0, rate: float = 0.0, message: str = "") -> DeploymentInfo:
    """Return how far the starter model is on a node."""
    return DeploymentInfo(node.name, node.id, STARTER.name, STARTER.sha256, state, done, SIZE, rate, message)


MINE = replace(PI, rights=ADMIN, disk_free_bytes=20_000_000_000, labels=("big",))
SECOND = replace(MINE, name="pi-4", id="4" * 64)
FOREIGN = replace(MINE, name="pi-5", id="5" * 64, rights=frozenset({"use"}))
FULL = replace(MINE, name="pi-6", id="6" * 64, disk_free_bytes=1000)
HAS = replace(MINE, name="pi-7", id="7" * 64, models=(STARTER,))


def opened(scene: Scene, *nodes: NodeInfo) -> DeployDialog:
    """Open the dialog over these nodes."""
    scene.runtime.cluster.known = (LOCAL, *nodes)
    scene.attach()
    card = scene.window.pane.models
    scene.until(lambda: card.push_row is not None)
    assert card.push_row is not None
    card.push_row.button.click()
    scene.until(lambda: card.dialog is not None)
    assert card.dialog is not None
    return card.dialog


def details(dialog: DeployDialog) -> dict[str, str]:
    return {row.title: row.detail for row in dialog.list.rows.rows}


def test_without_other_nodes_nothing_is_offered(scene: Scene) -> None:
    scene.runtime.cluster.known = (LOCAL,)
    scene.attach()
    scene.until(lambda: scene.window.nodes.nodes)
    assert scene.window.pane.models.push_row is None


def test_a_model_is_put_on_chosen_nodes_and_each_tells_how_far_it_is(scene: Scene) -> None:
    gate = scene.gate()
    scene.runtime.cluster.arriving = (
        DeploymentInfo("local", "local", STARTER.name, STARTER.sha256, "hashing", SIZE // 2, SIZE),
        on(MINE, "fetching", SIZE // 2, 7_000_000.0),
        replace(on(SECOND, "failed"), message="The disk is full."),
        gate.event,
        on(MINE, "ready", SIZE),
    )
    dialog = opened(scene, MINE, SECOND, FOREIGN, FULL, HAS)
    reasons = details(dialog)
    assert "tangnet-node grant" in reasons["pi-5 · attic"]
    assert reasons["pi-6 · attic"] == "has only 1 MB free" and reasons["pi-7 · attic"] == "has it"
    assert reasons["pi-3 · attic"].startswith("20.0 GB free · big")
    assert not dialog.start_button.isEnabled()
    dialog.list.setFocus()
    dialog.list.select(MINE.id)
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    assert dialog.list.currentIndex().data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    dialog.list.select(FOREIGN.id)
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    assert dialog.start_button.text() == "&Put it there"
    dialog.all_button.click()
    assert dialog.start_button.text() == "&Put it on 2 nodes"
    dialog.rate.setCurrentIndex(2)
    dialog.start_button.click()
    scene.until(lambda: "failed" in dialog.line.text())
    assert scene.runtime.cluster.pushes == [(STARTER.sha256, ["pi-3", "pi-4"], 5.0)]
    assert details(dialog) == {"pi-3 · attic": "49 MB of 98 MB, 7 MB/s, about 5 s left",
                               "pi-4 · attic": "The disk is full."}  # fmt: skip
    dialog.reject()
    card = scene.window.pane.models
    assert card.push_row is not None and card.push_row.bar.value() == 250
    assert "0 of 2 nodes have it" in card.push_row.text.text()
    gate.open()
    scene.until(lambda: card.pushing is not None and not card.pushing.running)
    assert card.push_row.text.text() == "smollm2-135m: 1 of 2 nodes have it, 1 failed"
    assert card.push_row.stop_button.isHidden()


def test_a_push_can_be_stopped_and_begun_anew(scene: Scene) -> None:
    gate = scene.gate()
    scene.runtime.cluster.arriving = (on(MINE, "fetching", SIZE // 4), gate.event)
    dialog = opened(scene, MINE)
    dialog.list.chosen.emit(MINE.id)
    dialog.start_button.click()
    scene.until(lambda: "24 MB of 98 MB" in details(dialog)["pi-3 · attic"])
    dialog.stop_button.click()
    scene.until(lambda: dialog.line.text().startswith("Stopped."))
    assert "what has come is kept" in dialog.line.text()
    assert not dialog.stop_button.isVisible()
    dialog.again_button.click()
    assert dialog.start_button.isVisible() and not dialog.start_button.isEnabled()


def test_a_push_that_cannot_begin_says_why(scene: Scene) -> None:
    scene.runtime.cluster.arriving = (NodeError("This machine's node cannot offer it.", hint="Start it again."),)
    dialog = opened(scene, MINE)
    dialog.list.chosen.emit(MINE.id)
    dialog.start_button.click()
    scene.until(lambda: dialog.line.text() == "This machine's node cannot offer it. Start it again.")


def test_the_nodes_panel_shows_models_on_their_way(scene: Scene) -> None:
    scene.runtime.cluster.known = (LOCAL, MINE, SECOND)
    scene.runtime.cluster.deployed = (
        on(MINE, "fetching", SIZE // 2, 7_000_000.0), on(SECOND, "waiting", 0, 0.0, "Waits for room on its disk."),
    )  # fmt: skip
    scene.attach()
    scene.window.show_nodes()
    panel = scene.window.nodes
    scene.until(lambda: any(row.fraction == 0.5 for row in panel.list.rows.rows))
    assert "model 50 % there" in next(row.detail for row in panel.list.rows.rows if row.title == "pi-3")
    panel.list.select(MINE.id)
    (line,) = panel.card.lines.values()
    assert line.text.text() == "smollm2-135m: 49 MB of 98 MB, 7 MB/s, about 5 s left" and line.bar.value() == 500
    panel.list.select(SECOND.id)
    (line,) = panel.card.lines.values()
    assert line.text.text() == "smollm2-135m: Waits for room on its disk."
    panel.show_deployments((on(SECOND, "ready", SIZE),))
    scene.until(lambda: not panel.card.lines)
    assert panel.models_button.isVisible()
    panel.models_button.click()
    scene.until(lambda: scene.window.pane.models.dialog is not None)
    dialog = scene.window.pane.models.dialog
    assert dialog is not None
    assert [row.title for row in dialog.list.rows.rows if row.checked] == ["pi-4 · attic"]


def test_sentences_about_pushes() -> None:
    hashing = DeploymentInfo("local", "local", "m", "", "hashing", 25, 100)
    assert phrases.pushing_line("m", [hashing], 3) == "Preparing m on this machine… 25 %"
    assert phrases.pushing_line("m", [], 3) == "Preparing m on this machine…"
    assert phrases.pushing_line("m", [on(MINE, "ready"), on(SECOND, "ready")], 2) == "m: 2 nodes have it"
    liar = replace(on(MINE, "fetching", 1_000_000, 2_000_000.0), dropped=("pi-9",))
    assert phrases.deployment_line(liar).endswith("pi-9 gave wrong data and is not asked any more")
    assert phrases.deployment_line(on(MINE, "verifying")) == "being checked"
    assert phrases.deployment_line(replace(on(MINE, "fetching"), total=0)) == "begins"
