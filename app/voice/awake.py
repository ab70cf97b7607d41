"""Keeping the computer awake while a lecture is recorded: Linux, through systemd's logind on the system bus.

A desktop suspends after some minutes without a key, whoever speaks. Closing the lid still does: that is meant. Where
there is no logind nothing is kept awake, and the microphone goes on after the sleep.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator

log = logging.getLogger(__name__)
SERVICE, PATH, INTERFACE = "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"
ANSWER_SECONDS = 5.0


@contextlib.asynccontextmanager
async def awake(why: str, *, address: str = "") -> AsyncIterator[bool]:
    """Keep the computer from going to sleep by itself, within this block; tells whether that is so.

    Args:
        why: Shown by `systemd-inhibit --list`.
        address: Of the system bus; "" is the usual one.
    """
    held = await _inhibited(why, address)
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


async def _inhibited(why: str, address: str) -> int | None:
    """Return a descriptor that keeps it awake until it is closed; None where nobody gives one."""
    try:
        from dbus_fast import BusType, Message, MessageType
        from dbus_fast.aio import MessageBus
        from dbus_fast.errors import DBusFastError
    except ImportError as error:
        log.info("the computer is not kept awake: %s", error)
        return None
    ask = Message(
        destination=SERVICE, path=PATH, interface=INTERFACE, member="Inhibit",
        signature="ssss", body=["sleep:idle", "Tangnet", why, "block"],
    )  # fmt: skip
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            bus = await MessageBus(address or None, BusType.SYSTEM, negotiate_unix_fd=True).connect()
            try:
                reply = await bus.call(ask)
            finally:
                bus.disconnect()
                with contextlib.suppress(OSError, EOFError):
                    await bus.wait_for_disconnect()
    except (OSError, EOFError, DBusFastError) as error:  # TimeoutError is an OSError
        log.info("the computer is not kept awake: %s", error or type(error).__name__)
        return None
    if reply is None or reply.message_type is not MessageType.METHOD_RETURN or not reply.unix_fds:
        log.info("the computer is not kept awake: %s", reply.body if reply is not None else "no answer")
        return None
    return int(reply.unix_fds[0])
