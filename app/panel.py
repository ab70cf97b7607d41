"""Whether the desktop's panel shows icons of programs: under Linux it may come later than what starts at login."""

from __future__ import annotations

import asyncio
import contextlib
import logging

log = logging.getLogger(__name__)
WATCHER, PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
_DBUS = "org.freedesktop.DBus"


async def panel(seconds: float, *, address: str = "") -> bool:
    """Wait until there is a panel that shows icons over D-Bus, at most so long; tells whether there is one.

    Args:
        seconds: How long to wait.
        address: Of the session bus; "" is the usual one. Without a bus nothing is waited for.
    """
    try:
        from dbus_fast import Message, MessageType
        from dbus_fast.aio import MessageBus
        from dbus_fast.errors import DBusFastError
    except ImportError as error:
        log.info("nothing is known of a panel: %s", error)
        return False
    changed = asyncio.Event()
    told = ("NameOwnerChanged", "StatusNotifierHostRegistered")

    def hear(message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.member in told:
            changed.set()

    try:
        async with asyncio.timeout(seconds):
            bus = await MessageBus(address or None).connect()
            try:
                bus.add_message_handler(hear)
                for rule in (
                    f"type='signal',sender='{_DBUS}',member='{told[0]}',arg0='{WATCHER}'",
                    f"type='signal',interface='{WATCHER}',member='{told[1]}'",
                ):
                    await bus.call(
                        Message(_DBUS, "/org/freedesktop/DBus", _DBUS, "AddMatch", signature="s", body=[rule])
                    )
                ask = [WATCHER, "IsStatusNotifierHostRegistered"]
                while True:
                    changed.clear()
                    reply = await bus.call(
                        Message(WATCHER, PATH, f"{_DBUS}.Properties", "Get", signature="ss", body=ask)
                    )
                    if reply is not None and reply.message_type is MessageType.METHOD_RETURN and reply.body[0].value:
                        return True
                    await changed.wait()
            finally:
                bus.disconnect()
                with contextlib.suppress(OSError, EOFError):
                    await asyncio.shield(bus.wait_for_disconnect())
    except (OSError, EOFError, DBusFastError) as error:  # TimeoutError is an OSError
        log.info("no panel shows icons over D-Bus: %s", error or type(error).__name__)
        return False
