"""How this machine is now: processor, memory, temperature, throttling, under-voltage, power. Never raises.

Everything is read below a root folder, so that what was recorded on one machine can be read on another. A figure that
cannot be read is 0 or False, never a guess.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psutil

from nodeworker.load import firmware, sysfs
from nodeworker.load.power import Power, PowerMeter
from nodeworker.load.programs import Asked, Run, Start, in_thread, run_program

FRESH_SECONDS = 0.9
"""A reading is used again for so long: several watchers, one look."""
FIND_SECONDS = 60.0
"""Between two searches for sensors; a driver may be loaded later."""
FIRMWARE_SECONDS = 5.0
CARD_SECONDS = 10.0
PROGRAM_SECONDS = 2.0
"""How long such a program may take."""
PROCESSES_SECONDS = 5.0
"""Between two searches for engine processes."""
_PROCESSOR_ZONES = ("cpu", "x86_pkg", "soc", "core", "package")
_PROCESSOR_MONITORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")
_COLDEST, _HOTTEST = -40.0, 150.0
_SLOWING = ("thermal-cpufreq", "cpufreq", "processor")
_CARD_SLOWED = 0x8 | 0x20 | 0x40 | 0x80
"""NVIDIA's reasons: slowed by hardware, by heat in software, by heat in hardware, by the power brake."""
_CARD_REASONS = ("clocks_event_reasons.active", "clocks_throttle_reasons.active")
"""The same question to newer and to older drivers."""
_MOST_POLICIES = 8


@dataclass(frozen=True, slots=True)
class Load:
    """A moment's figures. 0 = unknown."""

    memory_used_bytes: int = 0
    """Resident memory of this process and of its children, which run engines."""
    memory_total_bytes: int = 0
    """Memory of the machine."""
    cpu_percent: float = 0.0
    """Of the whole machine since the last reading, 0…100; 0.0 in the first."""
    own_cpu_percent: float = 0.0
    """The share of that which this process and its children took, 0…100."""
    temperature_c: float = 0.0
    """Of the hottest part of the processor."""
    frequency_hz: float = 0.0
    """Average over the processors."""
    throttled: bool = False
    """Processor or graphics card are slowed down now, by heat or by the power supply."""
    under_voltage: bool = False
    """Raspberry Pi: the supply was too weak, now or at some time since the start."""
    power: Power = field(default_factory=Power)


@dataclass(frozen=True, slots=True)
class _Board:
    """What a Pi's firmware says."""

    throttling: firmware.Throttling
    rails_watts: float


@dataclass(frozen=True, slots=True)
class _Cards:
    """What NVIDIA's driver says of all cards together."""

    watts: float
    slowed: bool


class Sensors:
    """All sensors of one machine; may be read from any thread."""

    def __init__(
        self,
        root: Path = Path("/"),
        *,
        run: Run = run_program,
        clock: Callable[[], float] = time.monotonic,
        start: Start = in_thread,
    ) -> None:
        """Read below `root`; programs go through `run`, which `start` takes off the caller's thread."""
        self._root = root
        self._run = run
        self._clock = clock
        self._lock = threading.Lock()
        self._last: Load | None = None
        self._read_at = 0.0
        self._found_at: float | None = None
        self._power = PowerMeter(root, clock)
        self._processes = _Processes(clock)
        self._board = Asked(self._ask_board, FIRMWARE_SECONDS, clock=clock, start=start)
        self._cards = Asked(self._ask_cards, CARD_SECONDS, clock=clock, start=start)
        self._rails = True
        self._reasons: tuple[str, ...] = (*_CARD_REASONS, "")
        self._ticks: tuple[int, int] | None = None
        self._own_at: float | None = None
        self._throttles: int | None = None
        self._was_under_voltage = False

    def read(self) -> Load:
        """Return the figures of now, or of at most FRESH_SECONDS ago. Takes a few milliseconds: not for a loop."""
        with self._lock:
            now = self._clock()
            if self._last is None or now - self._read_at >= FRESH_SECONDS:
                if self._found_at is None or now - self._found_at >= FIND_SECONDS:
                    self._find()
                    self._found_at = now
                self._last = self._measure()
                self._read_at = now
            return self._last

    def _find(self) -> None:
        sys = self._root / "sys"
        self._power.find()
        self._temperatures = _temperatures(self._root)
        self._cooling = tuple(
            device / "cur_state"
            for device in sysfs.matches(sys / "class/thermal", "cooling_device*")
            if sysfs.text(device / "type").lower().startswith(_SLOWING)
        )
        self._counters = sysfs.matches(sys / "devices/system/cpu", "cpu[0-9]*/thermal_throttle/*_throttle_count")
        self._frequencies = sysfs.matches(sys / "devices/system/cpu/cpufreq", "policy*/scaling_cur_freq")
        self._alarms = tuple(
            monitor / "in0_lcrit_alarm"
            for monitor in sysfs.matches(sys / "class/hwmon", "hwmon*")
            if sysfs.text(monitor / "name") == "rpi_volt"
        )
        self._old_words = sysfs.matches(sys / "devices/platform", "soc*/*firmware/get_throttled")

    def _measure(self) -> Load:
        board, cards = self._board.latest(), self._cards.latest()
        told = board.throttling if board else self._old_word()
        low = any(sysfs.number(alarm) == 1 for alarm in self._alarms) or (told is not None and told.under_voltage)
        self._was_under_voltage = self._was_under_voltage or low
        slowed = (told is not None and told.slowed) or (cards is not None and cards.slowed)
        # Not in one expression: the counters must be read each time.
        counted = self._throttles_counted()
        cooled = any((sysfs.number(state) or 0) > 0 for state in self._cooling)
        own_bytes, own_percent = self._own_share()
        return Load(
            memory_used_bytes=own_bytes,
            memory_total_bytes=_memory_total(self._root),
            cpu_percent=self._cpu_percent(),
            own_cpu_percent=own_percent,
            temperature_c=_hottest(self._temperatures),
            frequency_hz=self._frequency(),
            throttled=slowed or counted or cooled,
            under_voltage=self._was_under_voltage,
            power=self._power.read(rails=board.rails_watts if board else 0.0, cards=cards.watts if cards else 0.0),
        )

    def _cpu_percent(self) -> float:
        ticks = _ticks(self._root)
        before, self._ticks = self._ticks, ticks
        if before is None or ticks is None:
            return 0.0
        busy, total = ticks[0] - before[0], ticks[1] - before[1]
        return min(100.0, max(0.0, 100.0 * busy / total)) if total > 0 else 0.0

    def _own_share(self) -> tuple[int, float]:
        bytes, seconds = self._processes.measure()
        now = self._clock()
        before, self._own_at = self._own_at, now
        if before is None or now <= before:
            return bytes, 0.0
        return bytes, min(100.0, 100.0 * seconds / (now - before) / (psutil.cpu_count() or 1))

    def _throttles_counted(self) -> bool:
        """Whether the processor slowed itself down since the last reading (x86)."""
        if not self._counters:
            return False
        count = sum(sysfs.number(counter) or 0 for counter in self._counters)
        before, self._throttles = self._throttles, count
        return before is not None and count > before

    def _frequency(self) -> float:
        kilohertz = [sysfs.number(path) or 0 for path in self._frequencies[:_MOST_POLICIES]]
        known = [value for value in kilohertz if 0 < value < 20_000_000]
        return 1000.0 * sum(known) / len(known) if known else 0.0

    def _old_word(self) -> firmware.Throttling | None:
        for path in self._old_words:
            found = firmware.throttling(sysfs.text(path))
            if found is not None:
                return found
        return None

    def _ask_board(self) -> _Board | None:
        found = firmware.throttling(self._run(("vcgencmd", "get_throttled"), PROGRAM_SECONDS))
        if found is None:
            return None
        watts = 0.0
        if self._rails:
            watts = firmware.rails_watts(self._run(("vcgencmd", "pmic_read_adc"), PROGRAM_SECONDS))
            self._rails = watts > 0  # a Pi without that chip is not asked again
        return _Board(found, watts)

    def _ask_cards(self) -> _Cards | None:
        for reasons in self._reasons:
            columns = ",".join(filter(None, ("power.draw", reasons)))
            command = ("nvidia-smi", f"--query-gpu={columns}", "--format=csv,noheader,nounits")
            found = parse_cards(self._run(command, PROGRAM_SECONDS))
            if found is not None:
                self._reasons = (reasons,)  # this driver knows the word
                return _Cards(*found)
        return None


class _Processes:
    """Memory and processor time of this process and its children."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._me = psutil.Process()
        self._children: list[psutil.Process] = []
        self._listed: float | None = None
        self._seconds: dict[psutil.Process, float] = {}

    def measure(self) -> tuple[int, float]:
        """Return (resident bytes, processor seconds since the last call of those that ran then)."""
        now = self._clock()
        if self._listed is None or now - self._listed >= PROCESSES_SECONDS:
            self._listed = now
            try:
                self._children = self._me.children(recursive=True)
            except (psutil.Error, OSError):
                self._children = []
        bytes, seconds = 0, dict[psutil.Process, float]()
        for process in (self._me, *self._children):
            try:
                with process.oneshot():
                    bytes += process.memory_info().rss
                    times = process.cpu_times()
                    seconds[process] = times.user + times.system
            except (psutil.Error, OSError):
                continue  # it has ended
        before, self._seconds = self._seconds, seconds
        return bytes, sum(max(0.0, now - before[process]) for process, now in seconds.items() if process in before)


@cache
def of_this_machine() -> Sensors:
    """Return the sensors of the machine that this runs on: one set for all nodes of a process."""
    return Sensors()


def temperature(root: Path) -> float:
    """Return the temperature of the hottest part of the processor in °C; 0.0 where it cannot be read."""
    return _hottest(_temperatures(root))


def parse_cards(text: str) -> tuple[float, bool] | None:
    """Read "71.23, 0x0000000000000004" a card: (watts of all, one is slowed); None when that is no answer."""
    watts, slowed, cards = 0.0, False, 0
    for line in text.strip().splitlines()[:64]:
        power, _, reasons = (part.strip() for part in line.partition(","))
        try:
            watts += min(5000.0, max(0.0, float(power))) if power[:1].isdigit() else 0.0
            slowed = slowed or bool(int(reasons, 16) & _CARD_SLOWED if reasons.startswith("0x") else 0)
        except ValueError:
            return None
        if not (power[:1].isdigit() or power.startswith("[")):  # "[N/A]" is an answer too
            return None
        cards += 1
    return (watts, slowed) if cards else None


def _temperatures(root: Path) -> tuple[Path, ...]:
    zones = tuple(
        zone / "temp"
        for zone in sysfs.matches(root / "sys/class/thermal", "thermal_zone*")
        if any(word in sysfs.text(zone / "type").lower() for word in _PROCESSOR_ZONES)
    )
    monitors = tuple(
        sensor
        for monitor in sysfs.matches(root / "sys/class/hwmon", "hwmon*")
        if sysfs.text(monitor / "name") in _PROCESSOR_MONITORS
        for sensor in sysfs.matches(monitor, "temp*_input")
    )
    return zones or monitors  # where there are both they are the same


def _hottest(sensors: tuple[Path, ...]) -> float:
    values = ((sysfs.number(sensor) or 0) / 1000 for sensor in sensors)
    return max((value for value in values if _COLDEST < value < _HOTTEST and value), default=0.0)


def _memory_total(root: Path) -> int:
    for line in sysfs.text(root / "proc/meminfo").splitlines():
        name, _, value = line.partition(":")
        kibibytes = value.removesuffix("kB").strip()
        if name == "MemTotal" and kibibytes.isascii() and kibibytes.isdigit():
            return int(kibibytes[:18]) * 1024
    return psutil.virtual_memory().total


def _ticks(root: Path) -> tuple[int, int] | None:
    """(busy, all) processor time of all processors together since the start, in any unit."""
    fields = sysfs.text(root / "proc/stat").partition("\n")[0].split()
    if len(fields) >= 5 and fields[0] == "cpu" and all(field.isascii() and field.isdigit() for field in fields[1:]):
        # user nice system idle iowait irq softirq steal; the guests after them are part of user and nice.
        values = [int(field[:18]) for field in fields[1:9]]
        return sum(values) - sum(values[3:5]), sum(values)
    if (root / "proc").is_dir():
        return None
    times = psutil.cpu_times()
    busy = sum(times) - times.idle
    return round(busy * 1000), round(sum(times) * 1000)
