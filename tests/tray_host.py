"""A desktop's tray for tests: a StatusNotifierWatcher on a session bus, and what its host sees of the items and menus.

As the StatusNotifierItem specification and com.canonical.dbusmenu describe them; it draws nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

WATCHER, WATCHER_PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
_ITEM = "org.kde.StatusNotifierItem"
_MENU = "com.canonical.dbusmenu"
_PROPERTIES = "org.freedesktop.DBus.Properties"


@dataclass(frozen=True)
class Entry:
    """An entry of a menu."""

    id: int
    text: str
    enabled: bool
    checked: bool


@dataclass(frozen=True)
class Icon:
    """An item as the host shows it."""

    status: str
    tooltip: tuple[str, str]
    """Its title and its text."""
    picture: bytes
    """Of 32 × 32, ARGB."""


class TrayHost:
    """Watcher and host in one."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.items: list[tuple[str, str]] = []
        """Bus names and paths of what registered."""
        bus.add_message_handler(self._asked)

    @classmethod
    async def open(cls, address: str) -> TrayHost:
        """Be the tray of the desktop with this session bus."""
        bus = await MessageBus(bus_address=address).connect()
        host = cls(bus)
        await bus.request_name(WATCHER)
        return host

    async def close(self) -> None:
        """End it."""
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    async def until(self, condition: Callable[[Icon], bool]) -> Icon:
        """Wait until there is one icon of which that holds, at most 30 s."""
        seen: Icon | None = None
        try:
            async with asyncio.timeout(30):
                while seen is None or not condition(seen):
                    await asyncio.sleep(0.05)
                    if self.items:
                        seen = await self._icon()
        except TimeoutError:
            raise AssertionError(f"{self.items} {seen}") from None
        return seen

    async def menu(self) -> list[Entry]:
        """Open the menu; returns its entries without the lines between them."""
        place = await self._menu()
        await self._call(*place, _MENU, "AboutToShow", "i", [0])
        _, (_, _, children) = await self._call(*place, _MENU, "GetLayout", "iias", [0, -1, []])
        found = []
        for child in children:
            id, about, _ = child.value
            told = {name: value.value for name, value in about.items()}
            if told.get("type") != "separator":
                text = told.get("label", "").replace("__", "\0").replace("_", "").replace("\0", "_")
                found.append(Entry(id, text, told.get("enabled", True), told.get("toggle-state", 0) == 1))
        return found

    async def choose(self, text: str) -> None:
        """Click on the entry of the menu that says so."""
        entries = await self.menu()
        (entry,) = (one for one in entries if one.text == text)
        assert entry.enabled, entry
        await self._call(*await self._menu(), _MENU, "Event", "isvu", [entry.id, "clicked", Variant("s", ""), 0])

    async def activate(self) -> None:
        """Click on the icon."""
        await self._call(*self.items[0], _ITEM, "Activate", "ii", [0, 0])

    async def _menu(self) -> tuple[str, str]:
        name, path = self.items[0]
        return name, str((await self._call(name, path, _PROPERTIES, "Get", "ss", [_ITEM, "Menu"]))[0].value)

    async def _icon(self) -> Icon:
        (about,) = await self._call(*self.items[0], _PROPERTIES, "GetAll", "s", [_ITEM])
        _, _, title, text = about["ToolTip"].value
        pictures = {(width, height): bytes(dots) for width, height, dots in about["IconPixmap"].value}
        return Icon(str(about["Status"].value), (title, text), pictures.get((32, 32), b""))

    async def _call(self, name: str, path: str, interface: str, member: str, signature: str, body: list[Any]) -> Any:
        reply = await self._bus.call(Message(name, path, interface, member, signature=signature, body=body))
        assert reply is not None and reply.message_type is MessageType.METHOD_RETURN, (member, reply and reply.body)
        return reply.body

    def _asked(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.path != WATCHER_PATH:
            return None
        if message.interface == WATCHER and message.member == "RegisterStatusNotifierItem":
            place = message.body[0]
            sender = message.sender or ""
            self.items.append((sender, place) if place.startswith("/") else (place, "/StatusNotifierItem"))
            return Message.new_method_return(message)
        known = {
            "IsStatusNotifierHostRegistered": Variant("b", True),
            "ProtocolVersion": Variant("i", 0),
            "RegisteredStatusNotifierItems": Variant("as", [name for name, _ in self.items]),
        }
        if message.interface == _PROPERTIES and message.member == "Get":
            return Message.new_method_return(message, "v", [known[message.body[1]]])
        if message.interface == _PROPERTIES and message.member == "GetAll":
            return Message.new_method_return(message, "a{sv}", [known])
        return None
