"""GET /metrics over loopback: a very small HTTP server that knows one page, for a Prometheus on the same machine.

There is no authentication, so it is off unless asked for, listens on loopback only, and shows nothing but figures.
A web page in a browser here could reach it by a name that it controls; so the Host header must name loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

from nodeworker.errors import BadRequest
from nodeworker.serving.exposition import CONTENT_TYPE
from nodeworker.settings import Listen

log = logging.getLogger(__name__)
DEFAULT_PORT = 9464
MOST_HEAD_BYTES = 8192
HEAD_SECONDS = 5.0
ANSWER_SECONDS = 10.0
MOST_CONNECTIONS = 8
MOST_REFUSED = 32
"""That many more are told that it is full; beyond, a connection is cut without a word."""
LINGER_SECONDS = 0.5
"""For what a caller still sends: closing before it is read would throw the answer away as well."""
Text = Callable[[], Awaitable[str]]
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]+)(?::\d{0,5})?")


def loopback(text: str) -> Listen:
    """Read "127.0.0.1:9464", "[::1]:9464", "localhost" … Raises BadRequest for anything that others could reach."""
    listen = Listen.parse(text, default=DEFAULT_PORT)
    if not _is_loopback(listen.host):
        raise BadRequest(
            f"{listen.host} can be reached from other machines, and figures are shown to anybody who asks.",
            f"Give --metrics an address of this machine alone, such as 127.0.0.1:{DEFAULT_PORT}.",
        )
    return Listen("127.0.0.1" if listen.host == "localhost" else listen.host, listen.port)


@contextlib.asynccontextmanager
async def serving(listen: Listen | None, text: Text) -> AsyncIterator[str]:
    """Serve what `text` returns; yields the address as host:port, "" when `listen` is None.

    Raises:
        BadRequest: the address cannot be listened on.
    """
    if listen is None:
        yield ""
        return
    handlers: set[asyncio.Task[None]] = set()

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        try:
            if len(handlers) > MOST_CONNECTIONS + MOST_REFUSED:
                writer.transport.abort()
            else:
                await _serve(reader, writer, text, full=len(handlers) > MOST_CONNECTIONS)
        finally:
            handlers.discard(task)

    try:
        server = await asyncio.start_server(met, listen.host, listen.port, limit=MOST_HEAD_BYTES)
    except OSError as error:
        raise BadRequest(
            f"{listen.text()} cannot be listened on for metrics: {error.strerror or error}.",
            "Choose another with --metrics HOST:PORT.",
        ) from error
    try:
        address = listen.text(port=int(server.sockets[0].getsockname()[1]))
        log.info("metrics at http://%s/metrics", address)
        yield address
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await server.wait_closed()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: Text, *, full: bool) -> None:
    """Answer one request and close: a scrape every few seconds needs no more."""
    with contextlib.suppress(ConnectionError, TimeoutError):
        try:
            status, body = (503, "Too many connections.\n") if full else await _answer(reader, text)
            kind = CONTENT_TYPE if status == 200 else "text/plain; charset=utf-8"
            content = body.encode()
            head = [
                f"HTTP/1.1 {status} {_REASONS[status]}",
                f"Content-Type: {kind}",
                f"Content-Length: {len(content)}",
                *(["Allow: GET"] if status == 405 else []),
                "X-Content-Type-Options: nosniff",
                "Cache-Control: no-store",
                "Connection: close",
            ]
            writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + content)
            async with asyncio.timeout(ANSWER_SECONDS):
                await writer.drain()
            writer.write_eof()
            async with asyncio.timeout(LINGER_SECONDS):
                while await reader.read(MOST_HEAD_BYTES):
                    pass
        finally:
            writer.close()
            async with asyncio.timeout(ANSWER_SECONDS):
                await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader, text: Text) -> tuple[int, str]:
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        return 408, "The request took too long.\n"
    except asyncio.LimitOverrunError:
        return 431, "The request is too large.\n"
    except asyncio.IncompleteReadError as cut:
        raise ConnectionError("cut off") from cut
    status, reason = judged(head)
    if status != 200:
        return status, f"{reason}\n"
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return 200, await text()
    except Exception as error:  # the last resort of this door: the scraper sees a failure, the log sees which
        log.error("the metrics cannot be put together", exc_info=error)
        return 500, "The figures cannot be put together; the node's log says why.\n"


def judged(head: bytes) -> tuple[int, str]:
    """Return (200, "") for a request that may be answered, else the status and one sentence."""
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not _TOKEN.fullmatch(words[0]):
        return 400, "This is no HTTP request."
    method, target, version = words
    if not re.fullmatch(r"HTTP/1\.[01]", version):
        return 505, "Use HTTP/1.1."
    hosts = []
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            return 400, "A header makes no sense."
        if name.lower() == "host":
            hosts.append(value.strip())
    try:
        url = urlsplit(target)
    except ValueError:
        return 400, "The address makes no sense."
    if len(hosts) != 1:
        return 400, "One Host header is needed."
    named = [*hosts, url.netloc] if url.scheme or url.netloc else hosts
    if not all(_names_loopback(host) for host in named):
        return 403, "Ask for this page as 127.0.0.1 or localhost."
    if url.path != "/metrics":
        return 404, "There is only /metrics here."
    if method != "GET":
        return 405, "There is only GET here."
    return 200, ""


def _names_loopback(host: str) -> bool:
    match = _HOST.fullmatch(host)
    return match is not None and _is_loopback(match[1].strip("[]"))


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
