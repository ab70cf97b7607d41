"""`tangnet-node bench`: measures a chat model on this machine and, with --tune, finds and keeps the best settings.

One figure a line: figure, value, unit, reference, ratio. The reference is what the default settings gave in the same
run, measured in turns with the others, because a figure of another hour says little about a machine that others use.
"""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO, TypeVar

import psutil

from nodeworker.commands import Output
from nodeworker.errors import EngineError
from nodeworker.hardware import free_cores, usable_cores
from nodeworker.models.folder import ModelFolder
from nodeworker.models.tuned import Tuning, settings_file
from nodeworker.protocol.files import take_lock
from nodeworker.settings import measured_folder, models_folder
from nodeworker.tuning.busy import Others
from nodeworker.tuning.choosing import Choice, Chooser, Speed, thread_counts

if TYPE_CHECKING:
    from nodeworker.models.model_file import ModelFile
    from nodeworker.tuning.choosing import Strain

BUDGET = 120.0
"""Seconds for --tune with all that it prints."""
SHOWING = 60.0
"""Seconds without --tune."""
CHOOSING = 0.6
"""Share of them for choosing; the rest is for the figures."""
_ROUNDS = 3
_SHORT = 32
_STREAMS = (1, 2, 4, 8)
_DRAFTS = (1, 2, 3, 4, 8, 16)
BUSY_SHARE = 0.25
"""Of the processors, used by other programs: above it the machine is not idle, and settings that are best now are not
those that are best later."""
_LOOK_SECONDS = 0.5
_SLOT_SECONDS = 0.5
_PIECES = 10
"""The budget of the figures is shared among so many parts."""
T = TypeVar("T")


class Bench(Protocol):
    """A loaded model that can be measured: trial.py, or a test's own."""

    def speed(self, settings: Tuning, tokens: int) -> Speed: ...  # noqa: D102
    def strain(self, settings: Tuning) -> Strain: ...  # noqa: D102
    def costs(self, settings: Tuning) -> dict[int, float]: ...  # noqa: D102
    def read(self, settings: Tuning, tokens: int, seconds: float) -> tuple[float, int]: ...  # noqa: D102
    def write(self, settings: Tuning, streams: int, seconds: float) -> float: ...  # noqa: D102
    def decodes(self, settings: Tuning) -> dict[int, float]: ...  # noqa: D102
    def memory(self, settings: Tuning) -> int: ...  # noqa: D102
    @property
    def longest_prompt(self) -> int: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    model: str = ""
    """Name; "" takes the one that the node would."""
    tune: bool = False
    prefer_speed: bool = False
    """Take a 16-bit cache where it is quicker: answers may then differ in near ties (docs/decisions/0010)."""
    anyway: bool = False
    """Keep settings also when other programs were at work meanwhile."""
    seconds: float = 0.0
    """How long it may take; 0: BUDGET with --tune, SHOWING without."""


def bench(folder: str, wanted: Wanted, output: Output, err: TextIO) -> None:
    """Measure, print, and with `tune` keep what is best.

    Raises:
        EngineError: no model, it cannot be loaded, or another measurement runs.
        KeyboardInterrupt: after what is known was kept and printed.
    """
    model = ModelFolder(models_folder(folder)).find("chat", wanted.model)
    notes = measured_folder()
    with _alone(notes / "bench.lock"):
        show = Progress(err)
        _warn_of_others(show, psutil.cpu_percent(_LOOK_SECONDS) / 100, wanted)
        from nodeworker.tuning.trial import Trials

        show(f"Loading {model.name}", 0.0)
        trials = Trials(model, lambda _fraction: None)
        try:
            threads = thread_counts(free_cores(), usable_cores())
            Session(model, trials, notes, output, show, threads=threads, others=Others().share).run(wanted)
        finally:
            show.clear()
            trials.close()


class Session:
    """One measurement of one loaded model."""

    def __init__(
        self,
        model: ModelFile,
        trials: Bench,
        notes: Path,
        output: Output,
        show: Progress,
        *,
        threads: Sequence[int],
        others: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`threads`: counts to try, the default first.

        `others`: the share of the processors that other programs have used since the beginning.
        """
        self._model = model
        self._others = others
        self._trials = trials
        self._kept = settings_file(notes, model)
        self._output = output
        self._show = show
        self._clock = clock
        self._threads = threads
        self._default = Tuning(threads=threads[0])
        self._deadline = 0.0
        self._outcome: dict[str, object] = {}
        """What became of --tune."""

    def run(self, wanted: Wanted) -> None:
        """Tune when asked to, then print all figures. Raises EngineError, KeyboardInterrupt."""
        begun = self._clock()
        budget = wanted.seconds or (BUDGET if wanted.tune else SHOWING)
        self._deadline = begun + budget
        choice = self._tune(wanted, budget * CHOOSING) if wanted.tune else None
        settings = choice.settings if choice else self._resolved(self._kept.read())
        self._figures(settings, max(1.0, budget - (self._clock() - begun)))

    # -- choosing ----------------------------------------------------------------------------------------------------

    def _tune(self, wanted: Wanted, seconds: float) -> Choice:
        chooser = Chooser(
            self._trials,
            threads=self._threads,
            seconds=seconds,
            prefer_speed=wanted.prefer_speed,
            tell=lambda what, _left: self._now(what),
            clock=self._clock,
        )
        choice = chooser.choice
        try:
            chooser.run()
        except KeyboardInterrupt:
            self._keep(choice, wanted, finished=False)
            if choice.proven:  # the figures were not reached: this is all that is known
                speeds, best = choice.speeds["threads"], Tuning(threads=choice.settings.threads)
                value, reference = speeds[best.label].question, speeds[self._default.label].question
                self._line("question", value, "s", reference, settings=_told(choice.settings), **self._outcome)
            raise
        self._keep(choice, wanted, finished=not choice.untried)
        self._gains(choice)
        return choice

    def _keep(self, choice: Choice, wanted: Wanted, *, finished: bool) -> None:
        """Keep what was proven, and say what was not."""
        others = self._others()
        if not choice.proven:
            why = "too little was measured"
        elif others > BUSY_SHARE and not wanted.anyway:
            why = f"other programs used {others:.0%} of the processors. Close them, or add --anyway"
        elif self._kept.write(replace(choice.settings, tuned=True)):
            why = ""
        else:
            why = "they could not be written"
        if why:
            self._show.note(f"No settings were kept: {why}.")
        for label, why in choice.refused.items():
            self._show.note(f"Refused: {label} {why}.")
        if choice.untried:
            self._show.note(f"No time was left for: {', '.join(choice.untried)}. --seconds gives more.")
        tried = {
            stage: {label: round(speed.question, 3) for label, speed in speeds.items()}
            for stage, speeds in choice.speeds.items()
        }
        self._outcome = {"stored": not why, "finished": finished, "others": round(others, 3), "tried": tried}

    def _gains(self, choice: Choice) -> None:
        """Print what was learnt besides: drafts, what exactness costs, and busy cores."""
        if choice.draft_gain:
            self._line("quoting_with_drafts", choice.draft_gain, "times", 1.0)
        narrow, wide = choice.narrow, choice.wide
        if narrow and wide:
            exact, quick = choice.speeds["cache"][narrow], choice.speeds["cache"][wide]
            self._line("prefill_16_bits", quick.reading, "tokens/s", exact.reading, settings=wide)
            self._line("decode_16_bits", quick.writing, "tokens/s", exact.writing, settings=wide)
        strain = choice.strains.get(choice.settings.label)
        alone = choice.strains.get(replace(choice.settings, threads=1).label)
        if strain and alone:
            self._line("decode_busy_cores", strain.writing, "tokens/s", alone.writing, against="one thread")
            self._line("longest_pause_busy_cores", strain.longest, "s", alone.longest, against="one thread")

    # -- figures -----------------------------------------------------------------------------------------------------

    def _figures(self, settings: Tuning, budget: float) -> None:
        """Print all figures, in about `budget` seconds; each is measured once, however long that takes."""
        both = [self._default] if settings.label == self._default.label else [self._default, settings]
        trials, piece = self._trials, budget / _PIECES / len(both)
        self._compare(f"prefill_{_SHORT}", "tokens/s", both, lambda each: trials.read(each, _SHORT, piece)[0], piece)
        self._now("how much can be read")
        _, tokens = trials.read(self._default, trials.longest_prompt, 2 * piece)  # all settings read as much
        reading = self._compare(
            f"prefill_{tokens}", "tokens/s", both, lambda each: trials.read(each, tokens, math.inf)[0], 2 * piece
        )
        writing: dict[int, tuple[float, float]] = {}
        slot = min(_SLOT_SECONDS, piece)
        for streams in _STREAMS:

            def write(each: Tuning, streams: int = streams) -> float:
                return trials.write(each, streams, slot)

            writing[streams] = self._compare(f"decode_{streams}", "tokens/s", both, write, piece)
        costs = self._turns("decodes", both, lambda each: [trials.decodes(each)], piece)
        first, last = (costs[each.label] for each in (both[0], both[-1]))
        for size in _DRAFTS:
            if size in first[0] and size in last[0]:
                value, reference = (1000 * statistics.median(one[size] for one in found) for found in (last, first))
                self._line(f"decode_of_{size}", value, "ms", reference)
        self._compare("memory", "MB", both, lambda each: trials.memory(each) / 1e6, 0.0)
        value, reference = (Speed(*rates).question for rates in zip(reading, writing[1], strict=True))
        self._line("question", value, "s", reference, settings=_told(settings), **self._outcome)

    def _compare(
        self, name: str, unit: str, both: Sequence[Tuning], measure: Callable[[Tuning], float], piece: float
    ) -> tuple[float, float]:
        """Measure, print and return the figure and its reference."""
        found = self._turns(name, both, lambda each: [measure(each)], piece)
        reference, value = (statistics.median(found[each.label]) for each in (both[0], both[-1]))
        self._line(name, value, unit, reference)
        return value, reference

    def _turns(
        self, name: str, both: Sequence[Tuning], measure: Callable[[Tuning], list[T]], piece: float
    ) -> dict[str, list[T]]:
        """Measure each of the settings in turns, once at least and while it takes less than `piece` seconds each."""
        found: dict[str, list[T]] = {each.label: [] for each in both}
        begun = self._clock()
        for turn in range(_ROUNDS):
            if turn and (piece == 0 or (self._clock() - begun) * (turn + 1) / turn > piece * len(both)):
                break
            self._now(name)
            for each in both:
                found[each.label] += measure(each)
        return found

    def _now(self, what: str) -> None:
        self._show(what, max(0.0, self._deadline - self._clock()))

    # -- printing ----------------------------------------------------------------------------------------------------

    def _line(self, figure: str, value: float, unit: str, reference: float, **more: object) -> None:
        self._show.clear()
        ratio = value / reference if reference else None
        beside = f"{more.get('against', 'default settings')}: {_short(reference)}"
        times = f", × {ratio:.2f}" if ratio is not None else ""
        told = f"; {more['settings']}" if "settings" in more else ""
        self._output.say(
            f"{figure.replace('_', ' ')}: {_short(value)} {unit} ({beside}{times}{told})",
            figure=figure, value=_round(value), unit=unit, reference=_round(reference),
            ratio=None if ratio is None else round(ratio, 3), model=self._model.name, **more,
        )  # fmt: skip

    def _resolved(self, kept: Tuning) -> Tuning:
        return replace(kept, threads=kept.threads or self._default.threads)


class Progress:
    """Says on standard error what is measured: one passing line where somebody watches, else one a step."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._watched = err.isatty()
        self._shown = False
        self._last = ""

    def __call__(self, what: str, left: float) -> None:
        """Show what is measured now, and the seconds left where they are limited."""
        text = what + (f" ({left:.0f} s left)" if left else "")
        if self._watched:
            self._err.write(f"\r\x1b[K{text}")
            self._shown = True
        elif what.partition(":")[0] != self._last:
            self._last = what.partition(":")[0]
            self._err.write(f"{text}\n")
        self._err.flush()

    def clear(self) -> None:
        """Take the passing line away."""
        if self._shown:
            self._err.write("\r\x1b[K")
            self._err.flush()
            self._shown = False

    def note(self, text: str) -> None:
        """Print a sentence that stays."""
        self.clear()
        self._err.write(f"{text}\n")
        self._err.flush()


def end_with_parent(descriptor: int) -> None:
    """End this process when `descriptor` ends: whoever started it holds the other side, and has gone."""

    def wait() -> None:
        # Not through sys.stdin: its lock, held by this thread, would abort the interpreter at its own end.
        with contextlib.suppress(OSError):
            while os.read(descriptor, 4096):
                pass
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let no second measurement run beside this one. Raises EngineError when one does."""
    held = take_lock(path, wait=False)
    if held is None:
        raise EngineError("Another measurement is running.", "Wait until it is done: they would disturb each other.")
    try:
        yield
    finally:
        os.close(held)


def _warn_of_others(show: Progress, share: float, wanted: Wanted) -> None:
    if share > BUSY_SHARE:
        kept = " No settings will be kept if that goes on (--anyway keeps them)." if wanted.tune else ""
        show.note(
            f"Other programs use {share:.0%} of the processors: all figures come out low, also those beside them.{kept}"
        )


def _told(settings: Tuning) -> str:
    return settings.label + ("" if settings.drafts else ", no drafts")


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _round(value: float) -> float:
    return round(value, 2) if value >= 10 else round(value, 4)
