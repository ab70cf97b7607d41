"""The kept sound of questions in the window: heard, deleted with a way back, all of it deleted in the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from PySide6.QtWidgets import QPushButton

from app.ui.kept_sounds import KeptLine, really
from app.ui.question_row import QuestionRow
from tests.ui.conftest import Scene
from tests.ui.fake_sound import FakePlayer

SOUND = b"\x01\x00" * 48_000


def asked(scene: Scene, *questions: str) -> list[QuestionRow]:
    """Ask, keep a sound of three seconds with each question, and show the conversation anew."""
    scene.attach()
    for question in questions:
        scene.ask(question)
    id = scene.window.pane.conversation
    for message in scene.runtime.conversations.messages(id):
        if message.role == "user":
            scene.runtime.sound.keep(id, message.id, SOUND)
    scene.window.pane.open_conversation(id, "")
    scene.until(lambda: [row.sound.isVisible() for row in rows(scene)] == [True] * len(questions))
    return rows(scene)


def rows(scene: Scene) -> list[QuestionRow]:
    return scene.window.pane.view.questions


def player(scene: Scene, *, held: bool = False) -> list[FakePlayer]:
    made: list[FakePlayer] = []

    def make(_on_started: Callable[[], None], on_hint: Callable[[str], None]) -> FakePlayer:
        made.append(FakePlayer(on_hint))
        made[-1].held = held
        return made[-1]

    scene.window.pane.sounds.loudspeaker = make  # type: ignore[assignment]
    return made


def test_a_question_asked_just_now_offers_its_sound_and_others_do_not(scene: Scene) -> None:
    scene.attach()
    ask, store = scene.runtime.assistant.ask, scene.runtime.conversations

    async def keep(question: object) -> AsyncIterator[object]:
        kept = False
        async for event in ask(question):  # type: ignore[arg-type]
            messages = [message for message in store.messages(store.list()[0].id) if message.role == "user"]
            if len(messages) == 2 and not kept:  # before the answer ends, as the assistant does
                kept = True
                scene.runtime.sound.keep(messages[-1].conversation, messages[-1].id, SOUND)
            yield event

    scene.runtime.assistant.ask = keep  # type: ignore[assignment,method-assign]
    scene.ask("Typed")
    scene.ask("Spoken")
    scene.until(lambda: [row.sound.isVisible() for row in rows(scene)] == [False, True])
    assert rows(scene)[1].replay_button.text() == "▶  Hear it · 0:03"


def test_it_is_heard_and_one_at_a_time(scene: Scene) -> None:
    players = player(scene, held=True)
    first, second = asked(scene, "One", "Two")
    first.replay_button.click()
    scene.until(lambda: players and b"".join(players[0].played) == SOUND)
    assert first.replay_button.text() == "■  Stop · 0:03"
    second.replay_button.click()
    assert first.replay_button.text().startswith("▶") and second.replay_button.text().startswith("■")
    second.replay_button.click()
    assert second.replay_button.text().startswith("▶") and players[0].stopped == 2
    second.replay_button.click()
    scene.window.talker.began.emit()
    assert second.replay_button.text().startswith("▶") and players[0].stopped == 3
    second.replay_button.click()
    scene.window.pane.new_conversation()
    assert players[0].stopped == 4


def test_to_its_end(scene: Scene) -> None:
    players = player(scene)
    (row,) = asked(scene, "One")
    row.replay_button.click()
    scene.until(lambda: players and b"".join(players[0].played) == SOUND)
    scene.until(lambda: row.replay_button.text().startswith("▶"))
    assert not players[0].stopped


def test_deleted_and_taken_back_and_deleted(scene: Scene) -> None:
    first, second = asked(scene, "One", "Two")
    id = scene.window.pane.conversation
    first.forget_button.click()
    scene.until(lambda: not first.sound.isVisible())
    assert second.sound.isVisible() and len(scene.runtime.sound.of(id)) == 2
    scene.window.undo.undo_button.click()
    scene.until(first.sound.isVisible)
    first.forget_button.click()
    scene.until(lambda: not first.sound.isVisible())
    scene.window.pane.open_conversation(id, "")  # not for good yet, and not shown again
    scene.until(lambda: [row.sound.isVisible() for row in rows(scene)] == [False, True])
    scene.window.undo.settle()
    scene.until(lambda: len(scene.runtime.sound.of(id)) == 1)


def test_a_sound_that_is_gone_is_told(scene: Scene) -> None:
    player(scene)
    (row,) = asked(scene, "One")
    scene.runtime.sound.delete_all()
    row.replay_button.click()
    scene.until(scene.window.pane.trouble.isVisible)
    assert row.replay_button.text().startswith("▶")


def test_the_settings_tell_how_much_and_delete_all(scene: Scene) -> None:
    (row,) = asked(scene, "One")
    scene.window.show_settings("voice.keep_sound")
    (line,) = scene.window.findChildren(KeptLine)
    scene.until(lambda: line.words.text() == "The sound of 1 spoken question (0.1 MB) is kept.")
    line.delete_button.click()
    assert line.delete_button.text() == really() and scene.runtime.sound.all()
    line.delete_button.click()
    scene.until(lambda: line.words.text() == "The sound of 1 spoken question (0.1 MB) is deleted.")
    scene.until(lambda: not row.sound.isVisible())
    assert not line.delete_button.isEnabled() and not (scene.runtime.home / "sound").exists()


def test_with_nothing_kept_there_is_nothing_to_delete(scene: Scene) -> None:
    scene.attach()
    scene.window.show_settings("voice.keep_sound")
    (line,) = scene.window.findChildren(KeptLine)
    scene.until(lambda: line.words.text() == "No sound is kept.")
    assert not line.delete_button.isEnabled()


def test_kept_sound_has_names_for_those_who_do_not_see(scene: Scene) -> None:
    (row,) = asked(scene, "One")
    names = [part.accessibleName() for part in row.findChildren(QPushButton)]
    assert names == ["Hear your question", "Delete sound"]
