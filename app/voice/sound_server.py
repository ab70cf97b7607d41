"""What PulseAudio, or PipeWire in its place, tells of microphones: names for people, which is muted, which we hear.

pulsectl speaks to the server through libpulse. All of it blocks, so it runs in threads; without a server, or off Linux,
there are no sources and nothing is known.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any

_log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
TURN_SECONDS = 0.25
"""How soon a watch notices that it was closed; changes are told by the server at once."""


@dataclass(frozen=True, slots=True)
class Source:
    """A microphone, or what is played ("monitor")."""

    name: str
    """For programs, the same after a restart: alsa_input.usb-…"""
    label: str
    """For people: "Webcam C270 Mono"."""
    default: bool
    muted: bool
    """Muted, or turned down to nothing."""
    monitor: bool


def sources() -> list[Source]:
    """Return what the server knows, none where there is no server. Blocks for CONNECT_SECONDS at most."""
    pulse = _connected()
    if pulse is None:
        return []
    with pulse:
        return list(_sources(pulse).values())


MARK = "tangnet.capture"
"""The property by which a watch knows its stream among all others."""


class SourceWatch:
    """Follows one of our recording streams in a thread of its own. Read its fields at any time."""

    def __init__(self, mark: str) -> None:
        """`mark`: what the stream's property MARK holds."""
        self.source: Source | None = None
        """What is heard now."""
        self.gone = False
        """True when the stream or the server is away, after it was there."""
        self._mark = mark
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it, but not for a server that hangs; safe twice."""
        self._closed.set()
        self._thread.join(4 * TURN_SECONDS)

    def _run(self) -> None:
        pulse = _connected()
        if pulse is None:
            return
        from pulsectl import PulseDisconnected, PulseError, PulseLoopStop

        news = True

        def changed(_event: Any) -> None:
            nonlocal news
            news = True
            raise PulseLoopStop  # nothing may be asked in here

        with pulse:
            try:
                pulse.event_mask_set("source", "source_output", "server")
                pulse.event_callback_set(changed)
                while not self._closed.is_set():
                    if news:  # the server is asked after an event only, not at every turn
                        news = False
                        self._look(pulse)
                    pulse.event_listen(TURN_SECONDS)
            except (PulseError, PulseDisconnected) as error:
                _log.info("the sound server went away: %s", error)
                self.gone = self.source is not None

    def _look(self, pulse: Any) -> None:
        known = _sources(pulse)
        ours = [
            stream
            for stream in pulse.source_output_list()
            if stream.proplist.get(MARK) == self._mark and stream.source in known
        ]
        if ours:
            newest = max(ours, key=lambda stream: stream.index)
            source = known[newest.source]
            if newest.mute:
                source = Source(source.name, source.label, source.default, True, source.monitor)
            self.source = source
        self.gone = not ours and self.source is not None


def _connected() -> Any:
    try:
        from pulsectl import Pulse, PulseError
    except (ImportError, OSError):  # no libpulse
        return None
    pulse = Pulse("Tangnet", connect=False)
    try:
        pulse.connect(timeout=CONNECT_SECONDS)
    except PulseError:
        pulse.close()
        return None
    return pulse


def _sources(pulse: Any) -> dict[int, Source]:
    """Return the sources by the server's numbers."""
    default = pulse.server_info().default_source_name
    return {
        source.index: Source(
            name=source.name,
            label=source.description or source.name,
            default=source.name == default,
            muted=bool(source.mute) or source.volume.value_flat == 0,
            monitor=bool(source.monitor_of_sink_name),
        )
        for source in pulse.source_list()
    }
