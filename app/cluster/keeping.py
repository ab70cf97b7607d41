"""Which models shall be on which nodes: rules in `keep.toml`, and the pure choice of what is missing.

A rule is `all`, or conditions joined by `and`, and such groups joined by `or`:
    memory >= 6 GB and zone = house or label = rig
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from app.errors import SettingsError, UsageError
from app.events import NodeInfo
from nodeworker.protocol import ADMINISTER
from nodeworker.protocol.files import locked, replace_file

FILE = "keep.toml"
SYNTAX = (
    "A rule is all, or conditions such as: memory >= 6 GB, disk >= 20 GB, gpu, label = NAME, zone = NAME, "
    "name = pi-*; joined by and, or."
)
_HEAD = """\
# Models that shall be on nodes, and on which. Made by `tangnet models keep`, made true while Tangnet runs.

"""
_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_CONDITION = re.compile(r"(\w+)\s*(?:(>=|<=|!=|=|>|<)\s*(\"[^\"]*\"|\S+(?:\s*[A-Za-z]+)?))?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `value` is bytes for memory and disk, a pattern with * and ? for the others."""

    field: str
    sign: str
    value: str | float

    def holds(self, node: NodeInfo) -> bool:
        """Whether it is so of that node."""
        if self.field == "all":
            return True
        if self.field == "gpu":
            return bool(node.accelerator)
        if isinstance(self.value, float):
            has = float(node.memory_total_bytes if self.field == "memory" else node.disk_free_bytes)
            return {
                ">=": has >= self.value, "<=": has <= self.value, ">": has > self.value, "<": has < self.value,
            }[self.sign]  # fmt: skip
        texts = {"label": node.labels, "zone": (node.zone,), "name": (node.name,)}[self.field]
        return any(fnmatchcase(text.lower(), self.value) for text in texts) == (self.sign == "=")


@dataclass(frozen=True, slots=True)
class Rule:
    """Groups of conditions: all of one group must hold."""

    groups: tuple[tuple[Condition, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read a rule. Raises UsageError with the syntax."""
        groups = [re.split(r"\s+and\s+", group.strip()) for group in re.split(r"\s+or\s+", text.strip())]
        return cls(tuple(tuple(_condition(part) for part in group) for group in groups))

    def matches(self, node: NodeInfo) -> bool:
        """Whether the model shall be on that node."""
        return any(all(condition.holds(node) for condition in group) for group in self.groups)


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text.strip())
    field, sign, value = (found[1].lower(), found[2] or "", (found[3] or "").strip('"')) if found else ("", "", "")
    if field in ("all", "gpu") and not sign:
        return Condition(field, "", "")
    if field in ("memory", "disk") and sign in (">=", "<=", ">", "<"):
        size = _SIZE.fullmatch(value)
        if size and size[2].lower() in _UNITS:
            return Condition(field, sign, float(size[1]) * _UNITS[size[2].lower()])
    if field in ("label", "zone", "name") and sign in ("=", "!=") and value:
        return Condition(field, sign, value.lower())
    raise UsageError(f"{text.strip()[:60]!r} is no condition.", code="usage", hint=SYNTAX)


@dataclass(frozen=True, slots=True)
class Keep:
    """One entry of keep.toml."""

    model: str
    sha256: str
    on: str
    rate: float = 0.0
    """MB/s that each node may fetch with; 0 = no cap."""

    @property
    def rule(self) -> Rule:
        """`on`, read."""
        return Rule.parse(self.on)


def wanting(keep: Keep, nodes: Iterable[NodeInfo]) -> list[NodeInfo]:
    """Return the nodes that the rule speaks of and that can be told: trusted, connected, ours to administer."""
    rule = keep.rule
    return [node for node in nodes if can_be_told(node) and rule.matches(node)]


def forbidden(keep: Keep, nodes: Iterable[NodeInfo]) -> list[NodeInfo]:
    """Return the nodes that the rule speaks of and that do not let this machine put models on them."""
    rule = keep.rule
    return [node for node in nodes if _is_there(node) and not _is_ours(node) and rule.matches(node)]


def can_be_told(node: NodeInfo) -> bool:
    """Whether models can be deployed to a node now."""
    return _is_there(node) and _is_ours(node)


def _is_there(node: NodeInfo) -> bool:
    return node.trusted and not node.local and node.state not in ("unreachable", "unpaired", "stopped", "draining")


def _is_ours(node: NodeInfo) -> bool:
    return ADMINISTER in node.rights


def has(node: NodeInfo, sha256: str) -> bool:
    """Whether a node says that it has the model."""
    return any(model.sha256 == sha256 for model in node.models)


def load(home: Path) -> tuple[Keep, ...]:
    """Read keep.toml; a missing one holds nothing. Raises SettingsError."""
    path = home / FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = [Keep(**entry) for entry in document.get("keep", [])]
        for entry in entries:
            texts = (entry.model, entry.sha256, entry.on)
            if not all(isinstance(text, str) for text in texts) or isinstance(entry.rate, bool | str):
                raise TypeError("a value has the wrong type")
            Rule.parse(entry.on)
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, AttributeError, UsageError) as error:
        raise SettingsError(
            f"{path} cannot be understood: {error}.", code="keep", hint=f"Correct it. {SYNTAX}"
        ) from error
    return tuple(entries)


def put(home: Path, keep: Keep) -> None:
    """Add a rule, in place of the one for the same model. Raises SettingsError."""
    _change(home, lambda entries: [*(entry for entry in entries if entry.sha256 != keep.sha256), keep])


def drop(home: Path, model: str) -> Keep:
    """Take the rule for a model (name or sha256) out and return it. Raises UsageError when there is none."""
    low = model.strip().lower()
    found = next((entry for entry in load(home) if low in (entry.model.lower(), entry.sha256)), None)
    if found is None:
        raise UsageError(f"There is no rule for {model!r}.", code="usage", hint="tangnet models keep --list")
    _change(home, lambda entries: [entry for entry in entries if entry.sha256 != found.sha256])
    return found


def _change(home: Path, change: Callable[[Sequence[Keep]], Sequence[Keep]]) -> None:
    import tomlkit

    try:
        with locked(home / f"{FILE}.lock"):
            tables = tomlkit.aot()
            for entry in change(load(home)):
                table = tomlkit.table()
                table.update(asdict(entry))
                tables.append(table)
            document = tomlkit.document()
            if tables:
                document["keep"] = tables
            replace_file(home / FILE, (_HEAD + tomlkit.dumps(document)).encode("utf-8"))
    except OSError as error:
        raise SettingsError(f"{home / FILE} cannot be written: {error.strerror}.", code="keep") from error
