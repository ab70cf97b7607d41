"""Spreading recordings over nodes: each has one transcript, whoever is slow, lost, wrong or forbidden."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from app.cluster import recordings
from app.cluster.recordings import OWN_TRIES, Reader, Spread
from app.errors import ModelError, NodeBusy, NodeError, NodeLost, VoiceError
from app.events import Transcribed
from app.thinking import Going, Heard, Recording, RecordingRead

SECOND = bytes(recordings.SAMPLE_BYTES_A_SECOND)


@dataclass
class Node:
    """A node without a wire; it reads a second of sound in `pace` seconds, and says so after each."""

    id: str
    pace: float = 0.0
    zone: str = ""
    fails: Callable[[int], NodeError | None] = lambda call: None
    """What it raises in a call, by number from 1, after a second of sound."""
    deaf: bool = False
    stuck: bool = False
    begun: list[float] = field(default_factory=list)
    """Lengths of what it was given."""
    running: int = 0
    most: int = 0
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(
        self, sound: AsyncIterator[bytes], recording: Recording
    ) -> AsyncGenerator[Heard | Transcribed, None]:
        self.begun.append(recording.seconds)
        self.told.set()
        error = self.fails(len(self.begun))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            seconds = 0.0
            async for block in sound:
                seconds += len(block) / len(SECOND)
                await asyncio.sleep(self.pace * len(block) / len(SECOND))
                yield Heard(seconds, recording.seconds, f"{seconds:.0f}")
                if error is not None:
                    raise error
                if self.stuck:
                    await asyncio.Event().wait()
            yield Transcribed(f"{seconds:.0f} s", "en", 0.0, 0.0 if self.deaf else seconds)
        finally:
            self.running -= 1

    @property
    def reader(self) -> Reader:
        return Reader(self.id, self.id or "local", self.read, lambda zones: not zones or self.zone in zones)


def recording(seconds: int, *zones: str, error: VoiceError | None = None) -> Recording:
    async def sound() -> AsyncGenerator[bytes, None]:
        for _ in range(seconds):
            yield SECOND
        if error is not None:
            raise error

    return Recording(sound, float(seconds), zones=zones)


def spread(given: Sequence[Recording], own: Node, *others: Node, rates: dict[str, float] | None = None) -> Spread:
    return Spread(
        given, own.reader, lambda: [node.reader for node in others], {} if rates is None else rates, longest_first=True
    )


async def read(one: Spread) -> tuple[dict[int, RecordingRead], list[Going]]:
    """What became of each, and what was told; nothing may come twice."""
    made: dict[int, RecordingRead] = {}
    going = []
    async with asyncio.timeout(20), aclosing(one.events()) as events:
        async for event in events:
            if isinstance(event, Going):
                going.append(event)
            else:
                assert event.at not in made
                made[event.at] = event
    return made, going


def check(made: dict[int, RecordingRead], given: Sequence[Recording]) -> None:
    assert sorted(made) == list(range(len(given)))
    for at, one in enumerate(given):
        result = made[at].result
        assert isinstance(result, Transcribed) and result.text == f"{one.seconds:.0f} s"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that failed come back soon."""
    monkeypatch.setattr(recordings, "REST_SECONDS", 0.01)
    monkeypatch.setattr(recordings, "LOOK_SECONDS", 0.01)


async def test_alone_this_machine_reads_one_after_the_other() -> None:
    own, given = Node(""), [recording(2), recording(5), recording(1)]
    made, going = await read(Spread(given, own.reader, list, {}, longest_first=False))
    check(made, given)
    assert own.begun == [2, 5, 1] and own.most == 1 and list(made) == [0, 1, 2]
    last = going[-1]
    assert (last.done, last.of, last.seconds, last.total, last.seconds_left) == (3, 3, 8, 8, 0)
    assert [step.seconds for step in going] == sorted(step.seconds for step in going)


async def test_the_longest_first_to_whoever_is_free() -> None:
    own, quick, slow = Node("", 0.01), Node("quick", 0.002), Node("slow", 0.05)
    given, rates = [recording(1 + at % 5) for at in range(20)], dict[str, float]()
    made, _ = await read(spread(given, own, quick, slow, rates=rates))
    check(made, given)
    assert own.begun[0] == quick.begun[0] == slow.begun[0] == 5
    assert len(quick.begun) > len(own.begun) and len(quick.begun) > len(slow.begun)
    assert max(node.most for node in (own, quick, slow)) == 1
    assert rates["quick"] > rates[""]


async def test_what_a_node_loses_is_read_again_from_its_beginning() -> None:
    own, dying = Node("", 0.005), Node("dying", fails=lambda call: NodeLost("Killed.") if call > 1 else None)
    given = [recording(6) for _ in range(6)]
    made, _ = await read(spread(given, own, dying))
    check(made, given)
    assert [event.node for event in made.values()].count("dying") == 1 and len(dying.begun) > 1


async def test_what_ends_every_node_ends_two_and_is_the_files_error() -> None:
    crash = NodeError("The engine crashed.", code="engine_failed", retryable=True)
    nodes = [Node(name, fails=lambda _: crash) for name in ("a", "b", "c", "d")]
    own, given = Node("", fails=lambda _: crash), [recording(3)]
    made, _ = await read(spread(given, own, *nodes))
    assert made[0].result is crash and made[0].node == "local"
    assert len(own.begun) == OWN_TRIES and sum(len(node.begun) for node in nodes) <= 2


async def test_what_a_node_sits_on_another_reads_and_the_first_text_counts() -> None:
    own, stuck = Node(""), Node("stuck", stuck=True)
    given = [recording(2), recording(2)]
    made, _ = await read(spread(given, own, stuck, rates={"": 1000.0}))
    check(made, given)
    assert own.begun == [2, 2] and stuck.begun == [2] and stuck.running == 0


async def test_half_a_recording_does_not_count() -> None:
    own, deaf = Node("", 0.01), Node("deaf", deaf=True)
    given = [recording(5), recording(4), recording(3)]
    made, _ = await read(spread(given, own, deaf))
    check(made, given)
    assert deaf.begun and {event.node for event in made.values()} == {"local"}


async def test_rules_decide_which_node_hears_a_recording() -> None:
    own, house, office = Node("", 0.01), Node("house", zone="house"), Node("office", zone="office")
    given = [recording(4, "local"), recording(3, "local", "house"), recording(2, "local", "house"), recording(1)]
    made, _ = await read(spread(given, own, house, office))
    check(made, given)
    assert 4 not in house.begun + office.begun and set(office.begun) == {1} and {3, 2} <= set(house.begun + own.begun)


async def test_a_file_that_is_no_sound_is_its_own_error_and_holds_nobody_up() -> None:
    damaged = VoiceError("It is damaged.", code="voice_damaged")
    own, other = Node("", 0.001), Node("other", 0.001)
    made, _ = await read(spread([recording(2, error=damaged), recording(3)], own, other))
    assert made[0].result is damaged and isinstance(made[1].result, Transcribed)
    assert len(own.begun) + len(other.begun) >= 2


async def test_busy_is_waited_for_and_no_model_ends_it() -> None:
    own = Node("", fails=lambda call: NodeBusy("Full.") if call <= 2 * OWN_TRIES else None)
    check((await read(spread([recording(1)], own)))[0], [recording(1)])
    with pytest.raises(ModelError):
        await read(spread([recording(1)], Node("", fails=lambda _: ModelError("None.", code="model_missing"))))
    with pytest.raises(NodeLost):
        await read(spread([recording(1)], Node("", fails=lambda _: NodeLost("Gone."))))


async def test_stopping_ends_all_calls() -> None:
    own, other = Node("", stuck=True), Node("other", stuck=True)
    task = asyncio.create_task(read(spread([recording(3), recording(3)], own, other)))
    await own.told.wait()
    await other.told.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert own.running == other.running == 0
