"""How much power the machine takes, by the best meter it has. Pure but for reading files; nothing is estimated.

A meter of the whole machine is taken first: a battery that is being emptied, the power chip of a Pi 5, the processor's
"psys" domain, a sensor on the supply. Otherwise the parts that can be measured are added up: processor packages and
memory (RAPL), and graphics cards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nodeworker.load import sysfs

MOST_WATTS = 20_000.0
"""More is no machine but a broken meter."""
MOST_DOMAIN_WATTS = 2000.0
LONGEST_SECONDS = 300.0
"""Between two looks at an energy counter; after more it may have gone round several times."""
SHORTEST_SECONDS = 0.2
_SUPPLY_METERS = ("power_meter", "ina209", "ina219", "ina220", "ina226", "ina230", "ina231", "ina233", "ina238")
_CARDS = ("amdgpu",)
_MICRO = 1e-6


@dataclass(frozen=True, slots=True)
class Power:
    """`source` names the meter: battery, pmic, psys, supply, or the parts, such as "cpu+gpu"; "" and 0.0 = unknown."""

    watts: float = 0.0
    source: str = ""


@dataclass(slots=True)
class _Counter:
    """An energy counter of RAPL: microjoules that go round at `range`."""

    path: Path
    range: int
    energy: int | None = None
    at: float = 0.0
    watts: float = 0.0

    def read(self, now: float) -> float:
        """Return the watts since the last look; 0.0 when that is unknown."""
        if self.energy is not None and now - self.at < SHORTEST_SECONDS:
            return self.watts
        energy = sysfs.number(self.path)
        before, passed = self.energy, now - self.at
        self.energy, self.at, self.watts = energy, now, 0.0
        if energy is None or before is None or energy < 0 or passed > LONGEST_SECONDS:
            return 0.0
        used = energy - before
        if used < 0:  # it went round
            used += self.range
        watts = used * _MICRO / passed
        # A counter that was set back, as after a sleep, looks like one that went round very fast.
        self.watts = watts if 0 < watts <= MOST_DOMAIN_WATTS else 0.0
        return self.watts


class PowerMeter:
    """Every meter of a machine under `root`. Use it in one thread at a time."""

    def __init__(self, root: Path, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._class = root / "sys/class"
        self._whole: list[_Counter] = []
        self._parts: list[_Counter] = []
        self._batteries: tuple[Path, ...] = ()
        self._supplies: tuple[Path, ...] = ()
        self._cards: tuple[Path, ...] = ()

    def find(self) -> None:
        """Look which meters there are; those that were known keep their counts."""
        known = {counter.path: counter for counter in (*self._whole, *self._parts)}
        self._whole, self._parts = [], []
        # "intel-rapl-mmio" shows the same package a second time.
        for domain in sysfs.matches(self._class / "powercap", "intel-rapl:*"):
            name = sysfs.text(domain / "name")
            path = domain / "energy_uj"
            counter = known.get(path) or _Counter(path, sysfs.number(domain / "max_energy_range_uj") or 0)
            if name == "psys":
                self._whole.append(counter)
            elif name.startswith("package-") or name == "dram":
                self._parts.append(counter)
        self._batteries = tuple(
            supply
            for supply in sysfs.matches(self._class / "power_supply", "*")
            if sysfs.text(supply / "type") == "Battery" and sysfs.text(supply / "scope") != "Device"  # not a mouse's
        )
        monitors = sysfs.matches(self._class / "hwmon", "hwmon*")
        names = {monitor: sysfs.text(monitor / "name") for monitor in monitors}
        self._supplies = tuple(monitor for monitor, name in names.items() if name in _SUPPLY_METERS)
        self._cards = tuple(monitor for monitor, name in names.items() if name in _CARDS)

    def read(self, *, rails: float = 0.0, cards: float = 0.0) -> Power:
        """Return what is taken now; `rails` watts were told by a Pi's power chip, `cards` by NVIDIA's driver."""
        now = self._clock()
        # All counters are read each time, so that none is looked at after too long.
        psys = sum(counter.read(now) for counter in self._whole)
        parts = sum(counter.read(now) for counter in self._parts)
        battery = sum(_discharging(battery) for battery in self._batteries)
        supply = sum(_monitored(monitor) for monitor in self._supplies)
        for watts, source in ((battery, "battery"), (rails, "pmic"), (supply, "supply"), (psys, "psys")):
            if watts > 0 and (source != "psys" or psys >= parts):  # some boards leave psys half connected
                return Power(watts, source)
        graphics = cards + sum(_monitored(card) for card in self._cards)
        named = [name for name, watts in (("cpu", parts), ("gpu", graphics)) if watts > 0]
        return Power(parts + graphics, "+".join(named))


def _discharging(battery: Path) -> float:
    """The watts that leave a battery; 0.0 while it is charged: what it takes then is not what the machine uses."""
    if sysfs.text(battery / "status") != "Discharging":
        return 0.0
    power = sysfs.number(battery / "power_now")
    if power is not None:
        return _sane(abs(power) * _MICRO)  # some drivers count what leaves as negative
    volts, amperes = sysfs.number(battery / "voltage_now"), sysfs.number(battery / "current_now")
    return _sane(abs(volts * amperes) * _MICRO * _MICRO) if volts is not None and amperes is not None else 0.0


def _monitored(monitor: Path) -> float:
    for name in ("power1_input", "power1_average"):
        power = sysfs.number(monitor / name)
        if power is not None:
            return _sane(power * _MICRO)
    return 0.0


def _sane(watts: float) -> float:
    return watts if 0 < watts <= MOST_WATTS else 0.0
