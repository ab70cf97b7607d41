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
    """Arguments: home, recording, seconds of a part."""
    home, path, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    one = Cluster(home, Settings(), discover=False)
    await one.start()
    reading = Recordings(one._local.client, one.nodes, lambda _: None, KeptParts(home / "heard.db"), seconds)
    given = Recording(partial(pcm_from_file, path), info_of(path).seconds or 1.0)
    async with aclosing(reading.read([given], language="", elsewhere=False)) as events:
        async for event in events:
            if isinstance(event, RecordingRead):
                if isinstance(event.result, TangnetError):
                    raise event.result
                words = [[word.text, word.start, word.end] for word in event.result.words]
                print(json.dumps({"text": event.result.text, "words": words}), flush=True)
            else:
                print(json.dumps({"seconds": event.seconds}), flush=True)
    reading.close()
    await one.close()


asyncio.run(main())
