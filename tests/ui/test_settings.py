"""The page of settings: the right control for each, found by words, used and written at once, set back and forth."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.settings import Settings
from app.ui.settings_fields import Key, Lines, Number, Pick, Scenes, Switch
from app.ui.settings_page import SettingsPage
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import STARTER


def opened(scene: Scene, name: str = "") -> SettingsPage:
    scene.attach()
    scene.window.show_settings(name)
    page = scene.window.views.page
    assert isinstance(page, SettingsPage)
    scene.until(lambda: len(page.rows) == len(Settings.declared()) and not page.search.text())
    return page


def test_each_setting_has_its_control_its_name_and_its_sentence(scene: Scene) -> None:
    page = opened(scene)
    assert set(page.rows) == {name for name, *_ in Settings.describe()}
    for row in page.rows.values():
        assert row.field.control.accessibleName() and row.sentence.text()
        assert row.field.value == row.declared.default, row.declared.name
    kinds = {
        name: type(page.rows[name].field) for name in ("window.theme", "voice.key", "rules.folders", "answer.model")
    }
    assert kinds == {"window.theme": Scenes, "voice.key": Key, "rules.folders": Lines, "answer.model": Pick}
    model = page.rows["answer.model"].field
    assert isinstance(model, Pick)
    scene.until(lambda: model.choice.findData(STARTER.name) == 1)
    assert scene.window.sidebar.doors["settings"].isChecked()


def test_what_is_changed_is_used_and_written_at_once_and_can_be_set_back_and_forth(scene: Scene) -> None:
    page = opened(scene)
    colours, key, many = (page.rows[name].field for name in ("window.theme", "voice.key", "nodes.addresses"))
    switch, number = page.rows["voice.send"].field, page.rows["answer.passages"].field
    assert isinstance(colours, Scenes) and isinstance(key, Key) and isinstance(many, Lines)
    assert isinstance(switch, Switch) and isinstance(number, Number)
    colours.pictures[2].click()
    assert scene.window.theme.colours.name == "dark"
    key.edit.setFocus()
    QTest.keyClick(key.edit, Qt.Key.Key_F8)
    scene.until(lambda: "F8" in scene.window.pane.composer.talk_button.toolTip())
    many.box.setFocus()
    many.box.setPlainText("10.0.0.2:7443\n\n 10.0.0.3:7443 ")
    page.search.setFocus()
    switch.box.click()
    number.box.setValue(7)
    path = scene.runtime.home / "settings.toml"
    scene.until(lambda: path.exists() and Settings.load(path).answer_passages == 7)
    kept = Settings.load(path)
    assert kept.nodes_addresses == ["10.0.0.2:7443", "10.0.0.3:7443"] and not kept.voice_send
    page.rows["voice.send"].reset_button.click()
    assert (scene.runtime.settings.voice_send, switch.value) == (True, True)
    scene.window.undo.undo_button.click()
    assert (scene.runtime.settings.voice_send, switch.value) == (False, False)
    page.reset_button.click()
    assert scene.runtime.settings == Settings() and number.value == 5
    scene.window.undo.undo_button.click()
    assert scene.runtime.settings.answer_passages == 7 and scene.window.theme.colours.name == "dark"
    scene.window.theme.choose("light")


def test_settings_are_found_by_their_words_and_a_wrong_one_is_told_where_it_is(scene: Scene) -> None:
    page = opened(scene)
    QTest.keyClicks(page.search, "microph")
    shown = [name for name, row in page.rows.items() if row.isVisible()]
    assert "voice.device" in shown and "voice.standby" in shown and "answer.passages" not in shown
    page.search.setText("dark")
    card = page.rows["window.theme"].parentWidget()
    assert card is not None
    scene.until(lambda: card.height() == card.heightForWidth(card.width()))  # it takes none of the empty room
    page.search.setText("nothing like it")
    assert page.nothing.isVisible() and "nothing like it" in page.nothing.text()
    page.clear_button.click()
    assert all(row.isVisible() for row in page.rows.values())
    page.reveal("rules.folders")
    row = page.rows["rules.folders"]
    assert isinstance(row.field, Lines)
    scene.until(row.field.box.hasFocus)
    QTest.keyClicks(row.field.box, "no rule at all")
    QTest.keyClick(row.field.box, Qt.Key.Key_Tab)
    assert row.problem.isVisible() and scene.runtime.settings.rules_folders == []
    row.field.box.setPlainText("~/Medical = home, local")
    row.field.box.setFocus()
    page.search.setFocus()
    assert not row.problem.isVisible() and scene.runtime.settings.rules_folders == ["~/Medical = home, local"]
