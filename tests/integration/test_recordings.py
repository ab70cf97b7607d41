"""Recordings over real connections: fake nodes behind mutual TLS, and two real ones with the starter model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.cluster.client import NodeClient
from app.cluster.cluster import Cluster
from app.cluster.recordings import Recordings
from app.events import ModelInfo, NodeInfo, Transcribed
from app.rules import rules_of
from app.thinking import Recording, RecordingRead
from app.voice.audio_file import info_of, pcm_from_file
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from tests.fakes_nodes import SHA, FakeNode, Plan, node_info, on_socket, on_tls, until
from tests.integration.test_zone_rules import PACED, calls, zones
from tests.node_process import cluster, pair
from tests.spoken import RECORDINGS, question_wav, word_errors

SECOND = bytes(32_000)


class Hearing(FakeNode):
    """Hears recordings, a second of sound in `pace` seconds; from second `hold` on only when it is let."""

    def __init__(self, name: str, pace: float, hold: int | None = None) -> None:
        super().__init__(name, Plan())
        self.pace, self.hold = pace, hold
        self.let = asyncio.Event()
        self.configs: list[pb.TranscribeConfig] = []
        self.open = 0

    async def Load(self, request: pb.LoadRequest, context: Any) -> AsyncGenerator[pb.LoadProgress, None]:
        ready = pb.EngineStatus(role=pb.ROLE_TRANSCRIBE, state=pb.ENGINE_READY, model="ears")
        yield pb.LoadProgress(engines=[ready], done=True)

    async def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        model = pb.Model(role=pb.ROLE_TRANSCRIBE, name="ears", sha256=SHA)
        return pb.ListModelsResponse(models=[pb.ListedModel(model=model, present=True)])

    async def Transcribe(
        self, requests: AsyncIterator[pb.TranscribeRequest], context: Any
    ) -> AsyncGenerator[pb.TranscribeEvent, None]:
        self.configs.append((await anext(aiter(requests))).config)
        self.open += 1
        try:
            await context.send_initial_metadata(())
            heard = 0.0
            async for request in requests:
                if request.WhichOneof("kind") == "end":
                    break
                heard += len(request.pcm16) / len(SECOND)
                if self.hold is not None and heard > self.hold:
                    await self.let.wait()
                await asyncio.sleep(self.pace * len(request.pcm16) / len(SECOND))
                yield pb.TranscribeEvent(heard=pb.Heard(seconds=heard, total=heard, text=" word"))
            yield pb.TranscribeEvent(final=pb.Final(text=f"{heard:.0f} s", language="en", audio_seconds=heard))
        finally:
            self.open -= 1


def spoken(seconds: int, *zones: str) -> Recording:
    async def sound() -> AsyncGenerator[bytes, None]:
        for _ in range(seconds):
            yield SECOND

    return Recording(sound, float(seconds), zones=zones)


@asynccontextmanager
async def reading(tmp_path: Path, own: Hearing, *others: Hearing) -> AsyncGenerator[tuple[Recordings, Any], None]:
    """Recordings over real connections, and the other nodes' servers."""
    me = Identity.load_or_create(tmp_path / "me")
    async with AsyncExitStack() as stack:
        local = await stack.enter_async_context(on_socket(own, tmp_path / "s"))
        clients, servers, infos = {}, [], [node_info("local")]
        ears = ModelInfo("ears", "transcribe", SHA, 1, "", 0)
        for node in others:
            it = Identity.load_or_create(tmp_path / node.name)
            address, server = await stack.enter_async_context(on_tls(node, it, me))
            info: NodeInfo = replace(node_info(node.name), address=address, models=(ears,), zone=node.name)
            client = NodeClient.remote(
                address, node.name, pinned=it.certificate, certificate=me.certificate, key=me.key
            )
            stack.push_async_callback(client.close)
            clients[info.id] = client
            servers.append(server)
            infos.append(info)

        async def of_this_machine() -> NodeClient:
            return local

        yield Recordings(of_this_machine, lambda: infos, clients.get), servers


async def all_of(one: Recordings | Cluster, given: Sequence[Recording], **wanted: Any) -> dict[int, RecordingRead]:
    made: dict[int, RecordingRead] = {}
    events = one.read(given, **wanted) if isinstance(one, Recordings) else one.read_recordings(given, **wanted)
    async with asyncio.timeout(60), aclosing(events) as stream:
        async for event in stream:
            if isinstance(event, RecordingRead):
                assert event.at not in made
                made[event.at] = event
    assert sorted(made) == list(range(len(given)))
    return made


async def test_nothing_leaves_this_machine_unless_it_may(tmp_path: Path) -> None:
    own, pi = Hearing("local", 0.0), Hearing("pi", 0.0)
    async with reading(tmp_path, own, pi) as (one, _):
        given = [spoken(2), spoken(3)]
        made = await all_of(one, given, language="de", elsewhere=False)
        assert not pi.configs and {event.node for event in made.values()} == {"local"}
        assert [config.expected_seconds for config in own.configs] == [2, 3]
        assert all(config.recording and config.language == "de" and not config.model for config in own.configs)
        assert all(config.priority == pb.PRIORITY_BACKGROUND and not config.partials for config in own.configs)
        await all_of(one, [spoken(1)], language="", elsewhere=False)
        assert own.configs[-1].priority == pb.PRIORITY_INTERACTIVE, "somebody waits for a single one"
        own.pace = 0.05
        made = await all_of(one, [spoken(9, "local"), spoken(8), spoken(7)], language="", elsewhere=True)
        assert pi.configs and {config.model for config in own.configs[3:] + pi.configs} == {SHA}
        assert made[0].node == "local" and 9 not in [config.expected_seconds for config in pi.configs]
        assert [getattr(made[at].result, "text", "") for at in range(3)] == ["9 s", "8 s", "7 s"]


async def test_a_node_that_goes_away_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    own, pi = Hearing("local", 0.02), Hearing("pi", 0.0, hold=2)
    async with reading(tmp_path, own, pi) as (one, (server,)):
        given = [spoken(6) for _ in range(4)]
        task = asyncio.create_task(all_of(one, given, language="", elsewhere=True))
        await until(lambda: pi.open == 1)
        await server.stop(None)
        made = await task
    assert {event.node for event in made.values()} == {"local"} and len(pi.configs) == 1
    assert {getattr(event.result, "text", "") for event in made.values()} == {"6 s"}


async def test_stopping_ends_the_calls_on_all_nodes(tmp_path: Path) -> None:
    own, pi = Hearing("local", 0.0, hold=1), Hearing("pi", 0.0, hold=1)
    async with reading(tmp_path, own, pi) as (one, _):
        task = asyncio.create_task(all_of(one, [spoken(5), spoken(5)], language="", elsewhere=True))
        await until(lambda: own.open == pi.open == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: own.open == pi.open == 0)


@pytest.mark.models
async def test_two_real_nodes_read_a_folder_and_one_is_killed(tmp_path: Path, home: Path) -> None:
    said = {
        question_wav(text, tmp_path): text
        for text in ("When does the warranty of the water pump end?", "The lighthouse keeper counted every ship.")
    }
    said |= {one.path: one.text for one in (RECORDINGS["telephone"], RECORDINGS["library"]) if one.here}
    folder = tmp_path / "talks"
    folder.mkdir()
    given = []
    for at, path in enumerate(said):
        (folder / f"{at}.wav").symlink_to(path)
        zones_of = rules_of((f"{folder} = house",)).zones([str(folder / f"{at}.wav")])
        given.append(
            Recording(partial(pcm_from_file, folder / f"{at}.wav"), info_of(path).seconds or 1.0, zones=zones_of)
        )
    async with zones(tmp_path, "house", "office") as (house, office), cluster(home, *PACED) as one:
        await asyncio.gather(pair(one, house), pair(one, office))
        one.settings.voice_elsewhere = True
        check(await all_of(one, given), list(said.values()))
        assert await calls(tmp_path, "house", "transcribe") > 0
        assert await calls(tmp_path, "office", "transcribe") == 0
        before = await calls(tmp_path, "house", "transcribe")
        twice = asyncio.create_task(all_of(one, given * 2))
        while await calls(tmp_path, "house", "transcribe") == before:
            assert not twice.done()
        house.kill()
        check(await twice, list(said.values()) * 2)
        assert await calls(tmp_path, "office", "transcribe") == 0


def check(made: dict[int, RecordingRead], said: list[str]) -> None:
    for at, text in enumerate(said):
        result = made[at].result
        assert isinstance(result, Transcribed), result
        assert word_errors(result.text, text) <= 0.2, result.text
