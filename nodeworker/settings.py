"""Where a node keeps its things, what it may be called, and which address it listens on."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from nodeworker.errors import BadRequest
from nodeworker.protocol import DEFAULT_PORT, LOCAL_NODE_NAME

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?")
MOST_LABELS, MOST_WORD = 16, 40
NAME_RULE = "1 to 40 letters, digits, dots, dashes or underscores, beginning and ending with a letter or digit"


def home() -> Path:
    """Return the folder that holds everything the program writes; created with mode 0700. Raises OSError."""
    chosen = os.environ.get("TANGNET_HOME")
    path = Path(chosen) if chosen else Path(platformdirs.user_data_dir("tangnet", appauthor=False))
    path = path.expanduser().absolute()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def nodes_folder() -> Path:
    """Return the folder with one folder for each node of this home; it need not exist."""
    return home() / "node"


def node_home(name: str) -> Path:
    """Return the folder of the node `name`, created with mode 0700. Raises OSError, and BadRequest for a bad name."""
    path = nodes_folder() / check_name(name)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def models_folder(chosen: str = "") -> Path:
    """Return the model folder: `chosen`, else TANGNET_MODELS, else `models` in the home; it need not exist yet."""
    named = chosen or os.environ.get("TANGNET_MODELS", "")
    return Path(named).expanduser().absolute() if named else home() / "models"


def measured_folder() -> Path:
    """Return the folder that remembers what was measured of models on this machine; it need not exist yet."""
    return home() / "measured"


def kept_folder() -> Path:
    """Return the folder for cached beginnings of conversations; it need not exist yet."""
    return home() / "kept"


def check_name(name: str) -> str:
    """Return `name` when a node may be called that. Raises BadRequest."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"{name!r} is no name for a node.", f"A name has {NAME_RULE}.")
    if name == LOCAL_NODE_NAME:
        raise BadRequest(f"{name!r} always means the node of the own machine.", "Choose another name.")
    return name


def check_zone(zone: str) -> str:
    """Return `zone` when a node may say that it stands there; "" says nothing. Raises BadRequest."""
    cleaned = zone.strip()
    if cleaned.lower() == LOCAL_NODE_NAME:
        raise BadRequest(f"{zone!r} always means the own machine.", "Choose another --zone.")
    return _word(cleaned, "--zone")


def check_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels, each once, in order. Raises BadRequest."""
    if len(labels) > MOST_LABELS or not all(label.strip() for label in labels):
        raise BadRequest(f"A node has at most {MOST_LABELS} labels, none of them empty.")
    return tuple(dict.fromkeys(_word(label.strip(), "--label") for label in labels))


def _word(word: str, option: str) -> str:
    if len(word) > MOST_WORD or not word.isprintable() or any(mark in word for mark in ",="):
        raise BadRequest(f"{option} {word[:80]!r} makes no sense.", f"At most {MOST_WORD} characters, no comma, no =.")
    return word


def default_name() -> str:
    """Return this machine's host name as a node name."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", socket.gethostname().split(".")[0]).strip("-_")[:40].strip("-_")
    return name if _NAME.fullmatch(name) and name != LOCAL_NODE_NAME else "node"


def local_id() -> str:
    """Return the id of the local child of this home: it has no key, the socket's folder is its protection."""
    return f"{LOCAL_NODE_NAME}-{hashlib.sha256(str(home()).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Listen:
    """An address to serve on. Port 0 lets the system choose."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, default: int = DEFAULT_PORT) -> Listen:
        """Read "host:port", "[v6]:port" or "host" (port `default`). Raises BadRequest."""
        match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:\[\]\s]+))(?::(\d{1,5}))?", text.strip())
        port = int(match[3]) if match and match[3] else default
        if not match or port > 65_534:  # the port after it is for pairing
            raise BadRequest(f"{text!r} is no address to listen on.", "Give HOST:PORT, such as 0.0.0.0:7443.")
        return cls(match[1] or match[2], port)

    @property
    def everywhere(self) -> bool:
        """Whether this listens on all interfaces."""
        return self.host in ("0.0.0.0", "::")

    def text(self, *, port: int | None = None, host: str | None = None) -> str:
        """Write as host:port, with another port or host if given."""
        shown = self.host if host is None else host
        return f"{f'[{shown}]' if ':' in shown else shown}:{self.port if port is None else port}"
