"""The talk key under Wayland: the portal org.freedesktop.portal.GlobalShortcuts, over D-Bus (dbus-fast).

The desktop asks the user whether the key may be taken, and may give another one; which one, `trigger` says. Not every
compositor tells when a key is let go: `ReleaseSense` finds out.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.errors import VoiceError
from app.voice.hotkeys import Chord, KeyEvents, ReleaseSense

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

PORTAL = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
_REQUEST = "org.freedesktop.portal.Request"
_SESSION = "org.freedesktop.portal.Session"
_TALK = "talk"
ANSWER_SECONDS = 5.0
"""What takes no decision of a person is answered within this."""
ASKING_SECONDS = 300.0
"""How long the desktop's question to the user may stay unanswered."""
_TRIGGER_MODIFIERS = {"Ctrl": "CTRL", "Alt": "ALT", "Shift": "SHIFT", "Meta": "LOGO"}
_TRIGGER_KEYS = {"Space": "space", "PageUp": "Page_Up", "PageDown": "Page_Down", "ScrollLock": "Scroll_Lock"}
_tokens = itertools.count(1)


def trigger(chord: Chord) -> str:
    """Return a chord as the XDG shortcuts specification writes it: "CTRL+ALT+space"."""
    key = _TRIGGER_KEYS.get(chord.key, chord.key.lower() if len(chord.key) == 1 else chord.key)
    names = (name for own, name in _TRIGGER_MODIFIERS.items() if own in chord.modifiers)
    return "+".join([*names, key])


def _no_portal(hint: str) -> VoiceError:
    return VoiceError(
        "This desktop offers no key that works outside the window.",
        code="voice_no_hotkey",
        hint=f"Use the talk key in the window. {hint}".strip(),
    )


async def _gone(bus: MessageBus) -> None:
    with contextlib.suppress(OSError, EOFError):
        await asyncio.shield(bus.wait_for_disconnect())


class PortalKey:
    """A GlobalKey of a desktop portal."""

    def __init__(
        self,
        chord: Chord,
        events: KeyEvents,
        *,
        address: str = "",
        clock: Callable[[], float] = time.monotonic,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """`address`: of the session bus; "" is the usual one."""
        self.trigger = ""
        """What the desktop calls the key it gave, for people; "" before `open`."""
        self._chord = chord
        self._events = events
        self._address = address
        self._clock = clock
        self._answer_seconds = answer_seconds
        self._sense = ReleaseSense(events)
        self._bus: MessageBus | None = None
        self._session = ""
        self._answers: dict[str, asyncio.Future[tuple[int, dict[str, Any]]]] = {}
        self._watcher: asyncio.Task[None] | None = None

    @property
    def taps(self) -> bool:
        """True once it is known that this desktop tells no release: each press is a tap."""
        return self._sense.taps

    async def open(self) -> None:
        """Ask the desktop for the key; the user may have to agree, so this may take minutes. See GlobalKey."""
        from dbus_fast.aio import MessageBus
        from dbus_fast.errors import AuthError, InvalidAddressError

        try:
            async with asyncio.timeout(self._answer_seconds):
                self._bus = await MessageBus(bus_address=self._address or None).connect()
        except (OSError, AuthError, InvalidAddressError, EOFError) as error:  # TimeoutError is an OSError
            raise _no_portal("There is no session bus.") from error
        try:
            await self._bind(self._bus)
        except BaseException:
            await self.close()
            raise
        self._watcher = asyncio.get_running_loop().create_task(self._until_lost(self._bus), name="talk key")

    def watch_escape(self, on: bool) -> None:
        """Do nothing: a portal lends no key for a moment. Escape works in the window."""

    async def close(self) -> None:
        """Give the key back; see GlobalKey."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None and watcher is not asyncio.current_task():
            watcher.cancel()
        bus, self._bus = self._bus, None
        if bus is None:
            return
        if bus.connected:
            bus.remove_message_handler(self._told)
            bus.disconnect()  # which ends the session too
            await _gone(bus)
        for answer in self._answers.values():
            answer.cancel()

    async def _bind(self, bus: MessageBus) -> None:
        from dbus_fast import Variant

        bus.add_message_handler(self._told)
        dbus = "org.freedesktop.DBus"
        match = f"type='signal',sender='{PORTAL}'"
        await self._call(bus, dbus, "/org/freedesktop/DBus", dbus, "AddMatch", "s", [match])
        token = f"tangnet{next(_tokens)}"
        created = await self._ask(
            bus, "CreateSession", "a{sv}", [{"session_handle_token": Variant("s", token)}], self._answer_seconds
        )
        session = created.get("session_handle")
        self._session = str(getattr(session, "value", session) or "")
        wanted = {"description": Variant("s", "Talk"), "preferred_trigger": Variant("s", trigger(self._chord))}
        bound = await self._ask(
            bus, "BindShortcuts", "oa(sa{sv})sa{sv}", [self._session, [[_TALK, wanted]], "", {}], ASKING_SECONDS
        )
        given = {name: about for name, about in getattr(bound.get("shortcuts"), "value", [])}
        if _TALK not in given:
            raise _no_portal("The desktop did not give the key.")
        described = given[_TALK].get("trigger_description")
        self.trigger = str(getattr(described, "value", described) or "")

    async def _ask(
        self, bus: MessageBus, member: str, signature: str, body: list[Any], seconds: float
    ) -> dict[str, Any]:
        """Call a method whose answer comes as the signal of a Request object. Its last argument takes the token."""
        from dbus_fast import Variant

        token = f"tangnet{next(_tokens)}"
        body[-1]["handle_token"] = Variant("s", token)
        sender = (bus.unique_name or "").removeprefix(":").replace(".", "_")
        path = f"{PATH}/request/{sender}/{token}"
        answer = self._answers[path] = asyncio.get_running_loop().create_future()
        try:
            (handle,) = await self._call(bus, PORTAL, PATH, SHORTCUTS, member, signature, body)
            self._answers[handle] = answer  # portals before 0.9 name it otherwise
            async with asyncio.timeout(seconds):
                code, results = await answer
        except TimeoutError as error:
            raise _no_portal("Nobody answered the desktop's question.") from error
        finally:
            self._answers = {at: other for at, other in self._answers.items() if other is not answer}
        if code != 0:
            raise _no_portal("The key was refused in the desktop's question.")
        return dict(results)

    async def _call(
        self, bus: MessageBus, name: str, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> list[Any]:
        from dbus_fast import Message, MessageType

        message = Message(
            destination=name, path=path, interface=interface, member=member, signature=signature, body=body
        )
        try:
            async with asyncio.timeout(self._answer_seconds):
                reply = await bus.call(message)
        except TimeoutError as error:
            raise _no_portal("Its portal does not answer.") from error
        if reply is None or reply.message_type is MessageType.ERROR:
            raise _no_portal("Its portal has no GlobalShortcuts.")
        return reply.body

    def _told(self, message: Message) -> None:
        """A signal of the portal; anything that does not look like one is ignored."""
        match message.interface, message.member, message.body:
            case "org.freedesktop.portal.Request", "Response", [int(code), dict(results)]:
                answer = self._answers.get(message.path or "")
                if answer is not None and not answer.done():
                    answer.set_result((code, results))
            case "org.freedesktop.portal.GlobalShortcuts", "Activated", [self._session, "talk", *_]:
                self._sense.activated(self._clock())
            case "org.freedesktop.portal.GlobalShortcuts", "Deactivated", [self._session, "talk", *_]:
                self._sense.deactivated(self._clock())
            case "org.freedesktop.portal.Session", "Closed", _ if (
                message.path == self._session and self._bus is not None
            ):
                self._bus.disconnect()

    async def _until_lost(self, bus: MessageBus) -> None:
        await _gone(bus)
        self._sense.lost()
        await self.close()
        self._events.lost(
            VoiceError(
                "The desktop took the talk key back.", code="voice_no_hotkey", hint="Use the talk key in the window."
            )
        )
