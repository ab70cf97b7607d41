"""`tangnet desktop`: Tangnet among the user's programs, and no longer."""

from __future__ import annotations

import asyncio

from app.commands.context import Context
from app.desktop_entry import keep
from app.home import home
from app.settings import Settings


async def run(context: Context) -> int:
    """Write the entry or take it away; return the exit status. Raises TangnetError."""
    on, output = bool(context.arguments.install), context.output
    changed = await asyncio.to_thread(keep, on)
    file = home() / "settings.toml"
    settings = Settings.load(file)
    if settings.window_programs is not on:
        settings.window_programs = on
        settings.save(file)
    for path in changed:
        if output.json:
            output.line({"path": str(path), "state": "written" if on else "removed"})
        else:
            output.text(f"{'Written' if on else 'Removed'}: {path}")
    if not output.json:
        output.text("Tangnet stands among your programs." if on else "Tangnet does not stand among your programs.")
    return 0
