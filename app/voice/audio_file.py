"""Audio files: anything that PyAV reads, as 16 kHz mono PCM16, decoded in a thread and only as fast as it is read."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import VoiceError
from app.voice.resampler import SAMPLE_BYTES, Resampler
from nodeworker.protocol import SAMPLE_RATE

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer

BLOCK_SECONDS = 0.25
"""Length of the blocks that are handed out; the last one is shorter."""

_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,g722,gsm,matroska,webm,mp3,mov,mp4,m4a,3gp,3g2,mpeg,mpegts,nut,"
    "ogg,rm,tta,voc,w64,wav,wv"
)
"""Single files only. Playlists and the like (hls, concat, dash) could make FFmpeg open other files and addresses."""
_GUESSED = {"aac", "ac3", "amr", "eac3", "g722", "gsm", "mp3", "mpeg", "mpegts"}
"""Formats without a trustworthy duration in the file."""
_MISSING_SECONDS = 1.0
_MOST_REFUSED = 10_000
"""Packets that may fail to decode before the rest is given up: noise that only looks like sound."""
_HINT = "Sound files such as WAV, FLAC, MP3, M4A, OGG or Opus can be read, and the sound of MP4, MOV and WebM."


@dataclass(frozen=True, slots=True)
class AudioFileInfo:
    """What the file says about itself."""

    seconds: float | None
    """Duration; None where the container does not say."""
    codec: str
    rate: int
    """Hz, of the file."""
    channels: int


async def audio_file_info(path: Path) -> AudioFileInfo:
    """Look at a file without decoding it. Raises VoiceError."""
    return await asyncio.to_thread(info_of, path)


async def pcm_from_file(path: Path, *, on_damage: Callable[[str], None] | None = None) -> AsyncIterator[bytes]:
    """Yield the sound of `path` as 16 kHz mono PCM16 in blocks of 0.25 s; video files give their first sound track.

    A file that is damaged in the middle, or cut off, gives all that can be decoded; `on_damage` then gets one sentence
    at the end, because half a question is worth more than none. Decoding runs in a thread that is at most one block
    ahead and ends with the iterator, also when that is closed early or cancelled.

    Raises:
        VoiceError: the file is missing, is no file, cannot be opened, holds no sound, or nothing in it can be decoded.
    """
    loop = asyncio.get_running_loop()
    executor = ThreadPoolExecutor(1, thread_name_prefix="audio-file")
    damage: list[str] = []
    blocks = _blocks(path, damage)
    try:
        while (block := await loop.run_in_executor(executor, next, blocks, b"")) != b"":
            yield block
    finally:
        # After a cancellation `next` may still be running: closing waits its turn in the same thread.
        executor.submit(blocks.close)
        executor.shutdown(wait=False)
    if damage and on_damage is not None:
        on_damage(damage[0])


def info_of(path: Path) -> AudioFileInfo:
    """Look at a file without decoding it, in this thread. Raises VoiceError."""
    with _opened(path) as container:
        stream = _sound(container, path)
        return AudioFileInfo(
            seconds=_stated_seconds(container),
            codec=stream.codec_context.name,
            rate=stream.codec_context.sample_rate,
            channels=stream.codec_context.channels,
        )


def _blocks(path: Path, damage: list[str]) -> Generator[bytes, None, None]:
    """Yield non-empty blocks; leaves a sentence in `damage` when something in the file could not be decoded."""
    size = round(BLOCK_SECONDS * SAMPLE_RATE) * SAMPLE_BYTES
    waiting = bytearray()
    total = 0
    with _opened(path) as container:
        stated = _stated_seconds(container)
        for data in _decoded(container, path, damage):
            waiting += data
            total += len(data)
            while len(waiting) >= size:
                yield bytes(waiting[:size])
                del waiting[:size]
    seconds = total / SAMPLE_BYTES / SAMPLE_RATE
    if waiting:
        yield bytes(waiting)
    if not total:
        if damage:
            raise VoiceError(f"{path.name} is damaged: no sound in it can be decoded.", code="voice_damaged")
        raise VoiceError(f"{path.name} holds no sound: its length is zero.", code="voice_empty")
    if damage or (stated is not None and stated - seconds > max(_MISSING_SECONDS, 0.05 * stated)):
        of = f" of {stated:.1f}" if stated is not None else ""
        damage[:] = [f"{path.name} is damaged or cut off: {seconds:.1f}{of} seconds could be read."]


def _decoded(container: InputContainer, path: Path, damage: list[str]) -> Iterator[bytes]:
    """Yield PCM of the first sound track; packets that make no sense are left out and noted."""
    import av

    stream = _sound(container, path)
    resampler = Resampler()
    packets = container.demux(stream)
    refused = 0
    while refused < _MOST_REFUSED:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            damage.append(_words(error))
            break  # the container itself is broken from here on
        if packet is None:
            break
        try:
            for frame in packet.decode():
                yield resampler.convert(frame)
        except (av.FFmpegError, ValueError) as error:
            refused += 1
            damage[:] = [_words(error)]
    yield resampler.flush()


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    """Open a regular file. FFmpeg gets it as an open file, so that a name is never taken for an address."""
    import av

    with _file(path) as file:
        try:
            container = av.open(file, mode="r", options={"format_whitelist": _FORMATS})
        except (av.FFmpegError, ValueError) as error:
            raise VoiceError(
                f"{path.name} cannot be read as sound: it is another kind of file, or damaged.",
                code="voice_not_audio",
                hint=_HINT,
            ) from error
        with container:
            yield container


def _file(path: Path) -> BufferedReader:
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise VoiceError(f"{path} is a folder, not a sound file.", code="voice_no_file", hint="Name a file in it.")
        if not stat.S_ISREG(kind):
            raise VoiceError(f"{path} is not an ordinary file.", code="voice_no_file")
        file = path.open("rb")
    except FileNotFoundError:
        raise VoiceError(f"There is no file {path}.", code="voice_no_file", hint="Check the path.") from None
    except (OSError, ValueError) as error:
        raise VoiceError(f"{path} cannot be opened: {_words(error)}.", code="voice_unreadable") from error
    if not file.peek(1):
        file.close()
        raise VoiceError(f"{path.name} is empty.", code="voice_empty", hint="Record or export it again.")
    return file


def _sound(container: InputContainer, path: Path) -> AudioStream:
    streams = container.streams.audio
    if not streams:
        raise VoiceError(f"{path.name} has no sound track.", code="voice_no_track", hint=_HINT)
    return streams[0]


def _stated_seconds(container: InputContainer) -> float | None:
    """Return the duration in the header; None where FFmpeg only guesses it from the bit rate."""
    import av

    if container.duration is None or container.duration <= 0 or container.format.name in _GUESSED:
        return None
    return container.duration / av.time_base


def _words(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)
