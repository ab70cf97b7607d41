"""The talk key of the whole desktop: a real X server with keys by XTest, and a portal on a real D-Bus."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from app.errors import VoiceError
from app.voice.hotkeys import NO_RELEASE, Chord, KeyEvents, global_key
from app.voice.hotkeys_portal import PATH, PORTAL, SHORTCUTS, PortalKey
from app.voice.hotkeys_x11 import X11Key
from app.voice.push_to_talk import PushToTalk
from app.voice.talk import Phase
from tests.fakes_voice import FakeMicrophone
from tests.x_server import XServer


class Told:
    """What a key told, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._came = asyncio.Event()
        self.events = KeyEvents(
            pressed=self._take("pressed"),
            released=self._take("released"),
            escaped=self._take("escaped"),
            notice=self._say,
            lost=lambda error: self._say(error.message),
        )

    def _take(self, name: str) -> Callable[[], None]:
        return lambda: self._say(name)

    def _say(self, sentence: str) -> None:
        self.said.append(sentence)
        self._came.set()

    async def until(self, *expected: str) -> None:
        """Wait until exactly this was told."""
        try:
            async with asyncio.timeout(10):
                while self.said != list(expected):
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            assert self.said == list(expected)


@pytest.fixture
async def server() -> AsyncIterator[XServer]:
    server = await XServer.start()
    yield server
    await server.stop()


async def test_x11_hold_repeat_locks_and_escape(server: XServer) -> None:
    told = Told()
    key = X11Key(Chord.parse("Ctrl+Alt+Space"), told.events, display=server.display)
    await key.open()
    try:
        await server.keys("key", "space", "key", "ctrl+space", "key", "Escape")  # not ours
        await server.keys("keydown", "ctrl", "keydown", "alt", "keydown", "space", "sleep", "1.2")  # the key repeats
        await told.until("pressed")
        await server.keys("key", "Escape")
        await told.until("pressed", "escaped")
        await server.keys("keyup", "ctrl", "keyup", "alt", "keyup", "space")
        await told.until("pressed", "escaped", "released")
        told.said.clear()
        await server.keys("key", "Num_Lock", "key", "Caps_Lock", "key", "ctrl+alt+space")
        await told.until("pressed", "released")
        key.watch_escape(True)
        await server.keys("key", "Escape")
        await told.until("pressed", "released", "escaped")
        key.watch_escape(False)
        await server.keys("key", "Escape", "key", "ctrl+alt+space")
        await told.until("pressed", "released", "escaped", "pressed", "released")
    finally:
        await key.close()
        await key.close()


async def test_x11_another_layout_and_the_end_of_the_server(server: XServer) -> None:
    told = Told()
    key = X11Key(Chord.parse("F9"), told.events, display=server.display)
    await key.open()
    try:
        await server.keys("key", "é", "sleep", "0.2", "key", "F9")  # a character that no key has: the layout changes
        await told.until("pressed", "released")
        told.said.clear()
        await server.keys("keydown", "F9")
        await told.until("pressed")
        await server.stop()
        await told.until("pressed", "released", "The talk key is lost: the X server ended.")
    finally:
        await key.close()


async def test_x11_a_key_that_is_taken_and_a_server_that_is_not_there(server: XServer) -> None:
    first = X11Key(Chord.parse("F9"), Told().events, display=server.display)
    await first.open()
    second = global_key("F9", Told().events, environment={"DISPLAY": server.display}, platform="linux")
    with pytest.raises(VoiceError, match="Another program has taken the key F9") as caught:
        await second.open()
    assert caught.value.code == "voice_key_taken"
    await first.close()
    await second.open()  # it was given back
    await second.close()
    nowhere = X11Key(Chord.parse("F9"), Told().events, display=":1987")
    with pytest.raises(VoiceError, match="does not answer"):
        await nowhere.open()
    await nowhere.close()


async def test_x11_key_talks(server: XServer) -> None:
    """Hold, speak, let go: the utterance is whole; Escape: nothing is kept."""
    microphone, phases = FakeMicrophone(), Told()
    talk = PushToTalk(microphone, on_phase=lambda phase: phases._say(phase))
    began = asyncio.Event()

    def pressed() -> None:
        assert talk.press()
        began.set()

    events = KeyEvents(pressed, talk.release, talk.cancel, lambda _: None, lambda _: None)
    key = X11Key(Chord.parse("Pause"), events, display=server.display)
    await key.open()
    try:
        microphone.feed(b"\x01\x00" * 8192)
        await server.keys("keydown", "Pause", "sleep", "0.3")
        await asyncio.wait_for(began.wait(), 10)
        await server.keys("keyup", "Pause")
        await phases.until(Phase.LISTENING, Phase.FINISHING)
        microphone.feed(b"\x02\x00" * 8192)
        sound = b"".join([block async for block in talk.audio()])
        assert len(sound) >= 2 * (8192 + 4000)
        await server.keys("keydown", "Pause")
        await phases.until("listening", "finishing", "idle", "listening")
        microphone.feed(b"\x03\x00" * 8192)
        await server.keys("key", "Escape")
        await phases.until("listening", "finishing", "idle", "listening", "idle")
        with pytest.raises(VoiceError, match="cancelled"):
            await anext(talk.audio())
        await server.keys("keyup", "Pause")
    finally:
        await key.close()


class Portal:
    """A GlobalShortcuts portal on a bus of its own: answers as the specification says, presses when told."""

    def __init__(self, bus: MessageBus, *, answer: int = 0) -> None:
        self.bus = bus
        self.answer = answer
        self.bound: list[Any] = []
        self.session = ""
        bus.add_message_handler(self._asked)

    def _asked(self, message: Message) -> Message | None:
        if message.interface != SHORTCUTS:
            return None
        options = message.body[-1]
        sender = (message.sender or "").removeprefix(":").replace(".", "_")
        request = f"{PATH}/request/{sender}/{options['handle_token'].value}"
        results: dict[str, Variant] = {}
        if message.member == "CreateSession":
            self.session = f"{PATH}/session/{sender}/{options['session_handle_token'].value}"
            results = {"session_handle": Variant("s", self.session)}
        else:
            self.bound = message.body[1]
            about = {"trigger_description": Variant("s", "Press <Control>space")}
            results = {"shortcuts": Variant("a(sa{sv})", [["talk", about]])}
        asyncio.get_running_loop().call_soon(
            self.tell, request, "org.freedesktop.portal.Request", "Response", "ua{sv}", [self.answer, results]
        )
        return Message.new_method_return(message, "o", [request])

    def tell(self, path: str, interface: str, member: str, signature: str = "", body: list[Any] | None = None) -> None:
        self.bus.send(
            Message(
                message_type=MessageType.SIGNAL,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body or [],
            )
        )

    async def end(self) -> None:
        self.bus.disconnect()
        await self.bus.wait_for_disconnect()

    def key(self, member: str, session: str = "") -> None:
        self.tell(PATH, SHORTCUTS, member, "osta{sv}", [session or self.session, "talk", 0, {}])

    def close_session(self) -> None:
        self.tell(self.session, "org.freedesktop.portal.Session", "Closed")


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    process = await asyncio.create_subprocess_exec(
        "dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={tmp_path}/bus",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    yield (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    process.terminate()
    await process.wait()


async def _portal(address: str, *, answer: int = 0) -> Portal:
    bus = await MessageBus(bus_address=address).connect()
    portal = Portal(bus, answer=answer)
    await bus.request_name(PORTAL)
    return portal


async def test_portal_hold_and_session_closed(address: str) -> None:
    portal, told, now = await _portal(address), Told(), [0.0]
    key = PortalKey(Chord.parse("Ctrl+Space"), told.events, address=address, clock=lambda: now[0])
    await key.open()
    assert key.trigger == "Press <Control>space"
    ((name, about),) = portal.bound
    assert (name, about["preferred_trigger"].value) == ("talk", "CTRL+space")
    portal.key("Activated", session="/somebody/else")
    portal.key("Activated")
    await told.until("pressed")
    now[0] = 2.0
    portal.key("Deactivated")
    await told.until("pressed", "released")
    portal.key("Activated")
    await told.until("pressed", "released", "pressed")
    portal.close_session()
    await told.until("pressed", "released", "pressed", "released", "The desktop took the talk key back.")
    await key.close()
    await portal.end()


async def test_portal_without_release_is_said_and_taps(address: str) -> None:
    portal, told, now = await _portal(address), Told(), [0.0]
    key = PortalKey(Chord.parse("F9"), told.events, address=address, clock=lambda: now[0])
    await key.open()
    portal.key("Activated")
    await told.until("pressed")
    now[0] = 4.0
    portal.key("Activated")  # the second press: the first was never let go
    await told.until("pressed", NO_RELEASE, "released")
    assert key.taps
    told.said.clear()
    now[0] = 9.0
    portal.key("Activated")
    await told.until("pressed", "released")
    await key.close()
    await portal.end()


async def test_portal_refused_missing_and_no_bus(address: str, tmp_path: Path) -> None:
    key = PortalKey(Chord.parse("F9"), Told().events, address=address)
    with pytest.raises(VoiceError, match="offers no key") as caught:
        await key.open()
    assert "has no GlobalShortcuts" in caught.value.hint
    portal = await _portal(address, answer=1)
    with pytest.raises(VoiceError) as caught:
        await key.open()
    assert "refused" in caught.value.hint
    await portal.end()
    environment = {
        "WAYLAND_DISPLAY": "wayland-0",
        "DISPLAY": ":0",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/no",
    }
    nowhere = global_key("F9", Told().events, environment=environment, platform="linux")
    assert isinstance(nowhere, PortalKey)
    with pytest.raises(VoiceError) as caught:
        await nowhere.open()
    assert "session bus" in caught.value.hint
