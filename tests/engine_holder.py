"""A process with an engine process of its own, for tests of what becomes of that one: `WORD` is what its engine does.

Prints the engine's process id when the engine is at it, then waits to be killed.
"""

from __future__ import annotations

import asyncio
import sys

from nodeworker.engines import ChatRequest, Message
from nodeworker.hosting.hosted import EngineSpec, HostedChat
from tests.unit.nodeworker_server.fakes import model


async def main() -> None:
    """Hold the engine until killed."""
    engine = HostedChat(model("chat", "m"), EngineSpec("tests.engine_factories:BatchingChat"))
    await engine.start()
    await engine.load(lambda _fraction: None)
    answer = engine.generate(ChatRequest("r", (Message("user", f"say 1 then {sys.argv[1]}"),)))
    await anext(answer.batches())
    await asyncio.sleep(0.2)  # the engine goes from its last word into what was asked for
    print(engine.pid, flush=True)
    await asyncio.sleep(60)


asyncio.run(main())
