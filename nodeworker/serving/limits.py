"""How many strangers a port listens to: a pure account of addresses, tried handshakes and connections. No sockets here.

A TLS handshake costs the node a signature before it knows anything of the caller, so it is the handshake that is
rationed: so many a second for each address, so many for all strangers together. Who comes seldom goes first, so a flood
from many addresses delays a newcomer by one turn and not by the flood. An address from which a pinned machine made a
call lately is no stranger: it has an account of its own that no stranger can use up.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The figures; a rate is a second, a burst is what may come at once after a pause."""

    address_rate: float = 8.0
    """Handshakes of one strange address."""
    address_burst: float = 16.0
    strangers_rate: float = 40.0
    """Handshakes of all strange addresses together: on a Pi 4 about a tenth of one core."""
    strangers_burst: float = 80.0
    known_rate: float = 50.0
    """Handshakes of one address from which pinned machines come."""
    known_burst: float = 200.0
    unproven_of_address: int = 8
    """Connections of one strange address that have been let through and have not made a pinned call yet."""
    unproven_of_known: int = 64
    """The same of an address from which pinned machines come."""
    unproven: int = 64
    """The same of all strangers; the oldest is cut for the next."""
    waiting_of_address: int = 64
    waiting: int = 512
    """Accepted connections that are not let through yet."""
    handshake_seconds: float = 10.0
    """From being let through to the first call of a pinned machine."""
    silent_seconds: float = 5.0
    """From being accepted to the first bytes, and to being let through."""
    connections: int = 768
    """Let through and alive, all together."""
    connections_of_address: int = 256
    addresses: int = 4096
    """Accounts that are remembered; the one unused for longest is forgotten."""
    known: int = 256


@dataclass(slots=True)
class _Account:
    tokens: float
    at: float
    tried: float = 0.0
    """Connections that came lately; each counts half after a minute."""
    waiting: int = 0
    unproven: int = 0
    connections: int = 0
    known: bool = False


HALF_SECONDS = 60.0


class Accounts:
    """Who may do what now. Every method takes the time in seconds of a clock that never goes back."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._strangers = limits.strangers_burst
        self._at = now
        self._waiting = 0
        self._unproven = 0
        """Of strangers."""

    @property
    def crowded(self) -> bool:
        """Whether for one more stranger another must go."""
        return self._unproven >= self._limits.unproven

    @property
    def remembered(self) -> int:
        """How many addresses have an account."""
        return len(self._accounts)

    def came(self, address: str, now: float) -> bool:
        """Count a new connection; False: there is no place for it to wait."""
        account = self._account(address, now)
        account.tried += 1
        limits = self._limits
        most = limits.waiting if account.known else limits.waiting_of_address
        # The last quarter of the places is for those who have none.
        full = self._waiting >= (limits.waiting if account.known or not account.waiting else limits.waiting * 3 // 4)
        if account.waiting >= most or full:
            return False
        account.waiting += 1
        self._waiting += 1
        return True

    def left(self, address: str, now: float) -> None:
        """A waiting connection has gone without being let through."""
        self._account(address, now).waiting -= 1
        self._waiting -= 1

    def next(self, addresses: Iterable[str], now: float) -> str | None:
        """Return whose turn it is of those with a connection that is ready; None: nobody's yet. Changes nothing."""
        best: tuple[bool, float] | None = None
        found = None
        limits, strangers = self._limits, self._strangers_now(now) >= 1
        for address in addresses:
            account = self._account(address, now)
            most = limits.unproven_of_known if account.known else limits.unproven_of_address
            if account.tokens < 1 or account.unproven >= most or account.connections >= limits.connections_of_address:
                continue
            if not account.known and not strangers:
                continue
            rank = (not account.known, account.tried)
            if best is None or rank < best:
                best, found = rank, address
        return found

    def passed(self, address: str, now: float) -> bool:
        """A waiting connection is let through and pays for its handshake. Returns whether it is a stranger's."""
        account = self._account(address, now)
        account.waiting -= 1
        self._waiting -= 1
        account.tokens -= 1
        account.unproven += 1
        account.connections += 1
        if account.known:
            return False
        self._strangers = self._strangers_now(now) - 1
        self._at = now
        self._unproven += 1
        return True

    def settled(self, address: str, now: float, *, stranger: bool) -> None:
        """A connection made its first pinned call, or ends without any; `stranger` as `passed` said."""
        self._account(address, now).unproven -= 1
        self._unproven -= stranger

    def ended(self, address: str, now: float) -> None:
        """A connection that was let through has ended."""
        self._account(address, now).connections -= 1

    def met(self, address: str, now: float) -> None:
        """A pinned machine made a call from there."""
        account = self._account(address, now)
        if not account.known:
            account.known = True
            account.tokens = self._limits.known_burst
        account.tried = 0.0
        self._known[address] = None
        self._known.move_to_end(address)
        if len(self._known) > self._limits.known:
            oldest, _ = self._known.popitem(last=False)
            if oldest in self._accounts:
                self._accounts[oldest].known = False
                self._accounts[oldest].tokens = 0.0

    def _strangers_now(self, now: float) -> float:
        return min(self._limits.strangers_burst, self._strangers + (now - self._at) * self._limits.strangers_rate)

    def _account(self, address: str, now: float) -> _Account:
        limits = self._limits
        account = self._accounts.get(address)
        if account is None:
            known = address in self._known
            account = _Account(limits.known_burst if known else limits.address_burst, now, known=known)
            self._accounts[address] = account
            self._forget()
            return account
        self._accounts.move_to_end(address)
        passed = now - account.at
        if passed > 0:
            rate, burst = (
                (limits.known_rate, limits.known_burst)
                if account.known
                else (limits.address_rate, limits.address_burst)
            )
            account.tokens = min(burst, account.tokens + passed * rate)
            account.tried *= 0.5 ** (passed / HALF_SECONDS)
            account.at = now
        return account

    def _forget(self) -> None:
        """Drop the account unused for longest that nothing hangs on."""
        if len(self._accounts) <= self._limits.addresses:
            return
        for address, account in self._accounts.items():
            if not account.waiting and not account.connections:
                del self._accounts[address]
                return


def account_of(host: str) -> str:
    """Return what a peer's address is counted under: itself, and for IPv6 its /64, which one machine can fill."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address) & ~((1 << 64) - 1), 64)))
    return str(address)
