"""What the charts of the cluster show: pure. Lines over minutes before now, and the words that say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.cluster.history import Moment, Past, by_time, percentile
from app.ui.numbers import number
from app.ui.translation import tr

POINTS = 240
"""Points of a line at most: more cannot be told apart."""
STRETCHES = 15
"""Parts of the time that first tokens are put together in."""

Line = tuple[tuple[float, ...], tuple[float, ...]]
"""Minutes (negative: before now) and values."""


@dataclass(frozen=True, slots=True)
class Series:
    """One chart."""

    words: str
    """What it shows, said in a sentence; also what a screen reader says."""
    lines: tuple[Line, ...]
    dots: bool = False
    """Points that belong to stretches of time, joined by a line."""


def tokens(past: Past, now: float, minutes: int) -> Series:
    """Return the tokens a second of all nodes together."""
    moments = _recent(past, now, minutes)
    if not moments:
        return Series(tr("Nothing is known yet."), ())
    values = [moment.tokens_per_second for moment in moments]
    words = tr(
        "Now {now} tokens/s; {mean} on average, {most} at most.",
        now=_number(values[-1]), mean=_number(sum(values) / len(values)), most=_number(max(values)),
    )  # fmt: skip
    return Series(words, (_line(moments, values, now),))


def queue(past: Past, now: float, minutes: int) -> Series:
    """Return how many answers were made and how many waited."""
    moments = _recent(past, now, minutes)
    if not moments:
        return Series(tr("Nothing is known yet."), ())
    active = [float(moment.active) for moment in moments]
    waiting = [float(moment.queued) for moment in moments]
    words = tr(
        "Now {active} being made and {waiting} waiting; {most} waited at most.",
        active=round(active[-1]), waiting=round(waiting[-1]), most=round(max(waiting)),
    )  # fmt: skip
    return Series(words, (_line(moments, active, now), _line(moments, waiting, now)))


def first_tokens(past: Past, now: float, minutes: int) -> Series:
    """Return how long this machine waited for first words: the half that waited least, and all but a hundredth."""
    firsts = [first for first in past.firsts if first[0] >= now - 60 * minutes]
    if not firsts:
        return Series(tr("No answer began in this time."), ())
    waits = [milliseconds for _, milliseconds in firsts]
    words = tr(
        "{n} answers of this machine: half began within {half}, 99 of 100 within {most}.",
        n=len(waits), half=seconds(percentile(waits, 0.5)), most=seconds(percentile(waits, 0.99)),
    )  # fmt: skip
    stretches = by_time([(at - now, wait) for at, wait in firsts], 60.0 * minutes / STRETCHES)
    at = tuple(stretch[0] / 60 for stretch in stretches)
    lines = tuple((at, tuple(stretch[which] / 1000 for stretch in stretches)) for which in (1, 2))
    return Series(words, lines, dots=True)


def availability(past: Past, now: float, minutes: int) -> Series:
    """Return which share of the nodes could be reached, in percent."""
    moments = [moment for moment in _recent(past, now, minutes) if moment.known]
    share = Past(tuple(moments)).availability
    if not moments or share is None:
        return Series(tr("Nothing is known yet."), ())
    last = moments[-1]
    words = tr(
        "Now {reached} of {known} nodes; {share} % over this time.",
        reached=last.reached, known=last.known, share=number(100 * share, 1),
    )  # fmt: skip
    return Series(words, (_line(moments, [100.0 * moment.reached / moment.known for moment in moments], now),))


def seconds(milliseconds: float) -> str:
    """Return a time as people read it: "0.34 s", "12 s"."""
    value = milliseconds / 1000
    return tr("{n} s", n=number(value, 2 if value < 1 else 1 if value < 10 else 0))


def _recent(past: Past, now: float, minutes: int) -> list[Moment]:
    return [moment for moment in past.moments if moment.at >= now - 60 * minutes]


def _line(moments: Sequence[Moment], values: Sequence[float], now: float) -> Line:
    """Return a line of at most POINTS points: the mean of each few."""
    width = max(1, -(-len(values) // POINTS))
    at, mean = [], []
    for first in range(0, len(values), width):
        part = values[first : first + width]
        middle = moments[min(first + width // 2, len(moments) - 1)]
        at.append((middle.at - now) / 60)
        mean.append(sum(part) / len(part))
    return tuple(at), tuple(mean)


def _number(value: float) -> str:
    return number(value, 0 if value >= 10 or value == 0 else 1)
