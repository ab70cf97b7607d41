"""A process for test_resuming: reads a recording in short parts, tells each second that it has, and may be killed."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing
from functools import partial
from pathlib import Path

from app.cluster.cluster import Cluster
from app.cluster.kept_parts import KeptParts
from app.cluster.recordings import Recordings
from app.errors import TangnetError
from app.settings import Settings
from app.thinking import Recording, RecordingRead
from app.voice.audio_file import info_of, pcm_from_file


async def main() -> None:
    """Arguments: home, recording, seconds of a part, and how many paired nodes are to help, which are waited for."""
    home, path, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    others = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    elsewhere = others > 0
    one = Cluster(home, Settings(), discover=False, local_arguments=("--threads", "1") if elsewhere else ())
    await one.start()
    async with asyncio.timeout(60):
        async for nodes in one.watch():
            if sum(node.state == "ready" and not node.local for node in nodes) >= others:
                break
    reading = Recordings(one._local.client, one.nodes, one._client, KeptParts(home / "heard.db"), seconds)
    given = Recording(partial(pcm_from_file, path), info_of(path).seconds or 1.0)
    async with aclosing(reading.read([given], language="", elsewhere=elsewhere)) as events:
        async for event in events:
            if isinstance(event, RecordingRead):
                if isinstance(event.result, TangnetError):
                    raise event.result
                words = [[word.text, word.start, word.end] for word in event.result.words]
                print(json.dumps({"text": event.result.text, "words": words, "nodes": event.node}), flush=True)
            else:
                print(json.dumps({"seconds": event.seconds}), flush=True)
    reading.close()
    await one.close()


asyncio.run(main())
