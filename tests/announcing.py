"""Announcements of any number of made-up nodes over real mDNS on loopback, from a process of their own.

Run: python -m tests.announcing COUNT [--a-second N] [--hostile SEED] [--again SECONDS] [--answering]
It prints "ready", and "sent" when all have been sent once; it ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping

from zeroconf import ServiceInfo, const
from zeroconf._dns import DNSAddress, DNSPointer, DNSService, DNSText
from zeroconf._protocol.outgoing import DNSOutgoing
from zeroconf.asyncio import AsyncZeroconf

from nodeworker.protocol import SERVICE_TYPE

GROUP = ("224.0.0.251", 5353)
LIFETIME = 120
SERVICES = 3
"""In one packet."""


def text(properties: Mapping[str, str]) -> bytes:
    """The content of a TXT record."""
    entries = (f"{key}={value}".encode()[:255] for key, value in properties.items())
    return b"".join(bytes([len(entry)]) + entry for entry in entries)


def add(out: DNSOutgoing, instance: str, properties: Mapping[str, str], port: int, host: bytes) -> None:
    """Put the four records of one announced service into a packet."""
    name, server = f"{instance}.{SERVICE_TYPE}", f"{instance}.local."
    unique = const._CLASS_IN | const._CLASS_UNIQUE
    out.add_answer_at_time(DNSPointer(SERVICE_TYPE, const._TYPE_PTR, const._CLASS_IN, LIFETIME, name), 0)
    out.add_answer_at_time(DNSService(name, const._TYPE_SRV, unique, LIFETIME, 0, 0, port, server), 0)
    out.add_answer_at_time(DNSText(name, const._TYPE_TXT, unique, LIFETIME, text(properties)), 0)
    out.add_answer_at_time(DNSAddress(server, const._TYPE_A, unique, LIFETIME, host), 0)


def honest(count: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Name and texts of nodes as they announce themselves."""
    for number in range(count):
        id = f"{number:08x}" * 2
        yield f"pi{number}-{id[:8]}", {"v": "1", "id": id, "zone": "hall", "pairing": "0"}


def hostile(count: int, seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """The same of strangers who mean harm: control characters, long texts, many texts, ids of nobody."""
    dice = random.Random(seed)
    for number in range(count):
        id = f"{dice.getrandbits(64):016x}"
        odd = dice.choice(["\x1b[2J\u202e", "\x00\r\n", "x" * 150, "\u0301" * 20, "</b>"])
        texts = {"v": "1", "id": id, "zone": odd, "pairing": dice.choice("01"), "name": odd + "y" * 20}
        yield f"{odd[:8]}{number}".encode("ascii", "replace").decode().replace(".", "-"), texts


def packets(services: Iterator[tuple[str, dict[str, str]]], port: int = 7443) -> Iterator[bytes]:
    """Packets that announce them all."""
    out, inside = DNSOutgoing(const._FLAGS_QR_RESPONSE | const._FLAGS_AA), 0
    for instance, properties in services:
        add(out, instance, properties, port, socket.inet_aton("127.0.0.1"))
        inside += 1
        if inside == SERVICES:
            yield from out.packets()
            out, inside = DNSOutgoing(const._FLAGS_QR_RESPONSE | const._FLAGS_AA), 0
    if inside:
        yield from out.packets()


async def answer(count: int) -> None:
    """Answer questions for honest nodes until standard input ends."""
    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"])
    infos = [
        ServiceInfo(
            SERVICE_TYPE, f"{name}.{SERVICE_TYPE}", port=7443, properties=texts, server=f"{name}.local.",
            parsed_addresses=["127.0.0.1"],
        )
        for name, texts in honest(count)
    ]  # fmt: skip
    repeated = [await zeroconf.async_register_service(info, cooperating_responders=True) for info in infos]
    await asyncio.gather(*repeated)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await zeroconf.async_close()


def main() -> None:
    """Announce as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--a-second", type=float, default=0.0, help="services; 0: as quickly as it goes")
    parser.add_argument("--hostile", type=int, metavar="SEED")
    parser.add_argument("--again", type=float, default=0.0, help="seconds until all are sent again")
    parser.add_argument("--answering", action="store_true", help="be found by those that ask, as real nodes")
    chosen = parser.parse_args()
    if chosen.answering:
        asyncio.run(answer(chosen.count))
        return
    services = honest(chosen.count) if chosen.hostile is None else hostile(chosen.count, chosen.hostile)
    made = list(packets(services))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    over = threading.Event()

    def follow() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=follow, daemon=True).start()
    print("ready", flush=True)
    while not over.is_set():
        began = time.monotonic()
        for number, packet in enumerate(made):
            sender.sendto(packet, GROUP)
            if chosen.a_second:
                time.sleep(max(0.0, began + number * SERVICES / chosen.a_second - time.monotonic()))
            if over.is_set():
                return
        print("sent", flush=True)
        if not over.wait(chosen.again or None):
            continue


if __name__ == "__main__":
    main()
