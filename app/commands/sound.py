"""`tangnet sound`: how much sound of spoken questions is kept, and deleting all of it."""

from __future__ import annotations

from app.commands.context import Context
from app.kept_sound import summary


async def run(context: Context) -> int:
    """List what is kept, or delete it; return the exit status. Raises StoreError."""
    output = context.output
    async with context.runtime() as runtime:
        kept = runtime.sound.delete_all() if context.arguments.delete else runtime.sound.all()
    state = "deleted" if context.arguments.delete else "kept"
    for one in kept:
        if output.json:
            output.line(
                {
                    "conversation": one.conversation,
                    "message": one.message,
                    "path": str(one.path),
                    "seconds": round(one.seconds, 1),
                    "bytes": one.bytes,
                    "state": state,
                }
            )
        elif state == "kept":
            output.text(f"{one.path}  {one.seconds:.1f} s")
    if not output.json:
        output.text(summary(kept, state))
    return 0
