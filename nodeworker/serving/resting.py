"""When the background work of a node rests: while anybody waits for anything, but for what is made ahead of speech."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator


class Resting:
    """Counts the calls of all rooms.

    While a call that somebody waits for is in any of the rooms, the background work of all engines rests: they share
    the machine's cores. Somebody who only talks leaves half of them: an answer made ahead for what is being said goes
    on until the sound has ended.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called after each change."""
        self._changed = changed
        self._waited_for = 0
        """Calls that are no background work."""
        self._talking = 0
        """Those of them whose sound has not ended: live speech."""
        self._ahead = 0
        """Answers that are made ahead."""

    def rests(self, *, chat: bool) -> bool:
        """Whether background work rests now, that of the chat engine or of another."""
        return self._waited_for > (self._talking if chat and self._ahead else 0)

    def wait_for(self, more: int) -> None:
        """So many more calls are waited for."""
        self._waited_for += more
        self._changed()

    @contextlib.contextmanager
    def counting(self, *, talking: int = 0, ahead: int = 0) -> Iterator[None]:
        """Count somebody who talks, or an answer that is made ahead, for as long as the block lasts."""
        self._talking += talking
        self._ahead += ahead
        self._changed()
        try:
            yield
        finally:
            self._talking -= talking
            self._ahead -= ahead
            self._changed()

    async def talk(self, over: asyncio.Event) -> None:
        """Count somebody who talks until their sound is over."""
        with self.counting(talking=1):
            await over.wait()
