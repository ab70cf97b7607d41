"""The page that Prometheus reads, and which requests get it."""

from __future__ import annotations

import math

import pytest

from nodeworker.engines import Done
from nodeworker.errors import BadRequest, Busy
from nodeworker.load.power import Power
from nodeworker.load.sensors import Load
from nodeworker.load.tally import Histogram, Tally
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.exposition import Page, number, page
from nodeworker.serving.heartbeat import Report
from nodeworker.serving.metrics import judged, loopback
from nodeworker.settings import Listen
from tests.prometheus import parse

ABOUT = {"name": "pi", "version": "1", "zone": 'the "attic"\\\nroom', "simulated": "true"}
FULL = Report(
    pb.Status(
        active=2,
        queued=1,
        slots=4,
        decode_rate=24.5,
        prefill_rate=300,
        kv_cells=8192,
        free_kv_cells=100,
        cached_prefixes=[1, 2, 3],
        predicted_wait_ms=1500,
        throttled=True,
        draining=True,
        engines=[pb.EngineStatus(role=pb.ROLE_CHAT, state=pb.ENGINE_READY)],
    ),
    Load(10, 100, 50.0, 25.0, 61.5, 2.4e9, True, False, Power(6.5, "pmic")),
    {"chat": 2, "embed": 0},
    {"chat": (2, 1), "embed": (0, 0)},
)


def test_a_page_of_a_busy_node_can_be_read() -> None:
    clock = [0.0]
    tally = Tally(lambda: clock[0])
    with tally.call("chat", limit=10) as call:
        clock[0] = 0.3
        call.begins(0.2)
        call.reads(64, 100)
        clock[0] = 1.3
        call.says(1)
        clock[0] = 1.4
        call.says(3)
        call.done(Done("stop", 100, 64, 4, 1000.0, 400.0, 3, 2))
    with pytest.raises(Busy), tally.call("chat"):
        raise Busy("full")
    found = parse(page(ABOUT, tally, FULL))
    assert {family.kind for family in found.values()} == {"counter", "gauge", "histogram"}
    assert all(name.startswith("tangnet_node_") and family.help for name, family in found.items())

    def value(name: str, suffix: str = "", /, **labels: str) -> float:
        return found[f"tangnet_node_{name}"].value(suffix, **labels)

    assert value("info", **ABOUT) == 1
    assert value("requests_total", role="chat", outcome="ok") == 1
    assert value("requests_total", role="chat", outcome="busy") == 1
    assert (value("requests_active", role="chat"), value("requests_queued", role="chat")) == (2, 1)
    assert (value("prompt_tokens_total"), value("cached_tokens_total"), value("completion_tokens_total")) == (
        100,
        64,
        4,
    )
    assert (value("drafted_tokens_total"), value("accepted_tokens_total")) == (3, 2)
    assert value("queue_seconds", "_bucket", le="0.1") == 0 and value("queue_seconds", "_bucket", le="0.25") == 1
    assert value("first_token_seconds", "_sum") == pytest.approx(1.3)
    assert value("token_interval_seconds", "_count") == 3  # one was waited for, two came with it
    assert value("token_interval_seconds", "_sum") == pytest.approx(0.1)
    assert value("request_seconds", "_count", role="chat") == 2
    assert value("engine_restarts_total", role="chat") == 2
    assert value("engine_state", role="chat", state="ready") == 1
    assert value("engine_state", role="chat", state="failed") == 0
    assert value("predicted_wait_seconds") == 1.5
    assert (value("kv_cells"), value("kv_cells_free"), value("cached_prefix_blocks")) == (8192, 100, 3)
    assert (value("cpu_ratio"), value("own_cpu_ratio"), value("temperature_celsius")) == (0.5, 0.25, 61.5)
    assert (value("throttled"), value("under_voltage"), value("draining")) == (1, 0, 1)
    assert value("power_watts", source="pmic") == 6.5


def test_what_is_not_known_is_not_there() -> None:
    empty = Report(pb.Status(), Load(), {}, {})
    found = parse(page(ABOUT, Tally(), empty))
    for name in ("temperature_celsius", "power_watts", "kv_cells", "decode_tokens_per_second", "memory_total_bytes"):
        assert f"tangnet_node_{name}" not in found
    assert "tangnet_node_prompt_tokens_total" in found


def test_histograms_count_what_is_on_a_bound_below_it() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 99.0):
        histogram.add(value)
    histogram.add(0.0, 3)
    assert histogram.counts == [5, 2, 1] and histogram.sum == pytest.approx(104)
    made = Page()
    made.histogram("x_seconds", "Help with \\ and\nline.", [({"a": "b"}, histogram)])
    family = parse(made.text)["tangnet_node_x_seconds"]
    assert family.value("_bucket", a="b", le="+Inf") == 8 == family.value("_count", a="b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (True, "1"),
        (0.5, "0.5"),
        (1e300, "1e+300"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:9464", Listen("127.0.0.1", 9464)),
        ("127.0.0.1", Listen("127.0.0.1", 9464)),
        ("127.8.8.8:1", Listen("127.8.8.8", 1)),
        ("localhost:0", Listen("127.0.0.1", 0)),
        ("[::1]:9000", Listen("::1", 9000)),
    ],
)
def test_addresses_of_this_machine_alone(text: str, expected: Listen) -> None:
    assert loopback(text) == expected


@pytest.mark.parametrize(
    "text", ["0.0.0.0:9464", "[::]:9464", "192.168.1.5", "example.org:80", "[::ffff:127.0.0.1]:1", "127.0.0.1.evil:1"]
)
def test_addresses_that_others_can_reach_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadRequest, match="other machines") as refused:
        loopback(text)
    assert "127.0.0.1:9464" in refused.value.hint


def request(first: str = "GET /metrics HTTP/1.1", *headers: str) -> bytes:
    return "\r\n".join([first, *(headers or ("Host: 127.0.0.1:9464",)), "", ""]).encode()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request(), 200),
        (request("GET /metrics HTTP/1.0"), 200),
        (request("GET /metrics?x=1 HTTP/1.1"), 200),
        (request("GET /metrics HTTP/1.1", "host: LOCALHOST"), 200),
        (request("GET /metrics HTTP/1.1", "Host: [::1]:9464", "Accept: */*"), 200),
        (request("GET http://localhost:9464/metrics HTTP/1.1"), 200),
        (request("GET / HTTP/1.1"), 404),
        (request("GET /metrics/ HTTP/1.1"), 404),
        (request("GET /../metrics HTTP/1.1"), 404),
        (request("HEAD /metrics HTTP/1.1"), 405),
        (request("POST /metrics HTTP/1.1"), 405),
        (request("GET /metrics HTTP/1.1", "Host: rebound.example"), 403),
        (request("GET /metrics HTTP/1.1", "Host: 127.0.0.1.rebound.example:9464"), 403),
        (request("GET /metrics HTTP/1.1", "Host: 192.168.1.5:9464"), 403),
        (request("GET /metrics HTTP/1.1", "Host:"), 403),
        (request("GET /metrics HTTP/1.1", "Host: localhost@rebound.example"), 403),
        (request("GET http://rebound.example/metrics HTTP/1.1"), 403),
        (request("GET //rebound.example/metrics HTTP/1.1"), 403),
        (request("GET /metrics HTTP/1.1", "Accept: */*"), 400),
        (request("GET /metrics HTTP/1.1", "Host: localhost", "Host: rebound.example"), 400),
        (request("GET /metrics HTTP/1.1", "Host: localhost", "broken"), 400),
        (request("GET /metrics HTTP/1.1", "Host: localhost", " folded: x"), 400),
        (request("GET http://[::1/metrics HTTP/1.1"), 400),
        (request("GET  /metrics HTTP/1.1"), 400),
        (request("GET /metrics"), 400),
        (request("GET /metrics HTTP/2.0"), 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
    ],
)
def test_which_requests_get_the_page(head: bytes, status: int) -> None:
    assert judged(head)[0] == status
