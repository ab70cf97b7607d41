"""Reading scans on a node: the real networks on drawn pages, what is refused, cancelling, Tesseract's program."""

from __future__ import annotations

import stat
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy
import pytest

from nodeworker.engines.ocr import tesseract
from nodeworker.engines.ocr.engine import PageEngine
from nodeworker.engines.ocr.picture import MOST_SIDE, look
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, ModelMissing, Unsupported
from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import node_pb2 as pb
from tests import scans
from tests.integration.node_serving import client, serving
from tests.integration.test_node_calls import refused

pytestmark = [pytest.mark.models]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageEngine]:
    folder = ModelFolder(tmp_path_factory.mktemp("models"))
    model = folder.find("ocr")
    folder.verify(model)
    made = PageEngine(model, threads=2)
    made.load(lambda _fraction: None)
    yield made
    made.close()


def _text(engine: PageEngine, picture: scans.Grey) -> list[str]:
    found = engine.recognise(scans.png(picture), "", threading.Event())
    assert (found.height, found.width) == picture.shape
    return [line.text for line in sorted(found.lines, key=lambda line: line.corners[0][1])]


def test_a_page_is_read_and_lines_stand_where_they_were_drawn(engine: PageEngine) -> None:
    picture, lines = scans.page(scans.TEXT, 11)
    found = engine.recognise(scans.png(picture), "", threading.Event())
    ordered = sorted(found.lines, key=lambda line: line.corners[0][1])
    assert scans.errors("\n".join(lines), "\n".join(line.text for line in ordered)) <= 0.02
    first = ordered[0]
    points = scans.WIDTH / found.width
    assert first.corners[0][0] * points == pytest.approx(60, abs=4)
    top, bottom = first.corners[0][1] * points, first.corners[3][1] * points
    assert top < scans.HEIGHT - 760 < bottom < top + 24  # the base line
    assert all(line.confidence > 0.8 for line in ordered)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_may_lie_on_its_side_or_stand_on_its_head(engine: PageEngine, quarters: int) -> None:
    picture, lines = scans.page(scans.TEXT[:330], 12, width=1000)
    turned = numpy.ascontiguousarray(numpy.rot90(picture, quarters))
    found = engine.recognise(scans.png(turned), "", threading.Event()).lines
    assert sorted(line.text.replace(" ", "") for line in found) == sorted(line.replace(" ", "") for line in lines)
    beginning, end = found[0].corners[:2]
    across, down = end[0] - beginning[0], end[1] - beginning[1]
    assert [across > abs(down), -down > abs(across), -across > abs(down), down > abs(across)].index(True) == quarters


def test_a_scene_without_text_has_no_text(engine: PageEngine) -> None:
    assert _text(engine, scans.scene()) == []
    assert _text(engine, numpy.full((500, 500), 255, numpy.uint8)) == []


def test_what_is_transparent_is_white(engine: PageEngine) -> None:
    picture, _ = scans.page("Kolibri 4711", 30, width=800)
    black = numpy.zeros((*picture.shape, 4), numpy.uint8)
    black[:, :, 3] = 255 - picture
    (line,) = engine.recognise(scans.png(black), "", threading.Event()).lines
    assert line.text == "Kolibri 4711"


def test_bombs_and_other_files_are_refused_before_they_are_unpacked() -> None:
    def png(width: int, height: int) -> bytes:
        head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))

    for width, height in ((MOST_SIDE + 1, 10), (10_000, 10_000), (2**31, 2**31), (0, 5)):
        with pytest.raises(BadRequest):
            look(png(width, height))
    for other in (
        b"",
        b"GIF89a" + b"\0" * 20,
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\0",
        b"BM123456",
    ):
        with pytest.raises(BadRequest):
            look(other)
    jpeg = b"\xff\xd8\xff\xe0\0\4ab\xff\xc0\0\x0b\x08" + struct.pack(">HH", 30, 40)
    assert (look(jpeg).kind, look(jpeg).width, look(jpeg).height) == ("jpeg", 40, 30)


def test_half_a_picture_is_told_as_damaged_or_read_but_never_breaks_the_engine(engine: PageEngine) -> None:
    whole = scans.png(scans.page("Kolibri 4711", 30, width=800)[0])
    for cut in (40, len(whole) // 2, len(whole) - 20):
        try:
            engine.recognise(whole[:cut], "", threading.Event())
        except BadRequest as error:
            assert "damaged" in error.message or "unpacked" in error.message
    assert engine.recognise(whole, "", threading.Event()).lines


def test_a_call_that_is_cancelled_ends_and_background_work_rests(engine: PageEngine) -> None:
    picture = scans.png(scans.page(scans.TEXT * 3, 9)[0])
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(BadRequest, match="cancelled"):
        engine.recognise(picture, "", cancelled)
    small = scans.png(scans.page("Kolibri", 30, width=800)[0])
    engine.pause(True)
    done = threading.Event()
    seen: list[str] = []

    def read() -> None:
        seen.extend(line.text for line in engine.recognise(small, "", threading.Event(), background=True).lines)
        done.set()

    threading.Thread(target=read, daemon=True).start()
    assert engine.recognise(small, "", threading.Event()).lines  # somebody waits for this one
    assert seen == []
    engine.pause(False)
    assert done.wait(60)
    assert seen == ["Kolibri"]


def test_a_damaged_model_is_not_opened(tmp_path: Path, engine: PageEngine) -> None:
    for file in engine.model.path.glob("*.onnx"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / engine.model.weights).open("r+b") as weights:
        weights.seek(1000)
        weights.write(b"XXXX")
    with pytest.raises(ModelDamaged):
        PageEngine(replace(engine.model, path=tmp_path)).load(lambda _fraction: None)


async def test_a_node_reads_pages_tells_its_languages_and_refuses_what_is_no_picture(home: Path) -> None:
    picture = scans.png(scans.page("Kolibri 4711", 30, width=800)[0])
    maker = EngineMaker(EngineChoice(), threads=1)
    async with serving(home, maker=maker, folder=ModelFolder(home / "models")) as node, client(node.address) as stub:
        about = await stub.Describe(pb.DescribeRequest(), timeout=30)
        (model,) = [model for model in about.models if model.role == pb.ROLE_OCR]
        assert {"en", "de", "zh"} <= set(model.languages) and (model.name, model.licence) == ("pp-ocrv6", "Apache-2.0")
        request = pb.RecogniseRequest(image=picture, request_id="one", priority=pb.PRIORITY_BACKGROUND)
        reply = await stub.Recognise(request, timeout=120)
        assert [line.text for line in reply.lines] == ["Kolibri 4711"] and len(reply.lines[0].corners) == 8
        assert (reply.width, reply.model_sha256) == (801, model.sha256)
        assert (await refused(stub.Recognise(request)))[1] == "bad_request"  # no deadline
        for wrong in (
            pb.RecogniseRequest(image=b"%PDF-1.4"),
            pb.RecogniseRequest(image=picture, request_id="x" * 200),
            pb.RecogniseRequest(image=picture, language="--help"),
        ):
            assert (await refused(stub.Recognise(wrong, timeout=60)))[1] == "bad_request"
        engine = node.rooms.processes()["ocr"]
        assert 50 * 2**20 < engine.rss_bytes() < 1000 * 2**20


async def test_a_node_without_opencv_has_no_such_role_and_says_why(home: Path) -> None:
    folder = ModelFolder(home / "models", installed=lambda package: package != "cv2")
    with pytest.raises(ModelMissing, match="cv2"):
        folder.find("ocr")
    with pytest.raises(Unsupported, match="cv2"):
        folder.find("ocr", "pp-ocrv6")
    maker = EngineMaker(EngineChoice(), threads=1)
    async with serving(home, maker=maker, folder=folder) as node, client(node.address) as stub:
        request = pb.RecogniseRequest(image=scans.png(scans.scene(64, 64)))
        assert (await refused(stub.Recognise(request, timeout=60)))[1] == "unsupported"


PROGRAM = """#!/bin/sh
case "$*" in
  --list-langs) printf 'List of available languages in "/x" (2):\\nrus\\nosd\\n';;
  "stdin stdout -l rus tsv")
    cat > /dev/null
    printf 'level\\tpage_num\\tblock_num\\tpar_num\\tline_num\\tword_num\\tleft\\ttop\\twidth\\theight\\tconf\\ttext\\n'
    printf '4\\t1\\t1\\t1\\t1\\t0\\t10\\t20\\t90\\t12\\t-1\\t\\n'
    printf '5\\t1\\t1\\t1\\t1\\t1\\t10\\t20\\t40\\t12\\t90.0\\tраз\\n'
    printf '5\\t1\\t1\\t1\\t1\\t2\\t60\\t21\\t40\\t10\\t60.0\\tдва\\n'
    ;;
  *) echo "$@" >&2; exit 3;;
esac
"""


def _tesseract(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    program = folder / "tesseract"
    program.write_text(text)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_tesseract_reads_what_the_model_does_not(
    engine: PageEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tesseract(tmp_path, monkeypatch, PROGRAM)
    assert "ru" in tesseract.languages() and "ko" not in tesseract.languages()
    picture = scans.png(scans.scene(200, 100))
    found = engine.recognise(picture, "ru", threading.Event())
    (line,) = found.lines
    assert (line.text, round(line.confidence, 3), found.program) == ("раз два", 0.75, "tesseract")
    assert list(line.corners) == [(10.0, 20.0), (100.0, 20.0), (100.0, 32.0), (10.0, 32.0)]
    assert engine.recognise(picture, "en", threading.Event()).program == ""
    with pytest.raises(Unsupported, match="ko"):
        engine.recognise(picture, "ko", threading.Event())
    for wrong in ("-l", "rus tsv", "rus/../x", "RUS"):
        with pytest.raises(BadRequest):
            engine.recognise(picture, wrong, threading.Event())


def test_tesseract_that_hangs_is_ended_when_the_call_is(
    engine: PageEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tesseract(tmp_path, monkeypatch, PROGRAM.replace("cat > /dev/null", "exec sleep 60"))
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(BadRequest, match="cancelled"):
        engine.recognise(scans.png(scans.scene(200, 100)), "ru", cancelled)
    assert time.monotonic() - began < 30
    (tmp_path / "other").mkdir()
    _tesseract(tmp_path / "other", monkeypatch, PROGRAM.replace("cat > /dev/null", "exit 9"))
    with pytest.raises(EngineError, match="status 9"):
        engine.recognise(scans.png(scans.scene(200, 100)), "ru", threading.Event())
