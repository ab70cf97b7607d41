"""What every running node has, local or remote: its options, its engines, and an ear for signals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import DEFAULT_PORT
from nodeworker.protocol.links import JoinToken
from nodeworker.serving.rooms import EngineRooms
from nodeworker.serving.server import Folder
from nodeworker.settings import Listen, models_folder

CLOSE_SECONDS = 2.0
"""How long freeing the engines may take before the process ends anyway."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run a node."""

    name: str = ""
    zone: str = ""
    labels: tuple[str, ...] = ()
    listen: Listen = field(default_factory=lambda: Listen("0.0.0.0", DEFAULT_PORT))
    models: str = ""
    engine: EngineChoice = field(default_factory=EngineChoice)
    context: int = 0
    threads: int = 0
    slots: int = 0
    keep_prefixes: bool = False
    """Write cached beginnings of conversations to the home when the engine ends."""
    grace: float = 5.0
    """Seconds that running answers get when the node is told to stop."""
    announce: bool = True
    join: JoinToken | None = None
    """Of the fleet to join while it runs."""
    metrics: Listen | None = None
    """Where on loopback figures are shown to a Prometheus; None = nowhere."""


Ready = Callable[[str, str, str], None]
"""Called with address, id and name when the node serves."""


@contextlib.asynccontextmanager
async def engines(options: Options) -> AsyncIterator[tuple[EngineRooms, Folder, int]]:
    """Make the rooms, the model folder and the number of answers at once; free the engines at the end."""
    real = ModelFolder(models_folder(options.models))
    maker = EngineMaker(
        options.engine,
        context=options.context,
        threads=options.threads,
        slots=options.slots,
        keep_prefixes=options.keep_prefixes,
    )
    folder = maker.folder(real)
    rooms = EngineRooms(folder, maker)
    try:
        yield rooms, folder, maker.slots
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await rooms.close()


def stop_signals(*signals: signal.Signals) -> asyncio.Event:
    """Return an event that the signals set; a second one ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    told_before = False

    def told() -> None:
        nonlocal told_before
        if told_before:
            os._exit(130)
        told_before = True
        stop.set()

    for number in signals:
        loop.add_signal_handler(number, told)
    return stop
