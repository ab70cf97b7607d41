"""A lecture from the button to the citation and the subtitles: a real window, library, node and models."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.rag.library import Library
from app.runtime import Runtime
from app.transcripts import written
from app.ui.seam import RuntimeSeam
from app.voice.audio_file import pcm_from_file
from tests.spoken import question_wav, word_errors
from tests.ui.conftest import Scene

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]

SAID = (
    "The lighthouse keeper counted every ship that passed the northern rocks.",
    "The warranty of the water pump ends in March of next year.",
)


def test_a_lecture_is_recorded_written_down_found_and_saved(scene: Scene, tmp_path: Path) -> None:
    opened: list[Runtime] = []

    async def opening() -> RuntimeSeam:
        opened.append(await Runtime.open(tmp_path / "real", discover=False))
        scene.bridge.at_close(opened[0].close)
        return opened[0]

    (tmp_path / "real").mkdir(mode=0o700)
    scene.bridge.run(opening, scene.window.attach)
    scene.until(lambda: scene.window.runtime is not None)
    scene.window.show_documents()
    scene.window.documents.record_button.click()
    scene.until(lambda: scene.ears and scene.ears[-1].sound._subscribers)
    told: list[float] = []

    async def speak() -> None:
        for sentence in SAID:
            async for block in pcm_from_file(question_wav(sentence)):
                scene.ears[-1].sound.feed(block)
            scene.ears[-1].sound.feed(bytes(2 * 16_000 * 2))  # two seconds of silence

    scene.bridge.run(speak, lambda _result: told.append(1.0))
    scene.until(lambda: told)
    scene.window.pane.recording.stop_button.click()
    folder = tmp_path / "real" / "recordings"
    scene.until(lambda: list(folder.glob("*.wav")))
    (path,) = folder.glob("*.wav")
    panel = scene.window.documents
    scene.until(lambda: [one.state for one in panel.view.shelf.entries if not one.folder] == ["indexed"], seconds=200)
    panel.export(str(path), tmp_path / "said.srt", "srt")
    scene.until(lambda: "was saved" in scene.window.pane.trouble.sentence.text(), seconds=30)
    library = opened[0].library
    assert isinstance(library, Library)
    found: list[object] = []

    async def look() -> None:
        made = await library.transcript(path)
        assert word_errors(made.text, " ".join(SAID)) <= 0.2, made.text
        assert (tmp_path / "said.srt").read_text(encoding="utf-8") == written(made, "srt")
        (passage,) = await library.search("water pump", mode="text", k=1)
        pump = next(word for word in made.words if "pump" in word.text)
        assert passage.seconds is not None and passage.seconds[0] <= pump.start <= passage.seconds[1]
        found.append(made)

    scene.bridge.run(look, None, found.append)
    scene.until(lambda: found, seconds=60)
    assert not isinstance(found[0], BaseException), found[0]
