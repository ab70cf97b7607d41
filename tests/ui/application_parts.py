"""What the program is started with in tests of the whole application; imports little, as the real start does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.seam import RuntimeSeam

_refusals = [True]


def say(*what: object) -> None:
    """Print a line in one piece: the threads of the program print beside each other."""
    sys.stdout.write(" ".join(map(str, what)) + "\n")
    sys.stdout.flush()


async def scripted() -> RuntimeSeam:
    """Open the scripted runtime; says CLOSED when it is closed."""
    from app.home import home
    from tests.ui.fake_runtime import ScriptedRuntime

    class Telling(ScriptedRuntime):
        async def close(self) -> None:
            await super().close()
            say("CLOSED")

    say("OPENED")
    return Telling(home())


async def refusing() -> RuntimeSeam:
    """Refuse the first time, as with a wrong settings file."""
    from app.errors import SettingsError

    if _refusals:
        _refusals.clear()
        raise SettingsError("unknown setting voice.kye.", hint="Did you mean voice.key?")
    return await scripted()
