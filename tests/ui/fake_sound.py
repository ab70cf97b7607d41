"""A microphone and a loudspeaker for tests of the window."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from app.errors import TangnetError
from app.thinking import Spoken
from app.voice.audio_input import Blocks, Broadcast


@dataclass
class FakeEar:
    """A microphone that says one block per press and ends at release."""

    on_hint: Callable[[str], None]
    on_phase: Callable[[str], None]
    on_state: Callable[[str, str], None]
    level: float = 0.6
    live: bool = True
    calls: list[str] = field(default_factory=list)
    wanted: set[str] = field(default_factory=set)
    sound: Broadcast = field(default_factory=Broadcast)
    """Feed it in the asyncio thread: live sound for all who listen."""

    def __post_init__(self) -> None:
        self._released = asyncio.Event()

    def want(self, who: str) -> None:
        self.wanted.add(who)
        self.on_state("listening", "Desk")

    def unwant(self, who: str) -> None:
        self.wanted.discard(who)

    def press(self) -> bool:
        self.calls.append("press")
        self._released = asyncio.Event()
        self.on_phase("listening")
        return True

    def release(self) -> None:
        self.calls.append("release")
        self.on_phase("finishing")
        self._released.set()

    def cancel(self) -> None:
        self.calls.append("cancel")
        self._released.set()

    async def audio(self) -> AsyncIterator[bytes]:
        yield b"\x01\x00" * 512
        await self._released.wait()

    def blocks(self, before: float = 0.0) -> Blocks:
        return self.sound.subscribe(before)

    async def close(self) -> None:
        self.calls.append("close")
        self.sound.end()
        self.on_state("closed", "")


class FakePlayer:
    """A loudspeaker that keeps what it is given and plays it at once; `held` keeps it from ending."""

    def __init__(self, on_hint: Callable[[str], None]) -> None:
        self.on_hint = on_hint
        self.played: list[bytes] = []
        self.stopped = 0
        self.closed = False
        self.failure: TangnetError | None = None
        self.held = self.waiting = False
        self.ducked: list[bool] = []
        self.held_back: list[bool] = []
        self.taken: Callable[[bytes, int, bool], None] | None = None
        """What gets all that is played, where somebody asked for it."""

    async def play(self, sounds: AsyncIterator[Spoken]) -> bool:
        if self.failure is not None:
            raise self.failure
        async for sound in sounds:
            self.played.append(sound.pcm16)
        if self.held:
            self.waiting = True
            await asyncio.Event().wait()
        return True

    def tap(self, take: Callable[[bytes, int, bool], None] | None) -> None:
        self.taken = take

    def duck(self, on: bool) -> None:
        self.ducked.append(on)

    def hold(self, on: bool) -> None:
        self.held_back.append(on)

    def stop(self) -> None:
        self.stopped += 1

    async def close(self) -> None:
        self.closed = True
