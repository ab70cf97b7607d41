"""Any PCM to 16 kHz mono PCM16, by FFmpeg's resampler (through PyAV): band-limited, no delay, no lost tail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodeworker.protocol import SAMPLE_RATE

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler

SAMPLE_BYTES = 2


class Resampler:
    """Takes audio frames of any format, one after the other; the format may change on the way.

    Sound that already is 16 kHz mono PCM16 comes out bit by bit as it went in. Making the first one imports PyAV,
    which takes its time: do it in a thread.
    """

    def __init__(self) -> None:
        import av

        self._av = av
        self._resampler: AudioResampler | None = None
        self._source: tuple[str, str, int] | None = None

    def convert(self, frame: AudioFrame) -> bytes:
        """Return what became ready. Raises av.FFmpegError and ValueError for frames that make no sense."""
        source = (frame.format.name, frame.layout.name, frame.sample_rate)
        done = b""
        if self._resampler is None or source != self._source:
            done = self.flush()
            self._resampler = self._av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            self._source = source
        frame.pts = None  # damaged files carry wild times; the order of the frames is what counts
        return done + _joined(self._resampler.resample(frame))

    def flush(self) -> bytes:
        """Return the tail that the filter still holds; afterwards it starts afresh."""
        resampler, self._resampler = self._resampler, None
        return b"" if resampler is None else _joined(resampler.resample(None))

    def convert_pcm16(self, data: bytes, rate: int) -> bytes:
        """Convert mono PCM16 of `rate` Hz."""
        frame = self._av.AudioFrame(format="s16", layout="mono", samples=len(data) // SAMPLE_BYTES)
        frame.sample_rate = rate
        frame.planes[0].update(data + bytes(frame.planes[0].buffer_size - len(data)))
        return self.convert(frame)


def _joined(frames: list[AudioFrame]) -> bytes:
    return b"".join(bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES] for frame in frames)
