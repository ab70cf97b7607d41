"""Notices of the desktop under Linux: org.freedesktop.Notifications on the session bus, and clicks on them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

log = logging.getLogger(__name__)
SERVICE, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = SERVICE
ANSWER_SECONDS = 5.0
"""A desktop that takes longer shows no notices."""
KNOWN_MOST = 50
"""Notices whose clicks are still understood."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told."""

    title: str
    body: str = ""
    place: str = ""
    """Where a click leads; only given back."""


class Notifier:
    """Shows notices. All calls in the asyncio thread."""

    def __init__(self, clicked: Callable[[str, str], object], *, address: str = "") -> None:
        """Open nothing yet.

        Args:
            clicked: Gets the place of the notice, and a token of the desktop that brings the window to the front or "".
            address: Of the session bus; "" is the usual one.
        """
        self._clicked = clicked
        self._address = address
        self._bus: MessageBus | None = None
        self._markup = False
        self._places: dict[int, str] = {}
        """By the number that the desktop gave; the newest last."""
        self._tokens: dict[int, str] = {}
        self._early: list[Message] = []
        """Heard before the number of the notice was known."""
        self._one = asyncio.Lock()

    async def show(self, notice: Notice) -> bool:
        """Show it; False where this desktop shows none."""
        from html import escape

        try:
            from dbus_fast import Message, MessageType, Variant
            from dbus_fast.errors import DBusFastError
        except ImportError as error:
            log.info("notices cannot be shown: %s", error)
            return False
        try:
            async with self._one, asyncio.timeout(ANSWER_SECONDS):
                bus = await self._opened()
                body = escape(notice.body, quote=False) if self._markup else notice.body
                hints = {"desktop-entry": Variant("s", "tangnet"), "category": Variant("s", "transfer.complete")}
                reply = await bus.call(
                    Message(
                        SERVICE,
                        PATH,
                        INTERFACE,
                        "Notify",
                        signature="susssasa{sv}i",
                        body=["Tangnet", 0, "tangnet", notice.title, body, ["default", ""], hints, -1],
                    )
                )
        except (OSError, EOFError, DBusFastError) as error:  # TimeoutError is an OSError
            log.info("notices cannot be shown: %s", error or type(error).__name__)
            await self.close()
            return False
        if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
            log.info("notices cannot be shown: %s", reply.body if reply is not None else "no answer")
            return False
        self._places[int(reply.body[0])] = notice.place
        early, self._early = self._early, []
        for message in early:
            self._heard(message)
        while len(self._places) > KNOWN_MOST:
            self._places.pop(next(iter(self._places)))
        return True

    async def close(self) -> None:
        """Leave the bus; safe twice."""
        bus, self._bus = self._bus, None
        if bus is not None and bus.connected:
            bus.disconnect()
            with contextlib.suppress(OSError, EOFError):
                await bus.wait_for_disconnect()

    async def _opened(self) -> MessageBus:
        """Return the bus. Raises OSError, EOFError, DBusFastError."""
        from dbus_fast import Message, MessageType
        from dbus_fast.aio import MessageBus

        if self._bus is not None and self._bus.connected:
            return self._bus
        bus = self._bus = await MessageBus(self._address or None).connect()
        bus.add_message_handler(self._heard)
        rule = f"type='signal',interface='{INTERFACE}',path='{PATH}'"
        dbus = "org.freedesktop.DBus"
        await bus.call(Message(dbus, "/org/freedesktop/DBus", dbus, "AddMatch", signature="s", body=[rule]))
        reply = await bus.call(Message(SERVICE, PATH, INTERFACE, "GetCapabilities"))
        told: list[Any] = reply.body if reply is not None and reply.message_type is MessageType.METHOD_RETURN else [[]]
        self._markup = "body-markup" in told[0]
        return bus

    def _heard(self, message: Message) -> None:
        from dbus_fast import MessageType

        if message.message_type is not MessageType.SIGNAL or message.interface != INTERFACE or not message.body:
            return
        number = message.body[0]
        if number not in self._places:
            if self._one.locked():  # the answer to Notify has come, but `show` has not gone on yet
                self._early.append(message)
            return
        if message.member == "ActivationToken":
            self._tokens[number] = str(message.body[1])
        elif message.member == "ActionInvoked":
            self._clicked(self._places[number], self._tokens.pop(number, ""))
        elif message.member == "NotificationClosed":
            self._places.pop(number)
            self._tokens.pop(number, None)
