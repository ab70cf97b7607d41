"""Any PCM to 16 kHz mono PCM16: files by FFmpeg (PyAV), which takes any format; live sound by soxr, which is cleaner.

Measured with tests/bench/bench_microphone.py, 48 kHz to 16 kHz: soxr lets 0.4 dB less than all of 7.5 kHz through
(FFmpeg's own 2.9 dB less), keeps what lies above 8.2 kHz 88 dB down (15 dB) and takes half the processor time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


class LiveResampler:
    """Mono PCM16 of one rate to another, block by block, without a seam. Make it in a thread: it imports soxr."""

    delay = 0.045
    """Seconds that the filter holds back at most (0.037–0.040 measured for 44.1 and 48 kHz)."""

    def __init__(self, rate: int, into: int = SAMPLE_RATE) -> None:
        """`rate` and `into` in Hz."""
        import numpy
        import soxr

        self._numpy = numpy
        self._stream: Any = soxr.ResampleStream(rate, into, 1, dtype="int16", quality="HQ")

    def convert(self, pcm16: bytes, *, last: bool = False) -> bytes:
        """Return what became ready; with `last` the tail too, and nothing may follow."""
        return bytes(self._stream.resample_chunk(self._numpy.frombuffer(pcm16, "<i2"), last=last).tobytes())


def resampled(pcm: bytes, rate: int, wanted: int) -> bytes:
    """Return a whole piece of mono PCM16 of `rate` Hz at `wanted` Hz."""
    if rate == wanted or not pcm:
        return pcm
    import numpy
    import soxr

    return bytes(soxr.resample(numpy.frombuffer(pcm, "<i2"), rate, wanted).astype("<i2").tobytes())


def _joined(frames: list[AudioFrame]) -> bytes:
    return b"".join(bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES] for frame in frames)
