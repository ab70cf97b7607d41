"""Reading aloud over real connections: fake nodes that are lost in mid-sentence, and real voices of which one dies."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from app.cluster.client import NodeClient
from app.cluster.cluster import Cluster
from app.cluster.speaking import OWN_TRIES, Speaking
from app.errors import NodeError, NodeLost, VoiceError
from app.events import ModelInfo, NodeInfo
from app.thinking import Spoken
from nodeworker.protocol import CODE_KEY
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from tests.fakes_nodes import SHA, FakeNode, Plan, node_info, on_socket, on_tls, until
from tests.integration.test_zone_rules import PACED, zones
from tests.node_process import cluster, pair
from tests.spoken import can_speak

SAID = ("one.", "two.", "three.", "four.")
PIECES = 3
VOICE = ModelInfo("lark", "speak", SHA, 1, "", 0)


class Voiced(FakeNode):
    """Says a sentence as its own bytes in three pieces; lost after `lost_after` pieces of its first `losses` calls."""

    def __init__(self, name: str, *, voice: str = "lark", lost_after: int | None = None, losses: int = 99) -> None:
        super().__init__(name, Plan())
        self.voice, self.lost_after, self.losses = voice, lost_after, losses
        self.silent = False
        """Says nothing, and ends in order."""
        self.hold: asyncio.Event | None = None
        """Waits for it before each piece but the first."""
        self.skips = 0
        """Sentences that it leaves out."""
        self.calls: list[list[str]] = []
        self.settings: set[tuple[str, float]] = set()
        self.open = 0

    async def Speak(
        self, requests: AsyncIterator[pb.SpeakRequest], context: Any
    ) -> AsyncGenerator[pb.SpeakEvent, None]:
        first = await anext(aiter(requests))
        self.settings.add((first.voice, first.speed))
        said: list[str] = []
        self.calls.append(said)
        losing = self.lost_after is not None and len(self.calls) <= self.losses
        sent = 0
        self.open += 1
        try:
            if losing and self.lost_after == 0:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            await context.send_initial_metadata(())
            async for request in requests:
                if request.end:
                    return
                said.append(request.text)
                if self.silent:
                    continue
                for at in range(PIECES):
                    if self.hold is not None and sent:
                        await self.hold.wait()
                    yield pb.SpeakEvent(
                        pcm16=sound(request.text)[at],
                        sample_rate=24_000,
                        sentence=len(said) - 1 + self.skips,
                        last=at == PIECES - 1,
                        voice="" if sent else self.voice,
                    )
                    sent += 1
                    if losing and sent == self.lost_after:
                        await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        finally:
            self.open -= 1


class Mute(Voiced):
    """Has no voice, and says so at once."""

    async def Speak(
        self, requests: AsyncIterator[pb.SpeakRequest], context: Any
    ) -> AsyncGenerator[pb.SpeakEvent, None]:
        self.calls.append([(await anext(aiter(requests))).text])
        await context.abort(grpc.StatusCode.NOT_FOUND, "No voice.", ((CODE_KEY, "model_missing"),))
        yield pb.SpeakEvent()


def sound(text: str) -> list[bytes]:
    """The pieces of a sentence, which are of different lengths."""
    whole = (text * PIECES).encode("utf-16-le")
    return [whole[:2], whole[2:6], whole[6:]]


async def given(texts: Iterable[str] = SAID) -> AsyncGenerator[str, None]:
    for text in texts:
        yield text


@asynccontextmanager
async def talking(tmp_path: Path, own: Voiced, *others: Voiced) -> AsyncGenerator[tuple[Speaking, list[Any]], None]:
    """Speech over real connections, and the other nodes' servers; each of these is in the zone of its name."""
    me = Identity.load_or_create(tmp_path / "me")
    async with AsyncExitStack() as stack:
        local = await stack.enter_async_context(on_socket(own, tmp_path / "s"))
        clients: dict[str, NodeClient] = {}
        servers = []
        infos: list[NodeInfo] = [replace(node_info("local"), models=() if isinstance(own, Mute) else (VOICE,))]
        for node in others:
            it = Identity.load_or_create(tmp_path / node.name)
            address, server = await stack.enter_async_context(on_tls(node, it, me))
            info = replace(node_info(node.name), address=address, models=(VOICE,), zone=node.name)
            client = NodeClient.remote(
                address, node.name, pinned=it.certificate, certificate=me.certificate, key=me.key
            )
            stack.push_async_callback(client.close)
            clients[info.id] = client
            servers.append(server)
            infos.append(info)

        async def of_this_machine() -> NodeClient:
            return local

        yield Speaking(of_this_machine, lambda: infos, clients.get), servers


async def spoken(one: Speaking | Cluster, sentences: AsyncIterator[str] | None = None, **wanted: Any) -> list[Spoken]:
    asked: dict[str, Any] = {"voice": "", "speed": 1.0, "zones": (), "node": ""} | wanted
    async with asyncio.timeout(60), aclosing(one.speak(sentences or given(), **asked)) as events:
        return [event async for event in events]


def joined(events: Iterable[Spoken]) -> list[bytes]:
    """The sound of each sentence."""
    made: defaultdict[int, bytes] = defaultdict(bytes)
    for event in events:
        made[event.sentence] += event.pcm16
    assert list(made) == sorted(made), "out of order"
    return list(made.values())


WHOLE = [b"".join(sound(text)) for text in SAID]


async def test_this_machine_speaks_and_is_told_how(tmp_path: Path) -> None:
    own, pi = Voiced("local"), Voiced("pi")
    async with talking(tmp_path, own, pi) as (one, _):
        made = await spoken(one, voice="lark", speed=1.5)
        assert joined(made) == WHOLE and {event.node for event in made} == {"local"}
        assert [event.sentence for event in made if event.last] == [0, 1, 2, 3]
        assert own.settings == {("lark", 1.5)} and not pi.calls


@pytest.mark.parametrize("lost_after", range(PIECES * len(SAID)))
async def test_lost_at_any_piece_the_next_goes_on_and_nothing_is_heard_twice(tmp_path: Path, lost_after: int) -> None:
    own, pi = Voiced("local"), Voiced("pi", lost_after=lost_after)
    async with talking(tmp_path, own, pi) as (one, _):
        made = await spoken(one, node="pi")
    assert joined(made) == WHOLE
    assert [event.sentence for event in made if event.last] == [0, 1, 2, 3]
    assert [event.node for event in made[:lost_after]] == ["pi"] * lost_after
    assert {event.node for event in made[lost_after:]} == {"local"}
    assert own.calls == [list(SAID[lost_after // PIECES :])], "it goes on at the sentence"


async def test_another_voice_says_the_sentence_from_its_beginning(tmp_path: Path) -> None:
    own, pi = Voiced("local", voice="owl"), Voiced("pi", lost_after=PIECES + 1)
    async with talking(tmp_path, own, pi) as (one, _):
        made = await spoken(one, node="pi")
    assert joined(made) == [WHOLE[0], sound(SAID[1])[0] + WHOLE[1], *WHOLE[2:]]
    assert [event.voice for event in made if event.voice] == ["lark", "owl"]


async def test_a_node_that_goes_away_is_replaced_while_sentences_are_still_to_come(tmp_path: Path) -> None:
    own, pi = Voiced("local"), Voiced("pi")
    pi.hold = asyncio.Event()
    more = asyncio.Event()

    async def answer() -> AsyncGenerator[str, None]:
        yield SAID[0]
        await more.wait()
        for text in SAID[1:]:
            yield text

    async with talking(tmp_path, own, pi) as (one, (server,)):
        made = asyncio.create_task(spoken(one, answer(), node="pi"))
        await until(lambda: pi.calls == [[SAID[0]]])
        await server.stop(None)
        await until(lambda: own.calls == [[SAID[0]]])
        more.set()
        assert joined(await made) == WHOLE
    assert own.calls == [list(SAID)]


async def test_the_node_of_this_machine_is_tried_again_and_then_given_up(tmp_path: Path) -> None:
    own, pi = Voiced("local", lost_after=PIECES + 2, losses=1), Voiced("pi")
    async with talking(tmp_path, own, pi) as (one, _):
        made = await spoken(one)
        assert joined(made) == WHOLE and {event.node for event in made} == {"local"}
        assert own.calls[1] == list(SAID[1:])
        own.calls.clear()
        own.lost_after, own.losses = 0, 99
        made = await spoken(one)
        assert joined(made) == WHOLE and {event.node for event in made} == {"pi"} and len(own.calls) == OWN_TRIES
        with pytest.raises(NodeLost):
            await spoken(one, zones=("local",))


async def test_sentences_stay_in_their_zones_also_when_its_node_is_lost(tmp_path: Path) -> None:
    own, house, office = Voiced("local", lost_after=0), Voiced("house", lost_after=4), Voiced("office")
    async with talking(tmp_path, own, house, office) as (one, _):
        with pytest.raises(NodeLost):
            await spoken(one, zones=("house",), node="house")
        assert len(house.calls) == 1 and not office.calls
        with pytest.raises(NodeError):
            await spoken(one, zones=("local",), node="house")
        assert len(house.calls) == 1 and not office.calls


async def test_without_a_voice_here_a_paired_node_speaks_and_without_any_it_is_said(tmp_path: Path) -> None:
    own, pi = Mute("local"), Voiced("pi")
    async with talking(tmp_path, own, pi) as (one, _):
        made = await spoken(one)
        assert joined(made) == WHOLE and {event.node for event in made} == {"pi"} and len(own.calls) == 1
        with pytest.raises(NodeError) as refused:
            await spoken(one, zones=("local",))
        assert refused.value.code == "model_missing"


async def test_a_node_that_leaves_out_a_sentence_is_not_believed(tmp_path: Path) -> None:
    own, pi = Voiced("local"), Voiced("pi")
    async with talking(tmp_path, own, pi) as (one, _):
        pi.skips = 1
        made = await spoken(one, node="pi")
        assert joined(made) == WHOLE and {event.node for event in made} == {"local"}
        pi.skips, pi.silent = 0, True
        made = await spoken(one, node="pi")
        assert joined(made) == WHOLE and {event.node for event in made} == {"local"}


async def test_what_the_answer_fails_with_is_what_its_listener_gets(tmp_path: Path) -> None:
    async def broken() -> AsyncGenerator[str, None]:
        yield SAID[0]
        raise VoiceError("The answer broke off.")

    own, pi = Voiced("local"), Voiced("pi")
    async with talking(tmp_path, own, pi) as (one, _):
        with pytest.raises(VoiceError, match="broke off"):
            await spoken(one, broken())
        await until(lambda: not own.open)
    assert len(own.calls) == 1 and not pi.calls


async def test_who_leaves_ends_the_call_and_the_answer_is_not_asked_for_more(tmp_path: Path) -> None:
    own = Voiced("local")
    own.hold = asyncio.Event()
    closed = asyncio.Event()

    async def answer() -> AsyncGenerator[str, None]:
        try:
            yield SAID[0]
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with talking(tmp_path, own) as (one, _):
        events = one.speak(answer(), voice="", speed=1.0, zones=(), node="")
        assert (await anext(events)).pcm16 == sound(SAID[0])[0]
        await events.aclose()
        await until(lambda: not own.open)
        async with asyncio.timeout(10):
            await closed.wait()


@pytest.mark.models
async def test_real_voices_and_one_killed_in_mid_sentence(tmp_path: Path, home: Path) -> None:
    if not can_speak():
        pytest.skip("no voice: pip install hibari-tts==0.2.1 (it is in the speak extra)")
    long = ", ".join(["the keeper of the lighthouse counted every ship that passed in the fog"] * 5) + "."
    texts = ["The warranty of the pump ends in March.", *[long] * 6, "Nobody knows why."]
    async with zones(tmp_path, "house") as (house,), cluster(home, *PACED) as one:
        await pair(one, house)
        whole = await spoken(one, given(texts))
        assert {event.node for event in whole} == {"local"} and {event.sample_rate for event in whole} == {24_000}
        assert all(len(of_one) > 24_000 for of_one in joined(whole))
        made: list[Spoken] = []
        async with asyncio.timeout(120), aclosing(one.speak(given(texts), node="house")) as events:
            async for event in events:
                made.append(event)
                if event.sentence == 1 and not event.last and event.node == "house":
                    house.kill()
        assert {event.node for event in made} == {"house", "local"}
        assert joined(made) == joined(whole), "not one sample is missing or heard twice"
