"""PageEngine: the text in a picture of a page, line by line, with PP-OCR's three networks in onnxruntime.

The networks are those of the package rapidocr; its own code is not used: it looks models up on the network when a
file is not where it expects it, and cannot be stopped between two lines. Nothing is fetched here, ever.

Threads. Finding lines is one large run, by all threads together; lines are read by as many runs at once as there are
threads, one thread each.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from nodeworker.engines import Progress, Recognised, RecognisedLine
from nodeworker.engines.ocr import tesseract
from nodeworker.engines.ocr.picture import look, unpack
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, Unsupported, first_line
from nodeworker.hardware import free_cores
from nodeworker.models.folder import ModelFile
from nodeworker.models.onnx_file import check_onnx

LEAST_CONFIDENCE = 0.5
"""Lines of which the model is less sure are left out: most are no text at all."""
VOTES = 12
"""Lines that say whether the picture stands on its head."""
SURE_UPSIDE_DOWN = 0.9
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Networks:
    find: Any
    read: Any
    upright: Any
    characters: tuple[str, ...]


class PageEngine:
    """Reads pages. Background pages rest between two steps while the engine is held."""

    slots = 2
    """Beside a page of background work there is always room for one that somebody waits for."""

    def __init__(self, model: ModelFile, *, threads: int = 0) -> None:
        """`threads` 0: the free cores."""
        self.model = model
        self._threads = threads or free_cores()
        self._networks: _Networks | None = None
        self._pool = ThreadPoolExecutor(self._threads, "lines")
        self._go_on = threading.Event()
        self._go_on.set()

    def load(self, progress: Progress) -> None:
        """Open the networks; the bytes that are hashed are the bytes that are run.

        Raises:
            Unsupported: onnxruntime or OpenCV is not installed here.
            ModelDamaged: a file is missing, or is not what it should be.
            ModelUnsafe: a network wants to read other files.
        """
        progress(0.0)
        try:
            import cv2
            import onnxruntime
        except ImportError as error:
            raise Unsupported(
                f"This node cannot read scans: {error.name} is not installed.", "Install tangnet with: [ocr]"
            ) from error
        cv2.setNumThreads(1)
        onnxruntime.disable_telemetry_events()
        progress(0.3)
        find = self._open(onnxruntime, "PP-OCRv6_det_small.onnx", self._threads)
        read = self._open(onnxruntime, self.model.main_file.name, 1)
        progress(0.8)
        upright = self._open(onnxruntime, "ch_ppocr_mobile_v2.0_cls_mobile.onnx", 1)
        said = read.get_modelmeta().custom_metadata_map.get("character", "")
        if not said:
            raise self._damaged("it does not say which characters it knows")
        self._networks = _Networks(find, read, upright, ("", *said.splitlines(), " "))
        progress(1.0)

    def pause(self, on: bool) -> None:
        """Begin no step of background work while `on`."""
        if on:
            self._go_on.clear()
        else:
            self._go_on.set()

    def recognise(
        self, picture: bytes, language: str, cancelled: threading.Event, *, background: bool = False
    ) -> Recognised:
        """Return the lines of a picture (PNG or JPEG); soon after `cancelled` raises BadRequest.

        `language` is "" for what the model reads by itself, or one of `nodeworker.engines.ocr.tesseract`.

        Raises:
            BadRequest: it is no picture, or too large; or the language is none that is known here.
            EngineError: the model is not loaded, or failed.
        """
        began = time.monotonic()
        head = look(picture)
        if tesseract.is_for(language):
            self._rest(cancelled, background)
            lines = tesseract.recognise(picture, language, cancelled)
            return Recognised(head.width, head.height, lines, time.monotonic() - began, "tesseract")
        networks = self._networks
        if networks is None:
            raise EngineError("The model is not loaded.")
        try:
            lines = self._lines(networks, picture, cancelled, background)
        except EngineError:
            raise
        except Exception as error:  # those of OpenCV and onnxruntime have no base in common
            raise EngineError(f"Reading a picture failed: {first_line(error)}.") from error
        return Recognised(head.width, head.height, lines, time.monotonic() - began)

    def close(self) -> None:
        """Free the networks."""
        self._pool.shutdown(cancel_futures=True)
        self._networks = None

    def _lines(
        self, networks: _Networks, data: bytes, cancelled: threading.Event, background: bool
    ) -> tuple[RecognisedLine, ...]:
        from nodeworker.engines.ocr import detecting, lines

        self._rest(cancelled, background)
        # All that takes memory is done by the pool's few threads: each thread of a process keeps a heap of its own.
        picture, quads = self._pool.submit(_found, networks, data).result()
        if not quads:
            return ()
        if sum(map(lines.standing, quads)) * 2 > len(quads):
            # A page that lies on its side: read upwards, unless that is upside down, which is found out next.
            quads = [lines.turned(quad, 3) for quad in quads]
        else:
            quads = [lines.turned(quad, 3) if lines.standing(quad) else quad for quad in quads]
        longest = sorted(quads, key=lambda quad: -detecting.sides(quad)[0])[:VOTES]
        parts = [lines.beginnings(lines.cut(picture, quad)) for quad in longest]
        upright = self._pool.submit(networks.upright.run, None, {"x": lines.padded(parts, lines.UPRIGHT)})
        votes = upright.result()[0][:, 1]
        if float(sum(votes > SURE_UPSIDE_DOWN)) * 2 > len(votes):
            quads = [lines.turned(quad, 2) for quad in quads]

        def read(quad: detecting.Quads) -> tuple[str, float]:
            self._rest(cancelled, background)
            size = max(lines.LEAST_WIDTH, lines.width_of(quad)), lines.LINE_HEIGHT
            scores = networks.read.run(None, {"x": lines.padded([lines.cut(picture, quad)], size)})[0][0]
            return lines.decoded(scores, networks.characters)

        # The longest first, so that the last to end is short. One by one: eight together took 1.9 times as long.
        quads.sort(key=lines.width_of, reverse=True)
        found = list(self._pool.map(read, quads))
        _give_back()
        return tuple(
            RecognisedLine(text.strip(), tuple((float(x), float(y)) for x, y in quad), confidence)
            for (text, confidence), quad in zip(found, quads, strict=True)
            if confidence >= LEAST_CONFIDENCE and text.strip()
        )

    def _rest(self, cancelled: threading.Event, background: bool) -> None:
        """Wait while background work is held. Raises BadRequest once `cancelled`."""
        while background and not cancelled.is_set() and not self._go_on.wait(_LOOK_SECONDS):
            pass
        if cancelled.is_set():
            raise BadRequest("The call was cancelled.")

    def _open(self, onnxruntime: Any, name: str, threads: int) -> Any:
        try:
            data = self.model.file(name).read_bytes()
        except OSError as error:
            raise self._damaged(f"{name} cannot be read: {error.strerror or error}") from error
        if name == self.model.main_file.name and hashlib.sha256(data).hexdigest() != self.model.sha256:
            raise self._damaged("its file has another hash than it should have")
        check_onnx(data, name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # every picture has another shape
        options.enable_cpu_mem_arena = False  # what a large page took is given back
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise self._damaged(first_line(error)) from error

    def _damaged(self, why: str) -> ModelDamaged:
        return ModelDamaged(f"{self.model.name} cannot be loaded: {why}.", "Install tangnet with: [ocr]")


def _found(networks: _Networks, data: bytes) -> tuple[Any, list[Any]]:
    """Return the picture and where lines stand in it. Raises BadRequest."""
    from nodeworker.engines.ocr import detecting

    picture = unpack(data)
    height, width = picture.shape[:2]
    given = detecting.network_input(picture, detecting.size_for(width, height))
    marks = networks.find.run(None, {"x": given})[0][0, 0]
    quads = list(detecting.quads(marks, width, height))
    _give_back()
    return picture, quads


def _give_back() -> None:
    """Return what a page took to the system, where the C library can: a node has other engines besides."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
