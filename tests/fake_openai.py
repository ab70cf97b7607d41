"""A fake OpenAI-style server on loopback, written on bare sockets so that it can misbehave at any byte.

`FakeServer.answer` makes the response to /v1/chat/completions; the default, `Scripted`, answers like a sound server of
the given kind. Other functions of this module are servers that are not sound.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

WHOLE = "Füße und 東京 🎉 are words, and one two three four five six seven are numbers that I know by heart."


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Out:
    """The server's end of a connection."""

    def __init__(self, connection: socket.socket, stop: threading.Event) -> None:
        self._connection = connection
        self._stop = stop

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._connection.sendall(data)

    def head(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        """Send the head of a response that ends with the connection."""
        lines = [f"HTTP/1.1 {status} Somehow", f"Content-Type: {kind}"] if kind else [f"HTTP/1.1 {status} Somehow"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def json(self, body: Any, status: int = 200, **headers: str) -> None:
        """Send a whole JSON response."""
        data = json.dumps(body).encode()
        self.head(status, "application/json", Content_Length=str(len(data)), **headers)
        self.send(data)

    def event(self, body: Any) -> None:
        """Send one event."""
        self.send(event(body))

    def until_gone(self) -> None:
        """Wait until the client has closed the connection, or the server ends."""
        self._connection.settimeout(0.05)
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                if not self._connection.recv(1024):
                    return

    def forever(self, data: bytes) -> None:
        """Send `data` again and again until the client goes away."""
        while not self._stop.is_set():
            self.send(data)

    def slowly(self, data: bytes, seconds: float) -> None:
        """Send byte after byte with a pause between them."""
        for byte in data:
            self.send(bytes([byte]))
            if self._stop.wait(seconds):
                return


Answer = Callable[[Asked, Out], None]


class FakeServer:
    """Listens on a loopback port, one thread a connection."""

    def __init__(
        self,
        answer: Answer | None = None,
        *,
        models: Any = None,
        others: dict[str, Any] | None = None,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        """Begin to listen; `models` is the JSON of the list, or a function like `answer`."""
        self.answer: Answer = answer or Scripted()
        self.models = models if models is not None else listing({"id": "fake-70b", "owned_by": "somebody"})
        self.others = others or {}
        """Path to the JSON of what lies beside the interface; an int is a status."""
        self.asked: list[Asked] = []
        self.arrived = threading.Event()
        """A request for an answer is there."""
        self.gone = threading.Event()
        """The connection of an answer has ended, in whatever way."""
        self._stop = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", port))
        self._threads = [threading.Thread(target=self._accept, name="fake-openai")]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def answers(self) -> list[dict[str, Any]]:
        """The bodies of all requests for answers."""
        return [asked.body for asked in self.asked if asked.path.endswith("/chat/completions")]

    def close(self) -> None:
        """End everything, the connections too."""
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), name="fake-openai-connection")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            stack.enter_context(connection)
            if self._tls is not None:
                connection.settimeout(10)
                connection = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
            asked = _read(connection)
            if asked is None:
                return
            self.asked.append(asked)
            out = Out(connection, self._stop)
            if asked.path.endswith("/chat/completions"):
                self.arrived.set()
                try:
                    self.answer(asked, out)
                finally:
                    self.gone.set()
            elif asked.path.endswith("/models"):
                if callable(self.models):
                    self.models(asked, out)
                else:
                    out.json(self.models)
            else:
                found = self.others.get(asked.path, 404)
                out.json({} if isinstance(found, int) else found, found if isinstance(found, int) else 200)


@dataclass
class Scripted:
    """A sound server: it says `whole`, and goes on with an answer in its own way."""

    whole: str = WHOLE
    way: str = "retell"
    """fields, prefill, or retell: it knows neither."""
    echo: bool = False
    usage: bool = True
    refuses: tuple[str, ...] = ()
    """Fields that it answers with 400."""
    status: int = 400
    cut_after: int | None = None
    """Pieces after which the connection breaks."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, asked: Asked, out: Out) -> None:
        body = asked.body
        for name in self.refuses:
            if name in body:
                return out.json({"error": {"message": f"Unknown field {name}: it is not supported."}}, self.status)
        messages = body["messages"]
        last = messages[-1]
        continues = last["role"] == "assistant" and (
            self.way == "prefill" or (self.way == "fields" and body.get("continue_final_message"))
        )
        prompt = sum(4 + len(str(message["content"]).split()) for message in messages) + (-1 if continues else 3)
        text = self.whole
        if continues:
            begun = last["content"]
            text = self.whole[len(begun) :] if self.whole.startswith(begun) else " five"
        elif last["role"] == "user" and "cut off" in last["content"]:
            words = last["content"].split('"')[1]
            text = self.whole[self.whole.rindex(words) :]
        pieces, most = split(text), body.get("max_tokens") or 10**6
        made = pieces[:most]
        reason = "stop" if len(made) == len(pieces) else "length"
        usage = {"prompt_tokens": prompt, "completion_tokens": len(made), "total_tokens": prompt + len(made)}
        if not body.get("stream"):
            message = {"role": "assistant", "content": "".join(made)}
            return out.json({"choices": [{"index": 0, "message": message, "finish_reason": reason}], "usage": usage})
        out.head()
        out.event(chunk({"role": "assistant", "content": ""}))
        if continues and self.echo:
            out.event(chunk({"content": last["content"]}))
        for number, piece in enumerate(made):
            if number == self.cut_after:
                return None
            out.event(chunk({"content": piece}))
        out.event(chunk({}, reason))
        if self.usage and body.get("stream_options"):
            out.event({"choices": [], "usage": usage})
        out.send(b"data: [DONE]\n\n")
        return None


def split(text: str) -> list[str]:
    """Pieces as a tokenizer makes them: words with the space before them."""
    return text.replace(" ", "\0 ").split("\0")


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of an answer."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def event(body: Any) -> bytes:
    """The bytes of one event."""
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def listing(*models: dict[str, Any]) -> dict[str, Any]:
    """A list of models."""
    return {"object": "list", "data": [{"object": "model", **model} for model in models]}


def raw(data: bytes, *, status: int = 200, kind: str = "text/event-stream") -> Answer:
    """A server that sends these bytes and closes the connection."""

    def answer(asked: Asked, out: Out) -> None:
        out.head(status, kind)
        out.send(data)

    return answer


def _read(connection: socket.socket) -> Asked | None:
    connection.settimeout(10)
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    missing = int(headers.get("content-length", "0")) - len(body)
    while missing > 0:
        piece = connection.recv(65_536)
        if not piece:
            return None
        body += piece
        missing -= len(piece)
    connection.settimeout(30)
    return Asked(method, path, headers, json.loads(body) if body else {})


GOOD = b"".join(event(chunk({"content": piece})) for piece in split(WHOLE))
"""A stream that says `WHOLE`, without its end."""
END = event(chunk({}, "stop")) + b"data: [DONE]\n\n"


@contextlib.contextmanager
def redirecting(target: str) -> Iterator[FakeServer]:
    """A server that sends everybody elsewhere."""

    def answer(asked: Asked, out: Out) -> None:
        out.head(307, "", Location=target, Content_Length="0")

    with FakeServer(answer) as server:
        yield server
