"""Nodes in network namespaces of their own, each on a cable (veth) that can be pulled. Needs root and `ip`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.chaos.stage import Place

SUBNET = "10.203"
PORT = 7443


def why_not() -> str:
    """Return why there can be no namespaces here; "" if there can."""
    if shutil.which("ip") is None:
        return "there is no `ip` here"
    made = _ip("netns", "add", _name(0), check=False)
    if made.returncode:
        return f"network namespaces are not permitted: {made.stderr.strip()}"
    _ip("netns", "del", _name(0))
    return ""


class Cable:
    """The cable of one node."""

    def __init__(self, number: int) -> None:
        self.name = _name(number)
        self.near, self.far = f"tn{number}a", f"tn{number}b"
        self.place = Place(("ip", "netns", "exec", self.name), f"{SUBNET}.{number}.2:{PORT}")
        self._gateway = f"{SUBNET}.{number}.1"

    def lay(self) -> None:
        _ip("netns", "add", self.name)
        _ip("link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.name)
        _ip("addr", "add", f"{self._gateway}/24", "dev", self.near)
        _ip("link", "set", self.near, "up")
        _ip("-n", self.name, "addr", "add", f"{self.place.address.partition(':')[0]}/24", "dev", self.far)
        self.plug()
        _ip("-n", self.name, "link", "set", "lo", "up")

    def pull(self) -> None:
        """Take the far end out: nothing arrives any more, and nobody is told."""
        _ip("-n", self.name, "link", "set", self.far, "down")

    def plug(self) -> None:
        _ip("-n", self.name, "link", "set", self.far, "up")

    def remove(self) -> None:
        _ip("link", "del", self.near, check=False)
        _ip("netns", "del", self.name, check=False)


@contextmanager
def cables(count: int) -> Iterator[list[Cable]]:
    """Lay so many cables, numbered from 1."""
    with ExitStack() as stack:
        laid = [Cable(number) for number in range(1, count + 1)]
        for cable in laid:
            stack.callback(cable.remove)
            cable.lay()
        yield laid


def _name(number: int) -> str:
    return f"tangnet-{os.getpid()}-{number}"


def _ip(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(("ip", *arguments), capture_output=True, text=True, check=check)
