"""Pairing links and join tokens: what was written is read again, and nothing else is."""

from __future__ import annotations

import base64
import json

import cv2
import numpy
import pytest

from nodeworker.protocol.identity import TrustFailure
from nodeworker.protocol.links import JoinToken, PairingLink, matches, shared_fingerprint
from nodeworker.trust_commands import qr

KEY = "0123456789abcdef" * 4


def test_a_link_is_read_as_it_was_written() -> None:
    for address in ("192.168.1.7:7443", "pi-7.tailnet.ts.net:7443", "[fd00::1]:7443"):
        link = PairingLink(address, "01234567", KEY)
        for quote in ("", "'", '"'):
            text = f" {quote}{link.text()}{quote}\n"
            assert PairingLink.parse(text) == PairingLink(address, "01234567", KEY[:32])


@pytest.mark.parametrize(
    "address", ["192.168.1.7:7443", "workshop-raspberry.local:7443", "[fe80:1234:5678:9abc:def0:1234:5678:9abc]:7443"]
)
def test_the_qr_code_as_the_terminal_shows_it_is_read_by_another_program(address: str) -> None:
    link = PairingLink(address, "01234567", KEY).text()
    lines = [line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in qr(link).splitlines()]
    assert len(lines) <= 24 and len(lines[0]) <= 80  # a terminal of the usual size shows all of it
    halves = [[sign in full for sign in line] for line in lines for full in ("█▀", "█▄")]  # white on black
    picture = (numpy.array(halves, numpy.uint8) * 255).repeat(8, axis=0).repeat(8, axis=1)
    reader = cv2.QRCodeDetectorAruco()  # the plain QRCodeDetector misses a third of sound codes at this size
    for ground in (0, 255):  # of the terminal around it
        read, _corners, _straight = reader.detectAndDecode(numpy.pad(picture, 32, constant_values=ground))
        assert read == link


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pi-7",
        "tangnet://pair/",
        f"tangnet://pair/pi:7443?code=1234567&key={KEY}",
        f"tangnet://pair/pi:7443?code=12345678&key={KEY[:31]}",
        "tangnet://pair/pi:7443?code=12345678",
        f"tangnet://pair/pi?code=12345678&key={KEY}",
        f"tangnet://pair/pi:7443/x?code=12345678&key={KEY}",
        f"tangnet://pair/a b:7443?code=12345678&key={KEY}",
        f"tangnet://pair/pi:7443?code=12345678&key={KEY[:-1]}g",
        f"http://pair/pi:7443?code=12345678&key={KEY}",
        f"tangnet://pair/pi:7443?a=1&b=2&c=3&d=4&code=12345678&key={KEY}",
    ],
)
def test_other_links_are_refused(text: str) -> None:
    with pytest.raises(TrustFailure, match="no pairing link"):
        PairingLink.parse(text)


def test_both_sides_come_to_the_same_fingerprint_and_others_do_not() -> None:
    mine, theirs = "a" * 64, "b" * 64
    assert shared_fingerprint(mine, theirs) == shared_fingerprint(theirs, mine)
    assert len(shared_fingerprint(mine, theirs)) == 19
    assert shared_fingerprint(mine, theirs) != shared_fingerprint(mine, "c" * 64)


def test_a_token_is_read_as_it_was_written() -> None:
    token = JoinToken.new(("192.168.1.2:7445", "[fd00::2]:7445"), KEY, "observe use")
    text = token.text()
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    assert JoinToken.parse(f"{text}\n") == token
    assert token.rights == "use observe"
    assert matches(token.secret, token.hashed())
    assert not matches(token.secret[:-1], token.hashed())
    assert token.hashed() not in text
    assert token.secret.hex() not in repr(token)


def _made(**changes: object) -> str:
    fields = {"addresses": ["h:1"], "key": KEY, "id": "0" * 16, "secret": "A" * 43 + "=", "rights": "use", **changes}
    return "tnj1-" + base64.urlsafe_b64encode(json.dumps(list(fields.values())).encode()).decode().rstrip("=")


def test_the_made_one_is_good() -> None:
    assert JoinToken.parse(_made()).addresses == ("h:1",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tnj1-",
        "tnj1-%%%",
        "tnj2-" + _made().removeprefix("tnj1-"),
        _made()[:-9],
        _made() + "A" * 3000,
        "tnj1-" + base64.urlsafe_b64encode(b"[" * 1000).decode(),
        _made(addresses=[]),
        _made(addresses=["h"]),
        _made(addresses=["h:1"] * 9),
        _made(addresses=[1]),
        _made(addresses="h:1"),
        _made(key=KEY[:-1]),
        _made(key=1),
        _made(id="x"),
        _made(secret="AAAA"),
        _made(secret=1),
        _made(rights="all"),
        _made(rights=["use"]),
        _made(more=1),
    ],
)
def test_other_tokens_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(TrustFailure) as failure:
        JoinToken.parse(text)
    assert "join token" in failure.value.message
    assert not text or text not in failure.value.message + failure.value.hint
