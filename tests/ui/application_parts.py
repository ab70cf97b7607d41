"""What the program is started with in tests of the whole application; imports little, as the real start does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.seam import RuntimeSeam

_refusals = [True]


async def scripted() -> RuntimeSeam:
    """Open the scripted runtime; says CLOSED when it is closed."""
    from app.settings import home
    from tests.ui.fake_runtime import ScriptedRuntime

    class Telling(ScriptedRuntime):
        async def close(self) -> None:
            await super().close()
            print("CLOSED", flush=True)

    print("OPENED", flush=True)
    return Telling(home())


async def refusing() -> RuntimeSeam:
    """Refuse the first time, as with a wrong settings file."""
    from app.errors import SettingsError

    if _refusals:
        _refusals.clear()
        raise SettingsError("unknown setting voice.kye.", hint="Did you mean voice.key?")
    return await scripted()
