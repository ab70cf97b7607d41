"""A process of its own that records a lecture from the real microphone, for test_live_recording; it may be killed.

Arguments: the folder. "stop" on stdin ends it. It tells, one JSON object a line: {"state"}, {"notice"}, now and then
{"seconds", "loud"} (how much was recorded, and how many samples of it are not silent), at last {"path", "length"}.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from array import array
from pathlib import Path

from app.errors import VoiceError
from app.voice.audio_input import Blocks
from app.voice.live_recording import LiveRecording
from app.voice.microphone import Microphone


def tell(**values: object) -> None:
    """Print an event."""
    print(json.dumps(values), flush=True)


async def main(folder: Path) -> None:
    """Record until "stop", or the end of stdin."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    microphone = Microphone()

    class Source:
        def blocks(self, before: float = 0.0) -> Blocks:
            return microphone.blocks(before)

    async def source() -> Source:
        microphone.open()
        return Source()

    one = LiveRecording(
        folder, source, on_state=lambda state: tell(state=state), on_notice=lambda sentence: tell(notice=sentence)
    )

    async def watch() -> None:
        loud = 0
        while True:
            with contextlib.suppress(VoiceError):  # it went away, and comes back
                async for block in microphone.blocks():
                    loud += sum(map(bool, array("h", block)))
                    tell(seconds=one.seconds, loud=loud)

    recording = asyncio.create_task(one.run())
    watching = asyncio.create_task(watch())
    await reader.readline()
    one.stop()
    made = await recording
    watching.cancel()
    tell(path=str(made.path), length=made.seconds)
    microphone.close()
    await microphone.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
