"""The Attend call: with fake engines over real gRPC, in processes, and the real one with a spoken wake word."""

from __future__ import annotations

import asyncio
import importlib.util
from array import array
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import grpc
import pytest

from app.cluster.cluster import Cluster
from app.settings import Settings
from app.thinking import Attended, Attention, SpeechBegan, SpeechPaused, WakeHeard
from nodeworker.protocol import SAMPLE_RATE
from nodeworker.protocol import node_pb2 as pb
from tests.engine_rooms import rooms_of
from tests.fakes_voice import FakeMicrophone
from tests.integration.node_serving import client, serving, until
from tests.integration.test_node_calls import FakeFolder, refused
from tests.spoken import question_wav
from tests.unit.nodeworker_server.fakes import FakeMaker, model

WAKE = "Hey Jarvis!"
BLOCK = 1024


async def requests(*kinds: pb.AttendConfig | bytes) -> AsyncIterator[pb.AttendRequest]:
    for kind in kinds:
        yield pb.AttendRequest(pcm16=kind) if isinstance(kind, bytes) else pb.AttendRequest(config=kind)


async def test_windows_are_told_while_sound_still_comes(home: Path) -> None:
    maker, more = FakeMaker(), asyncio.Event()
    folder = FakeFolder(home, model("vad", "v"), model("wake", "jay"))

    async def sound() -> AsyncIterator[pb.AttendRequest]:
        yield pb.AttendRequest(config=pb.AttendConfig(wake_word="jay", threshold=0.5))
        yield pb.AttendRequest(pcm16=b"talk")
        await more.wait()
        yield pb.AttendRequest(pcm16=b"wake")

    async with serving(home, maker=maker, folder=folder) as node, client(node.address) as stub:
        events = aiter(stub.Attend(sound(), timeout=20))
        first = await anext(events)
        assert first.attention.speech == pytest.approx(0.9) and first.attention.wake == pytest.approx(0.5)
        more.set()
        rest = [event.WhichOneof("kind") async for event in events]
        assert rest == ["attention", "wake_heard"]
        (wake,) = maker.attending.asked
        assert wake is not None and (wake.path, wake.threshold) == ("jay", 0.5)


async def test_who_only_listens_holds_up_nothing(home: Path) -> None:
    maker, folder = FakeMaker(), FakeFolder(home, model("vad", "v"))

    async def endless() -> AsyncIterator[pb.AttendRequest]:
        yield pb.AttendRequest(config=pb.AttendConfig())
        yield pb.AttendRequest(pcm16=b"talk")
        await asyncio.Event().wait()

    async with serving(home, maker=maker, folder=folder) as node, client(node.address) as stub:
        held = stub.Attend(endless(), timeout=20)
        await anext(aiter(held))
        assert not any(node.rooms._resting.rests(chat=chat) for chat in (True, False))
        held.cancel()
        await until(lambda: maker.attending.stopped == 1)


async def test_what_makes_no_sense_is_refused(home: Path) -> None:
    folder = FakeFolder(home, model("vad", "v"))
    async with serving(home, maker=FakeMaker(), folder=folder) as node, client(node.address) as stub:
        for wrong in (
            requests(b"no configuration"),
            requests(pb.AttendConfig(threshold=1.5)),
            requests(pb.AttendConfig(threshold=float("nan"))),
            requests(pb.AttendConfig(wake_word="w" * 300)),
            requests(pb.AttendConfig(), pb.AttendConfig()),
            requests(pb.AttendConfig(), b"odd"),
        ):
            assert (await refused(stub.Attend(wrong, timeout=20)))[1] == "bad_request"
        status, code, _ = await refused(stub.Attend(requests(pb.AttendConfig(wake_word="nobody")), timeout=20))
        assert (status, code) == (grpc.StatusCode.NOT_FOUND, "model_missing")


async def test_an_engine_that_dies_is_told_and_the_next_call_has_a_new_one() -> None:
    from nodeworker.errors import EngineLost
    from nodeworker.serving.attending import attended

    async with rooms_of() as rooms:
        with pytest.raises(EngineLost):
            async for _ in attended(requests(pb.AttendConfig(), b"die!"), rooms):
                pass
        told = [event async for event in attended(requests(pb.AttendConfig(), b"four"), rooms)]
        assert [event.attention.at for event in told] == [4.0]


# -- real engines ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def cluster(home: Path) -> AsyncIterator[Cluster]:
    cluster = Cluster(home, Settings(), discover=False)
    await cluster.start()
    yield cluster
    await cluster.close()


async def blocks(sound: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(sound), BLOCK):
        yield sound[start : start + BLOCK]


async def spoken(text: str, folder: Path) -> bytes:
    return await FakeMicrophone.sound(question_wav(text, folder))


async def told_of(cluster: Cluster, sound: bytes, wake_word: str = "") -> list[Attended]:
    async with asyncio.timeout(60), aclosing(cluster.attend(blocks(sound), wake_word=wake_word)) as events:
        return [event async for event in events]


@pytest.mark.models
async def test_real_speech_has_bounds_and_silence_has_none(cluster: Cluster, tmp_path: Path) -> None:
    quiet = bytes(2 * SAMPLE_RATE)
    said = await spoken("When does the warranty of the water pump end?", tmp_path)
    told = await told_of(cluster, quiet + said + quiet)
    windows = [event for event in told if isinstance(event, Attention)]
    assert len(windows) == (len(quiet) * 2 + len(said)) // BLOCK
    assert all(later.at - earlier.at == pytest.approx(0.032) for earlier, later in pairwise(windows))
    assert max(window.speech for window in windows if window.at < 0.9) < 0.3
    assert max(window.speech for window in windows if 1.0 < window.at < 2.0) > 0.9
    assert {window.wake for window in windows} == {0.0}
    (began,) = [event.at for event in told if isinstance(event, SpeechBegan)]
    (paused,) = [event.at for event in told if isinstance(event, SpeechPaused)]
    assert 0.8 < began < 1.6 and 1 + len(said) / 2 / SAMPLE_RATE - 1.0 < paused < 1.2 + len(said) / 2 / SAMPLE_RATE


@pytest.mark.models
async def test_a_real_wake_word_is_heard_once_each_time_and_nothing_else_is(cluster: Cluster, tmp_path: Path) -> None:
    if importlib.util.find_spec("pymicro_wakeword") is None:
        pytest.skip("no wake words: pip install pymicro-wakeword==2.5.0 (it is in the wake extra)")
    quiet = bytes(2 * 2 * SAMPLE_RATE)
    wake, other = await spoken(WAKE, tmp_path), await spoken("Hey, is there any bread left for supper?", tmp_path)
    told = await told_of(cluster, quiet + wake + quiet + other + quiet + wake + quiet, "hey-jarvis")
    heard = [event for event in told if isinstance(event, WakeHeard)]
    ends = [(2 + len(wake) / 2 / SAMPLE_RATE), (6 + (2 * len(wake) + len(other)) / 2 / SAMPLE_RATE)]
    assert len(heard) == 2, heard
    assert all(abs(event.at - end) < 1.0 and event.score >= 0.97 for event, end in zip(heard, ends, strict=True))


@pytest.mark.models
async def test_an_engine_killed_while_it_listens_is_replaced(cluster: Cluster, tmp_path: Path) -> None:
    """The process that listens is killed; the call goes on, and its times go on."""
    import psutil

    said = await spoken("When does the warranty of the water pump end?", tmp_path)
    killed = False

    async def live() -> AsyncIterator[bytes]:
        async for block in blocks(said * 20):
            yield block
            await asyncio.sleep(0.005)

    def listeners() -> list[psutil.Process]:
        found = psutil.Process().children(recursive=True)
        return [one for one in found if "nodeworker.hosting.host" in " ".join(one.cmdline())]

    times: list[float] = []
    async with asyncio.timeout(120), aclosing(cluster.attend(live())) as events:
        async for event in events:
            if isinstance(event, Attention):
                times.append(event.at)
                if len(times) > 100 and not killed:
                    for process in listeners():
                        process.kill()
                    killed = True
                if killed and len(times) > 300:
                    break
    assert killed and times == sorted(times)
    assert array("d", times)[-1] > 9.0
