"""Which server an OpenAI-style engine fronts: what `--engine openai:…` says, its key, and that it is in the house."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from nodeworker.errors import BadRequest, EngineError

KIND = "openai"
HOW = (
    "openai:http://127.0.0.1:8000/v1[,model=NAME][,slots=N][,key=env:NAME or file:PATH][,trusted=no][,vision=yes]"
    "[,ca=FILE]"
)
MOST_SLOTS = 256
MOST_KEY_BYTES = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOUSE = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)
"""Beside loopback, the addresses that no router carries out of the house: RFC 1918, link-local, unique local."""

Resolve = Callable[[str, int], list[tuple[int, tuple[str, int]]]]
"""Host and port to (address family, socket address) pairs, best first. Raises OSError."""


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """A server that speaks /v1/chat/completions. It names where the key is, never the key itself."""

    scheme: str
    host: str
    port: int
    path: str
    """Of the interface, without a slash at the end: "/v1"."""
    model: str = ""
    """The only one that is offered; "" = all that the server lists."""
    slots: int = 0
    """Answers at the same time; 0 = what the server says, or 8."""
    key: str = ""
    """env:NAME or file:PATH."""
    trustworthy: bool = True
    vision: bool | None = None
    """Whether its models see pictures; None = as the server says."""
    ca: str = ""
    """PEM file with the certificates that an https server is checked against, instead of the system's."""

    @property
    def address(self) -> str:
        """Where it is, for people: scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> ServerChoice:
        """Read what stands after "openai:". Raises BadRequest; its sentence never repeats a user name or password."""
        url, *options = text.split(",")
        try:
            parts = urlsplit(url)
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
            host = parts.hostname or ""
        except ValueError:
            raise BadRequest("The address of the OpenAI-style server makes no sense.", f"Use {HOW}.") from None
        if parts.username is not None or parts.password is not None:
            raise BadRequest(
                "No user name or password belongs into the server's address: command lines can be read by others.",
                "Use key=env:NAME or key=file:PATH.",
            )
        if parts.scheme not in _DEFAULT_PORTS or not host or parts.query or parts.fragment or not _plain(url):
            raise BadRequest("The OpenAI-style server needs an address of http or https.", f"Use {HOW}.")
        made = replace(_options(options), scheme=parts.scheme, host=host, port=port)
        made = replace(made, path=(parts.path.rstrip("/") or "/v1"))
        address = _literal(host)
        if address is not None and not in_the_house(address):
            raise _outside(host)
        if made.ca and made.scheme != "https":
            raise BadRequest("ca=FILE makes sense with https only.")
        return made

    def read_key(self) -> str:
        """Return the key, or "" where none is named. Read anew at each load. Raises EngineError."""
        kind, _, place = self.key.partition(":")
        if not kind:
            return ""
        if kind == "env":
            key = os.environ.get(place, "").strip()
            if not key:
                raise EngineError(f"The environment variable {place} with the server's key is not set.")
        else:
            key = _key_file(Path(place).expanduser())
        if not key.isascii() or not key.isprintable() or " " in key:
            raise EngineError("The server's key holds characters that no key has.", f"Look at {self.key}.")
        return key


def in_the_house(address: str) -> bool:
    """Whether an IP address is this machine's or one that is not routed outside."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_loopback or any(ip.version == network.version and ip in network for network in _HOUSE)


def resolve_name(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    """Ask the system for the addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]


def addresses(choice: ServerChoice, resolve: Resolve = resolve_name) -> list[tuple[int, tuple[str, int]]]:
    """Return where to connect; every one of the name's addresses has been found to be in the house.

    The connection is then made to an address, not to the name: what was checked is what is used.

    Raises:
        EngineError: the name is not known, or one of its addresses is outside.
    """
    try:
        found = resolve(choice.host, choice.port)
    except (OSError, UnicodeError) as error:
        raise EngineError(
            f"The name {choice.host} of the model server is not known.", "Is it spelled right?"
        ) from error
    if not found:
        raise EngineError(f"The name {choice.host} of the model server has no address.")
    if not all(in_the_house(address[0]) for _, address in found):
        refused = _outside(choice.host)
        raise EngineError(refused.message, refused.hint)
    return found


def _outside(host: str) -> BadRequest:
    return BadRequest(
        f"{host} is not in your house: nothing that is asked here may leave it.",
        "Use a server on this machine (127.0.0.1) or in your own network (10.…, 172.16.…, 192.168.…, fd…).",
    )


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def _plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def _options(options: list[str]) -> ServerChoice:
    values: dict[str, str] = {}
    for option in options:
        name, _, value = option.partition("=")
        if name in values or name not in ("model", "slots", "key", "trusted", "vision", "ca") or not value:
            raise BadRequest(f"{name[:40]!r} is no option of an OpenAI-style server, or has no value.", f"Use {HOW}.")
        values[name] = value
    slots = values.get("slots", "")
    if slots and (not slots.isascii() or not slots.isdigit() or not 1 <= int(slots[:9]) <= MOST_SLOTS):
        raise BadRequest(f"slots is a number from 1 to {MOST_SLOTS}.")
    key = values.get("key", "")
    if key and (not key.startswith(("env:", "file:")) or not key.partition(":")[2]):
        # It may be the key itself: not repeated.
        raise BadRequest("A key is named, not given: key=env:NAME or key=file:PATH.", "Others can read command lines.")
    trusted = values.get("trusted", "yes")
    if trusted not in ("yes", "no"):
        raise BadRequest("trusted is yes or no.")
    vision = values.get("vision", "")
    if vision not in ("", "yes", "no"):
        raise BadRequest("vision is yes or no.")
    return ServerChoice(
        scheme="",
        host="",
        port=0,
        path="",
        model=values.get("model", ""),
        slots=int(slots or 0),
        key=key,
        trustworthy=trusted == "yes",
        vision=None if not vision else vision == "yes",
        ca=values.get("ca", ""),
    )


def _key_file(path: Path) -> str:
    try:
        # Opened first and looked at then, so that the file that is checked is the file that is read.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # a pipe would wait for its writer
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise EngineError(f"{path} is no plain file with a key.")
            if stat.S_IMODE(found.st_mode) & 0o077:
                raise EngineError(f"Others can read the key in {path}.", f"chmod 600 {path}")
            data = file.read(MOST_KEY_BYTES + 1)
    except OSError as error:
        raise EngineError(f"The key in {path} cannot be read: {error.strerror}.") from error
    if not data.strip() or len(data) > MOST_KEY_BYTES:
        raise EngineError(f"{path} holds no key.")
    return data.decode("ascii", errors="replace").strip()
