"""Questions put in other words and answers made anew: all are kept, one can go back and forth, or branch off."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.errors import NodeError
from app.events import NodeChosen
from app.links import ToConversation, read
from app.tracing import AnswerTrace, Step
from app.ui.answer_card import AnswerCard
from app.ui.message_widgets import answer_menu
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import simple_script

CHOSEN = NodeChosen("pi-3", "2" * 64, "the fastest node that is free", "qwen")


def _shown(scene: Scene) -> tuple[list[str], list[str]]:
    view = scene.window.pane.view
    return [row.text for row in view.questions], [card.text.strip() for card in view.answers]


def _again(scene: Scene, text: str) -> None:
    """From now on answers say `text`."""
    scene.runtime.assistant.script = simple_script(text)


def _last(scene: Scene) -> AnswerCard:
    view = scene.window.pane.view
    scene.until(lambda: view.answers and view.answers[-1].message and view.answers[-1].more_button.isVisible())
    return view.answers[-1]


def test_an_edited_question_and_answers_made_anew_are_versions(scene: Scene) -> None:
    scene.attach()
    pane, view = scene.window.pane, scene.window.pane.view
    scene.ask("How high?")
    scene.ask("How old?")
    card = _last(scene)
    # A link to the answer leads to it from elsewhere.
    next(one for one in answer_menu(view, card).actions() if one.text() == "Copy &link").trigger()
    assert read(QGuiApplication.clipboard().text()) == ToConversation(pane.conversation, card.message)
    # Another answer, on a node that is named.
    _again(scene, "Very old [1].")
    scene.until(lambda: len(view.places) == 2)
    below = answer_menu(view, card).actions()[1].menu()
    assert isinstance(below, QMenu) and [one.text() for one in below.actions()] == ["This machine", "pi-3"]
    below.actions()[1].trigger()
    scene.until(lambda: _shown(scene)[1][-1:] == ["Very old [1]."] and not pane.runs)
    asked = scene.runtime.assistant.questions[-1]
    assert (asked.text, asked.node, asked.instead) == ("How old?", "pi-3", card.message)
    assert _shown(scene)[0] == ["How high?", "How old?"]
    scene.until(lambda: view.answers and view.answers[-1].versions.isVisible())
    card = view.answers[-1]
    assert card.versions.words.text() == "2 of 2"
    card.versions.before.click()
    # Both answers say the same: all must be there, or the last question is still the first one.
    scene.until(lambda: _shown(scene) == (["How high?", "How old?"], ["It is 330 metres high [1]."] * 2))
    # The question in other words, where it stands; Esc leaves it alone.
    scene.until(lambda: view.questions and view.questions[-1].edit_button.isVisible())
    row = view.questions[-1]
    row.edit_button.click()
    assert row.editor is not None
    QTest.keyClick(row.editor.box, Qt.Key.Key_Escape)
    assert row.edit_button.isVisible()
    row.edit_button.click()
    box = row.editor.box
    QTest.keyClicks(box, "How wide?")
    _again(scene, "125 metres [1].")
    QTest.keyClick(box, Qt.Key.Key_Return)
    scene.until(
        lambda: _shown(scene) == (["How high?", "How wide?"], ["It is 330 metres high [1].", "125 metres [1]."])
    )
    scene.until(lambda: not pane.runs)
    scene.until(lambda: view.questions and view.questions[-1].versions.isVisible())
    view.questions[-1].versions.before.click()
    scene.until(lambda: _shown(scene)[0] == ["How high?", "How old?"] and len(view.answers) == 2)
    # A branch is another conversation.
    before = pane.conversation
    trace = AnswerTrace((Step("read", 5.0),))
    scene.runtime.traces.keep(before, _shown_id(scene), trace)
    view.branch_asked.emit(_shown_id(scene))
    scene.until(lambda: pane.conversation != before and _shown(scene)[0] == ["How high?"])
    assert len(scene.runtime.conversations.messages(before)) == 4
    scene.until(lambda: view.answers and _shown_id(scene))
    assert scene.runtime.traces.get(pane.conversation, _shown_id(scene)) == trace


def _shown_id(scene: Scene) -> int:
    return scene.window.pane.view.answers[0].message


def test_a_failed_answer_is_made_anew_in_its_place(scene: Scene) -> None:
    scene.attach()
    pane = scene.window.pane
    scene.runtime.assistant.script = [CHOSEN, NodeError("It does not fit.")]
    scene.ask("How high?")
    scene.until(lambda: pane.view.answers and pane.view.answers[-1].message)
    pane.open_conversation(pane.conversation, "x")  # also when it comes from the store
    scene.until(lambda: pane.view.answers and pane.view.answers[-1].retry_button.isVisible())
    scene.runtime.assistant.script = simple_script()
    pane.view.answers[-1].retry_button.click()
    scene.until(lambda: _shown(scene) == (["How high?"], ["It is 330 metres high [1]."]) and not pane.runs)
    scene.until(lambda: pane.view.answers and pane.view.answers[-1].versions.isVisible())
    assert [one.role for one in scene.runtime.conversations.messages(pane.conversation)] == ["user", "assistant"]
