"""The announcement: what it says, that it changes while pairing is open, and that no network is no catastrophe."""

from __future__ import annotations

import logging

import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from nodeworker.announce import Announcement, own_addresses
from nodeworker.protocol import SERVICE_TYPE
from nodeworker.settings import Listen
from tests.integration.node_serving import until

ID = "ab" * 32


async def properties(name: str) -> dict[str, str | None]:
    """Ask the network about a node, without any memory of earlier answers."""
    asking = AsyncZeroconf(interfaces=["127.0.0.1"])
    try:
        info = AsyncServiceInfo(SERVICE_TYPE, f"{name}.{SERVICE_TYPE}")
        return info.decoded_properties if await info.async_request(asking.zeroconf, 2000) else {}
    finally:
        await asking.async_close()


async def test_the_flag_follows_pairing() -> None:
    announcement = Announcement(id=ID, name="flag", zone="attic", listen=Listen("127.0.0.1", 7443))
    await announcement.start()
    try:
        await until(lambda: announcement.standing)
        assert (await properties("flag-abababab"))["pairing"] == "0"
        await announcement.set_pairing(True)
        assert (await properties("flag-abababab"))["pairing"] == "1"
        await announcement.set_pairing(False)
        assert (await properties("flag-abababab"))["pairing"] == "0"
    finally:
        await announcement.close()
    await announcement.close()  # twice does no harm
    assert not announcement.standing


async def test_it_says_version_id_zone_pairing_and_port_and_nothing_else() -> None:
    announcement = Announcement(id=ID, name="few", zone="attic", listen=Listen("127.0.0.1", 7443))
    await announcement.start()
    try:
        await until(lambda: announcement.standing)
        assert await properties("few-abababab") == {"v": "1", "id": "ab" * 8, "zone": "attic", "pairing": "0"}
    finally:
        await announcement.close()


async def test_no_such_interface_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    announcement = Announcement(id=ID, name="lost", zone="", listen=Listen("203.0.113.7", 7443))
    with caplog.at_level(logging.WARNING):
        await announcement.start()
        await until(lambda: "not announced" in caplog.text)
    await announcement.set_pairing(True)
    await announcement.close()


def test_own_addresses() -> None:
    assert own_addresses(Listen("127.0.0.1", 1)) == ("127.0.0.1",)
    assert "127.0.0.1" not in own_addresses(Listen("0.0.0.0", 1))
    assert all(":" not in address for address in own_addresses(Listen("0.0.0.0", 1)))
