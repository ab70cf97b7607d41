"""Where speech is turned into text, and what happens when that place is lost."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from app.cluster.hearing import heard, listener
from app.errors import NodeLost
from app.events import Hearing, ModelInfo, NodeInfo, Transcribed
from tests.fakes_nodes import node_info

EARS = ModelInfo("whisper", "transcribe", "4" * 64, 5, "", 0)
LOCAL = replace(node_info("local"), models=(EARS,))
RIG = replace(node_info("rig", accelerator="GPU"), models=(EARS,))
PI = replace(node_info("pi"), models=(EARS,))


@pytest.mark.parametrize(
    ("nodes", "chosen"),
    [
        ([LOCAL], None),
        ([LOCAL, PI], None),
        ([LOCAL, PI, RIG], "rig"),
        ([replace(LOCAL, accelerator="GPU"), RIG], None),
        ([LOCAL, replace(RIG, trusted=False)], None),
        ([LOCAL, replace(RIG, rights=frozenset({"observe"}))], None),
        ([LOCAL, replace(RIG, queued=1)], None),
        ([LOCAL, replace(RIG, models=())], None),
        ([node_info("local"), PI], "pi"),
        ([replace(LOCAL, models=(), state="stopped"), PI], None),
    ],
)
def test_listener(nodes: list[NodeInfo], chosen: str | None) -> None:
    found = listener(nodes)
    assert (found.name if found else None) == chosen


@dataclass
class Ears:
    lost_after: int | None = None
    got: list[bytes] = field(default_factory=list)

    async def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str, hotwords: Sequence[str] = ()
    ) -> AsyncGenerator[Hearing | Transcribed, None]:
        if self.lost_after == 0:
            raise NodeLost("Gone.")
        async for block in audio:
            self.got.append(block)
            yield Hearing(str(len(self.got)))
            if len(self.got) == self.lost_after:
                raise NodeLost("Gone.")
        if self.lost_after == -1:
            raise NodeLost("Gone.")
        yield Transcribed(b"".join(self.got).decode())


async def sound() -> AsyncGenerator[bytes, None]:
    for block in (b"one ", b"two ", b"three"):
        yield block


async def listened(elsewhere: Ears | None) -> tuple[Transcribed, Ears]:
    here = Ears()

    async def local() -> Ears:
        return here

    events = [event async for event in heard(sound(), "en", local, (RIG, elsewhere) if elsewhere else None)]
    assert isinstance(events[-1], Transcribed)
    return events[-1], here


async def test_what_was_heard_names_who_heard_it() -> None:
    there = Ears()
    assert await listened(there) == (Transcribed("one two three", node="rig"), Ears())
    assert (await listened(None))[0] == Transcribed("one two three")


@pytest.mark.parametrize("lost_after", [0, -1])
async def test_lost_before_or_after_the_sound_it_is_heard_here(lost_after: int) -> None:
    text, _ = await listened(Ears(lost_after))
    assert text == Transcribed("one two three")


async def test_lost_in_the_middle_half_a_sentence_is_no_transcript() -> None:
    with pytest.raises(NodeLost, match="while it listened"):
        await listened(Ears(2))
