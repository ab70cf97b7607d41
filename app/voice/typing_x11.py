"""Typing under X11: keys by XTest, each character on a key of the layout or on a spare one that is given it.

A spare key keeps its character until another is needed, and none is taken back at once: programs that read slowly ask
the server for the symbols of a key long after it was pressed.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from app.errors import VoiceError
from app.voice.keystrokes import Layout, Stretch, Stroke, layout_of, plan, typable
from app.voice.xcb_keyboard import NO_SYMBOL, Keyboard, Rows, characters, symbol

AT_ONCE = 8
"""Characters between two looks at who has the keyboard."""
BREATH_SECONDS = 0.01
"""Pause after so many characters: programs that poll are not flooded, and Escape stops in mid-sentence."""
SETTLE_SECONDS = 0.3
"""How long programs get to read keys before a spare key is given another character."""
PATIENCE_SECONDS = 60.0
"""How long a key may be held down before typing is given up."""
LOOK_SECONDS = 0.01

_CAPS = 2
_MODIFIERS = 1 | 4 | 8 | 64
"""Shift, Ctrl, Alt, Meta: latched, they would change what is typed."""
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Known:
    """The keyboard as it stands."""

    layouts: tuple[Layout, ...]
    spares: Mapping[int, str]
    shift: int
    group: int
    caps: bool


class X11Typist:
    """A Typist of an X server. What waits for the server runs in one thread of its own."""

    def __init__(self, *, display: str, patience: float = PATIENCE_SECONDS) -> None:
        """`display`: as in DISPLAY. `patience`: seconds, see PATIENCE_SECONDS."""
        self._display = display
        self._patience = patience
        self._keyboard: Keyboard | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="typing")
        self._one = asyncio.Lock()
        self._given: dict[int, str] = {}
        """What spare keys were given; the one needed last comes last."""
        self._typed = float("-inf")
        """When the last key was pressed."""

    async def aim(self) -> int:
        """Return the window with the keyboard; see Typist."""
        return await self._do(lambda keyboard: keyboard.focus())

    async def type(self, text: str, window: int) -> None:
        """Type a line; see Typist."""
        line = typable(text)
        async with self._one:
            await self._hands_off(window)
            known = await self._do(self._known)
            steps = plan(line, known.layouts, known.group, known.spares)
            restore = known.group, known.caps
            if restore != (steps.group, False):
                await self._do(lambda keyboard: keyboard.lock(steps.group, caps=False))
            try:
                for number, stretch in enumerate(steps.stretches):
                    await self._stretch(stretch, window, known.shift, later=number > 0)
            finally:
                if restore != (steps.group, False):
                    await asyncio.shield(self._do(lambda keyboard: keyboard.lock(restore[0], caps=restore[1])))

    async def close(self) -> None:
        """Take back what spare keys were given, and let go of the server; see Typist."""
        async with self._one:
            if self._keyboard is not None and self._given:
                await asyncio.sleep(max(0.0, self._typed + SETTLE_SECONDS - time.monotonic()))
                taken, self._given = {code: NO_SYMBOL for code in self._given}, {}
                with contextlib.suppress(VoiceError):  # the server ended: nothing is left to be taken back
                    await self._do(lambda keyboard: keyboard.give(taken))
            await asyncio.get_running_loop().run_in_executor(self._thread, self._leave)

    async def _stretch(self, stretch: Stretch, window: int, shift: int, *, later: bool) -> None:
        if stretch.give:
            if later or any(code in self._given for code, _ in stretch.give):
                await asyncio.sleep(max(0.0, self._typed + SETTLE_SECONDS - time.monotonic()))
            self._given |= dict(stretch.give)
            given = {code: symbol(character) for code, character in stretch.give}
            await self._do(lambda keyboard: keyboard.give(given))
        for begin in range(0, len(stretch.strokes), AT_ONCE):
            part = stretch.strokes[begin : begin + AT_ONCE]
            await self._hands_off(window)
            await self._press(_keys(part, shift))
            for code in (stroke.code for stroke in part if stroke.code in self._given):
                self._given[code] = self._given.pop(code)
            self._typed = time.monotonic()
            await asyncio.sleep(BREATH_SECONDS)

    async def _press(self, keys: Sequence[tuple[bool, int]]) -> None:
        await self._do(lambda keyboard: keyboard.press(keys))

    async def _hands_off(self, window: int) -> None:
        """Wait until no key is held down. Raises VoiceError when another window has the keyboard."""
        deadline = time.monotonic() + self._patience
        while True:
            focus, held = await self._do(lambda keyboard: (keyboard.focus(), keyboard.held(_MODIFIERS)))
            if focus != window:
                raise VoiceError("Another window has the keyboard now.", code="voice_not_typed")
            if not held:
                return
            if time.monotonic() > deadline:
                raise VoiceError("A key is held down, so nothing was typed.", code="voice_not_typed")
            await asyncio.sleep(LOOK_SECONDS)

    # ------------------------------------------------------------------ in the thread

    async def _do(self, work: Callable[[Keyboard], _Result]) -> _Result:
        """Do `work` with the keyboard, which is opened first. Raises VoiceError."""

        def work_there() -> _Result:
            try:
                if self._keyboard is None:
                    self._keyboard = Keyboard(self._display)
                return work(self._keyboard)
            except (OSError, struct.error) as error:
                self._leave()
                raise VoiceError("The X server does not answer.", code="voice_no_typing") from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, work_there)

    def _known(self, keyboard: Keyboard) -> _Known:
        rows, modifiers = keyboard.rows(), keyboard.modifiers()
        group, caps = keyboard.state(_CAPS)
        spares = _spares(rows, {code for codes in modifiers for code in codes}, self._given)
        layouts = tuple(
            layout_of([(code, characters(row[at : at + 2])) for code, row in rows.items() if code not in spares])
            for at in (0, 2)
            if all(len(row) >= at + 2 for row in rows.values())
        )
        shift = next(iter(modifiers[0]), 0)
        if not shift:  # a keyboard without Shift has its small letters only
            layouts = tuple({key: stroke for key, stroke in one.items() if not stroke.shift} for one in layouts)
        return _Known(layouts, spares, shift, group, caps)

    def _leave(self) -> None:
        keyboard, self._keyboard = self._keyboard, None
        if keyboard is not None:
            keyboard.close()


def _spares(rows: Rows, modifiers: set[int], given: Mapping[int, str]) -> dict[int, str]:
    """Return the keys without a symbol of their own, those that nobody uses first, and what they were given."""
    free = {
        code: ""
        for code, row in rows.items()
        if code not in modifiers and code not in given and (not any(row) or _left_behind(row))
    }
    ours = {
        code: character if any(rows[code]) else ""
        for code, character in given.items()
        if code in rows and (not any(rows[code]) or set(rows[code][:4]) == {symbol(character)})
    }
    return free | ours


def _left_behind(row: tuple[int, ...]) -> bool:
    """Whether a row looks like one that this program gave before it was killed: one letter in all places."""
    return len(row) >= 4 and len(set(row[:4])) == 1 and row[0] >= 0xA0 and characters(row[:1]) != ("",)


def _keys(strokes: tuple[Stroke, ...], shift: int) -> list[tuple[bool, int]]:
    """Return the keys (down, code) of strokes; after it none is down."""
    keys: list[tuple[bool, int]] = []
    for stroke in strokes:
        one = [(True, stroke.code), (False, stroke.code)]
        keys += [(True, shift), *one, (False, shift)] if stroke.shift else one
    return keys
