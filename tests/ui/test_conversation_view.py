"""Long conversations: what is in sight is there, what is far away costs nothing, and nothing moves under the reader."""

from __future__ import annotations

import random

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.messages import Outcome
from app.ui.answer_card import AnswerCard
from app.ui.conversation_view import ConversationView
from app.ui.heights import Heights
from app.ui.question_row import QuestionRow
from tests.ui.conftest import Scene


def filled(scene: Scene, turns: int) -> str:
    """Store a conversation of that many questions and answers, and open it."""
    store = scene.runtime.conversations
    made = store.create("long")
    for number in range(turns):
        store.ask(made.id, f"Question {number}?")
        answer = store.begin(made.id)
        store.append(answer, f"Answer {number}.\n\n" + "Some more words about it. " * (number * 7 % 60))
        store.finish(answer, Outcome("complete"))
    scene.attach()
    scene.window.pane.open_conversation(made.id, "long")
    scene.until(lambda: len(scene.window.pane.view) == 2 * turns)
    settle(scene)
    return made.id


def settle(scene: Scene) -> None:
    """Wait until everything in sight is built."""
    view = scene.window.pane.view
    scene.until(lambda: all(at in view._built for at in view._around(0)) and not view._soon.isActive())


def in_sight(view: ConversationView) -> list[str]:
    """Return the texts that can be seen, from above."""
    shown = view.viewport().rect()
    widgets: list[QWidget] = [*view.questions, *view.answers]
    seen = [one for one in widgets if one.geometry().intersects(shown)]
    return [text(one) for one in sorted(seen, key=lambda one: one.y())]


def text(widget: QWidget) -> str:
    if isinstance(widget, AnswerCard):
        return widget.text.partition("\n")[0]
    assert isinstance(widget, QuestionRow)
    return widget.text


def test_heights_are_found_as_by_counting() -> None:
    chance = random.Random(3)
    values = [chance.randrange(1, 90) for _ in range(300)]
    heights = Heights(values[:200])
    for value in values[200:]:
        heights.append(value)
    for _ in range(300):
        at = chance.randrange(300)
        values[at] = chance.randrange(1, 90)
        heights.change(at, values[at])
        assert heights.total == sum(values) and heights.before(at) == sum(values[:at])
        y = chance.randrange(-50, heights.total + 50)
        expected = next((n for n in range(300) if sum(values[: n + 1]) > y), 299)
        assert heights.find(y) == expected
    assert Heights().total == 0


def test_a_long_conversation_opens_at_its_end_and_few_of_it_are_widgets(scene: Scene) -> None:
    filled(scene, 300)
    view = scene.window.pane.view
    assert in_sight(view)[-1] == "Answer 299."
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    QTest.keyClick(view, Qt.Key.Key_Home)
    settle(scene)
    assert in_sight(view)[:2] == ["Question 0?", "Answer 0."]
    assert view.questions[0].y() > 0 and len(view.questions) + len(view.answers) < 60
    QTest.keyClick(view, Qt.Key.Key_End)
    settle(scene)
    assert in_sight(view)[-1] == "Answer 299."


def test_what_is_read_stays_where_it_is(scene: Scene) -> None:
    """Going up message by message, nothing jumps although the true heights differ from those guessed."""
    filled(scene, 120)
    view = scene.window.pane.view
    bar = view.verticalScrollBar()
    for _ in range(80):
        row = next(one for one in view.questions if one.y() > 0)
        before, name = row.y(), row.text
        bar.setValue(bar.value() - 150)
        settle(scene)
        found = [one for one in view.questions if one.text == name]
        assert not found or found[0].y() == before + 150 or bar.value() == 0
    scene.window.resize(800, 700)  # all wrap anew
    settle(scene)
    assert in_sight(view)


def test_what_was_asked_here_goes_and_comes_back_like_the_rest(scene: Scene) -> None:
    id = filled(scene, 100)
    view = scene.window.pane.view
    scene.ask("And now?")
    stored = scene.runtime.conversations.messages(id)
    scene.until(lambda: view.last_id >= stored[-1].id)
    assert in_sight(view)[-1] == view.answers[-1].text and view.questions[-1].message
    QTest.keyClick(view, Qt.Key.Key_Home)
    settle(scene)
    assert all(row.text != "And now?" for row in view.questions)
    QTest.keyClick(view, Qt.Key.Key_End)
    settle(scene)
    assert "And now?" in in_sight(view)


def test_what_is_selected_is_not_lost_by_scrolling(scene: Scene) -> None:
    filled(scene, 100)
    view = scene.window.pane.view
    chosen = view.answers[-1]
    chosen.body.selectAll()
    QTest.keyClick(view, Qt.Key.Key_Home)
    settle(scene)
    assert chosen in view.answers and chosen.body.textCursor().selectedText().startswith("Answer 99.")


def test_tab_goes_from_message_to_message_and_brings_them_into_sight(scene: Scene) -> None:
    filled(scene, 40)
    view = scene.window.pane.view
    QTest.keyClick(view, Qt.Key.Key_Home)
    settle(scene)
    scene.window.activateWindow()
    view.setFocus()
    scene.until(view.hasFocus)
    seen = []
    for _ in range(90):
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        settle(scene)
        focus = QApplication.focusWidget()
        assert focus is not None
        message: QWidget | None = focus
        while message is not None and not isinstance(message, AnswerCard | QuestionRow):
            message = message.parentWidget()
        if message is None:
            break
        assert message.geometry().intersects(view.viewport().rect())
        if text(message) not in seen:
            seen.append(text(message))
    assert seen[:6] == ["Question 0?", "Answer 0.", "Question 1?", "Answer 1.", "Question 2?", "Answer 2."]
    assert len(seen) > 20


def marked(scene: Scene) -> dict[int, list[str]]:
    """Return what is marked in the messages that have a widget."""
    found = {}
    for one in scene.window.pane.view.messages():
        texts = [mark.cursor.selectedText() for mark in one.words.extraSelections()]
        if texts:
            found[one.message] = texts
    return found


def test_a_message_that_was_found_is_shown_with_its_words_marked(scene: Scene) -> None:
    store = scene.runtime.conversations
    made = store.create("found")
    ids = []
    for number in range(120):
        store.ask(made.id, f"Question {number}?")
        answer = store.begin(made.id)
        middle = "The **köl**n 🗼 tower, Kölner Dom. " if number == 40 else ""
        store.append(answer, "Some more words.\n\n" * 60 + middle + "\n\nThe end.\n\n" * 60)
        store.finish(answer, Outcome("complete"))
        ids.append(answer)
    scene.attach()
    scene.window.pane.open_conversation(made.id, "found")
    scene.until(lambda: len(scene.window.pane.view) == 240)
    settle(scene)
    view = scene.window.pane.view
    view.reveal(ids[40], "koln TOWER")
    scene.until(lambda: bool(marked(scene)))
    assert marked(scene) == {ids[40]: ["köln", "tower", "Köln"]}
    card = next(one for one in view.answers if one.message == ids[40])

    def in_view() -> bool:
        marks = card.words.extraSelections()
        place = card.words.cursorRect(marks[0].cursor)
        return view.viewport().rect().contains(card.words.mapTo(view.viewport(), place.center()))

    scene.until(in_view)
    view.verticalScrollBar().setValue(0)  # it goes away, and is marked again when it comes back
    scene.until(lambda: not marked(scene))
    view.go_to(ids[40])
    scene.until(lambda: list(marked(scene)) == [ids[40]])
    question = view.questions[0].message
    view.reveal(question, "question")
    scene.until(lambda: marked(scene) == {question: ["Question"]})
    view.clear()
    assert not marked(scene)
