"""What a talk key is called, what is made of desktops that tell no release, and pynput's keys."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from app.errors import VoiceError
from app.voice.hotkeys import NO_RELEASE, Chord, KeyEvents, ReleaseSense, global_key
from app.voice.hotkeys_listener import ListenedKey, name_of
from app.voice.hotkeys_portal import PortalKey, trigger
from app.voice.hotkeys_x11 import X11Key, keysym


class Told:
    """What a key told, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        say = self.said.append
        self.events = KeyEvents(
            lambda: say("pressed"), lambda: say("released"), lambda: say("escaped"), say, lambda error: say(error.code)
        )


@pytest.mark.parametrize(
    ("text", "shown", "portal", "symbol"),
    [
        ("F9", "F9", "F9", 0xFFC6),
        ("ctrl+alt+space", "Ctrl+Alt+Space", "CTRL+ALT+space", 0x20),
        ("Win + Shift + k", "Shift+Meta+K", "SHIFT+LOGO+k", 0x6B),
        ("Pause", "Pause", "Pause", 0xFF13),
        ("Ctrl+PgUp", "Ctrl+PageUp", "CTRL+Page_Up", 0xFF55),
        ("F24", "F24", "F24", 0xFFD5),
    ],
)
def test_a_key_by_its_name(text: str, shown: str, portal: str, symbol: int) -> None:
    chord = Chord.parse(text)
    assert (str(chord), trigger(chord), keysym(chord.key)) == (shown, portal, symbol)
    assert Chord.parse(shown) == chord


@pytest.mark.parametrize("text", ["", "A", "Space", "Shift+A", "Ctrl+", "Hyper+A", "Ctrl+Ä", "F25", "Ctrl+Nut", "Home"])
def test_no_key_for_the_whole_desktop(text: str) -> None:
    with pytest.raises(VoiceError) as caught:
        Chord.parse(text)
    assert caught.value.code == "voice_bad_key" and caught.value.hint


def test_each_desktop_has_its_way() -> None:
    events = Told().events
    assert isinstance(global_key("F9", events, environment={"DISPLAY": ":0"}, platform="linux"), X11Key)
    wayland = {"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}
    assert isinstance(global_key("F9", events, environment=wayland, platform="linux"), PortalKey)
    for platform in ("win32", "darwin"):
        assert isinstance(global_key("F9", events, environment={}, platform=platform), ListenedKey)
    with pytest.raises(VoiceError, match="no desktop"):
        global_key("F9", events, environment={}, platform="linux")


def test_a_desktop_that_tells_everything() -> None:
    told = Told()
    sense = ReleaseSense(told.events)
    for press, release in ((1.0, 1.1), (1.4, 5.0), (5.1, 9.0)):
        sense.activated(press)
        sense.activated(press + 0.02)  # repetition
        sense.deactivated(release)
    assert told.said == ["pressed", "released"] * 3 and not sense.taps


def test_a_desktop_that_never_tells_the_release() -> None:
    told = Told()
    sense = ReleaseSense(told.events)
    for now in (1.0, 1.5, 1.54, 1.58, 4.0):  # held: it repeats; then pressed to end it
        sense.activated(now)
    assert told.said == ["pressed", NO_RELEASE, "released"] and sense.taps
    for now in (9.0, 9.5, 9.6, 12.0):
        sense.activated(now)
        sense.deactivated(now)
    assert told.said[3:] == ["pressed", "released"] * 2
    sense.lost()
    assert len(told.said) == 7


def test_a_desktop_that_tells_the_release_at_once() -> None:
    told = Told()
    sense = ReleaseSense(told.events)
    sense.activated(1.0)
    sense.deactivated(1.001)
    assert told.said == ["pressed", NO_RELEASE, "released"] and sense.taps


def _key(name: str | None = None, *, char: str | None = None, vk: int | None = None) -> Any:
    return SimpleNamespace(name=name) if name else SimpleNamespace(char=char, vk=vk)


def test_names_of_listened_keys() -> None:
    keys = [_key("ctrl_l"), _key("alt_gr"), _key("cmd_r"), _key("f9"), _key("esc"), _key("page_up"), _key("caps_lock")]
    assert [name_of(key) for key in keys] == ["Ctrl", "Alt", "Meta", "F9", "Escape", "PageUp", ""]
    assert [name_of(key) for key in (_key(char="\x0b", vk=75), _key(char="k"), _key())] == ["K", "K", ""]


async def test_listened_key_holds_and_escapes() -> None:
    told = Told()
    calls: list[Callable[[Any], None]] = []
    stopped: list[str] = []

    def listener(pressed: Callable[[Any], None], released: Callable[[Any], None]) -> Any:
        calls[:] = pressed, released
        return SimpleNamespace(start=lambda: None, stop=lambda: stopped.append("stopped"))

    key = ListenedKey(Chord.parse("Ctrl+K"), told.events, listener)
    await key.open()
    press, release = calls
    control, letter, escape = _key("ctrl_l"), _key(char="k", vk=75), _key("esc")
    for step, what in (
        (press, letter), (release, letter), (press, escape), (release, escape),  # not ours
        (press, control), (press, letter), (press, letter), (press, escape), (release, escape), (release, control),
        (release, letter),
    ):  # fmt: skip
        step(what)
    await asyncio.sleep(0)
    assert told.said == ["pressed", "escaped", "released"]
    key.watch_escape(True)
    press(escape)
    await asyncio.sleep(0)
    assert told.said[3:] == ["escaped"]
    await key.close()
    await key.close()
    press(control)
    await asyncio.sleep(0)
    assert stopped == ["stopped"] and len(told.said) == 4
