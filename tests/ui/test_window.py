"""The conversation as a user meets it: asking, streaming, sources, stopping, errors, keyboard."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFrame,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from app.errors import NodeError
from app.events import Moved, NodeChosen, Retrieved, TokenReceived, Warned
from app.ui.answer_card import AnswerCard
from app.ui.views import VIEWS
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import GARDEN, TOWER, Step, answer, simple_script

CHOSEN = NodeChosen("pi-3", "2" * 64, "the fastest node that is free", "qwen")


def labels(widget: QWidget) -> str:
    """Return all texts that can be seen in a card."""
    from PySide6.QtWidgets import QLabel

    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def last(scene: Scene) -> AnswerCard:
    return scene.window.pane.view.answers[-1]


def test_window_works_before_anything_is_open(scene: Scene) -> None:
    window = scene.window
    assert window.pane.pill.state == "starting"
    QTest.keyClicks(window.pane.composer.box, "How high?")
    QTest.keyClick(window.pane.composer.box, Qt.Key.Key_Return)
    assert not scene.runtime.assistant.questions
    scene.attach()
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    assert [question.text for question in scene.runtime.assistant.questions] == ["How high?"]


def test_answer_streams_and_ends_with_sources_and_node_line(scene: Scene) -> None:
    scene.attach()
    gate = scene.gate()
    words: list[Step] = [Retrieved((TOWER, GARDEN)), CHOSEN, TokenReceived("It is **330**", "pi-3"), gate.event]
    scene.runtime.assistant.script = [
        *words,
        TokenReceived(" m [1].", "pi-3"),
        answer("It is **330** m [1].", node="pi-3"),
    ]
    scene.window.pane.ask("How high?")
    scene.until(lambda: scene.window.pane.view.answers and "It is 330" in last(scene).body.toPlainText())
    assert scene.window.pane.pill.text() == "Thinking · pi-3"
    assert "fastest node" in scene.window.pane.pill.toolTip()
    assert scene.window.pane.composer.send_button.accessibleName() == "Stop"
    gate.open()
    scene.until(lambda: not scene.window.pane.runs)
    card = last(scene)
    assert card.body.toPlainText() == "It is 330 m [1]."
    assert card.node_line.text().startswith("Answered by pi-3 · 1.0 s")
    assert not card.mark.isVisible()
    scene.until(
        lambda: (
            "Source 1: tower.pdf, page 4"
            in [found.accessibleName() for found in card.findChildren(QAbstractButton) if found.isVisible()]
        )
    )
    assert scene.window.pane.pill.text() == "Ready · pi-3"
    scene.until(lambda: len(scene.window.sidebar.list.rows.rows) == 1)


def test_an_answer_that_no_node_made_leaves_the_status_ready(scene: Scene) -> None:
    scene.attach()
    scene.runtime.assistant.script = [answer("I will remember: “We moved”")]
    scene.ask("Remember that we moved")
    scene.until(lambda: not scene.window.pane.runs)
    assert scene.window.pane.pill.state == "ready"
    scene.until(lambda: scene.window.pane.pill.text() == "Ready · 2 nodes")


def test_citation_opens_the_passage(scene: Scene) -> None:
    scene.attach()
    scene.ask()
    last(scene).body.anchorClicked.emit(QUrl("tangnet-cite:1"))
    passage = scene.window.reading.passage
    assert scene.window.side.page is passage
    assert passage.file_name.text() == "tower.pdf"
    scene.until(lambda: "After it." in passage.text.toPlainText())
    assert passage.where.text() == "Page 4 of 9 · Facts"
    cursor = passage.text.textCursor()
    cursor.setPosition(len("Before it. ") + 1)
    assert cursor.charFormat().background().color().name() == scene.window.theme.colours.highlight
    passage.open_button.click()
    assert "no longer where it was" in passage.warning_text.text()


@pytest.mark.parametrize(("exists", "changed", "sentence"), [(False, True, "no longer there"), (True, True, "changed")])
def test_passage_of_a_missing_or_changed_file_says_so(scene: Scene, exists: bool, changed: bool, sentence: str) -> None:
    scene.attach()
    scene.runtime.library.exists, scene.runtime.library.changed = exists, changed
    scene.window.reading.show_passage(TOWER)
    scene.until(lambda: sentence in scene.window.reading.passage.warning_text.text())


def test_passage_that_is_gone_from_the_library_keeps_its_text(scene: Scene) -> None:
    scene.attach()
    scene.window.reading.show_passage(GARDEN)
    scene.until(lambda: "not in the library" in scene.window.reading.passage.warning_text.text())
    assert scene.window.reading.passage.text.toPlainText() == GARDEN.text


def test_escape_stops_and_keeps_the_text(scene: Scene) -> None:
    scene.attach()
    gate = scene.gate()
    scene.runtime.assistant.script = [CHOSEN, TokenReceived("Half an ans", "pi-3"), gate.event]
    scene.window.pane.ask("How high?")
    scene.until(lambda: scene.window.pane.view.answers and "Half an ans" in last(scene).body.toPlainText())
    QTest.keyClick(scene.window.pane.composer.box, Qt.Key.Key_Escape)
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    assert last(scene).body.toPlainText() == "Half an ans"
    assert "Stopped" in last(scene).node_line.text()
    stored = scene.runtime.conversations.messages(scene.window.pane.conversation)
    assert (stored[-1].text, stored[-1].state) == ("Half an ans", "stopped")
    assert scene.window.pane.composer.send_button.accessibleName() == "Send"


def test_error_is_plain_and_can_be_retried(scene: Scene) -> None:
    scene.attach()
    error = NodeError("The model does not fit into memory.", hint="Close other programs.")
    scene.runtime.assistant.script = [CHOSEN, error]
    scene.ask("How high?")
    card = last(scene)
    scene.until(lambda: "The model does not fit into memory." in labels(card))
    assert "Close other programs." in labels(card)
    assert scene.window.pane.pill.state == "failed"
    scene.runtime.assistant.script = simple_script()
    QTest.mouseClick(card.retry_button, Qt.MouseButton.LeftButton)
    scene.until(lambda: scene.runtime.assistant.closed == 2 and not scene.window.pane.runs)
    assert "330 metres" in last(scene).body.toPlainText()
    assert scene.window.pane.pill.state == "ready"


def test_a_bug_is_shown_as_one(scene: Scene) -> None:
    scene.attach()
    scene.runtime.assistant.script = [CHOSEN, RuntimeError("secret internals")]
    scene.ask()
    scene.until(lambda: "Something unexpected went wrong" in labels(last(scene)))
    assert [str(bug) for bug in scene.bugs] == ["secret internals"]
    scene.bugs.clear()


def test_moved_answers_and_warnings_are_told(scene: Scene) -> None:
    scene.attach()
    moved = Moved("pi-3", "local", "pi-3 went away", 400.0)
    scene.runtime.assistant.script = [
        CHOSEN, Warned("weak_model", "This model is weak.", "Check the sources."), TokenReceived("a ", "pi-3"), moved,
        TokenReceived("b", "local"), answer("a b", cited=(), grounded=False),
    ]  # fmt: skip
    scene.ask()
    card = last(scene)
    scene.until(lambda: "moved pi-3 → this machine, 0.4 s, word for word" in card.body.toPlainText())
    scene.until(lambda: "This model is weak." in labels(card))
    assert "Answered by pi-3, then this machine" in card.node_line.text()
    assert card.why.text() == "the fastest node that is free." and card.why.isVisible()
    assert card.mark.isVisible() and "Not from your documents" in labels(card)
    conversation = scene.window.pane.conversation
    scene.window.pane.new_conversation()
    scene.window.pane.open_conversation(conversation, "again")
    scene.until(lambda: scene.window.pane.view.answers)
    scene.until(lambda: "moved pi-3 → this machine, 0.4 s" in last(scene).body.toPlainText())
    assert last(scene).why.text() == "it is there."


def test_a_late_node_that_another_one_overtakes_is_not_shouted_about(scene: Scene) -> None:
    scene.attach()
    quicker = NodeChosen("rig", "3" * 64, "rig was quicker than pi-3", "qwen")
    scene.runtime.assistant.script = [CHOSEN, quicker, TokenReceived("a", "rig"), answer("a", node="rig", cited=())]
    scene.ask()
    card = last(scene)
    scene.until(lambda: card.node_line.text().startswith("Answered by rig"))
    assert card.why.text() == "rig was quicker than pi-3." and card.body.toPlainText() == "a"
    assert not [frame for frame in card.findChildren(QFrame) if frame.property("kind") in ("notice", "error")]


def test_an_answer_goes_on_when_another_conversation_is_shown(scene: Scene) -> None:
    scene.attach()
    gate = scene.gate()
    scene.runtime.assistant.script = [CHOSEN, TokenReceived("one", "pi-3"), gate.event, answer("one two")]
    scene.window.pane.ask("First?")
    scene.until(lambda: scene.window.pane.conversation)
    first = scene.window.pane.conversation
    QTest.keyClick(scene.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    scene.until(lambda: scene.window.pane.conversation == "")
    scene.runtime.assistant.script = simple_script()
    scene.window.pane.ask("Second?")
    scene.until(lambda: scene.runtime.assistant.closed == 1 and "330" in last(scene).body.toPlainText())
    scene.window.pane.open_conversation(first, "First?")
    gate.open()
    scene.until(lambda: not scene.window.pane.runs)
    scene.until(lambda: len(scene.window.pane.view.answers) == 1 and "Answered by" in last(scene).node_line.text())


def test_conversations_are_listed_searched_deleted_and_restored(scene: Scene) -> None:
    scene.attach()
    scene.ask("How high is the tower?")
    scene.window.pane.new_conversation()
    scene.ask("When does the garden open?")
    bar = scene.window.sidebar
    scene.until(lambda: len(bar.list.rows.rows) == 2)
    bar.search.setText("garden open")
    scene.until(lambda: [row.title for row in bar.list.rows.rows] == ["When does the garden open?"])
    bar.search.clear()
    scene.until(lambda: len(bar.list.rows.rows) == 2)
    bar.list.setCurrentIndex(bar.list.rows.index(0))
    QTest.keyClick(bar.list, Qt.Key.Key_Delete)
    scene.until(lambda: len(bar.list.rows.rows) == 1 and scene.window.undo.isVisible())
    assert scene.window.pane.conversation == ""
    scene.window.undo.undo_button.click()
    scene.until(lambda: len(bar.list.rows.rows) == 2 and len(scene.window.pane.view.answers) == 1)
    assert "330 metres" in last(scene).body.toPlainText()


def test_keyboard_alone_is_enough(scene: Scene) -> None:
    scene.attach()
    window, box = scene.window, scene.window.pane.composer.box
    scene.until(box.hasFocus)
    QTest.keyClicks(box, "How high")
    QTest.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(box, "is it?")
    QTest.keyClick(box, Qt.Key.Key_Return)
    scene.until(lambda: scene.runtime.assistant.closed == 1 and not window.pane.runs)
    assert scene.runtime.assistant.questions[0].text == "How high\nis it?"
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.toPlainText() == "How high\nis it?"
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.toPlainText() == ""
    QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    scene.until(lambda: window.views.page is window.documents)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    scene.until(window.pane.isVisible)
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    scene.until(window.sidebar.search.hasFocus)
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    scene.until(box.hasFocus)

    def sources() -> list[QPushButton]:
        # Qt shows what is added to a layout in its next turn: before that Tab passes it by.
        buttons = last(scene).findChildren(QPushButton)
        return [one for one in buttons if one.accessibleName().startswith("Source 1") and one.isVisible()]

    scene.until(lambda: len(sources()) == 1)
    source = sources()[0]
    reached = []
    for _ in range(40):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        reached.append(window.focusWidget())
        if reached[-1] is source:
            break
    names = [widget.accessibleName() or type(widget).__name__ for widget in reached]
    assert source in reached, f"Tab went {names}; the source is {'shown' if source.isVisible() else 'hidden'}"
    QTest.keyClick(source, Qt.Key.Key_Space)
    scene.until(lambda: window.side.page is window.reading.passage)
    QTest.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert QGuiApplication.clipboard().text() == "It is 330 metres high [1]."


def test_everything_that_can_be_used_has_a_name(scene: Scene) -> None:
    scene.attach()
    scene.ask()
    for view in VIEWS:
        scene.window.views.present(view.name)
    scene.window.side.present(scene.window.reading.passage, "page")
    nameless = [
        child
        for kind in (QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit)
        for child in scene.window.findChildren(kind)
        if not child.accessibleName() and child.isEnabled() and not child.objectName().startswith("qt_")
        and not isinstance(child.parent(), QLineEdit | QComboBox)
    ]  # fmt: skip
    assert not nameless


def test_a_link_in_an_answer_is_shown_and_not_opened(scene: Scene) -> None:
    scene.attach()
    scene.runtime.assistant.script = [CHOSEN, TokenReceived("See [here](https://example.org/x)", "local"),
                                      answer("See [here](https://example.org/x)", cited=())]  # fmt: skip
    scene.ask()
    last(scene).body.anchorClicked.emit(QUrl("https://example.org/x"))
    box = next(found for found in scene.window.findChildren(QMessageBox))
    assert "https://example.org/x" in box.informativeText()
    box.reject()


def test_a_long_answer_never_stops_the_window(scene: Scene) -> None:
    scene.attach()
    text = "Some **bold** words, a list:\n\n- one\n- two\n\nAnd `code` [1].\n\n"
    tokens = [TokenReceived(text[at % len(text)], "local") for at in range(2000)]
    full = "".join(token.text for token in tokens)
    scene.runtime.assistant.script = [Retrieved((TOWER,)), CHOSEN, *tokens, answer(full)]
    gaps: list[float] = []
    before = [time.thread_time()]

    def tick() -> None:
        now = time.thread_time()  # of the Qt thread alone: other programs must not fail this test
        gaps.append(now - before[0])
        before[0] = now

    probe = QTimer(interval=5)
    probe.timeout.connect(tick)
    probe.start()
    scene.ask()
    probe.stop()
    assert last(scene).text == full
    assert gaps and max(gaps) < 0.25


def test_dark_and_light_follow_the_choice(scene: Scene) -> None:
    scene.attach()
    scene.ask()
    scene.window.theme.choose("dark")
    assert scene.window.theme.colours.dark
    assert last(scene).body.toPlainText() == "It is 330 metres high [1]."
    scene.window.theme.choose("light")
