"""Who wants the microphone, and when it closes."""

import asyncio

from app.voice.standby import Standby
from tests.fakes_voice import FakeMicrophone


async def test_open_while_anybody_wants_it() -> None:
    microphone = FakeMicrophone()
    standby = Standby(microphone, linger=0.0)
    standby.want("window")
    standby.want("hands-free")
    standby.unwant("window")
    standby.unwant("window")
    standby.unwant("nobody")
    await asyncio.sleep(0.01)
    assert microphone.is_open and standby.wanted == {"hands-free"}
    standby.unwant("hands-free")
    await asyncio.sleep(0.01)
    assert bool(microphone.is_open) is False
    standby.want("window")
    standby.want("talking")
    assert bool(microphone.is_open) and microphone.opened == 2
    standby.close()
    assert (bool(microphone.is_open), standby.wanted) == (False, frozenset())


async def test_a_glance_elsewhere_does_not_close_it() -> None:
    microphone = FakeMicrophone()
    standby = Standby(microphone, linger=0.01)
    standby.want("window")
    standby.unwant("window")
    assert microphone.is_open
    standby.want("window")
    await asyncio.sleep(0.05)
    assert microphone.is_open and microphone.opened == 1
    standby.close()
