"""What was measured of a model on this machine, kept in files: the best settings, rates, where bits stay equal.

Settings are kept by what they are chosen for: model, build, machine. Figures are kept by the settings, too, that they
were measured with, so that neither is taken for the other's when a setting is overridden on the command line.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from nodeworker.acceleration import build_mark
from nodeworker.hardware import describe, free_cores
from nodeworker.models.model_file import ModelFile

FLASH = {"auto": -1, "off": 0, "on": 1}
"""Ways to compute attention with a 16-bit cache, and llama.cpp's numbers for them."""
_MOST_BATCH = 8192


@dataclass(frozen=True, slots=True)
class Tuning:
    """Settings and figures of one model on one machine with one build of llama.cpp."""

    threads: int = 0
    """0: the free cores."""
    exact: bool = True
    """The exact cache of decision 10; False: 16 bits, quicker for long prompts."""
    drafts: bool = True
    """Guess ahead from the prompt."""
    exact_rows: int = -1
    """Most tokens of one decode for which bits stay equal; 0: any number; -1: not measured."""
    prefill_rate: float = 0.0
    """Tokens/s; 0: not measured."""
    decode_rate: float = 0.0
    seconds: dict[int, float] = field(default_factory=dict)
    """Seconds of a decode by its number of tokens."""
    tuned: bool = False
    """Whether the settings were chosen by `bench node --tune`, not only measured while loading."""
    flash: str = "auto"
    """Flash attention with a 16-bit cache: "auto" (llama.cpp decides), "on", "off"; an exact cache always has it."""
    batch: int = 0
    """Most tokens in one decode; 0: the engine's own choice."""

    @property
    def label(self) -> str:
        """The settings that change how a decode is computed, in words."""
        threads = self.threads or free_cores()
        cache = "exact cache" if self.exact else f"16-bit cache, flash attention {self.flash}"
        batch = f", {self.batch} tokens at once" if self.batch else ""
        return f"{threads} thread{'s' * (threads > 1)}, {cache}{batch}"


class TuningFile:
    """One file for one key; a file that cannot be read counts as none, and one that cannot be written is no error."""

    def __init__(self, folder: Path, *key: str) -> None:
        """`key`: whatever the content depends on."""
        self._path = folder / f"{hashlib.sha256('|'.join(key).encode()).hexdigest()[:24]}.json"

    def read(self) -> Tuning:
        """Return what is kept, or the defaults."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return _checked(found) if isinstance(found, dict) else Tuning()
        except (OSError, ValueError, TypeError, OverflowError, RecursionError):
            return Tuning()

    def write(self, tuning: Tuning) -> bool:
        """Keep it, whole or not at all; returns whether it could be kept."""
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.write_text(json.dumps(asdict(tuning), indent=1), encoding="utf-8")
            partial.replace(self._path)
            return True
        return False


def settings_file(folder: Path, model: ModelFile) -> TuningFile:
    """Return where the chosen settings of a model are kept. The key holds nothing that is chosen."""
    return TuningFile(folder, "settings", *_machine(model))


def figures_file(folder: Path, model: ModelFile, settings: Tuning) -> TuningFile:
    """Return where the figures are kept that were measured with these settings."""
    return TuningFile(folder, "figures", *_machine(model), settings.label)


def remembered(folder: Path, models: Iterable[ModelFile]) -> dict[str, Tuning]:
    """Return what is kept of the chat models among `models`, by hash: their settings, and the figures with those."""
    found = {}
    for model in models:
        if model.role == "chat" and model.path.suffix == ".gguf":
            kept = settings_file(folder, model).read()
            settings = replace(kept, threads=kept.threads or free_cores())
            found[model.sha256] = replace(figures_file(folder, model, settings).read(), tuned=kept.tuned)
    return found


def _machine(model: ModelFile) -> tuple[str, ...]:
    machine = describe()
    return (
        model.sha256 or str(model.path), build_mark(), machine.cpu, str(machine.cores), machine.accelerator,
    )  # fmt: skip


def _checked(found: dict[str, Any]) -> Tuning:
    seconds = {int(size): float(value) for size, value in dict(found.get("seconds", {})).items()}
    tuning = Tuning(
        threads=int(found.get("threads", 0)),
        exact=bool(found.get("exact", True)),
        drafts=bool(found.get("drafts", True)),
        exact_rows=int(found.get("exact_rows", -1)),
        prefill_rate=float(found.get("prefill_rate", 0.0)),
        decode_rate=float(found.get("decode_rate", 0.0)),
        seconds=seconds,
        tuned=bool(found.get("tuned", False)),
        flash=str(found.get("flash", "auto")),
        batch=int(found.get("batch", 0)),
    )
    rates = (tuning.prefill_rate, tuning.decode_rate, *seconds.values())
    sane = (
        0 <= tuning.threads <= 1024
        and tuning.exact_rows >= -1
        and all(0 <= rate < 1e7 for rate in rates)
        and all(size > 0 for size in seconds)
        and tuning.flash in FLASH
        and (tuning.batch == 0 or 32 <= tuning.batch <= _MOST_BATCH)
    )
    return tuning if sane else Tuning()
