"""A desktop's notification daemon for tests, on a session bus: keeps what it was told, and clicks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from app.notifying import INTERFACE, PATH, SERVICE


@dataclass
class NoticeDaemon:
    """Answers as the Desktop Notifications Specification says."""

    bus: MessageBus
    capabilities: list[str]
    refuses: bool = False
    clicks_itself: bool = False
    """Each notice is clicked on as soon as it is shown."""
    told: list[list[Any]] = field(default_factory=list)
    """What `Notify` was called with; the number of a notice is its place from 1."""
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def open(cls, address: str, *capabilities: str, refuses: bool = False) -> NoticeDaemon:
        """Be the daemon of the desktop with this session bus."""
        bus = await MessageBus(bus_address=address).connect()
        daemon = cls(bus, [*capabilities], refuses)
        bus.add_message_handler(daemon._asked)
        await bus.request_name(SERVICE)
        return daemon

    async def until(self, count: int) -> list[Any]:
        """Wait for so many notices, at most 30 s; returns the last one."""
        async with asyncio.timeout(30):
            while len(self.told) < count:
                self.came.clear()
                await self.came.wait()
        return self.told[count - 1]

    def click(self, number: int, token: str = "") -> None:
        """Click on a notice, as a desktop that gives out tokens or as one that does not."""
        if token:
            self._signal("ActivationToken", "us", [number, token])
        self._signal("ActionInvoked", "us", [number, "default"])
        self._signal("NotificationClosed", "uu", [number, 2])

    async def close(self) -> None:
        """End it."""
        self.bus.disconnect()
        await self.bus.wait_for_disconnect()

    def _signal(self, member: str, signature: str, body: list[Any]) -> None:
        self.bus.send(
            Message(
                path=PATH,
                interface=INTERFACE,
                member=member,
                signature=signature,
                body=body,
                message_type=MessageType.SIGNAL,
            )
        )

    def _asked(self, message: Message) -> Message | None:
        if message.interface != INTERFACE or message.message_type is not MessageType.METHOD_CALL:
            return None
        if message.member == "GetCapabilities":
            return Message.new_method_return(message, "as", [self.capabilities])
        if self.refuses:
            return Message.new_error(message, "org.freedesktop.DBus.Error.LimitsExceeded", "Too many.")
        self.told.append(message.body)
        self.came.set()
        if self.clicks_itself:
            asyncio.get_running_loop().call_soon(self.click, len(self.told))
        return Message.new_method_return(message, "u", [len(self.told)])
