"""What in a passage an answer rests on: found by words, on the page by lines."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QUrl

from app.events import Retrieved, TokenReceived
from app.rag.document import Line
from app.ui import pinpoint
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import TOWER, answer

PASSAGE = (
    "The year began with a cold January. A pump was put on the well in June. "
    "It lifts 800 litres an hour in full sun.\n\n"
    "Volunteers gave 1,870 hours. Dr. Lee thanked them."
)


def said(claims: tuple[str, ...]) -> list[str]:
    return [PASSAGE[start:end] for start, end in pinpoint.spans(PASSAGE, claims)]


def test_the_sentence_that_is_meant_is_found() -> None:
    assert said(("The pump lifts 800 litres each hour.",)) == ["It lifts 800 litres an hour in full sun."]
    assert said(("“A pump was put on the well in June.”", "1,870 hours were given by volunteers.")) == [
        "A pump was put on the well in June.",
        "Volunteers gave 1,870 hours.",
    ]


def test_what_is_unclear_marks_nothing_apart() -> None:
    assert said(()) == [] and said(("Elephants are large.",)) == []
    assert pinpoint.spans("One sentence of a few words.", ("One sentence of a few words.",)) == ()


def test_the_sentences_that_cite_a_passage() -> None:
    text = "It is high [1]. It is old [2, 3].\n\n- Blue [1][3]\nNobody says this."
    assert pinpoint.claims(text, 1) == ("It is high", "- Blue")
    assert pinpoint.claims(text, 3) == ("It is old", "- Blue")
    assert pinpoint.claims(text, 4) == ()


def test_a_citation_marks_the_lines_that_its_sentence_rests_on(scene: Scene) -> None:
    scene.attach()
    start = PASSAGE.index("It lifts")
    scene.runtime.library.boxes = (
        Line(0, start, 60, 100, 400, 112),
        Line(start, start + 40, 60, 114, 300, 126),
        Line(start + 42, len(PASSAGE), 60, 128, 300, 140),
    )
    found = replace(TOWER, start=0, end=len(PASSAGE), text=PASSAGE)
    text = "The pump lifts 800 litres an hour [1]."
    scene.runtime.assistant.script = [Retrieved((found,)), TokenReceived(text, "local"), answer(text)]
    scene.ask()
    scene.window.pane.view.answers[-1].body.anchorClicked.emit(QUrl("tangnet-cite:1"))
    view = scene.window.reading.passage
    scene.until(lambda: view.page_view is not None and view.page_view.canvas.sharp)
    assert view.page_view is not None
    assert [mark.top() for mark in view.page_view.canvas.marks] == [114]
