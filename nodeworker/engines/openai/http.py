"""The wire to an OpenAI-style server: one request a connection, bounded in time and size, cut when nobody waits.

No redirect is followed and no proxy of the environment is used. Every wait looks at the caller's `cancelled`, so a
connection is closed within 30 ms, also while it is being made or while no header has come.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import json
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from nodeworker import __version__
from nodeworker.engines.openai.choice import Resolve, ServerChoice, addresses, resolve_name
from nodeworker.errors import AnswerLost, Busy, ContextOverflow, EngineError, ModelMissing, Unsupported

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_JSON_BYTES = 4 * 1024 * 1024
MOST_BYTES = 256 * 1024 * 1024
"""Of one whole response; an answer of 100,000 tokens with logprobs stays below it."""
MOST_SAID = 300
_POLL_SECONDS = 0.03
_READ_BYTES = 65_536
_WORDING = ("valid", "support", "unknown", "unexpected", "extra", "recogni")
_OVERFLOW_CODES = ("context_length_exceeded", "exceed_context_size_error")
_OVERFLOW_WORDS = ("context length", "context size", "context window", "maximum context", "prompt is too long")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for the server; each is a bound for the whole step, not for one byte of it."""

    connect: float = 3.0
    send: float = 30.0
    short: float = 5.0
    """For a question that needs no model, such as the list of models."""
    first: float = 300.0
    """Until the first piece of an answer: the server may be loading its model or reading a long prompt."""
    between: float = 60.0
    """Between two pieces of an answer."""
    last: float = 3.0
    """For the counts that come after the end of the answer."""


class Stopped(Exception):
    """Nobody wants the answer any more, or the engine is closed: no error, never seen outside the engine."""


class TooSlow(AnswerLost):
    """The server did not get on within its time."""


@dataclass(slots=True)
class Guard:
    """What every wait of one call looks at: whether it is still wanted, and until when."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    deadline: float = float("inf")
    """On the monotonic clock."""

    def give(self, seconds: float) -> None:
        """Set the deadline, from now."""
        self.deadline = time.monotonic() + seconds

    def check(self) -> float:
        """Return for how long to wait now. Raises Stopped, TooSlow."""
        if self.cancelled.is_set() or self.closed.is_set():
            raise Stopped
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TooSlow("The model server did not get on in time.", "Is it overloaded? See its own log.")
        return min(left, _POLL_SECONDS)


class Link:
    """A connected socket that waits as its guard says; as much of a socket as http.client needs."""

    def __init__(self, connected: socket.socket, guard: Guard, send_seconds: float) -> None:
        self._socket = connected
        self._guard = guard
        self._send_seconds = send_seconds
        self._selector = selectors.DefaultSelector()
        self._selector.register(connected, selectors.EVENT_READ)
        self._read = 0

    def sendall(self, data: bytes) -> None:
        """Send all of it. Raises OSError, Stopped, TooSlow."""
        outer, view = self._guard.deadline, memoryview(data)
        self._guard.give(self._send_seconds)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(selectors.EVENT_WRITE)
            except ssl.SSLWantReadError:
                self._wait(selectors.EVENT_READ)
        self._guard.deadline = outer

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what http.client reads from."""
        return io.BufferedReader(_Reader(self), _READ_BYTES)

    def receive(self, buffer: WriteableBuffer) -> int:
        """Read what is there, waiting for the first byte; 0 at the end. Raises OSError, Stopped, AnswerLost."""
        while True:
            self._guard.check()
            try:
                count = self._socket.recv_into(buffer)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(selectors.EVENT_READ)
            except ssl.SSLWantWriteError:
                self._wait(selectors.EVENT_WRITE)
            except ssl.SSLEOFError:
                return 0
            else:
                self._read += count
                if self._read > MOST_BYTES:
                    raise AnswerLost("The model server sends without end.")
                return count

    def close(self) -> None:
        """Do nothing: http.client closes its socket when the headers have come, and the body is still to be read."""

    def cut(self) -> None:
        """Close the connection: the server notices at once, whatever it is doing."""
        self._selector.close()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _wait(self, event: int) -> None:
        self._selector.modify(self._socket, event)
        self._selector.select(self._guard.check())


class _Reader(io.RawIOBase):
    def __init__(self, link: Link) -> None:
        self._link = link

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._link.receive(buffer)


@dataclass(slots=True)
class Reply:
    """A response whose headers have come."""

    status: int
    kind: str
    """Content type in lower case, without parameters."""
    server: str
    retry_after: str
    _response: http.client.HTTPResponse

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes, to its end. Raises AnswerLost when it breaks off, Stopped, TooSlow."""
        while piece := _answering(lambda: self._response.read1(_READ_BYTES)):
            yield piece

    def json(self) -> Any:
        """Read the whole body. Raises AnswerLost when it is no JSON or too long."""
        text = self.text()
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise AnswerLost("The model server sent something else than JSON.", _said(text)) from None

    def text(self) -> str:
        """Read the whole body. Raises AnswerLost when it is too long."""
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > MOST_JSON_BYTES:
                raise AnswerLost("The model server sent more than any answer of that kind has.")
        return body.decode("utf-8", errors="replace")

    def refusal(self) -> EngineError:
        """Return what a status other than 200 means."""
        if 300 <= self.status < 400:
            return EngineError(
                "The model server redirects to another address; that is not followed.", "Name the right one."
            )
        return refusal(self.status, self.text(), self.retry_after)

    def may_be_wording(self, error: EngineError) -> bool:
        """Whether a refusal may be about fields that the server does not know, and not about the request itself."""
        words = any(word in error.message.lower() for word in _WORDING)
        return isinstance(error, Unsupported) or (self.status in (500, 501) and words)


class Wire:
    """Makes requests to one server; safe to use from several threads."""

    def __init__(
        self, choice: ServerChoice, *, patience: Patience | None = None, resolve: Resolve = resolve_name
    ) -> None:
        self.choice = choice
        self.patience = patience or Patience()
        self._resolve = resolve

    @contextlib.contextmanager
    def request(self, method: str, path: str, body: dict[str, Any] | None, guard: Guard, key: str) -> Iterator[Reply]:
        """Send one request and wait for the headers until the guard's deadline; leaving closes the connection.

        Raises:
            EngineError: the server cannot be reached.
            AnswerLost: it broke off, or sent what is no HTTP.
            Stopped, TooSlow: as the guard says.
        """
        outer = guard.deadline
        guard.deadline = min(outer, time.monotonic() + self.patience.connect)
        link = self._connect(guard)
        guard.deadline = outer
        try:
            connection = http.client.HTTPConnection(self.choice.host, self.choice.port)
            connection.sock = cast("socket.socket", link)
            headers = {
                "Accept": "text/event-stream, application/json",
                "Accept-Encoding": "identity",
                "Connection": "close",
                "User-Agent": f"tangnet-node/{__version__}",
            }
            if key:
                headers["Authorization"] = f"Bearer {key}"
            data = None
            if body is not None:
                headers["Content-Type"] = "application/json"
                data = json.dumps(body, separators=(",", ":")).encode("ascii")
            _answering(lambda: connection.request(method, path, data, headers))
            response = _answering(connection.getresponse)
            if response.getheader("Content-Encoding", "identity").lower() not in ("", "identity"):
                raise AnswerLost("The model server compresses its answer though it was asked not to.")
            kind = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
            server, later = response.getheader("Server", ""), response.getheader("Retry-After", "")
            yield Reply(response.status, kind, server[:100], later[:20], response)
        finally:
            link.cut()

    def ask(self, path: str, guard: Guard, key: str, body: dict[str, Any] | None = None) -> tuple[Any, str]:
        """Return (JSON, the Server header) of a GET, or a POST with `body`. Raises EngineError as `refusal` has it."""
        with self.request("POST" if body is not None else "GET", path, body, guard, key) as reply:
            if reply.status != 200:
                raise reply.refusal()
            return reply.json(), reply.server

    def _connect(self, guard: Guard) -> Link:
        choice = self.choice
        failed: OSError | None = None
        for family, address in addresses(choice, self._resolve):
            made = socket.socket(family, socket.SOCK_STREAM)
            try:
                return self._connected(made, address, guard)
            except OSError as error:
                made.close()
                failed = error
            except TooSlow:
                made.close()
                failed = failed or TimeoutError(errno.ETIMEDOUT, "no answer")
                break
            except BaseException:
                made.close()
                raise
        if isinstance(failed, ssl.SSLError):
            raise EngineError(
                f"{choice.address} cannot be trusted: {failed.reason or failed}.",
                "ca=FILE names the certificate of a server of your own.",
            ) from failed
        why = failed.strerror if failed else ""
        raise EngineError(
            f"The model server at {choice.address} cannot be reached: {why or failed}.", "Does it run there?"
        ) from failed

    def _connected(self, made: socket.socket, address: tuple[str, int], guard: Guard) -> Link:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with selectors.DefaultSelector() as selector:
            try:
                made.connect(address)
            except BlockingIOError:
                selector.register(made, selectors.EVENT_WRITE)
                while not selector.select(guard.check()):
                    pass
                if number := made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(number, errno.errorcode.get(number, str(number))) from None
        if self.choice.scheme == "https":
            try:
                context = ssl.create_default_context(cafile=self.choice.ca or None)
            except OSError as error:
                raise EngineError(f"{self.choice.ca} is no file with certificates.", "See ca=FILE.") from error
            made.settimeout(max(0.1, guard.deadline - time.monotonic()))
            made = context.wrap_socket(made, server_hostname=self.choice.host)
            made.setblocking(False)
        return Link(made, guard, self.patience.send)


def refusal(status: int, body: str, retry_after: str = "") -> EngineError:
    """Return the error for a response with `status`, or for an error in the middle of an answer (status 0)."""
    said, codes = _explained(body)
    lower = said.lower()
    if any(code in _OVERFLOW_CODES for code in codes) or (
        status in (0, 400, 413, 422, 500) and any(words in lower for words in _OVERFLOW_WORDS)
    ):
        return ContextOverflow(
            f"The prompt does not fit into the context of the model server: {said}",
            "Ask with fewer or shorter documents, or begin a new conversation.",
        )
    if status in (401, 403):
        return EngineError(
            "The model server does not take this node's key.", "key=env:NAME or key=file:PATH names another."
        )
    if status == 404:
        return ModelMissing(f"The model server does not know what it was asked for: {said}", "See its list of models.")
    if status == 429 or (status == 503 and "loading" in lower):
        when = f"in {retry_after} s" if retry_after.isdigit() else "in a moment"
        return Busy(f"The model server has no room now: {said}", f"Try again {when}, or use another node.")
    if 400 <= status < 500:
        return Unsupported(f"The model server refuses the request: {said}", "Another node may take it.")
    return AnswerLost(f"The model server failed{f' ({status})' if status else ''}: {said}", "See its own log.")


def _explained(body: str) -> tuple[str, tuple[str, ...]]:
    """The sentence and the codes in the body of an error, in any of the forms that servers use."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return _said(body), ()
    if isinstance(found, dict) and isinstance(found.get("error"), dict | str):
        found = found["error"]
    if not isinstance(found, dict):
        return _said(str(found)), ()
    said = next((found[key] for key in ("message", "detail", "error") if found.get(key)), "")
    codes = tuple(value for key in ("code", "type") if isinstance(value := found.get(key), str))
    return _said(said if isinstance(said, str) else json.dumps(said)), codes


def _said(text: str) -> str:
    """A stranger's text as one bounded, printable line that ends a sentence."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MOST_SAID]).split())[:MOST_SAID]
    return f"{line.rstrip('.')}." if line else "it does not say why."


def _answering(step: Any) -> Any:
    """Do one step of HTTP; foreign errors become ours here."""
    try:
        return step()
    except (EngineError, Stopped):
        raise
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise AnswerLost(
            f"The connection to the model server broke off: {type(error).__name__}.", "See the server's own log."
        ) from error
