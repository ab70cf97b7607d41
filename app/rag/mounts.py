"""Which drive a folder is on: its mount point, and whether the drive is reached over a network."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

_NETWORK = re.compile(
    r"(nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|glusterfs|davfs|webdav|afpfs|fuse(\..*)?|vboxsf|virtiofs)"
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted drive."""

    point: str
    kind: str
    """Type of the file system, as the kernel names it; "" = unknown."""

    @property
    def network(self) -> bool:
        """Whether changes made elsewhere come without an event, as on NFS, SMB and what FUSE brings in."""
        return _NETWORK.fullmatch(self.kind) is not None and self.kind != "fuseblk"


def mounts() -> list[Mount]:
    """Return what is mounted now; none where the system does not tell it in /proc/mounts."""
    try:
        with open("/proc/mounts", encoding="utf-8", errors="surrogateescape") as table:
            return parse(table.read())
    except OSError:
        return []


def parse(table: str) -> list[Mount]:
    """Read the format of /proc/mounts: device, mount point and type, with octal escapes."""
    found = []
    for line in table.splitlines():
        words = line.split(" ")
        if len(words) >= 3:
            found.append(Mount(_ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), words[1]), words[2]))
    return found


def mount_of(path: str, table: Sequence[Mount] | None = None) -> Mount:
    """Return where the drive is mounted that holds `path`, the last one mounted where there are several."""
    known = mounts() if table is None else table
    best = Mount("/", "")
    for mount in known:
        below = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if below and len(mount.point) >= len(best.point):
            best = mount
    if not known:  # not Linux: the nearest folder that is a mount point
        point = path
        while not os.path.ismount(point) and point != "/":
            point = os.path.dirname(point)
        best = Mount(point, "")
    return best
