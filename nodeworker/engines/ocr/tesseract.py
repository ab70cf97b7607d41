"""Tesseract, where it is installed: reads languages that the model cannot, as a program of its own.

It is started with a fixed list of arguments and no shell; the picture goes in by standard input, the words come out as
tab-separated values; its time and memory are bounded, and nothing is written to disk.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable

from nodeworker.engines import RecognisedLine
from nodeworker.errors import BadRequest, EngineError, Unsupported

PROGRAM = "tesseract"
OWN = frozenset(
    (
        *("af", "ca", "cs", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id", "is", "it"),
        *("ja", "la", "lb", "lt", "lv", "ms", "mt", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sq", "sv", "sw", "tr"),
        "zh",
    )
)
"""Languages (ISO 639-1) all of whose letters PP-OCRv6 knows."""
OTHERS = {
    "ar": "ara", "be": "bel", "bg": "bul", "bn": "ben", "el": "ell", "fa": "fas", "gu": "guj", "he": "heb", "hi": "hin",
    "hy": "hye", "ka": "kat", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor", "lo": "lao", "mk": "mkd", "ml": "mal",
    "mn": "mon", "mr": "mar", "my": "mya", "ne": "nep", "pa": "pan", "ru": "rus", "si": "sin", "sr": "srp", "ta": "tam",
    "te": "tel", "th": "tha", "uk": "ukr", "ur": "urd", "vi": "vie", "yi": "yid",
}  # fmt: skip
"""ISO 639-1 -> Tesseract's name, of languages that only Tesseract reads."""
LONGEST_SECONDS = 120.0
LIST_SECONDS = 5.0
MEMORY_BYTES = 1024**3
_LOOK_SECONDS = 0.1
_REMEMBER_SECONDS = 60.0
_NAME = re.compile(r"[a-z]{3}(_[A-Za-z]{2,10}){0,2}")
_WORD = "5"
"""Level of a row that holds a word."""
_COLUMNS = 12
_lock = threading.Lock()
_known: tuple[str, float, frozenset[str]] = ("", 0.0, frozenset())
"""Which program was asked, when, and what it has."""


def installed() -> frozenset[str]:
    """Return Tesseract's names of the languages that it has here; none where it is not installed. May take seconds."""
    global _known
    program = shutil.which(PROGRAM)
    if program is None:
        return frozenset()
    with _lock:
        if _known[0] != program or time.monotonic() - _known[1] >= _REMEMBER_SECONDS:
            _known = program, time.monotonic(), _list()
        return _known[2]


def languages() -> tuple[str, ...]:
    """Return all languages that can be read here, as they are asked for; may take seconds."""
    here = installed()
    return tuple(sorted({*OWN, *(code for code, name in OTHERS.items() if name in here)}))


def is_for(language: str) -> bool:
    """Tell whether a language is Tesseract's to read.

    Raises:
        BadRequest: it is the name of no language.
        Unsupported: it cannot be read here.
    """
    if not language or language in OWN:
        return False
    name = OTHERS.get(language, language)
    if not _NAME.fullmatch(name):
        raise BadRequest(f"{language[:20]!r} is no language.", f"Known: {', '.join(languages())}.")
    if name not in installed():
        package = f"tesseract-ocr-{name.replace('_', '-').lower()}"
        raise Unsupported(
            f"This node cannot read scans in the language {language!r}.",
            f"On the node: sudo apt-get install tesseract-ocr {package}",
        )
    return True


def recognise(picture: bytes, language: str, cancelled: threading.Event) -> tuple[RecognisedLine, ...]:
    """Return the lines of a picture in a language for which `is_for` said yes.

    Raises:
        BadRequest: soon after `cancelled`.
        EngineError: the program failed, or took too long.
    """
    out = _run(("stdin", "stdout", "-l", OTHERS.get(language, language), "tsv"), picture, LONGEST_SECONDS, cancelled)
    return tuple(_lines(out.decode("utf-8", "replace").splitlines()[1:]))


def _list() -> frozenset[str]:
    try:
        said = _run(("--list-langs",), b"", LIST_SECONDS, threading.Event())
    except EngineError:
        return frozenset()
    return frozenset(name for name in said.decode("utf-8", "replace").split() if _NAME.fullmatch(name)) - {"osd"}


def _run(arguments: tuple[str, ...], given: bytes, seconds: float, cancelled: threading.Event) -> bytes:
    program = shutil.which(PROGRAM)
    if program is None:
        raise EngineError("Tesseract is not installed on this node.", "sudo apt-get install tesseract-ocr")
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")}
    try:
        process = subprocess.Popen(
            [program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept | {"LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"},
        )
    except OSError as error:
        raise EngineError(f"Tesseract cannot be started: {error.strerror or error}.") from error
    with process:
        try:
            _limit(process.pid, seconds)
            return _output(process, given, seconds, cancelled)
        finally:
            if process.poll() is None:
                process.kill()


def _output(process: subprocess.Popen[bytes], given: bytes, seconds: float, cancelled: threading.Event) -> bytes:
    end = time.monotonic() + seconds
    send: bytes | None = given
    while True:
        try:
            out, _ = process.communicate(send, timeout=_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            send = None  # what is left of it is still being sent
        else:
            break
        if cancelled.is_set():
            raise BadRequest("The call was cancelled.")
        if time.monotonic() > end:
            raise EngineError(f"Tesseract took longer than {seconds:.0f} s.", "Send a smaller picture.")
    if process.returncode:
        raise EngineError(f"Tesseract failed (status {process.returncode}).")
    return out


def _limit(pid: int, seconds: float) -> None:
    """Bound what the program may take, where the system can: from here, for code between fork and exec is unsafe."""
    if sys.platform == "linux":
        import resource

        for what, most in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_CPU, int(seconds)),
            (resource.RLIMIT_FSIZE, 0),
        ):
            try:
                resource.prlimit(pid, what, (most, most))
            except (OSError, ValueError):  # it has ended already, or the limit is lower
                return


def _lines(rows: Iterable[str]) -> list[RecognisedLine]:
    """Join the words of each line."""
    found: dict[tuple[str, ...], list[tuple[str, float, tuple[float, float, float, float]]]] = {}
    for row in rows:
        cells = row.split("\t")
        if len(cells) != _COLUMNS or cells[0] != _WORD or not cells[11].strip():
            continue
        try:
            left, top, width, height, sure = (float(cell) for cell in cells[6:11])
        except ValueError:
            continue
        box = left, top, left + width, top + height
        found.setdefault(tuple(cells[1:5]), []).append((cells[11].strip(), sure / 100, box))
    lines = []
    for words in found.values():
        left, top = (min(box[at] for _, _, box in words) for at in (0, 1))
        right, bottom = (max(box[at] for _, _, box in words) for at in (2, 3))
        sure = sum(sure * len(text) for text, sure, _ in words) / sum(len(text) for text, _, _ in words)
        corners = (left, top), (right, top), (right, bottom), (left, bottom)
        lines.append(RecognisedLine(" ".join(text for text, _, _ in words), corners, min(1.0, max(0.0, sure))))
    return lines
