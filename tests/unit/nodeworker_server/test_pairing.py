"""The pairing exchange and the attacks on it."""

from __future__ import annotations

import pytest

from nodeworker.protocol import PAIRING_DIGITS
from nodeworker.protocol.identity import Identity, TrustFailure
from nodeworker.protocol.pairing import Pairing, PairingFailed, clean_code, new_code

CODE = "12345678"


@pytest.fixture(scope="module")
def desktop() -> Identity:
    return Identity.create()


@pytest.fixture(scope="module")
def node() -> Identity:
    return Identity.create()


@pytest.fixture(scope="module")
def mallory() -> Identity:
    return Identity.create()


def test_right_code_gives_both_the_same_view(desktop: Identity, node: Identity) -> None:
    client = Pairing("client", CODE, desktop.certificate)
    server = Pairing("server", CODE, node.certificate)
    server.finish(client.message, desktop.certificate)
    client.finish(server.message, node.certificate)
    server.check(client.mac)
    client.check(server.mac)
    assert (client.peer_id, server.peer_id) == (node.id, desktop.id)
    assert client.mac != server.mac


def test_wrong_code_fails_on_both_sides(desktop: Identity, node: Identity) -> None:
    client = Pairing("client", "12345679", desktop.certificate)
    server = Pairing("server", CODE, node.certificate)
    server.finish(client.message, desktop.certificate)
    client.finish(server.message, node.certificate)
    for side, mac in ((server, client.mac), (client, server.mac)):
        with pytest.raises(PairingFailed, match="code is wrong"):
            side.check(mac)


def test_swapped_certificate_fails_on_both_sides(desktop: Identity, node: Identity, mallory: Identity) -> None:
    """Somebody in the middle relays the SPAKE2 messages but shows both sides a certificate of its own."""
    client = Pairing("client", CODE, desktop.certificate)
    server = Pairing("server", CODE, node.certificate)
    server.finish(client.message, mallory.certificate)
    client.finish(server.message, mallory.certificate)
    for side, mac in ((server, client.mac), (client, server.mac)):
        with pytest.raises(PairingFailed):
            side.check(mac)


@pytest.mark.parametrize("role", ["client", "server"])
def test_one_swapped_certificate_is_enough_to_fail(
    role: str, desktop: Identity, node: Identity, mallory: Identity
) -> None:
    client = Pairing("client", CODE, desktop.certificate)
    server = Pairing("server", CODE, node.certificate)
    server.finish(client.message, (mallory if role == "client" else desktop).certificate)
    client.finish(server.message, (mallory if role == "server" else node).certificate)
    with pytest.raises(PairingFailed):
        server.check(client.mac)
    with pytest.raises(PairingFailed):
        client.check(server.mac)


def test_reflected_message_and_mac_fail(desktop: Identity, node: Identity) -> None:
    client = Pairing("client", CODE, desktop.certificate)
    with pytest.raises(PairingFailed):
        client.finish(client.message, node.certificate)
    client = Pairing("client", CODE, desktop.certificate)
    server = Pairing("server", CODE, node.certificate)
    client.finish(server.message, node.certificate)
    with pytest.raises(PairingFailed):
        client.check(client.mac)


def test_two_clients_cannot_pair(desktop: Identity, node: Identity) -> None:
    one = Pairing("client", CODE, desktop.certificate)
    other = Pairing("client", CODE, node.certificate)
    with pytest.raises(PairingFailed):
        one.finish(other.message, node.certificate)


def test_our_own_certificate_is_no_peer(desktop: Identity) -> None:
    server = Pairing("server", CODE, desktop.certificate)
    client = Pairing("client", CODE, desktop.certificate)
    with pytest.raises(PairingFailed, match="this very machine"):
        client.finish(server.message, desktop.certificate)


@pytest.mark.parametrize("message", [b"", b"B", b"B" + b"\xff" * 32, b"B" + b"\0" * 32, b"x" * 1000])
def test_malformed_messages_fail(message: bytes, desktop: Identity, node: Identity) -> None:
    with pytest.raises(PairingFailed):
        Pairing("client", CODE, desktop.certificate).finish(message, node.certificate)


def test_a_run_is_good_for_one_guess(desktop: Identity, node: Identity) -> None:
    server = Pairing("server", CODE, node.certificate)
    server.finish(Pairing("client", "00000000", desktop.certificate).message, desktop.certificate)
    with pytest.raises(PairingFailed):
        server.finish(Pairing("client", "00000001", desktop.certificate).message, desktop.certificate)


def test_nothing_is_confirmed_before_the_exchange(desktop: Identity) -> None:
    with pytest.raises(PairingFailed):
        Pairing("client", CODE, desktop.certificate).check(b"")


def test_bad_certificate_is_refused(desktop: Identity) -> None:
    server = Pairing("server", CODE, desktop.certificate)
    with pytest.raises(TrustFailure):
        server.finish(Pairing("client", CODE, Identity.create().certificate).message, "nonsense")


def test_codes() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) == PAIRING_DIGITS and code.isdigit() for code in codes)
    assert clean_code(" 1234-5678 ") == CODE
    for wrong in ("1234567", "123456789", "abcdefgh", "١٢٣٤٥٦٧٨", ""):
        with pytest.raises(PairingFailed):
            clean_code(wrong)
