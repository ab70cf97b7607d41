#!/usr/bin/env python3
"""Starts Tangnet, and sets it up first when needed, with nothing but the standard library.

python3 tangnet.py ARGS…        run `tangnet ARGS…`; without ARGS it opens the window
python3 tangnet.py node ARGS…   a node without a window (no Qt, no torch): run `tangnet-node ARGS…`
python3 tangnet.py test ARGS…   set up with the development tools, then every check and test; ARGS go to pytest
--gpu before these, or TANGNET_GPU=1, takes the builds for an NVIDIA card; --embed adds torch and sentence-transformers,
which embedding models in safetensors format need.

A stamp in .venv says what is installed. While it holds, the program starts at once; otherwise packaging/bootstrap/
does the work first. This file must be readable by Python 3.7, so that an old one gets a sentence and not a traceback.
Every word goes to stderr, because stdout belongs to the program.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import Any

OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = os.path.dirname(os.path.realpath(__file__))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, ".tangnet-stamp")

EXTRAS = {
    "tangnet": ("desktop", "node", "ocr", "speak", "starter", "wake"),
    "node": ("node", "ocr", "speak", "starter"),
    "test": ("desktop", "dev", "embed", "node", "ocr", "speak", "starter", "wake"),
}
"""What each way of starting needs: extras of pyproject.toml."""


class SetupError(Exception):
    """Set-up cannot go on: one sentence, and a hint on what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def say(text: str) -> None:
    """One line to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def suitable(version: tuple[int, ...]) -> bool:
    """Whether the libraries exist for this (major, minor, …) version."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def other_python() -> str:
    """Path of the newest suitable Python on PATH that really runs (a name may be a shim that leads nowhere), or ""."""
    import shutil
    import subprocess

    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = shutil.which(f"python3.{minor}")
        if path is None:
            continue
        try:
            command = [path, "-c", "import sys; print(sys.version_info[1])"]
            answer = subprocess.check_output(command, stderr=subprocess.DEVNULL, timeout=20)
        except (OSError, subprocess.SubprocessError):
            continue
        if answer.strip() == str(minor).encode():
            return path
    return ""


def require_python(arguments: list[str]) -> None:
    """Go on with this Python, or start over with a suitable one. Raises SetupError when there is none."""
    if suitable(sys.version_info[:3]):
        return
    mine = ".".join(str(part) for part in sys.version_info[:3])
    sentence = f"Tangnet needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}; this is {mine}"
    path = other_python()
    if not path:
        hint = "Debian 12, 13 and Ubuntu 24.04 have one: sudo apt-get install python3 python3-venv"
        raise SetupError(sentence + ".", hint)
    say(f"{sentence}: going on with {path}.")
    os.execv(path, [path, os.path.realpath(__file__), *arguments])


def facts(pyproject: bytes, venv: str) -> dict[str, Any]:
    """What an installation depends on; when one of these changes, set-up runs again."""
    return {
        "pyproject": hashlib.sha256(pyproject).hexdigest(),
        "python": os.path.realpath(os.path.join(venv, "bin", "python")),
        "folder": venv,
    }


def read_stamp(path: str) -> dict[str, Any]:
    """The stamp; {} when there is none or it is damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def still_holds(stamp: dict[str, Any], now: dict[str, Any], extras: tuple[str, ...], gpu: bool) -> bool:
    """Whether everything wanted is installed. More than wanted is fine."""
    return (
        all(stamp.get(key) == value for key, value in now.items())
        and os.access(now["python"], os.X_OK)
        and set(extras) <= set(stamp.get("extras") or ())
        and (bool(stamp.get("gpu")) or not gpu)
    )


def ready(extras: tuple[str, ...], gpu: bool) -> bool:
    """Whether the stamp in .venv still holds."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        return still_holds(read_stamp(STAMP), facts(file.read(), VENV), extras, gpu)


def start(way: str, arguments: list[str]) -> None:
    """Become the program."""
    programs = {
        "tangnet": ["tangnet"],
        "node": ["tangnet-node"],
        "test": ["python", os.path.join("tests", "checks.py")],
    }
    program, *first = programs[way]
    path = os.path.join(VENV, "bin", program)
    if way == "test":
        os.chdir(ROOT)
    os.execv(path, [path, *first, *arguments])


def main(arguments: list[str]) -> int:
    """Set up when needed, then become the program. Returns only when that failed: 1, or 130 when interrupted."""
    rest = list(arguments)
    gpu = os.environ.get("TANGNET_GPU", "0") not in ("", "0")
    embed = False
    while rest[:1] in (["--gpu"], ["--embed"]):
        option = rest.pop(0)
        gpu, embed = gpu or option == "--gpu", embed or option == "--embed"
    way = rest.pop(0) if rest[:1] in (["node"], ["test"]) else "tangnet"
    extras = EXTRAS[way] + (("embed",) if embed else ())
    try:
        if not ready(extras, gpu):
            require_python(arguments)
            sys.path.insert(0, os.path.join(ROOT, "packaging"))
            from bootstrap.steps import set_up

            set_up(extras, gpu)
        start(way, rest)
    except SetupError as error:
        message, hint = error.message, error.hint
    except KeyboardInterrupt:
        say("\nInterrupted. The same command goes on where it stopped.")
        return 130
    except OSError as error:
        message, hint = f"Set-up failed: {error}.", "Check the permissions of this folder and of ~/.cache."
    say("tangnet: " + message + ("\n  " + hint if hint else ""))
    if "--json" in rest:
        print(json.dumps({"event": "error", "code": "setup", "message": message, "hint": hint}), flush=True)
    return 1


if __name__ == "__main__":
    sys.modules["tangnet"] = sys.modules["__main__"]  # bootstrap imports names from here: one SetupError, not two
    sys.exit(main(sys.argv[1:]))
