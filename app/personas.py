"""Personas: how answers shall be, under a name: instructions, voice, wished model. Four ship; more in `personas.toml`.

The file holds what the user made and what was changed of those that ship; each of these can be had back as it was.
"""

from __future__ import annotations

import secrets
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app import toml_file
from app.errors import SettingsError, StoreError, UsageError

FILE = "personas.toml"
NOBODY = "*"
"""In the place of an id: no persona."""
LONGEST_NAME = 40
LONGEST_INSTRUCTIONS = 1000
"""Characters: a Pi reads them in 8 s, with every question."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Who answers, so to speak."""

    id: str
    name: str
    instructions: str
    """What the model is told beside what every question needs; plain sentences."""
    voice: str = ""
    """Voice that reads its answers aloud, by name; "" = as the settings say."""
    model: str = ""
    """Chat model to prefer, by name; "" = as the settings say."""


PLAIN = Persona("", "", "")
"""No persona."""
SHIPPED = (
    Persona(
        "plain-words",
        "Plain words",
        "Explain it to somebody who hears of it for the first time. Use short sentences and everyday words, and say "
        "what each technical word means. Give one small example where that helps.",
    ),
    Persona(
        "careful-reader",
        "Careful reader",
        "Be exact. Keep what is certain apart from what is only likely, quote the decisive words, name numbers with "
        "their units, and say what is missing for a sure answer.",
    ),
    Persona(
        "tutor",
        "Tutor",
        "You are a patient teacher. Do not give the whole solution at once: explain the next step, then ask one short "
        "question that lets the learner go on. Praise what is right, and correct what is wrong kindly.",
    ),
    Persona(
        "editor",
        "Editor",
        "Improve the user's text: spelling, grammar, clear and shorter sentences, the same meaning and the same "
        "language. Give the improved text first, then the most important changes as a short list.",
    ),
)


class Personas:
    """The personas of one home. Calls read or write one small file; another process may have changed it."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._lock = threading.Lock()

    def all(self) -> list[Persona]:
        """Return all: those that ship first, then the others by name. Raises SettingsError, StoreError."""
        kept = self._read()
        shipped = [kept.get(one.id, one) for one in SHIPPED]
        own = [one for id, one in kept.items() if one is not None and not _ships(id)]
        return [one for one in shipped if one is not None] + sorted(own, key=lambda one: one.name.casefold())

    def get(self, id: str) -> Persona:
        """Return one; PLAIN for "", NOBODY, and one that is no longer there. Raises SettingsError, StoreError."""
        if id in ("", NOBODY):
            return PLAIN
        return next((one for one in self.all() if one.id == id), PLAIN)

    def original(self, id: str) -> Persona | None:
        """Return one that ships as it was; None for the user's own."""
        return next((one for one in SHIPPED if one.id == id), None)

    def put(self, persona: Persona) -> Persona:
        """Keep a persona, new where its id is "", and return it. Raises UsageError, SettingsError, StoreError."""
        name, instructions = " ".join(persona.name.split()), persona.instructions.strip()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise UsageError(
                f"{name!r} cannot be the name of a persona.",
                code="usage",
                hint=f"A name has 1 to {LONGEST_NAME} characters that can be printed.",
            )
        if len(instructions) > LONGEST_INSTRUCTIONS:
            raise UsageError(
                f"Instructions may have {LONGEST_INSTRUCTIONS} characters; these have {len(instructions)}.",
                code="usage",
                hint="Every question is read with them: short ones work best.",
            )
        made = replace(persona, id=persona.id or secrets.token_hex(4), name=name, instructions=instructions)
        with self._lock:
            kept = self._read()
            if any(one.name.casefold() == name.casefold() and one.id != made.id for one in self.all()):
                raise UsageError(f"There is a persona {name} already.", code="usage", hint="Choose another name.")
            if made == self.original(made.id):
                kept.pop(made.id, None)
            else:
                kept[made.id] = made
            self._write(kept)
        return made

    def remove(self, id: str) -> Persona:
        """Forget a persona and return it: `put` brings it back. Raises UsageError, SettingsError, StoreError."""
        with self._lock:
            gone = self.get(id)
            if gone == PLAIN:
                raise UsageError("There is no such persona.", code="persona_missing")
            kept = self._read()
            if _ships(id):
                kept[id] = None
            else:
                del kept[id]
            self._write(kept)
        return gone

    def reset(self, id: str = "") -> None:
        """Have one that ships back as it was, "" = all of them. Raises SettingsError, StoreError."""
        with self._lock:
            kept = self._read()
            for one in SHIPPED:
                if id in ("", one.id):
                    kept.pop(one.id, None)
            self._write(kept)

    def _read(self) -> dict[str, Persona | None]:
        """Return what the file says by id; None: one that ships and was removed."""
        try:
            document = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise _wrong(self._path, f"it is not valid TOML: {error}") from error
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read: {error}.", code="personas") from error
        return {id: self._persona(id, values) for id, values in document.items()}

    def _persona(self, id: str, values: Any) -> Persona | None:
        if isinstance(values, dict) and values.get("removed") is True:
            return None
        fields = ("name", "instructions", "voice", "model")
        if not isinstance(values, dict) or not all(isinstance(values.get(one, ""), str) for one in fields):
            raise _wrong(self._path, f'[{id}] needs name = "…" and instructions = "…"')
        name = values.get("name", "").strip()
        if not name:
            raise _wrong(self._path, f"[{id}] needs a name")
        instructions = values.get("instructions", "")[:LONGEST_INSTRUCTIONS]
        return Persona(id, name[:LONGEST_NAME], instructions, values.get("voice", ""), values.get("model", ""))

    def _write(self, personas: Mapping[str, Persona | None]) -> None:
        import tomlkit  # only needed here, and slow to import on the way to the window

        document = tomlkit.document()
        for id, one in personas.items():
            table = tomlkit.table()
            if one is None:
                table["removed"] = True
            else:
                table["name"], table["instructions"] = one.name, one.instructions
                for field, value in (("voice", one.voice), ("model", one.model)):
                    if value:
                        table[field] = value
            document[id] = table
        toml_file.write(self._path, document, code="personas")


def _ships(id: str) -> bool:
    return any(one.id == id for one in SHIPPED)


def _wrong(path: Path, reason: str) -> SettingsError:
    return SettingsError(f"{path}: {reason}.", code="personas_syntax", hint="Mend the file, or move it away.")
