"""Barge-in in the window: who speaks while an answer is read silences it, and is listened to where hands-free is on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from app.thinking import Attended, Attention
from app.voice.hands_free_session import HandsFreeSession
from tests.ui.conftest import Scene
from tests.ui.fake_sound import FakePlayer

WHO = "barge in"


class Loud:
    """Takes all that is no silence for speech."""

    def __init__(self) -> None:
        self.windows = 0
        self.asked = 0

    async def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str = "", threshold: float = 0.0
    ) -> AsyncIterator[Attended]:
        self.asked += 1
        async for block in audio:
            self.windows += 1
            yield Attention(self.windows * 0.032, 0.95 if np.abs(np.frombuffer(block, "<i2")).max() > 500 else 0.02)


class Room:
    """An answer is being read, and does not end by itself."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.loud = scene, Loud()
        scene.runtime.cluster.attendant = self.loud  # type: ignore[assignment]  # one that hears

    def read(self) -> FakePlayer:
        aloud, card = self.scene.window.aloud, self.scene.window.pane.view.add_answer()
        aloud.toggle(card, False)
        self.scene.until(lambda: self.scene.players and not aloud.active)  # nothing of the first reading is left
        player = self.scene.players[0]
        player.held_back.clear()
        player.held = True
        aloud.toggle(card, False)
        return player

    def listens(self) -> bool:
        return bool(self.scene.ears) and WHO in self.scene.ears[0].wanted

    def speak(self, player: FakePlayer) -> None:
        """The room is silent for two seconds while it is read, then somebody speaks."""
        ear, sounds = self.scene.ears[0], np.random.default_rng(3)

        async def feed() -> None:
            for window in range(90):
                if player.taken is not None:
                    player.taken((sounds.standard_normal(512) * 3_000).astype("<i2").tobytes(), 16_000, False)
                ear.sound.feed((sounds.standard_normal(512) * (20 if window < 64 else 3_000)).astype("<i2").tobytes())

        self.scene.bridge.run(feed)


@pytest.fixture
def room(scene: Scene) -> Room:
    return Room(scene)


def test_who_speaks_silences_it(room: Room) -> None:
    scene = room.scene
    scene.attach()
    player = room.read()
    stopped = player.stopped
    scene.until(lambda: room.listens() and player.taken is not None)
    ago: list[float] = []
    scene.window.aloud.interrupted.connect(ago.append)
    room.speak(player)
    scene.until(lambda: not scene.window.aloud.active)
    assert player.stopped > stopped and player.held_back[0] and ago == [pytest.approx(0.576)]
    scene.until(lambda: not room.listens() and player.taken is None)


@pytest.mark.parametrize(
    ("barge_in", "standby", "hands_free", "listens"),
    [(True, True, False, True), (False, True, False, False), (True, False, False, False), (True, False, True, True)],
)
def test_the_microphone_is_open_for_it_only_where_the_user_wants_it(
    room: Room, barge_in: bool, standby: bool, hands_free: bool, listens: bool
) -> None:
    scene = room.scene
    settings = scene.runtime.settings
    settings.voice_barge_in, settings.voice_standby, settings.voice_hands_free = barge_in, standby, hands_free
    scene.attach()
    player = room.read()
    if listens:
        scene.until(lambda: room.listens() and player.taken is not None)
    else:
        scene.until(lambda: player.waiting)
        assert not room.listens() and player.taken is None
    scene.window.aloud.stop()
    scene.until(lambda: not room.listens())


def test_hands_free_goes_on_to_listen(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = room.scene
    scene.runtime.settings.voice_hands_free = True
    told: list[float] = []
    monkeypatch.setattr(HandsFreeSession, "interrupted", lambda _session, ago: told.append(ago))
    scene.attach()
    scene.until(lambda: scene.ears and "hands-free" in scene.ears[0].wanted and room.loud.asked)

    async def feed() -> None:
        scene.ears[0].sound.feed(bytes(1024))

    scene.bridge.run(feed)
    scene.until(lambda: scene.window.hands.state == "asleep")
    player = room.read()
    scene.window.hands.turn = True
    scene.until(lambda: room.listens() and player.taken is not None)
    room.speak(player)
    scene.until(lambda: told and not scene.window.aloud.active)
    assert told == [pytest.approx(0.576)]
