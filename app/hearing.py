"""Recordings for the library: opens sound and video files and has nodes transcribe them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.errors import NodeLost, TangnetError
from app.rules import Rules
from app.thinking import Going, Recording, RecordingRead

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from app.rag.document import Document


class Ears(Protocol):
    """What listens; `app.cluster.cluster.Cluster` does."""

    def read_recordings(
        self, recordings: Sequence[Recording], *, language: str = "", background: bool = False
    ) -> AsyncGenerator[Going | RecordingRead, None]:
        """Turn recordings into text; yields each once, in any order, and how far all are. Raises NodeError."""
        ...


class NodesHearing:
    """`app.rag.recordings.Hearing` by the nodes of a cluster, in the background."""

    def __init__(self, ears: Ears, rules: Callable[[], Rules]) -> None:
        """`rules`: where recordings may go; asked for each."""
        self._ears = ears
        self._rules = rules

    async def hear(self, path: Path, told: Callable[[float], None] | None = None) -> tuple[Document, str]:
        """Return what is said, and a sentence on what could not be read. Raises VoiceError and NodeError."""
        from app.rag.recordings import document_of

        damage: list[str] = []
        made: Document | None = None
        recording = await asyncio.to_thread(recording_of, path, self._rules(), damage.append)
        async with aclosing(self._ears.read_recordings([recording], background=True)) as events:
            async for event in events:
                if isinstance(event, RecordingRead):
                    if isinstance(event.result, TangnetError):
                        raise event.result
                    made = await asyncio.to_thread(document_of, event.result)
                elif told is not None and event.total:
                    told(min(event.seconds / event.total, 1.0))
        if made is not None:
            return made, damage[0] if damage else ""
        raise NodeLost("The transcript ended without a result.")


def recording_of(path: Path, rules: Rules, told: Callable[[str], None]) -> Recording:
    """Look at a sound or video file.

    Args:
        path: The file.
        rules: Where it may go.
        told: Gets a sentence where only part of it could be decoded.

    Raises:
        VoiceError: there is no such file, or no sound in it.
    """
    from app.voice.audio_file import info_of, pcm_from_file
    from app.voice.sound_files import seems_long

    def sound() -> AsyncIterator[bytes]:
        return pcm_from_file(path, on_damage=told)

    info = info_of(path)
    # A link brings the rules of both places.
    zones = rules.zones([str(path), os.path.realpath(path)])
    return Recording(sound, seems_long(path, info), exact=info.seconds is not None, zones=zones)
