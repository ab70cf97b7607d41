"""Settings, declared once: name, type, default, sentence; kept as TOML; unknown keys are refused."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from app.errors import SettingsError
from app.rules import rules_of


def _setting(
    default: Any,
    sentence: str,
    choices: tuple[str, ...] = (),
    *,
    title: str = "",
    names: tuple[str, ...] = (),
    kind: str = "",
    low: float = 0,
    high: float = 1_000_000,
    restart: bool = False,
) -> Any:
    """Declare a setting.

    Args:
        default: its value at first; its type is the setting's.
        sentence: what it does, for the file, the docs and the window.
        choices: the values it may have; none: any.
        title: its name in the window; none: made of its key.
        names: of `choices` in the window, in their order.
        kind: what its text stands for, where the window can offer it: see app/ui/settings_fields.py.
        low: least number.
        high: greatest number.
        restart: a change takes effect at the next start.
    """
    metadata = {
        "sentence": sentence, "default": default, "choices": choices, "title": title, "names": names, "kind": kind,
        "low": low, "high": high, "restart": restart,
    }  # fmt: skip
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Declared:
    """A setting as it is declared: see `_setting`."""

    name: str
    """Dotted."""
    title: str
    sentence: str
    default: Any
    choices: tuple[str, ...]
    names: tuple[str, ...]
    """Of the choices, as many."""
    kind: str
    low: float
    high: float
    restart: bool

    @property
    def key(self) -> str:
        """Name of the field of Settings."""
        return self.name.replace(".", "_", 1)


@dataclass(slots=True)
class Settings:
    """All settings. A key is `section_name`; in TOML it is `name` under `[section]`."""

    answer_max_tokens: int = _setting(512, "Longest answer, in tokens.", title="Longest answer", low=16, high=32_768)
    answer_temperature: float = _setting(
        0.0, "0 always takes the likeliest word; higher varies more.", title="Variety", high=2
    )
    answer_passages: int = _setting(
        5, "How many passages the model gets to read.", title="Passages to read", low=1, high=50
    )
    answer_quotes: bool = _setting(
        True, "Put the sentences of the documents under the answers of small models.", title="Quotes under answers"
    )
    answer_model: str = _setting(
        "", "Chat model to prefer, by name; empty takes the best one present.", title="Chat model", kind="chat model"
    )
    nodes_addresses: list[str] = _setting(
        [], "Nodes to reach by address (host:port), besides those discovered.", title="Nodes by address", restart=True
    )
    nodes_discover: bool = _setting(
        True, "Look for nodes on the local network.", title="Find nodes on this network", restart=True
    )
    nodes_mesh: bool = _setting(
        True,
        "Look for nodes among your own machines in Tailscale, where its command is here.",
        title="Find nodes in Tailscale",
        restart=True,
    )
    nodes_prefer: str = _setting(
        "automatic",
        "Where answers are made, where a conversation does not say it.",
        ("automatic", "local", "cluster"),
        title="Where answers are made",
        names=("Automatic", "This machine", "Cluster"),
    )
    nodes_documents: str = _setting(
        "local",
        "Who embeds documents; cluster also sends their text to idle paired nodes.",
        ("local", "cluster"),
        title="Who prepares documents for search",
        names=("This machine", "Idle paired nodes too"),
    )
    documents_ocr: bool = _setting(
        True, "Read scanned pages and pictures by text recognition.", title="Read scans and pictures"
    )
    documents_ocr_language: str = _setting(
        "",
        "Language of scans such as ru where it is not written in Latin letters; empty is Latin, Chinese, Japanese.",
        title="Language of scans",
        kind="language",
    )
    documents_rerank: str = _setting(
        "auto",
        "Order found passages once more by a reranker, where a node has one.",
        ("auto", "off"),
        title="Order passages once more",
        names=("Where a node can", "Off"),
    )
    documents_store: str = _setting(
        "",
        "Where the search index is kept: empty is this machine; s3://bucket/prefix is an S3-compatible store.",
        title="Where the search index is",
        restart=True,
    )
    memory_use: bool = _setting(
        True,
        "Remember what you ask to be remembered, and let answers use it where it fits; it stays on this machine.",
        title="Memory",
    )
    memory_conversations: bool = _setting(
        True,
        "Let answers use what was said in earlier conversations where it fits the question.",
        title="Earlier conversations",
    )
    memory_propose: bool = _setting(
        True, "Ask whether to remember what you say of yourself, such as your name.", title="Propose to remember"
    )
    rules_folders: list[str] = _setting(
        [],
        'Where documents of a folder may go: "~/Medical = home, local" is zone home and this machine.',
        title="Rules for folders",
    )
    voice_device: str = _setting(
        "", "Microphone by name; empty follows the system.", title="Microphone", kind="microphone"
    )
    voice_send: bool = _setting(
        True, "Send what was said at once; otherwise it goes to the text box.", title="Send spoken questions at once"
    )
    voice_commands: bool = _setting(
        True, 'Do what is said to the program, such as "stop" or "new conversation".', title="Voice commands"
    )
    voice_language: str = _setting(
        "", "Spoken language such as en; empty lets the model find out.", title="Spoken language", kind="language"
    )
    voice_ahead: bool = _setting(
        True,
        "Search and let a node read while you still speak; thrown away when wrong.",
        title="Work ahead while you speak",
    )
    voice_words: list[str] = _setting(
        [], "Names to listen for; what you correct in a spoken question is added.", title="Names to listen for"
    )
    voice_elsewhere: bool = _setting(
        False,
        "Let your voice and recordings go to paired nodes that turn them into text more quickly.",
        title="Let nodes hear",
    )
    voice_speak: str = _setting(
        "spoken",
        "Which answers are read aloud; spoken: those to spoken questions.",
        ("off", "spoken", "always"),
        title="Read answers aloud",
        names=("Never", "To spoken questions", "Always"),
    )
    voice_name: str = _setting(
        "", "Voice that reads answers aloud, by name; empty takes the one that is there.", title="Voice", kind="voice"
    )
    voice_speed: float = _setting(1.0, "How fast it speaks, from 0.5 to 2.", title="Speed of speech", low=0.5, high=2)
    voice_key: str = _setting("F9", "Key to hold while talking.", title="Talk key", kind="key")
    voice_everywhere: bool = _setting(
        False, "Let the talk key work in every program, not only in this window.", title="Talk key in every program"
    )
    voice_dictation: str = _setting(
        "chat",
        "Where words go that you say over another program with the talk key.",
        ("chat", "clipboard", "type"),
        title="Words said over other programs",
        names=("To the conversation", "To the clipboard", "Typed there"),
    )
    voice_keep_sound: bool = _setting(
        False,
        "Keep the sound of spoken questions beside the conversation, on this machine, until you delete it.",
        title="Keep the sound of questions",
    )
    voice_standby: bool = _setting(
        True,
        "Keep the microphone open while the window is in front, so that no first word is lost.",
        title="Keep the microphone open",
    )
    voice_barge_in: bool = _setting(
        True,
        "Fall silent when you speak; where its own voice is as loud as yours in the microphone, speak up or press Esc.",
        title="Fall silent when you speak",
    )
    voice_hands_free: bool = _setting(
        False, "Listen for the wake word, so that no key is needed; answers are read aloud.", title="Hands-free"
    )
    voice_wake_word: str = _setting(
        "hey-jarvis",
        "Wake word, by the name of its model: see tangnet models list.",
        title="Wake word",
        kind="wake word",
    )
    voice_wake_threshold: float = _setting(
        0.0,
        "How sure the wake word must be, from 0 to 1: higher wakes less often by mistake; 0 is as its model says.",
        title="Certainty of the wake word",
        kind="wake threshold",
        high=1,
    )
    window_theme: str = _setting(
        "system",
        "Colours of the window.",
        ("system", "light", "dark", "contrast"),
        title="Colours",
        names=("As the system", "Light", "Dark", "High contrast"),
        kind="colours",
    )
    window_accent: bool = _setting(
        True,
        "Take the colour of buttons and links from the system, where it has one.",
        title="The system's accent colour",
    )
    window_motion: str = _setting(
        "system",
        "Whether things may move by themselves: the cursor, menus, waiting, the level of the microphone.",
        ("system", "less"),
        title="Movement",
        names=("As the system", "Less"),
    )
    window_language: str = _setting(
        "system",
        "Language of the window.",
        ("system", "en", "de"),
        title="Language",
        names=("As the system", "English", "Deutsch"),
        restart=True,
    )
    window_login: bool = _setting(False, "Open the window when you log in.", title="Start at login")
    window_programs: bool = _setting(
        False,
        "Show Tangnet among the programs of this desktop, and offer it for documents and tangnet:// links.",
        title="Among the programs",
    )
    window_tray: bool = _setting(
        False,
        "Keep an icon in the tray; closing the window leaves Tangnet there, and the icon's menu ends it.",
        title="Stay in the tray",
        kind="tray",
    )
    window_notices: str = _setting(
        "titles",
        "What the desktop is told when long work is over and another program is in front; full: answers too.",
        ("off", "titles", "full"),
        title="Notices of the desktop",
        names=("None", "Titles only", "With the answer"),
    )
    window_titles: bool = _setting(
        True,
        "Let the model that answered name a conversation, in the background, once it is free.",
        title="Titles by the model",
    )

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read `path`; a missing file gives the defaults. Raises SettingsError with the closest name for a typo."""
        import tomllib  # not at the top: the window asks this file for its folder before it is seen

        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"{path} is not valid TOML: {error}.",
                code="settings_syntax",
                hint="Mend the file, or move it away.",
            ) from error
        flat: dict[str, Any] = {}
        for section, values in document.items():
            if not isinstance(values, dict):
                raise SettingsError(f"{path}: {section} must stand under a [section].", code="settings_unknown")
            flat |= {f"{section}_{name}": value for name, value in values.items()}
        hints = get_type_hints(cls)
        for key, value in flat.items():
            if key not in hints:
                close = _closest(key, hints)
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
            table.add(tomlkit.comment(_sentence(item.metadata)))
            table[name] = getattr(self, item.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(tomlkit.dumps(document), encoding="utf-8")
        os.replace(temporary, path)

    @classmethod
    def describe(cls) -> list[tuple[str, str, Any, str]]:
        """Return (dotted name, type, default, sentence with the values it may have) of every setting."""
        hints = get_type_hints(cls)
        rows = []
        for item in fields(cls):
            kind = getattr(hints[item.name], "__name__", str(hints[item.name]))
            rows.append((_dotted(item.name), kind, item.metadata["default"], _sentence(item.metadata)))
        return rows

    @classmethod
    def declared(cls) -> list[Declared]:
        """Return how each setting is declared, in their order."""
        rows = []
        for item in fields(cls):
            told = {key: item.metadata[key] for key in ("sentence", "kind", "low", "high", "restart", "choices")}
            title = item.metadata["title"] or item.name.split("_", 1)[1].replace("_", " ").capitalize()
            default = item.default_factory() if callable(item.default_factory) else item.default
            names = item.metadata["names"] or item.metadata["choices"]
            rows.append(Declared(name=_dotted(item.name), title=title, default=default, names=names, **told))
        return rows

    def check(self) -> None:
        """Raise SettingsError where a value is not one that `load` would take."""
        hints = get_type_hints(type(self))
        place = Path("settings.toml")
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        for key, value in values.items():
            _checked(place, key, value, hints[key])
        _check_choices(place, values)


def _sentence(metadata: Mapping[str, Any]) -> str:
    choices = metadata["choices"]
    return f"{metadata['sentence']} One of: {', '.join(choices)}." if choices else str(metadata["sentence"])


def _closest(word: str, known: Iterable[str]) -> list[str]:
    """Return the one of `known` that `word` may have been meant for, or none."""
    import difflib

    return difflib.get_close_matches(word, known, 1)


def _dotted(key: str) -> str:
    return key.replace("_", ".", 1)


def _check_choices(path: Path, values: dict[str, Any]) -> None:
    for item in fields(Settings):
        value, choices = values.get(item.name), item.metadata["choices"]
        if choices and value is not None and value not in choices:
            close = _closest(value, choices)
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
