"""Settings, declared once: name, type, default, sentence; kept as TOML; unknown keys are refused.

`home()` is the one place that says where the program writes; TANGNET_HOME moves all of it.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from app.errors import SettingsError
from app.rules import rules_of


def home() -> Path:
    """Return the folder that holds everything the program writes; created with mode 0700."""
    chosen = os.environ.get("TANGNET_HOME")
    if not chosen:
        import platformdirs

        chosen = platformdirs.user_data_dir("tangnet", appauthor=False)
    path = Path(chosen)
    path = path.expanduser().absolute()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _setting(default: Any, sentence: str, choices: tuple[str, ...] = ()) -> Any:
    metadata = {"sentence": sentence, "default": default, "choices": choices}
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(slots=True)
class Settings:
    """All settings. A key is `section_name`; in TOML it is `name` under `[section]`."""

    answer_max_tokens: int = _setting(512, "Longest answer, in tokens.")
    answer_temperature: float = _setting(0.0, "0 always takes the likeliest word; higher varies more.")
    answer_passages: int = _setting(5, "How many passages the model gets to read.")
    answer_quotes: bool = _setting(True, "Put the sentences of the documents under the answers of small models.")
    answer_model: str = _setting("", "Chat model to prefer, by name; empty takes the best one present.")
    nodes_addresses: list[str] = _setting([], "Nodes to reach by address (host:port), besides those discovered.")
    nodes_discover: bool = _setting(True, "Look for nodes on the local network.")
    nodes_mesh: bool = _setting(True, "Look for nodes among your own machines in Tailscale, where its command is here.")
    nodes_prefer: str = _setting(
        "automatic", "Where answers are made: automatic, local, or cluster.", ("automatic", "local", "cluster")
    )
    nodes_documents: str = _setting(
        "local",
        "Who embeds documents: local is this machine; cluster also sends their text to idle paired nodes.",
        ("local", "cluster"),
    )
    documents_ocr: bool = _setting(True, "Read scanned pages and pictures by text recognition.")
    documents_ocr_language: str = _setting(
        "", "Language of scans such as ru where it is not written in Latin letters; empty is Latin, Chinese, Japanese."
    )
    documents_rerank: str = _setting(
        "auto", "Order found passages once more by a reranker: auto is where a node has one, or off.", ("auto", "off")
    )
    documents_store: str = _setting(
        "", "Where the search index is kept: empty is this machine; s3://bucket/prefix is an S3-compatible store."
    )
    rules_folders: list[str] = _setting(
        [], 'Where documents of a folder may go: "~/Medical = home, local" is zone home and this machine.'
    )
    voice_device: str = _setting("", "Microphone by name; empty follows the system.")
    voice_send: bool = _setting(True, "Send what was said at once; otherwise it goes to the text box.")
    voice_commands: bool = _setting(True, 'Do what is said to the program, such as "stop" or "new conversation".')
    voice_language: str = _setting("", "Spoken language such as en; empty lets the model find out.")
    voice_ahead: bool = _setting(True, "Search and let a node read while you still speak; thrown away when wrong.")
    voice_words: list[str] = _setting([], "Names to listen for; what you correct in a spoken question is added.")
    voice_elsewhere: bool = _setting(
        False, "Let your voice and recordings go to paired nodes that turn them into text more quickly."
    )
    voice_speak: str = _setting(
        "spoken",
        "Which answers are read aloud: off, spoken (those to spoken questions), always.",
        ("off", "spoken", "always"),
    )
    voice_name: str = _setting("", "Voice that reads answers aloud, by name; empty takes the one that is there.")
    voice_speed: float = _setting(1.0, "How fast it speaks, from 0.5 to 2.")
    voice_key: str = _setting("F9", "Key to hold while talking.")
    voice_everywhere: bool = _setting(False, "Let the talk key work in every program, not only in this window.")
    voice_standby: bool = _setting(
        True, "Keep the microphone open while the window is in front, so that no first word is lost."
    )
    window_theme: str = _setting("system", "Colours: system, light or dark.")

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read `path`; a missing file gives the defaults. Raises SettingsError with the closest name for a typo."""
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not valid TOML: {error}", code="settings_syntax") from error
        flat: dict[str, Any] = {}
        for section, values in document.items():
            if not isinstance(values, dict):
                raise SettingsError(f"{path}: {section} must stand under a [section].", code="settings_unknown")
            flat |= {f"{section}_{name}": value for name, value in values.items()}
        hints = get_type_hints(cls)
        for key, value in flat.items():
            if key not in hints:
                close = difflib.get_close_matches(key, hints, 1)
                hint = f"Did you mean {_dotted(close[0])}?" if close else f"Known: {', '.join(map(_dotted, hints))}."
                raise SettingsError(f"{path}: unknown setting {_dotted(key)}.", code="settings_unknown", hint=hint)
            flat[key] = _checked(path, key, value, hints[key])
        _check_choices(path, flat)
        return cls(**flat)

    def save(self, path: Path) -> None:
        """Write all settings with their sentences as comments; replaces the file in one step."""
        import tomlkit  # only needed here, and slow to import on the way to the window

        document = tomlkit.document()
        for item in fields(self):
            section, name = item.name.split("_", 1)
            if section not in document:
                document[section] = tomlkit.table()
            table = document[section]
            assert isinstance(table, tomlkit.items.Table)
            table.add(tomlkit.comment(item.metadata["sentence"]))
            table[name] = getattr(self, item.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(tomlkit.dumps(document), encoding="utf-8")
        os.replace(temporary, path)

    @classmethod
    def describe(cls) -> list[tuple[str, str, Any, str]]:
        """Return (dotted name, type, default, sentence) of every setting."""
        hints = get_type_hints(cls)
        rows = []
        for item in fields(cls):
            kind = getattr(hints[item.name], "__name__", str(hints[item.name]))
            rows.append((_dotted(item.name), kind, item.metadata["default"], item.metadata["sentence"]))
        return rows


def _dotted(key: str) -> str:
    return key.replace("_", ".", 1)


def _check_choices(path: Path, values: dict[str, Any]) -> None:
    for item in fields(Settings):
        value, choices = values.get(item.name), item.metadata["choices"]
        if choices and value is not None and value not in choices:
            close = difflib.get_close_matches(value, choices, 1)
            hint = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(choices)}."
            sentence = f"{path}: {_dotted(item.name)} cannot be {value!r}."
            raise SettingsError(sentence, code="settings_value", hint=hint)
    try:
        rules_of(tuple(values.get("rules_folders", ())))
    except SettingsError as error:
        raise SettingsError(f"{path}: rules.folders: {error.message}", code=error.code, hint=error.hint) from error


def _checked(path: Path, key: str, value: Any, kind: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == list[str]:
        good = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    else:
        good = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if not good:
        name = getattr(kind, "__name__", str(kind))
        raise SettingsError(f"{path}: {_dotted(key)} must be {name}, not {value!r}.", code="settings_type")
    return value
