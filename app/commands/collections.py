"""`tangnet collections`: list, add, remove."""

from __future__ import annotations

import asyncio

from app.collections import Collection, Collections
from app.commands.context import Context, existing
from app.home import home


async def run(context: Context) -> int:
    """Do what the action says; return the exit status."""
    collections, arguments = Collections(home()), context.arguments
    if arguments.action == "list":
        found = await asyncio.to_thread(collections.all)
        for one in found:
            _show(context, one, "")
        if not found and not context.output.json:
            context.output.note("There are none. `tangnet collections add NAME FOLDER…` makes one.")
    elif arguments.action == "add":
        _show(context, await asyncio.to_thread(collections.put, arguments.name, existing(arguments.paths)), "added")
    else:
        _show(context, await asyncio.to_thread(collections.remove, arguments.name), "removed")
    return 0


def _show(context: Context, one: Collection, state: str) -> None:
    folders = [str(folder) for folder in one.folders]
    if context.output.json:
        context.output.line({"name": one.name, "folders": folders} | ({"state": state} if state else {}))
    else:
        context.output.text(f"{one.name}: {', '.join(folders)}" + (f" ({state})" if state else ""))
