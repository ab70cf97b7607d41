"""The first page: ready at once, asks for a folder and a microphone at most, and says what the machines could run."""

from __future__ import annotations

from dataclasses import replace

from app.ui.settings_page import SettingsPage
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import LOCAL, PI, STARTER, document


def test_a_question_can_be_asked_with_nothing_answered(scene: Scene) -> None:
    scene.attach()
    first = scene.window.pane.first_run
    scene.until(lambda: scene.window.pane.models.title.text() == "Ready on this machine")
    assert first.folder_button.isVisible() and first.microphone_button.isVisible()
    assert scene.window.sidebar.new_button.y() < 120  # an empty list leaves its room below
    scene.ask()
    assert scene.window.pane.view.isVisible() and not first.isVisible()


def test_what_was_answered_is_not_asked_again(scene: Scene) -> None:
    scene.runtime.library.more = [document("/home/u/plan.pdf")]
    scene.attach()
    first = scene.window.pane.first_run
    scene.until(lambda: not first.folder_button.isVisible())
    first.microphone_button.click()
    page = scene.window.views.page
    assert isinstance(page, SettingsPage) and page.rows["voice.device"].isVisible()
    scene.window.save_settings({"voice.device": "Headset"})
    scene.window.views.back()
    assert first.isVisible() and not first.wishes.isVisible()


def test_it_says_what_this_machine_and_the_nodes_could_run(scene: Scene) -> None:
    quick = replace(STARTER, decode_rate=60.0)
    scene.runtime.cluster.known = (replace(LOCAL, memory_total_bytes=8 * 10**9, models=(quick,)),)
    scene.attach()
    card = scene.window.pane.models
    scene.until(card.advice_text.isVisible)
    assert card.advice_text.text() == "This machine could run qwen2.5-1.5b, 1.1 GB (about 5.3 tokens/s, estimated)."
    card.show_nodes((*scene.runtime.cluster.known, replace(PI, memory_total_bytes=16 * 10**9)))
    assert card.advice_text.text().endswith("\npi-3 could run qwen2.5-1.5b, 1.1 GB.")
    card.page_button.click()
    assert scene.window.views.name == "models"
