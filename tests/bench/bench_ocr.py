"""Reading of scans: character error rate by size, tilt and noise; seconds a page; memory of the engine.

pytest -m bench tests/bench/bench_ocr.py -s
Pages of A4 at 170 dots an inch are drawn here, so what stands on them is known to the letter. The order of lines and
the joining to paragraphs are the library's.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from pathlib import Path

import psutil
import pytest

from app.rag import page_lines
from app.thinking import RecognisedLine, RecognisedPage
from nodeworker.engines.ocr.engine import PageEngine
from nodeworker.hosting.hosted import EngineSpec, HostedRecognise
from nodeworker.models.folder import ModelFolder
from tests import scans
from tests.bench.figures import show

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(1800)]
SIZES = (7, 10, 14)
"""Points."""
_FULL = scans.TEXT * 8


def _read(engine: PageEngine, picture: scans.Grey) -> str:
    found = engine.recognise(scans.png(picture), "", threading.Event())
    lines = tuple(RecognisedLine(line.text, line.corners, line.confidence) for line in found.lines)
    page = RecognisedPage(found.width, found.height, lines)
    return " ".join(piece.text for piece in page_lines.pieces(page, 1, scans.WIDTH, scans.HEIGHT))


def test_error_rate(tmp_path: Path) -> None:
    engine = PageEngine(ModelFolder(tmp_path).find("ocr"), threads=2)
    engine.load(lambda _fraction: None)
    rates = []
    for size in SIZES:
        picture, lines = scans.page(_FULL, size)
        for kind, made in (
            ("clean", picture),
            ("tilted 2 degrees", scans.tilted(picture, 2)),
            ("noisy", scans.noisy(picture)),
        ):
            rate = scans.errors(" ".join(lines), _read(engine, made))
            rates.append(rate)
            show(f"character error rate, {size} points, {kind}", 100 * rate, "%", goal="value <= 2")
    show("character error rate, all", 100 * statistics.mean(rates), "%", goal="value <= 1")
    show("lines in a scene without text", len(_read(engine, scans.scene())), "characters", goal="value <= 0")
    engine.close()


async def test_seconds_a_page_and_memory(tmp_path: Path) -> None:
    model = ModelFolder(tmp_path).find("ocr")
    spec = EngineSpec("nodeworker.engines.ocr.engine:PageEngine", {"threads": 0}, ("onnxruntime", "cv2"))
    engine = HostedRecognise(model, spec)
    began = time.monotonic()
    await engine.start()
    await engine.load(lambda _fraction: None)
    show("engine for scans: ready after", time.monotonic() - began, "s")
    picture, lines = scans.page(_FULL, 10)
    taken, computed, most = list[float](), list[float](), 0
    process = psutil.Process(engine.pid)
    for _ in range(3):
        began, used = time.monotonic(), sum(process.cpu_times()[:2])
        running = engine.recognise(scans.png(picture), "")
        while not running.ended.done():
            most = max(most, engine.rss_bytes())
            await asyncio.wait([running.ended], timeout=0.05)
        taken.append(time.monotonic() - began)
        computed.append(sum(process.cpu_times()[:2]) - used)
    show("full page of A4, 10 points: computing", computed[1:], "s", goal="value <= 10", lines=len(lines))
    show("full page of A4, 10 points: by the clock", taken[1:], "s")
    show("memory of the engine's process, largest", most / 2**20, "MiB", goal="value <= 600")
    await engine.close()
