"""The small chart of a spoken question: its parts, its words, its place on the answer, and its pixels."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.conversations import Outcome
from app.turn_trace import Tracer, TurnTrace, known
from app.ui import theme
from app.ui.theme import Theme
from app.ui.turn_chart import BAR, TurnChart, parts, sentence
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import answer, simple_script

TRACE = TurnTrace(
    audio_ms=100.0, partial_ms=900.0, release_ms=4100.0, final_ms=4500.0, searched_ms=4520.0, token_ms=5500.0,
    queue_ms=1.0, prefill_ms=900.0, ahead="prompt",
)  # fmt: skip


def test_the_parts_follow_each_other() -> None:
    made = parts(TRACE)
    assert [part.name for part in made] == ["you spoke", "text", "search", "first word"]
    assert [part.end for part in made[:-1]] == [part.begin for part in made[1:]]
    assert made[0].begin == 100.0 and made[-1].end == 5500.0
    assert parts(TurnTrace()) == [] and parts(replace(TRACE, sound_ms=6000.0))[-1].name == "first sound"
    assert [part.name for part in parts(replace(TRACE, searched_ms=None))] == ["you spoke", "text", "first word"]


def test_it_is_told_in_words() -> None:
    words = sentence(TRACE)
    assert words.startswith("You spoke for 4.1 seconds. When you had ended, your words were written down after 400 ")
    assert "the first word of the answer was there after 1.4 seconds" in words
    assert "Reading took 900 milliseconds" in words and words.endswith("Search and reading had begun while you spoke.")
    assert sentence(TurnTrace()) == ""


def test_only_the_first_time_counts_and_later_fields_are_left_out() -> None:
    tracer = Tracer(10.0, TurnTrace())
    tracer.at("audio", 10.5)
    tracer.at("audio", 11.5)
    tracer.at("release", 12.0)
    tracer.mark("final")
    assert tracer.trace.audio_ms == 500.0 and tracer.between("audio", "release") == 1500.0
    assert tracer.between("audio", "token") is None
    assert known({"audio_ms": 1.0, "later": 2}) == TurnTrace(audio_ms=1.0)


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_it_is_painted_in_the_colours_of_now(qapp: QApplication, qtbot: QtBot, choice: str) -> None:
    colours = Theme(qapp, choice)
    colours.dress()
    chart = TurnChart()
    qtbot.addWidget(chart)
    chart.show_trace(TRACE)
    chart.resize(400, chart.heightForWidth(400))
    chart.show()
    qtbot.waitExposed(chart)
    image = chart.grab().toImage()
    ratio = image.width() / 400
    now = theme.current()

    def at(x: int) -> str:
        return QColor(image.pixel(round(x * ratio), round(BAR / 2 * ratio))).name()

    assert at(20) == now.soft and at(380) == now.accent
    assert chart.heightForWidth(150) > chart.heightForWidth(900) > BAR
    colours.deleteLater()


def test_a_spoken_answer_shows_it_and_keeps_it(scene: Scene) -> None:
    scene.attach()
    scene.runtime.assistant.script = [*simple_script()[:-1], replace(answer(), trace=TRACE)]
    scene.ask()
    chart = scene.window.pane.view.answers[-1].chart
    assert chart.isVisible() and chart.accessibleDescription() == sentence(TRACE) == chart.toolTip()
    store = scene.runtime.conversations
    conversation = store.create().id
    store.ask(conversation, "How high?")
    store.finish(store.begin(conversation), Outcome("complete", trace=TRACE))
    assert store.messages(conversation)[1].trace == TRACE
    scene.window.pane.open_conversation(conversation, "x")
    scene.until(lambda: scene.window.pane.view.answers and scene.window.pane.view.answers[-1].chart.isVisible())


def test_a_typed_answer_shows_none(scene: Scene) -> None:
    scene.attach()
    scene.ask()
    assert not scene.window.pane.view.answers[-1].chart.isVisible()
