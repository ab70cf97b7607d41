"""What the firmware of a Raspberry Pi says of heat, voltage and power. Pure: turns the program's words into figures.

`vcgencmd get_throttled` answers with a word of bits. Bits 0 to 3 speak of now: under-voltage, frequency capped,
throttled, soft temperature limit. Bits 16 to 19 say the same of the time since the Pi was started.
`vcgencmd pmic_read_adc` (Pi 5) answers with the current and voltage of each rail behind the power chip.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_THROTTLED = re.compile(r"(?:throttled=)?(?:0x)?([0-9a-f]{1,8})", re.ASCII | re.IGNORECASE)
_RAIL = re.compile(
    r"([A-Z0-9_]{1,24})_([AV])\s+(?:current|volt)\([0-9]{1,3}\)=([0-9]{1,4}(?:\.[0-9]{1,12})?)([AV])", re.ASCII
)
_UNDER_VOLTAGE_NOW = 1 << 0
_CAPPED_NOW = 1 << 1
_THROTTLED_NOW = 1 << 2
_SOFT_LIMIT_NOW = 1 << 3
_UNDER_VOLTAGE_SINCE_START = 1 << 16
MOST_WATTS = 100.0
"""No Pi takes more; a larger sum was no answer of a power chip."""


@dataclass(frozen=True, slots=True)
class Throttling:
    """The bits of `get_throttled` that matter."""

    slowed: bool
    """Now: capped, throttled, or at the soft temperature limit."""
    under_voltage: bool
    """Now, or at any time since the Pi was started."""


def throttling(answer: str) -> Throttling | None:
    """Read "throttled=0x50005", or the bare hexadecimal word of the old sysfs file; None when it is neither."""
    match = _THROTTLED.fullmatch(answer.strip())
    if match is None:
        return None
    bits = int(match[1], 16)
    return Throttling(
        slowed=bool(bits & (_CAPPED_NOW | _THROTTLED_NOW | _SOFT_LIMIT_NOW)),
        under_voltage=bool(bits & (_UNDER_VOLTAGE_NOW | _UNDER_VOLTAGE_SINCE_START)),
    )


def rails_watts(answer: str) -> float:
    """Return the sum of volts times amperes over the rails that tell both; 0.0 when there are none.

    It is what the power chip gives out: losses before it, and what hangs on 5 V (USB, fan), are not in it.
    """
    amperes: dict[str, float] = {}
    volts: dict[str, float] = {}
    for name, kind, value, unit in _RAIL.findall(answer[:16_384]):
        if kind == unit:
            (amperes if kind == "A" else volts)[name] = float(value)
    watts = math.fsum(current * volts[name] for name, current in amperes.items() if name in volts)
    return watts if 0 < watts <= MOST_WATTS else 0.0
