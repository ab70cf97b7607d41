"""Engines for tests of engine processes: built there by name, steered by the model's name and the requests' text."""

from __future__ import annotations

import ctypes
import os
import queue
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from nodeworker.engines import (
    AttendEvent,
    Attention,
    ChatEvent,
    ChatRequest,
    Done,
    Figures,
    Final,
    Partial,
    Prefill,
    Progress,
    Recognised,
    RecognisedLine,
    Spoken,
    Tell,
    Token,
    TranscriptEvent,
    Vectors,
    WakeWord,
)
from nodeworker.errors import BadRequest, ContextOverflow, EngineError, ModelTooLarge
from nodeworker.models.model_file import ModelFile

TURN_SECONDS = 0.005


def _die_of(word: str) -> None:
    if word.startswith("signal "):
        os.kill(os.getpid(), int(word.removeprefix("signal ")))
        time.sleep(5)
    elif word == "abort":
        os.abort()
    elif word == "exit":
        os._exit(3)
    elif word == "sleep":
        time.sleep(60)
    elif word == "hold":
        ctypes.PyDLL(None).sleep(60)  # C code that does not even let go of the interpreter


class BatchingChat:
    """Drives all answers from one thread, one word an answer and turn, as `nodeworker.engines.BatchingChatEngine`.

    The last message steers: "say N" words; "say N then WHAT", where WHAT is for `_die_of`, "nothing", "overflow",
    "fail", "crash" or "nonsense".
    """

    def __init__(self, model: ModelFile, *, slots: int = 16) -> None:
        self.slots = slots
        self.context = 4096
        self.prefill_rate = 0.0
        self.decode_rate = 0.0
        self.after_turn: Callable[[], None] = lambda: None
        self._model = model
        self._new: queue.SimpleQueue[tuple[ChatRequest, Tell]] = queue.SimpleQueue()
        self._figures = Figures(kv_cells=4096, free_kv_cells=4096)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def load(self, progress: Progress) -> None:
        progress(0.5)
        if self._model.name == "large":
            raise ModelTooLarge("It needs 9000 MB, but only 10 MB are free.", "Take a smaller one.")
        if self._model.name == "broken":
            raise ValueError("no such tensor")
        if self._model.name.startswith("load "):
            _die_of(self._model.name.removeprefix("load "))
        self._thread.start()

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        raise NotImplementedError

    def begin(self, request: ChatRequest, tell: Tell) -> None:
        self._new.put((request, tell))

    def figures(self) -> Figures:
        return self._figures

    def close(self) -> None:
        return

    def _work(self) -> None:
        running: list[_Answer] = []
        while True:
            while not running or not self._new.empty():
                running.append(_Answer(*self._new.get()))
            for answer in running:
                answer.step()
            running = [answer for answer in running if not answer.over]
            self.decode_rate = 1 / TURN_SECONDS
            self._figures = Figures(len(running), 4096, 4096 - 10 * len(running), 0.0, 200.0, (2**63 + 1,))
            self.after_turn()
            time.sleep(TURN_SECONDS)


class _Answer:
    def __init__(self, request: ChatRequest, tell: Tell) -> None:
        words, _, self._then = request.messages[-1].content.removeprefix("say ").partition(" then ")
        self._request, self._tell, self._left, self._made = request, tell, int(words), 0
        self.over = False

    def step(self) -> None:
        if not self._made:
            self._tell(Prefill(1, 1))
        if self._request.cancelled.is_set() and self._then not in ("deaf", "sleep", "hold"):
            self._end()
        elif self._left:
            self._left -= 1
            self._made += 1
            self._tell(Token((self._made,), f"{self._request.request_id}.{self._made} "))
        elif self._then == "overflow":
            self._end(ContextOverflow("The prompt does not fit.", "Ask less."))
        elif self._then == "fail":
            self._end(EngineError("llama.cpp status 1."))
        elif self._then == "nonsense":
            self._tell(Token((-1,), "x"))
            self._end()
        elif self._then in ("deaf", "nothing"):
            return
        else:
            _die_of(self._then)
            self._tell(Done("stop", 1, 0, self._made, 1.0, 1.0))
            self._end()

    def _end(self, error: EngineError | None = None) -> None:
        if error is not None:
            self._tell(error)
        self._tell(None)
        self.over = True


class PlainChat(BatchingChat):
    """Makes its answers where it is called, one after the other."""

    begin: Any = property()  # there is none

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def figures(self) -> Figures:
        return Figures()

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        for number in range(int(request.messages[-1].content)):
            if request.cancelled.wait(TURN_SECONDS):
                return
            yield Token((number,), f"{number} ")
        yield Done("stop", 1, 0, 3, 1.0, 1.0)


class Embed:
    """One dimension: the length of the text; "abort" and the like kill it."""

    slots = 8
    dimension = 1
    max_tokens = 9

    def __init__(self, model: ModelFile, *, slots: int = 8) -> None:
        self.slots = slots

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def embed(
        self,
        texts: Sequence[str],
        kind: Literal["query", "passage"],
        cancelled: threading.Event | None = None,
        *,
        background: bool = False,
    ) -> Vectors:
        for text in texts:
            _die_of(text)
            if text == "wait":
                assert cancelled is not None and cancelled.wait(20)
            if text == "too long":
                raise ContextOverflow("Too long.")
        data = b"".join(struct.pack("<f", len(text)) for text in texts)
        return Vectors(data, 1, tuple(len(text) for text in texts))

    def close(self) -> None:
        return


class Rerank:
    """Scores by how often the query is in the text."""

    def __init__(self, model: ModelFile) -> None:
        self.model = model

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def rerank(self, query: str, texts: Sequence[str], cancelled: threading.Event | None = None) -> tuple[float, ...]:
        return tuple(float(text.count(query)) for text in texts)

    def close(self) -> None:
        return


class Recognise:
    """Says how many bytes it was given; language "slow" makes it wait until it is cancelled."""

    slots = 2

    def __init__(self, model: ModelFile) -> None:
        self.model = model

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def recognise(
        self, picture: bytes, language: str, cancelled: threading.Event, *, background: bool = False
    ) -> Recognised:
        if language == "slow":
            cancelled.wait(30.0)
            raise BadRequest("The call was cancelled.")
        corners = ((0.0, 0.0), (9.0, 0.0), (9.0, 4.0), (0.0, 4.0))
        return Recognised(9, 4, (RecognisedLine(f"{len(picture)} bytes", corners, 0.5),), 0.01)

    def close(self) -> None:
        return


class Hear:
    """Says how many bytes it heard; hotwords "slow" make it take its time."""

    def __init__(self, model: ModelFile) -> None:
        self.model = model

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def transcribe(
        self,
        audio: Iterator[bytes],
        *,
        language: str,
        partials: bool,
        hotwords: tuple[str, ...],
        cancelled: threading.Event,
        recording: bool = False,
        expected_seconds: float = 0.0,
        background: bool = False,
    ) -> Iterator[TranscriptEvent]:
        heard = 0
        for block in audio:
            heard += len(block)
            if "slow" in hotwords:
                cancelled.wait(0.05)
            if partials:
                yield Partial(str(heard), "")
        if not cancelled.is_set():
            yield Final(str(heard), language, (), heard / 32000, expected_seconds)

    def close(self) -> None:
        return


class Liar(BatchingChat):
    """Sends some bytes to the node when it is asked for an answer, as a library that was taken over could."""

    def __init__(self, model: ModelFile, *, frame: str) -> None:
        super().__init__(model)
        self._frame = bytes.fromhex(frame)

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def begin(self, request: ChatRequest, tell: Tell) -> None:
        os.set_blocking(int(sys.argv[1]), True)
        left = self._frame
        while left:
            left = left[os.write(int(sys.argv[1]), left) :]


class Metronome(BatchingChat):
    """One token an answer and turn, `turns` a second, whose text is the time at which it was made."""

    def __init__(self, model: ModelFile, *, turns: int) -> None:
        super().__init__(model)
        self._turns = turns
        self._closed = False

    def close(self) -> None:
        self._closed = True

    def _work(self) -> None:
        running: list[tuple[ChatRequest, Tell]] = []
        due = time.monotonic()
        while not self._closed:
            while not self._new.empty():
                running.append(self._new.get())
            for request, tell in running:
                tell(None if request.cancelled.is_set() else Token((7,), str(time.monotonic())))
            running = [one for one in running if not one[0].cancelled.is_set()]
            self._figures = Figures(len(running), 4096, 4096)
            self.after_turn()
            due += 1 / self._turns
            time.sleep(max(0.0, due - time.monotonic()))


class Speak:
    """Says each text as its own letters; "die" ends the process, "endless" goes on until it is cancelled."""

    slots = 4

    def __init__(self, model: ModelFile) -> None:
        return

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def speak(
        self, texts: Iterator[str], *, speed: float, cancelled: threading.Event, background: bool = False
    ) -> Iterator[Spoken]:
        for number, text in enumerate(texts):
            if text == "die":
                os._exit(3)
            while text == "endless" and not cancelled.wait(0.01):
                yield Spoken(b"ab", 8_000, number)
            yield Spoken(f"{text}{speed}".encode("utf-16-le"), 8_000, number, last=True)

    def close(self) -> None:
        return


class Attend:
    """Gives each block the number of its bytes; "die!" ends the process."""

    slots = 4

    def __init__(self, model: ModelFile) -> None:
        return

    def load(self, progress: Progress) -> None:
        progress(1.0)

    def attend(
        self, audio: Iterator[bytes], *, wake_word: WakeWord | None, cancelled: threading.Event
    ) -> Iterator[AttendEvent]:
        for block in audio:
            if block == b"die!":
                os._exit(3)
            yield Attention(float(len(block)), 0.25, 0.5)

    def close(self) -> None:
        return
