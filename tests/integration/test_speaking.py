"""The Speak call over real gRPC: with a fake voice, with one in a process, and with the real one."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from nodeworker.errors import BadRequest, EngineLost
from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.rooms import EngineRooms
from nodeworker.serving.speaking import AHEAD, MOST_CHARACTERS, SpeakCall, spoken_call
from tests.engine_rooms import ProcessMaker, rooms_of
from tests.integration.node_serving import client, serving, until
from tests.integration.test_node_calls import FakeFolder, refused
from tests.unit.nodeworker_server.fakes import FakeMaker, model

SENTENCES = ("The meeting is at ten.", "Bring the contract, please.")


async def requests(*texts: str, speed: float = 0.0, voice: str = "") -> AsyncIterator[pb.SpeakRequest]:
    # The end comes with the last text: what is still being written when a node refuses makes gRPC lose its reason.
    for text in texts[:-1]:
        yield pb.SpeakRequest(text=text, speed=speed, voice=voice)
    yield pb.SpeakRequest(text=texts[-1] if texts else "", speed=speed, voice=voice, end=True)


async def call(*texts: str, speed: float = 0.0, voice: str = "") -> SpeakCall:
    return await spoken_call(requests(*texts, speed=speed, voice=voice))


async def spoken(rooms: EngineRooms, *texts: str, speed: float = 0.0, voice: str = "") -> list[pb.SpeakEvent]:
    return [event async for event in (await call(*texts, speed=speed, voice=voice)).events(rooms)]


async def test_sentences_come_out_one_by_one_while_others_are_still_to_come(home: Path) -> None:
    maker = FakeMaker()
    folder = FakeFolder(home, model("speak", "lark"))
    more = asyncio.Event()

    async def asked() -> AsyncIterator[pb.SpeakRequest]:
        yield pb.SpeakRequest(text="one", speed=1.5)
        await more.wait()
        yield pb.SpeakRequest(text=" ")
        yield pb.SpeakRequest(text="two", end=True)

    async with serving(home, maker=maker, folder=folder) as node, client(node.address) as stub:
        events = aiter(stub.Speak(asked(), timeout=20))
        first = [await anext(events) for _ in range(4)]
        assert first[0].pcm16.decode("utf-16-le") == "one" and first[0].voice == "lark"
        assert [event.last for event in first] == [False, False, False, True]
        more.set()
        rest = [event async for event in events]
        assert [event.sentence for event in rest if event.last] == [1, 2]
        assert not any(event.pcm16 for event in rest if event.sentence == 1)
        assert maker.speaking.said == [("one", 1.5), (" ", 1.5), ("two", 1.5)]
        (about,) = [
            one for one in (await stub.ListModels(pb.ListModelsRequest(), timeout=5)).models if one.model.name == "lark"
        ]
        assert about.model.role == pb.ROLE_SPEAK


async def test_what_makes_no_sense_is_refused(home: Path) -> None:
    folder = FakeFolder(home, model("speak", "lark"))
    async with serving(home, maker=FakeMaker(), folder=folder) as node, client(node.address) as stub:
        for wrong in (
            requests("x", speed=9.0),
            requests("x", speed=float("nan")),
            requests("x", voice="v" * 300),
            requests("x" * (MOST_CHARACTERS + 1)),
        ):
            assert (await refused(stub.Speak(wrong, timeout=20)))[1] == "bad_request"
        assert (await refused(stub.Speak(requests("x", voice="owl"), timeout=20)))[1] == "model_missing"


async def test_a_node_without_a_voice_says_so(home: Path) -> None:
    async with serving(home) as node, client(node.address) as stub:
        status, code, hint = await refused(stub.Speak(requests("x"), timeout=20))
        assert (status, code) == (grpc.StatusCode.NOT_FOUND, "model_missing") and "hibari-heart" in hint


async def test_the_engine_is_never_far_ahead_of_who_listens(home: Path) -> None:
    maker = FakeMaker()
    texts = [f"sentence {number}" for number in range(60)]
    rooms = EngineRooms(FakeFolder(home, model("speak", "lark")), maker)
    events = (await call(*texts)).events(rooms)
    await anext(events)
    await until(lambda: len(maker.speaking.said) == AHEAD)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(maker.speaking.said) == AHEAD
    await events.aclose()
    await until(lambda: maker.speaking.stopped == 1)
    assert not rooms.speaking.active
    await rooms.close()


async def test_leaving_ends_the_work_in_the_engines_process() -> None:
    async with rooms_of() as rooms:
        events = (await call("endless")).events(rooms)
        assert (await anext(events)).pcm16 == b"ab"
        await events.aclose()
        await until(lambda: not rooms.speaking.active)
        assert [event.pcm16.decode("utf-16-le") for event in await spoken(rooms, "a", "b", speed=2.0)] == [
            "a2.0",
            "b2.0",
        ]


async def test_an_engine_that_dies_is_told_and_comes_back() -> None:
    async with rooms_of(ProcessMaker()) as rooms:
        with pytest.raises(EngineLost):
            await spoken(rooms, "a", "die")
        assert [event.sentence for event in await spoken(rooms, "a", "b") if event.last] == [0, 1]


async def test_bad_input_ends_the_call() -> None:
    async with rooms_of() as rooms:
        with pytest.raises(BadRequest):
            await spoken(rooms, "fine", "x" * (MOST_CHARACTERS + 1))


@contextlib.asynccontextmanager
async def real_rooms(home: Path) -> AsyncIterator[EngineRooms]:
    if importlib.util.find_spec("hibari") is None:
        pytest.skip("no voice: pip install hibari-tts==0.2.1 (it is in the speak extra)")
    maker = EngineMaker(EngineChoice())
    rooms = EngineRooms(maker.folder(ModelFolder(home / "models")), maker)
    try:
        yield rooms
    finally:
        await rooms.close()


@pytest.mark.models
async def test_the_packaged_voice_speaks(home: Path) -> None:
    async with real_rooms(home) as rooms:
        events = await spoken(rooms, *SENTENCES, "\N{PILE OF POO}", "[x](/kˈɪl/)" * 60)
        assert {event.sample_rate for event in events} == {24_000} and events[0].voice == "hibari-heart"
        assert [event.sentence for event in events if event.last] == [0, 1, 2, 3]
        lengths = [sum(len(event.pcm16) for event in events if event.sentence == at) / 48_000 for at in range(4)]
        assert 0.8 < lengths[0] < 3 and 0.8 < lengths[1] < 3 and lengths[2] == 0 and lengths[3] > 5
        assert max(len(event.pcm16) for event in events) <= 48_000
        sound = array("h", b"".join(event.pcm16 for event in events if event.sentence == 0))
        assert max(map(abs, sound)) > 3_000
        again = await spoken(rooms, SENTENCES[0])
        assert array("h", b"".join(event.pcm16 for event in again)) == sound  # the same text, the same sound
        quick = await spoken(rooms, SENTENCES[0], speed=2.0)
        assert sum(len(event.pcm16) for event in quick) < 0.7 * 2 * len(sound)


@pytest.mark.models
async def test_two_callers_and_one_who_leaves(home: Path) -> None:
    async with real_rooms(home) as rooms:
        leaving = (await call(*SENTENCES * 20)).events(rooms)
        await anext(leaving)
        both = await asyncio.gather(spoken(rooms, *SENTENCES), spoken(rooms, *reversed(SENTENCES)))
        assert [[event.sentence for event in events if event.last] for events in both] == [[0, 1], [0, 1]]
        await leaving.aclose()
        await until(lambda: not rooms.speaking.active)


@pytest.mark.models
def test_a_damaged_voice_is_refused_and_nothing_is_fetched(tmp_path: Path) -> None:
    pytest.importorskip("hibari")
    from nodeworker.engines.speaking.voice import VoiceEngine
    from nodeworker.errors import ModelDamaged
    from nodeworker.models.model_file import ModelFile

    file = tmp_path / "voice.onnx"
    file.write_bytes(b"\0" * 100)
    damaged = ModelFile("speak", "v", "0" * 64, file, 100, language="en-GB")
    with pytest.raises(ModelDamaged):
        VoiceEngine(damaged).load(lambda _fraction: None)
    gone = ModelFile("speak", "v", "0" * 64, tmp_path / "gone.onnx", 100)
    with pytest.raises(ModelDamaged):
        VoiceEngine(gone).load(lambda _fraction: None)
