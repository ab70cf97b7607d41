"""Commands whose place is known but which this version does not have: a clear error, nothing else."""

from __future__ import annotations

from app.commands.arguments import LATER
from app.commands.context import Context
from app.errors import TangnetError


async def run(context: Context) -> int:
    """Raise TangnetError: not in this version."""
    name: str = context.arguments.command
    raise TangnetError(
        f"`tangnet {name}` ({LATER[name]}) is not in this version.",
        code="not_in_this_version",
        hint="It comes with a later one; `tangnet --help` shows what there is.",
    )
