"""The engine process: drives one engine for a node, speaks frames with it, and never outlives it.

`python -m nodeworker.hosting.host SOCKET LIFELINE`, both file descriptors handed down by the node. Its main thread only
reads: when the socket ends, it ends the process, whatever the engine's threads are doing. The lifeline is a pipe on
which nothing is ever written; when the node is gone the kernel itself ends this process through it (Linux), even while
a library holds the interpreter. Neither gRPC nor asyncio is imported here.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import gc
import importlib
import logging
import os
import queue
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NoReturn

from nodeworker.engines import AttendEvent, ChatEvent, Figures, Pauses, TranscriptEvent, WakeWord
from nodeworker.errors import EngineError
from nodeworker.hosting.frames import MAX_REQUEST, SOUND_WINDOW, BadFrame, FrameReader, pack
from nodeworker.hosting.packing import (
    count,
    error_row,
    event_row,
    figures_row,
    read_error,
    read_model,
    read_request,
    recognised_row,
    text,
)

log = logging.getLogger("nodeworker.hosting.host")
WORKERS = 32
"""Calls at once that each need a thread; a batching engine needs none."""
LOAD_HINT = "See the node's log; `tangnet models list` shows other models."
FIGURES_SECONDS = 0.25
SWITCH_SECONDS = 0.0005
"""The engine's thread comes back from C code dozens of times a second and must not wait 5 ms for another thread."""
BROKEN = 70
"""Exit status when the node said what makes no sense, or this program has a bug."""
_OOM_SHARE = 200
"""Added to the score by which Linux picks a victim when memory runs out: an engine goes before its node."""
_READ_BYTES = 256 * 1024
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def main() -> NoReturn:
    """Serve the node on the two file descriptors of the command line."""
    # Ctrl-C and a service's stop reach the whole group: the node decides what they mean for its answers.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    channel, lifeline = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    channel.set_inheritable(False)
    os.set_inheritable(lifeline, False)
    _tie(lifeline)
    _offer_as_victim()
    faulthandler.enable()  # a crash in native code leaves its place in the node's log
    sys.setswitchinterval(SWITCH_SECONDS)
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # read when the library is loaded: see docs/node.md, "Threads"
    os.environ.update(_OFFLINE)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        Host(channel).serve()
    except BadFrame as error:
        log.error("the node cannot be understood: %s", error)
    except BaseException:
        log.exception("the engine process has a bug")
    os._exit(BROKEN)


def _tie(lifeline: int) -> None:
    """Let the kernel end this process when the other end of the pipe is closed."""
    if sys.platform == "linux":
        import fcntl

        signal.signal(signal.SIGIO, signal.SIG_DFL)  # its default action is to end the process
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        os._exit(0)  # it was closed before


def _offer_as_victim() -> None:
    with contextlib.suppress(OSError, ValueError), open("/proc/self/oom_score_adj", "r+", encoding="ascii") as score:
        mine = int(score.read())
        score.seek(0)
        score.write(str(min(1000, mine + _OOM_SHARE)))


class Host:
    """One engine and the calls that run on it. The main thread reads; threads of the engine and of calls write."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._sending = threading.Lock()
        self._workers = ThreadPoolExecutor(WORKERS, "call")
        self._prepared: Future[None] | None = None
        self._engine: Any = None
        self._calls: dict[int, _Call] = {}
        self._told: dict[int, list[Any]] = {}
        """What was told since the last turn: id -> [id, events, error, ended]."""
        self._telling = threading.Lock()
        self._news = threading.Event()

    def serve(self) -> NoReturn:
        """Read and obey until the node is gone. Raises BadFrame."""
        reader = FrameReader(MAX_REQUEST)
        while True:
            try:
                data = self._channel.recv(_READ_BYTES)
            except OSError:
                data = b""
            if not data:
                os._exit(0)
            for head, blob in reader.feed(data):
                self._obey(head, blob)

    def _obey(self, head: dict[str, Any], blob: bytes) -> None:
        try:
            do = head["do"]
            if do == "prepare":
                self._prepared = self._workers.submit(_prepare, text(head["factory"]), list(head["imports"]))
            elif do == "load":
                self._workers.submit(self._load, text(head["factory"]), dict(head["model"]), dict(head["options"]))
            elif do == "cancel":
                if (call := self._calls.get(head["id"])) is not None:
                    call.cancel()
            elif do == "sound":
                if (call := self._calls.get(head["id"])) is not None:
                    call.sound.put(blob if blob else None)
            elif do == "pause":
                self._pause(head["on"] is True)
            elif do == "close":
                self._workers.submit(self._close)
            else:
                self._begin(do, head, blob)
        except (KeyError, TypeError, AttributeError) as error:
            raise BadFrame(f"a command makes no sense: {error!r}") from error

    def _begin(self, do: str, head: dict[str, Any], blob: bytes) -> None:
        id, engine = count(head["id"]), self._engine
        call = self._calls[id] = _Call(id)
        if do == "chat":
            request = read_request(head["request"])
            call.cancelled = request.cancelled
            if engine is None or not hasattr(engine, "begin"):
                self._workers.submit(self._run, call, lambda: self._engine.generate(request))
                return
            try:
                engine.begin(request, functools.partial(self._tell, id))
            except Exception as error:  # it should have told it; the node must not wait for ever
                self._fail(id, error)
            if id in self._told:
                self._turn()
        elif do == "hear":
            self._workers.submit(self._run, call, lambda: self._hear(call, head))
        elif do == "attend":
            self._workers.submit(self._run, call, lambda: self._attend(call, head))
        elif do == "say":
            self._workers.submit(self._compute, call, lambda: self._say(call, head))
        elif do == "embed":
            self._workers.submit(self._compute, call, lambda: self._embed(call, head))
        elif do == "rerank":
            self._workers.submit(self._compute, call, lambda: self._rerank(call, head))
        elif do == "recognise":
            self._workers.submit(self._compute, call, lambda: self._recognise(call, head, blob))
        else:
            raise BadFrame(f"there is no command {do!r}")

    def _pause(self, on: bool) -> None:
        if isinstance(self._engine, Pauses):
            self._engine.pause(on)

    # -- in worker threads -------------------------------------------------------------------------------------------

    def _load(self, factory: str, model: dict[str, Any], options: dict[str, Any]) -> None:
        last = -1.0

        def progress(fraction: float) -> None:
            nonlocal last
            if abs(fraction - last) >= 0.01:
                last = fraction
                self._send({"is": "progress", "fraction": fraction})

        try:
            if self._prepared is not None:
                self._prepared.result()
            engine = _factory(factory)(read_model(model), **options)
            if hasattr(engine, "begin"):
                engine.after_turn = self._turn
            engine.load(progress)
        except Exception as error:  # whatever it is: the node decides what becomes of this process
            why = _plain(error)
            if not isinstance(error, EngineError):
                log.exception("loading failed")
                name = str(model.get("name"))
                why = EngineError(f"{name} could not be loaded: {why.message}", why.hint or LOAD_HINT)
            self._send({"is": "failed", "error": error_row(why)})
            return
        # What the libraries brought stays for good: looking through it again costs pauses of a tenth of a second.
        gc.collect()
        gc.freeze()
        self._engine = engine
        about = {name: getattr(engine, name, 0) for name in ("slots", "context", "dimension", "max_tokens")}
        about["pauses"] = int(isinstance(engine, Pauses))
        self._send({"is": "loaded", "about": about} | self._figures())
        threading.Thread(target=self._report, name="figures", daemon=True).start()

    def _close(self) -> None:
        try:
            if self._engine is not None:
                self._engine.close()
        finally:
            os._exit(0)

    def _run(self, call: _Call, start: Callable[[], Iterator[ChatEvent | TranscriptEvent | AttendEvent]]) -> None:
        """Drive an iterator of events: one frame an event."""
        try:
            if not call.cancelled.is_set():
                for event in start():
                    self._tell(call.id, event)
                    self._turn()
        except Exception as error:  # an engine's thread must not end without a word
            self._fail(call.id, error)
        else:
            self._tell(call.id, None)
        self._turn()

    def _compute(self, call: _Call, work: Callable[[], None]) -> None:
        try:
            if not call.cancelled.is_set():
                work()
        except Exception as error:  # as above
            self._fail(call.id, error)
        else:
            self._tell(call.id, None)
        self._turn()

    def _embed(self, call: _Call, head: dict[str, Any]) -> None:
        made = self._engine.embed(
            tuple(head["texts"]), head["kind"], call.cancelled, background=head["background"] is True
        )
        about = {name: getattr(made, name) for name in ("dimension", "tokens", "windows")}
        self._send({"is": "vectors", "id": call.id} | about, made.data)

    def _rerank(self, call: _Call, head: dict[str, Any]) -> None:
        scores = self._engine.rerank(head["query"], tuple(head["texts"]), call.cancelled)
        self._send({"is": "scores", "id": call.id, "scores": [float(score) for score in scores]})

    def _recognise(self, call: _Call, head: dict[str, Any], picture: bytes) -> None:
        background = head["background"] is True
        found = self._engine.recognise(picture, text(head["language"]), call.cancelled, background=background)
        self._send({"is": "lines", "id": call.id, "found": recognised_row(found)})

    def _sound(self, call: _Call) -> Iterator[bytes]:
        taken = 0
        while not call.cancelled.is_set() and (block := call.sound.get()) is not None:
            taken += len(block)
            if taken >= SOUND_WINDOW // 4:
                self._send({"is": "took", "id": call.id, "bytes": taken})
                taken = 0
            yield block

    def _attend(self, call: _Call, head: dict[str, Any]) -> Iterator[AttendEvent]:
        wake = WakeWord(text(head["wake"]), float(head["threshold"])) if head["wake"] else None
        told: Iterator[AttendEvent] = self._engine.attend(self._sound(call), wake_word=wake, cancelled=call.cancelled)
        return told

    def _hear(self, call: _Call, head: dict[str, Any]) -> Iterator[TranscriptEvent]:
        heard: Iterator[TranscriptEvent] = self._engine.transcribe(
            self._sound(call),
            language=head["language"],
            partials=head["partials"],
            hotwords=tuple(head["hotwords"]),
            cancelled=call.cancelled,
            recording=head["recording"],
            expected_seconds=head["expected_seconds"],
            background=head["background"] is True,
        )
        return heard

    def _say(self, call: _Call, head: dict[str, Any]) -> None:
        def texts() -> Iterator[str]:
            while not call.cancelled.is_set() and (block := call.sound.get()) is not None:
                self._send({"is": "took", "id": call.id, "bytes": len(block)})
                yield block.decode()

        background = head["background"] is True
        spoken = self._engine.speak(texts(), speed=head["speed"], cancelled=call.cancelled, background=background)
        for made in spoken:
            about = {"rate": made.sample_rate, "sentence": made.sentence, "last": made.last}
            self._send({"is": "spoken", "id": call.id} | about, made.pcm16)

    # -- telling the node --------------------------------------------------------------------------------------------

    def _tell(self, id: int, event: ChatEvent | TranscriptEvent | AttendEvent | EngineError | None) -> None:
        """Note what an engine says of a call; `_turn` sends it."""
        try:
            packed = event_row(event) if event is not None and not isinstance(event, EngineError) else None
        except TypeError as error:
            packed, event = None, EngineError(f"The engine made what is no event: {error}.")
        with self._telling:
            told = self._told.setdefault(id, [id, [], None, False])
            if packed is not None:
                told[1].append(packed)
            elif isinstance(event, EngineError):
                told[2] = error_row(event)
            else:
                told[3] = True
                self._calls.pop(id, None)

    def _fail(self, id: int, error: Exception) -> None:
        if not isinstance(error, EngineError):
            log.error("a call failed", exc_info=error)
        self._tell(id, _plain(error))
        self._tell(id, None)

    def _turn(self) -> None:
        """Send all that was told since the last turn, as one frame."""
        with self._telling:
            told, self._told = self._told, {}
        if told:
            self._send({"is": "turn", "of": list(told.values())})
        self._news.set()

    def _figures(self) -> dict[str, Any]:
        engine = self._engine
        figures = engine.figures() if hasattr(engine, "figures") else Figures(active=len(self._calls))
        rates = [float(getattr(engine, name, 0.0)) for name in ("prefill_rate", "decode_rate")]
        return {"figures": figures_row(figures), "rates": rates}

    def _report(self) -> None:
        """Send the figures when they changed, at most four times a second; in a thread of its own."""
        last: dict[str, Any] = {}
        while True:
            self._news.wait()
            self._news.clear()
            if (now := self._figures()) != last:
                self._send({"is": "figures"} | now)
                last = now
            time.sleep(FIGURES_SECONDS)

    def _send(self, head: dict[str, Any], blob: bytes = b"") -> None:
        try:
            frame = pack(head, blob)
        except (TypeError, ValueError) as error:
            log.error("a frame cannot be made: %s", error)
            id = head.get("id")
            if head["is"] == "turn":
                for told in head["of"]:
                    self._send_end(told[0], error)
            elif id is not None:
                raise EngineError(f"The engine made what cannot be sent: {error}.") from error
            return
        try:
            with self._sending:
                self._channel.sendall(frame)
        except OSError:
            os._exit(0)  # the node is gone

    def _send_end(self, id: int, error: Exception) -> None:
        why = error_row(EngineError(f"The engine made what cannot be sent: {error}."))
        frame = pack({"is": "turn", "of": [[id, [], why, True]]})
        with self._sending:
            self._channel.sendall(frame)


class _Call:
    """One call: how it is told to stop, and the sound or the sentences on their way to it (None: no more)."""

    def __init__(self, id: int) -> None:
        self.id = id
        self.cancelled = threading.Event()
        self.sound: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def cancel(self) -> None:
        self.cancelled.set()
        self.sound.put(None)


def _prepare(factory: str, imports: list[str]) -> None:
    """Import what loading will need, while the node still checks the model's file."""
    for name in (factory.partition(":")[0], *imports):
        try:
            importlib.import_module(name)
        except Exception as error:  # loading says it better
            log.info("%s cannot be imported yet: %s", name, error)


def _factory(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    made: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return made


def _plain(error: Exception) -> EngineError:
    if isinstance(error, EngineError):
        return error
    if isinstance(error, MemoryError):
        return EngineError("The engine ran out of memory.", "Use a smaller model or a smaller context.")
    return read_error(error_row(error))


if __name__ == "__main__":
    main()
