"""A second Tangnet process for test_local_node: starts this machine's node, says so, and waits to be killed."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from app.cluster.cluster import Cluster
from app.settings import Settings


async def main() -> None:
    """Arguments: home, then those for the local node."""
    one = Cluster(Path(sys.argv[1]), Settings(), discover=False, local_arguments=sys.argv[2:])
    await one.start()
    async for _ in one.warm(["chat"]):
        pass
    print(json.dumps({"child": one.local_pid}), flush=True)
    # Standard input ends when the test asks for an orderly end.
    await asyncio.to_thread(sys.stdin.read)
    await one.close()


asyncio.run(main())
