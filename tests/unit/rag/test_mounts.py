"""Which drive a folder is on."""

from __future__ import annotations

import pytest

from app.rag.mounts import Mount, mount_of, parse

TABLE = r"""/dev/sda1 / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
nas:/share /mnt/nas nfs4 rw 0 0
//box/docs /media/my\040box cifs rw 0 0
/dev/sdb1 /media/my\040box/inner ext4 rw 0 0
bucket /home/u/cloud fuse.rclone rw 0 0
/dev/sdc1 /media/windows fuseblk rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "point", "network"),
    [
        ("/home/u/docs", "/", False),
        ("/mnt/nas", "/mnt/nas", True),
        ("/mnt/nas/a/b", "/mnt/nas", True),
        ("/mnt/nasty", "/", False),
        ("/media/my box/x", "/media/my box", True),
        ("/media/my box/inner/x", "/media/my box/inner", False),
        ("/home/u/cloud/x", "/home/u/cloud", True),
        ("/media/windows/x", "/media/windows", False),
    ],
)
def test_the_drive_of_a_path(path: str, point: str, network: bool) -> None:
    found = mount_of(path, parse(TABLE))
    assert (found.point, found.network) == (point, network)


def test_where_the_system_tells_nothing_the_root_is_a_mount() -> None:
    assert mount_of("/nowhere/at/all", []) == Mount("/", "")
