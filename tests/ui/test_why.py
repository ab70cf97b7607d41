"""Why this answer: the panel that explains an answer, and the report that is copied."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit

from app.tracing import AnswerTrace, Step
from app.ui.message_widgets import answer_menu
from app.ui.why_panel import WhyPanel
from tests.ui.conftest import Scene

TRACE = AnswerTrace(
    (Step("search", 120.0), Step("rerank", 300.0), Step("wait", 40.0), Step("read", 900.0), Step("write", 2400.0)),
    (("system", "Answer from the passages."), ("user", "[1] The tower is 330 metres high.\n```\nHow high?")),
    {"temperature": 0.0, "longest answer": 512},
)


def explained(scene: Scene) -> WhyPanel:
    """Ask, and open the explanation by the menu of the answer."""
    scene.attach()
    scene.ask()
    scene.until(lambda: scene.window.pane.view.answers[-1].message)
    card = scene.window.pane.view.answers[-1]
    scene.runtime.traces.keep(scene.window.pane.conversation, card.message, TRACE)
    menu = answer_menu(scene.window.pane.view, card)
    next(action for action in menu.actions() if action.text() == "&Why this answer").trigger()
    panel = scene.window.side.page
    assert isinstance(panel, WhyPanel)
    scene.until(lambda: panel.text)
    return panel


def test_an_answer_is_explained_and_copied_as_a_report(scene: Scene) -> None:
    panel = explained(scene)
    assert [step.name for step in panel.bar.steps] == ["search", "rerank", "wait", "read", "write"]
    assert "reading 900 ms" in panel.bar.accessibleDescription() and "writing 2.4 s" in panel.bar.toolTip()
    assert panel.bar.heightForWidth(200) > panel.bar.heightForWidth(900)
    said = " ".join(one.text() for one in panel.findChildren(QLabel))
    assert "This machine answered." in said and "meaning 0.70 · words 0.80 · together 0.90 · cited" in said
    assert "The tower is 330 metres high." in panel.findChildren(QPlainTextEdit)[0].toPlainText()
    panel.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert copied == panel.text
    assert copied.startswith("# Why this answer") and "- reading: 900 ms" in copied and "````" in copied
    assert "- [1] /docs/tower.pdf, page 4: meaning 0.70, words 0.80, together 0.90, cited" in copied
    assert not panel.bar.grab().toImage().isNull() and panel.bar.sizeHint() != QSize()
    source = next(one for one in panel.findChildren(QAbstractButton) if "tower.pdf" in one.accessibleName())
    source.click()
    assert scene.window.side.page is scene.window.reading.passage


def test_an_answer_without_a_trace_says_so(scene: Scene) -> None:
    panel = explained(scene)
    scene.runtime.traces.sweep(set())
    panel.text = ""
    scene.window.pane.view.why_asked.emit(scene.window.pane.view.answers[-1].message)
    scene.until(lambda: panel.text)
    assert "was not kept" in " ".join(one.text() for one in panel.findChildren(QLabel))
