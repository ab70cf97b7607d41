"""The page of models: what is said of each, adding, downloading, removing with a way back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QLabel

from app.errors import NodeError
from app.thinking import ModelProgress
from app.ui.address_dialog import AddressDialog
from app.ui.models_page import ModelsPage
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import BETTER, LOCAL, PI, STARTER


def opened(scene: Scene) -> ModelsPage:
    local = replace(LOCAL, memory_total_bytes=8 * 10**9, models=(replace(STARTER, decode_rate=60.0),))
    scene.runtime.cluster.known = (local, replace(PI, memory_total_bytes=2 * 10**9))
    scene.attach()
    page = scene.window.views.present("models")
    assert isinstance(page, ModelsPage)
    scene.until(lambda: len(page.rows) == 2)
    return page


def test_each_model_is_told_with_its_machines_and_what_fits(scene: Scene) -> None:
    page = opened(scene)
    starter, better = page.rows
    words = [found.text() for found in starter.findChildren(QLabel)]
    assert "smollm2-135m" in words and "too weak to be trusted" in words
    assert "This machine · 60 tokens/s, measured" in words
    assert starter.remove_button.isVisible() and not starter.fetch_button.isVisible()
    assert better.fetch_button.isVisible() and not better.remove_button.isVisible()
    assert better.lines[0] == "1.1 GB · Q4_K_M · Apache-2.0 · reads 32,768 tokens"
    assert better.lines[1] == "Needs about 1.9 GB of memory: fits this machine; too large for pi-3."
    assert page.advice == ["This machine could run qwen2.5-1.5b, 1.1 GB (about 5.3 tokens/s, estimated)."]
    assert page.push_button.isVisible()


def test_a_download_tells_how_far_it_is_can_be_stopped_and_says_what_is_wrong(scene: Scene, tmp_path: Path) -> None:
    page = opened(scene)
    gate = scene.gate()
    steps = [ModelProgress(300, 1000, "download", "example.org")]

    async def held(source: str):  # type: ignore[no-untyped-def]  # an async generator in the place of the fake's
        scene.runtime.cluster.sources.append(source)
        for step in steps:
            yield step
        await gate.event.wait()

    scene.runtime.cluster.add_model = held  # type: ignore[method-assign]
    page.rows[1].fetch_button.click()
    assert page.coming is not None
    scene.until(lambda: page.card.text.text() == "Download: 0.0 MB of 0.0 MB" or page.card.bar.value() == 300)
    assert page.card.isVisible() and not page.file_button.isEnabled() and not page.rows[1].fetch_button.isEnabled()
    page.card.cancel_button.click()
    assert page.card.text.text() == "Stopped. What has come is kept." and page.file_button.isEnabled()
    del scene.runtime.cluster.add_model
    scene.runtime.cluster.downloads = [NodeError("The disk is full.", hint="Free some space.")]
    page.add([str(tmp_path / "a.gguf"), str(tmp_path / "b.gguf")])
    scene.until(lambda: page.card.text.text() == "The disk is full. Free some space.")
    assert scene.runtime.cluster.sources == ["qwen2.5-1.5b", str(tmp_path / "a.gguf")]
    scene.runtime.cluster.downloads = [ModelProgress(1, 1, "done", "")]
    page.add([str(tmp_path / "a.gguf"), str(tmp_path / "b.gguf")])
    scene.until(lambda: len(scene.runtime.cluster.sources) == 4 and not page.card.isVisible())


def test_a_removed_model_can_be_taken_back(scene: Scene) -> None:
    page = opened(scene)
    page.rows[0].remove_button.click()
    assert [row.model.name for row in page.rows] == ["qwen2.5-1.5b"]
    scene.window.undo.undo_button.click()
    scene.until(lambda: len(page.rows) == 2)
    page.rows[0].remove_button.click()
    scene.window.undo.settle()
    scene.until(lambda: len(scene.runtime.cluster.kept) == 1)
    scene.until(lambda: [row.model.name for row in page.rows] == ["qwen2.5-1.5b"])


def test_a_model_of_a_node_is_fetched_from_there(scene: Scene) -> None:
    scene.runtime.cluster.kept = [STARTER, replace(BETTER, present=True, nodes=("pi-3",))]
    page = opened(scene)
    better, starter = page.rows  # those that can be trusted stand first
    assert not starter.take_button.isVisible() and not better.fetch_button.isVisible()
    better.take_button.click()
    scene.until(lambda: scene.runtime.cluster.sources == [f"qwen2.5-1.5b from {PI.id}"])
    scene.until(lambda: page.coming is not None and not page.coming.running)


def test_an_address_is_looked_at_before_it_is_used(scene: Scene) -> None:
    page = opened(scene)
    page.address_button.click()
    (dialog,) = scene.window.findChildren(AddressDialog)
    for wrong in ("ftp://example.org/a.gguf", "https://example.org/a.zip", "https://me:pw@example.org/a.gguf"):
        dialog.address.setText(wrong)
        assert not dialog.download_button.isEnabled() and dialog.problem.text()
    dialog.address.setText("https://example.org/a.gguf")
    assert dialog.download_button.isEnabled() and "nobody can tell" in dialog.problem.text()
    dialog.hash.setText("12")
    assert not dialog.download_button.isEnabled()
    dialog.hash.setText("AB" * 32)
    dialog.download_button.click()
    scene.until(lambda: scene.runtime.cluster.sources == [f"https://example.org/a.gguf#sha256={'ab' * 32}"])


def test_machines_with_the_same_advice_share_a_line(scene: Scene) -> None:
    many = [replace(PI, id=f"{at}" * 64, name=f"pi-{at}", memory_total_bytes=8 * 10**9) for at in range(1, 7)]
    scene.runtime.cluster.known = (replace(LOCAL, memory_total_bytes=10**9), *many)
    scene.attach()
    page = scene.window.views.present("models")
    assert isinstance(page, ModelsPage)
    scene.until(lambda: page.advice)
    assert page.advice == ["pi-1, pi-2, pi-3, pi-4 and 2 more could each run qwen2.5-1.5b, 1.1 GB."]


def test_machines_that_are_too_weak_for_all_are_told_what_helps(scene: Scene) -> None:
    slow = replace(LOCAL, memory_total_bytes=8 * 10**9, models=(replace(STARTER, decode_rate=6.0),))
    scene.runtime.cluster.known = (slow,)
    scene.attach()
    page = scene.window.views.present("models")
    assert isinstance(page, ModelsPage)
    scene.until(lambda: page.advice)
    assert len(page.advice) == 1 and "fewer than 4 tokens/s" in page.advice[0]
    assert page.advice[0] in [found.text() for found in page.findChildren(QLabel)]
