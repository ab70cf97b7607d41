"""The contract between desktop and node: constants here, messages in node.proto, identity and pairing beside it.

This is the only part of `nodeworker` that `app` may import.
"""

from enum import StrEnum

PROTOCOL_VERSION = "1"
SERVICE_TYPE = "_tangnet._tcp.local."
DEFAULT_PORT = 7443
"""gRPC with mutual TLS. While pairing is open, the pairing service listens on the port after it."""
FLEET_PORT = 7445
"""Where a desktop listens while it takes in a fleet."""
PAIRING_SECONDS = 120
PAIRING_TRIES = 3
PAIRING_DIGITS = 8
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
SAMPLE_RATE = 16_000
"""Hz of all audio that goes to a node: 16-bit little-endian mono."""

CODE_KEY = "tangnet-code"
HINT_KEY = "tangnet-hint"
"""Trailing metadata keys of an error status; the hint is percent-encoded UTF-8."""
RETRY_KEY = "tangnet-retry-ms"
"""With the code "busy": after so many milliseconds (a whole number) a place is expected. Absent = unknown."""
MOVES_KEY = "tangnet-moves"
"""Metadata of a Generate call: "1" = if this node goes away, its caller goes on elsewhere: do not wait for it."""
TLS_NAME = "node.tangnet.internal"
"""The one DNS name in every identity certificate: trust comes from the pinned key, never from a name."""
LOCAL_NODE_NAME = "local"
USE, ADMINISTER, OBSERVE, PIECES = RIGHTS = ("use", "administer", "observe", "pieces")
"""What a trusted machine may be allowed to do, in the order in which it is written."""


class Code(StrEnum):
    """Stable error codes that cross the wire. A program may branch on these; sentences may change."""

    MODEL_MISSING = "model_missing"
    MODEL_DAMAGED = "model_damaged"
    MODEL_UNSAFE = "model_unsafe"
    MODEL_TOO_LARGE = "model_too_large"
    ENGINE_FAILED = "engine_failed"
    CONTEXT_OVERFLOW = "context_overflow"
    BUSY = "busy"
    DRAINING = "draining"
    BAD_REQUEST = "bad_request"
    DUPLICATE = "duplicate"
    NOT_ALLOWED = "not_allowed"
    NOT_PAIRED = "not_paired"
    DOWNLOAD_FAILED = "download_failed"
    NO_SPACE = "no_space"
    UNSUPPORTED = "unsupported"
    INTERNAL = "internal"


def _keepalive(every_ms: int, timeout_ms: int, *, without_calls: bool) -> tuple[tuple[str, int], ...]:
    return (
        ("grpc.keepalive_time_ms", every_ms),
        ("grpc.keepalive_timeout_ms", timeout_ms),
        ("grpc.http2.ping_timeout_ms", timeout_ms),
        ("grpc.keepalive_permit_without_calls", int(without_calls)),
        ("grpc.http2.max_pings_without_data", 0),
    )


KEEPALIVE_OPTIONS = _keepalive(1000, 500, without_calls=True)
"""A pulled cable is noticed within 1.5 s with these (measured); without them not within 40 s.

`ping_timeout_ms` is what counts where the other side's kernel still acknowledges (a frozen process, a middlebox):
without it gRPC 1.85 waits a minute for the answer to a ping. A process whose interpreter is busy answers all the same.
"""

CALM_KEEPALIVE_OPTIONS = _keepalive(5000, 1000, without_calls=True)
"""For a connection on which nobody waits for anything: with 110 of them, a ping each second costs 2 % of a core."""

LOCAL_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 30_000),
)
"""Without pings: a Unix socket ends when its node does, and one that only waits for a busy processor is not lost."""

CHANNEL_OPTIONS = (*KEEPALIVE_OPTIONS, *LOCAL_CHANNEL_OPTIONS)

WORK_CHANNEL_OPTIONS = (
    *_keepalive(1000, 500, without_calls=False),
    ("grpc.min_reconnect_backoff_ms", 3000),
    *LOCAL_CHANNEL_OPTIONS,
)
"""Of a connection that is made when there is work; so many milliseconds an attempt to make it may take."""

CALM_CHANNEL_OPTIONS = (*CALM_KEEPALIVE_OPTIONS, ("grpc.http2.bdp_probe", 0), *LOCAL_CHANNEL_OPTIONS)
"""Of a connection over which a node tells its load, in messages too small to learn from how wide the line is."""

SERVER_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 300),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.max_concurrent_streams", 128),
    ("grpc.so_reuseport", 0),
)
