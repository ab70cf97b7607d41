"""Zone rules: whose nodes may see the documents of a folder. Pure, but for looking once at the folders that are named.

A rule is a line `FOLDER = ZONE, ZONE`: what is in the folder, or below it, may go to nodes that say they stand in one
of these zones, and is always allowed on this machine, which a rule may name as `local`. Where several rules meet, only
what all of them allow is left.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.errors import SettingsError

LOCAL = "local"
_EXAMPLE = 'Write it as "~/Medical = home, local"; "~/Medical = local" keeps it on this machine.'
_LIKE_LOCAL = 0.75
_LIKE_FOLDER = 0.7


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the setting."""

    said: str
    """The folder as it was written."""
    folders: tuple[str, ...]
    """The same as an absolute path, and with links resolved, each ending with a slash."""
    zones: frozenset[str]
    """Besides this machine."""

    def covers(self, path: str) -> bool:
        """Tell whether a document is in the folder or below it."""
        return f"{path.rstrip('/')}/".startswith(self.folders)


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules; none of them allow everything."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def parse(cls, lines: Sequence[str]) -> Rules:
        """Read the setting `rules.folders`. Raises SettingsError."""
        return cls(tuple(_rule(line) for line in lines))

    def zones(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return where all these documents may go together: (), everywhere; else zones, "local" always among them."""
        found = self._covering(paths)
        if not found:
            return ()
        return (LOCAL, *sorted(frozenset.intersection(*(rule.zones for rule in found))))

    def reason(self, paths: Iterable[str]) -> str:
        """Return what the rules say of these documents, in a sentence; "" where none says anything."""
        found = self._covering(paths)
        if not found:
            return ""
        folders = _listed(sorted({rule.said for rule in found}))
        zones = sorted(frozenset.intersection(*(rule.zones for rule in found)))
        if zones:
            return f"Documents of {folders} go only to {_listed(zones)} and this machine."
        if all(rule.zones for rule in found):
            return f"The rules for {folders} leave only this machine."
        return f"Documents of {folders} stay on this machine."

    def _covering(self, paths: Iterable[str]) -> list[Rule]:
        wanted = tuple(paths)
        return [rule for rule in self.rules if any(rule.covers(path) for path in wanted)]


@lru_cache(maxsize=8)
def rules_of(lines: tuple[str, ...]) -> Rules:
    """Return the rules of a setting, looked at once. Raises SettingsError."""
    return Rules.parse(lines)


def _rule(line: str) -> Rule:
    folder, equals, rest = (part.strip() for part in line.rpartition("="))
    zones = [zone.strip() for zone in rest.split(",")]
    if not equals or not folder or not all(zones):
        raise _wrong(f"The rule {line!r} is not FOLDER = ZONE, ZONE.", _EXAMPLE)
    path = os.path.expanduser(folder)
    if not os.path.isabs(path):
        raise _wrong(f"The rule {line!r} needs a whole path.", "Begin it with / or ~/.")
    path = os.path.normpath(path)
    _refuse_typo(line, path)
    for zone in zones:
        like = difflib.SequenceMatcher(None, zone.lower(), LOCAL).ratio()
        if zone != LOCAL and like >= _LIKE_LOCAL:
            raise _wrong(f"The rule {line!r} names the zone {zone!r}.", f"Did you mean {LOCAL}, this machine?")
    forms = dict.fromkeys(f"{form.rstrip('/')}/" for form in (path, os.path.realpath(path)))
    return Rule(folder, tuple(forms), frozenset(zone for zone in zones if zone != LOCAL))


def _refuse_typo(line: str, path: str) -> None:
    """A folder that is not there protects nothing. It may be on a disk that comes back, unless another is like it."""
    if os.path.exists(path):
        return
    parent, name = os.path.split(path)
    try:
        there = [entry.name for entry in os.scandir(parent) if entry.is_dir()]
    except OSError:
        return
    close = difflib.get_close_matches(name, there, 1, _LIKE_FOLDER)
    if close:
        raise _wrong(f"The rule {line!r} is for a folder that is not there.", f"Did you mean {parent}/{close[0]}?")


def _wrong(message: str, hint: str) -> SettingsError:
    return SettingsError(message, code="settings_rule", hint=hint)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
