"""What a screen reader knows of a program: its tree of objects, asked for over AT-SPI as Orca does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

_ACCESSIBLE = "org.a11y.atspi.Accessible"
_ROOT = "/org/a11y/atspi/accessible/root"
_STATES = {4: "checked", 8: "enabled", 11: "focusable", 12: "focused", 25: "showing"}
"""Numbers of AtspiStateType that matter here."""


@dataclass(frozen=True)
class Seen:
    """One object as a screen reader has it."""

    role: str
    name: str
    description: str
    states: frozenset[str]
    path: tuple[str, ...]
    """Roles and names of what it lies in."""


class ScreenReader:
    """Reads the trees of programs on an accessibility bus."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    @classmethod
    async def open(cls, session: str) -> ScreenReader:
        """Connect to the accessibility bus that belongs to the session bus at this address."""
        bus = await MessageBus(bus_address=session).connect()
        try:
            reply = await bus.call(Message("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", member="GetAddress"))
            assert reply is not None and reply.message_type is MessageType.METHOD_RETURN, reply
        finally:
            bus.disconnect()
        return cls(await MessageBus(bus_address=reply.body[0]).connect())

    async def program(self) -> tuple[str, str]:
        """Wait for the first program that can be read, at most 20 s; returns where it is."""
        async with asyncio.timeout(20):
            while True:
                found = await self._ask("org.a11y.atspi.Registry", _ROOT, "GetChildren")
                if found:
                    return str(found[0][0]), str(found[0][1])
                await asyncio.sleep(0.1)

    async def walk(self, program: tuple[str, str]) -> list[Seen]:
        """Return everything in a program, parents before their children; what goes away meanwhile is left out."""
        seen: list[Seen] = []
        waiting: list[tuple[tuple[str, str], tuple[str, ...]]] = [(program, ())]
        while waiting:
            (name, path), inside = waiting.pop()
            try:
                role = await self._ask(name, path, "GetRoleName")
                words = [await self._property(name, path, what) for what in ("Name", "Description")]
                low, high = await self._ask(name, path, "GetState")
                children = await self._ask(name, path, "GetChildren")
            except LookupError:
                continue
            bits = low | high << 32
            states = frozenset(word for number, word in _STATES.items() if bits >> number & 1)
            seen.append(Seen(role, words[0], words[1], states, inside))
            below = (*inside, f"{role} {words[0]!r}")
            waiting += [((str(child[0]), str(child[1])), below) for child in reversed(children)]
        return seen

    async def listen(self) -> asyncio.Queue[str]:
        """Ask for what programs announce by themselves; returns where it comes."""
        heard: asyncio.Queue[str] = asyncio.Queue()

        def take(message: Message) -> None:
            if message.message_type is MessageType.SIGNAL and message.member == "Announcement":
                heard.put_nowait(str(message.body[3].value))

        self._bus.add_message_handler(take)
        rule = "type='signal',interface='org.a11y.atspi.Event.Object',member='Announcement'"
        names = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
        added = await self._bus.call(Message(*names, member="AddMatch", signature="s", body=[rule]))
        assert added is not None and added.message_type is MessageType.METHOD_RETURN, added
        registry = ("org.a11y.atspi.Registry", "/org/a11y/atspi/registry", "org.a11y.atspi.Registry")
        asked = await self._bus.call(
            Message(*registry, member="RegisterEvent", signature="s", body=["object:announcement"])
        )
        assert asked is not None and asked.message_type is MessageType.METHOD_RETURN, asked
        return heard

    def close(self) -> None:
        """Leave the bus."""
        self._bus.disconnect()

    async def _ask(self, name: str, path: str, member: str) -> Any:
        return await self._call(Message(name, path, _ACCESSIBLE, member))

    async def _property(self, name: str, path: str, which: str) -> str:
        message = Message(
            name, path, "org.freedesktop.DBus.Properties", "Get", signature="ss", body=[_ACCESSIBLE, which]
        )
        return str((await self._call(message)).value)

    async def _call(self, message: Message) -> Any:
        reply = await self._bus.call(message)
        if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
            raise LookupError(str(reply.body if reply is not None else "no reply"))
        return reply.body[0]
