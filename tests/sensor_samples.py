"""Machines for tests of the sensors: what tests/data/sensors holds, laid out as files below a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nodeworker.load.programs import Start
from nodeworker.load.sensors import Sensors

SAMPLES = Path(__file__).parent / "data" / "sensors"


def entries(text: str) -> dict[str, str]:
    """Split "== NAME" sections."""
    found: dict[str, str] = {}
    for part in f"\n{text}".split("\n== ")[1:]:
        name, _, content = part.partition("\n")
        found[name] = content.rstrip("\n") + "\n"
    return found


@dataclass
class Machine:
    """A machine whose files can be changed, whose programs answer from a table, and whose clock the test moves."""

    root: Path
    answers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    now: float = 1000.0

    @classmethod
    def recorded(cls, name: str, root: Path) -> Machine:
        machine = cls(root)
        for path, content in entries((SAMPLES / name / "files.txt").read_text(encoding="utf-8")).items():
            machine.write(path, content)
        machine.answers = entries((SAMPLES / name / "commands.txt").read_text(encoding="utf-8"))
        return machine

    def write(self, path: str, content: str | bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def run(self, command: Sequence[str], seconds: float) -> str:
        assert 0 < seconds <= 5
        self.asked.append(" ".join(command))
        return self.answers.get(" ".join(command), "")

    def sensors(self, start: Start = lambda work: work()) -> Sensors:
        return Sensors(self.root, run=self.run, clock=lambda: self.now, start=start)
