"""What makes a node of a Raspberry Pi: files for a fresh SD card, or commands for one that runs. Pure but for `pack`.

Raspberry Pi OS of Debian 13 ("trixie", October 2025) and later reads `user-data` and `network-config` on the boot
partition by cloud-init at its first start. Both are YAML; what is written here is JSON, which is YAML in which nothing
can be taken for something else.
"""

from __future__ import annotations

import json
import re
import shlex
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import UsageError

PROGRAM = "tangnet.tar.gz"
"""Name of the program on the card."""
SCRIPT = "make-a-node.sh"
BOOT = "/boot/firmware"
"""Where a running Pi sees the boot partition."""
MARKS = ("config.txt", "cmdline.txt")
"""Files that the boot partition of a Pi has."""
KEPT = ".before-tangnet"
"""Ending of a file that was there before."""
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_ZONE = re.compile(r"[\w .-]{0,40}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PACKED = ("tangnet.py", "pyproject.toml", "LICENSE", "README.md", "app", "nodeworker", "packaging")
_PACKAGES = ("ca-certificates", "g++", "cmake", "ninja-build", "libgomp1", "python3-venv")


@dataclass(frozen=True, slots=True)
class Pi:
    """One machine that shall become a node."""

    name: str
    token: str
    """Join token: a secret until it is used."""
    zone: str = ""
    user: str = "pi"
    """Of the person who looks after it; only made where `ssh_key` is given."""
    ssh_key: str = ""
    """A public key that may log in; "" = nobody can log in over the network."""
    wifi: str = ""
    """Name of the network; "" = by cable."""
    wifi_password: str = ""
    country: str = ""
    """Two letters: which channels are allowed there."""

    def check(self) -> None:
        """Raises UsageError for what no Pi can be given."""
        if not _HOST.fullmatch(self.name):
            raise UsageError("That is no name for a Pi.", hint="Small letters, digits and dashes, 40 at most.")
        if not _ZONE.fullmatch(self.zone):
            raise UsageError("That is no zone.", hint="Letters, digits, blanks, dots and dashes, 40 at most.")
        if self.ssh_key and not (self.ssh_key.startswith(("ssh-", "ecdsa-", "sk-")) and self.ssh_key.isprintable()):
            raise UsageError("That is no public SSH key.", hint="One line that begins with ssh-ed25519 or ssh-rsa.")
        if self.ssh_key and not _USER.fullmatch(self.user):
            raise UsageError("That is no user name.", hint="Small letters and digits, such as pi.")
        if len(self.wifi.encode()) > 32:
            raise UsageError("A Wi-Fi network has a name of at most 32 bytes.")
        if self.wifi and not (8 <= len(self.wifi_password) <= 63):
            raise UsageError("A Wi-Fi password has 8 to 63 characters.")
        if self.wifi and not _COUNTRY.fullmatch(self.country):
            raise UsageError("Wi-Fi needs the country, as two letters.", hint="Such as GB, DE or US.")


def files(pi: Pi) -> dict[str, str]:
    """Return the text of each file for the boot partition, by name. Raises UsageError."""
    pi.check()
    node = {"name": "tangnet", "system": True, "homedir": "/var/lib/tangnet", "shell": "/usr/sbin/nologin"}
    users: list[Any] = [{**node, "groups": "video"}]  # a Pi tells heat and throttling to this group
    if pi.ssh_key:
        users.append(
            {"name": pi.user, "groups": "sudo", "shell": "/bin/bash", "sudo": "ALL=(ALL) NOPASSWD:ALL",
             "lock_passwd": True, "ssh_authorized_keys": [pi.ssh_key]}
        )  # fmt: skip
    unpack = f"mkdir -p /opt/tangnet && tar -xzf {BOOT}/{PROGRAM} -C /opt/tangnet"
    user_data = {
        "hostname": pi.name,
        "manage_etc_hosts": True,
        "package_update": True,
        "packages": [*_PACKAGES, *(["openssh-server"] if pi.ssh_key else [])],
        "ssh_pwauth": False,
        "users": users,
        "write_files": [
            {"path": "/etc/tangnet/join-token", "permissions": "0600", "content": f"{pi.token}\n"},
            {"path": "/etc/systemd/system/tangnet-node.service.d/fleet.conf", "content": _unit(pi)},
        ],
        "runcmd": [
            ["sh", "-c", unpack],
            ["sh", "-c", "cd /opt/tangnet && python3 tangnet.py node --version"],
            *([["systemctl", "enable", "--now", "ssh"]] if pi.ssh_key else []),
            *_START,
        ],
    }
    made = {"user-data": f"#cloud-config\n{json.dumps(user_data, indent=1)}\n"}
    if pi.wifi:
        point = {"password": pi.wifi_password}
        wlan = {"dhcp4": True, "optional": True, "regulatory-domain": pi.country, "access-points": {pi.wifi: point}}
        network = {"version": 2, "ethernets": {"eth0": {"dhcp4": True, "optional": True}}, "wifis": {"wlan0": wlan}}
        made["network-config"] = f"{json.dumps({'network': network}, indent=1)}\n"
    return made


def commands(pi: Pi) -> str:
    """Return what to type on a Pi that runs, in the folder where the program was put. Raises UsageError."""
    pi.check()
    drop_in = "/etc/systemd/system/tangnet-node.service.d"
    return "\n".join(
        [
            f"sudo apt-get install -y {' '.join(_PACKAGES)}",
            "sudo useradd --system --home-dir /var/lib/tangnet --shell /usr/sbin/nologin --groups video tangnet",
            f"sudo mkdir -p /opt/tangnet {drop_in} /etc/tangnet && sudo tar -xzf {PROGRAM} -C /opt/tangnet",
            "cd /opt/tangnet && sudo python3 tangnet.py node --version",
            f"echo {shlex.quote(pi.token)} | sudo install -m 600 /dev/stdin /etc/tangnet/join-token",
            f"printf %s {shlex.quote(_unit(pi))} | sudo tee {drop_in}/fleet.conf >/dev/null",
            *(f"sudo {shlex.join(words)}" for words in _START),
        ]
    )


def look(card: Path) -> None:
    """Raise UsageError where `card` is no boot partition of a Pi; blocking."""
    if not all((card / mark).is_file() for mark in MARKS):
        raise UsageError(
            f"{card} is not the boot partition of a card with Raspberry Pi OS.",
            hint="Write Raspberry Pi OS Lite (64-bit) on the card first, then choose the drive called bootfs.",
        )


def write(pi: Pi, card: Path, program: Path | None) -> list[Path]:
    """Put files for `pi`, and the packed program, on a card's boot partition; blocking. Returns what was written.

    Files of that name that were there are kept beside them.

    Raises:
        UsageError: `card` is no boot partition of a Pi, or `pi` makes no sense.
        OSError: it cannot be written.
    """
    texts = files(pi)
    look(card)
    written = []
    for name, text in texts.items():
        there, kept = card / name, card / f"{name}{KEPT}"
        if there.exists() and not kept.exists():
            there.replace(kept)
        there.write_text(text, encoding="utf-8", newline="\n")
        written.append(there)
    if program is not None:
        (card / PROGRAM).write_bytes(program.read_bytes())
        written.append(card / PROGRAM)
    return written


def save(pi: Pi, folder: Path, program: Path | None) -> list[Path]:
    """Put the commands for a Pi that runs, and the packed program, into a folder; blocking. Returns what was written.

    Raises:
        UsageError: `pi` makes no sense.
        OSError: it cannot be written.
    """
    script = folder / SCRIPT
    script.touch(mode=0o600)
    script.write_text(f"#!/bin/sh\nset -e\n{commands(pi)}\n", encoding="utf-8", newline="\n")
    if program is None:
        return [script]
    (folder / PROGRAM).write_bytes(program.read_bytes())
    return [script, folder / PROGRAM]


def pack(root: Path, target: Path) -> bool:
    """Pack the program whose folder is `root` into `target`; False where it is no whole program. Blocking."""
    if not all((root / name).exists() for name in ("tangnet.py", "pyproject.toml", "app", "nodeworker", "packaging")):
        return False

    def clean(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if "__pycache__" in entry.name or entry.name.endswith(".pyc"):
            return None
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        return entry

    with tarfile.open(target, "w:gz") as packed:
        for name in _PACKED:
            if (root / name).exists():
                packed.add(root / name, name, filter=clean)
    return True


_START: tuple[list[str], ...] = (
    ["install", "-m", "644", "/opt/tangnet/packaging/tangnet-node.service", "/etc/systemd/system/"],
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "--now", "tangnet-node"],
)


def _unit(pi: Pi) -> str:
    node: Mapping[str, str] = {"--name": pi.name, "--zone": pi.zone}
    words = [f'{option} "{value}"' for option, value in node.items() if value]
    start = "/opt/tangnet/.venv/bin/tangnet-node --listen 0.0.0.0:7443 --grace 5 --join @%d/join-token"
    return "\n".join(
        [
            "[Service]",
            "# systemd reads the secret as root and shows a copy to the node alone.",
            "LoadCredential=join-token:/etc/tangnet/join-token",
            "ExecStart=",
            " ".join(["ExecStart=" + start, *words]),
            "",
        ]
    )
